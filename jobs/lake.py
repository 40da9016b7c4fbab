"""What every job does with the lake: reads a day's raw lines, reads a table, replaces one partition of a table."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from functools import cache, reduce
from pathlib import Path
from urllib.parse import quote, urlsplit

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812

from conf.lake import Lake

LINE = T.StructType([T.StructField("value", T.StringType()), T.StructField("folder", T.StringType())])
_LINKS: list[tempfile.TemporaryDirectory[str]] = []


def raw_lines(spark: SparkSession, lake: Lake, dt: str) -> DataFrame:
    """Every line of the day with the source folder it is in; no source at all gives an empty frame."""
    runs = [
        (source, f"{lake.offers(source, dt)}/{run}/") for source in folders(lake.raw) for run in _runs(lake, source, dt)
    ]
    frames = [_lines_below(spark, path).withColumn("folder", F.lit(source)) for source, path in runs]
    return reduce(DataFrame.unionAll, frames) if frames else spark.createDataFrame([], LINE)


def _runs(lake: Lake, source: str, dt: str) -> list[str]:
    return [name for name in folders(lake.offers(source, dt)) if name.startswith("run_id=")]


def _lines_below(spark: SparkSession, path: str) -> DataFrame:
    # Sail takes the compression from this option and not from the file's name; JVM Spark does not mind it.
    return spark.read.option("compression", "gzip").text(_absolute(path)).select("value")


def _absolute(path: str) -> str:
    return path if "://" in path else f"{Path(path).absolute()}/"


def folders(root: str) -> list[str]:
    """The names of the folders right below `root`, in order; none if it does not exist."""
    if "://" in root:
        return sorted(_s3_folders(root))
    here = Path(root)
    return sorted(child.name for child in here.iterdir() if child.is_dir()) if here.is_dir() else []


def _s3_folders(root: str) -> Iterable[str]:
    import boto3

    address = urlsplit(root)
    prefix = f"{address.path.strip('/')}/".lstrip("/")
    client = boto3.client("s3", endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=address.netloc, Prefix=prefix, Delimiter="/")
    for page in pages:
        for found in page.get("CommonPrefixes", ()):
            yield found["Prefix"].removeprefix(prefix).strip("/")


def engine_path(path: str) -> str:
    """The path as it is handed to Spark: absolute, since a Spark Connect server has a folder of its own.

    Sail writes a Delta table of `a b/offers` to a new folder `a%20b/offers`; such a folder goes by a link with a plain name.
    """
    if "://" in path:
        return path
    table = Path(path).absolute()
    if quote(str(table)) == str(table):
        return str(table)
    return str(Path(_link_to(table.parent), quote(table.name)))


@cache
def _link_to(folder: Path) -> str:
    """A link that lasts as long as this process."""
    folder.mkdir(parents=True, exist_ok=True)
    here = tempfile.TemporaryDirectory(prefix="lake-")
    _LINKS.append(here)
    link = Path(here.name, "lake")
    link.symlink_to(folder, target_is_directory=True)
    return str(link)


def exists(path: str) -> bool:
    """Whether a Delta table is there."""
    return "_delta_log" in folders(path)


def read_table(spark: SparkSession, path: str, schema: T.StructType) -> DataFrame:
    """The whole table, or an empty frame of its schema where nobody has written it yet."""
    if not exists(path):
        return spark.createDataFrame([], schema)
    return spark.read.format("delta").load(engine_path(path)).select(*schema.fieldNames())


def replace(frame: DataFrame, path: str, keep_out: dict[str, str]) -> None:
    """Replaces one partition in one commit. `keep_out` names it, such as `{"dt": "2026-11-23"}`; the other days stay."""
    writer = frame.write.format("delta").mode("overwrite").partitionBy(*keep_out)
    if exists(path):
        writer = writer.option("replaceWhere", " AND ".join(f"{name} = '{value}'" for name, value in keep_out.items()))
    writer.save(engine_path(path))


def replace_all(frame: DataFrame, path: str) -> None:
    """Replaces a whole table in one commit."""
    frame.write.format("delta").mode("overwrite").save(engine_path(path))
