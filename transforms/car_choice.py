"""Chooses among the generations and powertrains of a model by what a text says. Evidence in order: a generation code, an
edition name, the powertrain, the years; a text without powertrain means the combustion car, as the labels do. When what
is left is not exactly one car, the answer is the model alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from conf.tables import Words
from transforms.car_table import NEVER, Car, car_table
from transforms.car_years import FIRST, Span


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


def choose(model: str, tokens: Words, years: Span) -> list[Choice]:
    """The cars of a model that a text means: one, or one for each code when it names several."""
    said = _powertrain(tokens)
    by_code = _codes(model, tokens)
    if by_code:
        return [_of_generation(named, model, code, powertrain or said) for named, code, powertrain in by_code]
    if _has_code_of_another(model, tokens):
        return [Choice(model, Match.FAMILY, None, said)]
    return [_without_code(model, tokens, said, years)]


def _has_code_of_another(model: str, tokens: Words) -> bool:
    """`G70 JK1` contradicts itself; codes of two letters are too often something else to say so."""
    table = car_table()
    owners = [
        {table.family[hint.model] for hint in table.codes[word]}
        for word in tokens
        if word in table.codes and len(word) > 2
    ]
    return any(table.family[model] not in families for families in owners)


def _powertrain(tokens: Words) -> str | None:
    """The most telling powertrain word: plug-in before hybrid before petrol, since `하이브리드 가솔린` is a hybrid."""
    found = car_table().powertrains_in(tokens)
    return next((kind for kind in ("FCEV", "PHEV", "HEV", "EV", "ICE") if kind in found), None)


def _codes(model: str, tokens: Words) -> list[tuple[str, str, str]]:
    """Model, generation code and powertrain of each code of the text that the model or its family has."""
    table = car_table()
    found = {}
    for word in tokens:
        hints = table.codes.get(word, ())
        own = [hint for hint in hints if hint.model == model]
        if not own and _may_stand_for_kin(model):
            kin = [hint for hint in hints if table.family[hint.model] == table.family[model]]
            own = sorted(kin, key=lambda hint: len(hint.model))[:1]  # the 아이오닉 NE is the 5, not the 5 N
        for hint in own:
            found[hint.model, hint.generation_code] = (hint.model, hint.generation_code, hint.powertrain)
    return list(found.values())


def _may_stand_for_kin(model: str) -> bool:
    """`아반떼 (XD)` is an 아반떼 XD and `쏘나타 택시 LF` a 쏘나타; but a `벨로스터 N (JS)` is no plain 벨로스터."""
    return model == "쏘나타 택시" or car_table().family[model] == model


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
    succession = cars + tuple(car for name in _SUCCESSION.get(model, ()) for car in car_table().by_model[name])
    if len(succession) == 1 or (years is None and not _may_be_later(succession, cars, tokens)):
        named = _by_name(cars, said, years)
        if named:
            return named
    edition = _edition(model, tokens, cars, years)
    if edition:
        if years and years[0] > max(car.last_year for car in cars if car.generation_code == edition):
            return Choice(model, Match.FAMILY, None, said)  # `올 뉴 투싼 2021`: a year too late for it
        of_edition = _of_generation(model, model, edition, said)
        return of_edition._replace(match=Match.EDITION if of_edition.match is Match.CODE else Match.FAMILY)
    return _by_powertrain_and_years(model, succession, said, years)


# Generations that the list has under a name of their own: a plain name beside years may mean them as well.
_SUCCESSION = {"아반떼": ("아반떼 XD",), "그랜저": ("그랜저 XG",), "스타렉스": ("그랜드 스타렉스",)}


def _may_be_later(succession: tuple[Car, ...], cars: tuple[Car, ...], tokens: Words) -> bool:
    """`스타렉스 17`: the number may be the year of a later car that is called so as well, as `신형` may say; `스타렉스 98` may not."""
    if "신형" in tokens:
        return True
    years = [2000 + int(word) for word in tokens if word.isdigit() and len(word) == 2]
    return any(car.first_year <= year <= car.last_year for car in succession[len(cars) :] for year in years)


def _by_name(cars: tuple[Car, ...], said: str | None, years: Span) -> Choice | None:
    """The only car of its name, unless the text is about years before it (`쏘나타 택시 2016` is not the 쏘나타 택시 of 2024)."""
    if len(cars) > 1 or said not in (None, cars[0].powertrain, "ICE"):
        return None
    return None if years and years[1] < cars[0].first_year - 1 else _chosen(cars[0], Match.NAME)


def _by_powertrain_and_years(model: str, cars: tuple[Car, ...], said: str | None, years: Span) -> Choice:
    kind = said or ("ICE" if any(car.powertrain == "ICE" for car in cars) else None)
    fitting = [car for car in cars if kind in (None, car.powertrain)]
    if said and len(fitting) == 1 and fitting[0].model == model and was_sold_in(years, fitting[0]):
        return _chosen(fitting[0], Match.POWERTRAIN)
    by_years = _only_car_of(fitting, years)
    return _chosen(by_years, Match.YEARS) if by_years else Choice(model, Match.FAMILY, None, said)


def _only_car_of(cars: list[Car], years: Span) -> Car | None:
    """The only car that was on sale in all of the years; for years without beginning or end, the only one in any of them.

    A year in which a generation followed another belongs to neither: the table knows years, not months, and a car built
    in autumn is often sold as the next year's.
    """
    if years is None:
        return None
    first, last = years
    if first == FIRST or last == NEVER:
        found = [car for car in cars if car.first_year <= last and first <= car.last_year]
    else:
        found = [car for car in cars if car.first_year <= first and last <= car.last_year]
    return found[0] if len(found) == 1 else None


def was_sold_in(years: Span, car: Car) -> bool:
    """Whether any of the years is one of the car's: `PHEV (2017-2022)` counts the years of another country."""
    return years is None or (car.first_year - 1 <= years[1] and years[0] <= car.last_year + 1)


def _chosen(car: Car, match: Match) -> Choice:
    return Choice(car.canonical, match, car.generation_code, car.powertrain)


def _edition(model: str, tokens: Words, cars: tuple[Car, ...], years: Span) -> str | None:
    """The generation of the longest edition name in the text, unless the years say that it cannot be."""
    editions = car_table().editions.get(model, {})
    for phrase, code in editions.items():
        if phrase[0] not in tokens:
            continue
        places = range(len(tokens) - len(phrase) + 1)
        if any(tokens[place : place + len(phrase)] == phrase and _may_say(phrase, tokens, place) for place in places):
            return code if _may_be_of(years, [car for car in cars if car.generation_code == code]) else None
    return None


def _may_say(edition: Words, tokens: Words, place: int) -> bool:
    """`쏘나타 2` is an edition, `쏘나타 하이브리드 2` is not; nor are the edge of `쏘나타 도어 엣지` and the `뉴` of `더 뉴`."""
    before = tokens[max(place - 1, 0) : place]
    if edition in BESIDE_NAME:
        return before in car_table().models
    return edition != ("뉴",) or before not in (("더",), ("올",), ("디",))


# Editions of one word that says something else as well, unless the name is right in front of it.
BESIDE_NAME = {("2",), ("3",), ("II",), ("III",), ("엣지",), ("스포츠",), ("SPORT",)}


def _may_be_of(years: Span, cars: list[Car]) -> bool:
    return years is None or any(
        (car.first_year - 1 <= years[0] and years[1] <= car.last_year + 1)
        or (years[1] == NEVER and years[0] <= car.last_year + 1)
        for car in cars
    )
