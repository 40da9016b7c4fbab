"""The tables of the lake that the transforms write, each declared once: jobs write them, the gate and the load read them."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import types as T  # noqa: N812


def _struct(**columns: T.DataType) -> T.StructType:
    return T.StructType([T.StructField(name, kind) for name, kind in columns.items()])


_TEXT, _INT, _LONG = T.StringType(), T.IntegerType(), T.LongType()

# Everything as text: a number or list where a text belongs must not cost the line.
RAW_OFFER = _struct(
    **dict.fromkeys(
        "source url dt run_id attempt fetched_at category name official_name part_no price_text applicable_text".split(),
        _TEXT,
    )
)

# One part number x one car x one offer. Prices are for one piece; `quantity` pieces were sold as one unit.
CLEAN_OFFERS = _struct(
    dt=_TEXT, source=_TEXT, url=_TEXT, part_no=_TEXT, name=_TEXT, price_krw=_INT, car_type=_TEXT, car_type_match=_TEXT,
    car_text=_TEXT, first_year=_INT, last_year=_INT, quantity=_INT, superseded_by=_TEXT, category=_TEXT,
)  # fmt: skip

# One rejected page, or one line that is no page (`url` null). `raw` is the line as it was.
REJECTED = _struct(dt=_TEXT, source=_TEXT, url=_TEXT, rule=_TEXT, reason=_TEXT, raw=_TEXT)

# One text that no car was read from, with the pages that show it.
UNMATCHED_CAR_TEXTS = _struct(dt=_TEXT, car_text=_TEXT, car_type_match=_TEXT, offer_count=_INT)

PART_PRICE_BAND = _struct(
    dt=_TEXT, part_no=_TEXT, car_type=_TEXT, min_price=_INT, max_price=_INT, median_price=_INT, offer_count=_INT,
    source_count=_INT, set_aside_count=_INT,
)  # fmt: skip

# One offer that its part's other offers contradict; it is in no band. `expected_krw` is what they say.
PRICE_SET_ASIDE = _struct(
    dt=_TEXT,
    source=_TEXT,
    url=_TEXT,
    part_no=_TEXT,
    price_krw=_INT,
    expected_krw=_INT,
    compared_count=_INT,
    reason=_TEXT,
)

PART_NO_CANONICAL_NAME = _struct(dt=_TEXT, part_no=_TEXT, car_type=_TEXT, canonical_name=_TEXT)

NAME_PRICE_SUMMARY = _struct(
    dt=_TEXT, part_official_name=_TEXT, car_type=_TEXT, extracted_at=T.DateType(), min_price=_INT, max_price=_INT,
    median_price=_INT, offer_count=_INT, source_count=_INT,
)  # fmt: skip

# One change of one part's price at one shop. `old_price_krw` is null the first time; `valid_to` is the day of the next
# change, null while the price holds.
PRICE_CHANGES = _struct(
    source=_TEXT, part_no=_TEXT, valid_from=_TEXT, valid_to=_TEXT, old_price_krw=_INT, new_price_krw=_INT
)

JOB_REPORT = _struct(
    dt=_TEXT, job=_TEXT, rows_in=_LONG, rows_out=_LONG, rejected=_LONG, seconds=T.DoubleType(), detail=_TEXT
)

MARTS = {
    "part_price_band": PART_PRICE_BAND,
    "price_set_aside": PRICE_SET_ASIDE,
    "part_no_canonical_name": PART_NO_CANONICAL_NAME,
    "name_price_summary": NAME_PRICE_SUMMARY,
    "price_changes": PRICE_CHANGES,
    "unmatched_car_texts": UNMATCHED_CAR_TEXTS,
    "job_report": JOB_REPORT,
}


class SchemaMismatch(Exception):
    """A DataFrame has not the columns that its table declares; the message lists every difference."""


def conform(frame: DataFrame, schema: T.StructType) -> DataFrame:
    """The table's columns in their order. Raises `SchemaMismatch` where one is missing or of another type."""
    found = {field.name: field.dataType for field in frame.schema.fields}
    wrong = [
        _difference(field, found.get(field.name)) for field in schema.fields if found.get(field.name) != field.dataType
    ]
    if wrong:
        raise SchemaMismatch("; ".join(wrong))
    return frame.select(*schema.fieldNames())


def _difference(field: T.StructField, found: T.DataType | None) -> str:
    expected = field.dataType.simpleString()
    return f"{field.name}: {'is missing' if found is None else f'is {found.simpleString()}'}, expected {expected}"
