"""The rows that a suite looks at: the same select on pandas (through delta-rs) and on Spark, so that both engines judge
the same values. Dates become text, and figures that a rule needs are worked out here once."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from expectations.tables import ASIDE, NAMES, OFFERS, SUMMARY, path_of, query, records

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from conf.lake import Lake

# Delta's own type names of the columns that are judged or compared; a test ties them to the schemas of the transforms.
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
    NAMES: {"dt": "string", "part_no": "string", "car_type": "string", "canonical_name": "string"},
    ASIDE: {"dt": "string", "source": "string", "url": "string", "part_no": "string"},
}
INTEGERS = {"byte", "short", "integer", "long"}  # the loader takes each of them; the bounds of the values are judged

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
KEYS = {OFFERS: ["source", "url", "part_no", "car_type"], SUMMARY: ["part_official_name", "car_type"]}


# Only so many characters of a text are judged and shown: enough to see that one of millions is too long for a name.
MOST_TEXT = 2000


def _columns(table: str) -> list[str]:
    kinds = TYPES[table]
    return [
        f"substr({name}, 1, {MOST_TEXT}) AS {name}" if kinds.get(name) == "string" else name for name in COLUMNS[table]
    ]


def batch_sql(table: str, dt: str) -> str:
    return f"SELECT {', '.join(_columns(table))} FROM batch WHERE dt = '{dt}'"  # noqa: S608  dt is a checked day


def pandas_batch(table: str, dt: str, delta: DeltaTable) -> Any:
    """One day of a table in memory."""
    return as_frame(query(batch_sql(table, dt), batch=delta))


def as_frame(rows: pa.Table, plain: Collection[str] = ()) -> Any:
    """Rows for a suite. Texts become categories, so that each distinct one is kept, hashed and compared once; `plain` names the columns
    that stay texts, because two categorical columns cannot be compared with each other. Whole numbers become 64 bits wide, which Great
    Expectations compares all at once instead of one by one."""
    texts = [field.name for field in rows.schema if _is_text(field.type) and field.name not in plain]
    wide = [pa.field(f.name, pa.int64() if pa.types.is_integer(f.type) else f.type) for f in rows.schema]
    return rows.cast(pa.schema(wide)).to_pandas(categories=texts, self_destruct=True)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def spark_batch(table: str, dt: str, lake: Lake, delta: DeltaTable, spark: Any) -> Any:
    """One day of a table on the cluster, at the version that is open here. `selectExpr` instead of a named view: two
    gates may share a session."""
    reader = spark.read.format("delta").option("versionAsOf", delta.version())
    return reader.load(path_of(lake, table)).where(f"dt = '{dt}'").selectExpr(*_columns(table))


def count_rows(delta: DeltaTable, dt: str) -> int:
    """Rows of a day. Raises `LakeError` where the table cannot be read."""
    sql = f"SELECT count(*) AS n FROM t WHERE dt = '{dt}'"  # noqa: S608
    return int(records(sql, t=delta)[0]["n"])
