"""Clean offers of a day to the marts: set-aside offers, price bands, names, the served price summary and price changes.

spark-submit jobs/build_marts.py --lake ROOT --dt 2026-11-23 [--hold-back partsro,hyunki_store]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

if __name__ == "__main__":  # a fresh clone is not installed; under --py-files the packages are found in the zip
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

    from conf.garbage import collect_seldom

    collect_seldom()

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from conf.lake import Lake
from jobs.arguments import parse_arguments
from jobs.session import session
from jobs.storage import folders
from jobs.tables import concurrently, count_each, day_of, read_table, replace_partition, replace_table, report
from transforms.bands import canonical_names, flag_set_aside, name_price_summary, part_price_band, with_shop
from transforms.changes import append_day, replace_day, shop_prices
from transforms.outliers import history, set_aside
from transforms.schemas import CLEAN_OFFERS, JOB_REPORT, MARTS, PART_NO_CANONICAL_NAME, PRICE_CHANGES, PRICE_SET_ASIDE

_USED = ("source", "url", "part_no", "name", "price_krw", "car_type")


def run(spark: SparkSession, lake: Lake, dt: str, held_back: list[str], started: float) -> None:
    day = day_of(spark, lake.clean_offers, CLEAN_OFFERS, dt)
    changes = read_table(spark, lake.mart_table("price_changes"), PRICE_CHANGES)
    offers = day.where(~F.col("source").isin(held_back)).select(*_USED)
    rows, *_ = concurrently(
        lambda: {row["source"]: row["count"] for row in day.groupBy("source").count().collect()},
        lambda: write(set_aside(offers, history(changes, dt), dt), lake, dt, "price_set_aside"),
        lambda: write(canonical_names(offers, dt), lake, dt, "part_no_canonical_name"),
    )
    aside = day_of(spark, lake.mart_table("price_set_aside"), PRICE_SET_ASIDE, dt)
    flagged = flag_set_aside(with_shop(offers, rows), aside)
    names = day_of(spark, lake.mart_table("part_no_canonical_name"), PART_NO_CANONICAL_NAME, dt)
    concurrently(
        lambda: write(part_price_band(flagged, dt), lake, dt, "part_price_band"),
        lambda: write(name_price_summary(flagged, names, dt), lake, dt, "name_price_summary"),
        lambda: replace_table(price_changes(spark, lake, changes, flagged, dt), lake.mart_table("price_changes")),
    )
    count(spark, lake, dt, held_back, rows, started)


def write(frame: DataFrame, lake: Lake, dt: str, table: str) -> None:
    replace_partition(frame, lake.mart_table(table), {"dt": dt})


def price_changes(spark: SparkSession, lake: Lake, changes: DataFrame, flagged: DataFrame, dt: str) -> DataFrame:
    """Most days are the newest, and compared with the prices in force; another one is put in its place."""
    reports = read_table(spark, lake.mart_table("job_report"), JOB_REPORT)
    newer = reports.where((F.col("dt") > dt) & (F.col("job") == "build_marts")).select("dt", "detail").collect()
    shown = shop_prices(flagged)
    if not newer:
        return append_day(changes, shown, dt)
    return replace_day(changes, shown, _later_prices(spark, lake, {row["dt"]: row["detail"] for row in newer}), dt)


def _later_prices(spark: SparkSession, lake: Lake, details: dict[str, str]) -> DataFrame:
    """What the shops of each later day's marts showed, that day's set-aside and held-back offers treated as they were then."""
    days = [shop_prices_of(spark, lake, dt, json.loads(detail)["held_back"]) for dt, detail in sorted(details.items())]
    later = days[0]
    for day in days[1:]:
        later = later.unionByName(day)
    return later


def shop_prices_of(spark: SparkSession, lake: Lake, dt: str, held_back: list[str]) -> DataFrame:
    offers = day_of(spark, lake.clean_offers, CLEAN_OFFERS, dt).where(~F.col("source").isin(held_back)).select(*_USED)
    flagged = flag_set_aside(offers, day_of(spark, lake.mart_table("price_set_aside"), PRICE_SET_ASIDE, dt))
    return shop_prices(flagged).select(F.lit(dt).alias("dt"), "*")


def count(
    spark: SparkSession, lake: Lake, dt: str, held_back: list[str], rows_read: dict[str, int], started: float
) -> None:
    tables = ("price_set_aside", "part_price_band", "part_no_canonical_name", "name_price_summary")
    frames = {name: day_of(spark, lake.mart_table(name), MARTS[name], dt) for name in tables}
    changes = read_table(spark, lake.mart_table("price_changes"), PRICE_CHANGES)
    rows = count_each({**frames, "price_changes": changes.where(F.col("valid_from") == dt)})
    detail = {
        "rows": rows,
        "held_back": held_back,
        "held_back_rows": sum(rows_read.get(source, 0) for source in held_back),
        "set_aside_offers": rows["price_set_aside"],
    }
    counts = {"rows_in": sum(rows_read.values()), "rows_out": rows["name_price_summary"], "rejected": 0}
    report(spark, lake, dt, "build_marts", started, counts, detail)


def check_shops(spark: SparkSession, lake: Lake, held_back: list[str]) -> None:
    """Ends with a sentence for a shop that the lake has never had: mistyped, it would not be held back. One that shows nothing
    today is no mistake."""
    known = set(folders(lake.raw))
    if not known.issuperset(held_back):
        offers = read_table(spark, lake.clean_offers, CLEAN_OFFERS)
        known |= {row["source"] for row in offers.select("source").distinct().collect()}
    unknown = sorted(set(held_back) - known)
    if unknown:
        sys.exit(f"--hold-back: this lake has no shop {', '.join(unknown)}. Its shops: {', '.join(sorted(known))}.")


def main(words: list[str] | None = None) -> None:
    started = time.monotonic()
    arguments = parse_arguments(__doc__ or "", words, hold_back=True)
    held_back = sorted({source.strip() for source in arguments.hold_back.split(",")} - {""})
    spark, lake = session("build_marts"), Lake.from_arguments(arguments)
    check_shops(spark, lake, held_back)
    for dt in arguments.days:
        run(spark, lake, dt, held_back, started)
        started = time.monotonic()


if __name__ == "__main__":
    main()
