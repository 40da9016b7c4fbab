"""`make sql Q="select …"`: asks the local database, which is started for the question if no run has it up."""

from __future__ import annotations

import sys

import psycopg2
from rich.console import Console
from rich.table import Table

from local.errors import LocalCloudError
from local.postgres import Postgres
from local.world import STATE


def main() -> int:
    console = Console(soft_wrap=True)
    question = " ".join(sys.argv[1:]).strip()
    try:
        if not question:
            raise LocalCloudError('Ask something: make sql Q="select * from parts_master limit 5"')
        if not (STATE / "postgres").exists():
            raise LocalCloudError("There is no local database yet: `make run` makes it.")
        with Postgres(STATE / "postgres") as postgres:
            console.print(answer(postgres.dsn("parts"), question))
    except (LocalCloudError, psycopg2.Error) as problem:
        console.print(str(problem).strip().splitlines()[0], style="red", markup=False, highlight=False)
        return 1
    return 0


def answer(dsn: str, question: str) -> Table | str:
    """The rows as a table, or how many rows a statement touched."""
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            if cursor.description is None:
                return f"{cursor.rowcount} rows"
            table = Table(*(column.name for column in cursor.description))
            for row in cursor.fetchall():
                table.add_row(*("" if value is None else str(value) for value in row))
            return table
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
