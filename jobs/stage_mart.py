"""Fills a day's staging table over JDBC, for a mart that one process should not stream.

1. python -m orchestration.load --prepare --dt D --version N
       makes the table and prints its name
2. spark-submit --py-files parts.zip --packages org.postgresql:postgresql:42.7.8 \\
       jobs/stage_mart.py --lake ROOT --dt D --version N --into NAME
       fills it (parts.zip is what the day's own steps use; JVM Spark that is not EMR's also needs the Delta package)
3. python -m orchestration.load --lake ROOT --staged --dt D --version N
       publishes it with the SQL of every other load

1 and 3 find the database by DATABASE_URL or the PG* variables; 2 by JDBC_URL (jdbc:postgresql://host:5432/database: the
driver speaks TCP only, no Unix socket), PGUSER and PGPASSWORD in the driver's environment, never by an argument.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

if __name__ == "__main__":  # a fresh clone is not installed; under --py-files the packages are found in the zip
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

    from conf.garbage import collect_seldom

    collect_seldom()

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from conf.days import parse_day
from conf.lake import Lake, add_arguments
from jobs.session import session

TEXTS = ("part_official_name", "car_type")
NUMBERS = ("min_price", "max_price", "median_price", "offer_count", "source_count")
CONNECTIONS = 4  # at once; a database that serves readers too is not to be flooded


def staged(mart: DataFrame, dt: str) -> DataFrame:
    """The staging table's columns. PostgreSQL cannot store NUL: U+0001 stands for it, and the load rejects that."""
    texts = [F.translate(F.col(name), "\0", "\1").alias(name) for name in TEXTS]
    numbers = [(F.col(name) if name in mart.columns else F.lit(None)).cast("bigint").alias(name) for name in NUMBERS]
    return mart.where(F.col("dt") == dt).select(*texts, "extracted_at", *numbers)


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--dt", required=True)
    parser.add_argument("--version", type=int, required=True, help="the mart's version; the load is given the same one")
    parser.add_argument("--into", required=True, metavar="TABLE", help="what `orchestration.load --prepare` printed")
    arguments = parser.parse_args(words)
    try:
        parse_day(arguments.dt)
    except ValueError as error:
        parser.error(f"--dt: {error}")
    if not arguments.into.strip('"').endswith(f"_v{arguments.version}"):
        parser.error(f"--into: {arguments.into} was not made for version {arguments.version}.")
    missing = [name for name in ("JDBC_URL", "PGUSER") if not os.environ.get(name)]
    if missing:
        sys.exit(f"Set {' and '.join(missing)} in the environment: the database to stage into.")
    path = Lake.from_arguments(arguments).mart_table("name_price_summary")
    mart = session("stage_mart").read.format("delta").option("versionAsOf", arguments.version).load(path)
    staged(mart, arguments.dt).coalesce(CONNECTIONS).write.format("jdbc").mode("append").options(
        url=os.environ["JDBC_URL"],
        dbtable=arguments.into,
        user=os.environ["PGUSER"],
        password=os.environ.get("PGPASSWORD", ""),
        driver="org.postgresql.Driver",
        batchsize=10_000,
        reWriteBatchedInserts="true",
    ).save()


if __name__ == "__main__":
    main()
