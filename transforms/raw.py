"""Raw lines to pages: one row a page, from its newest successful fetch, and the lines that are no page with their reason."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.reasons import Reject, Rule
from transforms.schemas import RAW_OFFER


def parse_lines(lines: DataFrame, dt: str) -> DataFrame:
    """`source, value` -> the fields of `value`, and `reason` where the line is no page of this shop and day."""
    parsed = lines.select("source", "value", F.from_json("value", RAW_OFFER).alias("offer"))
    offer = F.col("offer")
    is_object = F.trim("value").startswith("{")
    has_url = F.length(F.trim(offer["url"])) > 0
    wrong_source = F.coalesce(offer["source"] != F.col("source"), F.lit(False))
    wrong_day = F.coalesce(offer["dt"] != F.lit(dt), F.lit(False))
    unread = offer["url"].isNull() & offer["source"].isNull() & offer["name"].isNull() & offer["run_id"].isNull()
    reason = (
        F.when(F.coalesce(~is_object | unread, F.lit(True)), Reject.NOT_JSON.value)
        .when(~F.coalesce(has_url, F.lit(False)), Reject.MISSING_URL.value)
        .when(wrong_source, Reject.WRONG_SOURCE.value)
        .when(wrong_day, Reject.WRONG_DAY.value)
    )
    return parsed.withColumn("reason", reason)


def pages(parsed: DataFrame) -> DataFrame:
    """The newest fetch of each URL. The order is total (time, attempt, run, the line itself), so that a rerun picks the same."""
    offer = F.col("offer")
    order = F.struct(
        F.coalesce(offer["fetched_at"], F.lit("")).alias("fetched_at"),
        F.coalesce(offer["attempt"].try_cast("int"), F.lit(0)).alias("attempt"),
        F.coalesce(offer["run_id"], F.lit("")).alias("run_id"),
        F.col("value").alias("line"),
        *(offer[name].alias(name) for name in _KEPT),
    )
    newest = parsed.where(F.col("reason").isNull()).groupBy("source", offer["url"].alias("url"))
    newest = newest.agg(F.max(order).alias("page"))
    return newest.select("source", "url", F.col("page.line").alias("raw"), *(F.col(f"page.{name}") for name in _KEPT))


_KEPT = ("category", "name", "official_name", "part_no", "price_text", "applicable_text")


def no_pages(parsed: DataFrame) -> DataFrame:
    """The lines that are rejected before they are pages."""
    return parsed.where(F.col("reason").isNotNull()).select(
        "source",
        F.col("offer.url").alias("url"),
        F.lit(Rule.RAW.value).alias("rule"),
        "reason",
        F.col("value").alias("raw"),
    )
