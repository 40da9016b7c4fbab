"""How shops write cars: the list of conf/car_types.csv in the many forms of real pages, and what a careful reader makes of them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import lru_cache
from importlib import resources
from random import Random
from typing import NamedTuple

KIA = (
    "K5(JF)",
    "K5 DL3",
    "K7",
    "K3(BD)",
    "쏘렌토 MQ4",
    "쏘렌토(UM)",
    "스포티지 QL",
    "스포티지(NQ5)",
    "카니발(KA4)",
    "모닝 JA",
    "레이",
    "셀토스(SP2)",
    "니로(DE)",
    "EV6(CV)",
)
LATEST_YEAR = 2025  # of a car that is still sold
NICKNAMES = {"쏘나타": "소나타", "그랜저": "그랜져", "포터Ⅱ": "포터2", "싼타페": "산타페"}
POWERTRAINS = {"HEV": "하이브리드", "EV": "EV", "PHEV": "플러그인 하이브리드"}


class Car(NamedTuple):
    """One row of conf/car_types.csv; `alone` is whether the model has only this generation and powertrain.

    `own_years` are the first and the last year in which no other generation of the model was sold with an engine only;
    None where there are too few of them to write a range.
    """

    canonical: str
    model: str
    code: str
    powertrain: str
    alone: bool
    first_year: int
    last_year: int
    own_years: tuple[int, int] | None


class CarText(NamedTuple):
    """What a page says about its cars, one element per `<br>`, and the cars that are meant."""

    lines: tuple[str, ...]
    cars: tuple[str, ...]


@lru_cache(maxsize=1)
def all_cars() -> tuple[Car, ...]:
    text = resources.files("conf").joinpath("car_types.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    models = Counter(row["model"] for row in rows)
    return tuple(
        Car(
            row["canonical"],
            row["model"],
            row["generation_code"],
            row["powertrain"],
            models[row["model"]] == 1,
            *_lifetime(row),
            _own_years(row, rows),
        )
        for row in rows
    )


def _lifetime(row: dict[str, str]) -> tuple[int, int]:
    return int(row["first_year"]), int(row["last_year"] or LATEST_YEAR)


def _own_years(row: dict[str, str], rows: list[dict[str, str]]) -> tuple[int, int] | None:
    first, last = _lifetime(row)
    others = [
        _lifetime(other)
        for other in rows
        if other["model"] == row["model"] and other is not row and other["powertrain"] == "ICE"
    ]
    own = [year for year in range(first, last + 1) if not any(begin <= year <= end for begin, end in others)]
    return (own[0], own[-1]) if len(own) > 1 and own[-1] - own[0] == len(own) - 1 else None


def draw_cars(dice: Random) -> tuple[Car, ...]:
    """The cars that one part fits: mostly one or two, seldom six; the same at every shop."""
    count = dice.choices((1, 2, 3, 4, 6), (30, 34, 20, 11, 5))[0]
    return tuple(dice.sample(all_cars(), count))


def write_cars(cars: tuple[Car, ...], dice: Random, source: str) -> CarText:
    """The text of one product: mostly its cars, sometimes every car, none at all or words that are no car."""
    drawn = dice.random()
    for limit, lines, meant in _ODD_TEXTS:
        if drawn < limit:
            return CarText(lines, meant)
    entries = [_write_one(car, dice) for car in cars]
    if dice.random() < 0.12:
        kia = dice.choice(KIA)
        entries.append((kia, f"기아 {re.split(r'[ (]', kia)[0]}"))
    texts = [text for text, _ in entries]
    return CarText(_join(texts, dice, source), tuple(dict.fromkeys(meant for _, meant in entries)))


_ODD_TEXTS = (
    (0.030, ("전차종",), ("all",)),
    (0.036, ("전 차종",), ("all",)),
    (0.076, (), ("all",)),
    (0.079, ("HOSE ASSY",), ("unknown",)),
    (0.081, ("BRACKET_1",), ("unknown",)),
    (0.084, ("전차종 그랜저",), ("all", "그랜저")),
    (0.087, ("싼타페 29X10/30X12",), ("싼타페",)),
    (0.090, ("투싼 16,19년식",), ("투싼(TL)",)),
)


def _write_one(car: Car, dice: Random) -> tuple[str, str]:
    model = NICKNAMES.get(car.model, car.model) if dice.random() < 0.08 else car.model
    if car.powertrain != "ICE":
        return dice.choice(_electrified(car, model)), car.canonical
    style = dice.randrange(100)
    if style < 38:
        return f"{model}({car.code}){_years(car, dice, 0.25)}", car.canonical
    if style < 66:
        return f"{model} {car.code}{_years(car, dice, 0.55)}", car.canonical
    if style < 78:
        return f"{car.code}{model}{_years(car, dice, 0.3)}", car.canonical
    if style < 86:
        return f"{model}{car.code}", car.canonical
    if style < 92:
        return f"더 뉴 {model}({car.code})", car.canonical
    if car.own_years and dice.random() < 0.6:
        return f"{model} ({car.own_years[0]}~{car.own_years[1]})", car.canonical
    return model, car.canonical if car.alone else car.model


def _electrified(car: Car, model: str) -> tuple[str, ...]:
    kind = POWERTRAINS[car.powertrain]
    plain = car.canonical.replace("(", " ").replace(")", "")
    return (car.canonical, plain, car.canonical, f"{model} {kind}({car.code})", f"{model} {car.code} {car.powertrain}")


def _years(car: Car, dice: Random, share: float) -> str:
    if dice.random() >= share or car.first_year == car.last_year:
        return ""
    first = dice.randrange(car.first_year, car.last_year)
    last = min(first + dice.randrange(1, 6), car.last_year)
    short = f"{first % 100:02d}"
    shapes = (
        f" ({first}~{last})", f" {first}.03~{last}.07", f" {short}~{last % 100:02d}", f" {short}년식~", f" {first}년식 이후",
        f" ({short}.01-{last % 100:02d}.12)", f" {short}:-JAN.{last}",
    )  # fmt: skip
    return dice.choices(shapes, (40, 20, 12, 10, 8, 8, 2))[0]


def _join(texts: list[str], dice: Random, source: str) -> tuple[str, ...]:
    """`<br>` at partsro, mostly; a blank after a closing bracket at hyunki_market; commas and slashes everywhere."""
    drawn = dice.random()
    if drawn < (0.6 if source == "partsro" else 0.3):
        return tuple(texts)
    if source == "hyunki_market" and drawn < 0.6 and all(text.endswith(")") for text in texts):
        return (" ".join(texts),)
    return (dice.choice((", ", " / ", "/", ",", "，")).join(texts),)
