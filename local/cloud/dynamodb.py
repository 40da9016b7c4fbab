"""Keeps what DynamoDB holds on disk, in one journal a table, and counts a day's pages for the progress display."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from local.cloud.settings import ACCOUNT, REGION
from local.dynamodb import use_fast_dynamodb

_KEYS = ("pk", "sk")
_writing = threading.Lock()


def install(folder: Path) -> None:
    """Loads the tables on disk and writes through from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    use_fast_dynamodb()
    journals = Journals(folder)
    journals.load(dynamodb_backends[ACCOUNT][REGION])
    _write_through(journals)


class Journals:
    """One file a table: the table's shape in the first line, then one line a write, the last one for a key counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, backend: DynamoDBBackend) -> None:
        for file in sorted(self._folder.glob("*.jsonl")):
            lines = [line for line in map(_read, file.read_text(encoding="utf-8").splitlines()) if line is not None]
            if not lines or "shape" not in lines[0]:
                file.unlink()
                continue
            items = {_key(line["key"]): line for line in lines[1:]}
            kept = [line for line in items.values() if line["item"] is not None]
            unfinished = file.with_suffix(".new")
            unfinished.write_text("".join(json.dumps(line) + "\n" for line in [lines[0], *kept]), encoding="utf-8")
            unfinished.replace(file)
            backend.create_table(file.stem, **lines[0]["shape"])
            for line in kept:
                backend.put_item(file.stem, line["item"])

    def begin(self, table: str, shape: dict[str, Any]) -> None:
        self._path(table).write_text(json.dumps({"shape": shape}) + "\n", encoding="utf-8")

    def note(self, table: str, changes: list[tuple[dict[str, Any], dict[str, Any] | None]]) -> None:
        """Appends `(key, item)` pairs; no item is a deletion."""
        text = "".join(json.dumps({"key": key, "item": item}) + "\n" for key, item in changes)
        with _writing, self._path(table).open("a", encoding="utf-8") as journal:
            journal.write(text)

    def _path(self, table: str) -> Path:
        return self._folder / f"{table}.jsonl"


def _read(line: str) -> dict[str, Any] | None:
    """A line, or nothing for one that a kill -9 cut short."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found


def _key(key: dict[str, Any]) -> tuple[str, ...]:
    return tuple(json.dumps(key[name], sort_keys=True) for name in sorted(key))


def _key_of(backend: Any, table: str, item: dict[str, Any]) -> dict[str, Any]:
    found = backend.get_table(table)
    return {name: item[name] for name in (found.hash_key_attr, found.range_key_attr) if name}


def _write_through(journals: Journals) -> None:
    create, put, update, delete, transact = (
        DynamoDBBackend.create_table, DynamoDBBackend.put_item, DynamoDBBackend.update_item,
        DynamoDBBackend.delete_item, DynamoDBBackend.transact_write_items,
    )  # fmt: skip
    inside = threading.local()

    def create_table(self: Any, name: str, **shape: Any) -> Any:
        made = create(self, name, **shape)
        journals.begin(name, {key: value for key, value in shape.items() if _plain(value)})
        return made

    def put_item(self: Any, table_name: str, item_attrs: dict[str, Any], *rest: Any, **named: Any) -> Any:
        answer = put(self, table_name, item_attrs, *rest, **named)
        if not getattr(inside, "transaction", False):
            journals.note(table_name, [(_key_of(self, table_name, item_attrs), item_attrs)])
        return answer

    def update_item(self: Any, table_name: str, key: dict[str, Any], *rest: Any, **named: Any) -> Any:
        answer = update(self, table_name, key, *rest, **named)
        journals.note(table_name, [(key, _item(self, table_name, key))])
        return answer

    def delete_item(self: Any, table_name: str, key: dict[str, Any], *rest: Any, **named: Any) -> Any:
        answer = delete(self, table_name, key, *rest, **named)
        journals.note(table_name, [(key, None)])
        return answer

    def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
        inside.transaction = True
        try:
            transact(self, transact_items)
        finally:
            inside.transaction = False
        changes: dict[str, list[Any]] = {}
        for action in (action for item in transact_items for action in item.values()):
            if "Key" in action or "Item" in action:
                key = action.get("Key") or _key_of(self, action["TableName"], action["Item"])
                changes.setdefault(action["TableName"], []).append((key, _item(self, action["TableName"], key)))
        for table, changed in changes.items():
            journals.note(table, changed)

    DynamoDBBackend.create_table, DynamoDBBackend.put_item = create_table, put_item
    DynamoDBBackend.update_item, DynamoDBBackend.delete_item = update_item, delete_item
    DynamoDBBackend.transact_write_items = transact_write_items


def _plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True


def _item(backend: Any, table: str, key: dict[str, Any]) -> dict[str, Any] | None:
    found = backend.get_item(table, key)
    if found is None:
        return None
    item: dict[str, Any] = found.to_json()["Attributes"]
    return item


def progress(asked: dict[str, str]) -> dict[str, dict[str, int]]:
    """`{source: {planned, succeeded, failed}}` of the day `dt`, counted over the table in memory."""
    counts: dict[str, dict[str, int]] = {}
    for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
        for hash_key, items in list(table.items.items()):
            source, _, day = str(hash_key.value).partition("#dt=")
            if day != asked["dt"]:
                continue
            count = counts.setdefault(source, {"planned": 0, "succeeded": 0, "failed": 0})
            for item in list(items.values()):
                status = item.attrs["status"].value if "status" in item.attrs else ""
                count["planned"] += 1
                count["succeeded"] += status == "SUCCESS"
                count["failed"] += status == "FAILED"
    return counts
