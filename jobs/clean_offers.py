"""Raw offers of a day to `clean/offers` and `clean/rejected`, and the car texts that nobody could read.

spark-submit jobs/clean_offers.py --lake ROOT --dt 2026-11-23
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import Executor
from pathlib import Path

if __name__ == "__main__":  # a fresh clone is not installed; under --py-files the packages are found in the zip
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

    from conf.garbage import collect_seldom

    collect_seldom()

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from conf.lake import Lake
from conf.tables import TableError
from jobs.arguments import parse_arguments
from jobs.second_process import second_process
from jobs.session import session
from jobs.tables import concurrently, day_of, raw_lines, replace_partition, report, staged
from transforms.car_table import car_table
from transforms.offers import (
    clean_offers,
    read_pages,
    rejected,
    rejected_pages,
    unmatched_car_texts,
    with_doubtful_lines,
    with_names,
)
from transforms.prices import bounds
from transforms.raw import has_older_fetches, no_pages, pages, parse_lines
from transforms.schemas import CLEAN_OFFERS, REJECTED
from transforms.texts import Texts, count_texts, with_cells


def run(spark: SparkSession, lake: Lake, dt: str, reader: Executor, started: float) -> None:
    lines = with_names(with_cells(parse_lines(raw_lines(spark, lake, dt), dt)))
    with staged(with_doubtful_lines(lines), f"{lake.clean}/staged/dt={dt}") as parsed:
        pages_read = write_tables(spark, lake, dt, parsed, reader)
    count(spark, lake, dt, pages_read, started)


def write_tables(spark: SparkSession, lake: Lake, dt: str, parsed: DataFrame, reader: Executor) -> int:
    """Replaces the day in the three tables; the pages that were read."""
    cells = pages(parsed, each_once=True)
    has_older, counted = concurrently(
        lambda: has_older_fetches(parsed),
        lambda: count_texts(cells).collect(),  # for nothing on the rare day that has some
    )
    if has_older:
        cells = pages(parsed, each_once=False)
        counted = count_texts(cells).collect()
    texts = Texts([tuple(row) for row in counted], reader)
    read = read_pages(cells, texts.parts(spark), texts.prices(spark))
    partition = {"dt": dt}
    stopped = rejected(no_pages(parsed), rejected_pages(read, cells), dt)
    concurrently(
        lambda: replace_partition(clean_offers(read, texts.cars(spark), dt), lake.clean_offers, partition),
        lambda: replace_partition(stopped, lake.rejected_offers, partition),
    )
    return texts.pages


def count(spark: SparkSession, lake: Lake, dt: str, pages_read: int, started: float) -> None:
    """Counts the written tables and holds them against the pages that were read: none may be lost. Writes the work list beside."""
    offers = day_of(spark, lake.clean_offers, CLEAN_OFFERS, dt)
    of_rejected = day_of(spark, lake.rejected_offers, REJECTED, dt)
    matched, clean_pages, stopped, _ = concurrently(
        lambda: offers.groupBy("car_type_match").count().collect(),
        lambda: offers.select("source", "url").distinct().count(),
        lambda: (
            of_rejected.groupBy("rule", "reason")
            .agg(F.count(F.lit(1)).alias("count"), F.count("raw").alias("told"))
            .collect()
        ),
        lambda: replace_partition(unmatched_car_texts(offers, dt), lake.mart_table("unmatched_car_texts"), {"dt": dt}),
    )
    matches = {row["car_type_match"]: row["count"] for row in matched}
    reasons = {row["reason"]: row["count"] for row in stopped}
    lines = sum(row["count"] for row in stopped if row["rule"] == "raw")
    total = sum(reasons.values())
    if pages_read + lines != clean_pages + total:
        raise AssertionError(
            f"{dt}: {pages_read} pages and {lines} unreadable lines became {clean_pages} clean and {total} rejected."
        )
    if untold := total - sum(row["told"] for row in stopped):
        raise AssertionError(f"{dt}: {untold} rejected pages are without their line.")
    detail = {"rejected": reasons, "car_type_match": matches, "clean_pages": clean_pages, "unreadable_lines": lines}
    counts = {"rows_in": pages_read + lines, "rows_out": sum(matches.values()), "rejected": total}
    report(spark, lake, dt, "clean_offers", started, counts, detail)


def main(words: list[str] | None = None) -> None:
    started = time.monotonic()
    arguments = parse_arguments(__doc__ or "", words)
    try:
        car_table(), bounds()
    except TableError as error:
        sys.exit(str(error))
    with second_process() as reader:
        spark, lake = session("clean_offers"), Lake.from_arguments(arguments)
        for dt in arguments.days:
            run(spark, lake, dt, reader, started)
            started = time.monotonic()


if __name__ == "__main__":
    main()
