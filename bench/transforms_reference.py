"""The shape of the reference implementation, to have its time in the same run: five spark-submits, each a JVM of its own, CSV-like
rows cleaned shop by shop, cars matched by similarity in a Python UDF, parquet in between. It is kinder than it has to be: each
Python worker remembers the texts that it has matched.

spark-submit bench/transforms_reference.py ROOT DT clean partsro|hyunki_store|hyunki_market, then … normalise, then … mart
"""

from __future__ import annotations

import sys
from pathlib import Path

# Before this folder, whose transforms.py is another one.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from bench.similarity import similar

SHOPS = ("partsro", "hyunki_store", "hyunki_market")


def clean(spark: SparkSession, root: Path, dt: str, source: str) -> DataFrame:
    """One row for each part number and car text of a shop's pages."""
    pages = spark.read.json(str(root / "raw" / source / "offers" / f"dt={dt}" / "*"))
    number = F.regexp_extract(F.upper(F.regexp_replace("part_no", "-", "")), "([0-9A-Z]{10})", 1)
    price = F.regexp_replace("price_text", "[^0-9]", "").try_cast("int")
    texts = F.explode(F.split(F.coalesce("applicable_text", F.lit("All")), "[,/\n]"))
    rows = pages.select(
        number.alias("part_no"),
        F.coalesce("official_name", "name").alias("name"),
        price.alias("price"),
        texts.alias("text"),
    )
    return rows.where((F.col("price") > 0) & (F.col("part_no") != "")).withColumn("source", F.lit(source))


def normalise(spark: SparkSession, root: Path, dt: str) -> DataFrame:
    rows = spark.read.parquet(*(str(root / "reference" / source / f"dt={dt}") for source in SHOPS))
    return rows.withColumn("car_type", F.udf(similar, "string")("text")).drop("text").distinct()


def mart(spark: SparkSession, root: Path, dt: str) -> DataFrame:
    rows = spark.read.parquet(str(root / "reference" / "normalised" / f"dt={dt}"))
    key = ["part_no", "car_type"]
    counted = rows.groupBy(*key, "source", "name").count()
    first = Window.partitionBy(*key).orderBy("source", F.desc("count"), "name")
    names = (
        counted.withColumn("place", F.row_number().over(first))
        .where("place = 1")
        .select(*key, F.col("name").alias("canonical"))
    )
    named = rows.join(names, on=key, how="inner").groupBy("canonical", "car_type")
    return named.agg(F.min("price").alias("min_price"), F.max("price").alias("max_price"))


def main(root: Path, dt: str, step: str, source: str = "") -> None:
    spark = SparkSession.builder.getOrCreate()
    if step == "clean":
        made, name = clean(spark, root, dt, source), source
    elif step == "normalise":
        made, name = normalise(spark, root, dt), "normalised"
    else:
        made, name = mart(spark, root, dt), "mart"
    made.write.mode("overwrite").parquet(str(root / "reference" / name / f"dt={dt}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
