"""Which shop is held back, and which is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from conf.lake import Lake
from expectations import accepted, measures, tables
from expectations.sources import are_judged, held_back, judge_sources, main, sentences_about
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


def of_partsro(change: Callable[[dict[str, Any]], dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**r, **change(r)} if r["source"] == "partsro" else r for r in marts.offers()]


def half(rows: list[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    return [row for i, row in enumerate(rows) if row["source"] != source or i % 3 == 0]


OF_A_PAGE = ("part_no", "name", "price_krw", "car_type")
SICK = {
    "lost most rows": (half(marts.offers(), "partsro"), "partsro has 14 pages where 40 are usual"),
    "lost half": (
        [r for r in marts.offers() if r["source"] != "partsro" or int(r["part_no"]) % 2],
        "partsro has 20 pages where 40 are usual",
    ),
    "one page at half of its addresses": (
        of_partsro(lambda r: {} if int(r["part_no"]) % 2 else {k: marts.offers()[1][k] for k in OF_A_PAGE}),
        "partsro has 20 part numbers where 40 are usual",
    ),
    "a third of its prices up": (
        [
            {**r, "price_krw": r["price_krw"] * (10 if r["source"] == "partsro" and int(r["part_no"]) % 3 == 0 else 1)}
            for r in marts.offers()
        ],
        "partsro has 32% of 40 prices moved by more than 30% since 2026-11-22",
    ),
    "prices up at other addresses": (
        [
            {**r, "url": f"{r['url']}/new", "price_krw": r["price_krw"] * (3 if r["source"] == "partsro" else 1)}
            for r in marts.offers()
        ],
        "partsro has prices at 3.00 times",
    ),
    "is gone": ([r for r in marts.offers() if r["source"] != "partsro"], "partsro has 0 pages where 40 are usual"),
    "prices up": (marts.offers(factor={"partsro": 1.5, "hyunki_store": 1.1}), "partsro has prices at 1.50 times"),
    "prices down": (marts.offers(factor={"partsro": 0.6, "hyunki_store": 1.1}), "partsro has prices at 0.60 times"),
    "lost its names": (
        [{**r, "name": None if r["source"] == "partsro" else r["name"]} for r in marts.offers()],
        "partsro names its part on 0% of rows",
    ),
    "lost its cars": (
        [{**r, "car_type": "unknown" if r["source"] == "partsro" else r["car_type"]} for r in marts.offers()],
        "partsro names its car on 0% of rows where 60% are usual",
    ),
    "names of other parts": (
        of_partsro(lambda r: {"name": f"{r['name']}0"}),
        "partsro gives 100% of 40 parts another name than on 2026-11-22",
    ),
    "names of other parts at other addresses": (
        of_partsro(lambda r: {"name": f"{r['name']}0", "url": f"{r['url']}/new"}),
        "partsro gives 100% of 40 parts another name than on 2026-11-22",
    ),
    "cars of other parts": (
        of_partsro(lambda r: {"car_type": marts.CARS[marts.CARS.index(r["car_type"]) - 1]}),
        "partsro gives 100% of 40 parts none of the cars of 2026-11-22",
    ),
}


@pytest.mark.parametrize(("rows", "said"), SICK.values(), ids=SICK.keys())
def test_sick_shop_is_named(history: Lake, rows: list[dict[str, Any]], said: str) -> None:
    marts.put(history.clean_offers, rows, marts.OFFERS)
    sick = judge_sources(history, DAY)
    assert list(sick) == ["partsro"]
    assert said in sick["partsro"]
    assert ": its offers of this day are held back. Its last good day is 2026-11-22, 1 day before." in sick["partsro"]
    assert judge_sources(history, DAY) == sick == held_back(history, DAY, None)


def test_healthy_and_new_shops_are_published(history: Lake) -> None:
    marts.put(
        history.clean_offers, marts.offers(factor={"partsro": 1.1, "hyunki_store": 1.15, "new_shop": 9.0}), marts.OFFERS
    )
    assert judge_sources(history, DAY) == {}


NOTED = {
    "a fifth fewer pages": (
        [r for r in marts.offers() if r["source"] != "partsro" or int(r["part_no"]) % 5],
        "partsro has 32 pages where 40 are usual.",
    ),
    "prices a fifth up": (
        marts.offers(factor={"partsro": 1.2, "hyunki_store": 1.1}),
        "partsro has prices at 1.20 times those of 2026-11-22 (middle of 40 parts).",
    ),
    "half of its prices a third up": (
        [
            {**r, "price_krw": r["price_krw"] * 4 // 3} if r["source"] == "partsro" and int(r["part_no"]) % 2 else r
            for r in marts.offers()
        ],
        "partsro has 50% of 40 prices moved by more than 15% since 2026-11-22.",
    ),
    "a tenth of tax on every price": (
        of_partsro(lambda r: {"price_krw": r["price_krw"] * 11 // 10}),
        "partsro has 100% of 40 prices changed since 2026-11-22, to 1.10 times in the middle.",
    ),
    "a fifth of its names and cars": (
        of_partsro(lambda r: {} if int(r["part_no"]) % 5 else {"name": "볼트", "car_type": "코나(OS)"}),
        "partsro gives 20% of 40 parts another name than on 2026-11-22. "
        "partsro gives 20% of 40 parts none of the cars of 2026-11-22.",
    ),
    "every page twice": (
        [
            *marts.offers(),
            *({**r, "url": f"{r['url']}?again"} for r in marts.offers() if r["source"] == "partsro"),
        ],
        "partsro has 80 pages where 40 are usual.",
    ),
    "another assortment and fewer pages": (
        [
            {**r, "part_no": f"9{r['part_no'][1:]}"} if r["source"] == "partsro" else r
            for r in marts.offers()
            if r["source"] != "partsro" or int(r["part_no"]) % 5
        ],
        "partsro has none of its parts of 2026-11-22, so that its prices were not compared. "
        "partsro has 32 pages where 40 are usual.",
    ),
    "a new shop at another level": (
        marts.offers(factor={"partsro": 1.0, "hyunki_store": 1.1, "new_shop": 9.0}),
        "new_shop, without earlier days, has prices at 8.57 times the other shops' (middle of 40 parts).",
    ),
}


@pytest.mark.parametrize(("rows", "said"), NOTED.values(), ids=NOTED.keys())
def test_published_shop_worth_a_look_is_named(history: Lake, rows: list[dict[str, Any]], said: str) -> None:
    marts.put(history.clean_offers, rows, marts.OFFERS)
    assert judge_sources(history, DAY) == {}
    assert sentences_about(history, DAY, None) == [said]


def test_shop_that_is_asked_no_longer_is_not_missed(history: Lake) -> None:
    marts.put(history.clean_offers, [r for r in marts.offers() if r["source"] != "partsro"], marts.OFFERS)
    assert list(judge_sources(history, DAY, suppliers=["partsro", "hyunki_store"])) == ["partsro"]
    assert judge_sources(history, DAY, suppliers=["hyunki_store"]) == {}
    assert measures.shops_beside(history, DAY, BEFORE, None) == (0.5, 1)


def test_verdicts_of_an_earlier_lake_are_read_and_added_to(history: Lake) -> None:
    path = history.mart_table("source_verdict")
    old = DeltaTable(path).to_pyarrow_table().drop_columns(["note", "parts", "with_car", "in_mart"])
    write_deltalake(path, old, mode="overwrite", schema_mode="overwrite", partition_by=["dt"])
    marts.put(history.clean_offers, NOTED["prices a fifth up"][0], marts.OFFERS)
    assert judge_sources(history, DAY) == {}
    assert sentences_about(history, DAY, None) == [NOTED["prices a fifth up"][1]]


def test_accepted_shop_is_the_level_of_later_days(history: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    days = [DAY, "2026-11-24", "2026-11-25"]
    for day in days:
        rows = marts.offers(day, factor={"partsro": 1.5, "hyunki_store": 1.1})
        marts.put(history.clean_offers, rows, marts.OFFERS, dt=day)
    assert '{"dt": "2026-11-23", "accept": ["partsro"]}' in judge_sources(history, DAY)["partsro"]
    assert accepted.main([*history.arguments(), "--dt", DAY, "partsro"]) == 0
    assert "Accepted for 2026-11-23: partsro." in capsys.readouterr().out
    for day in days:
        assert judge_sources(history, day) == judge_sources(history, day) == {}
        measures.record(history, Verdict(day, "r", "passed", [], [], {}, {}, ""), {}, None)
    fallen = marts.offers("2026-11-26")
    marts.put(history.clean_offers, fallen, marts.OFFERS, dt="2026-11-26")
    assert "partsro has prices at 0.67 times those of 2026-11-25" in judge_sources(history, "2026-11-26")["partsro"]


def test_a_name_of_nobody_is_not_accepted(history: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert accepted.main([*history.arguments(), "--dt", DAY, "partsroo", "mart"]) == 1
    assert capsys.readouterr().err == (
        "partsroo: no such shop was judged in this lake. Name hyunki_store, partsro, mart.\n"
    )
    assert accepted.baselines(history, DAY, None) == {}


def test_accepting_adds_up_and_forgets_nothing(lake: Lake) -> None:
    assert accepted.accept(lake, DAY, ["partsro"]) == ["partsro"]
    assert accepted.accept(lake, DAY, ["mart"]) == accepted.accept(lake, DAY, []) == ["mart", "partsro"]
    assert accepted.baselines(lake, "2026-11-22", None) == {}
    accepted.accept(lake, "2026-11-24", ["mart"])
    assert accepted.baselines(lake, "2026-11-30", None) == {"mart": "2026-11-24", "partsro": DAY}


def test_two_days_that_make_the_same_table_are_both_kept(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> None:
        raise tables.MissingTableError("The other day's writer has not made it yet.")

    accepted.accept(lake, DAY, ["partsro"])
    monkeypatch.setattr(tables, "open_table", missing)
    tables.write_partition(
        lake.mart_table("accepted_change"), pa.table({"dt": [BEFORE[0]], "name": ["mart"]}), {"dt": BEFORE[0]}, None
    )
    monkeypatch.undo()
    assert accepted.baselines(lake, DAY, None) == {"partsro": DAY, "mart": BEFORE[0]}


def test_other_assortment_is_no_price_change(history: Lake) -> None:
    rows = [{**r, "part_no": f"9{r['part_no'][1:]}", "price_krw": r["price_krw"] * 3} for r in marts.offers()]
    marts.put(history.clean_offers, rows, marts.OFFERS)
    assert judge_sources(history, DAY) == {}


def test_a_day_s_shops_are_read_from_that_day_s_file(history: Lake) -> None:
    """After some years each look at all days would be a thousand files."""
    marts.put(history.clean_offers, marts.offers(), marts.OFFERS)
    judge_sources(history, DAY)
    for day in BEFORE:
        next(Path(history.mart_table("source_verdict"), f"dt={day}").iterdir()).unlink()
    assert held_back(history, DAY, None) == {}
    assert sentences_about(history, DAY, None) == []
    assert are_judged(history, DAY, None)
    assert measures.shops_beside(history, DAY, [], None) == (1, 1)
    with pytest.raises(tables.LakeError, match=BEFORE[0]):
        held_back(history, BEFORE[0], None)


def test_command_prints_the_words_for_the_job(history: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    marts.put(history.clean_offers, SICK["prices up"][0], marts.OFFERS)
    assert main([*history.arguments(), "--dt", DAY]) == 0
    printed = capsys.readouterr()
    assert printed.out == "partsro\n"
    assert "prices at 1.50 times" in printed.err


def test_missing_offers_are_a_sentence(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*lake.arguments(), "--dt", DAY]) == 1
    assert "There is no table at" in capsys.readouterr().err


@pytest.mark.parametrize(("parts", "is_held_back"), [(10, True), (3, False)])
def test_small_shop_whose_prices_moved_is_named(lake: Lake, parts: int, is_held_back: bool) -> None:
    marts.put_day(lake, marts.offers(BEFORE[-1], parts=parts), dt=BEFORE[-1])
    judge_sources(lake, BEFORE[-1])
    measures.record(lake, Verdict(BEFORE[-1], "r", "passed", [], [], {}, {}, ""), {}, None)
    rows = marts.offers(parts=parts, factor={"partsro": 1.5, "hyunki_store": 1.1})
    marts.put(lake.clean_offers, rows, marts.OFFERS)
    told = [*judge_sources(lake, DAY).values(), *sentences_about(lake, DAY, None)]
    assert [
        s.startswith(f"partsro has prices at 1.50 times those of 2026-11-22 (middle of {parts} parts)") for s in told
    ] == [True]
    assert list(held_back(lake, DAY, None)) == ["partsro"] * is_held_back


def test_small_shop_with_one_price_moved_is_not_told(lake: Lake) -> None:
    marts.put_day(lake, marts.offers(BEFORE[-1], parts=6), dt=BEFORE[-1])
    judge_sources(lake, BEFORE[-1])
    measures.record(lake, Verdict(BEFORE[-1], "r", "passed", [], [], {}, {}, ""), {}, None)
    first, *others = marts.offers(parts=6)
    marts.put(lake.clean_offers, [{**first, "price_krw": first["price_krw"] * 2}, *others], marts.OFFERS)
    assert [*judge_sources(lake, DAY).values(), *sentences_about(lake, DAY, None)] == []


def test_a_page_with_one_car_more_or_less_has_no_other_cars(history: Lake) -> None:
    more = [{**r, "car_type": "코나(OS)"} for r in marts.offers() if r["car_type"] != "코나(OS)"]
    marts.put(history.clean_offers, [*marts.offers(), *more], marts.OFFERS)
    judge_sources(history, DAY)
    assert [said for said in sentences_about(history, DAY, None) if "cars" in said] == []


def test_shop_that_seldom_names_a_car_may_lose_one(lake: Lake) -> None:
    rare = [
        [{**r, "car_type": "쏘나타(LF)" if int(r["part_no"][-2:]) < cars else "all"} for r in marts.offers(day)]
        for day, cars in ((BEFORE[-1], 3), (DAY, 1))
    ]
    marts.put_day(lake, rare[0], dt=BEFORE[-1])
    judge_sources(lake, BEFORE[-1])
    measures.record(lake, Verdict(BEFORE[-1], "r", "passed", [], [], {}, {}, ""), {}, None)
    marts.put(lake.clean_offers, rare[1], marts.OFFERS)
    assert judge_sources(lake, DAY) == {}


def test_new_or_returned_shop_raises_the_upper_limits(history: Lake) -> None:
    """Its offers and its prices are no growth and no move of the others'."""
    new = [{**r, "part_no": f"9{r['part_no'][1:]}"} for r in marts.offers(parts=1200, factor={"new_shop": 30.0})]
    marts.put(history.clean_offers, [*marts.offers(), *new], marts.OFFERS)
    assert judge_sources(history, DAY) == {}
    share, growth = measures.shops_beside(history, DAY, BEFORE, None)
    assert (share, growth) == (1, (80 + 1200) / 80)
    assert measures.shops_beside(history, "2026-11-25", BEFORE, None) == (1, 1)
    assert measures.shops_beside(history, BEFORE[-1], BEFORE, None) == (1, 1)
    for times, states in ((growth, ["", "warning"]), (1.05, ["critical", "critical"])):
        day, before = {"offers": 1280.0, "median price": 9000.0}, {"offers": 80.0, "median price": 1000.0}
        assert [measures.state_of(row) for row in measures.compare(day, [before], 1, times)] == states


def test_a_shop_that_went_lowers_the_limits_until_the_figures_are_without_it(history: Lake) -> None:
    """It lowered them for good, so that nothing but half of the rest would have stopped a day, and no move of its prices."""
    shares = []
    for number, day in enumerate([DAY, "2026-11-24", "2026-11-25", "2026-11-26"]):
        marts.put(history.clean_offers, marts.offers(day, factor={"partsro": 1.0}), marts.OFFERS, day)
        judge_sources(history, day, suppliers=["partsro"])
        earlier = [*BEFORE, DAY, "2026-11-24", "2026-11-25"][: 3 + number]
        shares.append(measures.shops_beside(history, day, earlier, None))
    assert shares == [(0.5, 1), (0.5, 1), (0.5, 1), (1, 1)]
