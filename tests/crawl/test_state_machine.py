"""The state machine's definition: valid for AWS, and the promises that a definition can break without an error."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crawl.handlers

INFRA = Path(__file__).parents[2] / "infra"
DEFINITION = json.loads((INFRA / "state_machine.asl.json").read_text(encoding="utf-8"))
FUNCTIONS = json.loads((INFRA / "functions.json").read_text(encoding="utf-8"))


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def test_it_is_valid(tmp_path: Path) -> None:
    functions = {f"{each['name'].rsplit('-', 1)[1].capitalize()}FunctionArn": "arn:aws:lambda:x" for each in FUNCTIONS}
    machine = {
        "RoleArn": "arn:aws:iam::123456789012:role/x",
        "Definition": DEFINITION,
        "DefinitionSubstitutions": functions,
    }
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine}
    template = tmp_path / "machine.json"
    template.write_text(
        json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": resource}}), encoding="utf-8"
    )
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), str(template)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_task_retries_throttling_and_catches_the_rest() -> None:
    tasks = [(name, state) for name, state in states(DEFINITION) if state["Type"] == "Task"]
    assert len(tasks) == 4
    for name, task in tasks:
        retry = task["Retry"][0]
        assert "Lambda.TooManyRequestsException" in retry["ErrorEquals"], name
        assert (retry["JitterStrategy"], retry["BackoffRate"]) == ("FULL", 2.0)
        assert retry["MaxDelaySeconds"] <= 60
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_thousands_of_batches_leave_no_payload() -> None:
    found = dict(states(DEFINITION))
    assert found["Batch is over"]["Result"] == {}
    assert found["Fetch batches"]["ResultPath"] is None
    assert found["Fetch batches"]["ItemReader"]["Resource"] == "arn:aws:states:::s3:getObject"


def test_every_function_has_its_handler() -> None:
    text = json.dumps(DEFINITION)
    for each in FUNCTIONS:
        verb = each["name"].rsplit("-", 1)[1]
        assert each["handler"] == f"crawl.handlers.{verb}"
        assert callable(getattr(crawl.handlers, verb))
        assert f"${{{verb.capitalize()}FunctionArn}}" in text
