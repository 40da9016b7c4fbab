"""Reads car texts: which car of conf/car_types.csv an entry means, or how much less it says. Nothing is compared by
similarity: model, generation code, edition name, powertrain and years are recognised as words, and what the text leaves
open stays open: the model alone (a family), `all`, a car outside the list, or `unknown`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from transforms.car_choice import Match, choose
from transforms.car_table import GENESIS, Model, car_table
from transforms.car_words import entry_words, has_spec, measures_removed, split_cell
from transforms.car_years import take_years

__all__ = ["CarReading", "Match", "read_car", "read_cell"]


class CarReading(NamedTuple):
    """One car of a text: its label, how that was found, and what the text said about it."""

    car_text: str
    car_type: str
    car_type_match: str
    model: str | None = None
    generation_code: str | None = None
    powertrain: str | None = None
    first_year: int | None = None
    last_year: int | None = None
    brand: str | None = None


class _Kind(StrEnum):
    MODEL = "model"
    ALL = "all"
    OTHER = "other"


class _Entry(NamedTuple):
    """Words that belong to one car; `inherited` says that the model stands in an earlier entry."""

    text: str
    words: tuple[str, ...]
    model: Model | None
    years: tuple[int, int] | None


# Words that are also ordinary words: believed as a car only when nothing unknown stands beside them.
_ORDINARY = frozenset(
    "스파크 크루즈 엑셀 클릭 프린스 레이 소울 쏘울 마스터 SPARK EXCEL CLICK PRIDE SOUL RAY VENUE ACCENT GRACE CRUZE 프라이드 베뉴 삼성 골프 라보 ALL".split()
)
# Codes that are no other common abbreviation, so that they say the car without its model.
_TELLING = frozenset("YF LF NF EF HG TG IG XG MD AD HD XD DM CM TM TL LM JM RB RG3 GD PD BH RS4 VF TQ".split())
_PART_WORDS = re.compile(
    r"_|(?<![A-Z])(?:HOSE|ASSY|ASSEMBLY|BRACKET|BOLT|NUT|WASHER|CLIP|GASKET|SEAL|SENSOR|COVER|PUMP|FILTER|VALVE|KIT|PIPE|TUBE|LAMP|BEARING"
    r"|SWITCH|HARNESS|WIRING|MODULE|RADIO|SCREW|RING|HOLDER|SPRING|MOTOR|MIRROR|GRILLE?|BUMPER|PANEL|PAD|DISC|DISK|BELT|MOUNTING|ARM)(?![A-Z])"
    r"|볼트|너트|브라켓|브래킷|호스|필터|가스켓|램프|센서|클립|와셔|커버|베어링|펌프|밸브|스위치|패드|벨트|파이프|스프링|오일|실린더|범퍼|미러|몰딩"
)  # fmt: skip
_PREFIXES = frozenset("더 디 뉴 올 올뉴 더뉴 디올뉴 THE NEW 신형 구형 신 구 그랜드".split())


@lru_cache(maxsize=100_000)
def read_cell(text: str | None) -> tuple[CarReading, ...]:
    """Every car of a cell, each label once, at least one. No text means that the part fits every car (the domain's rule)."""
    if not (text or "").strip(" \n-"):
        return (CarReading("", "all", Match.EMPTY),)
    readings = list(_readings(text or ""))
    cars = [reading for reading in readings if reading.car_type_match != Match.NOT_A_CAR]
    return _each_once(cars or readings or [CarReading((text or "").strip(), "unknown", Match.UNMATCHED)])


def read_car(text: str) -> CarReading:
    """The first car of a text."""
    return read_cell(text)[0]


def _each_once(readings: list[CarReading]) -> tuple[CarReading, ...]:
    """Entries of one label become one car whose text names them all: an offer counts once for each car."""
    merged: dict[str, CarReading] = {}
    for reading in readings:
        earlier = merged.get(reading.car_type)
        if earlier is None:
            merged[reading.car_type] = reading
        elif reading.car_text not in earlier.car_text.split(" | "):
            merged[reading.car_type] = earlier._replace(car_text=f"{earlier.car_text} | {reading.car_text}")
    return tuple(merged.values())


def _readings(text: str) -> Iterator[CarReading]:
    model: Model | None = None
    pieces = _years_joined(split_cell(text))
    for piece in pieces:
        for entry in _entries(piece):
            entry = _inherit(entry, model)
            model = entry.model or model
            yield from _read_entry(entry)


def _years_joined(pieces: list[str]) -> list[str]:
    """A piece of years alone belongs to the car before it, or to the one after it at the beginning."""
    joined: list[str] = []
    carried = ""
    for piece in pieces:
        if re.search(r"[A-Z가-힣]", take_years(piece).rest) is None:
            if joined:
                joined[-1] = f"{joined[-1]}, {piece}"
            else:
                carried = f"{carried} {piece}".strip()
            continue
        joined.append(f"{piece} {carried}".strip())
        carried = ""
    return joined


@lru_cache(maxsize=100_000)
def _entries(piece: str) -> list[_Entry]:
    """One entry a model: `투싼(TL) 싼타페(DM)` is two cars, `LF쏘나타 YF쏘나타` as well."""
    rest, years = take_years(piece)
    tokens = tuple(entry_words(measures_removed(rest)))
    found = _found_models(tokens)
    if len(found) < 2:
        return [_Entry(piece, tokens, found[0][2] if found else None, years)]
    cuts = [0, *(_cut(tokens, before, after) for before, after in itertools.pairwise(found)), len(tokens)]
    parts = _texts(piece, found)
    return [
        _Entry(text, tokens[begin:end], model, take_years(text).span if text != piece else years)
        for text, begin, end, (_, _, model) in zip(parts, cuts, cuts[1:], found, strict=False)
    ]


def _texts(piece: str, found: list[tuple[int, int, Model | None]]) -> list[str]:
    """The parts of a piece, when it falls apart at its closing brackets into as many as it has models; else the piece for all."""
    parts = [part for part in re.split(r"(?<=\))\s+|\s*\+\s*|\s+및\s+", piece) if part]
    return parts if len(parts) == len(found) else [piece] * len(found)


def _found_models(tokens: tuple[str, ...]) -> list[tuple[int, int, Model | None]]:
    """The models of a text with their places, `None` for every car. A maker's name beside its model is not one of its own."""
    found, position = [], 0
    while position < len(tokens):
        length, model = _model_at(tokens, position)
        if length:
            found.append((position, position + length, model))
        position += max(length, 1)
    named = [hit for hit in found if hit[2] is None or hit[2].name]
    named = [hit for hit in named if not _is_brand_here(hit, named)]
    return named or found[:1]


def _is_brand_here(hit: tuple[int, int, Model | None], named: list[tuple[int, int, Model | None]]) -> bool:
    """`제네시스 G80` is a G80: the maker is named like its first car."""
    model = hit[2]
    if model is None or model.name != "제네시스":
        return False
    return any(other[2] is not None and other[2].name in GENESIS and other[0] == hit[1] for other in named)


def _model_at(tokens: tuple[str, ...], position: int) -> tuple[int, Model | None]:
    table = car_table()
    for length in range(min(4, len(tokens) - position), 0, -1):
        phrase = tokens[position : position + length]
        following = tokens[position + length : position + length + 1]
        if phrase in table.every_car:
            return length, None
        if phrase in table.models and not (phrase[-1] == "N" and following in (("라인",), ("LINE",))):
            return length, table.models[phrase]
    return 0, None


def _cut(tokens: tuple[str, ...], before: tuple[int, int, Model | None], after: tuple[int, int, Model | None]) -> int:
    """Where the words of the next car begin: its own prefixes and codes may stand before its name."""
    cut = after[0]
    codes = car_table().codes
    if before[0] and tokens[before[0] - 1] in codes and tokens[cut - 1] in codes:
        return cut - 1  # `LF쏘나타 YF쏘나타`: codes stand in front
    while cut > before[1] and (
        tokens[cut - 1] in _PREFIXES
        or tokens[cut - 1] in car_table().brands
        or _owns(after[2], before[2], tokens[cut - 1])
    ):
        cut -= 1
    return cut


def _owns(model: Model | None, other: Model | None, word: str) -> bool:
    owners = {hint.model for hint in car_table().codes.get(word, ())}
    return model is not None and model.name in owners and (other is None or other.name not in owners)


def _inherit(entry: _Entry, model: Model | None) -> _Entry:
    """`그랜저 IG/HG`: an entry of codes, powertrains or a spec code alone means another one of the same model."""
    if entry.model is not None or model is None or _says_every_car(entry.words):
        return entry
    table = car_table()
    family = {name for name, base in table.family.items() if base == table.family.get(model.name)}
    known = all(
        word in table.harmless
        or (word,) in table.powertrains
        or any(hint.model in family for hint in table.codes.get(word, ()))
        or table.other_codes.get(word) == model
        for word in entry.words
    )
    if not known or not (entry.words or has_spec(entry.text)):
        return entry
    return entry._replace(model=model, text=f"{model.name} {entry.text}")


def _says_every_car(tokens: tuple[str, ...]) -> bool:
    every = car_table().every_car
    return any(tokens[i:j] in every for i in range(len(tokens)) for j in range(i + 1, min(i + 3, len(tokens)) + 1))


@lru_cache(maxsize=100_000)
def _read_entry(entry: _Entry) -> tuple[CarReading, ...]:
    return tuple(_cars_of(entry))


def _cars_of(entry: _Entry) -> Iterator[CarReading]:
    """One car, or one for each generation code of an entry such as `아반떼 AD MD`."""
    table = car_table()
    if entry.model is None and _says_every_car(entry.words):
        brand = next((table.brands[word] for word in entry.words if word in table.brands), None)
        outside = brand not in (None, "현대")
        yield CarReading(
            entry.text, brand if outside and brand else "all", Match.OUTSIDE if outside else Match.ALL, brand=brand
        )
    elif entry.model is None or not _is_believed(entry):
        yield _read_without_model(entry)
    elif not entry.model.listed:
        code = next((word for word in entry.words if table.other_codes.get(word) == entry.model), None)
        yield _reading(entry, entry.model.label, Match.OUTSIDE, code, None)
    else:
        for label, match, code, powertrain in choose(_sport(entry.model.name, entry.words), entry.words, entry.years):
            yield _reading(entry, label, match, code, powertrain)


def _sport(model: str, tokens: tuple[str, ...]) -> str:
    """`코나(OS N)` is a 코나 N; the trim `N 라인` is not."""
    sport = any(
        word == "N" and tokens[place + 1 : place + 2] not in (("라인",), ("LINE",)) for place, word in enumerate(tokens)
    )
    return f"{model} N" if sport and f"{model} N" in car_table().by_model else model


def _is_believed(entry: _Entry) -> bool:
    table = car_table()
    if not any(word in _ORDINARY for word in entry.words):
        return True
    return not (
        _PART_WORDS.search(entry.text) or any(word not in table.atoms and not word.isdigit() for word in entry.words)
    )


def _reading(entry: _Entry, label: str, match: Match, code: str | None, powertrain: str | None) -> CarReading:
    first, last = entry.years or (None, None)
    model = entry.model
    name, brand = (model.name or None, model.brand) if model else (None, None)
    return CarReading(
        entry.text, label, match, name, code, powertrain, first or None, None if last == 9999 else last, brand
    )


def _read_without_model(entry: _Entry) -> CarReading:
    """A code that belongs to one model says the car; a maker alone says that it is outside the list."""
    table = car_table()
    strange = [
        word for word in entry.words if word not in table.atoms and word not in table.other_codes and not word.isdigit()
    ]
    if not strange and not _PART_WORDS.search(entry.text):
        found = _by_code(entry)
        if found:
            return found
    brand = next((table.brands[word] for word in entry.words if word in table.brands), None)
    if brand == "기아":
        return CarReading(entry.text, brand, Match.OUTSIDE, brand=brand)
    part = _PART_WORDS.search(entry.text)
    return CarReading(entry.text, "unknown", Match.NOT_A_CAR if part else Match.UNMATCHED, brand=brand)


def _by_code(entry: _Entry) -> CarReading | None:
    table = car_table()
    codes = [word for word in entry.words if word in table.codes]
    outside = {table.other_codes[word] for word in entry.words if word in table.other_codes}
    models = {hint.model for word in codes for hint in table.codes[word]}
    owners = {model for model in models if table.family[model] == model} or models
    if not codes and len(outside) == 1:
        model = outside.pop()
        return _reading(entry._replace(model=model), model.label, Match.OUTSIDE, None, None)
    if outside or not codes:
        return None
    if len(owners) > 1:
        return CarReading(entry.text, "unknown", Match.AMBIGUOUS_CODE)
    if not all(len(code) > 2 or code in _TELLING for code in codes):
        return None
    model = Model("제네시스" if (name := owners.pop()) in GENESIS else "현대", name, True)
    label, match, code, powertrain = choose(name, entry.words, entry.years)[0]
    return _reading(
        entry._replace(model=model), label, Match.CODE_ALONE if match == Match.CODE else match, code, powertrain
    )
