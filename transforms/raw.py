"""Raw lines to pages: one row a page, from its newest successful fetch, and the lines that are no page with their reason."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from transforms.reasons import Reject, Rule
from transforms.schemas import RAW_OFFER


def parse_lines(lines: DataFrame, dt: str) -> DataFrame:
    """`source, value` -> the fields of `value`, and `line_reason` where the line is no page of this shop and day."""
    offer = F.from_json(F.when(_is_one_object(F.col("value")), F.col("value")), RAW_OFFER, _STRICT)
    parsed = lines.select("source", "value", offer.alias("offer"))
    named = parsed.select(
        "source", "value", *(F.col("offer")[name].alias(f"said_{name}") for name in _SAID), *_fields()
    )
    is_empty = F.coalesce("url", "said_source", "said_dt", "run_id", "name", "price_text").isNull()
    reason = (
        F.when(is_empty, Reject.NOT_JSON.value)
        .when(F.length(F.trim(F.coalesce("url", F.lit("")))) == 0, Reject.MISSING_URL.value)
        .when(F.col("said_source") != F.col("source"), Reject.WRONG_SOURCE.value)
        .when(F.col("said_dt") != F.lit(dt), Reject.WRONG_DAY.value)
    )
    return named.select("source", "value", *_KEPT, reason.alias("line_reason"))


# JVM Spark reads more than JSON, and of a line with two pages only the first: Sail does not.
_STRICT = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}
_ONE_OBJECT = r"^[ \t]*[{](?s:.*)[}][ \t\r]*\z"
_TWO_OBJECTS = r'[}][ \t\r]*[{][ \t\r]*"[^"\\]*"[ \t\r]*:'
_SAID = ("source", "dt")
_KEPT = (
    "url",
    "fetched_at",
    "attempt",
    "run_id",
    "category",
    "name",
    "official_name",
    "part_no",
    "price_text",
    "applicable_text",
)


def _is_one_object(line: Column) -> Column:
    """Nearly every line has its only closing brace at its end, which takes no pattern to see, and no counting of characters."""
    before = F.octet_length(F.substring_index(line, "}", 1))
    ends_once = F.startswith(line, F.lit("{")) & (before == F.octet_length(line) - 1)
    return ends_once | (line.rlike(_ONE_OBJECT) & ~line.rlike(_TWO_OBJECTS))


def _fields() -> list[Column]:
    return [F.col("offer")[name].alias(name) for name in _KEPT]


def has_older_fetches(parsed: DataFrame) -> bool:
    """Whether a URL was fetched twice; on most days none was, and nothing has to be put in order."""
    fetches = (
        parsed.where(F.col("line_reason").isNull()).groupBy("source", "url").agg(F.count(F.lit(1)).alias("fetches"))
    )
    return bool(fetches.where(F.col("fetches") > 1).limit(1).collect())


def newest(parsed: DataFrame) -> DataFrame:
    """The newest fetch of each URL. The order is total (time, attempt, run, the line itself or what was read from it), so that a
    rerun picks the same."""
    attempt = F.coalesce(F.col("attempt").try_cast("int"), F.lit(0))
    texts = ("run_id", "value", "category", "name", "car_cell", "part_cell", "price_cell")
    order = [
        F.col("fetched_at").desc_nulls_last(),
        attempt.desc(),
        *(F.col(name).desc_nulls_last() for name in texts),
    ]
    place = F.row_number().over(Window.partitionBy("source", "url").orderBy(*order))
    return (
        parsed.where(F.col("line_reason").isNull()).withColumn("place", place).where(F.col("place") == 1).drop("place")
    )


def pages(parsed: DataFrame, *, each_once: bool) -> DataFrame:
    """One row a page; `each_once` says that no URL has an older fetch."""
    found = parsed.where(F.col("line_reason").isNull()) if each_once else newest(parsed)
    return found.withColumnRenamed("value", "raw")


def no_pages(parsed: DataFrame) -> DataFrame:
    """The lines that are rejected before they are pages."""
    return parsed.where(F.col("line_reason").isNotNull()).select(
        "source",
        "url",
        F.lit(Rule.RAW.value).alias("rule"),
        F.col("line_reason").alias("reason"),
        F.col("value").alias("raw"),
    )
