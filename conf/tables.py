"""The tables of cars and the bounds of prices, checked line by line before anything is read with them: a mistake in one of them
would otherwise be a car that is never found, or found for another."""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any, NamedTuple

Words = tuple[str, ...]
Row = dict[str, str]

_COLUMNS = {
    "car_types.csv": "canonical model generation_code powertrain first_year last_year source".split(),
    "car_aliases.csv": "kind words value generation_code powertrain source".split(),
    "car_other_brands.csv": "brand model words codes".split(),
}
_POWERTRAINS = ("ICE", "HEV", "PHEV", "EV", "FCEV")
_OF_A_MODEL = ("model", "edition", "telling", "code")
_KINDS = (*_OF_A_MODEL, "powertrain", "all", "brand", "word", "ordinary")
_ONE_WORD = ("code", "brand", "word", "ordinary")
_KINDS_WITH = {
    "value": (*_OF_A_MODEL, "brand"),
    "generation_code": ("edition", "code"),
    "powertrain": ("powertrain", "code"),
}
_RUN = re.compile(r"[가-힣]+|[A-Z0-9]+")
_YEAR = re.compile(r"19[6-9][0-9]|20[0-4][0-9]")


class TableError(ValueError):
    """A file of `conf/` cannot be used. The message names file, line, field and value of every mistake, and what is expected."""


class CarTables(NamedTuple):
    """The rows of the three files."""

    types: list[Row]
    aliases: list[Row]
    others: list[Row]


def words(phrase: str) -> Words:
    """The words of a spelling, as those of a text are told apart: runs of Korean syllables, and of Latin letters and digits."""
    return tuple(_RUN.findall(unicodedata.normalize("NFKC", phrase).upper()))


def read_car_tables() -> CarTables:
    """Raises `TableError` with a line for each mistake of the three files."""
    types, aliases, others = _in_columns()
    models = {row["model"] for _, row in types}
    codes = {(row["model"], row["generation_code"]) for _, row in types}
    _raise(
        [
            *_wrong("car_types.csv", types, _car),
            *_wrong("car_aliases.csv", aliases, lambda row: _alias(row, models, codes)),
            *_wrong("car_other_brands.csv", others, _other),
        ]
    )
    _raise(
        [
            *_twice("car_types.csv", types, lambda row: [(row["canonical"],)], lambda row: ",".join(row.values())),
            *_twice("car_aliases.csv", aliases, _alias_keys, _alias_meaning),
            *_twice("car_other_brands.csv", others, _spellings, lambda row: f"{row['brand']} {row['model']}"),
            *_listed(others, {words(model) for model in models} | _names(aliases)),
        ]
    )
    return CarTables(*([row for _, row in rows] for rows in (types, aliases, others)))


def _raise(mistakes: list[str]) -> None:
    if mistakes:
        raise TableError("\n".join(mistakes))


def _in_columns() -> list[list[tuple[int, Row]]]:
    """The rows of each file with their lines."""
    mistakes: list[str] = []
    tables = [list(_rows(name, mistakes)) for name in _COLUMNS]
    _raise(mistakes)
    return tables


def _rows(name: str, mistakes: list[str]) -> Iterator[tuple[int, Row]]:
    try:
        text = resources.files("conf").joinpath(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        mistakes.append(f"conf/{name}: is not UTF-8 text: save it as such, or change it with iconv -f cp949 -t utf-8.")
        return
    columns = _COLUMNS[name]
    reader = csv.reader(text.splitlines())
    if next(reader, []) != columns:
        mistakes.append(f"conf/{name}, line 1: {','.join(columns)} is expected.")
        return
    line = 2
    for fields in reader:
        if reader.line_num > line:
            mistakes.append(f'conf/{name}, line {line}: a double quote is not closed: write "" for one in a text.')
        elif fields and len(fields) != len(columns):
            mistakes.append(
                f"conf/{name}, line {line}: has {len(fields)} fields: {len(columns)} are expected"
                f" ({','.join(columns)}); a text with a comma goes into double quotes."
            )
        elif fields:
            yield line, {column: field.strip() for column, field in zip(columns, fields, strict=True)}
        line = reader.line_num + 1


def _wrong(name: str, rows: list[tuple[int, Row]], check: Callable[[Row], Iterator[tuple[str, str]]]) -> Iterator[str]:
    for line, row in rows:
        for field, expected in check(row):
            said = repr(row[field]) if row[field] else "empty"
            yield f"conf/{name}, line {line}: {field} is {said}: {expected}."


def _car(row: Row) -> Iterator[tuple[str, str]]:
    for field in ("canonical", "model"):
        if not row[field]:
            yield field, "a name is expected"
    if re.fullmatch("[0-9A-Z]+", row["generation_code"]) is None:
        yield "generation_code", "capital letters and digits are expected, such as DN8"
    elif f"({row['generation_code']}" not in row["canonical"]:
        yield "canonical", f"the model with its code in brackets is expected: ({row['generation_code']})"
    if row["powertrain"] not in _POWERTRAINS:
        yield "powertrain", f"one of {', '.join(_POWERTRAINS)} is expected"
    years = [row["first_year"], row["last_year"] or row["first_year"]]
    for field, year in zip(("first_year", "last_year"), years, strict=True):
        if not _YEAR.fullmatch(year):
            yield (
                field,
                "a year is expected, such as 2016" + ("; empty while it is sold" if field == "last_year" else ""),
            )
            return
    if years[1] < years[0]:
        yield "last_year", f"{years[0]}, its first year, or a later one is expected"


def _alias(row: Row, models: set[str], codes: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    kind, found = row["kind"], words(row["words"])
    if kind not in _KINDS:
        yield "kind", f"one of {', '.join(_KINDS)} is expected"
        return
    if not found or (kind in _ONE_WORD and len(found) > 1):
        yield "words", "one word is expected" if kind in _ONE_WORD else "Korean or Latin letters or digits are expected"
    if kind in _OF_A_MODEL and row["value"] not in models:
        yield "value", "a model of conf/car_types.csv is expected"
    elif kind in ("edition", "code") and (row["value"], row["generation_code"]) not in codes:
        yield "generation_code", f"a code that {row['value']} has in conf/car_types.csv is expected"
    if kind == "brand" and not row["value"]:
        yield "value", "the maker's name is expected"
    if (kind == "powertrain" or row["powertrain"]) and row["powertrain"] not in _POWERTRAINS:
        yield "powertrain", f"one of {', '.join(_POWERTRAINS)} is expected"
    for field, kinds in _KINDS_WITH.items():
        if row[field] and kind not in kinds:
            yield field, f"nothing is expected, because kind {kind} has none: leave it empty, or choose another kind"


def _other(row: Row) -> Iterator[tuple[str, str]]:
    if not row["brand"]:
        yield "brand", "the maker's name is expected"
    for field in ("words", "codes"):
        parts = row[field].split("|") if row[field] or field == "words" else []
        if not all(words(part) for part in parts):
            yield field, "Korean or Latin letters or digits are expected, and between several of them |"


def _twice(
    name: str, rows: list[tuple[int, Row]], keys: Callable[[Row], list[Any]], meaning: Callable[[Row], str]
) -> Iterator[str]:
    """What stands on two lines with two meanings: one of them would be lost. The last of a key is the text."""
    first: dict[Any, tuple[int, str]] = {}
    for line, row in rows:
        for key in keys(row):
            earlier, meant = first.setdefault(key, (line, meaning(row)))
            if meant != meaning(row):
                text = key[-1] if isinstance(key[-1], str) else " ".join(key[-1])
                yield f"conf/{name}, line {line}: '{text}' has another meaning on line {earlier}: keep one of them."


def _alias_keys(row: Row) -> list[Any]:
    """A code may be that of several models, and an edition as well; a word that says nothing has no meaning to lose."""
    about = row["value"] if row["kind"] in ("edition", "code") else ""
    return [] if row["kind"] in ("all", "word", "ordinary") else [(row["kind"], about, words(row["words"]))]


def _alias_meaning(row: Row) -> str:
    return f"{row['value']} {row['generation_code']} {row['powertrain']}"


def _names(aliases: list[tuple[int, Row]]) -> set[Words]:
    return {words(row["words"]) for _, row in aliases if row["kind"] == "model"}


def _listed(others: list[tuple[int, Row]], names: set[Words]) -> Iterator[str]:
    """A spelling of a car of the list is always read as that one."""
    for line, row in others:
        for spelling in row["words"].split("|"):
            if words(spelling) in names:
                yield (
                    f"conf/car_other_brands.csv, line {line}: '{spelling}' is a car of conf/car_types.csv or car_aliases.csv, too: "
                    "keep one of them."
                )


def _spellings(row: Row) -> list[Any]:
    return [(words(spelling),) for spelling in row["words"].split("|")]


def read_price_bounds() -> dict[str, int]:
    """`lowest_krw`, `highest_krw` and `largest_pack`. Raises `TableError` with a line for each mistake."""
    fields = ("lowest_krw", "highest_krw", "largest_pack")
    try:
        found = tomllib.loads(resources.files("conf").joinpath("prices.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TableError(f"conf/prices.toml: {error}: a line is `field = number` or begins with #.") from error
    mistakes = [f"{name} is none of its fields: {', '.join(fields)}" for name in found if name not in fields]
    for name in fields:
        value = found.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            said = "missing" if value is None else repr(value)
            mistakes.append(f"{name} is {said}: a whole number above 0 is expected, without a sign or quotes")
    if not mistakes and found["highest_krw"] < found["lowest_krw"]:
        mistakes.append(f"highest_krw is {found['highest_krw']}: more than lowest_krw is expected")
    _raise([f"conf/prices.toml: {mistake}." for mistake in mistakes])
    return found
