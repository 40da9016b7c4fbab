"""The day of a run: one value, fixed at its start, that every component is given and none works out for itself."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")


def parse_day(text: str) -> date:
    """Reads `YYYY-MM-DD`, and only that. Raises `ValueError` with a sentence that says what to write instead."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"'{text}' is not a day: write it as YYYY-MM-DD, for example 2026-11-23.")
    return day


def day_in_seoul(instant: datetime) -> str:
    """The shops' calendar day at an instant that knows its time zone."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone, so it does not say which day it is in Seoul.")
    return instant.astimezone(SEOUL).date().isoformat()
