"""`python -m orchestration.load`: publishes a day of the mart, or an earlier version of it."""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import UTC, datetime

import psycopg2
import psycopg2.errors

from conf.days import parse_day
from conf.lake import Lake, add_arguments
from orchestration import migrate
from orchestration.load import Keep, LoadError, history, load_day, staging
from orchestration.load.database import Limits, Table, connect_from_environment, connected, set_limits
from orchestration.load.errors import translated

EXAMPLES = """
take a bad day back:
  python -m orchestration.load --dt 2026-11-23 --versions                     which versions were published, newest first
  python -m orchestration.load --dt 2026-11-23 --lake s3://bucket --version 7 publishes version 7 again
  The table's rows of that day become version 7's; a later load of the day publishes the mart's newest version again.

a mart too large for one process: see python jobs/stage_mart.py --help
"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m orchestration.load",
        description="Publishes one day of the mart in the database that DATABASE_URL or the PG* variables name.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(made)
    made.add_argument("--dt", required=True, metavar="DAY", help="the day, for example 2026-11-23")
    made.add_argument("--version", type=int, metavar="N", help="take back: publish this earlier version of the mart")
    made.add_argument("--versions", action="store_true", help="only list the versions of that day published so far")
    made.add_argument("--table", default="parts_master", metavar="NAME", help="table or schema.table")
    made.add_argument(
        "--run-id",
        default=f"manual-{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
        metavar="ID",
        help="what load_history calls this load",
    )
    made.add_argument("--keep-days", type=int, default=31, metavar="N", help="days that stay whole (31)")
    made.add_argument(
        "--older",
        default="changes",
        choices=("changes", "nothing", "everything"),
        help="what stays of older days (changes)",
    )
    made.add_argument(
        "--prepare", action="store_true", help="only make the staging table that jobs/stage_mart.py fills"
    )
    made.add_argument("--staged", action="store_true", help="publish what jobs/stage_mart.py staged")
    return made


def main(words: list[str] | None = None) -> int:
    arguments = parser().parse_args(words)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        parse_day(arguments.dt)
        print(_answer(arguments))  # noqa: T201
    except (LoadError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _answer(arguments: argparse.Namespace) -> str:
    table = Table.named(arguments.table)
    if arguments.versions:
        return _versions(table, arguments.dt)
    if arguments.prepare:
        return _prepare(table, arguments.dt, arguments.version)
    if not (arguments.lake or arguments.mart):
        raise ValueError("Say where the lake is: --lake ROOT, an s3://bucket or a folder.")
    if arguments.staged and arguments.version is None:
        raise ValueError("Say which version jobs/stage_mart.py staged: --version N.")
    counts = load_day(
        connect_from_environment, Lake.from_arguments(arguments), arguments.dt,
        run_id=arguments.run_id, table=arguments.table, version=arguments.version, is_staged=arguments.staged,
        keep=Keep(arguments.keep_days, arguments.older),
    )  # fmt: skip
    return counts.sentence(arguments.dt, str(table))


def _prepare(table: Table, dt: str, version: int | None) -> str:
    if version is None:
        raise ValueError("Say which version of the mart jobs/stage_mart.py will stage: --version N.")
    connection = connected(connect_from_environment)
    try:
        migrate.migrate(connection, str(table))
        return staging.create_shared(connection, table, dt, version)
    finally:
        connection.close()


def _versions(table: Table, dt: str) -> str:
    connection = connected(connect_from_environment)
    try:
        with connection, connection.cursor() as cursor:
            set_limits(cursor, Limits(), f"versions of {dt}")
            loads = history.versions(cursor, table, dt)
    except psycopg2.errors.UndefinedTable:
        loads = []
    except psycopg2.Error as error:
        raise translated(error, f"listing the loads of {dt}") from error
    finally:
        connection.close()
    lines = [
        f"version {x.version}: {x.rows} rows, {x.verdict} {x.finished_at:%Y-%m-%d %H:%M}, {x.run_id}" for x in loads
    ]
    return "\n".join(lines) or f"{dt} was never published in {table}."


if __name__ == "__main__":
    sys.exit(main())
