"""Reads car texts: which car of conf/car_types.csv an entry means, or how much less it says. Nothing is compared by
similarity: model, generation code, edition name, powertrain and years are recognised as words (one wrong letter in the
name of a model is forgiven), and what the text leaves open stays open: the model alone (a family), `all`, a car outside
the list, or `unknown`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from transforms.car_choice import Match, choose, was_sold_in
from transforms.car_entries import Entry, entries, is_sport, says_every_car
from transforms.car_table import Model, car_table, listed_model
from transforms.car_words import is_empty
from transforms.plain_text import LONGEST, plain_lines

__all__ = ["CarReading", "Match", "read_cell"]


class CarReading(NamedTuple):
    """One car of a text: its label, how that was found, and what the text said about it."""

    car_text: str
    car_type: str
    car_type_match: Match
    model: str | None = None
    generation_code: str | None = None
    powertrain: str | None = None
    first_year: int | None = None
    last_year: int | None = None
    brand: str | None = None


_DIGIT = re.compile(r"[0-9]")
_KOREAN = re.compile(r"[가-힣]")
_ACCENTED = re.compile("[\u00c0-\u017f]")
_ACCENT = re.compile("[\u0300-\u036f]")
# Codes that are no other common abbreviation, so that they say the car without its model.
_TELLING = frozenset("YF LF NF EF HG TG IG XG MD AD HD XD DM CM TM TL LM JM RB RG3 GD PD BH RS4 VF TQ".split())
_PART_WORDS = re.compile(
    r"_|(?<![A-Z])(?:HOSE|ASSY|ASSEMBLY|BRACKET|BOLT|NUT|WASHER|CLIP|GASKET|SEAL|SENSOR|COVER|PUMP|FILTER|VALVE|KIT|PIPE|TUBE|LAMP|BEARING"
    r"|SWITCH|HARNESS|WIRING|MODULE|RADIO|SCREW|RING|HOLDER|SPRING|MOTOR|MIRROR|GRILLE?|BUMPER|PANEL|PAD|DISC|DISK|BELT|MOUNTING|ARM|PLUG(?!\s*-?IN)|LH|RH|FR|RR)(?![A-Z])"
    r"|볼트|너트|브라켓|브래킷|호스|필터|가스켓|램프|센서|클립|와셔|커버|베어링|펌프|밸브|스위치|패드|벨트|파이프|스프링|오일|실린더|범퍼|미러|몰딩|플러그(?!인)"
    r"|운전석|조수석|(?<![가-힣])(?:[좌우]측?|[앞뒤])(?![가-힣])|[0-9]{2}\s?Z?R[0-9]{2}"  # where a part sits; a tyre's size
)  # fmt: skip


@lru_cache(maxsize=100_000)
def read_cell(text: str | None) -> tuple[CarReading, ...]:
    """Every car of a cell, each label once, at least one. No text means that the part fits every car (the domain's rule)."""
    plain = _unaccented(plain_lines(text or ""))
    if is_empty(plain):
        return (CarReading("", "all", Match.EMPTY),)
    if len(plain) > LONGEST:
        return (CarReading(plain, "unknown", Match.UNMATCHED),)
    readings = [reading for entry in entries(plain) for reading in _read_entry(entry)]
    if not all(reading.model for reading in readings):
        readings = _about_cars(readings)
    return _each_once(readings or [CarReading(plain, "unknown", Match.UNMATCHED)])


def _about_cars(readings: list[CarReading]) -> list[CarReading]:
    """Without those that are about no car, or say less than the ones beside them; all of them where nothing else is left."""
    cars = [reading for reading in readings if reading.car_type_match is not Match.NOT_A_CAR]
    if any(reading.model for reading in cars):
        cars = [reading for reading in cars if not _says_only_shared(reading)]
    if any(reading.car_type_match is Match.ALL for reading in cars):  # `승용/RV 전차종`, `현대 전차종/기아 전차종`
        cars = [reading for reading in cars if reading.model or reading.car_type_match is Match.ALL]
    if any(reading.car_type_match is Match.OUTSIDE for reading in cars):
        cars = [reading for number, reading in enumerate(cars) if not _says_more(reading, cars[:number])]
    return cars or readings


def _unaccented(plain: str) -> str:
    """`SANTA FÉ` is a SANTA FE."""
    if _ACCENTED.search(plain) is None:
        return plain
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", plain)))


def _says_more(reading: CarReading, earlier: list[CarReading]) -> bool:
    """`LEXUS / CT200H / 2ZR-FXE`: letters and numbers behind a car outside the list are its models and engines."""
    unknown = reading.car_type_match is Match.UNMATCHED and not _KOREAN.search(reading.car_text)
    before = next((each for each in reversed(earlier) if each.car_type_match is not Match.UNMATCHED), None)
    return unknown and before is not None and before.car_type_match is Match.OUTSIDE


def _says_only_shared(reading: CarReading) -> bool:
    """`GV70 / GV80 공용` is a part that these two share."""
    says_no_car = reading.model is None and reading.car_type in ("all", "unknown")
    return says_no_car and "공용" in reading.car_text and "차" not in reading.car_text


def _each_once(readings: list[CarReading]) -> tuple[CarReading, ...]:
    """Entries of one label become one car whose text names them all: an offer counts once for each car."""
    if len(readings) == 1:
        return (readings[0],)
    merged: dict[str, CarReading] = {}
    for reading in readings:
        earlier = merged.get(reading.car_type)
        if earlier is None:
            merged[reading.car_type] = reading
        elif reading.car_text not in earlier.car_text.split(" | "):
            merged[reading.car_type] = earlier._replace(car_text=f"{earlier.car_text} | {reading.car_text}")
    return tuple(merged.values())


@lru_cache(maxsize=100_000)
def _read_entry(entry: Entry) -> tuple[CarReading, ...]:
    return tuple(_cars_of(entry))


def _cars_of(entry: Entry) -> Iterator[CarReading]:
    """One car, or one for each generation code of an entry such as `아반떼 AD MD`."""
    table = car_table()
    if _SUCCESSOR in entry.words and (entry.model is None or entry.model.listed):
        yield _successor(entry)
    elif entry.model is None and (says_every_car(entry.words) or entry.words == _EVERY_ONE):
        yield from _every_car(entry)
    elif entry.model is None or not _is_believed(entry):
        yield from _read_without_model(entry)
    else:
        model = _renamed(entry, entry.model)
        entry = entry._replace(model=model)
        if not model.listed:
            code = next((word for word in entry.words if table.other_codes.get(word) == model), None)
            yield _reading(entry, model.label, Match.OUTSIDE, code, None)
            return
        for label, match, code, powertrain in choose(_sport(model.name, entry.words), entry.words, entry.years):
            yield _reading(entry, label, match, code, powertrain)


def _successor(entry: Entry) -> CarReading:
    """`스타렉스 후속` and `NF 쏘나타 후속` are about a later car, and do not say which."""
    if entry.model is None:
        return CarReading(entry.text, "unknown", Match.UNMATCHED)
    return _reading(entry, entry.model.name, Match.FAMILY, None, None)


_SUCCESSOR = "후속"


def _renamed(entry: Entry, model: Model) -> Model:
    """A name that a later car has as well, at home without its numeral (`포터 11년식`) or abroad (`엘란트라 AD`): the later car
    where a code says it, or years in which no other one was sold."""
    later = _RENAMED.get(model.name)
    if later is None:
        return model
    table = car_table()
    own = table.by_model.get(model.name, ())
    coded = {hint.model for word in entry.words for hint in table.codes.get(word, ())}
    if model.name in coded:
        return model
    first, last = entry.years or (0, 0)
    is_newer = first > min(car.first_year for car in table.by_model[later])
    is_own = any(car.first_year - 1 <= last and first <= car.last_year + 1 for car in own)
    is_coded = any(table.family[name] == table.family[later] for name in coded)
    return listed_model(later) if is_coded or (is_newer and not is_own) else model


_RENAMED = {"포터": "포터Ⅱ", "엘란트라": "아반떼", "티뷰론": "투스카니", "엑센트": "베르나"}


def _every_car(entry: Entry) -> list[CarReading]:
    """`기아 전차종` is outside of the list; `현대/기아 전차종` is not. `LF 공용` is one car, and `전기차 전차종` not every one."""
    if coded := _by_code(entry):
        return coded
    brands = [maker for word in entry.words if (maker := _maker(word))]
    if brands and "현대" not in brands:
        return [CarReading(entry.text, brands[0], Match.OUTSIDE, brand=brands[0])]
    if _is_limited(entry, bool(brands)):
        return [CarReading(entry.text, "unknown", Match.UNMATCHED)]
    return [CarReading(entry.text, "all", Match.ALL, brand=brands[0] if brands else None)]


_EVERY_ONE = ("전체",)  # as a cell of its own only: beside other words it says little


def _is_limited(entry: Entry, has_brand: bool) -> bool:
    """Whether some cars only are meant: those of a fuel or a kind, or whichever share the part (`세타엔진 공용`, `좌우 공용`)."""
    table, words = car_table(), entry.words
    if table.powertrains_in(words) or not _SOME_CARS.isdisjoint(words):
        return True
    is_shared = not any(words[i:j] in _names_of_all() for i in range(len(words)) for j in range(i + 1, i + 4))
    return is_shared and not has_brand and any(word not in table.ordinary | _SHARED_BY_ALL for word in words)


_SOME_CARS = frozenset("상용 상용차 화물 화물차 트럭 버스 대형 대형차 수입 수입차 외제차 엔진 택시".split())
_SHARED_BY_ALL = frozenset(
    "전체 국산 국산차 승용 승용차 차량 차량용 자동차 자동차용 차 부품 순정 정품 용 가능 사용 호환 겸용 제품".split()
)


@lru_cache(maxsize=1)
def _names_of_all() -> frozenset[tuple[str, ...]]:
    """The ways to say every car that are no ordinary word, as `공용` is."""
    table = car_table()
    return frozenset(phrase for phrase in table.every_car if not table.ordinary.issuperset(phrase))


def _sport(model: str, words: tuple[str, ...]) -> str:
    """The 하이브리드 of `아반떼 CN7 N/하이브리드` is no 아반떼 N."""
    cars, said = car_table().by_model.get(f"{model} N", ()), car_table().powertrains_in(words)
    is_fitting = not said or any(car.powertrain in said for car in cars)
    return f"{model} N" if cars and is_fitting and is_sport(words) else model


def _is_believed(entry: Entry) -> bool:
    """A car's name that is an ordinary word as well is believed beside its maker's or its own code, or when nothing unknown
    stands beside it but numbers."""
    table = car_table()
    if not any(word in table.ordinary and table.models.get((word,)) == entry.model for word in entry.words):
        return True
    if any(_maker(word) == entry.model.brand for word in entry.words if entry.model):
        return True
    if any(hint.model == entry.model.name for word in entry.words for hint in table.codes.get(word, ()) if entry.model):
        return True
    if any(table.other_codes.get(word) == entry.model for word in entry.words):
        return True
    if _PART_WORDS.search(entry.text.replace("_", " ")):
        return False
    if _is_named_at_length(entry):
        return True
    return all(word in table.atoms or _DIGIT.search(word) for word in entry.words)


def _is_named_at_length(entry: Entry) -> bool:
    """`더 넥스트 스파크` is no ordinary word."""
    models, words = car_table().models, entry.words
    spans = ((begin, begin + length) for length in (2, 3, 4) for begin in range(len(words) - length + 1))
    return any(models.get(words[begin:end]) == entry.model for begin, end in spans)


def _maker(word: str) -> str | None:
    table = car_table()
    model = table.models.get((word,))
    return table.brands.get(word) or (model.brand if model and not model.name else None)


def _reading(entry: Entry, label: str, match: Match, code: str | None, powertrain: str | None) -> CarReading:
    first, last = entry.years or (None, None)
    model = entry.model
    name, brand = (model.name or None, model.brand) if model else (None, None)
    return CarReading(
        entry.text, label, match, name, code, powertrain, first or None, None if last == 9999 else last, brand
    )


def _read_without_model(entry: Entry) -> list[CarReading]:
    """Codes or an edition that belong to one model say the car; a maker alone says that it is outside the list."""
    table = car_table()
    strange = [
        word
        for word in entry.words
        if (word not in table.atoms or word in table.foreign) and word not in table.other_codes and not word.isdigit()
    ]
    if not strange and not _PART_WORDS.search(entry.text):
        found = _by_code(entry) or _by_edition(entry)
        if found:
            return found
    brand = next((table.brands[word] for word in entry.words if word in table.brands), None)
    if brand == "기아":
        return [CarReading(entry.text, brand, Match.OUTSIDE, brand=brand)]
    part = _PART_WORDS.search(entry.text)
    return [CarReading(entry.text, "unknown", Match.NOT_A_CAR if part else Match.UNMATCHED, brand=brand)]


def _by_code(entry: Entry) -> list[CarReading]:
    table = car_table()
    codes = [word for word in entry.words if word in table.codes]
    outside = {table.other_codes[word] for word in entry.words if word in table.other_codes}
    models = {hint.model for word in codes for hint in table.codes[word]}
    owners = {model for model in models if table.family[model] == model} or models
    if not codes and len(outside) == 1:
        model = outside.pop()
        return [_reading(entry._replace(model=model), model.label, Match.OUTSIDE, None, None)]
    if outside or not codes:
        return []
    if len(owners) > 1:
        return [CarReading(entry.text, "unknown", Match.AMBIGUOUS_CODE)]
    name = owners.pop()
    if not all(len(code) > 2 or (code in _TELLING and _may_be_alone(code, name, entry)) for code in codes):
        return []
    return _without_name(entry, name, Match.CODE_ALONE)


def _may_be_alone(code: str, model: str, entry: Entry) -> bool:
    """`CM 30` is a length, `HD 24` no 아반떼 of 2024."""
    if entry.words != (code,) and all(word == code or (word.isdigit() and len(word) < 3) for word in entry.words):
        return False
    return any(was_sold_in(entry.years, car) for car in car_table().by_model[model] if car.generation_code == code)


def _by_edition(entry: Entry) -> list[CarReading]:
    """`뉴라이즈 하이브리드`: a name that only the 쏘나타 had, beside its maker's or words that name no car."""
    table, words = car_table(), entry.words
    for phrase, model in table.telling_editions.items():
        begin = next((i for i in range(len(words)) if words[i : i + len(phrase)] == phrase), None)
        rest = () if begin is None else words[:begin] + words[begin + len(phrase) :]
        own, brand = table.editions[model], listed_model(model).brand
        if begin is not None and all(
            word in table.harmless or table.brands.get(word) == brand or (word,) in table.powertrains or (word,) in own
            for word in rest
        ):
            return _without_name(entry, model, Match.EDITION)
    return []


def _without_name(entry: Entry, name: str, match: Match) -> list[CarReading]:
    named = entry._replace(model=listed_model(name))
    return [
        _reading(named, label, match if found == Match.CODE else found, code, powertrain)
        for label, found, code, powertrain in choose(_sport(name, entry.words), entry.words, entry.years)
    ]
