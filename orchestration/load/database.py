"""Connections, session limits, and the lock that keeps two loads apart."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2 import sql

from orchestration.load.errors import BusyError, DatabaseError, translated

Connection = Any  # a psycopg2 connection; Airflow's hook gives its own subclass
Cursor = Any
Connect = Callable[[], Connection]
OLDEST_SERVER = 140000  # earlier ones do not notice that their client is gone (client_connection_check_interval)
# TCP's own names: a server that was silent for 60 s is asked up to 4 times, every 15 s, whether it is there; and what was sent to it may
# stay unanswered for 120,000 ms.
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 120_000}
MOST_NAME_BYTES = 50  # PostgreSQL cuts a name off after 63, and the table's index is called <table>_extracted_at
# Upper and lower case are kept, with or without quotes, and a name may have blanks inside. No %: psycopg2 takes it for a placeholder.
NAME = re.compile(
    r"""(?:(?P<schema>"[^".%]+"|[^\s".%](?:[^".%]*[^\s".%])?)\.)?(?P<name>"[^".%]+"|[^\s".%](?:[^".%]*[^\s".%])?)"""
)


@dataclass(frozen=True)
class Limits:
    """How long a load may take or wait, in seconds."""

    statement: float = 1800
    lock: float = 30
    idle: float = 300
    other_load: float = 120


@dataclass(frozen=True)
class Table:
    """The serving table: `parts_master` or `schema.parts_master`."""

    schema: str
    name: str

    @classmethod
    def named(cls, text: str) -> Table:
        """Without a schema it lives in `public`, whatever the user's search_path, so that all runs mean the same."""
        found = NAME.fullmatch(text)
        if found is None or "\0" in text:
            raise DatabaseError(f"'{text}' is not a table's name: write it as table or schema.table, without %.")
        schema, name = ((found[part] or "").strip('"') for part in ("schema", "name"))
        if len(name.encode()) > MOST_NAME_BYTES:
            raise DatabaseError(f"'{name}' is too long for a table's name: it may have {MOST_NAME_BYTES} bytes.")
        return cls(schema or "public", name)

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    def beside(self, name: str) -> sql.Identifier:
        """Another object of the same schema."""
        return sql.Identifier(self.schema, name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def connect_from_environment() -> Connection:
    """`DATABASE_URL`, else libpq's own PG* variables."""
    address = os.environ.get("DATABASE_URL", "")
    _check_address(address)
    try:
        return psycopg2.connect(address, connect_timeout=10)
    except psycopg2.OperationalError as error:
        if any(name == "DATABASE_URL" or name.startswith("PG") for name in os.environ):
            raise
        raise DatabaseError(
            "Nothing says where the database is: set DATABASE_URL=postgresql://user:password@host:5432/name, or PGHOST and its like."
        ) from error


def words_of(main: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """What a Connection tells libpq: its main fields, and those of its extra fields that libpq knows. With a time-out of 10 s, as libpq
    would otherwise wait for ever for a server that accepts a connection and then says nothing."""
    known = {name: value for name, value in extra.items() if _is_option(name)}
    return {"connect_timeout": 10} | known | {name: value for name, value in main.items() if value not in (None, "")}


def _is_option(name: str) -> bool:
    try:
        psycopg2.extensions.parse_dsn(f"{name}=0")
    except psycopg2.ProgrammingError:
        return False
    return True


def _check_address(address: str) -> None:
    """Refuses an address that libpq could not read, without showing it: libpq's own message would quote it, perhaps with the password."""
    try:
        found = psycopg2.extensions.parse_dsn(address)
    except psycopg2.ProgrammingError:
        found = {"port": "unknown"}
    if not re.fullmatch(r"[0-9,]*", found.get("port", "")) or "@" in found.get("host", "") + found.get("dbname", ""):
        raise DatabaseError(
            "DATABASE_URL cannot be read: write it as postgresql://user:password@host:5432/name, and in the password "
            "%40 for @, %2F for /, %3A for : and %25 for %. It is not shown here, as it holds the password."
        )


def connected(connect: Connect) -> Connection:
    """A connection that speaks UTF-8, whatever PGCLIENTENCODING or the user's settings say (psycopg2 decodes by what it was told before
    the first transaction), and whose rows are tuples, even if a Connection asks for dictionaries."""
    try:
        connection = connect()
        _check_version(connection.server_version)
        connection.set_client_encoding("UTF8")
        connection.cursor_factory = psycopg2.extensions.cursor
        _notice_a_lost_server(connection)
    except psycopg2.Error as error:
        raise translated(error, "connecting to it") from error
    return connection


def _check_version(number: int) -> None:
    if number < OLDEST_SERVER:
        raise DatabaseError(
            f"The database is PostgreSQL {number // 10_000}, or calls itself that: the load needs {OLDEST_SERVER // 10_000} or newer."
        )


def _notice_a_lost_server(connection: Connection) -> None:
    """Lets the system notice within two minutes that the server is gone. Its own setting, two hours, is longer than any load, and nothing
    can interrupt libpq while it reads."""
    with socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as line:
        if line.getsockopt(
            socket.SOL_SOCKET, socket.SO_KEEPALIVE
        ):  # not on a Unix socket, and where nobody turned it off
            for name, value in KEEPALIVE.items():
                if hasattr(socket, name):  # each system has some of them
                    line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def set_limits(cursor: Cursor, limits: Limits, who: str) -> None:
    """Settings of this transaction: its time-outs, and that the server notices within seconds that the loader is gone, which frees its lock."""
    # At another level, which may be the database's default, this load would not see what another one did while it waited for it.
    cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    # A search_path may name pg_catalog behind schemas with types and functions of the same names. (Where it is not named it comes first.)
    cursor.execute(
        "SELECT set_config(name, 'pg_catalog, ' || setting, true) FROM pg_settings "
        "WHERE name = 'search_path' AND setting LIKE '%pg_catalog%'"
    )
    settings = {
        "statement_timeout": f"{limits.statement:g}s",
        "lock_timeout": f"{max(1, round(limits.lock * 1000))}ms",
        "idle_in_transaction_session_timeout": f"{limits.idle:g}s",
        "client_connection_check_interval": "5s",
        "application_name": who[:63],
        # Sorting pieces of the size of the processor's cache and merging them takes two thirds of the time of one large sort; hash
        # tables still get 256 MB (work_mem times hash_mem_multiplier).
        "work_mem": "8MB",
        "hash_mem_multiplier": "32",
        # The planner has no statistics on a table that was filled a moment ago, and would choose a nested loop that never ends.
        "enable_nestloop": "off",
    }
    for name, value in settings.items():
        cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
    # What is reported as published must outlive a crash of the server.
    cursor.execute(
        "SELECT set_config(name, 'on', true) FROM pg_settings WHERE name = 'synchronous_commit' AND setting = 'off'"
    )
    # A user's own limit on a whole transaction; PostgreSQL has it since 17.
    cursor.execute("SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'")


def take_lock(cursor: Cursor, what: str, wait_s: float) -> None:
    """Holds the lock until the transaction ends, however it ends. Waits a while for another load, then names it."""
    deadline = time.monotonic() + wait_s
    while True:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (what,))
        if cursor.fetchone()[0]:
            return
        if time.monotonic() >= deadline:
            raise BusyError(
                f"{_holder(cursor, what)} is at work on {what.partition(' ')[2]}; waited {wait_s:g} s for it. "
                "Wait until it is finished, then load again."
            )
        time.sleep(0.1)


def _holder(cursor: Cursor, what: str) -> str:
    """Another database has locks of the same number, and another user's session does not tell since when it has been at work."""
    cursor.execute(
        """SELECT a.application_name, a.pid, a.xact_start FROM pg_locks l JOIN pg_stat_activity a USING (pid)
           WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.datname = current_database()
             AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(%s, 0)""",
        (what,),
    )
    found = cursor.fetchone()
    if not found:
        return "Another load"
    since = f", since {found[2]:%Y-%m-%d %H:%M:%S}" if found[2] else ""
    return f"'{found[0]}' (process {found[1]}{since})"
