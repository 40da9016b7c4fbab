"""A Spark job through an EMR step, on Sail, with its table in the local S3."""

from __future__ import annotations

from pathlib import Path

from local.cloud import Cloud
from local.sail import Sail
from tests.local.support import Aws
from tests.local.test_emr import Cluster

JOB = """
import sys
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.getOrCreate()
days = spark.range(10).withColumn("dt", F.lit("2026-11-23"))
for mode, options in (("append", {}), ("overwrite", {"replaceWhere": "dt = '2026-11-23'"})):
    days.write.format("delta").mode(mode).options(**options).partitionBy("dt").save(sys.argv[1])
print(spark.read.format("delta").load(sys.argv[1]).count())
"""


def test_step_writes_a_delta_table(state: Path) -> None:
    sail = Sail(state.parent / "logs" / "sail.log")
    with Cloud(state, sail_url=sail.url) as cloud:
        sail.environment.update(cloud.environment())
        with sail:
            cluster = Cluster(Aws(cloud))
            (status,) = cluster.run(cluster.step(JOB, f"s3://{cluster.bucket}/clean/offers"))
        assert status["State"] == "COMPLETED", status
        table = cloud.object_path(f"s3://{cluster.bucket}/clean/offers")
        assert len(list((table / "_delta_log").glob("*.json"))) == 2
        assert list(table.glob("dt=2026-11-23/*.parquet"))
    assert not sail._child
