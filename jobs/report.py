"""What a Spark job says about itself: one row per job and day in `mart/job_report`."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from conf.lake import Lake
from jobs.lake import replace
from transforms.schemas import JOB_REPORT


class JobCounts(NamedTuple):
    """Rows in and out; `detail` becomes JSON."""

    rows_in: int
    rows_out: int
    rejected: int
    seconds: float
    detail: dict[str, Any]


def write_report(spark: SparkSession, lake: Lake, dt: str, job: str, counts: JobCounts) -> None:
    """Replaces the job's own row of the day."""
    *numbers, detail = counts
    row = (dt, job, *numbers, json.dumps(detail, ensure_ascii=False, sort_keys=True))
    frame = spark.createDataFrame([row], JOB_REPORT)
    replace(frame, lake.mart_table("job_report"), {"dt": dt, "job": job})


def counts_by(frame: DataFrame, column: str) -> dict[str, int]:
    rows = frame.groupBy(column).agg(F.count("*").alias("rows")).collect()
    return {row[column]: row["rows"] for row in sorted(rows, key=lambda row: (-row["rows"], row[column]))}
