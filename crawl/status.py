"""The ledger: one DynamoDB item for each product address of a source and day, and the only module that writes it.

    (new) ──plan──► PENDING ──succeed──► SUCCESS            final for the day
                       │  ╲──fail────► FAILED(reason) ──succeed──► SUCCESS
                       ╰──lose───────► FAILED(lost)   ──fail─────► FAILED(reason), a later attempt

Every transition but `plan` is a conditional write, a hundred to a transaction, so a worker that comes back from the dead cannot undo what
another one has recorded. `plan` writes only addresses that the ledger does not know when it begins to write; should two executions of a
day plan within the same seconds, the worst that follows is a page fetched twice.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from crawl.reasons import Reason
from crawl.storage import aws_client

PENDING, SUCCESS, FAILED = "PENDING", "SUCCESS", "FAILED"
DAYS_KEPT = 30
NAMES = {"#url": "url", "#status": "status", "#attempt": "attempt", "#fields": "fields"}
_NEVER_SUCCEEDED = "attribute_not_exists(sk) OR #status <> :success"
_LATER_FAILURE = "attribute_not_exists(sk) OR (#status <> :success AND #attempt < :attempt)"
_STILL_PENDING = "#status = :pending"
T = TypeVar("T")


@dataclass(frozen=True)
class UrlStatus:
    """One line of the ledger."""

    url: str
    status: str = PENDING
    reason: str = ""
    http_status: int = 0
    attempt: int = 0
    run_id: str = ""
    fields: str = ""

    @property
    def retryable(self) -> bool:
        """Whether asking again can help: not yet reported, or failed for a reason that may pass."""
        return self.status == PENDING or (self.status == FAILED and Reason(self.reason).retryable)


def key_of(url: str) -> str:
    """The sort key of an address."""
    return hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()


def now() -> str:
    """The present instant, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Ledger:
    """The addresses of one source and day."""

    def __init__(self, table: str, source: str, dt: str) -> None:
        self.table = table
        self.partition = f"{source}#dt={dt}"
        self._db = aws_client("dynamodb")

    # --- transitions, one function each -------------------------------------------------------------------------------

    def plan(self, urls: Iterable[str], run_id: str) -> int:
        """Notes new addresses as PENDING. The caller has read the ledger and hands over only those it does not know."""
        at, expires = now(), _expires()
        puts = ({"PutRequest": {"Item": self._item(UrlStatus(url, run_id=run_id), at, expires)}} for url in urls)
        with ThreadPoolExecutor(4) as pool:
            return sum(pool.map(self._put_batch, _chunks(puts, 25)))

    def succeed(self, results: Sequence[UrlStatus]) -> int:
        """Records pages that were read and stored. Condition: the address has no success yet."""
        return self._write(results, _NEVER_SUCCEEDED, {":success": {"S": SUCCESS}})

    def fail(self, results: Sequence[UrlStatus]) -> int:
        """Records failed attempts. Condition: no success, and no failure of this or a later attempt."""
        return self._write(results, _LATER_FAILURE, {":success": {"S": SUCCESS}})

    def lose(self, results: Sequence[UrlStatus], run_id: str) -> int:
        """Records addresses whose worker never reported. Condition: still PENDING, so a late report wins."""
        lost = [UrlStatus(each.url, FAILED, Reason.LOST.value, 0, each.attempt, run_id) for each in results]
        return self._write(lost, _STILL_PENDING, {":pending": {"S": PENDING}})

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(self) -> Iterator[UrlStatus]:
        """Every address of the source and day."""
        pages = self._db.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ProjectionExpression="#url, #status, reason, http_status, #attempt, run_id, #fields",
            ExpressionAttributeNames={name: NAMES[name] for name in ("#url", "#status", "#attempt", "#fields")},
            ExpressionAttributeValues={":pk": {"S": self.partition}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from map(_status_of, page["Items"])

    def read_some(self, urls: Sequence[str]) -> dict[str, UrlStatus]:
        """Status and attempt, and no more, of up to a few hundred addresses, by address."""
        found: dict[str, UrlStatus] = {}
        wanted = {
            "ConsistentRead": True,
            "ProjectionExpression": "sk, #status, #attempt",
            "ExpressionAttributeNames": {name: NAMES[name] for name in ("#status", "#attempt")},
        }
        for chunk in _chunks(dict.fromkeys(urls), 100):
            by_key = {key_of(url): url for url in chunk}
            keys = [{"pk": {"S": self.partition}, "sk": {"S": key}} for key in by_key]
            waiting = 0.05
            while keys:
                answer = self._db.batch_get_item(RequestItems={self.table: wanted | {"Keys": keys}})
                for item in answer["Responses"].get(self.table, []):
                    url = by_key[item["sk"]["S"]]
                    found[url] = UrlStatus(url, item["status"]["S"], attempt=int(item["attempt"]["N"]))
                keys = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
                if keys:
                    time.sleep(waiting)
                    waiting = min(waiting * 2, 5)
        return found

    # --- writing ------------------------------------------------------------------------------------------------------

    def _item(self, line: UrlStatus, at: str, expires: int) -> dict[str, Any]:
        item: dict[str, Any] = {
            "pk": {"S": self.partition},
            "sk": {"S": key_of(line.url)},
            "url": {"S": line.url},
            "status": {"S": line.status},
            "reason": {"S": line.reason},
            "http_status": {"N": str(line.http_status)},
            "attempt": {"N": str(line.attempt)},
            "run_id": {"S": line.run_id},
            "updated_at": {"S": at},
            "ttl": {"N": str(expires)},
        }
        return item | {"fields": {"S": line.fields}} if line.fields else item

    def _put_batch(self, puts: list[dict[str, Any]]) -> int:
        count, waiting = len(puts), 0.05
        while puts:
            answer = self._db.batch_write_item(RequestItems={self.table: puts})
            puts = answer.get("UnprocessedItems", {}).get(self.table, [])
            if puts:
                time.sleep(waiting)
                waiting = min(waiting * 2, 5)
        return count

    def _write(self, lines: Sequence[UrlStatus], condition: str, values: dict[str, Any]) -> int:
        """Conditional puts, all that fit into one call; returns how many held their condition."""
        at, expires = now(), _expires()
        puts = [self._conditional_put(line, condition, values, at, expires) for line in lines]
        return sum(self._transact(chunk) for chunk in _chunks(puts, 100))

    def _conditional_put(
        self, line: UrlStatus, condition: str, values: dict[str, Any], at: str, expires: int
    ) -> dict[str, Any]:
        used = {name: NAMES[name] for name in ("#status", "#attempt") if name in condition}
        if ":attempt" in condition:
            values = values | {":attempt": {"N": str(line.attempt)}}
        return {
            "TableName": self.table,
            "Item": self._item(line, at, expires),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": used,
            "ExpressionAttributeValues": values,
        }

    def _transact(self, puts: list[dict[str, Any]]) -> int:
        try:
            self._db.transact_write_items(TransactItems=[{"Put": put} for put in puts])
        except self._db.exceptions.TransactionCanceledException:
            return sum(self._put_alone(put) for put in puts)
        return len(puts)

    def _put_alone(self, put: dict[str, Any]) -> int:
        """After a transaction that one refused line has cancelled: each line by itself.

        Another worker's transaction on the line is over in a moment; botocore does not wait for it by itself.
        """
        for wait in (0.1, 0.2, 0.4, 0.8, 1.6, None):
            try:
                self._db.put_item(**put)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ConditionalCheckFailedException":
                    return 0
                if code != "TransactionConflictException" or wait is None:
                    raise
                time.sleep(wait)
            else:
                return 1
        return 0


def _status_of(item: dict[str, Any]) -> UrlStatus:
    return UrlStatus(
        url=item["url"]["S"],
        status=item["status"]["S"],
        reason=item.get("reason", {}).get("S", ""),
        http_status=int(item.get("http_status", {}).get("N", "0")),
        attempt=int(item.get("attempt", {}).get("N", "0")),
        run_id=item.get("run_id", {}).get("S", ""),
        fields=item.get("fields", {}).get("S", ""),
    )


def _expires() -> int:
    return int(time.time()) + DAYS_KEPT * 86400


def _chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
