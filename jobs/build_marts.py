"""One day's clean offers to the tables of the mart.

spark-submit --py-files parts.zip jobs/build_marts.py --lake ROOT --dt D
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812

from conf.days import parse_day
from conf.lake import Lake, add_arguments
from jobs.lake import read_table, replace, replace_all
from jobs.report import JobCounts, counts_by, write_report
from transforms import marts
from transforms.schemas import CLEAN_OFFER, PART_PRICE_BAND, SET_ASIDE_OFFER

HISTORY_DAYS = 30  # how long a price at a shop is good evidence; makers publish theirs every quarter


def build_marts(spark: SparkSession, lake: Lake, dt: str) -> JobCounts:
    """Replaces the day in the tables of the mart, and the history of price changes as a whole."""
    started = time.monotonic()
    every_day = read_table(spark, lake.clean_offers, CLEAN_OFFER)
    clean = every_day.where(F.col("dt") == dt)
    judged = marts.with_reference(clean, _earlier_bands(spark, lake, dt))
    names = marts.canonical_names(judged, dt)
    tables = {
        "part_no_canonical_name": names,
        "part_price_band": marts.part_price_bands(judged, names, dt),
        "set_aside_offers": marts.set_aside_offers(judged),
        "name_price_summary": marts.name_price_summary(judged, names, dt),
    }
    for name, frame in tables.items():
        replace(frame, lake.mart_table(name), {"dt": dt})
    replace_all(marts.price_changes(every_day), lake.mart_table("price_changes"))
    written = {name: _day(spark, lake, name, frame.schema, dt).count() for name, frame in tables.items()}
    aside = counts_by(_day(spark, lake, "set_aside_offers", SET_ASIDE_OFFER, dt), "reason")
    detail = {"rows": written, "set_aside": aside}
    seconds = round(time.monotonic() - started, 3)
    return JobCounts(clean.count(), written["name_price_summary"], sum(aside.values()), seconds, detail)


def _day(spark: SparkSession, lake: Lake, name: str, schema: T.StructType, dt: str) -> DataFrame:
    return read_table(spark, lake.mart_table(name), schema).where(F.col("dt") == dt)


def _earlier_bands(spark: SparkSession, lake: Lake, dt: str) -> DataFrame:
    """What parts cost in the days before; never the day itself, so that building it again changes nothing."""
    bands = read_table(spark, lake.mart_table("part_price_band"), PART_PRICE_BAND)
    first = (parse_day(dt) - timedelta(days=HISTORY_DAYS)).isoformat()
    is_recent = (F.col("dt") >= first) & (F.col("dt") < dt)
    return bands.where(is_recent & F.col("median_price").isNotNull())


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--dt", required=True, help="the day, such as 2026-11-23")
    arguments = parser.parse_args(words)
    try:
        dt = parse_day(arguments.dt).isoformat()
    except ValueError as error:
        sys.exit(str(error))
    spark, lake = SparkSession.builder.getOrCreate(), Lake.from_arguments(arguments)
    counts = build_marts(spark, lake, dt)
    write_report(spark, lake, dt, "build_marts", counts)
    sys.stdout.write(
        f"{dt}: {counts.rows_in} clean offers, {counts.rows_out} price ranges, {counts.rejected} rows set aside.\n"
    )


if __name__ == "__main__":
    main()
