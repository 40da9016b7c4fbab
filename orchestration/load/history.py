"""The table of what was loaded when, from which version of the mart; refusals and failures are in it too."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from psycopg2 import sql

from orchestration.load.counts import LoadCounts
from orchestration.load.database import Cursor, Table


class Load(NamedTuple):
    """One row that `--versions` shows."""

    version: int
    run_id: str
    verdict: str
    rows: int
    finished_at: datetime


def record(
    cursor: Cursor,
    table: Table,
    dt: str,
    run_id: str,
    started_at: datetime,
    *,
    verdict: str,
    version: int | None,
    counts: LoadCounts | None = None,
    reason: str | None = None,
) -> None:
    numbers = counts and (
        counts.read, counts.inserted, counts.updated, counts.unchanged, counts.deleted, counts.expired,
        counts.duplicates, counts.cleaned, json.dumps(counts.rejected),
    )  # fmt: skip
    cursor.execute(
        sql.SQL(
            """INSERT INTO {} (table_name, dt, run_id, started_at, verdict, source_version, reason, rows_read, inserted,
                               updated, unchanged, deleted, expired, duplicates, cleaned, rejected)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
        ).format(table.beside("load_history")),
        (table.name, dt, run_id, started_at, verdict, version, reason, *(numbers or (None,) * 9)),
    )


def versions(cursor: Cursor, table: Table, dt: str) -> list[Load]:
    """The versions of the day that were published, newest first."""
    cursor.execute(
        sql.SQL(
            """SELECT source_version, run_id, verdict, inserted + updated + unchanged, finished_at FROM {}
               WHERE table_name = %s AND dt = %s AND verdict IN ('published', 'unchanged') ORDER BY id DESC"""
        ).format(table.beside("load_history")),
        (table.name, dt),
    )
    return [Load(*row) for row in cursor.fetchall()]


def published(cursor: Cursor, table: Table, dt: str, run_id: str, started_at: datetime) -> LoadCounts | None:
    """What this very load published, when an earlier attempt of it was committed and the answer got lost."""
    cursor.execute(
        sql.SQL(
            """SELECT inserted, updated, unchanged, deleted, expired, rows_read, duplicates, cleaned, rejected,
                      source_version FROM {}
               WHERE table_name = %s AND dt = %s AND run_id = %s AND started_at = %s
                 AND verdict IN ('published', 'unchanged')"""
        ).format(table.beside("load_history")),
        (table.name, dt, run_id, started_at),
    )
    found = cursor.fetchone()
    return LoadCounts(*found) if found else None
