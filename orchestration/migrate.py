"""Brings the database to the newest version of orchestration/migrations, each file once, all or none.

The first load does it too. `python -m orchestration.migrate [--table NAME]`; the database is named by DATABASE_URL or
the PG* variables.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
import sys
from pathlib import Path

import psycopg2
import psycopg2.errors
from psycopg2 import sql
from psycopg2.extras import execute_values

from orchestration.load.database import (
    Connection,
    Cursor,
    Limits,
    Table,
    connect_from_environment,
    connected,
    set_limits,
    take_lock,
)
from orchestration.load.errors import DatabaseError, LoadError, translated

FOLDER = Path(__file__).parent / "migrations"
CAR_TYPES = Path(__file__).parents[1] / "conf" / "car_types.csv"
KEY = ["part_official_name", "car_type", "extracted_at"]
TEXT, NUMBER = ("text", "character varying"), ("integer", "bigint", "numeric")
TYPES = {
    "part_official_name": TEXT, "car_type": TEXT, "extracted_at": ("date",), "min_price": NUMBER, "max_price": NUMBER,
}  # fmt: skip
OURS = {
    "median_price": NUMBER, "offer_count": NUMBER, "source_count": NUMBER,
    "updated_at": ("timestamp with time zone", "timestamp without time zone"),
}  # fmt: skip
# What may have the name of a table and be none.
KINDS = {
    "v": "a view", "m": "a materialized view", "S": "a sequence", "i": "an index", "I": "an index", "c": "a type",
    "f": "a foreign table",
}  # fmt: skip


def migrate(connection: Connection, table: str = "parts_master", limits: Limits | None = None) -> list[str]:
    """Applies what is missing and returns its file names. Ends the transaction."""
    target = Table.named(table)
    try:
        with connection, connection.cursor() as cursor:
            set_limits(cursor, limits or Limits(), f"migrate {target}")
            return apply(cursor, target, limits or Limits())
    except psycopg2.Error as error:
        raise translated(error, f"migrating {target}") from error


def apply(cursor: Cursor, table: Table, limits: Limits) -> list[str]:
    """The same inside the caller's transaction."""
    missing = _missing(cursor, table)
    if missing:
        # One lock for the schema, because two tables of one schema share load_history and car_types.
        take_lock(cursor, f"migrate {table.schema}", limits.other_load)
        _prepare(cursor, table)
        missing = _missing(cursor, table)
    names = _names(cursor, table) if missing else {}
    log = sql.SQL(
        """INSERT INTO {} (table_name, file, checksum) VALUES (%s, %s, %s)
           ON CONFLICT (table_name, file) DO UPDATE SET checksum = excluded.checksum"""
    )
    for path in missing:
        cursor.execute(sql.SQL(path.read_text(encoding="utf-8")).format(**names))
        cursor.execute(log.format(table.beside("schema_migrations")), (table.name, path.name, _checksum(path)))
    synchronise_car_types(cursor, table)
    return [path.name for path in missing]


def _missing(cursor: Cursor, table: Table) -> list[Path]:
    """The files still to be applied; refuses a database that is ahead of the files, or was made by other ones."""
    done, files = _applied(cursor, table), sorted(FOLDER.glob("*.sql"))
    newer = sorted(done.keys() - {path.name for path in files})
    if newer:
        raise DatabaseError(
            f"The database is newer than this program: {', '.join(newer)} was applied to {table} and is not among "
            f"the files of {FOLDER.name}/. Update the program; nothing was changed."
        )
    changed = [path.name for path in files if done.get(path.name) not in (None, _checksum(path))]
    if changed:
        raise DatabaseError(
            f"{', '.join(changed)} was changed after it had been applied to {table}. Put the file back as it was and "
            "write the change into a new one; nothing was changed."
        )
    return [path for path in files if path.name not in done] if _is_whole(cursor, table, done) else files


def _is_whole(cursor: Cursor, table: Table, done: dict[str, str | None]) -> bool:
    """Whether all that the applied files made is still there: a restored or tidied database may lack some of it, and every
    file makes only what is missing. The key alone none of them gives to a table that is there."""
    if not done:
        return False
    names = _names(cursor, table)
    made = [names["load_history"], names["car_types"], names["latest"], table.beside(f"{table.name}_extracted_at")]
    cursor.execute(
        "SELECT bool_and(to_regclass(name) IS NOT NULL) AND to_regprocedure(%s) IS NOT NULL FROM unnest(%s) name",
        (f"{_quoted(cursor, names['price_band'])}(text, text, date)", [_quoted(cursor, name) for name in made]),
    )
    return bool(cursor.fetchone()[0]) and _primary_key(cursor, table) == KEY


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def synchronise_car_types(cursor: Cursor, table: Table) -> None:
    """Makes the reference table say what conf/car_types.csv says, and writes nothing when it does already."""
    with CAR_TYPES.open(encoding="utf-8", newline="") as file:
        rows = sorted(tuple(row.values())[:4] for row in csv.DictReader(file))
    name = table.beside("car_types")
    cursor.execute(sql.SQL("SELECT canonical, model, generation_code, powertrain FROM {}").format(name))
    if sorted(cursor.fetchall()) == rows:
        return
    cursor.execute(sql.SQL("LOCK {0} IN SHARE ROW EXCLUSIVE MODE; DELETE FROM {0}").format(name))
    insert = sql.SQL("INSERT INTO {} (canonical, model, generation_code, powertrain) VALUES %s").format(name)
    execute_values(cursor, insert, rows)


def _applied(cursor: Cursor, table: Table) -> dict[str, str | None]:
    """The checksum of every file that was applied to this table; None from before checksums were kept."""
    log = table.beside("schema_migrations")
    cursor.execute("SELECT to_regclass(%s), to_regclass(%s)", (_quoted(cursor, log), _quoted(cursor, table.identifier)))
    found, served = cursor.fetchone()
    if found is None or served is None:
        return {}
    # Through to_jsonb, because a log made before checksums were kept has no such column.
    query = sql.SQL("SELECT file, to_jsonb(done) ->> 'checksum' FROM {} done WHERE table_name = %s").format(log)
    cursor.execute(query, (table.name,))
    return dict(cursor.fetchall())


def _prepare(cursor: Cursor, table: Table) -> None:
    """The schema and the log of migrations; and a table that is there already must be the reference's."""
    cursor.execute("SHOW server_encoding")
    encoding = cursor.fetchone()[0]
    if encoding != "UTF8":
        raise DatabaseError(
            f"The database's encoding is {encoding}, which cannot hold every name of a part: name a database that was "
            "made with ENCODING 'UTF8'."
        )
    cursor.execute("SELECT to_regnamespace(quote_ident(%s))", (table.schema,))
    if cursor.fetchone()[0] is None:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(table.schema)))
    cursor.execute(
        sql.SQL(
            """CREATE TABLE IF NOT EXISTS {0} (table_name text, file text, applied_at timestamptz NOT NULL
               DEFAULT now(), PRIMARY KEY (table_name, file));
               ALTER TABLE {0} ADD COLUMN IF NOT EXISTS checksum text"""
        ).format(table.beside("schema_migrations"))
    )
    cursor.execute("SELECT to_regclass(%s)", (_quoted(cursor, table.identifier),))
    if cursor.fetchone()[0] is not None:
        _check_existing(cursor, table)


def _check_existing(cursor: Cursor, table: Table) -> None:
    cursor.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", (_quoted(cursor, table.identifier),))
    kind = KINDS.get(cursor.fetchone()[0])
    if kind:
        raise DatabaseError(f"{table} is {kind}, not a table. Rename it, or name another table for the prices.")
    _refuse_unlogged(cursor, table)
    cursor.execute(
        """SELECT attname, format_type(atttypid, NULL), format_type(atttypid, atttypmod) FROM pg_attribute
           WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped""",
        (_quoted(cursor, table.identifier),),
    )
    columns = cursor.fetchall()
    types = {name: kind for name, kind, _ in columns}
    wrong = [
        f"column {name} is {types.get(name, 'missing')}, not {wanted[0]}"
        for name, wanted in {**TYPES, **OURS}.items()
        if types.get(name) not in wanted and not (name in OURS and name not in types)
    ]
    if _primary_key(cursor, table) != KEY:
        wrong.append(f"its primary key is not ({', '.join(KEY)}), or is deferrable")
    wrong += _nondeterministic(cursor, table) + _children(cursor, table)
    if wrong:
        raise DatabaseError(f"The table {table} is there and cannot be taken over: {'; '.join(wrong)}.")
    for name, kind, limited in columns:
        if name in TYPES | OURS and _is_too_narrow(kind, limited):
            _lift_limit(cursor, table, name, limited, "numeric" if kind == "numeric" else "text")


def _refuse_unlogged(cursor: Cursor, table: Table) -> None:
    """A partition may be what its table is not."""
    cursor.execute(
        """SELECT format('%%I.%%I', relnamespace::regnamespace, relname) FROM pg_class WHERE relpersistence = 'u' AND oid IN (
               SELECT %(table)s::regclass UNION ALL SELECT relid FROM pg_partition_tree(%(table)s::regclass)) ORDER BY 1""",
        {"table": _quoted(cursor, table.identifier)},
    )
    found = [name for (name,) in cursor.fetchall()]
    if found:
        raise DatabaseError(
            f"{', '.join(found)} is UNLOGGED: a crash would empty it. ALTER TABLE {found[0]} SET LOGGED, then load again."
        )


def _is_too_narrow(kind: str, limited: str) -> bool:
    """Whether a limit, as in varchar(40) or numeric(5,0), keeps out some names or prices."""
    limits = [int(number) for number in re.findall(r"-?\d+", limited.removeprefix(kind))]
    if kind == "numeric" and limits:
        digits, decimals = limits
        return decimals < 0 or digits - decimals < len("2147483647")
    return kind in TEXT and bool(limits)


def _nondeterministic(cursor: Cursor, table: Table) -> list[str]:
    """Texts that such a collation calls equal are one key, and PostgreSQL knows no regular expressions for it."""
    cursor.execute(
        """SELECT attname, collname FROM pg_attribute a JOIN pg_collation c ON c.oid = attcollation
           WHERE attrelid = %s::regclass AND attname = ANY (%s) AND NOT collisdeterministic ORDER BY 1""",
        (_quoted(cursor, table.identifier), KEY),
    )
    return [
        f"the collation {collation} of column {name} takes different texts for one"
        for name, collation in cursor.fetchall()
    ]


def _children(cursor: Cursor, table: Table) -> list[str]:
    """Tables that inherit from it, which are no partitions: no key holds over their rows."""
    cursor.execute(
        """SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class parent ON parent.oid = inhparent
           WHERE inhparent = %s::regclass AND relkind = 'r' ORDER BY 1""",
        (_quoted(cursor, table.identifier),),
    )
    found = [name for (name,) in cursor.fetchall()]
    return [f"rows of {', '.join(found)} are its rows too, by INHERITS, and no key holds over them"] if found else []


def _lift_limit(cursor: Cursor, table: Table, column: str, limited: str, wide: str) -> None:
    """The same bytes without the limit: nothing is rewritten."""
    change = sql.SQL("ALTER TABLE {} ALTER COLUMN {} TYPE {}").format(
        table.identifier, sql.Identifier(column), sql.SQL(wide)
    )
    try:
        cursor.execute(change)
    except (psycopg2.errors.FeatureNotSupported, psycopg2.errors.InvalidTableDefinition) as error:
        why = (error.diag.message_detail or error.diag.message_primary or "").rstrip(".")
        raise DatabaseError(
            f"The column {column} of {table} is {limited}, too small for some rows, and cannot be made {wide}: "
            f"{why}. Drop what needs it as it is, migrate, and make that again; nothing was changed."
        ) from error


def _primary_key(cursor: Cursor, table: Table) -> list[str]:
    cursor.execute(
        """SELECT a.attname FROM pg_constraint c, unnest(c.conkey) WITH ORDINALITY k(num, place)
           JOIN pg_attribute a ON a.attnum = k.num
           WHERE c.conrelid = %s::regclass AND a.attrelid = c.conrelid AND c.contype = 'p' AND NOT c.condeferrable ORDER BY k.place""",
        (_quoted(cursor, table.identifier),),
    )
    return [row[0] for row in cursor.fetchall()]


def _names(cursor: Cursor, table: Table) -> dict[str, sql.Composable]:
    """A schema has one `price_band`: the first table's. Another table's is called <table>_price_band."""
    cursor.execute(
        sql.SQL("SELECT table_name FROM {} ORDER BY applied_at, table_name <> %s LIMIT 1").format(
            table.beside("schema_migrations")
        ),
        (table.name,),
    )
    first = cursor.fetchone()
    is_first = first is None or first[0] == table.name
    return {
        "table": table.identifier,
        "day_index": sql.Identifier(f"{table.name}_extracted_at"),
        "load_history": table.beside("load_history"),
        "car_types": table.beside("car_types"),
        "latest": table.beside(f"{table.name}_latest"),
        "price_band": table.beside("price_band" if is_first else f"{table.name}_price_band"),
    }


def _quoted(cursor: Cursor, name: sql.Composable) -> str:
    return name.as_string(cursor.connection)


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m orchestration.migrate", description=__doc__)
    parser.add_argument("--table", default="parts_master", metavar="NAME", help="table or schema.table")
    arguments = parser.parse_args(words)
    try:
        connection = connected(connect_from_environment)
        applied = migrate(connection, arguments.table)
        connection.close()
    except LoadError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(f"Applied {', '.join(applied)}." if applied else "Nothing to apply: the database is up to date.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
