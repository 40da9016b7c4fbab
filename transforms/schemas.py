"""The tables of the lake, declared once: what a transform ends with, what the gate and the loader may rely on."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812

_TYPES = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "long": T.LongType(),
    "double": T.DoubleType(),
    "date": T.DateType(),
}


def _schema(columns: str) -> T.StructType:
    pairs = (column.strip().split() for column in columns.split(","))
    return T.StructType([T.StructField(name, _TYPES[kind]) for name, kind in pairs])


RAW_OFFER = _schema(
    "source string, url string, dt string, run_id string, attempt int, fetched_at string, category string, name string,"
    "official_name string, part_no string, price_text string, applicable_text string"
)
CLEAN_OFFER = _schema(
    "dt string, source string, url string, part_no string, superseded_by string, name string, price_krw int,"
    "pack_quantity int, car_type string, car_type_match string, car_text string"
)
REJECTED_OFFER = _schema("dt string, source string, url string, rule string, reason string, raw string")
UNMATCHED_CAR_TEXT = _schema("dt string, car_text string, car_type_match string, offer_count int, source_count int")
PART_PRICE_BAND = _schema(
    "dt string, part_no string, car_type string, canonical_name string, min_price int, max_price int, median_price int,"
    "offer_count int, source_count int, set_aside_count int"
)
SET_ASIDE_OFFER = _schema(
    "dt string, source string, url string, part_no string, car_type string, price_krw int, reference_krw int,"
    "reason string"
)
CANONICAL_NAME = _schema("dt string, part_no string, car_type string, canonical_name string")
NAME_PRICE_SUMMARY = _schema(
    "dt string, part_official_name string, car_type string, extracted_at date, min_price int, max_price int,"
    "median_price int, offer_count int, source_count int"
)
PRICE_CHANGE = _schema(
    "source string, url string, part_no string, valid_from string, valid_to string, old_price_krw int,new_price_krw int"
)
JOB_REPORT = _schema("dt string, job string, rows_in long, rows_out long, rejected long, seconds double, detail string")


def conform(frame: DataFrame, schema: T.StructType) -> DataFrame:
    """The frame with exactly the schema's columns and types, in its order; a missing or extra column is an error."""
    wanted, found = set(schema.fieldNames()), set(frame.columns)
    if wanted != found:
        raise ValueError(f"Columns missing: {sorted(wanted - found)}; columns too many: {sorted(found - wanted)}.")
    return frame.select(*(F.col(field.name).cast(field.dataType).alias(field.name) for field in schema))
