"""A small AWS over real HTTP, and one crawled source at a time on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from conf.supplier import Supplier
from crawl import handlers
from crawl.status import Ledger, UrlStatus

BUCKET, TABLE, DAY = "lake", "status", "2026-11-23"


@dataclass
class Context:
    """What Lambda hands to a function."""

    seconds: float = 600

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@pytest.fixture
def aws(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 and DynamoDB with an empty bucket and an empty table."""
    for name, value in {
        "AWS_ENDPOINT_URL": moto_server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "ap-northeast-2",
    }.items():
        monkeypatch.setenv(name, value)
    s3, db = boto3.client("s3"), boto3.client("dynamodb")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    db.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    yield s3
    for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
    s3.delete_bucket(Bucket=BUCKET)
    db.delete_table(TableName=TABLE)
    s3.close()
    db.close()


@dataclass
class Crawl:
    """Runs the state machine's steps by hand: plan, each batch, reduce."""

    s3: Any
    supplier: Supplier
    dt: str = DAY
    run_id: str = "run1"
    limits: dict[str, Any] = field(default_factory=dict)
    before_batch: Callable[[dict[str, Any]], bool] = lambda batch: True
    again: bool = False

    def event(self, mode: str, round_no: int, max_rounds: int = 3) -> dict[str, Any]:
        key = f"raw/{self.supplier.id}/inputs/dt={self.dt}/{self.run_id}.json"
        order = {
            "source": self.supplier.id,
            "dt": self.dt,
            "run_id": self.run_id,
            "table": TABLE,
            "raw": f"s3://{BUCKET}/raw",
        }
        order |= {"supplier": self.supplier.model_dump(mode="json"), "max_pages": None, "count": None} | self.limits
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(order).encode())
        event = {"source": self.supplier.id, "input": f"s3://{BUCKET}/{key}", "run_id": self.run_id}
        return event | {"mode": mode, "round": round_no, "max_rounds": max_rounds}

    def crawl(self) -> dict[str, Any]:
        return self._round(self.event("crawl", 0))

    def heal(self, max_rounds: int = 3) -> dict[str, Any]:
        for number in range(1, max_rounds + 2):
            event = self.event("heal", number, max_rounds)
            if not self._batches(event) and not self.again:
                break
        return handlers.reduce(event, Context())

    def _round(self, event: dict[str, Any]) -> dict[str, Any]:
        self._batches(event)
        return handlers.reduce(event, Context())

    def _batches(self, event: dict[str, Any]) -> int:
        plan = handlers.plan(event, Context())
        self.again = plan["again"]
        batches = self.batches(plan) if plan["batches"] else []
        for batch in batches:
            if self.before_batch(batch):
                handlers.fetch(event | {"batch": batch}, Context())
        return len(batches)

    def batches(self, plan: dict[str, Any]) -> list[dict[str, Any]]:
        read: list[dict[str, Any]] = json.loads(
            self.s3.get_object(Bucket=plan["bucket"], Key=plan["key"])["Body"].read()
        )
        return read

    def ledger(self) -> dict[str, UrlStatus]:
        return {line.url: line for line in Ledger(TABLE, self.supplier.id, self.dt).read()}

    def offers(self) -> list[dict[str, Any]]:
        import gzip

        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"raw/{self.supplier.id}/offers/dt={self.dt}/")
        packed = (
            self.s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed.get("Contents", [])
        )
        return [json.loads(line) for body in packed for line in gzip.decompress(body).decode().splitlines()]


def balances(summary: dict[str, Any]) -> bool:
    """The promise of every summary."""
    return bool(summary["planned"] == summary["succeeded"] + sum(summary["failed"].values()))
