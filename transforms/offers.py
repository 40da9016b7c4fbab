"""Pages to clean offers, one row a part number and car, and to rejected pages, one row a page: every page is in exactly one."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from transforms import names
from transforms.prices import bounds
from transforms.reasons import Reject, Rule
from transforms.schemas import CLEAN_OFFERS, REJECTED, UNMATCHED_CAR_TEXTS, conform


def with_names(lines: DataFrame) -> DataFrame:
    """The offer's `name` in place of the page's two, and `name_reason` where it is none."""
    seen = lines.withColumn("plain_name", plain_name())
    named = seen.withColumn("name", F.coalesce("plain_name", offer_name()))
    reason = F.when(F.col("name").isNull(), Reject.NAME_MISSING.value).when(
        F.col("plain_name").isNull() & is_unusable(F.col("name")), Reject.NAME_NOT_RECOGNISED.value
    )
    return named.withColumn("name_reason", reason).drop("official_name", "plain_name")


def with_doubtful_lines(lines: DataFrame) -> DataFrame:
    """The line itself only where it may be rejected: a page whose number and price are plain is not, and lines are long."""
    is_plain = F.col("plain_part_no").isNotNull() & F.col("plain_krw").isNotNull()
    is_accepted = is_plain & F.col("line_reason").isNull() & F.col("name_reason").isNull()
    return lines.withColumn("value", F.when(~is_accepted, F.col("value")))


def read_pages(cells: DataFrame, parts: DataFrame, prices: DataFrame) -> DataFrame:
    """Joins the parts and prices that were read to the pages that say them, and names the first rule that a page breaks."""
    joined = cells.join(F.broadcast(parts), on="part_cell", how="left").join(
        F.broadcast(prices), on="price_cell", how="left"
    )
    quantity = F.coalesce("quantity", F.lit(1))
    read = joined.select(
        "source", "url", "category", "name", "car_cell", "superseded_by", "part_reason", "price_reason", "name_reason",
        F.coalesce("plain_part_no", "read_part_no").alias("part_no"),
        quantity.alias("quantity"),
        price_per_piece(F.coalesce("plain_krw", "read_krw"), quantity).alias("price_krw"),
    )  # fmt: skip
    return _judged(read)


def _judged(read: DataFrame) -> DataFrame:
    """`rule, reason` of the first rule that a page breaks, both null for an offer."""
    is_cheap = F.when(F.col("price_krw") < bounds().lowest_krw, Reject.PRICE_TOO_LOW.value)
    rules = (
        (Rule.PART_NO, F.col("part_reason")), (Rule.PRICE, F.col("price_reason")), (Rule.PRICE, is_cheap),
        (Rule.NAME, F.col("name_reason")),
    )  # fmt: skip
    rule = F.coalesce(*(F.when(reason.isNotNull(), name.value) for name, reason in rules))
    return read.select("*", rule.alias("rule"), F.coalesce(*(reason for _, reason in rules)).alias("reason"))


def is_unusable(name: Column) -> Column:
    """A text that the gate would stop the whole mart for."""
    is_spoilt = name.rlike(f"{names.CONTROL}|{names.DECOMPOSED_HANGUL}|{names.STAND_INS}")
    return is_spoilt | ~name.rlike(names.LETTER) | (F.length(name) > names.LONGEST)


def price_per_piece(price_krw: Column, quantity: Column) -> Column:
    """Half a won is rounded up. In long, since Sail's integers wrap."""
    twice = F.lit(2).cast("long")
    return F.floor((twice * price_krw + quantity) / (twice * quantity)).cast("int")


def plain_name() -> Column:
    """What `offer_name` gives for a name that is plain, null for every other one."""
    said = F.coalesce("official_name", "name")
    found = F.regexp_extract(F.when(F.octet_length(said) <= names.LONGEST, said), names.PLAIN, 1)
    is_plain = found != ""
    for word in names.NOT_PLAIN:
        is_plain &= ~F.startswith(found, F.lit(word))
    return F.when(is_plain, found)


def offer_name() -> Column:
    """The official name, else the shop's own, without a bracket group at its end, its opening words for genuine parts and a
    part number at its end: `현대 순정 필터 281131R100` and `필터 (281131R100)` are both a `필터`."""
    own = F.coalesce(_filled("official_name"), _filled("name"))
    bare = F.regexp_replace(F.when(F.length(own) <= names.LONGEST_SAID, own), names.BRACKETS_BEHIND, "")
    opened = F.regexp_replace(bare, names.GENUINE, "")
    named = F.trim(F.regexp_replace(opened, names.PART_NO_BEHIND, ""))
    return F.when(F.length(named) > 0, named).otherwise(own)


def _filled(column: str) -> Column:
    """The column's text with its blanks folded as the loader folds them: two names that differ here and are one to the loader would stop
    the mart."""
    seen = F.regexp_replace(F.col(column), names.INVISIBLE, "")
    folded = F.trim(F.regexp_replace(seen, names.BLANKS, " "))
    return F.when(F.length(folded) > 0, folded)


def clean_offers(read: DataFrame, cars: DataFrame, dt: str) -> DataFrame:
    """One row for each car of an accepted page, its price for one piece."""
    accepted = read.where(F.col("reason").isNull()).join(F.broadcast(cars), on="car_cell", how="inner")
    by_car = accepted.select("*", F.explode("cars").alias("car"))
    rows = by_car.select(
        F.lit(dt).alias("dt"), "source", "url", "part_no", "name", "price_krw", "car.car_type", "car.car_type_match",
        "car.car_text", "car.first_year", "car.last_year", "quantity", "superseded_by", "category",
    )  # fmt: skip
    return conform(rows, CLEAN_OFFERS)


def rejected_pages(read: DataFrame, cells: DataFrame) -> DataFrame:
    """The pages that a rule stopped, with the line they came from. It is looked up for these few: lines are long."""
    stopped = read.where(F.col("reason").isNotNull()).select("source", "url", "rule", "reason")
    raw = cells.select("source", "url", "raw")
    return raw.join(F.broadcast(stopped), on=["source", "url"]).select("source", "url", "rule", "reason", "raw")


def rejected(lines: DataFrame, stopped: DataFrame, dt: str) -> DataFrame:
    return conform(lines.unionByName(stopped).select(F.lit(dt).alias("dt"), "*"), REJECTED)


def unmatched_car_texts(offers: DataFrame, dt: str) -> DataFrame:
    """The work list for whoever extends the tables: texts without a car, most frequent first."""
    found = (
        offers.where((F.col("dt") == dt) & (F.col("car_type") == "unknown"))
        .select("source", "url", "car_text", "car_type_match")
        .distinct()
        .groupBy("car_text", "car_type_match")
        .agg(F.count(F.lit(1)).cast("int").alias("offer_count"))
        .select(F.lit(dt).alias("dt"), "*")
    )
    return conform(found, UNMATCHED_CAR_TEXTS).orderBy(F.desc("offer_count"), "car_text", "car_type_match")
