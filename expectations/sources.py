"""Is each shop's day healthy? Run after the offers are cleaned and before the marts are built: a sick shop's offers are held
back, so that the others can be published. The answer is kept in `mart/source_verdict`."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from statistics import median
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from conf.days import parse_day
from conf.lake import Lake, add_arguments
from expectations.accepted import HOW_TO_ACCEPT, baselines
from expectations.measures import GOOD, GOOD_DAYS, verdicts_before
from expectations.shops import COMMON_PARTS, level_of_a_new_shop, since
from expectations.tables import (
    OFFERS,
    SOURCES,
    LakeError,
    MissingTableError,
    Options,
    open_table,
    path_of,
    quoted,
    records,
    write_partition,
)

if TYPE_CHECKING:
    from deltalake import DeltaTable

FEWEST_PAGES = 0.6  # of the usual pages: a shop that lost half its rows, give or take, did not lose them to sales
FEWER_PAGES = 0.85  # below it a warning: a healthy run is within 10-20 %
MORE_PAGES = 2  # times the usual pages, or more, give a warning: the shop may list each page twice
FEWEST_FIELDS = 0.7  # of the usual share of rows with a name, or with a named car: below it the page layout has changed
TOO_LATE = (
    "its offers of this day are in the mart, which was made before they were compared (clear judge_sources, and it is made "
    "without them)"
)
# A shop that answers many of its addresses with the same few pages has as many pages and offers as ever.
AMOUNTS = {"pages": "pages", "rows": "offers", "parts": "part numbers"}
# What a row should say, and how many rows must usually say it before it is compared: one car more or less of a small shop is nothing.
FIELDS = {"named": ("part", 1), "with_car": ("car", COMMON_PARTS)}


@dataclass(frozen=True)
class SourceDay:
    """One shop's day: its figures, the sentence that says why it is held back (empty when it is not), and one that says what
    is worth knowing of a shop that is published."""

    dt: str
    source: str
    pages: int
    rows: int
    parts: int
    named: float
    with_car: float
    median_price: float
    last_good_day: str
    held_back: str
    note: str
    in_mart: bool  # judged when its offers were in the mart already, so that what is wrong with it is only told


def judge_sources(
    lake: Lake,
    dt: str,
    *,
    storage_options: Options = None,
    suppliers: Iterable[str] | None = None,
    in_mart: bool = False,
) -> dict[str, str]:
    """The shops to hold back, each with the sentence that says why. A shop accepted for the day is let through, and its
    earlier days count no more. `suppliers`: who was asked; one that was not is not missed. `in_mart`: it is too late to hold
    back, and the shops are those that stop the mart. Judging again replaces the day's answer. Raises `LakeError`."""
    parse_day(dt)
    offers = open_table(path_of(lake, OFFERS), storage_options)
    today = {row["source"]: row for row in _figures(offers, dt)}
    history, accepted = _history(lake, dt, storage_options), baselines(lake, dt, storage_options)
    expected = set(history) if suppliers is None else set(history).intersection(suppliers)
    days = [
        _judge(offers, dt, source, today.get(source), history.get(source, []), accepted.get(source, ""), in_mart)
        for source in sorted({*today, *expected})
    ]
    _keep(lake, dt, [replace(day, held_back="") if in_mart else day for day in days], storage_options)
    return {day.source: day.held_back for day in days if day.held_back}


def _figures(offers: DeltaTable, dt: str) -> list[dict[str, Any]]:
    sql = (
        "SELECT source, count(DISTINCT url) AS pages, count(*) AS rows, count(DISTINCT part_no) AS parts, "  # noqa: S608
        "avg(CASE WHEN trim(coalesce(name, '')) = '' THEN 0.0 ELSE 1.0 END) AS named, "
        "avg(CASE WHEN car_type IN ('all', 'unknown') THEN 0.0 ELSE 1.0 END) AS with_car, "
        f"median(cast(price_krw AS double)) AS median_price FROM t WHERE dt = '{dt}' AND source IS NOT NULL GROUP BY source"
    )
    return records(sql, t=offers)


def _history(lake: Lake, dt: str, options: Options) -> dict[str, list[dict[str, Any]]]:
    """For each shop its last good days, newest first: days that the gate let through and on which it was not held back."""
    by_source: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in source_days(lake, options):
        if row["dt"] < dt and row["rows"] > 0 and not row["held_back"]:
            by_source[row["source"]].append(row)
    good = {day["dt"] for day in verdicts_before(lake, dt, options) if day["status"] in GOOD}
    return {
        source: kept
        for source, rows in by_source.items()
        if (kept := [row for row in rows if row["dt"] in good][:GOOD_DAYS])
    }


def source_days(lake: Lake, options: Options, *days: str) -> list[dict[str, Any]]:
    """What is kept of every shop's days, newest first; every day has a file, so whoever needs a few days names them."""
    try:
        table = open_table(path_of(lake, SOURCES), options)
    except MissingTableError:
        return []
    which = f"WHERE dt IN ({', '.join(map(quoted, days))})" if days else ""
    return records(f"SELECT * FROM t {which} ORDER BY dt DESC, source", t=table)  # noqa: S608


def beside_usual(lake: Lake, dt: str, options: Options) -> list[dict[str, Any]]:
    """The day's shops with their usual figures, for the reader of the page."""
    history = _history(lake, dt, options)
    return [
        row
        | {
            f"usual_{name}": median(day[name] for day in history[row["source"]]) if row["source"] in history else None
            for name in ("pages", "rows", "median_price")
        }
        for row in source_days(lake, options, dt)
    ]


def held_back(lake: Lake, dt: str, options: Options) -> dict[str, str]:
    """The shops held back on a day, as `judge_sources` last said."""
    return {row["source"]: row["held_back"] for row in source_days(lake, options, dt) if row["held_back"]}


def sentences_about(lake: Lake, dt: str, options: Options) -> list[str]:
    """What is worth knowing of the shops that are published."""
    return [row["note"] for row in source_days(lake, options, dt) if row.get("note")]


def are_judged(lake: Lake, dt: str, options: Options) -> bool:
    """Whether a day's shops were compared with their earlier days before its mart was made."""
    return any(not row.get("in_mart") for row in source_days(lake, options, dt))


def changed_since(offers: DeltaTable, lake: Lake, dt: str, options: Options) -> list[str]:
    """Offers that were cleaned again after the shops were judged were compared with nothing: a sentence that names the shops."""
    sql = (
        "SELECT source, count(*) AS rows, median(cast(price_krw AS double)) AS median_price FROM t "  # noqa: S608
        f"WHERE dt = '{dt}' AND source IS NOT NULL GROUP BY source"
    )
    now = {row["source"]: (row["rows"], row["median_price"]) for row in records(sql, t=offers)}
    then = {row["source"]: (row["rows"], row["median_price"]) for row in source_days(lake, options, dt) if row["rows"]}
    if now == then:
        return []
    others = "; ".join(
        f"{source} had {_amount(then.get(source))} and has {_amount(now.get(source))}"
        for source in sorted({*now, *then})
        if now.get(source) != then.get(source)
    )
    told = f"The shops of {dt} were judged when their offers were other ones: {others}."
    return [f"{told} Clear judge_sources, or run python -m expectations.sources."]


def _amount(offers: tuple[int, float | None] | None) -> str:
    return "no offers" if offers is None else f"{offers[0]:,} offers (median price {offers[1] or 0:,.0f})"


def _judge(
    offers: DeltaTable,
    dt: str,
    source: str,
    found: dict[str, Any] | None,
    history: list[dict[str, Any]],
    accepted: str,
    in_mart: bool,
) -> SourceDay:
    history = [day for day in history if day["dt"] >= accepted]
    figures = found or {"pages": 0, "rows": 0, "parts": 0, "named": 0.0, "with_car": 0.0, "median_price": 0.0}
    last = history[0]["dt"] if history else ""
    why, note = (
        _compared(offers, dt, source, figures, history) if history else ("", level_of_a_new_shop(offers, dt, source))
    )
    if why:
        where = "its offers of this day are held back"
        if in_mart:
            where = TOO_LATE if found else "the mart of this day was made without it"
        why = f"{why}: {where}. Its last good day is {last}, {_age(dt, last)}."
        why += f" {HOW_TO_ACCEPT.format(dt=dt, name=source)}"
    known = {name: figures[name] for name in ("pages", "rows", "parts", "named", "with_car", "median_price")}
    held, told = (why, note) if found or not in_mart else ("", why)
    return SourceDay(dt=dt, source=source, last_good_day=last, in_mart=in_mart, held_back=held, note=told, **known)


def _compared(
    offers: DeltaTable, dt: str, source: str, found: dict[str, Any], history: list[dict[str, Any]]
) -> tuple[str, str]:
    """Why the shop is held back, or else what is worth knowing; both may be empty."""
    usual = {name: median(past) for name in (*AMOUNTS, *FIELDS) if (past := _known(history, name))}
    known = {name: what for name, what in AMOUNTS.items() if name in usual}
    times = {what: found[name] / usual[name] for name, what in known.items()}
    amounts = {
        what: f"{source} has {found[name]:,} {what} where {usual[name]:,.0f} are usual" for name, what in known.items()
    }
    least, most = min(times, key=times.__getitem__), max(times, key=times.__getitem__)
    if times[least] < FEWEST_PAGES:
        return amounts[least], ""
    for name, (what, fewest_rows) in FIELDS.items():
        usual_rows = found["rows"] * usual.get(name, 0)
        if usual_rows >= fewest_rows and found[name] < usual[name] * FEWEST_FIELDS:
            return f"{source} names its {what} on {found[name]:.0%} of rows where {usual[name]:.0%} are usual", ""
    whys, notes = since(offers, dt, source, found["parts"], history[0]["dt"])
    why = " and ".join(whys)
    notes += [
        amounts[least] if times[least] < FEWER_PAGES else "",
        amounts[most] if times[most] >= MORE_PAGES else "",
    ]
    return why, " ".join(f"{said}." for said in notes if said and not why)


def _known(history: list[dict[str, Any]], name: str) -> list[float]:
    """A lake of an earlier version has no value for a figure that came later."""
    return [day[name] for day in history if day.get(name) is not None]


def _age(dt: str, last: str) -> str:
    days = (date.fromisoformat(dt) - date.fromisoformat(last)).days
    return f"{days} day{'s' if days > 1 else ''} before"


def _keep(lake: Lake, dt: str, days: list[SourceDay], options: Options) -> None:
    kinds = {"str": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    schema = pa.schema([(name, kinds[str(kind)]) for name, kind in SourceDay.__annotations__.items()])
    rows = pa.Table.from_pylist([asdict(day) for day in days], schema=schema)
    write_partition(path_of(lake, SOURCES), rows, {"dt": dt}, options)


def main(arguments: list[str] | None = None) -> int:
    """Prints the shops to hold back as the words that `jobs/build_marts.py` takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--dt", required=True)
    given = parser.parse_args(arguments)
    try:
        sick = judge_sources(Lake.from_arguments(given), given.dt)
    except (LakeError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    for sentence in sick.values():
        print(sentence, file=sys.stderr)  # noqa: T201
    print(",".join(sick))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
