"""What the parsers make of shop texts; each row stands for a hazard that the shops' texts have."""

from __future__ import annotations

import pytest

from transforms.cars import read_cell
from transforms.part_numbers import read_part_numbers
from transforms.prices import read_price


@pytest.mark.parametrize(
    ("text", "number", "pieces"),
    [
        ("2741025000x4", "2741025000", 4),
        ("27410-25000", "2741025000", 1),
        ("865110X010", "865110X010", 1),
        ("(RH)921021R000", "921021R000", 1),
        ("순정 부품 (2741025010)", "2741025010", 1),
    ],
    ids=["a pack", "a hyphen", "an X that belongs to it", "a side mark", "in brackets"],
)
def test_part_number(text: str, number: str, pieces: int) -> None:
    (part,) = read_part_numbers(text).parts
    assert (part.part_no, part.quantity) == (number, pieces)


def test_replacement_is_the_number_to_buy() -> None:
    (part,) = read_part_numbers("단종되어 921021R100 로 대체").parts
    assert part.part_no == "921021R100"


def test_two_numbers_are_two_parts() -> None:
    assert [part.part_no for part in read_part_numbers("2741025000, 2741025010").parts] == ["2741025000", "2741025010"]


@pytest.mark.parametrize("text", ["", "(좌측)", "RH", "2개"])
def test_no_part_number_has_a_reason(text: str) -> None:
    read = read_part_numbers(text)
    assert not read.parts
    assert read.reason


@pytest.mark.parametrize(
    ("text", "krw"), [("12,000원", 12_000), ("₩12,000", 12_000), ("12000", 12_000), ("1만2천원", 12_000)]
)
def test_price(text: str, krw: int) -> None:
    assert read_price(text).price_krw == krw


@pytest.mark.parametrize(
    "text",
    ["", "0원", "품절", "전화문의", "12,000원 13,200원", "9" * 5000, "9" * 5000 + "만원"],
    ids=["empty", "zero", "sold out", "on request", "two amounts", "far too many digits", "far too many ten thousands"],
)
def test_no_price_has_a_reason(text: str) -> None:
    read = read_price(text)
    assert read.price_krw is None
    assert read.reason


@pytest.mark.parametrize(
    ("text", "cars"),
    [
        ("그랜저 IG (2016~2019) / 그랜저 HG", ["그랜저(IG)", "그랜저(HG)"]),
        ("아반떼 AD/아반떼 MD", ["아반떼(AD)", "아반떼(MD)"]),
        ("쏘나타(DN8), 그랜저(IG)", ["쏘나타(DN8)", "그랜저(IG)"]),
        ("전 차종", ["all"]),
        ("", ["all"]),
        ("투싼", ["투싼"]),
        ("LF쏘나타", ["쏘나타(LF)"]),
        ("소나타 DN8", ["쏘나타(DN8)"]),
        ("그랜져 HG", ["그랜저(HG)"]),
        ("기아 K5", ["기아 K5"]),
        ("[차종 및 연식] 전차종 그랜저", ["all", "그랜저"]),
    ],
)
def test_cars(text: str, cars: list[str]) -> None:
    assert [reading.car_type for reading in read_cell(text)] == cars


@pytest.mark.parametrize("text", ["HOSE ASSY", "BRACKET_1"])
def test_part_words_are_no_car_of_the_table(text: str) -> None:
    assert {reading.car_type for reading in read_cell(text)} <= {"unknown"}
