"""Shorthands of the local cloud's tests."""

from __future__ import annotations

import io
import json
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local.cloud import Cloud
from local.cloud.deploy import clients

ROLE = "arn:aws:iam::123456789012:role/test"


def zipped(**files: str) -> bytes:
    """A package in memory; `name="text"` is the module `name.py`."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", textwrap.dedent(text))
    return package.getvalue()


def wait_until(done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)


@dataclass
class Aws:
    """A cloud and its clients, with shorthands for what tests do most."""

    cloud: Cloud
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def __post_init__(self) -> None:
        make = clients(self.cloud.environment())
        self.s3, self.db, self.emr = make("s3"), make("dynamodb"), make("emr")
        self.lambdas, self.machines = make("lambda"), make("stepfunctions")
        self.logs = self.cloud.places.logs
        make("iam").create_role(RoleName="test", AssumeRolePolicyDocument="{}")

    def name(self) -> str:
        return f"name-{next(self._numbers)}"

    def bucket(self) -> str:
        name = self.name()
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
        return name

    def table(self) -> str:
        name, keys = self.name(), [("pk", "HASH"), ("sk", "RANGE")]
        self.db.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        )
        return name

    def function(self, code: str, timeout: int = 20) -> str:
        """A Lambda function from the text of a module with a `handle`."""
        name = self.name()
        self.lambdas.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=ROLE,
            Handler="module.handle",
            Timeout=timeout,
            Code={"ZipFile": zipped(module=code)},
        )
        return name

    def invoke(self, name: str, event: Any = None) -> tuple[str | None, Any]:
        """The error mark, if any, and the payload."""
        answer = self.lambdas.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    def execute(self, definition: dict[str, Any], given: Any = None) -> dict[str, Any]:
        """Runs a state machine to its end."""
        machine = self.machines.create_state_machine(name=self.name(), definition=json.dumps(definition), roleArn=ROLE)[
            "stateMachineArn"
        ]
        arn = self.machines.start_execution(stateMachineArn=machine, name="run", input=json.dumps(given or {}))[
            "executionArn"
        ]
        wait_until(lambda: self.machines.describe_execution(executionArn=arn)["status"] != "RUNNING", 40)
        ended: dict[str, Any] = self.machines.describe_execution(executionArn=arn)
        return ended
