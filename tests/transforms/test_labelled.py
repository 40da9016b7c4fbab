"""The labelled tables of `bench/labelled` hold: what `make bench` prints cannot get worse unnoticed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench.transforms_accuracy import ours, table
from transforms import car_entries
from transforms.car_words import split_cell
from transforms.plain_text import plain_lines


def test_cars() -> None:
    found = ours("cars")
    assert found["texts"] >= 300
    assert found["right"] >= 0.98
    assert found["wrong_generation"] <= 0.003


def test_part_numbers_and_prices() -> None:
    assert min(len(table("part_numbers")), len(table("prices"))) >= 150
    assert ours("part_numbers")["right"] >= 0.98
    assert ours("prices")["right"] >= 0.98
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
