"""Runs the DAG from the gate on for good, empty and malformed days, in a local cloud of its own: `judged_days.py RESULT`.

A process of its own, because Airflow keeps global state. Crawl and transform are marked as done; the lake is made by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
from deltalake import DeltaTable
from rich.console import Console

from conf.lake import Lake
from expectations import storage
from local.dag_day import run_day
from local.display import Display
from local.files import write_json
from local.run import migrate_airflow
from local.world import World
from tests.expectations import marts

BEFORE_THE_GATE = "crawl|report_crawl|heal|report_healing|clean_offers|judge_sources|build_marts"
DAY, OTHER_DAY = "2026-11-23", "2026-11-24"


def good(lake: Lake) -> None:
    marts.put_day(lake, marts.offers(DAY), dt=DAY)


def empty(lake: Lake) -> None:
    """The day that was published, built again of nothing: its files and its CSV copy are still there."""
    DeltaTable(lake.mart_table("name_price_summary")).delete(f"dt = '{DAY}'")


def malformed(lake: Lake) -> None:
    rows = marts.summary(marts.offers(OTHER_DAY))
    turned = rows[0] | {"min_price": rows[0]["max_price"] + 1}
    marts.put_day(lake, marts.offers(OTHER_DAY), [turned, *rows[1:], rows[-1]], dt=OTHER_DAY)


DAYS: dict[str, tuple[str, Callable[[Lake], None]]] = {
    "good": (DAY, good),
    "empty": (DAY, empty),
    "malformed": (OTHER_DAY, malformed),
}


def main() -> None:
    told: list[dict[str, Any]] = []
    migrate_airflow(Display(Console(stderr=True)))
    with World(DAY, 1, False, True, told.append) as world:
        os.environ.update(world.environment)
        lake = Lake.at(f"s3://{world.deployment.bucket}")
        found = {}
        for name, (dt, make) in DAYS.items():
            make(lake)
            told.clear()
            ended = run_day({"dt": dt}, mark_success_pattern=BEFORE_THE_GATE)
            found[name] = ended | {
                "told": list(told),
                "files": files(lake, dt),
                "rows": rows(world.postgres.dsn("parts"), dt),
            }
    write_json(Path(sys.argv[1]), found)


def files(lake: Lake, dt: str) -> list[str]:
    """The folders of the served mart and of its CSV copies that have files of the day."""
    found = {uri.removeprefix(f"{lake.mart}/").rpartition("/")[0] for uri in storage.under(lake.mart)}
    return sorted(folder for folder in (f"csv/dt={dt}", f"name_price_summary/dt={dt}") if folder in found)


def rows(dsn: str, dt: str) -> int:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM parts_master WHERE extracted_at = %s", (dt,))
            return int(cursor.fetchone()[0])  # type: ignore[index]
    finally:
        connection.close()


if __name__ == "__main__":
    main()
