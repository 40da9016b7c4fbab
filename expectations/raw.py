"""The day's raw offers as one frame for their suite: the fields that must be there, and the folder each row was found in."""

from __future__ import annotations

import gzip
import io
import zlib
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
TOGETHER = 50  # files that are parsed at once: a file of a hundred pages takes longer to set up than to parse
MOST_TOLD = 5  # files of one shop that cannot be read
SCHEMA = pa.schema([(field, pa.string()) for field in FIELDS])


def read_raw(lake: Lake, dt: str, options: Options) -> tuple[pa.Table, list[str]]:
    """The rows, with the source `folder` they are in, and a sentence for each file that cannot be read."""
    groups = [
        (source, files[start : start + TOGETHER])
        for source in storage.folders(lake.raw, options)
        for files in [[file for file in storage.under(lake.offers(source, dt), options) if file.endswith(".jsonl.gz")]]
        for start in range(0, len(files), TOGETHER)
    ]
    with ThreadPoolExecutor(READERS) as pool:
        found = list(pool.map(lambda group: _read(group[0], group[1], options), groups))
    troubles: dict[str, list[str]] = {}
    for (source, _), (_, sentences) in zip(groups, found, strict=True):
        troubles.setdefault(source, []).extend(sentences)
    every = pa.concat_tables(
        [SCHEMA.append(pa.field("folder", pa.string())).empty_table(), *(rows for rows, _ in found)]
    )
    # Texts of one form sort as their instants do.
    began = datetime.combine(parse_day(dt), time.min, SEOUL).astimezone(UTC).isoformat()
    early = pc.if_else(pc.less(every["fetched_at"], began), "before the day", "on the day or later")
    told = [said for source, sentences in troubles.items() for said in _first_of(sentences, source)]
    return every.append_column("fetched_when", early), told


def _first_of(sentences: list[str], source: str) -> list[str]:
    """A shop's whole day may be lost, and that is thousands of files."""
    more = len(sentences) - MOST_TOLD
    return sentences[:MOST_TOLD] + (
        [f"raw offers: {more:,} more of {source}'s files cannot be read."] if more > 0 else []
    )


def _read(source: str, files: list[str], options: Options) -> tuple[pa.Table, list[str]]:
    """The rows of a source's files, and a sentence for each file that says why it has none."""
    contents, troubles = [], []
    for file in files:
        try:
            contents.append((file, gzip.decompress(storage.read(file, options))))
        except (OSError, EOFError, zlib.error) as error:
            troubles.append((file, _trouble(file, error)))
    try:
        tables = [_parse_together([lines for _, lines in contents])]
    except pa.ArrowException:
        tables = []
        for file, lines in contents:
            try:
                tables.append(_parse(lines))
            except pa.ArrowException as error:
                troubles.append((file, _trouble(file, error)))
    rows = pa.concat_tables([SCHEMA.empty_table(), *tables])
    return rows.append_column("folder", pa.array([source] * rows.num_rows, pa.string())), [
        said for _, said in sorted(troubles)
    ]


def _trouble(file: str, error: Exception) -> str:
    why = error.__cause__ if isinstance(error, storage.StorageError) else error
    return f"raw offers: {file} cannot be read: {' '.join(str(why).split())[:200]}."


def _parse_together(contents: list[bytes]) -> pa.Table:
    """The rows of several files. Raises where one is broken, even if the next would happen to mend it: a row is a line."""
    joined = b"\n".join(contents)
    rows = _parse(joined)
    lines = sum(1 for line in joined.split(b"\n") if line.strip())
    if rows.num_rows != lines:
        raise pa.ArrowInvalid(f"{rows.num_rows} rows in {lines} lines")
    return rows


def _parse(lines: bytes) -> pa.Table:
    if not lines.strip():
        return SCHEMA.empty_table()
    how: Any = pa.json.ParseOptions(explicit_schema=SCHEMA, unexpected_field_behavior="ignore")
    whole = pa.json.ReadOptions(block_size=len(lines))  # a row longer than a block would not be read
    rows = pa.json.read_json(io.BytesIO(lines), read_options=whole, parse_options=how)
    rows.validate(full=True)  # the reader takes bytes that are no UTF-8 for text, and pandas then does not
    return rows
