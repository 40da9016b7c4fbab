"""Pages to clean offers, one row a part number and car, and to rejected pages, one row a page: every page is in exactly one."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms.reasons import Rule
from transforms.schemas import CLEAN_OFFERS, REJECTED, UNMATCHED_CAR_TEXTS, conform
from transforms.texts import plain_part_no, plain_price


def read_pages(cells: DataFrame, cars: DataFrame, parts: DataFrame, prices: DataFrame) -> DataFrame:
    """Joins what the parsers read to the pages that say it, and names the first rule that a page does not pass."""
    plain = F.array(
        F.struct(
            plain_part_no(F.col("part_cell")).alias("part_no"), F.lit(1).alias("quantity"), F.lit(None).cast("string").alias("superseded_by")
        )
    )  # fmt: skip
    joined = (
        cells.join(F.broadcast(cars), on="car_cell", how="left")
        .join(F.broadcast(parts), on="part_cell", how="left")
        .join(F.broadcast(prices), on="price_cell", how="left")
    )
    return joined.select(
        "source", "url", "raw", "category", "cars", "part_reason", "price_reason",
        offer_name().alias("name"),
        F.when(plain_part_no(F.col("part_cell")).isNotNull(), plain).otherwise(F.col("parts")).alias("parts"),
        F.coalesce(plain_price(F.col("price_cell")), F.col("read_krw")).alias("pack_price_krw"),
        F.coalesce("part_reason", "price_reason").alias("reason"),
    )  # fmt: skip


def offer_name() -> Column:
    """The official name, else the shop's own, without one bracket group at its end (mostly the part number)."""
    own = F.coalesce(_filled("official_name"), _filled("name"))
    bare = F.trim(F.regexp_replace(own, r"\s*[(\[（][^()\[\]（）]*[)\]）]\s*$", ""))
    return F.when(F.length(bare) > 0, bare).otherwise(F.trim(own))


def _filled(column: str) -> Column:
    return F.when(F.length(F.trim(F.col(column))) > 0, F.col(column))


def clean_offers(read: DataFrame, dt: str) -> DataFrame:
    """One row for each part and car of an accepted page, its price for one piece (half a won rounded up)."""
    by_part = read.where(F.col("reason").isNull()).select("*", F.explode("parts").alias("part"))
    by_car = by_part.select("*", F.explode("cars").alias("car"))
    quantity = F.col("part.quantity")
    twice = F.lit(2).cast("long")
    piece = F.floor((twice * F.col("pack_price_krw") + quantity) / (twice * quantity)).cast("int")
    rows = by_car.select(
        F.lit(dt).alias("dt"), "source", "url", "part.part_no", "name", piece.alias("price_krw"), "car.car_type",
        "car.car_type_match", "car.car_text", "car.first_year", "car.last_year", quantity.alias("quantity"),
        "part.superseded_by", "category",
    )  # fmt: skip
    return conform(rows, CLEAN_OFFERS)


def rejected_pages(read: DataFrame) -> DataFrame:
    """The pages that a rule stopped, with the line they came from."""
    rule = F.when(F.col("part_reason").isNotNull(), Rule.PART_NO.value).otherwise(Rule.PRICE.value)
    return read.where(F.col("reason").isNotNull()).select("source", "url", rule.alias("rule"), "reason", "raw")


def rejected(lines: DataFrame, stopped: DataFrame, dt: str) -> DataFrame:
    return conform(lines.unionByName(stopped).select(F.lit(dt).alias("dt"), "*"), REJECTED)


def unmatched_car_texts(offers: DataFrame, dt: str) -> DataFrame:
    """The work list for whoever extends the tables: texts without a car, most frequent first."""
    found = (
        offers.where((F.col("dt") == dt) & (F.col("car_type") == "unknown"))
        .groupBy("car_text", "car_type_match")
        .agg(F.count_distinct("source", "url").cast("int").alias("offer_count"))
        .select(F.lit(dt).alias("dt"), "*")
    )
    return conform(found, UNMATCHED_CAR_TEXTS).orderBy(F.desc("offer_count"), "car_text", "car_type_match")
