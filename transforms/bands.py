"""What a part costs: bands per part and car over all shops, the name a part is known by, and the summary by that name that is served."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.schemas import NAME_PRICE_SUMMARY, PART_NO_CANONICAL_NAME, PART_PRICE_BAND, conform

# Whose name counts when shops differ; a new shop comes after these, in the order of the alphabet.
_SOURCES = ("partsro", "hyunki_store", "hyunki_market")


def flag_set_aside(offers: DataFrame, aside: DataFrame) -> DataFrame:
    """Adds `is_set_aside`: the offer is in no band."""
    marked = aside.select("source", "url", "part_no", F.lit(True).alias("found"))
    flagged = offers.join(F.broadcast(marked), on=["source", "url", "part_no"], how="left")
    return flagged.withColumn("is_set_aside", F.col("found").isNotNull()).drop("found")


def part_price_band(flagged: DataFrame, dt: str) -> DataFrame:
    """The band of every part and car with at least one offer that was not set aside."""
    kept = ~F.col("is_set_aside")
    collected = flagged.groupBy("part_no", "car_type").agg(
        F.collect_list(F.when(kept, F.col("price_krw"))).alias("prices"),
        F.collect_list(F.when(kept, F.col("source"))).alias("sources"),
        F.sum(F.when(kept, 0).otherwise(1)).cast("int").alias("set_aside_count"),
    )
    bands = _band(collected, "part_no", "car_type", "set_aside_count")
    return conform(bands.where(F.col("offer_count") > 0).select(F.lit(dt).alias("dt"), "*"), PART_PRICE_BAND)


def _band(collected: DataFrame, *key: str) -> DataFrame:
    """The range of `prices` and the number of `sources` beside the key.

    Lists and not aggregates of their own: next to a median or a distinct count, Sail needs 22 s for what this does in one.
    """
    lists = collected.select(
        *key, F.sort_array("prices").alias("prices"), F.size("prices").alias("offer_count"),
        F.size(F.array_distinct("sources")).alias("source_count"),
    )  # fmt: skip
    prices, count = F.col("prices"), F.col("offer_count")
    return lists.select(
        *key, "offer_count", "source_count",
        F.get(prices, F.lit(0)).alias("min_price"),
        F.get(prices, count - 1).alias("max_price"),
        median_krw(prices, count).alias("median_price"),
    )  # fmt: skip


def median_krw(prices: Column, count: Column) -> Column:
    """The middle of sorted prices as whole won: the mean of the two middle ones of an even count, half a won rounded up."""
    low, high = (F.get(prices, F.floor(middle / 2).cast("int")).cast("long") for middle in (count - 1, count))
    return F.floor((low + high + 1) / 2).cast("int")


def canonical_names(offers: DataFrame, dt: str) -> DataFrame:
    """The most frequent name of a part and car at the first shop that names it; a tie goes to the first in the alphabet.

    Shop, frequency and name are put into one text whose smallest value is the choice: one aggregation, the same everywhere.
    """
    # A sum and not a count: Sail finds fault with a count of a single row that is grouped again.
    counted = offers.groupBy("part_no", "car_type", "source", "name").agg(F.sum(F.lit(1)).alias("offers"))
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
    collected = named.groupBy(F.col("canonical_name").alias("part_official_name"), "car_type").agg(
        F.collect_list("price_krw").alias("prices"), F.collect_list("source").alias("sources")
    )
    summary = _band(collected, "part_official_name", "car_type")
    keyed = summary.select(F.lit(dt).alias("dt"), F.lit(dt).cast("date").alias("extracted_at"), "*")
    return conform(keyed, NAME_PRICE_SUMMARY)
