"""DynamoDB's tables in memory: indexed by partition, where moto goes through every item for each page of a query."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

PAGE_BYTES = 1024 * 1024
Attributes = dict[str, dict[str, Any]]


class Partition(dict[DynamoType, Item]):
    """The items of one hash key. Items read from a journal become objects when they are first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._unread: dict[DynamoType, tuple[DynamoType, Attributes]] = {}
        self._order: list[DynamoType] | None = None

    def add_unread(self, hash_key: DynamoType, range_key: DynamoType, attributes: Attributes) -> None:
        self._unread[range_key] = (hash_key, attributes)
        self._order = None

    def __getitem__(self, key: DynamoType) -> Item:
        if key in self._unread:
            hash_key, attributes = self._unread.pop(key)
            super().__setitem__(key, Item(hash_key, key, attributes))
        return super().__getitem__(key)

    def __setitem__(self, key: DynamoType, item: Item) -> None:
        if self._unread.pop(key, None) is None and not super().__contains__(key):
            self._order = None
        super().__setitem__(key, item)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._unread

    def __len__(self) -> int:
        return super().__len__() + len(self._unread)

    def pop(self, key: DynamoType, *default: Any) -> Any:
        if key not in self:
            if default:
                return default[0]
            raise KeyError(key)
        item = self[key]
        super().__delitem__(key)
        self._order = None
        return item

    def in_order(self) -> list[DynamoType]:
        """The range keys, ascending; sorted once after each change of the set."""
        if self._order is None:
            self._order = sorted([*super().keys(), *self._unread], key=lambda key: key.cast_value)
        return self._order

    def values(self) -> Any:
        return [self[key] for key in self.in_order()]

    def raw(self) -> Iterator[Attributes]:
        """All items in wire form, without making objects of them."""
        yield from (attributes for _, attributes in self._unread.values())
        yield from (to_wire(item) for item in super().values())


class Partitions(dict[DynamoType, Partition]):
    """By hash key, made when first asked for."""

    def __missing__(self, key: DynamoType) -> Partition:
        self[key] = Partition()
        return self[key]


class LocalTable(Table):  # type: ignore[misc]
    """A table that knows its partitions and counts its items by status. One without a range key stays as moto has it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.statuses: dict[str, Counter[str]] = {}
        if self.has_range_key:
            self.items = Partitions()

    def __deepcopy__(self, memo: dict[int, Any]) -> LocalTable:
        return self  # moto copies a table only to undo a transaction, which `Store.transaction` does item by item

    def load(self, attributes: Attributes) -> None:
        hash_key = DynamoType(attributes[self.hash_key_attr])
        range_key = DynamoType(attributes[self.range_key_attr])
        self.items[hash_key].add_unread(hash_key, range_key, attributes)
        self.count(attributes, +1)

    def count(self, attributes: Attributes | None, change: int) -> None:
        if attributes is not None:
            status = attributes.get("status", {}).get("S", "")
            self.statuses.setdefault(attributes[self.hash_key_attr].get("S", ""), Counter())[status] += change

    def raw_item(self, key: Attributes) -> Attributes | None:
        """An item in wire form."""
        item = self.get_item(DynamoType(key[self.hash_key_attr]), DynamoType(key[self.range_key_attr]))
        return None if item is None else to_wire(item)

    def restore(self, key: Attributes, attributes: Attributes | None) -> None:
        """Puts one item back to what it was."""
        hash_key, range_key = DynamoType(key[self.hash_key_attr]), DynamoType(key[self.range_key_attr])
        if attributes is None:
            self.items[hash_key].pop(range_key, None)
        else:
            self.items[hash_key][range_key] = Item(hash_key, range_key, attributes)

    def key_of(self, attributes: Attributes) -> Attributes:
        return {name: attributes[name] for name in (self.hash_key_attr, self.range_key_attr)}

    def query(
        self,
        hash_key: DynamoType | None,
        range_comparison: str | None,
        range_objs: list[DynamoType],
        limit: int,
        exclusive_start_key: dict[str, Any],
        scan_index_forward: bool,
        projection_expressions: list[list[str]] | None,
        index_name: str | None = None,
        consistent_read: bool = False,
        filter_expression: Any = None,
        **others: Any,
    ) -> tuple[list[Item], int, dict[str, Any] | None]:
        """A page of one partition."""
        if index_name or not self.has_range_key:
            page: tuple[list[Item], int, dict[str, Any] | None] = super().query(
                hash_key, range_comparison, range_objs, limit, exclusive_start_key, scan_index_forward,
                projection_expressions, index_name, consistent_read, filter_expression, **others,
            )  # fmt: skip
            return page
        found: list[Item] = []
        last, size = None, 0
        for item in self._from(hash_key, exclusive_start_key, scan_index_forward):
            if range_comparison and not item.range_key.compare(range_comparison, range_objs):
                continue
            size += item.size()
            if found and (len(found) == limit or size > PAGE_BYTES):
                last = self._get_last_evaluated_key(found[-1], None)
                break
            found.append(item)
        seen = len(found)
        if filter_expression is not None:
            found = [item for item in found if filter_expression.expr(item)]
        if projection_expressions:
            found = [item.project(projection_expressions) for item in found]
        return found, seen, last

    def _from(self, hash_key: DynamoType | None, start: dict[str, Any] | None, forward: bool) -> Iterator[Item]:
        partition = self.items.get(hash_key)
        if partition is None:
            return
        order = partition.in_order()
        if start:
            after = DynamoType(start[self.range_key_attr]).cast_value
            cut = bisect.bisect_right if forward else bisect.bisect_left
            place = cut(order, after, key=lambda key: key.cast_value)
            order = order[place:] if forward else order[:place]
        for key in order if forward else reversed(order):
            if key in partition:
                yield partition[key]

    def all_items(self) -> list[Item]:
        if not self.has_range_key:
            items: list[Item] = super().all_items()
            return items
        return [item for partition in self.items.values() for item in partition.values()]

    def raw_items(self) -> Iterator[Attributes]:
        return (attributes for partition in self.items.values() for attributes in partition.raw())


def to_wire(item: Item) -> Attributes:
    attributes: Attributes = item.to_json()["Attributes"]
    return attributes
