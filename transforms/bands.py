"""What a part costs: bands per part and car over all shops, the name a part is known by, and the summary by that name that is served."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.schemas import NAME_PRICE_SUMMARY, PART_NO_CANONICAL_NAME, PART_PRICE_BAND, conform

# Whose name counts when shops differ; a new shop comes after these, in the order of the alphabet.
_SOURCES = ("partsro", "hyunki_store", "hyunki_market")
_PART_AND_CAR = ("part_no", "car_type")
_BITS = 63


def with_shop(offers: DataFrame, sources: Iterable[str]) -> DataFrame:
    """Adds `shop`: the source as a power of two. Spark adds up numbers in place, but sorts its rows for texts."""
    ordered = sorted(sources)
    if len(ordered) > _BITS:
        raise ValueError(f"{len(ordered)} shops in one day, and a number has bits for {_BITS}.")
    bits = [F.when(F.col("source") == source, F.lit(2**place)) for place, source in enumerate(ordered)]
    return offers.withColumn("shop", F.coalesce(*bits, F.lit(None)).cast("long"))


def flag_set_aside(offers: DataFrame, aside: DataFrame) -> DataFrame:
    """Adds `is_set_aside`: the offer is in no band."""
    marked = aside.select("source", "url", "part_no", F.lit(True).alias("found"))
    flagged = offers.join(F.broadcast(marked), on=["source", "url", "part_no"], how="left")
    return flagged.withColumn("is_set_aside", F.col("found").isNotNull()).drop("found")


def part_price_band(flagged: DataFrame, dt: str) -> DataFrame:
    """The band of every part and car with at least one offer that was not set aside."""
    is_kept = ~F.col("is_set_aside")
    kept = F.when(is_kept, F.col("price_krw"))
    ranges = flagged.groupBy(*_PART_AND_CAR).agg(
        F.min(kept).alias("min_price"),
        F.max(kept).alias("max_price"),
        F.sum(kept).alias("total_price"),
        F.count(kept).cast("int").alias("offer_count"),
        shop_count(F.when(is_kept, F.col("shop"))).alias("source_count"),
        F.sum(F.col("is_set_aside").cast("int")).cast("int").alias("set_aside_count"),
    )
    medians = _listed(_crowded(flagged.where(is_kept)), *_PART_AND_CAR).select(*_PART_AND_CAR, "median_price")
    bands = ranges.where(F.col("offer_count") > 0).join(medians, on=[*_PART_AND_CAR], how="left")
    median = F.coalesce(_median_of_few(), F.col("median_price"))
    return conform(bands.select(F.lit(dt).alias("dt"), *ranges.columns, median.alias("median_price")), PART_PRICE_BAND)


def _crowded(offers: DataFrame) -> DataFrame:
    """The offers of parts and cars that have more than a few. Counted by a hash, which is quick; two groups in one do no harm."""
    group = F.xxhash64(*_PART_AND_CAR).alias("group")
    many = offers.groupBy(group).agg(F.count(F.lit(1)).alias("offers")).where(F.col("offers") > _FEW)
    return offers.select("*", group).join(F.broadcast(many.select("group")), on="group", how="left_semi")


_FEW = 4  # the median of up to four prices follows from their minimum, maximum and sum; hardly a part has more offers for one car


def _median_of_few() -> Column:
    """Null for more than a few: those need a list, and lists of nearly every row are slow on both engines."""
    ends = F.col("min_price").cast("long") + F.col("max_price")
    between = F.col("total_price") - ends
    return (
        F.when(F.col("offer_count") <= 2, _half(ends))
        .when(F.col("offer_count") == 3, between.cast("int"))
        .when(F.col("offer_count") == 4, _half(between))
    )


def _half(sum_of_two: Column) -> Column:
    """In whole won, half a won rounded up."""
    return F.floor((sum_of_two + 1) / 2).cast("int")


def shop_count(shop: Column) -> Column:
    """The number of different shops: next to other aggregates a distinct count is slow on both engines."""
    return F.bit_count(F.bit_or(shop))


def _listed(offers: DataFrame, *key: str) -> DataFrame:
    """The range of the prices and the number of shops beside the key.

    Lists and not a median of its own: Sail needs 22 s for what this does in one.
    """
    collected = offers.groupBy(*key).agg(
        F.collect_list("price_krw").alias("prices"), shop_count(F.col("shop")).alias("source_count")
    )
    lists = collected.select(
        *key, "source_count", F.sort_array("prices").alias("prices"), F.size("prices").alias("offer_count")
    )
    prices, count = F.col("prices"), F.col("offer_count")
    return lists.select(
        *key, "offer_count", "source_count",
        F.get(prices, F.lit(0)).alias("min_price"),
        F.get(prices, count - 1).alias("max_price"),
        median_krw(prices, count).alias("median_price"),
    )  # fmt: skip


def median_krw(prices: Column, count: Column) -> Column:
    """The middle of sorted prices: the mean of the two middle ones of an even count."""
    low, high = (F.get(prices, F.floor(middle / 2).cast("int")).cast("long") for middle in (count - 1, count))
    return _half(low + high)


def canonical_names(offers: DataFrame, dt: str) -> DataFrame:
    """The most frequent name of a part and car at the first shop that names it; a tie goes to the first in the alphabet.

    Shop, frequency and name are put into one text whose smallest value is the choice: one aggregation, the same everywhere.
    """
    # A sum and not a count: Sail fails if the count of a single row is grouped again.
    counted = offers.groupBy(*_PART_AND_CAR, "source", "name").agg(F.sum(F.lit(1)).alias("offers"))
    rank = F.lit(len(_SOURCES))
    for place, source in reversed(list(enumerate(_SOURCES))):
        rank = F.when(F.col("source") == source, place).otherwise(rank)
    rarity = F.lpad((F.lit(10**9) - F.col("offers")).cast("string"), 10, "0")
    choice = F.concat(rank.cast("string"), F.rpad("source", 40, " "), rarity, F.col("name"))
    chosen = counted.groupBy(*_PART_AND_CAR).agg(F.min(choice).alias("choice"))
    name = F.substring(F.col("choice"), 52, 100_000)
    return conform(
        chosen.select(F.lit(dt).alias("dt"), *_PART_AND_CAR, name.alias("canonical_name")),
        PART_NO_CANONICAL_NAME,
    )


def name_price_summary(flagged: DataFrame, names: DataFrame, dt: str) -> DataFrame:
    """The prices of each name and car, over the offers in the bands of its parts. Sorted by its key, because the database fills its index
    in a fifth less time if the rows come in the index's order."""
    named = flagged.where(~F.col("is_set_aside")).join(
        names.select(*_PART_AND_CAR, F.col("canonical_name").alias("part_official_name")),
        on=[*_PART_AND_CAR],
        how="inner",
    )
    summary = _listed(named, "part_official_name", "car_type")
    keyed = summary.select(F.lit(dt).alias("dt"), F.lit(dt).cast("date").alias("extracted_at"), "*")
    return conform(keyed, NAME_PRICE_SUMMARY).orderBy("part_official_name", "car_type")
