"""Reads and writes the lake's tables for the jobs: one partition is replaced at a time, and atomically."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812

from conf.lake import Lake
from jobs.storage import engine_path, folders, has_files, remove
from transforms.schemas import JOB_REPORT, conform

_LINES = T.StructType([T.StructField("source", T.StringType()), T.StructField("value", T.StringType())])


def raw_lines(spark: SparkSession, lake: Lake, dt: str) -> DataFrame:
    """`source, value`: every raw line of the day over all shops and runs; none when nobody crawled."""
    lines = empty(spark, _LINES)
    for source in folders(lake.raw):
        for run in folders(lake.offers(source, dt)):
            lines = lines.unionByName(_lines_of_run(spark, f"{lake.offers(source, dt)}/{run}", source))
    return lines


def _lines_of_run(spark: SparkSession, path: str, source: str) -> DataFrame:
    """Sail knows no `*` in paths, fails on a folder without files, and takes the compression from the option."""
    if not has_files(path, ".jsonl.gz"):
        return empty(spark, _LINES)
    read = spark.read.option("compression", "gzip").text(f"{engine_path(path)}/")
    return read.select(F.lit(source).alias("source"), "value")


@contextmanager
def staged(frame: DataFrame, path: str) -> Iterator[DataFrame]:
    """The rows of a frame, worked out once and kept in files for as long as the block lasts.

    Several tables are made of a day's pages, and Sail keeps no cache: it would take the JSON apart for each of them anew.
    """
    frame.write.mode("overwrite").option("compression", "lz4").parquet(engine_path(path))
    try:
        yield frame.sparkSession.read.schema(frame.schema).parquet(engine_path(path))
    finally:
        remove(path)


def read_table(spark: SparkSession, path: str, schema: T.StructType) -> DataFrame:
    """A table, or no rows of it when it does not exist yet."""
    if not exists(path):
        return empty(spark, schema)
    return spark.read.format("delta").load(engine_path(path))


def empty(spark: SparkSession, schema: T.StructType) -> DataFrame:
    """No rows. Said in SQL, since JVM Spark starts Python processes to take rows from a list, even from one without any."""
    columns = (F.lit(None).cast(field.dataType).alias(field.name) for field in schema)
    return spark.range(1).select(*columns).where(F.lit(False))


def exists(path: str) -> bool:
    """Whether there is a Delta table."""
    return has_files(f"{path}/_delta_log", ".json")


def replace_partition(frame: DataFrame, path: str, keys: Mapping[str, str]) -> None:
    """Replaces the partition of `keys` by `frame`, in one commit; other partitions stay as they are."""
    writer = frame.write.format("delta").partitionBy(*keys).mode("overwrite")
    if exists(path):
        writer = writer.option("replaceWhere", " AND ".join(f"{name} = '{value}'" for name, value in keys.items()))
    writer.save(engine_path(path))


def replace_table(frame: DataFrame, path: str) -> None:
    """Replaces a whole table in one commit."""
    frame.write.format("delta").mode("overwrite").save(engine_path(path))


def concurrently(*works: Callable[[], Any]) -> list[Any]:
    """Does works that need nothing of each other at once: one query alone leaves cores idle. Gives what they gave, or raises
    the first one's error when all have ended."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result() for done in [pool.submit(work) for work in works]]


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
    frame = spark.range(1).select(
        *(F.lit(row[field.name]).cast(field.dataType).alias(field.name) for field in JOB_REPORT)
    )
    replace_partition(conform(frame, JOB_REPORT), lake.mart_table("job_report"), {"dt": dt, "job": job})
    print(json.dumps(row, ensure_ascii=False))  # noqa: T201


def day_of(spark: SparkSession, path: str, schema: T.StructType, dt: str) -> DataFrame:
    """One day of a table."""
    return read_table(spark, path, schema).where(F.col("dt") == dt)


def count_each(frames: Mapping[str, DataFrame]) -> dict[str, int]:
    """The rows of several frames by their names, in one query: JVM Spark spends longer on starting one than on counting."""
    counts = [frame.agg(F.count(F.lit(1)).alias("rows")).select(F.lit(name), "rows") for name, frame in frames.items()]
    return {row[0]: row[1] for row in reduce(DataFrame.unionAll, counts).collect()}
