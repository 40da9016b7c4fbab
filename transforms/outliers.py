"""Finds offers whose price the same part's other offers and its recent history contradict: a digit too many, a pack's price.

On the log scale, where a factor up and the same factor down are alike: an offer is set aside when it is farther from the
median than 3.5 times the scaled median absolute deviation (the modified z-score of Iglewicz and Hoaglin, "How to Detect and
Handle Outliers", 1993), yet never nearer than a factor of sqrt(10), half way to a digit too many, and always beyond a factor
of 6, however scattered the others are. Nothing is judged unless most observations agree on the median within sqrt(10):
two offers that differ say that one is wrong, and not which.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from math import log

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.schemas import PRICE_SET_ASIDE, conform

HISTORY_DAYS = 28
LONG_HELD_DAYS = 7  # a price that a shop asked this long is worth two observations
_PRICE, _SINCE = 2**31, 2**20  # room for a price in won, and for a day counted from 1970
_NEAR, _FAR = log(10) / 2, log(6)
_SCALED = 3.5 * 1.4826  # 1.4826 makes the deviation comparable to a standard deviation of normal values


class SetAside(StrEnum):
    FAR_ABOVE = "far_above_other_offers"
    FAR_BELOW = "far_below_other_offers"


def observations(offers: DataFrame) -> DataFrame:
    """Each page's price of a part, once, however many cars it fits."""
    return offers.select("source", "url", "part_no", "price_krw").distinct()


def history(changes: DataFrame, dt: str) -> DataFrame:
    """`part_no, price_krw`: for each shop, the price it asked on most of the days before `dt`; twice when it held long.

    A typo of one day has no say here, and a real jump becomes the history when it has lasted for half of the window.
    """
    day = F.lit(dt).cast("date")
    first = (date.fromisoformat(dt) - timedelta(days=HISTORY_DAYS)).isoformat()
    begin = F.greatest(F.col("valid_from"), F.lit(first)).cast("date")
    end = F.least(F.coalesce("valid_to", F.lit(dt)), F.lit(dt)).cast("date")
    recent = changes.where((F.col("valid_from") < dt) & (F.coalesce("valid_to", F.lit(dt)) > first) & day.isNotNull())
    held = recent.groupBy("source", "part_no", F.col("new_price_krw").alias("price_krw")).agg(
        F.sum(F.datediff(end, begin)).alias("days"), F.max("valid_from").alias("since")
    )
    # The longest, then the latest, then the highest: packed into one number, since Sail compares structs slowly.
    since = F.unix_date(F.col("since").cast("date")).cast("long")
    choice = (F.col("days").cast("long") * _SINCE + since) * _PRICE + F.col("price_krw")
    usual = held.groupBy("source", "part_no").agg(F.max(choice).alias("choice"))
    price = (F.col("choice") % _PRICE).cast("int")
    is_long_held = F.col("choice") >= LONG_HELD_DAYS * _SINCE * _PRICE
    return usual.select(
        "part_no", F.explode(F.when(is_long_held, F.array(price, price)).otherwise(F.array(price))).alias("price_krw")
    )


def set_aside(observed: DataFrame, past: DataFrame, dt: str) -> DataFrame:
    """The offers of `observed` that contradict the rest."""
    every = observed.select("part_no", "price_krw").unionByName(past)
    logs = every.select("part_no", F.log(F.col("price_krw").cast("double")).alias("log_price"))
    # Only a part whose prices are apart can have an outlier: most parts end here, without a median.
    apart = logs.groupBy("part_no").agg(
        F.min("log_price").alias("low"), F.max("log_price").alias("high"), F.count(F.lit(1)).alias("compared_count")
    ).where((F.col("compared_count") >= 3) & (F.col("high") - F.col("low") > _NEAR))  # fmt: skip
    told = logs.join(apart.select("part_no", "compared_count"), on="part_no", how="inner")
    centres = told.groupBy("part_no").agg(F.median("log_price").alias("centre"))
    around = told.join(centres, on="part_no", how="inner")
    distance = F.abs(F.col("log_price") - F.col("centre"))
    spread = around.groupBy("part_no", "compared_count", "centre").agg(
        F.median(distance).alias("deviation"), F.sum(F.when(distance < _NEAR, 1).otherwise(0)).alias("agreeing_count")
    )
    agreed = spread.where(F.col("agreeing_count") * 2 > F.col("compared_count"))
    limit = F.greatest(F.lit(_NEAR), F.least(F.lit(_FAR), F.col("deviation") * _SCALED))
    judged = observed.join(agreed, on="part_no", how="inner")
    difference = F.log(F.col("price_krw").cast("double")) - F.col("centre")
    reason = F.when(difference > 0, SetAside.FAR_ABOVE.value).otherwise(SetAside.FAR_BELOW.value)
    far = judged.where(F.abs(difference) > limit).select(
        F.lit(dt).alias("dt"), "source", "url", "part_no", "price_krw",
        F.round(F.exp("centre")).cast("int").alias("expected_krw"), F.col("compared_count").cast("int"), reason.alias("reason"),
    )  # fmt: skip
    return conform(far, PRICE_SET_ASIDE)
