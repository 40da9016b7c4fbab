"""Finds offers whose price the same part's other offers and its recent history contradict: a digit too many, a pack's price.

On the log scale, where a factor up and the same factor down are alike: an offer is set aside when it is farther from the
median than 3.5 times the scaled median absolute deviation (the modified z-score of Iglewicz and Hoaglin, "How to Detect and
Handle Outliers", 1993), yet never nearer than a factor of sqrt(10), half way to a digit too many, and always beyond a factor
of 6, however scattered the others are. Nothing is judged unless most observations agree on the median within sqrt(10):
two offers that differ say that one is wrong, and not which. Where several shops ask about the same today, the price has
changed, and the past has no say.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from math import log

from pyspark.sql import Column, DataFrame
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


def set_aside(offers: DataFrame, past: DataFrame, dt: str) -> DataFrame:
    """The pages of `offers` whose price contradicts the rest; a page counts once, however many cars its part fits.

    A part's prices are kept as one list: joined with their own median, Sail works them out anew for each such join.
    """
    by_part = _listed(offers.select("part_no", "price_krw", "source", "url"), past)
    count, logs = F.col("compared_count"), F.col("logs")
    centred = by_part.select("*", _median(logs, count).alias("centre"))
    distances = F.sort_array(F.transform(logs, lambda value: F.abs(value - F.col("centre"))))
    spread = centred.select("part_no", "seen", "compared_count", "centre", distances.alias("distances"))
    agreeing = F.size(F.filter("distances", lambda distance: distance < _NEAR))
    judgeable = spread.where((count >= 3) & (agreeing * 2 > count))
    limit = F.greatest(F.lit(_NEAR), F.least(F.lit(_FAR), _median(F.col("distances"), count) * _SCALED))
    judged = judgeable.select(
        "part_no", "compared_count", "centre", limit.alias("limit"), F.explode("seen").alias("offer")
    ).select("*", (_log("offer.price_krw") - F.col("centre")).alias("difference"))
    reason = F.when(F.col("difference") > 0, SetAside.FAR_ABOVE.value).otherwise(SetAside.FAR_BELOW.value)
    far = judged.where(F.col("offer.url").isNotNull() & (F.abs("difference") > F.col("limit"))).select(
        F.lit(dt).alias("dt"), "offer.source", "offer.url", "part_no", "offer.price_krw",
        F.round(F.exp("centre")).cast("int").alias("expected_krw"), "compared_count", reason.alias("reason"),
    )  # fmt: skip
    return conform(far, PRICE_SET_ASIDE)


def _listed(pages: DataFrame, past: DataFrame) -> DataFrame:
    """`part_no, seen, compared_count, logs` of the parts whose prices are apart, unless several shops agree today: no other part
    can have an outlier, and nearly all of them end here. The past has no URL."""
    prices = pages.select("part_no", "price_krw").unionByName(past)
    ends = prices.groupBy("part_no").agg(F.min("price_krw").alias("lowest"), F.max("price_krw").alias("highest"))
    apart = F.broadcast(ends.where(_log("highest") - _log("lowest") > _NEAR).select("part_no"))
    nowhere = F.lit(None).cast("string")
    told = pages.join(apart, on="part_no", how="left_semi").distinct()
    before = past.join(apart, on="part_no", how="left_semi").select(
        "part_no", "price_krw", nowhere.alias("source"), nowhere.alias("url")
    )
    listed = told.unionByName(before).groupBy("part_no").agg(
        F.collect_list(F.struct("price_krw", "source", "url")).alias("seen"),
        F.count(F.lit(1)).cast("int").alias("compared_count"),
    )  # fmt: skip
    disputed = listed.where(~_is_agreed_today(F.col("seen")))
    return disputed.select("*", F.sort_array(F.transform("seen", lambda offer: _log(offer["price_krw"]))).alias("logs"))


def _is_agreed_today(seen: Column) -> Column:
    today = F.filter(seen, lambda offer: offer["url"].isNotNull())
    shops = F.array_distinct(F.transform(today, lambda offer: offer["source"]))
    prices = F.transform(today, lambda offer: offer["price_krw"])
    return (F.size(shops) > 1) & (_log(F.array_max(prices)) - _log(F.array_min(prices)) < _NEAR)


def _log(price: str | Column) -> Column:
    return F.log((F.col(price) if isinstance(price, str) else price).cast("double"))


def _median(values: Column, count: Column) -> Column:
    """Of a sorted list."""
    low, high = (F.get(values, F.floor(middle / 2).cast("int")) for middle in (count - 1, count))
    return (low + high) / 2
