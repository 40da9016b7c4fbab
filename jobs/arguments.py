"""The words that every Spark job understands."""

from __future__ import annotations

import argparse
from datetime import timedelta

from conf.days import parse_day
from conf.lake import add_arguments


def parse_arguments(description: str, words: list[str] | None, *, hold_back: bool = False) -> argparse.Namespace:
    """Reads `--lake` (or each layer) and `--dt`; a wrong one ends the program with a sentence."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--dt", required=True, help="the day, YYYY-MM-DD")
    parser.add_argument("--until", default="", metavar="DT", help="every day up to this one too, in order: a backfill")
    if hold_back:
        parser.add_argument(
            "--hold-back", default="", metavar="SOURCE[,SOURCE]", help="shops to leave out of today's marts"
        )
    found = parser.parse_args(words)
    if not (found.lake or (found.raw and found.clean and found.mart)):
        parser.error("name the lake: --lake ROOT, or each of --raw, --clean and --mart.")
    try:
        first, last = parse_day(found.dt), parse_day(found.until or found.dt)
    except ValueError as error:
        parser.error(f"--dt, --until: {error}")
    found.days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    if not found.days:
        parser.error(f"--until: {last} is before {first}.")
    return found
