"""Makes moto's DynamoDB fit for a whole day of addresses.

moto copies the whole table for every line of a transaction, and puts the copy back when a condition fails, which also undoes what other
clients wrote meanwhile; a query sorts every item of every partition for each page. Both grow with the square of a day.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import Any

from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.exceptions import TransactionCanceledException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

PAGE_BYTES = 1_000_000
_writing = threading.Lock()
_moto_transact = DynamoDBBackend.transact_write_items
_moto_query = Table.query


def use_fast_dynamodb() -> None:
    """Replaces the two methods in this process."""
    DynamoDBBackend.transact_write_items = _transact
    Table.query = _query


def _transact(self: Any, transact_items: list[dict[str, Any]]) -> None:
    """A transaction of puts: all conditions first, then all writes, so that nothing has to be undone."""
    if len(transact_items) > 100 or any(set(item) != {"Put"} for item in transact_items):
        _moto_transact(self, transact_items)
        return
    puts = [item["Put"] for item in transact_items]
    with _writing:
        refused = [not _holds(self, put) for put in puts]
        if any(refused):
            said = ("ConditionalCheckFailed", "The conditional request failed", None)
            raise TransactionCanceledException([said if each else (None, None, None) for each in refused])
        for put in puts:
            self.put_item(put["TableName"], put["Item"])


def _holds(backend: Any, put: dict[str, Any]) -> bool:
    condition = put.get("ConditionExpression")
    if condition is None:
        return True
    table = backend.get_table(put["TableName"])
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name]
    current = backend.get_item(put["TableName"], {name: put["Item"][name] for name in names})
    parsed = get_filter_expression(condition, put.get("ExpressionAttributeNames"), put.get("ExpressionAttributeValues"))
    return bool(parsed.expr(current))


def _query(self: Any, hash_key: Any, range_comparison: Any, *rest: Any, **named: Any) -> Any:
    """A plain walk through one partition; everything else is left to moto."""
    given = dict(
        zip(
            (
                "range_objs",
                "limit",
                "exclusive_start_key",
                "scan_index_forward",
                "projection_expressions",
                "index_name",
            ),
            rest,
            strict=False,
        )
    )
    given |= named
    known = set(given) <= _PLAIN
    if (
        not known
        or range_comparison
        or given.get("index_name")
        or given.get("limit")
        or given.get("scan_index_forward") is False
    ):
        return _moto_query(self, hash_key, range_comparison, *rest, **named)
    partition = {key.value: item for key, item in self.items.get(hash_key, {}).items()}
    keys = _sorted_keys(self, hash_key, partition)
    start = given.get("exclusive_start_key")
    first = bisect_right(keys, next(iter(start[self.range_key_attr].values()))) if start else 0
    chosen, size = [], 0
    for key in keys[first:]:
        size += partition[key].size()
        if size > PAGE_BYTES:
            break
        chosen.append(partition[key])
    more = first + len(chosen) < len(keys)
    last = self._get_last_evaluated_key(chosen[-1], None) if more else None
    scanned = len(chosen)
    condition, projections = given.get("filter_expression"), given.get("projection_expressions")
    if condition is not None:
        chosen = [item for item in chosen if condition.expr(item)]
    return [item.project(projections) if projections else item for item in chosen], scanned, last


_PLAIN = {
    "range_objs", "limit", "exclusive_start_key", "scan_index_forward", "projection_expressions", "index_name",
    "consistent_read", "filter_expression", "hash_key_conditions", "range_key_conditions",
}  # fmt: skip


def _sorted_keys(table: Any, hash_key: Any, partition: dict[str, Any]) -> list[str]:
    """A partition only grows: its sorted keys are good as long as their number is the same."""
    kept: dict[Any, list[str]] = table.__dict__.setdefault("sorted_keys", {})
    keys = kept.get(hash_key.value)
    if keys is None or len(keys) != len(partition):
        keys = kept[hash_key.value] = sorted(partition)
    return keys
