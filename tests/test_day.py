"""Whole days through the commands a user types, checked against the shops' own catalogue."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg2
import pytest
from deltalake import DeltaTable

from conf.lake import Lake
from local.postgres import Postgres
from local.shops.catalogue import SOURCES, Shop
from local.shops.faults import FINAL_REASON

ROOT = Path(__file__).resolve().parents[1]
DAY, NEXT_DAY, PRODUCTS = "2026-11-23", "2026-11-24", 120
pytestmark = [pytest.mark.day, pytest.mark.timeout(600)]


class Ran(NamedTuple):
    status: int
    shown: str
    report: dict[str, Any]
    table: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as awkward as a user's may be."""
    return tmp_path_factory.mktemp("하루 day")


def make_run(state: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "local.run", *words]
    environment = os.environ | {"LOCAL_STATE": str(state), "COLUMNS": "160"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout + done.stderr


def whole_day(state: Path, dt: str) -> Ran:
    status, shown = make_run(state, "--dt", dt, "--products", str(PRODUCTS))
    assert status == 0, shown
    report = json.loads((state / "last_run.json").read_text(encoding="utf-8"))
    return Ran(status, shown, report, table_of(state, DAY))


def table_of(state: Path, dt: str) -> list[tuple[Any, ...]]:
    with Postgres(state / "postgres") as postgres:
        connection = psycopg2.connect(postgres.dsn())
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT * FROM parts_master WHERE extracted_at = %s ORDER BY 1, 2, 3", (dt,))
                return cursor.fetchall()
        finally:
            connection.close()


def killed_at(state: Path, stage: str) -> None:
    """Starts a day and ends it with SIGKILL as soon as the terminal names the stage; nothing may be left running."""
    command = [sys.executable, "-m", "local.run", "--dt", DAY, "--products", str(PRODUCTS)]
    environment = os.environ | {"LOCAL_STATE": str(state), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as day:
        assert day.stdout is not None
        family = []
        for line in day.stdout:
            if f" {stage}" in line:
                family = psutil.Process(day.pid).children(recursive=True)
                day.kill()
    assert day.returncode == -signal.SIGKILL, f"{stage} was not reached"
    assert family
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive


@pytest.fixture(scope="module")
def first(state: Path) -> Ran:
    """Killed twice on its way. Of the load, which is the longest way to go, `orchestration/load/test_faults.py` has the same."""
    for stage in ("crawl", "transform: build the marts"):
        killed_at(state, stage)
    return whole_day(state, DAY)


@pytest.fixture(scope="module")
def again(state: Path, first: Ran) -> Ran:
    return whole_day(state, DAY)


@pytest.fixture(scope="module")
def next_day(state: Path, again: Ran) -> Ran:
    return whole_day(state, NEXT_DAY)


@pytest.fixture(scope="module")
def shops() -> dict[str, Shop]:
    return {source: Shop(source, DAY, PRODUCTS, True) for source in SOURCES}


def lake_of(state: Path) -> Lake:
    buckets = list((state / "cloud" / "s3").iterdir())
    assert len(buckets) == 1
    return Lake.at(str(buckets[0]))


def rows(path: str, dt: str = DAY) -> Iterator[dict[str, Any]]:
    return iter(DeltaTable(path).to_pyarrow_table(filters=[("dt", "=", dt)]).to_pylist())


def test_ledger_of_the_killed_day_agrees_with_the_catalogue(first: Ran, shops: dict[str, Shop]) -> None:
    for source, shop in shops.items():
        lost = Counter(FINAL_REASON[p.fault.kind] for p in shop if p.fault and not p.fault.recovers)
        ledger = first.report["crawl"]["sources"][source]
        assert ledger["planned"] == PRODUCTS
        assert Counter(ledger["failed"]) == lost
        assert ledger["succeeded"] == PRODUCTS - lost.total()


def test_killed_day_fetches_only_what_is_missing(first: Ran) -> None:
    assert first.report["crawl"]["already_done"] == first.report["crawl"]["succeeded"]


def test_every_page_is_clean_or_rejected(first: Ran, state: Path) -> None:
    lake = lake_of(state)
    clean = {(row["source"], row["url"]) for row in rows(lake.clean_offers)}
    rejected = {(row["source"], row["url"]) for row in rows(lake.rejected_offers)}
    assert not clean & rejected
    assert len(clean) + len(rejected) == first.report["crawl"]["succeeded"]


def test_prices_are_those_of_the_catalogue(first: Ran, shops: dict[str, Shop], state: Path) -> None:
    expected = {
        (product.source, product.part_numbers[0]): round(product.price_krw / product.pack)
        for shop in shops.values()
        for product in shop
        if product.succeeds and product.price_krw and product.oddity is None and len(product.part_numbers) == 1
    }
    found = {(row["source"], row["part_no"]): row["price_krw"] for row in rows(lake_of(state).clean_offers)}
    assert len(expected) > PRODUCTS
    assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize("dt", [DAY, NEXT_DAY])
def test_bands_are_those_of_the_catalogue(next_day: Ran, state: Path, dt: str) -> None:
    """Of the day that was killed twice and of the one that nothing happened to."""
    shops = {source: Shop(source, dt, PRODUCTS, True) for source in SOURCES}
    prices: dict[tuple[str, str], list[int]] = defaultdict(list)
    unusual: set[str] = set()
    for product in (product for shop in shops.values() for product in shop if product.succeeds):
        if product.oddity or len(product.part_numbers) != 1 or not product.price_krw:
            unusual.update(product.part_numbers)
            continue
        for car in product.cars:
            prices[product.part_numbers[0], car].append(round(product.price_krw / product.pack))
    expected = {key: (min(found), max(found), len(found)) for key, found in prices.items() if key[0] not in unusual}
    bands = {
        (row["part_no"], row["car_type"]): (row["min_price"], row["max_price"], row["offer_count"])
        for row in rows(lake_of(state).mart_table("part_price_band"), dt)
        if not row["set_aside_count"]
    }
    compared = expected.keys() & bands.keys()
    assert len(compared) > PRODUCTS
    assert {key: bands[key] for key in compared} == {key: expected[key] for key in compared}
    set_aside = {row["part_no"] for row in rows(lake_of(state).mart_table("price_set_aside"), dt)}
    assert {part for part, _ in expected.keys() - bands.keys()} <= set_aside


def test_table_holds_the_mart(first: Ran, state: Path) -> None:
    mart = {(r["part_official_name"], r["car_type"]): r for r in rows(lake_of(state).mart_table("name_price_summary"))}
    assert first.report["load"]["inserted"] == len(mart) == len(first.table) > 0
    for name, car, _, low, high, *_ in first.table:
        assert (mart[name, car]["min_price"], mart[name, car]["max_price"]) == (low, high)


def test_terminal_shows_the_day(first: Ran) -> None:
    for word in (
        "crawl",
        "heal",
        "transform",
        "validate",
        "load",
        "Slack: Crawl of",
        "Data Docs:",
        "inserted=",
        "make sql",
    ):
        assert word in first.shown
    assert "Traceback" not in first.shown


def test_data_docs_are_where_the_terminal_says(first: Ran) -> None:
    assert (ROOT / first.report["data_docs"]).read_text(encoding="utf-8")


def test_same_day_again_changes_nothing(first: Ran, again: Ran) -> None:
    counts = again.report["load"]
    assert (counts["inserted"], counts["updated"], counts["deleted"]) == (0, 0, 0)
    assert counts["unchanged"] == len(first.table)
    assert again.table == first.table


def test_same_day_again_fetches_only_what_is_missing(again: Ran) -> None:
    assert again.report["crawl"]["already_done"] == again.report["crawl"]["succeeded"]


def test_next_day_leaves_the_first_alone(first: Ran, next_day: Ran, state: Path) -> None:
    assert next_day.table == first.table
    assert next_day.report["load"]["inserted"] > 0
    assert table_of(state, NEXT_DAY)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--dt", "yesterday"], "'yesterday' is not a day: write it as YYYY-MM-DD"),
        (["--products", "-3"], "'-3' is not a whole number from 1"),
        (["--faults", "maybe"], "'maybe' is neither on nor off"),
    ],
)
def test_wrong_word_gets_a_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    status, shown = make_run(tmp_path, *(f"{a}={b}" for a, b in [words]))
    assert status == 2
    assert sentence in shown
    assert "Traceback" not in shown
    assert not any(tmp_path.iterdir()), "nothing half-done"
