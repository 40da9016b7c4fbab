"""The day's raw offers as one frame for their suite: the fields that must be there, and the folder each row was found in."""

from __future__ import annotations

import gzip
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from conf.days import SEOUL, parse_day
from conf.lake import Lake
from expectations import storage
from expectations.tables import Options

FIELDS = ["source", "url", "dt", "fetched_at", "name", "part_no", "price_text"]
READERS = 16  # a day has thousands of small files, and S3 takes its time over each
SCHEMA = pa.schema([(field, pa.string()) for field in FIELDS])


def read_raw(lake: Lake, dt: str, options: Options) -> tuple[pa.Table, list[str]]:
    """The rows, with the source `folder` they are in, and a sentence for each file that cannot be read."""
    files = [
        (source, file)
        for source in storage.folders(lake.raw, options)
        for file in storage.under(lake.offers(source, dt), options)
        if file.endswith(".jsonl.gz")
    ]
    with ThreadPoolExecutor(READERS) as pool:
        found = list(pool.map(lambda place: _read(place[0], place[1], options), files))
    tables, troubles = [rows for rows, _ in found if rows is not None], [said for _, said in found if said]
    every = pa.concat_tables(tables) if tables else SCHEMA.append(pa.field("folder", pa.string())).empty_table()
    # Texts of one form sort as their instants do.
    began = datetime.combine(parse_day(dt), time.min, SEOUL).astimezone(UTC).isoformat()
    early = pc.if_else(pc.less(every["fetched_at"], began), "before the day", "on the day or later")
    return every.append_column("fetched_when", early), troubles


def _read(source: str, file: str, options: Options) -> tuple[pa.Table | None, str]:
    """The rows of a file, or the sentence that says why there are none."""
    try:
        rows = _parse(storage.read(file, options))
    except (OSError, EOFError, pa.ArrowException) as error:
        return None, f"raw offers: {file} cannot be read: {' '.join(str(error).split())[:200]}."
    return rows.append_column("folder", pa.array([source] * rows.num_rows, pa.string())), ""


def _parse(content: bytes) -> pa.Table:
    lines = gzip.decompress(content)
    if not lines.strip():
        return SCHEMA.empty_table()
    how: Any = pa.json.ParseOptions(explicit_schema=SCHEMA, unexpected_field_behavior="ignore")
    return pa.json.read_json(io.BytesIO(lines), parse_options=how)
