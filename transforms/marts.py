"""Clean offers to the price range of each part for each car, and of each official name for each car.

Statistics. A price is judged on the log scale, where a digit too many and one too few are equally far away, against the
median, which up to half of the offers cannot move (Rousseeuw & Croux 1993). Genuine parts have one maker's price, from
which shops differ by some tenths: three times the median is a slip (a digit, a pack's price) and not a dear shop. Fewer
than three offers cannot outvote each other; they are held against the part's own last month, or not judged.
"""

from __future__ import annotations

import math
from enum import StrEnum

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from transforms.schemas import (
    CANONICAL_NAME,
    NAME_PRICE_SUMMARY,
    PART_PRICE_BAND,
    PRICE_CHANGE,
    SET_ASIDE_OFFER,
    conform,
)

SOURCE_ORDER = ("partsro", "hyunki_store", "hyunki_market")
FEWEST_TO_OUTVOTE = 3
FARTHEST = math.log(3)
PART_AND_CAR = ["part_no", "car_type"]
OFFER = ["source", "url", "part_no"]


class SetAsideReason(StrEnum):
    """Why an offer is not in a range."""

    TOO_HIGH = "price_far_above_the_part"
    TOO_LOW = "price_far_below_the_part"


def median_krw(column: str) -> Column:
    """The middle price, or the mean of the two in the middle, halves up; the same whole won on every engine."""
    prices = F.sort_array(F.collect_list(column))
    low = F.get(prices, F.floor((F.size(prices) - 1) / 2).cast("int"))
    high = F.get(prices, F.floor(F.size(prices) / 2).cast("int"))
    return F.floor((low.cast("double") + high.cast("double") + 1) / 2).cast("int")


def with_reference(clean: DataFrame, earlier_bands: DataFrame) -> DataFrame:
    """Each clean row with `reference_krw`, what its part costs by the others or by its last month, and its `reason`, if it is far off."""
    offers = clean.select(*OFFER, "price_krw").distinct()
    today = offers.groupBy("part_no").agg(F.count("*").alias("offers"), median_krw("price_krw").alias("today_krw"))
    before = earlier_bands.groupBy("part_no").agg(median_krw("median_price").alias("before_krw"))
    can_outvote = F.col("offers") >= FEWEST_TO_OUTVOTE
    joined = clean.join(today, on="part_no", how="left").join(before, on="part_no", how="left")
    known = joined.withColumn("reference_krw", F.when(can_outvote, F.col("today_krw")).otherwise(F.col("before_krw")))
    distance = F.log(F.col("price_krw").cast("double") / F.col("reference_krw"))
    reason = F.when(distance > FARTHEST, SetAsideReason.TOO_HIGH.value).when(
        distance < -FARTHEST, SetAsideReason.TOO_LOW.value
    )
    return known.withColumn("reason", reason).drop("offers", "today_krw", "before_krw")


def set_aside_offers(judged: DataFrame) -> DataFrame:
    rows = judged.where(F.col("reason").isNotNull())
    return conform(rows.select(*SET_ASIDE_OFFER.fieldNames()), SET_ASIDE_OFFER)


def canonical_names(judged: DataFrame, dt: str) -> DataFrame:
    """The most frequent name at the first source that has the part for the car; ties by the name itself."""
    rank = F.lit(len(SOURCE_ORDER))
    for place, source in reversed(list(enumerate(SOURCE_ORDER))):
        rank = F.when(F.col("source") == source, place).otherwise(rank)
    named = judged.groupBy(*PART_AND_CAR, "source", "name").agg(F.count("*").alias("times"))
    order = [rank.asc(), F.col("source").asc(), F.col("times").desc(), F.col("name").asc()]
    place = F.row_number().over(Window.partitionBy(*PART_AND_CAR).orderBy(*order))
    first = named.withColumn("place", place).where(F.col("place") == 1)
    rows = first.select(F.lit(dt).alias("dt"), *PART_AND_CAR, F.col("name").alias("canonical_name"))
    return conform(rows, CANONICAL_NAME)


def part_price_bands(judged: DataFrame, names: DataFrame, dt: str) -> DataFrame:
    """One row per part and car; where every offer was set aside there is no range."""
    kept = F.when(F.col("reason").isNull(), F.col("price_krw"))
    bands = (
        judged.withColumn("kept_krw", kept)
        .groupBy(*PART_AND_CAR)
        .agg(
            *_range_of("kept_krw"),
            F.count("reason").cast("int").alias("set_aside_count"),
        )
    )
    rows = bands.join(names.select(*PART_AND_CAR, "canonical_name"), on=PART_AND_CAR, how="inner")
    return conform(rows.withColumn("dt", F.lit(dt)), PART_PRICE_BAND)


def name_price_summary(judged: DataFrame, names: DataFrame, dt: str) -> DataFrame:
    """One row per official name and car, over the offers that were not set aside."""
    kept = judged.where(F.col("reason").isNull())
    named = kept.join(names.select(*PART_AND_CAR, "canonical_name"), on=PART_AND_CAR, how="inner")
    rows = named.groupBy(F.col("canonical_name").alias("part_official_name"), "car_type").agg(*_range_of("price_krw"))
    dated = rows.withColumns({"dt": F.lit(dt), "extracted_at": F.lit(dt).cast("date")})
    return conform(dated, NAME_PRICE_SUMMARY)


def _range_of(column: str) -> list[Column]:
    """Null prices count nowhere."""
    source = F.when(F.col(column).isNotNull(), F.col("source"))
    return [
        F.min(column).alias("min_price"),
        F.max(column).alias("max_price"),
        median_krw(column).alias("median_price"),
        F.count(column).cast("int").alias("offer_count"),
        F.count_distinct(source).cast("int").alias("source_count"),
    ]


def price_changes(clean: DataFrame) -> DataFrame:
    """One row per change of an offer's price, from the day it was first seen until (not including) the day of the next one.

    Made from the clean offers of every day, so that a day which is rebuilt or arrives late falls into its place.
    """
    days = clean.select(*OFFER, "dt", "price_krw").groupBy(*OFFER, "dt").agg(F.min("price_krw").alias("new_price_krw"))
    by_day = Window.partitionBy(*OFFER).orderBy("dt")
    seen = days.withColumn("old_price_krw", F.lag("new_price_krw").over(by_day))
    changed = seen.where(F.col("old_price_krw") != F.col("new_price_krw")).withColumnRenamed("dt", "valid_from")
    closed = changed.withColumn("valid_to", F.lead("valid_from").over(Window.partitionBy(*OFFER).orderBy("valid_from")))
    return conform(closed, PRICE_CHANGE)
