"""Publishes one day of the mart in one transaction, and tries again when the cause of a failure may pass."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg2
import psycopg2.errors
from psycopg2 import sql

from conf.days import parse_day
from conf.lake import Lake
from orchestration import migrate
from orchestration.load import history, staging
from orchestration.load.counts import LoadCounts
from orchestration.load.database import Connect, Cursor, Limits, Table, connected, set_limits, take_lock
from orchestration.load.errors import DatabaseError, LoadError, PassingError, RefusedError, translated
from orchestration.load.mart import MartDay, open_day
from orchestration.load.publish import publish, refuse_hidden_rows
from orchestration.load.retention import Keep, divide_stretches, expire

log = logging.getLogger(__name__)
PAUSES_S = (0.5, 1.0, 2.0, 4.0)  # before the second to the fifth attempt; up to half as much again is added


@dataclass(frozen=True)
class Run:
    """What one load is asked to do."""

    day: MartDay
    table: Table
    run_id: str
    keep: Keep
    limits: Limits
    started_at: datetime
    is_staged: bool = False

    @property
    def who(self) -> str:
        return f"load {self.day.dt} run {self.run_id}"


def load_day(
    connect: Connect,
    lake: Lake,
    dt: str,
    *,
    run_id: str,
    table: str = "parts_master",
    version: int | None = None,
    is_staged: bool = False,
    keep: Keep | None = None,
    limits: Limits | None = None,
    storage_options: dict[str, str] | None = None,
) -> LoadCounts:
    """Makes the table's rows of `dt` those of the mart, or raises a LoadError and changes nothing.

    `version` names an earlier version of the mart, to take a bad day back. `is_staged` says that `jobs/stage_mart.py`
    has filled the staging table of that day from that version.
    """
    parse_day(dt)
    target, started_at, limits = Table.named(table), datetime.now(UTC), limits or Limits()
    try:
        day = open_day(lake, dt, version, storage_options)
        version = day.version
        run = Run(day, target, run_id, keep or Keep(), limits, started_at, is_staged)
        counts = with_retries(lambda: _attempt(connect, run))
    except LoadError as error:
        failed = FailedLoad(target, dt, run_id, started_at, version, error, limits)
        _record_failure(connect, failed)
        raise
    log.info("%s", counts.sentence(dt, str(target)))
    return counts


def with_retries(attempt: Callable[[], LoadCounts], sleep: Callable[[float], None] = time.sleep) -> LoadCounts:
    """A repeated attempt finds what an earlier one committed, so even a connection lost while committing is safe."""
    for pause in PAUSES_S:
        try:
            return attempt()
        except PassingError as error:
            log.warning("%s Trying again in about %g s.", error, pause)
            sleep(pause * (1 + random.random() / 2))  # noqa: S311  (jitter)
    return attempt()


def _attempt(connect: Connect, run: Run) -> LoadCounts:
    connection = connected(connect)
    try:
        migrate.migrate(connection, str(run.table), run.limits)
        with connection, connection.cursor() as cursor:
            return _load(cursor, run)
    except psycopg2.Error as error:
        raise translated(error, f"loading {run.day.dt} into {run.table}") from error
    finally:
        connection.close()


def _load(cursor: Cursor, run: Run) -> LoadCounts:
    set_limits(cursor, run.limits, run.who)
    take_lock(cursor, f"load {run.table}", run.limits.other_load)
    if done := history.published(cursor, run.table, run.day.dt, run.run_id, run.started_at):
        return done
    refuse_hidden_rows(cursor, run.table)
    if run.is_staged:
        stage = staging.shared_name(run.table, run.day.dt, run.day.version)
        read = staging.count_shared(cursor, stage, run.day)
    else:
        stage = staging.create(cursor, run.table)
        read = staging.copy(cursor, stage, run.day)
    if not read:
        raise RefusedError(
            f"Version {run.day.version} of {run.day.uri} has no row of {run.day.dt}. "
            f"An empty day is never published: the rows of {run.table} stay as they are."
        )
    counts = publish(
        cursor, run.table, stage, run.day.dt, read,
        lambda: divide_stretches(cursor, run.table, stage, run.day.dt, run.keep),
    )  # fmt: skip
    cursor.execute(sql.SQL("DROP TABLE {}").format(stage))
    expired = expire(cursor, run.table, run.day.dt, run.keep)
    counts = counts._replace(expired=expired, version=run.day.version)
    _record(cursor, run, counts)
    return counts


def _record(cursor: Cursor, run: Run, counts: LoadCounts) -> None:
    history.record(
        cursor, run.table, run.day.dt, run.run_id, run.started_at,
        verdict="published" if counts.changed else "unchanged", version=counts.version, counts=counts,
    )  # fmt: skip


class FailedLoad(NamedTuple):
    table: Table
    dt: str
    run_id: str
    started_at: datetime
    version: int | None
    error: LoadError
    limits: Limits


def _record_failure(connect: Connect, failed: FailedLoad) -> None:
    """After the rollback, in a transaction of its own. Without a database there is nowhere to write: only the log."""
    verdict = "refused" if isinstance(failed.error, RefusedError) else "failed"
    doing = f"noting the failed load of {failed.dt} in load_history"
    try:
        connection = connected(connect)
        try:
            with connection, connection.cursor() as cursor:
                set_limits(cursor, Limits(lock=failed.limits.lock), doing)
                history.record(
                    cursor, failed.table, failed.dt, failed.run_id, failed.started_at,
                    verdict=verdict, version=failed.version, reason=str(failed.error),
                )  # fmt: skip
        finally:
            connection.close()
    except psycopg2.errors.UndefinedTable:
        log.info("There is no load_history to note the failed load of %s in.", failed.dt)
    except psycopg2.Error as error:
        log.warning("%s", translated(error, doing))
    except DatabaseError as error:
        if str(error) != str(failed.error):  # without a database it is the same sentence
            log.warning("%s That was for %s.", error, doing)
