"""Why a raw row gives no clean offer. The names are stored in `clean/rejected`, so they are part of its contract."""

from __future__ import annotations

from enum import StrEnum


class Rule(StrEnum):
    """The check that a rejected row did not pass."""

    RAW = "raw"
    PART_NO = "part_no"
    PRICE = "price"
    NAME = "name"


class Reject(StrEnum):
    """What was wrong, one value a cause."""

    NOT_JSON = "not_json"
    MISSING_URL = "missing_url"
    WRONG_SOURCE = "wrong_source"
    WRONG_DAY = "wrong_day"

    PART_NO_MISSING = "part_no_missing"
    PART_NO_NOT_RECOGNISED = "part_no_not_recognised"
    PART_NO_SEVERAL = "part_no_several"  # one price for several parts does not say what any of them costs
    PART_NO_SET = "part_no_set"
    PART_NO_QUANTITY = "part_no_quantity"

    NAME_MISSING = "name_missing"
    NAME_NOT_RECOGNISED = "name_not_recognised"

    PRICE_MISSING = "price_missing"
    PRICE_ZERO = "price_zero"
    PRICE_SOLD_OUT = "price_sold_out"
    PRICE_ON_REQUEST = "price_on_request"
    PRICE_SEVERAL_AMOUNTS = "price_several_amounts"
    PRICE_RANGE = "price_range"
    PRICE_DISCOUNT = "price_discount"
    PRICE_FOREIGN_CURRENCY = "price_foreign_currency"
    PRICE_FOR_SEVERAL = "price_for_several"
    PRICE_WITHOUT_TAX = "price_without_tax"
    PRICE_NOT_RECOGNISED = "price_not_recognised"
    PRICE_TOO_LOW = "price_too_low"
    PRICE_TOO_HIGH = "price_too_high"
