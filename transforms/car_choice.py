"""Chooses among the generations and powertrains of a model by what a text says. Evidence in order: a generation code, an
edition name, the powertrain, the years; a text without powertrain means the combustion car, as the labels do. When what
is left is not exactly one car, the answer is the model alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from transforms.car_table import NEVER, Car, Words, car_table


class Match(StrEnum):
    """How a car label was found; stored in `car_type_match`."""

    CODE = "code"
    CODE_ALONE = "code_alone"
    EDITION = "edition"
    POWERTRAIN = "powertrain"
    YEARS = "years"
    NAME = "name"
    FAMILY = "family"
    ALL = "all"
    EMPTY = "empty"
    OUTSIDE = "outside"
    AMBIGUOUS_CODE = "ambiguous_code"
    NOT_A_CAR = "not_a_car"
    UNMATCHED = "unmatched"


class Choice(NamedTuple):
    label: str
    match: Match
    generation_code: str | None
    powertrain: str | None


Span = tuple[int, int] | None


def choose(model: str, tokens: Words, years: Span) -> list[Choice]:
    """The cars of a model that a text means: one, or one for each code when it names several."""
    said = _powertrain(tokens)
    by_code = _codes(model, tokens)
    if by_code:
        return [_of_generation(named, model, code, powertrain or said) for named, code, powertrain in by_code]
    return [_without_code(model, tokens, said, years)]


def _powertrain(tokens: Words) -> str | None:
    """The most telling powertrain word: plug-in before hybrid before petrol, since `하이브리드 가솔린` is a hybrid."""
    table = car_table().powertrains
    found = {
        table[tokens[i:j]]
        for i in range(len(tokens))
        for j in range(i + 1, min(i + 3, len(tokens)) + 1)
        if tokens[i:j] in table
    }
    return next((kind for kind in ("PHEV", "HEV", "EV", "ICE") if kind in found), None)


def _codes(model: str, tokens: Words) -> list[tuple[str, str, str]]:
    """Model, generation code and powertrain of each code of the text that the model or its family has."""
    table = car_table()
    found = {}
    for word in tokens:
        hints = table.codes.get(word, ())
        own = [hint for hint in hints if hint.model == model]
        kin = [
            hint
            for hint in hints
            if table.family[hint.model] == table.family[model] and _may_stand_for(model, hint.model)
        ]
        for hint in own or kin[:1]:
            found[hint.model, hint.generation_code] = (hint.model, hint.generation_code, hint.powertrain)
    return list(found.values())


def _may_stand_for(model: str, other: str) -> bool:
    """`아반떼 (XD)` is an 아반떼 XD and `쏘나타 택시 LF` a 쏘나타; but a `벨로스터 N (JS)` is no plain 벨로스터."""
    family = car_table().family
    if model == "쏘나타 택시":
        return True
    return family[model] == model and other not in _NAMED_ONLY


# Variants that share their code with the plain car: only their own name says them.
_NAMED_ONLY = ("아반떼 N", "코나 N", "아이오닉 5 N", "아이오닉 6 N")


def _of_generation(model: str, asked: str, code: str, said: str | None) -> Choice:
    cars = [car for car in car_table().by_model[model] if car.generation_code == code]
    fitting = (
        [car for car in cars if car.powertrain == said]
        if said
        else [car for car in cars if car.powertrain == "ICE"] or cars
    )
    if len(fitting) == 1:
        return Choice(fitting[0].canonical, Match.CODE, code, fitting[0].powertrain)
    return Choice(car_table().family[asked] if model != asked else model, Match.FAMILY, code, said)


def _without_code(model: str, tokens: Words, said: str | None, years: Span) -> Choice:
    cars = car_table().by_model[model]
    if len(cars) == 1 and said in (None, cars[0].powertrain, "ICE"):
        return _chosen(cars[0], Match.NAME)
    edition = _edition(model, tokens, cars, years)
    if edition:
        of_edition = _of_generation(model, model, edition, said)
        return of_edition._replace(match=Match.EDITION if of_edition.match is Match.CODE else Match.FAMILY)
    return _by_powertrain_and_years(model, cars, said, years)


def _by_powertrain_and_years(model: str, cars: tuple[Car, ...], said: str | None, years: Span) -> Choice:
    kind = said or ("ICE" if any(car.powertrain == "ICE" for car in cars) else None)
    fitting = [car for car in cars if kind in (None, car.powertrain)]
    if said and len(fitting) == 1:
        return _chosen(fitting[0], Match.POWERTRAIN)
    holding = [car for car in fitting if years and car.first_year <= years[0] and years[1] <= car.last_year]
    if len(holding) == 1 and not _is_other_current(fitting, holding[0], years):
        return _chosen(holding[0], Match.YEARS)
    return Choice(model, Match.FAMILY, None, said)


def _is_other_current(fitting: list[Car], chosen: Car, years: Span) -> bool:
    """Years open to the end fit the newest generation only, and only from its own beginning on."""
    return bool(years and years[1] == NEVER and any(car.last_year == NEVER and car != chosen for car in fitting))


def _chosen(car: Car, match: Match) -> Choice:
    return Choice(car.canonical, match, car.generation_code, car.powertrain)


def _edition(model: str, tokens: Words, cars: tuple[Car, ...], years: Span) -> str | None:
    """The generation of the longest edition name in the text, unless the years say that it cannot be."""
    editions = car_table().editions.get(model, {})
    for phrase in sorted(editions, key=len, reverse=True):
        places = range(len(tokens) - len(phrase) + 1)
        if any(tokens[place : place + len(phrase)] == phrase for place in places):
            code = editions[phrase]
            return code if _may_be_of(years, [car for car in cars if car.generation_code == code]) else None
    return None


def _may_be_of(years: Span, cars: list[Car]) -> bool:
    return years is None or any(
        (car.first_year - 1 <= years[0] and years[1] <= car.last_year + 1) or years[1] == NEVER for car in cars
    )
