"""The day's price summary as a CSV file for people: RFC 4180, UTF-8 with a byte order mark, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re

from conf.days import parse_day
from conf.lake import Lake
from expectations import storage
from expectations.tables import SUMMARY, Options, open_table, path_of, records

TEXTS = ("part_official_name", "car_type")
COLUMNS = [
    *TEXTS,
    "extracted_at",
    "min_price",
    "max_price",
    "median_price",
    "offer_count",
    "source_count",
]
# A spreadsheet reads a cell that begins with one of these as a formula; an apostrophe in front makes it text.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# And a name of digits alone as a number or a date: 3-8 as the eighth of March, 0012 as 12, 1E5 as 100000.
NO_TEXT = re.compile(r"[\d\s.,/:+%Ee-]*\d[\d\s.,/:+%Ee-]*")


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
    writer.writerows([_safe(cell) if cell and name in TEXTS else cell for name, cell in row.items()] for row in rows)
    storage.write(csv_path(lake, dt), text.getvalue().encode("utf-8-sig"), storage_options)
    return csv_path(lake, dt)


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) or NO_TEXT.fullmatch(cell) else cell
