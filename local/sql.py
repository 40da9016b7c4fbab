"""`make sql Q="select …"`: asks the local database, which is started for the question if no run has it up."""

from __future__ import annotations

import sys

import psycopg2
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from local.errors import LocalCloudError
from local.postgres import Postgres
from local.world import STATE

UNBOUNDED = 10_000  # characters: what goes into a file or a pipe is not squeezed


def main() -> int:
    console = Console() if sys.stdout.isatty() else Console(width=UNBOUNDED)
    question = " ".join(sys.argv[1:]).strip()
    try:
        if not question:
            raise LocalCloudError('Ask something: make sql Q="select * from parts_master limit 5"')
        if not (STATE / "postgres").exists():
            raise LocalCloudError("There is no local database yet: `make run` makes it.")
        with Postgres(STATE / "postgres") as postgres:
            found = answer(postgres.dsn("parts"), question)
        show(found, console)
    except psycopg2.InterfaceError:
        console.print("The run or question that had the database up ended amid this one. Ask again.", style="red")
        return 1
    except (LocalCloudError, psycopg2.Error) as problem:
        console.print(str(problem).strip().splitlines()[0], style="red", markup=False, highlight=False)
        return 1
    return 0


def answer(dsn: str, question: str) -> tuple[list[str], list[list[str]]] | str:
    """The names of the columns and the rows as text, or how many rows there were where there is nothing to show."""
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            if cursor.description is None:
                return f"{cursor.rowcount} rows touched" if cursor.rowcount >= 0 else "done"
            names = [column.name for column in cursor.description]
            rows = [["" if value is None else str(value) for value in row] for row in cursor.fetchall()]
            return (names, rows) if rows else "0 rows"
    finally:
        connection.close()


def show(found: tuple[list[str], list[list[str]]] | str, console: Console) -> None:
    """A table; where the terminal is too narrow for one, a block of lines for each row. Nothing is cut off."""
    if isinstance(found, str):
        console.print(found)
        return
    names, rows = found
    table = Table(*names)
    for row in rows:
        table.add_row(*map(escape, row))
    if Measurement.get(console, console.options.update(max_width=UNBOUNDED), table).maximum <= console.width:
        console.print(table)
        return
    widest = max(map(len, names))
    for number, row in enumerate(rows, 1):
        console.print(f"[bold]row {number}[/]", highlight=False)
        for name, value in zip(names, row, strict=True):
            console.print(f"  {name:<{widest}}  {escape(value)}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
