"""However a car is written, the answer is that car or less than it; and what says nothing about a car changes no answer."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from transforms.car_table import Car, car_table
from transforms.cars import read_cell

KINDS = {
    "ICE": ("",),
    "HEV": ("하이브리드", "HEV", "hybrid"),
    "EV": ("EV", "전기차"),
    "PHEV": ("PHEV", "플러그인 하이브리드"),
}
FORMS = (
    "{name} {code} {kind}", "{name}({code}) {kind}", "{name}{code} {kind}", "{code} {name} {kind}", "{code}{name} {kind}",
    "{name} {kind}({code})", "{name} {kind} {code}", "{kind} {name} {code}", "[{name}] {code} {kind}", "{name}-{code} {kind}",
    "{name} {code}{kind}", "{name} ({code} {kind})", "{name} {code} {kind} ({first}~{last})", "{name} {code} {kind} {first}년식~",
)  # fmt: skip
PREFIXES = ("", "더 뉴 ", "ALL NEW ")


def labels(text: str) -> list[str]:
    return [reading.car_type for reading in read_cell(text)]


@pytest.mark.parametrize("car", car_table().cars, ids=lambda car: car.canonical)
def test_a_code_says_the_car_in_every_form(car: Car) -> None:
    texts = [
        " ".join(f"{prefix}{form}".format(
            name=car.model, code=car.generation_code, kind=kind, first=car.first_year, last=min(car.last_year, 2025)
        ).split())
        for kind in KINDS[car.powertrain] for form in FORMS for prefix in PREFIXES
    ]  # fmt: skip
    assert {text: labels(text) for text in texts if labels(text) != [car.canonical]} == {}


@pytest.mark.parametrize("car", car_table().cars, ids=lambda car: car.canonical)
def test_years_say_this_car_or_none(car: Car) -> None:
    """Each year, and each two years in a row, of a car's time: what the years decided was on sale then, and nothing else was."""
    for first in range(car.first_year, min(car.last_year, 2025) + 1):
        for text, last in ((f"{car.model} {first}", first), (f"{car.model} {first}~{first + 1}", first + 1)):
            (reading,) = read_cell(text)
            if reading.car_type_match == "years":
                assert _sold(reading.car_type, first, last) == [reading.generation_code], text


def _sold(label: str, first: int, last: int) -> list[str]:
    """The generations of the label's model that were on sale in all of the years."""
    table = car_table()
    (meant,) = [car for car in table.cars if car.canonical == label]
    sold = [car for car in table.by_model[meant.model] if car.first_year <= first and last <= car.last_year]
    return [car.generation_code for car in sold if car.powertrain == meant.powertrain]


MEANINGLESS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("lower case", str.lower),
    ("full width", lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)),
    ("more blanks", lambda text: f"  {text.replace(' ', '   ')} "),
    ("blanks that do not break", lambda text: text.replace(" ", "\u00a0")),
    ("invisible characters", lambda text: "\u200b" + "\u200b".join(text) + "\ufeff"),
    ("square brackets", lambda text: text.replace("(", "[").replace(")", "]")),
)


@pytest.mark.parametrize("change", [change for _, change in MEANINGLESS], ids=[name for name, _ in MEANINGLESS])
def test_what_means_nothing_changes_nothing(change: Callable[[str], str]) -> None:
    with Path("bench/labelled/cars.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert {text: labels(change(text)) for text in texts if labels(change(text)) != labels(text)} == {}


@pytest.mark.parametrize(
    "text", ["캐스터", "카운터 기어", "그레이드", "스티어링", "피스톤 링", "스타터 모터", "프린트", "트랙터"]
)
def test_a_word_that_looks_like_a_misspelt_car_is_none(text: str) -> None:
    assert labels(text) == ["unknown"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("그런저 IG", "그랜저(IG)"),
        ("팰리새이드 LX2", "팰리세이드(LX2)"),
        ("뉴베라크루즈", "베라크루즈(EN)"),
        ("벨로스톄 JS", "벨로스터(JS)"),
    ],
)
def test_one_wrong_letter_is_forgiven(text: str, label: str) -> None:
    assert labels(text) == [label]
