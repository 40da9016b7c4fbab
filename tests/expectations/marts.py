"""Small lakes made by hand, in the tables' true shape, for the gate's tests."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from conf.lake import Lake

DAY = "2026-11-23"
CARS = ["그랜저(IG)", "쏘나타(DN8)", "투싼", "all", "unknown"]
SUMMARY = pa.schema(
    [
        ("dt", pa.string()),
        ("part_official_name", pa.string()),
        ("car_type", pa.string()),
        ("extracted_at", pa.date32()),
        ("min_price", pa.int32()),
        ("max_price", pa.int32()),
        ("median_price", pa.int32()),
        ("offer_count", pa.int32()),
        ("source_count", pa.int32()),
    ]
)
OFFERS = pa.schema(
    [
        (name, pa.int32() if name == "price_krw" else pa.string())
        for name in ("dt", "source", "url", "part_no", "name", "price_krw", "car_type", "car_type_match", "car_text")
    ]
)


def offers(dt: str = DAY, *, parts: int = 40, factor: dict[str, float] | None = None) -> list[dict[str, Any]]:
    """Two shops that both sell every part, each for one car."""
    factors = factor or {"partsro": 1.0, "hyunki_store": 1.1}
    return [
        {
            "dt": dt,
            "source": source,
            "url": f"https://{source}.example/product/{part}",
            "part_no": f"27410{part:05d}",
            "name": f"필터 {part}",
            "price_krw": int((1000 + 10 * part) * times),
            "car_type": CARS[part % len(CARS)],
            "car_type_match": "exact",
            "car_text": "그랜저 IG",
        }
        for source, times in factors.items()
        for part in range(parts)
    ]


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The price summary of offers, one row a name and car."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["dt"], row["name"], row["car_type"]), []).append(row)
    return [
        {
            "dt": dt,
            "part_official_name": name,
            "car_type": car,
            "extracted_at": date.fromisoformat(dt),
            "min_price": (prices := sorted(offer["price_krw"] for offer in group))[0],
            "max_price": prices[-1],
            "median_price": (prices[(len(prices) - 1) // 2] + prices[len(prices) // 2] + 1) // 2,
            "offer_count": len(group),
            "source_count": len({offer["source"] for offer in group}),
        }
        for (dt, name, car), group in groups.items()
    ]


def put(path: str, rows: list[dict[str, Any]] | pa.Table, schema: pa.Schema, dt: str = DAY) -> None:
    """Replaces one day of a table."""
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema=schema)
    known = DeltaTable.is_deltatable(path)
    write_deltalake(path, table, mode="overwrite", partition_by=["dt"], predicate=f"dt = '{dt}'" if known else None)


def put_day(lake: Lake, rows: list[dict[str, Any]], mart: list[dict[str, Any]] | None = None, dt: str = DAY) -> None:
    """Clean offers, canonical names and the price summary of one day."""
    put(lake.clean_offers, rows, OFFERS, dt)
    names = {(row["part_no"], row["car_type"]): row["name"] for row in rows}
    schema = pa.schema([(name, pa.string()) for name in ("dt", "part_no", "car_type", "canonical_name")])
    named = [{"dt": dt, "part_no": p, "car_type": c, "canonical_name": n} for (p, c), n in names.items()]
    put(lake.mart_table("part_no_canonical_name"), named, schema, dt)
    put(lake.mart_table("name_price_summary"), summary(rows) if mart is None else mart, SUMMARY, dt)
