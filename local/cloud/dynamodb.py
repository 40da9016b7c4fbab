"""DynamoDB tables that survive: a write is in the table's journal before it is answered, and a start reads the journals.

Writes are isolated here as well (moto checks a condition and writes without a lock) and a transaction is undone item by
item (moto copies the whole table before each one). Tables without a range key stay in memory only.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb import models as moto_models
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from local.cloud import dynamodb_shortcuts
from local.cloud.journal import Journal
from local.cloud.settings import REGION
from local.cloud.tables import Attributes, LocalTable
from local.errors import logging_storage_errors


@dataclass(frozen=True)
class Change:
    """One item before and after one write; `None` where there is none."""

    table: LocalTable
    key: Attributes
    before: Attributes | None
    after: Attributes | None

    def undo(self) -> None:
        self.table.restore(self.key, self.before)


class Store:
    """The journals of all tables, and the lock under which tables are read and written."""

    def __init__(self, folder: Path) -> None:
        self.lock = threading.RLock()
        self._folder = folder
        self._journals: dict[str, Journal] = {}
        self._headers: dict[str, dict[str, Any]] = {}
        self._transaction: list[Change] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, path: Path, create: Callable[[dict[str, Any]], LocalTable]) -> None:
        """Makes the table of one journal."""
        journal = Journal(path)
        entries = journal.read()
        header = next(entries, None)
        if header is None:
            return
        table = create(header)
        self._journals[table.name], self._headers[table.name] = journal, header
        expires = table.ttl.get("AttributeName", "") if table.ttl["TimeToLiveStatus"] == "ENABLED" else ""
        now, written = time.time(), 0
        items: dict[str, Attributes] = {}
        for entry in entries:
            for attributes in entry.get("put", []):
                items[json.dumps(table.key_of(attributes))] = attributes
                written += 1
            for key in entry.get("delete", []):
                items.pop(json.dumps(key), None)
                written += 1
        for attributes in items.values():
            if float(attributes.get(expires, {}).get("N", "inf")) > now:
                table.load(attributes)
        if journal.torn or written > 1.5 * len(items) + 1000:
            self._rewrite(table)

    def keep(self, table: LocalTable, header: dict[str, Any]) -> None:
        """Starts the journal of a new table, or changes what its header says."""
        self._journals.setdefault(table.name, Journal(self._folder / f"{table.name}.jsonl"))
        self._headers[table.name] = self._headers.get(table.name, {}) | header
        self._rewrite(table)

    def drop(self, table: LocalTable) -> None:
        if table.name in self._journals:
            self._journals.pop(table.name).delete()
            del self._headers[table.name]

    def change(self, table: LocalTable, key: Attributes, write: Callable[[], Any]) -> Any:
        """Runs a write of one item and keeps its effect; on an error there is none."""
        before = table.raw_item(key)
        try:
            result = write()
            changes = [Change(table, key, before, table.raw_item(key))]
            if self._transaction is None:
                self._commit(changes)
            else:
                self._transaction += changes
        except BaseException:
            table.restore(key, before)
            raise
        return result

    def transaction(self, write: Callable[[], Any]) -> Any:
        """Runs several writes and keeps the effect of all, or of none."""
        self._transaction = []
        try:
            result = write()
            self._commit(self._transaction)
        except BaseException:
            for change in reversed(self._transaction):
                change.undo()
            raise
        finally:
            self._transaction = None
        return result

    def _commit(self, changes: list[Change]) -> None:
        entries: dict[str, dict[str, list[Attributes]]] = {}
        for change in changes:
            entry = entries.setdefault(change.table.name, {})
            if change.after is not None:
                entry.setdefault("put", []).append(change.after)
            elif change.before is not None:
                entry.setdefault("delete", []).append(change.key)
        for name, entry in entries.items():
            if entry:
                with logging_storage_errors(self._folder):
                    self._journals[name].append(entry)
        for change in changes:
            change.table.count(change.before, -1)
            change.table.count(change.after, +1)

    def _rewrite(self, table: LocalTable) -> None:
        items = ({"put": [item]} for item in table.raw_items())
        self._journals[table.name].rewrite(_chain(self._headers[table.name], items))


def _chain(header: dict[str, Any], entries: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield header
    yield from entries


def progress(day: str) -> dict[str, dict[str, int]]:
    """How the addresses of a day stand, by source: the counters of the partitions `<source>#dt=<dt>`."""
    found: dict[str, dict[str, int]] = {}
    for table in list(dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables.values()):
        for partition, counts in list(table.statuses.items()):
            source, _, dt = partition.partition("#dt=")
            if dt == day:
                succeeded, failed = counts["SUCCESS"], counts["FAILED"]
                found[source] = {"planned": counts.total(), "succeeded": succeeded, "failed": failed}
    return found


def install(folder: Path) -> None:
    """Has moto's DynamoDB keep its tables in a folder, and loads what is there."""
    dynamodb_shortcuts.install()
    moto_models.Table = LocalTable
    store = Store(folder)
    backend: DynamoDBBackend = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]

    def create(header: dict[str, Any]) -> LocalTable:
        table: LocalTable = backend.create_table(**header["create"])
        if "ttl" in header:
            backend.update_time_to_live(table.name, header["ttl"])
        return table

    for path in sorted(folder.glob("*.jsonl")):
        store.load(path, create)
    _replace_methods(store)


def _replace_methods(store: Store) -> None:
    moto = DynamoDBBackend
    create_table, delete_table, update_ttl = moto.create_table, moto.delete_table, moto.update_time_to_live
    transact = moto.transact_write_items

    def locked(method: Callable[..., Any]) -> Callable[..., Any]:
        def run(backend: Any, *arguments: Any, **options: Any) -> Any:
            with store.lock:
                return method(backend, *arguments, **options)

        return run

    def changing(method: Callable[..., Any], wanted: str) -> Callable[..., Any]:
        def run(backend: Any, table_name: str, *arguments: Any, **options: Any) -> Any:
            with store.lock:
                table = backend.get_table(table_name)
                attributes = arguments[0] if arguments else options[wanted]
                if not table.has_range_key or not {table.hash_key_attr, table.range_key_attr} <= attributes.keys():
                    return method(backend, table_name, *arguments, **options)
                key = table.key_of(attributes)
                return store.change(table, key, lambda: method(backend, table_name, *arguments, **options))

        return run

    def make(backend: Any, name: str, **options: Any) -> Any:
        with store.lock:
            table = create_table(backend, name, **options)
            if table.has_range_key:
                store.keep(table, {"create": {"name": name, **options}})
            return table

    def remove(backend: Any, name: str) -> Any:
        with store.lock:
            table = delete_table(backend, name)
            store.drop(table)
            return table

    def expire(backend: Any, table_name: str, ttl_spec: dict[str, Any]) -> None:
        with store.lock:
            update_ttl(backend, table_name, ttl_spec)
            table = backend.get_table(table_name)
            if table.has_range_key:
                store.keep(table, {"ttl": ttl_spec})

    def transact_write_items(backend: Any, transact_items: list[dict[str, Any]]) -> None:
        with store.lock:
            store.transaction(lambda: transact(backend, transact_items))

    moto.put_item = changing(moto.put_item, "item_attrs")
    moto.update_item = changing(moto.update_item, "key")
    moto.delete_item = changing(moto.delete_item, "key")
    moto.transact_write_items = transact_write_items
    moto.create_table, moto.delete_table, moto.update_time_to_live = make, remove, expire
    for name in ("get_item", "query", "scan"):
        setattr(moto, name, locked(getattr(moto, name)))
