"""What a part costs: bands per part and car over all shops, the name a part is known by, and the summary by that name that is served."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.schemas import NAME_PRICE_SUMMARY, PART_NO_CANONICAL_NAME, PART_PRICE_BAND, conform, median_krw

# Whose name counts when shops differ; a new shop comes after these, in the order of the alphabet.
_SOURCES = ("partsro", "hyunki_store", "hyunki_market")


def flag_set_aside(offers: DataFrame, aside: DataFrame) -> DataFrame:
    """Adds `is_set_aside`: the offer is in no band."""
    marked = aside.select("source", "url", "part_no", F.lit(True).alias("found"))
    flagged = offers.join(F.broadcast(marked), on=["source", "url", "part_no"], how="left")
    return flagged.withColumn("is_set_aside", F.coalesce("found", F.lit(False))).drop("found")


def part_price_band(flagged: DataFrame, dt: str) -> DataFrame:
    """The band of every part and car with at least one offer that was not set aside."""
    price = F.when(~F.col("is_set_aside"), F.col("price_krw"))
    source = F.when(~F.col("is_set_aside"), F.col("source"))
    bands = flagged.groupBy("part_no", "car_type").agg(
        *_band(price, source), F.sum(F.col("is_set_aside").cast("int")).cast("int").alias("set_aside_count")
    )
    return conform(bands.where(F.col("offer_count") > 0).select(F.lit(dt).alias("dt"), "*"), PART_PRICE_BAND)


def _band(price: Column, source: Column) -> list[Column]:
    return [
        F.min(price).alias("min_price"),
        F.max(price).alias("max_price"),
        median_krw(price).alias("median_price"),
        F.count(price).cast("int").alias("offer_count"),
        F.count_distinct(source).cast("int").alias("source_count"),
    ]


def canonical_names(offers: DataFrame, dt: str) -> DataFrame:
    """The most frequent name of a part and car at the first shop that names it; a tie goes to the first in the alphabet.

    Shop, frequency and name are put into one text whose smallest value is the choice: one aggregation, the same everywhere.
    """
    counted = offers.groupBy("part_no", "car_type", "source", "name").agg(F.count(F.lit(1)).alias("offers"))
    rank = F.lit(len(_SOURCES))
    for place, source in reversed(list(enumerate(_SOURCES))):
        rank = F.when(F.col("source") == source, place).otherwise(rank)
    rarity = F.lpad((F.lit(10**9) - F.col("offers")).cast("string"), 10, "0")
    choice = F.concat(rank.cast("string"), F.rpad("source", 40, " "), rarity, F.col("name"))
    chosen = counted.groupBy("part_no", "car_type").agg(F.min(choice).alias("choice"))
    name = F.substring(F.col("choice"), 52, 100_000)
    return conform(
        chosen.select(F.lit(dt).alias("dt"), "part_no", "car_type", name.alias("canonical_name")),
        PART_NO_CANONICAL_NAME,
    )


def name_price_summary(flagged: DataFrame, names: DataFrame, dt: str) -> DataFrame:
    """The range of each name and car over the offers in the bands of its parts."""
    named = flagged.where(~F.col("is_set_aside")).join(
        names.select("part_no", "car_type", "canonical_name"), on=["part_no", "car_type"], how="inner"
    )
    summary = named.groupBy(F.col("canonical_name").alias("part_official_name"), "car_type").agg(
        *_band(F.col("price_krw"), F.col("source"))
    )
    keyed = summary.select(F.lit(dt).alias("dt"), F.lit(dt).cast("date").alias("extracted_at"), "*")
    return conform(keyed, NAME_PRICE_SUMMARY)
