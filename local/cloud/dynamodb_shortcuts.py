"""Cheaper ways through moto's DynamoDB for what the crawl does thousands of times; the answers stay the same.

Measured on one core, per item: batch write 0.28 ms before, query 0.21 ms, conditional transaction 1 ms.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from moto.dynamodb import comparisons, models, responses
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import table as table_models
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.responses import DynamoHandler

PLAIN = {"Query", "Scan", "GetItem", "BatchGetItem", "BatchWriteItem", "PutItem", "TransactWriteItems"}
LARGEST_ITEM = 405_000


def install() -> None:
    _measure_items_once()
    _parse_conditions_once()
    _read_and_write_plain_json()


def _measure_items_once() -> None:
    """moto adds up the size of all attributes again with each attribute it sets."""

    def init(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
        item.hash_key, item.range_key = hash_key, range_key
        item.attrs = LimitedSizeDict()
        for name, value in attrs.items():
            dict.__setitem__(item.attrs, name, DynamoType(value))
        if item.size() > LARGEST_ITEM:
            raise ItemSizeTooLarge

    Item.__init__ = init


class _Parsed:
    """A parser that has parsed already. Its list of names is a copy: callers extend it."""

    def __init__(self, parser: ConditionExpressionParser, condition: Any) -> None:
        self.parse = lambda: condition
        self.expr_attr_names_found = list(parser.expr_attr_names_found)


def _parse_conditions_once() -> None:
    """The hundred lines of a transaction share one condition; moto parses it three times for each."""

    @functools.lru_cache(maxsize=512)
    def parsed(text: str) -> tuple[ConditionExpressionParser, Any]:
        parser = ConditionExpressionParser(*json.loads(text))
        return parser, parser.parse()

    def create(expression: str | None, names: Any, values: Any) -> Any:
        if not expression:
            return ConditionExpressionParser(expression, names, values)
        try:
            key = json.dumps([expression, names, values])
        except TypeError:  # binary values
            return ConditionExpressionParser(expression, names, values)
        return _Parsed(*parsed(key))

    for module in (comparisons, models, responses):
        module.create_condition_expression_parser = create
    models.get_filter_expression = table_models.get_filter_expression = lambda *words: create(*words).parse()


def _read_and_write_plain_json() -> None:
    """Items travel as they are kept, so there is nothing to look up in the service's model, attribute by attribute."""
    parse, serialize = DynamoHandler.parse_parameters, DynamoHandler.serialized

    def parse_parameters(handler: Any, request: Any) -> None:
        body = request.data
        if handler._get_action() in PLAIN and b'"B' not in body:  # binary values are decoded by moto
            handler.params = json.loads(body)
        else:
            parse(handler, request)

    def serialized(handler: Any, action_result: Any) -> Any:
        result = action_result.result
        if handler._get_action() not in PLAIN or not isinstance(result, dict):
            return serialize(handler, action_result)
        try:
            body = json.dumps({name: value for name, value in result.items() if value is not None})
        except TypeError:  # binary values are encoded by moto
            return serialize(handler, action_result)
        return 200, {"Content-Type": "application/x-amz-json-1.0", **handler.response_headers}, body

    DynamoHandler.parse_parameters, DynamoHandler.serialized = parse_parameters, serialized
