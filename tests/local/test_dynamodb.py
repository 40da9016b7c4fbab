"""DynamoDB as the ledger of the crawl uses it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud.journal import Journal
from tests.local.support import Aws

NEW = {"ConditionExpression": "attribute_not_exists(sk)"}


def item(sk: str, pk: str = "a", **attributes: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in {"pk": pk, "sk": sk, **attributes}.items()}


@pytest.fixture
def table(aws: Aws) -> str:
    return aws.table()


def keys(aws: Aws, table: str, pk: str = "a", **more: Any) -> list[str]:
    pages = aws.db.get_paginator("query").paginate(
        TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": pk}}, **more
    )
    return [each["sk"]["S"] for page in pages for each in page["Items"]]


def put_many(aws: Aws, table: str, items: list[dict[str, Any]]) -> None:
    for start in range(0, len(items), 25):
        requests = [{"PutRequest": {"Item": each}} for each in items[start : start + 25]]
        aws.db.batch_write_item(RequestItems={table: requests})


def test_item_comes_back_as_it_was(aws: Aws, table: str) -> None:
    full = item("1") | {
        "text": {"S": "그랜저"},
        "number": {"N": "12.50"},
        "blob": {"B": b"\x00\xff"},
        "flag": {"BOOL": True},
        "none": {"NULL": True},
        "list": {"L": [{"S": "x"}, {"M": {"y": {"N": "1"}}}]},
        "set": {"SS": ["p", "q"]},
    }
    aws.db.put_item(TableName=table, Item=full)
    assert aws.db.get_item(TableName=table, Key=item("1"))["Item"] == full
    assert aws.db.query(
        TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "a"}}
    )["Items"] == [full]  # fmt: skip


def test_query_reads_one_partition_in_order_page_by_page(aws: Aws, table: str) -> None:
    put_many(aws, table, [item(f"{n:03}", pk) for pk in ("a", "b") for n in reversed(range(60))])
    expected = [f"{n:03}" for n in range(60)]
    assert keys(aws, table) == expected
    assert keys(aws, table, PaginationConfig={"PageSize": 7}) == expected
    assert keys(aws, table, PaginationConfig={"PageSize": 7}, ScanIndexForward=False) == expected[::-1]
    assert keys(aws, table, "nobody") == []


def test_large_partition_comes_in_pages_of_a_megabyte(aws: Aws, table: str) -> None:
    put_many(aws, table, [item(str(n), text="x" * 300_000) for n in range(8)])
    first = aws.db.query(
        TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "a"}}
    )
    assert len(first["Items"]) == 3
    assert keys(aws, table) == [str(n) for n in range(8)]


def test_query_with_range_filter_and_projection(aws: Aws, table: str) -> None:
    put_many(aws, table, [item(str(n), status="FAILED" if n % 2 else "SUCCESS") for n in range(9)])
    found = aws.db.query(
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk > :sk",
        FilterExpression="#status = :failed",
        ProjectionExpression="sk",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":pk": {"S": "a"}, ":sk": {"S": "2"}, ":failed": {"S": "FAILED"}},
    )
    assert (found["Items"], found["ScannedCount"]) == ([{"sk": {"S": "3"}}, {"sk": {"S": "5"}}, {"sk": {"S": "7"}}], 6)


def test_one_of_many_conditional_puts_wins(aws: Aws, table: str) -> None:
    def take(owner: int) -> bool:
        try:
            aws.db.put_item(TableName=table, Item=item("lock", owner=str(owner)), **NEW)
        except aws.db.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(take, range(40)))
    assert won.count(True) == 1
    assert aws.db.get_item(TableName=table, Key=item("lock"))["Item"]["owner"]["S"] == str(won.index(True))


def test_counter_loses_no_update(aws: Aws, table: str) -> None:
    def add(_: int) -> None:
        aws.db.update_item(
            TableName=table,
            Key=item("n"),
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(60)))
    assert aws.db.get_item(TableName=table, Key=item("n"))["Item"]["n"] == {"N": "60"}


def test_refused_transaction_leaves_nothing_behind(aws: Aws, table: str) -> None:
    aws.db.put_item(TableName=table, Item=item("old", text="before"))
    puts = [{"Put": {"TableName": table, "Item": item("new")}}]
    change = {"Key": item("old"), "UpdateExpression": "SET #t = :t", "ExpressionAttributeNames": {"#t": "text"}}
    puts += [{"Update": {"TableName": table, "ExpressionAttributeValues": {":t": {"S": "after"}}, **change}}]
    puts += [{"Put": {"TableName": table, "Item": item("x"), "ConditionExpression": "attribute_exists(sk)"}}]
    with pytest.raises(aws.db.exceptions.TransactionCanceledException) as refused:
        aws.db.transact_write_items(TransactItems=puts)
    reasons = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert reasons == ["None", "None", "ConditionalCheckFailed"]
    assert keys(aws, table) == ["old"]
    assert aws.db.get_item(TableName=table, Key=item("old"))["Item"]["text"]["S"] == "before"
    aws.db.transact_write_items(TransactItems=puts[:2])
    assert keys(aws, table) == ["new", "old"]


def test_delete_and_scan(aws: Aws, table: str) -> None:
    put_many(aws, table, [item(str(n), pk) for pk in "ab" for n in range(3)])
    aws.db.delete_item(TableName=table, Key=item("1"))
    aws.db.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": item("2", "b")}}]})
    found = {(each["pk"]["S"], each["sk"]["S"]) for each in aws.db.scan(TableName=table)["Items"]}
    assert found == {("a", "0"), ("a", "2"), ("b", "0"), ("b", "1")}


def test_too_large_or_malformed_item_is_refused(aws: Aws, table: str) -> None:
    for wrong in (item("1", text="x" * 410_000), {"pk": {"S": "a"}}, {"pk": {"N": "1"}, "sk": {"S": "1"}}):
        with pytest.raises(ClientError, match="ValidationException"):
            aws.db.put_item(TableName=table, Item=wrong)
    assert keys(aws, table) == []


def test_journal_that_cannot_be_written_stays_whole(tmp_path: Any) -> None:
    """A full disk in the middle of a line must not spoil the lines after it."""
    import resource

    journal = Journal(tmp_path / "table.jsonl")
    journal.append({"n": 1})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.append({"text": "x" * 100})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    journal.append({"n": 2})
    journal.close()
    assert list(Journal(tmp_path / "table.jsonl").read()) == [{"n": 1}, {"n": 2}]


def test_line_cut_off_by_a_kill_was_never_written(tmp_path: Any) -> None:
    path = tmp_path / "table.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":2}\n{"n":')
    journal = Journal(path)
    assert list(journal.read()) == [{"n": 1}, {"n": 2}]
    assert journal.torn
