"""What moved since the last good day, told by car and by offer although the day's figures look healthy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conf.lake import Lake
from expectations import measures
from expectations.accepted import accept
from expectations.gate import judge_day
from expectations.sources import judge_sources
from expectations.verdict import Verdict
from tests.expectations import marts
from tests.expectations.marts import DAY

BEFORE = "2026-11-22"


def offers(dt: str = DAY, times: float = 1, **only: str) -> list[dict[str, Any]]:
    """A day on which the prices of some offers are multiplied."""
    return [
        row | ({"price_krw": int(row["price_krw"] * times)} if only.items() <= row.items() else {})
        for row in marts.offers(dt, parts=200)
    ]


def published(lake: Lake, dt: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    """A good day before; who was held back on it."""
    marts.put_day(lake, rows, dt=dt)
    sick = judge_sources(lake, dt)
    measures.record(lake, Verdict(dt, "r", "passed", [], [], {}, sick, ""), {}, None)
    return sick


def judged(lake: Lake, rows: list[dict[str, Any]]) -> Verdict:
    marts.put_day(lake, rows)
    assert judge_sources(lake, DAY) == {}
    return judge_day(lake, DAY, run_id="r")


def test_one_car_at_another_price_level_stops_until_accepted(lake: Lake) -> None:
    published(lake, BEFORE, offers(BEFORE))
    dear = offers(times=10, car_type="투싼")
    told = " ".join(judged(lake, dear).failures)
    car = (
        "cars whose prices moved by 30% at once: 1 (compared with 2026-11-22, page by page), for example car_type 투싼"
    )
    assert car in told
    assert '"accept": ["mart"]' in told
    accept(lake, DAY, ["mart"])
    assert judged(lake, dear).failures == []


def test_single_offers_and_lost_cars_are_shown(lake: Lake) -> None:
    published(lake, BEFORE, offers(BEFORE))
    verdict = judged(lake, [row for row in offers(times=10, part_no="2741000008") if row["car_type"] != "투싼"])
    assert verdict.failures == []
    told = " ".join(verdict.warnings)
    assert "offers whose price moved 3 times or more: 2" in told
    assert "price_before 1188, price_krw 11880, url https://hyunki_store.example/product/8" in told
    assert "cars that lost half of their offers: 1" in told
    assert "car_type 투싼, offers_before 80, offers 0" in told


def test_mart_without_offers_is_compared_row_by_row(lake: Lake) -> None:
    before, today = (marts.summary(offers(day)) for day in (BEFORE, DAY))
    marts.put(lake.mart_table("name_price_summary"), before, marts.SUMMARY, BEFORE)
    assert judge_day(lake, BEFORE, run_id="r").failures == []
    prices = ("min_price", "median_price", "max_price")

    def told(change: Callable[[int, dict[str, Any]], dict[str, Any]]) -> tuple[list[str], list[str]]:
        rows = [row | change(number, row) for number, row in enumerate(today)]
        marts.put(lake.mart_table("name_price_summary"), rows, marts.SUMMARY)
        verdict = judge_day(lake, DAY, run_id="r")
        return [s.partition(" (")[0] for s in verdict.failures], [s.partition(" (")[0] for s in verdict.warnings[1:]]

    def dear(number: int, row: dict[str, Any]) -> dict[str, Any]:
        return {name: row[name] * 10 for name in prices} if row["car_type"] == "투싼" else {}

    assert told(lambda *_: {}) == ([], [])
    assert told(lambda number, row: {"part_official_name": f"filter {number}"}) == (
        ["per cent of rows whose name and car both days have: 0, where at least 50 are expected"],
        [],
    )
    assert told(lambda number, row: {"max_price": row["max_price"] * 2}) == (
        ["per cent of rows whose prices moved by 30%: 100, where at most 25 are expected"],
        [],
    )
    assert told(dear) == (
        ["cars whose prices moved by 30% at once: 1"],
        ["per cent of rows whose prices moved by 30%: 20, where at most 10 are expected"],
    )


def test_shop_held_back_before_is_not_compared(lake: Lake) -> None:
    published(lake, "2026-11-21", offers("2026-11-21"))
    assert list(published(lake, BEFORE, offers(BEFORE, 5, source="partsro"))) == ["partsro"]
    assert judged(lake, offers()).status == "passed"


def test_shop_whose_change_was_accepted_is_not_compared(lake: Lake) -> None:
    published(lake, BEFORE, offers(BEFORE))
    accept(lake, DAY, ["partsro"])
    verdict = judged(lake, offers(times=5, source="partsro"))
    assert verdict.failures == []
    assert "The offers of partsro of 2026-11-23 were accepted by hand" in verdict.warnings[0]
