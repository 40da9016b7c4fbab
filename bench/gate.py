"""What the gate takes for a reference day: 242,864 pages of three shops, 690,000 clean offers and the mart of them, with a day
before to compare with. Each step runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DAYS = ("2026-11-22", "2026-11-23")
DAY = DAYS[-1]
OFFERS, PAGES, BATCH = 690_000, 242_864, 100
SHARES = {"partsro": 0.2, "hyunki_store": 0.58, "hyunki_market": 0.22}  # of the pages of the reference day
NAMES_SQL = "SELECT dt, part_no, car_type, min(name) AS canonical_name FROM t GROUP BY dt, part_no, car_type"
SUMMARY_SQL = """
SELECT dt, name AS part_official_name, car_type, cast(dt AS date) AS extracted_at,
  min(price_krw) AS min_price, max(price_krw) AS max_price,
  cast(floor(median(cast(price_krw AS double)) + 0.5) AS int) AS median_price,
  cast(count(*) AS int) AS offer_count, cast(count(DISTINCT source) AS int) AS source_count
FROM t GROUP BY dt, name, car_type
"""


def run(offers: int = OFFERS) -> dict[str, Any]:
    """Seconds beyond the imports, and MiB."""
    with tempfile.TemporaryDirectory() as folder:
        _child("write", folder, str(offers))
        _child("judge", folder, DAYS[0])
        return {
            "offers": offers,
            "import": _child("import", folder, DAY),
            **{what: _child(what, folder, DAY) for what in ("sources", "judge", "csv")},
        }


def _child(*words: str) -> Any:
    command = [sys.executable, "-m", "bench.gate", *words]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def write(lake: Any, offers: int) -> None:
    from deltalake import DeltaTable, write_deltalake

    from expectations.tables import query

    for day in DAYS:
        write_deltalake(lake.clean_offers, _offers(offers, day), partition_by=["dt"], mode="append")
    table = DeltaTable(lake.clean_offers)
    for name, sql in (("part_no_canonical_name", NAMES_SQL), ("name_price_summary", SUMMARY_SQL)):
        write_deltalake(lake.mart_table(name), query(sql, t=table), partition_by=["dt"])
    _write_raw(lake, PAGES * offers // OFFERS)


def _offers(count: int, day: str) -> Any:
    import numpy as np
    import pyarrow as pa

    from transforms.car_table import car_labels

    rng = np.random.default_rng(7)  # the same prices every day: all of it is compared, and nothing stops
    cars = np.array(sorted(car_labels()))
    pages = max(PAGES * count // OFFERS, 1)
    page = np.arange(count) * pages // count
    # A page has two or three offers, each of another part.
    part = 3 * rng.integers(0, max(count // 24, 1), pages)[page] + np.arange(count) % 3
    prices = (1000 + part % 90_000) * rng.uniform(0.9, 1.1, count)
    return pa.table(
        {
            "dt": [day] * count,
            "source": rng.choice(list(SHARES), pages, p=list(SHARES.values()))[page],
            "url": [f"https://shop.example/product/{n}/" for n in page],
            "part_no": [f"{n:010d}" for n in part],
            "name": [f"필터 에어 클리너 {n % 5000}" for n in part],
            "price_krw": pa.array(prices, pa.float64()).cast(pa.int32(), safe=False),
            "car_type": cars[part % len(cars)],
            "car_type_match": ["exact"] * count,
            "car_text": ["그랜저 IG"] * count,
        }
    )


def _write_raw(lake: Any, pages: int) -> None:
    page = {
        "dt": DAY,
        "fetched_at": f"{DAY}T00:05:00+00:00",
        "attempt": 1,
        "name": "필터 에어 클리너",
        "part_no": "2741025000",
    }
    page |= {"price_text": "12,000원", "applicable_text": "그랜저 IG (2016~2019) / 그랜저 HG"}
    for source, share in SHARES.items():
        folder = Path(lake.offers(source, DAY), "run_id=bench")
        folder.mkdir(parents=True)
        for start in range(0, int(pages * share), BATCH):
            lines = [page | {"source": source, "url": f"https://{source}.example/{start + n}"} for n in range(BATCH)]
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            (folder / f"part-{start}.jsonl.gz").write_bytes(gzip.compress(text.encode(), 1))


def measure(what: str, lake: Any, dt: str) -> dict[str, Any]:
    import great_expectations  # noqa: F401

    from expectations.csv_copy import write_csv_copy
    from expectations.gate import judge_day
    from expectations.sources import judge_sources

    steps: dict[str, Callable[[], Any]] = {
        "import": lambda: None,
        "sources": lambda: judge_sources(lake, dt),
        "judge": lambda: judge_day(lake, dt, run_id="bench"),
        "csv": lambda: write_csv_copy(lake, dt),
    }
    started, cpu = time.perf_counter(), time.process_time()
    done = steps[what]()
    found = {"seconds": round(time.perf_counter() - started, 2), "cpu_s": round(time.process_time() - cpu, 2)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    verdict = {"status": done.status, "rows": done.rows, "failures": done.failures} if what == "judge" else {}
    return found | {"peak_mib": peak} | verdict


def main() -> None:
    from conf.lake import Lake

    if len(sys.argv) < 4:
        print(json.dumps(run(), indent=2, ensure_ascii=False))
        return
    what, folder, other = sys.argv[1:4]
    lake = Lake.at(folder)
    if what == "write":
        write(lake, int(other))
        print("{}")
    else:
        print(json.dumps(measure(what, lake, other), ensure_ascii=False))


if __name__ == "__main__":
    main()
