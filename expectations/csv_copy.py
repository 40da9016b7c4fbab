"""The day's price summary as a CSV file for people: RFC 4180, UTF-8 with a byte order mark, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from conf.days import parse_day
from conf.lake import Lake
from expectations import storage
from expectations.tables import SUMMARY, Options, open_table, path_of, records

COLUMNS = [
    "part_official_name",
    "car_type",
    "extracted_at",
    "min_price",
    "max_price",
    "median_price",
    "offer_count",
    "source_count",
]
# A spreadsheet reads a cell that begins with one of these as a formula; an apostrophe in front makes it text.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_path(lake: Lake, dt: str) -> str:
    """Where the copy of a day is."""
    return f"{lake.mart}/csv/dt={dt}/name_price_summary.csv"


def write_csv_copy(lake: Lake, dt: str, storage_options: Options = None, version: int | None = None) -> str:
    """Writes the copy of a day, at the mart's version that was judged, and returns its path. Rows are in key order, so
    equal marts give equal files."""
    parse_day(dt)
    columns = ", ".join("cast(extracted_at AS string) AS extracted_at" if c == "extracted_at" else c for c in COLUMNS)
    sql = f"SELECT {columns} FROM t WHERE dt = '{dt}' ORDER BY part_official_name, car_type"  # noqa: S608
    rows = records(sql, t=open_table(path_of(lake, SUMMARY), storage_options, version))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_safe(cell) for cell in row] for row in (found.values() for found in rows))
    storage.write(csv_path(lake, dt), text.getvalue().encode("utf-8-sig"), storage_options)
    return csv_path(lake, dt)


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
