"""What a person has looked at and let through: a shop whose day looked sick, or the figures of a whole day (`mart`). From
that day on it is what later days are compared with, so that a lasting change is accepted once.

`python -m expectations.accepted --lake ROOT --dt D partsro mart`; then judge the day again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

import pyarrow as pa

from conf.days import parse_day
from conf.lake import Lake, add_arguments
from expectations.tables import (
    ACCEPTED,
    LakeError,
    MissingTableError,
    Options,
    open_table,
    path_of,
    records,
    write_partition,
)

HOW_TO_ACCEPT = 'If that is right, trigger the day again with {{"dt": "{dt}", "accept": ["{name}"]}}.'
MART = "mart"  # stands for the day's figures beside the names of the shops


def accept(lake: Lake, dt: str, names: Iterable[str], options: Options = None) -> list[str]:
    """Adds to what is accepted for a day; all of it. Accepting again changes nothing. Raises `LakeError`."""
    parse_day(dt)
    known = {name for name, days in _accepted(lake, options).items() if dt in days}
    wanted = known.union(names)
    if wanted != known:
        rows = [{"dt": dt, "name": name} for name in sorted(wanted)]
        write_partition(path_of(lake, ACCEPTED), pa.Table.from_pylist(rows), {"dt": dt}, options)
    return sorted(wanted)


def baselines(lake: Lake, dt: str, options: Options) -> dict[str, str]:
    """For each name the newest day, up to `dt`, on which it was accepted: no earlier day is compared with any more."""
    found = {name: [day for day in days if day <= dt] for name, days in _accepted(lake, options).items()}
    return {name: max(days) for name, days in found.items() if days}


def _accepted(lake: Lake, options: Options) -> dict[str, set[str]]:
    try:
        table = open_table(path_of(lake, ACCEPTED), options)
    except MissingTableError:
        return {}
    days: dict[str, set[str]] = {}
    for row in records("SELECT name, dt FROM t", t=table):
        days.setdefault(row["name"], set()).add(row["dt"])
    return days


def _check_names(lake: Lake, names: Iterable[str]) -> None:
    """A slip of the pen would be kept, and the day judged as before."""
    from expectations.sources import source_days

    known = [*sorted({row["source"] for row in source_days(lake, None)}), MART]
    wrong = [name for name in names if name not in known]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no such shop was judged in this lake. Name {', '.join(known)}.")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m expectations.accepted", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--dt", required=True, help="the day, as YYYY-MM-DD")
    parser.add_argument("names", nargs="+", metavar="SHOP|mart", help="a shop, or mart for the day's figures")
    given = parser.parse_args(arguments)
    lake = Lake.from_arguments(given)
    try:
        _check_names(lake, given.names)
        names = accept(lake, given.dt, given.names)
    except (LakeError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(f"Accepted for {given.dt}: {', '.join(names)}. Judge the day again to publish it.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
