"""One million mart rows into the embedded PostgreSQL: bare COPY, the reference's loader shape, and ours.

Every loader runs in a process of its own, so that its seconds include its imports and its peak memory is its own. The
CPU seconds are those of the loader and the server together. On a busy machine the ratio of CPU seconds is steadier than that
of seconds, but it does not show that ours keeps two cores busy at once.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.postgres import Postgres

DT = "2026-11-23"
ROWS = 1_000_000
COLUMNS = "part_official_name, car_type, extracted_at, min_price, max_price, median_price, offer_count, source_count"


def run(rows: int = ROWS) -> dict[str, Any]:
    """Rows a second and MiB of each, and how ours compares with the reference's shape."""
    with tempfile.TemporaryDirectory() as folder:
        lake = str(Path(folder) / "lake")
        subprocess.run([sys.executable, "-m", "bench.load", "write", lake, str(rows)], check=True)
        measured = {name: _on_its_own_server(name, lake, Path(folder) / name) for name in ("copy", "reference", "ours")}
    reference, ours = measured["reference"], measured["ours"]
    return {
        "rows": rows,
        "loaders": measured,
        "first_load_times_reference": round(reference["first_s"] / ours["first_s"], 1),
        "same_again_times_reference": round(reference["again_s"] / ours["again_s"], 1),
        "first_load_times_reference_cpu": round(reference["first_cpu_s"] / ours["first_cpu_s"], 1),
        "same_again_times_reference_cpu": round(reference["again_cpu_s"] / ours["again_cpu_s"], 1),
        "peak_mib": ours["peak_mib"],
    }


def _on_its_own_server(name: str, lake: str, folder: Path) -> dict[str, float]:
    """On one server the later loader would pay for what the earlier one left behind: pages to write to disk, and dead rows to vacuum."""
    from local.postgres import Postgres

    with Postgres(folder) as postgres:
        return _measure(name, lake, postgres)


def _measure(name: str, lake: str, postgres: Postgres) -> dict[str, float]:
    results = []
    for _ in range(1 if name == "copy" else 2):
        words = [sys.executable, "-m", "bench.load", name, lake, postgres.dsn("postgres")]
        before = _server_cpu_s(postgres)
        result = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        results.append(result | {"cpu_s": round(result["cpu_s"] + _server_cpu_s(postgres) - before, 2)})
    first, again = results[0], results[-1]
    numbers = {
        "first_s": first["seconds"],
        "rows_per_s": round(first["rows"] / first["seconds"]),
        "peak_mib": max(result["peak_mib"] for result in results),
    }
    if name == "copy":  # its text was made beforehand
        return numbers
    return numbers | {"first_cpu_s": first["cpu_s"], "again_s": again["seconds"], "again_cpu_s": again["cpu_s"]}


def _server_cpu_s(postgres: Postgres) -> float:
    """Of the server, of its processes that ended, and of those that run."""
    import psutil

    time.sleep(0.5)  # a connection's process ends a moment after the connection
    server = psutil.Process(int((postgres.folder / "data" / "postmaster.pid").read_text().split()[0]))
    return sum(sum(process.cpu_times()[:4]) for process in [server, *server.children()])


def write(lake: str, rows: int) -> None:
    import pyarrow as pa
    from deltalake import write_deltalake

    low = [100 + i * 7919 % 90_000 for i in range(rows)]
    columns = {
        "dt": [DT] * rows,
        # Neither sorted nor grouped, as a shuffle leaves them. Ours come sorted, which is faster, and more so for the reference.
        "part_official_name": [f"부품 어셈블리-{i * 31 % 40_000} 필터" for i in range(rows)],
        "car_type": [f"그랜저 하이브리드(IG{i // 40_000} HEV)" for i in range(rows)],
        "extracted_at": pa.array([date.fromisoformat(DT)] * rows),
        "min_price": pa.array(low, pa.int32()),
        "max_price": pa.array([x + 500 for x in low], pa.int32()),
        "median_price": pa.array([x + 250 for x in low], pa.int32()),
        "offer_count": pa.array([3] * rows, pa.int32()),
        "source_count": pa.array([2] * rows, pa.int32()),
    }
    write_deltalake(f"{lake}/mart/name_price_summary", pa.table(columns), partition_by=["dt"])


def copy(lake: str, dsn: str) -> int:
    """The ceiling: text that is ready, into a table without an index."""
    import psycopg2

    from conf.lake import Lake
    from orchestration.load.mart import open_day
    from orchestration.load.staging import LineReader

    ready = list(open_day(Lake.at(lake), DT).lines())
    started = time.monotonic()
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bare (part_official_name text, car_type text, extracted_at date, "
            "min_price int, max_price int, median_price int, offer_count int, source_count int)"
        )
        cursor.copy_expert(f"COPY bare ({COLUMNS}) FROM STDIN", LineReader(iter(ready)), 1 << 20)  # type: ignore[arg-type]
        loaded = int(cursor.rowcount)
    copy.seconds = time.monotonic() - started  # type: ignore[attr-defined]
    return loaded


def reference(lake: str, dsn: str) -> int:
    """Rows as dicts, the last one of a key kept in Python, the whole text in memory, every conflicting row rewritten."""
    import psycopg2
    from deltalake import DeltaTable

    rows = DeltaTable(f"{lake}/mart/name_price_summary").to_pyarrow_table(filters=[("dt", "=", DT)]).to_pylist()
    kept = {(row["part_official_name"], row["car_type"], row["extracted_at"]): row for row in rows}
    names = COLUMNS.split(", ")
    text = io.StringIO()
    writer = csv.writer(text)
    for row in kept.values():
        writer.writerow([row[name] for name in names])
    text.seek(0)
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS reference (part_official_name text, car_type text, extracted_at date, "
            "min_price int, max_price int, median_price int, offer_count int, source_count int, "
            "PRIMARY KEY (part_official_name, car_type, extracted_at))"
        )
        cursor.execute("CREATE TEMP TABLE stage (LIKE reference) ON COMMIT DROP")
        cursor.copy_expert(f"COPY stage ({COLUMNS}) FROM STDIN WITH CSV", text)
        cursor.execute(
            f"""INSERT INTO reference ({COLUMNS}) SELECT {COLUMNS} FROM stage
                ON CONFLICT (part_official_name, car_type, extracted_at) DO UPDATE
                SET min_price = excluded.min_price, max_price = excluded.max_price,
                    median_price = excluded.median_price, offer_count = excluded.offer_count,
                    source_count = excluded.source_count"""  # noqa: S608
        )
    return len(kept)


def ours(lake: str, dsn: str) -> int:
    import psycopg2

    from conf.lake import Lake
    from orchestration.load import load_day

    counts = load_day(lambda: psycopg2.connect(dsn), Lake.at(lake), DT, run_id="bench")
    return counts.read


def main() -> None:
    if len(sys.argv) < 4:
        print(json.dumps(run(), indent=2))
        return
    what, lake, other = sys.argv[1:4]
    if what == "write":
        write(lake, int(other))
        return
    loader = {"copy": copy, "reference": reference, "ours": ours}[what]
    started = time.monotonic()
    rows = loader(lake, other)
    seconds = getattr(loader, "seconds", time.monotonic() - started)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = used.ru_utime + used.ru_stime
    print(json.dumps({"rows": rows, "seconds": round(seconds, 2), "cpu_s": cpu_s, "peak_mib": used.ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
