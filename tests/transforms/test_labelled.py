"""The labelled tables of `bench/labelled` hold: what `make bench` prints cannot get worse unnoticed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench.transforms_accuracy import misread, ours, table
from transforms import car_entries
from transforms.car_words import split_cell
from transforms.plain_text import plain_lines

# What is known to be read wrong, or as less than it says.
MISREAD = {
    "cars": {"쏘나타 15,16,17", "LANTRA II (J-2)", "OPTIMA MG"},
    "part_numbers": {"26300/35505", "PNC 25310 / 25310-D3000", "84652-C1000 TRY"},
    "prices": {
        "15, 840원", "45,000원 에눌 X", "배기량 2000cc 12,500원", "12,100원 X 1개 = 12,100원", "오늘의 가격 39,600원",
        "아반떼AD(2016~2019) 45,650원", "75,000원(정가) 69,000원(판매가)", "정가 판매가 75,000원 69,000원",
        "상품금액 38,500원 배송비 2,500원 결제금액 41,000원", "240원 적립 24,200원", "75,000원 정가 69,000원",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", MISREAD)
def test_every_other_text_is_read_right(kind: str) -> None:
    assert misread(kind) == MISREAD[kind]


@pytest.mark.parametrize(("kind", "least"), [("cars", 300), ("part_numbers", 150), ("prices", 150)])
def test_enough_texts_are_labelled_and_nearly_all_read_right(kind: str, least: int) -> None:
    found = ours(kind)
    assert found["texts"] >= least
    assert found["right"] >= 0.98


def test_no_generation_and_no_price_is_wrong() -> None:
    assert ours("cars")["wrong_generation"] == 0
    assert ours("prices")["wrong"] == 0


def test_cells_whose_cars_take_nothing_from_each_other_are_read_the_same_the_long_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = ["911 992", *(row["text"] for row in table("cars"))]
    cells = [
        plain_lines(text) for text in [*texts, *map(" / ".join, pairwise(texts)), *map("\n".join, pairwise(texts))]
    ]
    short = [car_entries.entries(cell) for cell in cells]
    monkeypatch.setattr(car_entries, "_entries_of_its_own", lambda _: ())
    long = [car_entries.entries(cell) for cell in cells]
    assert short == long
    monkeypatch.undo()
    is_short = [all(map(car_entries._entries_of_its_own, split_cell(cell))) for cell in cells]
    assert is_short.count(True) > len(cells) / 4
