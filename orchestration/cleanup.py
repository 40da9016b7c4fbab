"""Removes what an empty day left in the lake, so that nobody takes it for a day with no prices."""

from __future__ import annotations

from conf.days import parse_day
from conf.lake import Lake
from expectations import storage
from expectations.batches import count_rows
from expectations.csv_copy import csv_path
from expectations.tables import SUMMARY, MissingTableError, Options, open_table, path_of


def cleanup_empty_mart_outputs(lake: Lake, dt: str, storage_options: Options = None) -> list[str]:
    """Removes the partition folder of a day without live rows and its CSV copy, and returns what was removed.

    A day with rows keeps everything, and so does a table that cannot be read (`LakeError`). Files in the folder of an
    empty day belong to earlier versions of that day: with them goes time travel to those, as the day is to be gone.
    Raises `ValueError` for what is not a day."""
    parse_day(dt)
    try:
        if count_rows(open_table(path_of(lake, SUMMARY), storage_options), dt):
            return []
    except MissingTableError:
        pass
    return [
        *storage.remove(f"{path_of(lake, SUMMARY)}/dt={dt}", storage_options),
        *storage.remove(csv_path(lake, dt).rpartition("/")[0], storage_options),
    ]
