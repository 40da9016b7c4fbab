"""The rows that a suite looks at: the same select on pandas (through delta-rs) and on Spark, so that both engines judge
the same values. Dates become text, and figures that a rule needs are worked out here once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expectations.tables import OFFERS, SUMMARY, path_of, query, records

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from conf.lake import Lake

# Delta's own type names of the columns that are judged; a test ties them to the schemas of the transforms.
TYPES = {
    OFFERS: {
        "dt": "string",
        "source": "string",
        "url": "string",
        "part_no": "string",
        "name": "string",
        "price_krw": "integer",
        "car_type": "string",
        "car_type_match": "string",
        "car_text": "string",
    },
    SUMMARY: {
        "dt": "string",
        "part_official_name": "string",
        "car_type": "string",
        "extracted_at": "date",
        "min_price": "integer",
        "max_price": "integer",
        "median_price": "integer",
        "offer_count": "integer",
        "source_count": "integer",
    },
}

COLUMNS = {
    OFFERS: ["dt", "source", "url", "part_no", "name", "price_krw", "car_type"],
    SUMMARY: [
        "dt",
        "part_official_name",
        "car_type",
        "cast(extracted_at AS string) AS extracted_at",
        "min_price",
        "max_price",
        "median_price",
        "offer_count",
        "source_count",
        "cast(max_price AS double) / nullif(cast(min_price AS double), 0) AS band_width",
        "CASE WHEN offer_count = 1 THEN max_price - min_price END AS lone_offer_spread",
    ],
}
# Texts that stand in many rows: each is kept, hashed and compared once. Not those that a pattern is held against: made texts
# again, categories lose a NUL at their end.
REPEATED = {OFFERS: ["dt", "source", "name", "car_type"], SUMMARY: ["dt", "car_type", "extracted_at"]}
KEYS = {OFFERS: ["source", "url", "part_no", "car_type"], SUMMARY: ["part_official_name", "car_type"]}


def batch_sql(table: str, dt: str) -> str:
    return f"SELECT {', '.join(COLUMNS[table])} FROM batch WHERE dt = '{dt}'"  # noqa: S608  dt is a checked day


def pandas_batch(table: str, dt: str, delta: DeltaTable) -> Any:
    """One day of a table in memory."""
    return query(batch_sql(table, dt), batch=delta).to_pandas(categories=REPEATED[table])


def spark_batch(table: str, dt: str, lake: Lake, delta: DeltaTable, spark: Any) -> Any:
    """One day of a table on the cluster, at the version that is open here. `selectExpr` instead of a named view: two
    gates may share a session."""
    reader = spark.read.format("delta").option("versionAsOf", delta.version())
    return reader.load(path_of(lake, table)).where(f"dt = '{dt}'").selectExpr(*COLUMNS[table])


def count_rows(delta: DeltaTable, dt: str) -> int:
    """Rows of a day. Raises `LakeError` where the table cannot be read."""
    sql = f"SELECT count(*) AS n FROM t WHERE dt = '{dt}'"  # noqa: S608
    return int(records(sql, t=delta)[0]["n"])
