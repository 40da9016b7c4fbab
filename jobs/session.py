"""The Spark session of a job: Sail's when SPARK_REMOTE names one, else the JVM's of spark-submit."""

from __future__ import annotations

import gc
import os

from pyspark.sql import SparkSession

# A JVM session needs both beside Delta's jar, wherever that comes from.
DELTA_SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}


def session(name: str) -> SparkSession:
    builder = SparkSession.builder.appName(name)
    if "SPARK_REMOTE" not in os.environ:
        for setting, value in DELTA_SETTINGS.items():
            builder = builder.config(setting, value)
        # Dates are calendar days and instants UTC on both engines.
        builder = builder.config("spark.sql.session.timeZone", "UTC")
        # Open files instead of a sort of all rows by a partition that is the same in each of them.
        builder = builder.config("spark.sql.maxConcurrentOutputFileWriters", "4")
        # Readers pick a partition; the least and greatest value of every column of every file help none of them.
        builder = builder.config("spark.databricks.delta.properties.defaults.dataSkippingNumIndexedCols", "0")
        # Collects the lists of a task's groups in memory; from 128 groups on Spark sorts all of their rows instead.
        builder = builder.config("spark.sql.objectHashAggregate.sortBased.fallbackThreshold", "100000")
        # A day's Delta log is a handful of files: Delta's 50 tasks to read it cost more than the reading.
        builder = builder.config("spark.databricks.delta.snapshotPartitions", "2")
    spark = builder.getOrCreate()
    # Python looks for garbage in all that pandas and pyarrow are made of, and once more at its end, for half as long as it took
    # to import them.
    gc.freeze()
    return spark
