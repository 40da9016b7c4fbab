"""The labelled tables of `bench/labelled` hold: what `make bench` prints cannot get worse unnoticed."""

from __future__ import annotations

from bench.transforms_accuracy import ours, table


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
