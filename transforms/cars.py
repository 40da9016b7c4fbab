"""Reads which cars a text names: model, generation code and powertrain in any order. What the text does not say is not guessed."""

from __future__ import annotations

import csv
import re
import unicodedata
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import NamedTuple

from transforms import car_words as words

EVERY_CAR, UNKNOWN_CAR = "all", "unknown"

# N is a car of its own, N라인 a trim of the plain one. `코나 NOS` is `코나 N` with its code behind it.
_SPORTY = re.compile(r"(?<![0-9A-Z])N(?![0-9A-Z]|\s*-?\s*(?:라인|LINE))")
_SPORTY_CODE = re.compile(r"(?<=[가-힣])\s*N(?=(?:OS|JSN|CN7)(?![0-9A-Z]))")


class CarMatch(StrEnum):
    """How a text led to its car."""

    CODE = "code"  # model and generation code
    ONLY = "only_generation"  # the model has but one generation of that powertrain
    FAMILY = "family"  # the model without its generation
    CONFLICT = "code_conflict"  # the code is not one of the model's: the family
    ALL = "all"
    NONE_GIVEN = "none_given"
    OTHER_BRAND = "other_brand"
    NOT_A_CAR = "not_a_car"
    UNKNOWN = "unknown"


class CarRead(NamedTuple):
    """One car of a text, and the piece of the text that names it."""

    car_type: str
    match: CarMatch
    text: str


class _Row(NamedTuple):
    canonical: str
    model: str
    code: str
    powertrain: str


class _Table(NamedTuple):
    rows: tuple[_Row, ...]
    codes: frozenset[str]
    labels: dict[str, str]  # folded model -> the list's spelling
    model: re.Pattern[str]
    glued: re.Pattern[str]


def fold(text: str) -> str:
    """One spelling of width, case and blanks; known misspellings put right."""
    text = re.sub(r"[^\S\n]+", " ", unicodedata.normalize("NFKC", text).upper()).strip()
    for wrong, right in words.SPELLINGS.items():
        text = text.replace(wrong, right)
    return text


@cache
def table() -> _Table:
    lines = resources.files("conf").joinpath("car_types.csv").read_text(encoding="utf-8-sig").splitlines()
    rows = tuple(
        _Row(row["canonical"], fold(row["model"]), row["generation_code"].upper(), row["powertrain"])
        for row in csv.DictReader(lines)
    )
    labels = {fold(row["model"]): row["model"] for row in csv.DictReader(lines)}
    models = sorted(labels, key=lambda model: (-len(model), model))
    codes = frozenset(row.code for row in rows)
    latin = "|".join(model for model in models if model.isascii())
    either = "|".join(sorted(codes, key=lambda code: (-len(code), code)))
    glued = rf"(?<![0-9A-Z])(?:({either})({latin})|({latin})({either}))(?![0-9A-Z])"
    return _Table(rows, codes, labels, re.compile("|".join(map(_model_pattern, models))), re.compile(glued))


def _model_pattern(model: str) -> str:
    spelled = re.escape(model).replace(r"\ ", r"\s*")
    if model.isascii():
        return rf"(?<![0-9A-Z]){spelled}(?![0-9A-Z])"
    if model.endswith(" N"):
        return rf"(?<![가-힣]){spelled}(?![0-9A-Z]|\s*-?(?:라인|LINE))"
    end = r"(?!\d)" if model[-1].isdigit() else ""
    return rf"(?<![가-힣]){spelled}{end}(?=[^가-힣]|$|{words.ENDING})"


def read_cars(text: str | None) -> list[CarRead]:
    """The cars of a whole text, each once, in its order."""
    folded = re.sub(r"\[\s*차종\s*및\s*연식\s*\]", " ", fold(text or "")).strip()
    if not folded:
        return [CarRead(EVERY_CAR, CarMatch.NONE_GIVEN, "")]
    found: list[CarRead] = []
    last_model: str | None = None
    for entry in split_entries(folded):
        cars, last_model = _read_entry(entry, last_model)
        found.extend(cars)
    named = [car for car in found if car.match is not CarMatch.NOT_A_CAR] or found
    unique = {car.car_type: car for car in reversed(named)}
    return [car for car in named if unique[car.car_type] is car] or [CarRead(UNKNOWN_CAR, CarMatch.UNKNOWN, folded)]


def split_entries(text: str) -> list[str]:
    """At lines, commas and slashes; not inside years (`16,19년식`, `2015/03`)."""
    text = re.sub(r"(?<![0-9A-Z])(\d{2,4})\s*[,/]\s*(?=\d{1,4}(?![0-9A-Z]))", r"\1~", text)
    return [entry.strip() for entry in re.split(r"[\n,/;|]", text) if entry.strip()]


def _read_entry(entry: str, last_model: str | None) -> tuple[list[CarRead], str | None]:
    """The cars of one entry, and the model that a bare code in the next entry means."""
    rest = words.EVERY_CAR.sub(" ", entry)
    found = [] if rest == entry else [CarRead(EVERY_CAR, CarMatch.ALL, entry)]
    plain = words.OTHER_CAR.sub(" ", rest)
    if plain != rest:
        found.append(CarRead(UNKNOWN_CAR, CarMatch.OTHER_BRAND, entry))
    chunks = _chunks(plain)
    found.extend(_choose(model, near, entry) for model, near in chunks)
    if found:
        return found, chunks[-1][0] if chunks else None
    return _without_model(rest, entry, last_model), last_model


def _without_model(rest: str, entry: str, last_model: str | None) -> list[CarRead]:
    if words.YEARS_ONLY.fullmatch(rest):
        return []
    codes = _codes(rest)
    if last_model and (words.SPEC_CODE.fullmatch(rest) or any(row.code in codes for row in _family(last_model))):
        return [_choose(last_model, rest, entry)]
    models = {row.model for row in table().rows if row.code in codes and len(row.code) > 2}
    if len(models) == 1:
        return [_choose(models.pop(), rest, entry)]
    match = CarMatch.NOT_A_CAR if words.PART_WORDS.fullmatch(rest) else CarMatch.UNKNOWN
    return [CarRead(UNKNOWN_CAR, match, entry)]


def _chunks(text: str) -> list[tuple[str, str]]:
    """Each model with the words that belong to it: behind it, or glued to its front."""
    text = table().glued.sub(lambda found: " ".join(part for part in found.groups() if part), text)
    text = _SPORTY_CODE.sub(" N ", words.OPENING.sub(" ", text))
    models = list(table().model.finditer(text))
    near = [""] * len(models)
    for number, found in enumerate(models):
        end = models[number + 1].start() if number + 1 < len(models) else len(text)
        own, following = _share(text[found.end() : end]) if number + 1 < len(models) else (text[found.end() :], "")
        near[number] += f" {own}"
        if following:
            near[number + 1] += following
    if models:
        near[0] = f"{text[: models[0].start()]} {near[0]}"
    return [(_model_of(found[0]), words_near) for found, words_near in zip(models, near, strict=True)]


def _share(gap: str) -> tuple[str, str]:
    """What stands between two models: up to the last bracket it is the first one's, and what is glued to the second is its own."""
    if ")" in gap:
        own, _, following = gap.rpartition(")")
        return own, following
    glued = re.search(r"(?<![0-9A-Z])[0-9A-Z]+$", gap)
    return (gap[: glued.start()], glued[0]) if glued else (gap, "")


def _model_of(written: str) -> str:
    compact = written.replace(" ", "")
    return next(model for model in table().labels if model.replace(" ", "") == compact)


def _family(model: str) -> list[_Row]:
    """The model's rows and those of its namesakes: 아반떼 and 아반떼 XD."""
    return [row for row in table().rows if row.model == model or row.model.startswith(f"{model} ")]


def _codes(text: str) -> frozenset[str]:
    found = re.findall(r"[0-9A-Z]+", text)
    cut = [re.sub(r"(?:PHEV|HEV|EV)$", "", word) for word in found]
    return table().codes & {*found, *cut}


def _choose(model: str, near: str, entry: str) -> CarRead:
    codes = _codes(near) | {code for (of, name), code in words.FACELIFTS.items() if of == model and name in near}
    powertrain = next((kind for kind, pattern in words.POWERTRAINS if pattern.search(near)), None)
    family = CarRead(table().labels[model], CarMatch.FAMILY, entry)
    own = [row for row in table().rows if row.model == model]
    if not codes:
        fitting = [row for row in own if powertrain in (None, row.powertrain)]
        return CarRead(fitting[0].canonical, CarMatch.ONLY, entry) if len(fitting) == 1 else family
    fitting = [row for row in _family(model) if row.code in codes]
    chosen = _narrow(fitting, model, powertrain, sporty=bool(_SPORTY.search(near)))
    if chosen:
        return CarRead(chosen.canonical, CarMatch.CODE, entry)
    return family if fitting else family._replace(match=CarMatch.CONFLICT)


def _narrow(rows: list[_Row], model: str, powertrain: str | None, *, sporty: bool) -> _Row | None:
    """The one row that code and powertrain leave; a powertrain that is not named is petrol or diesel, if there is such a car."""
    if sporty and any(row.model == f"{model} N" for row in rows):
        rows = [row for row in rows if row.model == f"{model} N"]
    elif any(row.model == model for row in rows):
        rows = [row for row in rows if row.model == model]
    if powertrain:
        rows = [row for row in rows if row.powertrain == powertrain]
    elif any(row.powertrain == "ICE" for row in rows):
        rows = [row for row in rows if row.powertrain == "ICE"]
    return rows[0] if len(rows) == 1 else None
