"""The day's raw offers as one frame for their suite: the fields that must be there, and the folder each row was found in."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pyarrow as pa
import pyarrow.json

from conf.lake import Lake
from expectations import storage
from expectations.tables import Options

FIELDS = ["source", "url", "dt", "fetched_at", "name", "part_no", "price_text"]
SCHEMA = pa.schema([(field, pa.string()) for field in FIELDS])


def read_raw(lake: Lake, dt: str, options: Options) -> tuple[pa.Table, list[str]]:
    """The rows, with the source `folder` they are in, and a sentence for each file that cannot be read."""
    tables, troubles = [], []
    for source in storage.folders(lake.raw, options):
        for file in storage.under(lake.offers(source, dt), options):
            if not file.endswith(".jsonl.gz"):
                continue
            try:
                found = _read(storage.read(file, options))
            except (OSError, EOFError, pa.ArrowException) as error:
                troubles.append(f"raw offers: {file} cannot be read: {' '.join(str(error).split())[:200]}.")
                continue
            tables.append(found.append_column("folder", pa.array([source] * found.num_rows, pa.string())))
    return pa.concat_tables(tables) if tables else SCHEMA.append(
        pa.field("folder", pa.string())
    ).empty_table(), troubles


def _read(content: bytes) -> pa.Table:
    lines = gzip.decompress(content)
    if not lines.strip():
        return SCHEMA.empty_table()
    how: Any = pa.json.ParseOptions(explicit_schema=SCHEMA, unexpected_field_behavior="ignore")
    return pa.json.read_json(io.BytesIO(lines), parse_options=how)
