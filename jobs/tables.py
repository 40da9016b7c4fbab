"""Reads and writes the lake's tables for the jobs: one partition is replaced at a time, and atomically."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from pyarrow import fs
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812

from conf.lake import Lake
from transforms.schemas import JOB_REPORT, conform

# How Delta on the JVM and Sail say that there is no table.
_NO_TABLE = (
    "DELTA_TABLE_NOT_FOUND",
    "PATH_NOT_FOUND",
    "DELTA_PATH_DOES_NOT_EXIST",
    "is not a Delta table",
    "No commit files found",
)


def raw_lines(spark: SparkSession, lake: Lake, dt: str) -> DataFrame:
    """`source, value`: every raw line of the day over all shops and runs; none when nobody crawled."""
    lines = spark.createDataFrame([], "source string, value string")
    for source in sources_of(lake, dt):
        read = spark.read.text(lake.offers(source, dt), pathGlobFilter="*.jsonl.gz")
        lines = lines.unionByName(read.select(F.lit(source).alias("source"), "value"))
    return lines


def sources_of(lake: Lake, dt: str) -> list[str]:
    """The shops with raw offers of the day. Spark's readers fail on a folder that is not there, and Sail knows no `*` in paths."""
    files, root = filesystem(lake.raw)
    shops = files.get_file_info(fs.FileSelector(root, allow_not_found=True))
    return sorted(
        shop.base_name
        for shop in shops
        if shop.type == fs.FileType.Directory and _has_offers(files, f"{shop.path}/offers/dt={dt}")
    )


def _has_offers(files: fs.FileSystem, folder: str) -> bool:
    found = files.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
    return any(entry.path.endswith(".jsonl.gz") for entry in found)


def filesystem(root: str) -> tuple[fs.FileSystem, str]:
    """The file system of a lake's root and the path on it."""
    if "://" in root:
        found: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(root)
        return found
    return fs.LocalFileSystem(), root


def read_table(spark: SparkSession, path: str, schema: T.StructType) -> DataFrame:
    """A table, or no rows of it when it does not exist yet."""
    if not exists(spark, path):
        return spark.createDataFrame([], schema)
    return spark.read.format("delta").load(path)


def exists(spark: SparkSession, path: str) -> bool:
    try:
        return bool(spark.read.format("delta").load(path).columns)
    except AnalysisException as error:
        if any(sign in str(error) for sign in _NO_TABLE):
            return False
        raise


def replace_partition(frame: DataFrame, path: str, keys: Mapping[str, str]) -> None:
    """Replaces the partition of `keys` by `frame`, in one commit; other partitions stay as they are.

    A table is made empty first: Sail's `replaceWhere` needs one.
    """
    spark = frame.sparkSession
    if not exists(spark, path):
        empty = spark.createDataFrame([], frame.schema)
        empty.write.format("delta").partitionBy(*keys).mode("append").save(path)
    where = " AND ".join(f"{name} = '{value}'" for name, value in keys.items())
    frame.write.format("delta").partitionBy(*keys).mode("overwrite").option("replaceWhere", where).save(path)


def replace_table(frame: DataFrame, path: str) -> None:
    """Replaces a whole table in one commit."""
    frame.write.format("delta").mode("overwrite").save(path)


def report(
    spark: SparkSession,
    lake: Lake,
    dt: str,
    job: str,
    started: float,
    counts: Mapping[str, int],
    detail: Mapping[str, Any],
) -> None:
    """Writes and prints what a job counted."""
    row = {
        "dt": dt, "job": job, "rows_in": counts["rows_in"], "rows_out": counts["rows_out"], "rejected": counts["rejected"],
        "seconds": time.monotonic() - started, "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
    frame = spark.createDataFrame([tuple(row[name] for name in JOB_REPORT.fieldNames())], JOB_REPORT)
    replace_partition(conform(frame, JOB_REPORT), lake.mart_table("job_report"), {"dt": dt, "job": job})
    print(json.dumps(row, ensure_ascii=False))  # noqa: T201


def day_of(spark: SparkSession, path: str, schema: T.StructType, dt: str) -> DataFrame:
    """One day of a table."""
    return read_table(spark, path, schema).where(F.col("dt") == dt)
