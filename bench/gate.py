"""How long the gate takes for a reference day: 690,000 clean offers of three shops, on pandas, in a process of its own.

`python -m bench.gate [--offers N]` prints one JSON object. `import_s` is Great Expectations' import, `judge_s` the rest."""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake

from conf.lake import Lake
from expectations.csv_copy import write_csv_copy
from expectations.gate import judge_day
from expectations.sources import judge_sources
from expectations.tables import query
from transforms.car_table import car_labels

DAY = "2026-11-23"
SHARES = {"partsro": 0.2, "hyunki_store": 0.58, "hyunki_market": 0.22}  # of the pages of the reference day
SUMMARY_SQL = """
SELECT '{day}' AS dt, name AS part_official_name, car_type, cast('{day}' AS date) AS extracted_at,
  min(price_krw) AS min_price, max(price_krw) AS max_price, cast(median(price_krw) AS int) AS median_price,
  cast(count(*) AS int) AS offer_count, cast(count(DISTINCT source) AS int) AS source_count
FROM t GROUP BY name, car_type
"""


def offers(count: int, day: str) -> pa.Table:
    rng = np.random.default_rng(7)
    part = rng.integers(0, max(count // 8, 1), count)
    number = np.arange(count)
    cars = np.array(sorted(car_labels()))
    return pa.table(
        {
            "dt": [day] * count,
            "source": rng.choice(list(SHARES), count, p=list(SHARES.values())),
            "url": [f"https://shop.example/product/{n}/" for n in number],
            "part_no": [f"{n:010d}" for n in part],
            "name": [f"필터 에어 클리너 {n % 5000}" for n in part],
            "price_krw": pa.array((1000 + part % 90_000) * rng.uniform(0.9, 1.1, count), pa.float64()).cast(
                pa.int32(), safe=False
            ),
            "car_type": cars[part % len(cars)],
            "car_type_match": ["exact"] * count,
            "car_text": ["그랜저 IG"] * count,
        }
    )


def put(lake: Lake, count: int) -> None:
    write_deltalake(lake.clean_offers, offers(count, DAY), partition_by=["dt"])
    from deltalake import DeltaTable

    mart = query(SUMMARY_SQL.format(day=DAY), t=DeltaTable(lake.clean_offers))
    write_deltalake(lake.mart_table("name_price_summary"), mart, partition_by=["dt"])


def measure(count: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake.at(str(Path(folder, "lake")))
        put(lake, count)
        started = time.perf_counter()
        judge_sources(lake, DAY)
        sources_s = time.perf_counter() - started
        started = time.perf_counter()
        import great_expectations  # noqa: F401

        import_s = time.perf_counter() - started
        started = time.perf_counter()
        verdict = judge_day(lake, DAY, run_id="bench")
        judge_s = time.perf_counter() - started
        started = time.perf_counter()
        write_csv_copy(lake, DAY)
        return {
            "rows": verdict.rows,
            "status": verdict.status,
            "failures": verdict.failures,
            "sources_s": round(sources_s, 2),
            "import_s": round(import_s, 2),
            "judge_s": round(judge_s, 2),
            "csv_s": round(time.perf_counter() - started, 2),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offers", type=int, default=690_000)
    print(json.dumps(measure(parser.parse_args().offers), ensure_ascii=False))
