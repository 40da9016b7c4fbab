"""The history of prices: one row when the price of a part at a shop changes. A day is added, replaced or brought late; the
table is always what all days, taken in order, would have given.

A row exists for a day on which a shop's price differs from the one it last showed. So another price on day D can only
touch the rows of D and of the next day on which the shop shows that part, and `valid_to` follows from the rows themselves.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from transforms.schemas import PRICE_CHANGES, conform

_KEY = ["source", "part_no"]


def shop_prices(flagged: DataFrame) -> DataFrame:
    """`source, part_no, price_krw`: the lowest price of a part at a shop that was not set aside, else the lowest of all."""
    accepted = F.min(F.when(~F.col("is_set_aside"), F.col("price_krw")))
    return flagged.groupBy(*_KEY).agg(F.coalesce(accepted, F.min("price_krw")).alias("price_krw"))


def append_day(changes: DataFrame, shown: DataFrame, dt: str) -> DataFrame:
    """The table with a day that is later than all others: it only ends prices that were in force, and begins others."""
    is_over = F.coalesce(F.col("valid_to") < dt, F.lit(False))
    earlier = changes.where(F.col("valid_from") < dt)
    compared = earlier.where(~is_over).join(shown, on=_KEY, how="full")
    is_new = F.col("price_krw").isNotNull() & ~F.col("price_krw").eqNullSafe(F.col("new_price_krw"))
    # One join whose rows become two where a price ends: both engines would work out a frame that is used twice anew.
    held = F.struct("valid_from", F.when(is_new, F.lit(dt)).alias("valid_to"), "old_price_krw", "new_price_krw")
    begun = F.struct(
        F.lit(dt).alias("valid_from"), F.lit(None).cast("string").alias("valid_to"),
        F.col("new_price_krw").alias("old_price_krw"), F.col("price_krw").alias("new_price_krw"),
    )  # fmt: skip
    both = F.array(F.when(F.col("valid_from").isNotNull(), held), F.when(is_new, begun))
    rows = compared.select(*_KEY, F.explode(F.array_compact(both)).alias("row")).select(*_KEY, "row.*")
    return conform(earlier.where(is_over).select(*rows.columns).unionByName(rows), PRICE_CHANGES)


def replace_day(changes: DataFrame, shown: DataFrame, later: DataFrame, dt: str) -> DataFrame:
    """The table with a day put in before others. `later` has `dt, source, part_no, price_krw` of the days after it."""
    of_day = _changes_of_day(changes, shown, dt)
    before, after = changes.where(F.col("valid_from") < dt), changes.where(F.col("valid_from") > dt)
    changed = of_day.select(*_KEY, F.col("new_price_krw").alias("old_price_krw"))
    in_force = _in_force(changes, dt).join(changed.select(*_KEY), on=_KEY, how="left_anti").unionByName(changed)
    nearest = later.where(F.col("dt") > dt).groupBy(*_KEY).agg(F.min(F.struct("dt", "price_krw")).alias("next"))
    nearest = nearest.select(
        *_KEY, F.col("next.dt").alias("valid_from"), F.col("next.price_krw").alias("new_price_krw")
    )
    following = _differing(nearest, in_force)
    kept = after.join(nearest.select(*_KEY, "valid_from"), on=[*_KEY, "valid_from"], how="left_anti")
    return _finished(before.unionByName(of_day).unionByName(following).unionByName(kept.select(*of_day.columns)))


def _changes_of_day(changes: DataFrame, shown: DataFrame, dt: str) -> DataFrame:
    today = shown.select(*_KEY, F.lit(dt).alias("valid_from"), F.col("price_krw").alias("new_price_krw"))
    return _differing(today, _in_force(changes, dt))


def _differing(shown: DataFrame, in_force: DataFrame) -> DataFrame:
    compared = shown.join(in_force, on=_KEY, how="left")
    return compared.where(~F.col("new_price_krw").eqNullSafe(F.col("old_price_krw"))).select(
        *_KEY, "valid_from", F.lit(None).cast("string").alias("valid_to"), "old_price_krw", "new_price_krw"
    )


def _in_force(changes: DataFrame, dt: str) -> DataFrame:
    """The prices that held when the day began."""
    ends = F.col("valid_to")
    held = changes.where((F.col("valid_from") < dt) & (ends.isNull() | (ends >= dt)))
    return held.select(*_KEY, F.col("new_price_krw").alias("old_price_krw"))


def _finished(rows: DataFrame) -> DataFrame:
    following = F.lead("valid_from").over(Window.partitionBy(*_KEY).orderBy("valid_from"))
    return conform(rows.withColumn("valid_to", following), PRICE_CHANGES)
