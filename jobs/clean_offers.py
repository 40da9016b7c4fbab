"""One day's raw offers to clean and rejected ones, and the car texts that nobody could read.

spark-submit --py-files parts.zip jobs/clean_offers.py --lake ROOT --dt D
"""

from __future__ import annotations

import argparse
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from conf.days import parse_day
from conf.lake import Lake, add_arguments
from jobs.lake import raw_lines, read_table, replace
from jobs.report import JobCounts, counts_by, write_report
from transforms.offers import judge_offers, unmatched_car_texts
from transforms.schemas import CLEAN_OFFER, REJECTED_OFFER


def clean_offers(spark: SparkSession, lake: Lake, dt: str) -> JobCounts:
    """Replaces the day in clean/offers, clean/rejected and mart/unmatched_car_texts."""
    started = time.monotonic()
    lines = raw_lines(spark, lake, dt)
    judged = judge_offers(lines, dt)
    replace(judged.clean, lake.clean_offers, {"dt": dt})
    replace(judged.rejected, lake.rejected_offers, {"dt": dt})
    clean = read_table(spark, lake.clean_offers, CLEAN_OFFER).where(F.col("dt") == dt)
    rejected = read_table(spark, lake.rejected_offers, REJECTED_OFFER).where(F.col("dt") == dt)
    replace(unmatched_car_texts(clean, dt), lake.mart_table("unmatched_car_texts"), {"dt": dt})
    reasons = counts_by(rejected, "reason")
    pages = clean.select("source", "url").distinct().count()
    rows_in, refused = lines.count(), sum(reasons.values())
    detail = {
        "rejected": reasons,
        "clean_pages": pages,
        "older_fetches": rows_in - pages - refused,
        "car_type_match": counts_by(clean, "car_type_match"),
    }
    return JobCounts(rows_in, clean.count(), refused, round(time.monotonic() - started, 3), detail)


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
    counts = clean_offers(spark, lake, dt)
    write_report(spark, lake, dt, "clean_offers", counts)
    if not counts.rows_in:
        sys.stdout.write(f"{dt}: there are no raw offers below {lake.raw}; the day's tables are empty.\n")
    sys.stdout.write(
        f"{dt}: {counts.rows_in} pages read, {counts.rows_out} clean offers, {counts.rejected} rejected.\n"
    )


if __name__ == "__main__":
    main()
