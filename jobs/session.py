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
        # Without this Spark sorts all rows by their partition before it writes them, although they are all of one partition.
        builder = builder.config("spark.sql.maxConcurrentOutputFileWriters", "4")
        # Delta keeps the least and greatest value of each column of each file. Our readers pick whole partitions and need none of them.
        builder = builder.config("spark.databricks.delta.properties.defaults.dataSkippingNumIndexedCols", "0")
        # Collects the lists of a task's groups in memory; from 128 groups on Spark sorts all of their rows instead.
        builder = builder.config("spark.sql.objectHashAggregate.sortBased.fallbackThreshold", "100000")
        # A day's Delta log is a handful of files: Delta's 50 tasks to read it cost more than the reading.
        builder = builder.config("spark.databricks.delta.snapshotPartitions", "2")
    spark = builder.getOrCreate()
    # Otherwise Python's garbage collector goes through all objects of pandas and pyarrow again and again, and once more at the end of the
    # process: that takes half as long as importing them.
    gc.freeze()
    return spark
