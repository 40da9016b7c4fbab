"""Raw lines to clean and rejected offers. Every page of the day ends in exactly one of the two, with the reason if it is the second.

Python reads texts, and reads each distinct text once: the reading is joined back to its rows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from transforms.cars import Match, read_cell
from transforms.part_numbers import read_part_numbers
from transforms.prices import bounds, read_price
from transforms.reasons import Reject, Rule
from transforms.schemas import CLEAN_OFFER, RAW_OFFER, REJECTED_OFFER, UNMATCHED_CAR_TEXT, conform

PARTS_TYPE = "part_no string, pack int, superseded_by string, reason string"
PRICE_TYPE = "price_krw int, reason string"
CARS_TYPE = "array<struct<car_type: string, match: string, text: string>>"
UNMATCHED = (Match.FAMILY, Match.AMBIGUOUS_CODE, Match.NOT_A_CAR, Match.UNMATCHED)


class OfferReason(StrEnum):
    """Why a page is no offer, beside what `Reject` names."""

    SEVERAL_PARTS = "part_no_several"  # one price for several parts says what none of them costs
    NAME_MISSING = "name_missing"


class Judged(NamedTuple):
    """The two outcomes of a day's raw lines."""

    clean: DataFrame
    rejected: DataFrame


def judge_offers(lines: DataFrame, dt: str) -> Judged:
    """Lines (`value`, `folder`: the source that the path names) to clean and rejected offers."""
    parsed = lines.select("folder", "value", F.from_json("value", RAW_OFFER).alias("o")).select(
        "folder", F.col("value").alias("raw"), "o.*"
    )
    pages = _judge_page(_with_readings(_newest(_with_line_reason(parsed, dt))))
    return Judged(_clean(pages.where(F.col("reason").isNull()), dt), _rejected(pages, dt))


def unmatched_car_texts(clean: DataFrame, dt: str) -> DataFrame:
    """The work list for whoever extends the car table: texts without a certain car, with how many offers have them."""
    counted = (
        clean.where(F.col("car_type_match").isin(*(match.value for match in UNMATCHED)))
        .groupBy("car_text", "car_type_match")
        .agg(F.count_distinct("source", "url").alias("offer_count"), F.count_distinct("source").alias("source_count"))
    )
    return conform(counted.withColumn("dt", F.lit(dt)), UNMATCHED_CAR_TEXT)


def _with_line_reason(parsed: DataFrame, dt: str) -> DataFrame:
    fields = F.array(*(F.col(name).cast("string") for name in RAW_OFFER.fieldNames()))
    is_no_offer = F.size(F.array_compact(fields)) == 0
    is_elsewhere = F.coalesce(F.col("source"), F.lit("")) != F.col("folder")
    is_other_day = F.coalesce(F.col("dt"), F.lit("")) != dt
    reason = (
        F.when(is_no_offer, Reject.NOT_JSON.value)
        .when(F.col("url").isNull(), Reject.MISSING_URL.value)
        .when(is_elsewhere, Reject.WRONG_SOURCE.value)
        .when(is_other_day, Reject.WRONG_DAY.value)
    )
    return parsed.withColumn("line_reason", reason).drop("dt")


def _newest(parsed: DataFrame) -> DataFrame:
    """One row per page: the newest fetch. A line that is no page stays; it has no newer one."""
    page = F.when(F.col("line_reason").isNull(), F.col("url")).otherwise(F.col("raw"))
    last = [F.col(name).desc_nulls_last() for name in ("fetched_at", "attempt", "run_id", "raw")]
    place = F.row_number().over(Window.partitionBy("folder", "line_reason", page).orderBy(*last))
    return parsed.withColumn("place", place).where(F.col("place") == 1).drop("place")


def _with_readings(pages: DataFrame) -> DataFrame:
    keyed = pages.select(
        "*",
        F.coalesce(_filled("part_no"), _last_bracket("official_name"), _last_bracket("name"), F.lit("")).alias(
            "part_text"
        ),
        F.coalesce("price_text", F.lit("")).alias("price_key"),
        F.coalesce("applicable_text", F.lit("")).alias("car_key"),
    )
    read = _join_reading(keyed, "part_text", "parts", F.udf(_read_part_numbers, PARTS_TYPE, useArrow=False))
    read = _join_reading(read, "price_key", "price", F.udf(_read_price, PRICE_TYPE, useArrow=False))
    return _join_reading(read, "car_key", "cars", F.udf(_read_cars, CARS_TYPE, useArrow=False))


def _join_reading(frame: DataFrame, key: str, name: str, reader: Any) -> DataFrame:
    readings = frame.select(key).distinct().select(key, reader(F.col(key)).alias(name))
    return frame.join(readings, on=key, how="left")


def _read_part_numbers(text: str) -> tuple[str | None, int | None, str | None, str | None]:
    read = read_part_numbers(text)
    if read.reason:
        return None, None, None, read.reason.value
    if len(read.parts) > 1:
        return None, None, None, OfferReason.SEVERAL_PARTS.value
    part = read.parts[0]
    return part.part_no, part.quantity, part.superseded_by, None


def _read_price(text: str) -> tuple[int | None, str | None]:
    read = read_price(text)
    return read.price_krw, read.reason and read.reason.value


def _read_cars(text: str) -> list[tuple[str, str, str]]:
    return [(car.car_type, str(car.car_type_match), car.car_text) for car in read_cell(text)]


def _filled(column: str) -> Column:
    trimmed = F.trim(F.col(column))
    return F.when(trimmed != "", trimmed)


def _last_bracket(column: str) -> Column:
    found = F.regexp_extract(F.col(column), r"\(([^()]*)\)\s*$", 1)
    return F.when(found != "", found)


def part_name() -> Column:
    """The official name, or the title, without its last bracket, the shop's own opening and the part number at its end."""
    written = F.coalesce(_filled("official_name"), _filled("name"))
    bare = F.regexp_replace(written, r"\s*\([^()]*\)\s*$", "")
    opened = F.regexp_replace(bare, r"^(\[순정\]|현대 순정|순정)\s+", "")
    named = F.trim(F.regexp_replace(opened, r"\s+[0-9]{5}-?[0-9A-Z]{4,10}$", ""))
    return F.when(named != "", named)


def _judge_page(pages: DataFrame) -> DataFrame:
    """The first rule that a page breaks, in a fixed order."""
    piece = F.round(F.col("price.price_krw") / F.col("parts.pack")).cast("int")
    has_no_name = F.col("part_name").isNull()
    is_too_low = F.col("piece_krw") < bounds().lowest_krw
    judged = pages.withColumns({"part_name": part_name(), "piece_krw": piece})
    reasons = (
        (Rule.RAW, F.col("line_reason")),
        (Rule.PART_NO, F.col("parts.reason")),
        (Rule.PRICE, F.col("price.reason")),
        (Rule.PRICE, F.when(is_too_low, Reject.PRICE_TOO_LOW.value)),
        (Rule.RAW, F.when(has_no_name, OfferReason.NAME_MISSING.value)),
    )
    rule = F.coalesce(*(F.when(reason.isNotNull(), name.value) for name, reason in reasons))
    return judged.withColumns({"reason": F.coalesce(*(reason for _, reason in reasons)), "rule": rule})


def _clean(pages: DataFrame, dt: str) -> DataFrame:
    rows = pages.select("*", F.explode("cars").alias("car")).select(
        F.lit(dt).alias("dt"),
        "source",
        "url",
        F.col("parts.part_no").alias("part_no"),
        F.col("parts.superseded_by").alias("superseded_by"),
        F.col("part_name").alias("name"),
        F.col("piece_krw").alias("price_krw"),
        F.col("parts.pack").alias("pack_quantity"),
        F.col("car.car_type").alias("car_type"),
        F.col("car.match").alias("car_type_match"),
        F.col("car.text").alias("car_text"),
    )
    return conform(rows, CLEAN_OFFER)


def _rejected(pages: DataFrame, dt: str) -> DataFrame:
    rows = pages.where(F.col("reason").isNotNull()).select(
        F.lit(dt).alias("dt"), F.col("folder").alias("source"), "url", "rule", "reason", "raw"
    )
    return conform(rows, REJECTED_OFFER)
