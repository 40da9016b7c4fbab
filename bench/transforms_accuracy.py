"""How often the parsers and the outlier rule are right on the labelled tables, beside what others make of the same texts.

The labels were written by hand, about half of them by somebody who had not seen the parsers. The parsers have been held to
them since: they show what must not get worse, not how unseen texts fare. A label is empty where the text gives no answer.
`right` counts a right answer or a rightly missing one; `abstained` a missing answer where there is one; `wrong` an answer
that is not the label.
"""

from __future__ import annotations

import csv
import re
import statistics
from collections.abc import Callable
from math import log
from pathlib import Path
from random import Random
from typing import Any

from bench.similarity import similar
from transforms.car_table import car_table
from transforms.cars import read_cell
from transforms.part_numbers import read_part_numbers
from transforms.prices import read_price

LABELLED = Path(__file__).with_name("labelled")
Rows = list[dict[str, str]]
NO_CAR = {"unknown"}


def run() -> dict[str, Any]:
    cars = {"ours": ours("cars"), "similarity (reference)": _cars(similar), "rapidfuzz": _cars(_rapidfuzz)}
    parts = {"ours": ours("part_numbers"), "ten letters or digits": _judge("part_numbers", _ten_characters)}
    prices = {
        "ours": ours("prices"),
        "price-parser": _judge("prices", _price_parser),
        "digits joined": _judge("prices", _digits),
    }
    return {"cars": cars, "part_numbers": parts, "prices": prices, "outliers": outliers()}


def ours(kind: str) -> dict[str, Any]:
    return _cars(_our_cars) if kind == "cars" else _judge(kind, _OURS[kind])


def misread(kind: str) -> set[str]:
    """The texts whose label our parser does not give."""
    return {row["text"] for row in table(kind) if _OURS[kind](row["text"]) != _label(kind, row)}


def table(kind: str) -> Rows:
    with (LABELLED / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _our_cars(text: str) -> str:
    return "; ".join(car.car_type for car in read_cell(text))


def _our_part(text: str) -> str:
    parts = read_part_numbers(text).parts
    return ";".join(part.part_no for part in parts) + (f"x{parts[0].quantity}" if parts else "")


def _our_price(text: str) -> str:
    return str(read_price(text).price_krw or "")


_OURS = {"cars": _our_cars, "part_numbers": _our_part, "prices": _our_price}


def _label(kind: str, row: dict[str, str]) -> str:
    if kind == "part_numbers":
        return f"{row['part_no']}x{row['quantity']}" if row["part_no"] else ""
    return row["car_type"] if kind == "cars" else row["price_krw"]


def _judge(kind: str, read: Callable[[str], str]) -> dict[str, Any]:
    return _figures([(_label(kind, row), read(row["text"])) for row in table(kind)])


def _figures(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    right = sum(label == found for label, found in pairs)
    answered = [(label, found) for label, found in pairs if found]
    hits = sum(label == found for label, found in answered)
    labelled = sum(bool(label) for label, _ in pairs)
    return {
        "texts": len(pairs), "right": round(right / len(pairs), 4), "precision": round(hits / max(len(answered), 1), 4),
        "recall": round(hits / max(labelled, 1), 4), "abstained": sum(bool(label) and not found for label, found in pairs),
        "wrong": sum(bool(found) and label != found for label, found in pairs),
    }  # fmt: skip


def _cars(read: Callable[[str], str]) -> dict[str, Any]:
    """A wrong generation is a car of the list where the label is another one, or only its model; a model alone where the
    label is a car abstains."""
    canonical = {car.canonical: car.model for car in car_table().cars}
    pairs = [(row["car_type"], read(row["text"])) for row in table("cars")]
    wrong = sum(found in canonical and label != found and label not in NO_CAR for label, found in pairs)
    known = [
        ("" if label in NO_CAR else label, "" if found in NO_CAR or found == canonical.get(label) else found)
        for label, found in pairs
    ]
    return _figures(known) | {"wrong_generation": round(wrong / len(pairs), 4)}


def _rapidfuzz(text: str) -> str:
    from rapidfuzz import fuzz, process, utils

    labels = [car.canonical for car in car_table().cars]
    found = process.extractOne(text, labels, scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=70)
    return str(found[0]) if found else "unknown"


def _ten_characters(text: str) -> str:
    found = re.search(r"[0-9]{5}-?[0-9A-Z]{5}", text.upper())
    return f"{found[0].replace('-', '')}x1" if found else ""


def _price_parser(text: str) -> str:
    from price_parser import Price

    amount = Price.fromstring(text).amount
    return str(int(amount)) if amount else ""


def _digits(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return digits if int(digits or 0) else ""


def outliers() -> dict[str, Any]:
    """Four offers of each of 20,000 parts, honest within a fifth or so; in every tenth part one has a digit too many or too few.

    Says the rule of transforms/outliers.py in plain Python; a test holds the two together.
    """
    dice = Random("outliers")  # noqa: S311
    typos = found = honest = lost = 0
    for number in range(20_000):
        usual = dice.randrange(300, 300_000)
        prices = [max(10, round(usual * dice.lognormvariate(0, 0.18))) for _ in range(4)]
        if number % 10 == 0:
            prices[0] = max(1, round(prices[0] * dice.choice((10, 0.1))))
        aside = set_aside(prices)
        typos += number % 10 == 0
        found += number % 10 == 0 and 0 in aside
        honest += 4 - (number % 10 == 0)
        lost += len(aside - ({0} if number % 10 == 0 else set()))
    return {
        "typos": typos,
        "found": round(found / typos, 4),
        "honest": honest,
        "honest_set_aside": round(lost / honest, 5),
    }


def set_aside(prices: list[int]) -> set[int]:
    """The places of the prices that the rest contradicts."""
    logs = [log(price) for price in prices]
    centre = statistics.median(logs)
    distances = [abs(value - centre) for value in logs]
    near, far = log(10) / 2, log(6)
    if len(prices) < 3 or sum(distance < near for distance in distances) * 2 <= len(prices):
        return set()
    limit = max(near, min(far, 3.5 * 1.4826 * statistics.median(distances)))
    return {place for place, distance in enumerate(distances) if distance > limit}
