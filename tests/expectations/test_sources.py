"""Which shop is held back, and which is not."""

from __future__ import annotations

from typing import Any

import pytest

from conf.lake import Lake
from expectations import measures
from expectations.sources import held_back, judge_sources, main
from expectations.verdict import Verdict
from tests.expectations import marts
from tests.expectations.marts import DAY

BEFORE = ["2026-11-20", "2026-11-21", "2026-11-22"]


@pytest.fixture
def history(lake: Lake) -> Lake:
    """Three good days; only their recorded verdicts matter here."""
    for day in BEFORE:
        marts.put_day(lake, marts.offers(day), dt=day)
        assert judge_sources(lake, day) == {}
        verdict = Verdict(day, "r", "passed", [], [], {}, {}, "")
        measures.record(lake, verdict, {}, None)
    return lake


def half(rows: list[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    return [row for i, row in enumerate(rows) if row["source"] != source or i % 3 == 0]


SICK = {
    "lost most rows": (half(marts.offers(), "partsro"), "partsro has 14 pages where 40 are usual"),
    "is gone": ([r for r in marts.offers() if r["source"] != "partsro"], "partsro has 0 pages where 40 are usual"),
    "prices up": (marts.offers(factor={"partsro": 1.5, "hyunki_store": 1.1}), "partsro has prices at 1.50 times"),
    "prices down": (marts.offers(factor={"partsro": 0.6, "hyunki_store": 1.1}), "partsro has prices at 0.60 times"),
    "lost its names": (
        [{**r, "name": None if r["source"] == "partsro" else r["name"]} for r in marts.offers()],
        "partsro names its part on 0% of rows",
    ),
}


@pytest.mark.parametrize(("rows", "said"), SICK.values(), ids=SICK.keys())
def test_sick_shop_is_named(history: Lake, rows: list[dict[str, Any]], said: str) -> None:
    marts.put(history.clean_offers, rows, marts.OFFERS)
    sick = judge_sources(history, DAY)
    assert list(sick) == ["partsro"]
    assert said in sick["partsro"]
    assert sick["partsro"].endswith("Its last good day is 2026-11-22, 1 day before.")
    assert judge_sources(history, DAY) == sick == held_back(history, DAY, None)


def test_healthy_new_and_accepted_shops_are_published(history: Lake) -> None:
    rows = marts.offers(factor={"partsro": 1.5, "hyunki_store": 1.15, "new_shop": 9.0})
    marts.put(history.clean_offers, rows, marts.OFFERS)
    assert list(judge_sources(history, DAY)) == ["partsro"]
    assert judge_sources(history, DAY, accepted=("partsro",)) == {}
    assert held_back(history, DAY, None) == {}


def test_other_assortment_is_no_price_change(history: Lake) -> None:
    rows = [{**r, "url": f"{r['url']}/new", "price_krw": r["price_krw"] * 3} for r in marts.offers()]
    marts.put(history.clean_offers, rows, marts.OFFERS)
    assert judge_sources(history, DAY) == {}


def test_command_prints_the_words_for_the_job(history: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    marts.put(history.clean_offers, SICK["prices up"][0], marts.OFFERS)
    assert main([*history.arguments(), "--dt", DAY]) == 0
    printed = capsys.readouterr()
    assert printed.out == "partsro\n"
    assert "prices at 1.50 times" in printed.err


def test_missing_offers_are_a_sentence(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*lake.arguments(), "--dt", DAY]) == 1
    assert "There is no table at" in capsys.readouterr().err
