"""The table that a run fills before it publishes: made for the run, in the serving table's schema and collation.

UNLOGGED and made inside the load's transaction: no WAL, parallel workers may read it (a TEMP table they may not), and a
crash rolls it back. Only a Spark run has a committed one, named after the day, which its next run replaces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from uuid import uuid4

import psycopg2
from psycopg2 import sql

from orchestration.load.database import Connection, Cursor, Limits, Table, set_limits
from orchestration.load.errors import LoadError, RefusedError, translated
from orchestration.load.mart import TYPES, MartDay

COLUMNS = sql.SQL(", ").join(map(sql.Identifier, TYPES))
CREATE = sql.SQL("""
    CREATE UNLOGGED TABLE {stage} AS
    SELECT part_official_name, car_type, extracted_at, min_price::bigint, max_price::bigint, median_price::bigint,
           offer_count::bigint, source_count::bigint
    FROM {table} WITH NO DATA
""")
KEYS = sql.SQL(
    "SELECT sum(times), count(*) FROM (SELECT count(*) AS times FROM {} GROUP BY part_official_name, car_type) keys"
)


class LineReader:
    """What psycopg2 reads COPY's text from. It keeps an error, because psycopg2 would report only its text."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self.error: LoadError | None = None

    def read(self, _size: int = 0, /) -> bytes:
        try:
            return next(self._lines, b"")
        except LoadError as error:
            self.error = error
            raise


def create(cursor: Cursor, table: Table) -> sql.Identifier:
    """A staging table that lives no longer than this transaction, unless somebody commits it."""
    stage = table.beside(f"load_stage_{uuid4().hex}")
    cursor.execute(CREATE.format(stage=stage, table=table.identifier))
    return stage


def copy(cursor: Cursor, stage: sql.Identifier, day: MartDay) -> int:
    """Streams the day into it and returns its rows."""
    reader = LineReader(day.lines())
    command = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT text, FREEZE)").format(stage, COLUMNS)
    try:
        cursor.copy_expert(command, reader, 1 << 20)
    except psycopg2.Error:
        if reader.error:
            raise reader.error from None
        raise
    return int(cursor.rowcount)


def shared_name(table: Table, dt: str, version: int) -> sql.Identifier:
    """The staging table of a day that Spark fills over many connections; its name says from which version."""
    return table.beside(f"{_shared_prefix(table, dt)}{version}")


def _shared_prefix(table: Table, dt: str) -> str:
    return f"load_stage_{hashlib.sha256(f'{table} {dt}'.encode()).hexdigest()[:12]}_{dt.replace('-', '')}_v"


def create_shared(connection: Connection, table: Table, dt: str, version: int) -> str:
    """Makes it, empty, in place of all earlier attempts', and returns its quoted name for `jobs/stage_mart.py`."""
    stage = shared_name(table, dt, version)
    try:
        with connection, connection.cursor() as cursor:
            set_limits(cursor, Limits(), f"stage {dt} into {table}")
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s AND starts_with(tablename, %s)",
                (table.schema, _shared_prefix(table, dt)),
            )
            for (name,) in cursor.fetchall():
                cursor.execute(sql.SQL("DROP TABLE {}").format(table.beside(name)))
            cursor.execute(CREATE.format(stage=stage, table=table.identifier))
            return str(stage.as_string(connection))
    except psycopg2.Error as error:
        raise translated(error, f"making the staging table of {dt}") from error


def is_shared(cursor: Cursor, stage: sql.Identifier) -> bool:
    cursor.execute("SELECT to_regclass(%s)", (stage.as_string(cursor.connection),))
    return cursor.fetchone()[0] is not None


def count_shared(cursor: Cursor, stage: sql.Identifier, day: MartDay) -> int:
    """Rows that Spark staged; refuses a table that is missing or that a failed job left half full. Two failed jobs may leave as many
    rows as the day has, some of them twice: so each key is counted once."""
    if not is_shared(cursor, stage):
        raise RefusedError(
            f"Nothing is staged of version {day.version} of {day.dt}: make its table with "
            f"`python -m orchestration.load --prepare --dt {day.dt} --version {day.version}` and fill it with "
            "jobs/stage_mart.py."
        )
    cursor.execute(KEYS.format(stage))
    staged, keys = cursor.fetchone()
    expected = day.rows()
    if keys < expected:  # or the mart itself has a key twice
        expected = day.rows(by_key=True)
    if keys < expected:
        raise RefusedError(
            f"Only {keys} of the {expected} rows of {day.dt} are staged: jobs/stage_mart.py did not finish. "
            "Run it again."
        )
    return int(staged or 0)
