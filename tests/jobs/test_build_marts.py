"""The marts of several days: the history of prices in whatever order the days come, set-aside offers, shops held back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conf.lake import Lake
from jobs import build_marts
from jobs.storage import remove
from tests.jobs.lakes import DAY, page, put, rows

Run = Callable[..., None]
DAYS = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]
Prices = list[list[int | None]]  # by day, by part; None where the shop does not show it


def expected(prices: Prices, source: str = "partsro") -> set[tuple[str, str, str, str | None, int | None, int]]:
    """Every change, told from the beginning."""
    found = set()
    for part in range(len(prices[0])):
        shown = [(dt, day[part]) for dt, day in zip(DAYS, prices, strict=True) if day[part] is not None]
        changed = [shown[0]] if shown else []
        changed += [after for before, after in pairwise(shown) if before[1] != after[1]]
        olds = [None, *(price for _, price in changed)]
        ends = [*(dt for dt, _ in changed[1:]), None]
        for (dt, price), old, end in zip(changed, olds, ends, strict=False):
            assert price is not None
            found.add((source, f"27410{part:05d}", dt, end, old, price))
    return found


def changes(lake: Lake) -> set[tuple[str, str, str, str | None, int | None, int]]:
    found = rows(lake, "changes")
    names = ("source", "part_no", "valid_from", "valid_to", "old_price_krw", "new_price_krw")
    told = {tuple(row[name] for name in names) for row in found}
    assert len(told) == len(found)
    return told


def put_prices(root: Path, dt: str, prices: list[int | None]) -> None:
    put(root, dt, [page(part, dt=dt, price_text=f"{krw:,}원") for part, krw in enumerate(prices) if krw is not None])


day_prices = st.lists(st.sampled_from([None, 1000, 1100, 1200]), min_size=5, max_size=5).filter(any)
PRICES = st.lists(day_prices, min_size=4, max_size=4)


@settings(max_examples=2, derandomize=True, database=None, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(prices=PRICES, order=st.permutations(range(4)), fixed=day_prices, again=st.integers(0, 3))
def test_history_is_the_same_in_any_order(
    tmp_path_factory: object, spark: object, prices: Prices, order: list[int], fixed: list[int | None], again: int
) -> None:
    """Days come in any order, and one of them once more with other prices."""
    from tests.jobs.conftest import runner

    root: Path = tmp_path_factory.mktemp("lake")  # type: ignore[attr-defined]
    lake = Lake.at(str(root))
    run = runner(spark, lake)
    for place in order:
        put_prices(root, DAYS[place], prices[place])
        run(DAYS[place])
    assert changes(lake) == expected(prices)
    put_prices(root, DAYS[again], fixed)
    run(DAYS[again])
    told = changes(lake)
    assert told == expected([fixed if place == again else day for place, day in enumerate(prices)])
    run(DAYS[again], clean=False)
    assert changes(lake) == told


def test_set_aside_offers_are_shown_and_in_no_band(tmp_path: Path, lake: Lake, run: Run) -> None:
    """Three shops' honest prices are a third apart; a digit too many and a pack's price are not honest."""
    same = {"part_no": "2741025000", "official_name": "필터"}
    honest = {"partsro": 12_000, "hyunki_store": 16_000, "hyunki_market": 10_500}
    pages = [
        page(1, source, **same, price_text=f"{krw:,}원") for source, krw in honest.items() if source != "hyunki_market"
    ]
    pages += [page(2, **same, price_text="10,500원"), page(3, "hyunki_store", **same, price_text="120,000원")]
    put(tmp_path, DAY, list(pages))
    run(DAY)
    (aside,) = rows(lake, "aside")
    assert (aside["url"], aside["price_krw"], aside["compared_count"]) == (pages[3]["url"], 120_000, 4)
    assert aside["reason"] == "far_above_other_offers"
    assert 10_500 < aside["expected_krw"] < 16_000
    (band,) = rows(lake, "bands")
    assert (band["min_price"], band["median_price"], band["max_price"]) == (10_500, 12_000, 16_000)
    assert (band["offer_count"], band["source_count"], band["set_aside_count"]) == (3, 2, 1)
    (summary,) = rows(lake, "summary")
    assert (summary["min_price"], summary["median_price"], summary["max_price"]) == (10_500, 12_000, 16_000)


def test_band_of_few_and_of_many_offers(tmp_path: Path, lake: Lake, run: Run) -> None:
    """The median of up to four offers follows from their range and sum, that of more from a list."""
    prices = {many: [10_000 + 37 * many * place % 501 for place in range(many)] for many in range(1, 8)}
    shown = [
        page(many, ("partsro", "hyunki_store")[place % 2], url=f"https://x.example/{many}/{place}",
             part_no=f"27410{many:05d}", price_text=f"{krw:,}원")
        for many, of_part in prices.items() for place, krw in enumerate(of_part)
    ]  # fmt: skip
    put(tmp_path, DAY, list(shown), files=3, seed=1)
    run(DAY)
    bands = {row["part_no"]: row for row in rows(lake, "bands")}
    for many, of_part in prices.items():
        band = bands[f"27410{many:05d}"]
        assert (band["min_price"], band["max_price"]) == (min(of_part), max(of_part))
        assert band["median_price"] == int(median(of_part) + 0.5)
        assert (band["offer_count"], band["source_count"]) == (many, min(many, 2))


def test_own_history_speaks_against_a_typo(tmp_path: Path, lake: Lake, run: Run) -> None:
    """One shop alone: the price it held for a week says that today's is a digit too many."""
    first = "2026-11-10"
    put(tmp_path, first, [page(1, dt=first)])
    put(tmp_path, DAY, [page(1, price_text="120,000원")])
    run(first, DAY)
    assert [(row["price_krw"], row["expected_krw"]) for row in rows(lake, "aside")] == [(120_000, 12_000)]
    assert rows(lake, "bands", dt=DAY) == []


def test_price_that_changed_at_every_shop_is_no_typo(tmp_path: Path, lake: Lake, run: Run) -> None:
    """Two shops ask four times as much from one day to the next; another part has a typo at one of them."""
    first, shops = "2026-11-10", ("partsro", "hyunki_store")
    put(tmp_path, first, [page(number, source, first) for number in (1, 2) for source in shops])
    told = [page(1, source, price_text=krw) for source, krw in zip(shops, ("48,000원", "50,000원"), strict=True)]
    told += [page(2, source, price_text=krw) for source, krw in zip(shops, ("12,000원", "120,000원"), strict=True)]
    put(tmp_path, DAY, list(told))
    run(first, DAY)
    assert [row["url"] for row in rows(lake, "aside")] == [told[3]["url"]]
    bands = {row["part_no"]: (row["min_price"], row["max_price"]) for row in rows(lake, "bands", dt=DAY)}
    assert bands == {told[0]["part_no"]: (48_000, 50_000), told[2]["part_no"]: (12_000, 12_000)}


def test_held_back_shop_is_in_no_mart_and_keeps_its_history(tmp_path: Path, lake: Lake, run: Run) -> None:
    for dt, krw in zip(DAYS[:3], ("1,000원", "1,500원", "1,100원"), strict=True):
        put(tmp_path, dt, [page(1, source, dt, price_text=krw) for source in ("partsro", "hyunki_store")])
    run(DAYS[0])
    run(DAYS[1], held_back=("partsro",))
    run(DAYS[2])
    assert {row["source_count"] for row in rows(lake, "bands", dt=DAYS[1])} == {1}
    told = [(row["valid_from"], row["new_price_krw"]) for row in rows(lake, "changes", source="partsro")]
    assert sorted(told) == [(DAYS[0], 1000), (DAYS[2], 1100)]
    run(DAYS[0])
    told = [(row["valid_from"], row["new_price_krw"]) for row in rows(lake, "changes", source="partsro")]
    assert sorted(told) == [(DAYS[0], 1000), (DAYS[2], 1100)]
    remove(lake.raw)
    words = ["--lake", str(tmp_path), "--dt", DAYS[0], "--hold-back"]
    with pytest.raises(SystemExit, match=r"no shop partsr0. Its shops: hyunki_store, partsro\."):
        build_marts.main([*words, "partsr0,partsro"])
    build_marts.main([*words, "partsro"])
    assert [row["valid_from"] for row in rows(lake, "changes", source="partsro")] == [DAYS[2]]


def test_name_is_the_first_shops_most_frequent_one(tmp_path: Path, lake: Lake, run: Run) -> None:
    same = {"part_no": "2741025000"}
    names = [
        ("hyunki_store", "다"),
        ("hyunki_store", "다"),
        ("partsro", "나"),
        ("partsro", "가"),
        ("partsro", "나"),
        ("partsro", "가"),
    ]
    put(
        tmp_path, DAY, [page(number, source, **same, official_name=name) for number, (source, name) in enumerate(names)]
    )
    run(DAY)
    assert [row["canonical_name"] for row in rows(lake, "names")] == ["가"]
    assert [(row["part_official_name"], row["offer_count"]) for row in rows(lake, "summary")] == [("가", 6)]
