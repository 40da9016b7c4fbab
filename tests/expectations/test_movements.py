"""What moved since the last good day, told by car and by offer although the day's figures look healthy."""

from __future__ import annotations

from typing import Any

from conf.lake import Lake
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


def judged(lake: Lake, rows: list[dict[str, Any]], dt: str = DAY) -> Verdict:
    marts.put_day(lake, rows, dt=dt)
    sick = judge_sources(lake, dt)
    marts.put_day(lake, rows, marts.summary([row for row in rows if row["source"] not in sick]), dt=dt)
    return judge_day(lake, dt, run_id="r")


def test_one_car_at_another_price_level_stops_until_accepted(lake: Lake) -> None:
    assert judged(lake, offers(BEFORE), BEFORE).status == "passed"
    dear = offers(times=10, car_type="투싼")
    told = " ".join(judged(lake, dear).failures)
    assert (
        "cars whose prices moved by 30% at once: 1 (compared with 2026-11-22, page by page), for example car_type 투싼"
        in told
    )
    assert '"accept": ["mart"]' in told
    accept(lake, DAY, ["mart"])
    assert judged(lake, dear).failures == []


def test_one_part_at_another_price_is_shown_with_shop_and_page(lake: Lake) -> None:
    judged(lake, offers(BEFORE), BEFORE)
    verdict = judged(lake, offers(times=10, part_no="2741000007"))
    assert verdict.failures == []
    told = " ".join(verdict.warnings)
    assert "offers whose price moved 3 times or more: 2" in told
    assert "price_before 1177, price_krw 11770, url https://hyunki_store.example/product/7" in told


def test_car_that_is_gone_is_named(lake: Lake) -> None:
    judged(lake, offers(BEFORE), BEFORE)
    verdict = judged(lake, [row for row in offers() if row["car_type"] != "투싼"])
    assert "cars that lost half of their offers: 1" in (told := " ".join(verdict.warnings))
    assert "car_type 투싼, offers_before 80, offers 0" in told


def test_shop_held_back_or_accepted_is_not_compared_again(lake: Lake) -> None:
    judged(lake, offers("2026-11-21"), "2026-11-21")
    assert list(judged(lake, offers(BEFORE, 5, source="partsro"), BEFORE).held_back) == ["partsro"]
    assert judged(lake, offers()).status == "passed"
    accept(lake, "2026-11-24", ["partsro"])
    assert judged(lake, offers("2026-11-24", 1.5, source="partsro"), "2026-11-24").failures == []
