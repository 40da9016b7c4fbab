"""Why a load did not happen. Every message is a sentence that says what, where, and what to do.

LoadError
├── LakeError         the mart's day cannot be read: no table, no version, a lost object
├── RefusedError      the day could be read, and publishing it would do harm
├── BusyError         another load is at work
└── DatabaseError     the database cannot be reached, or refused a row or statement
    └── PassingError  the same, for a cause that a later attempt may not meet
"""

from __future__ import annotations

import psycopg2

# PostgreSQL's codes for a lost or refused connection, a shutdown, too many connections, a serialization failure, a
# deadlock and a lock not free in time. https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING_CODES = ("08", "57P01", "57P02", "57P03", "53300", "40001", "40P01", "55P03")
# Of a refused connection psycopg2 gives no code, and libpq's words for these will be the same the next time.
NEVER = (
    "does not exist", "authentication failed", "no password supplied", "permission denied", "not permitted", "no pg_hba.conf entry"
)  # fmt: skip
HINTS = {
    "53100": " The database's disk is full: make room, then load again; nothing was changed.",
    "55P03": " Another session holds a lock on what is to be written, a long-running query for example: pg_stat_activity shows it.",
    "57014": " It was cancelled, or took longer than the statement time-out; nothing was changed.",
    **dict.fromkeys(
        ("42703", "42809", "42P13"),  # no such column, not that kind of object, another result
        " Where another program's object has the name of one of ours, such as schema_migrations, car_types or price_band, "
        "name a table in a schema of its own, such as prices.parts_master.",
    ),
    "42501": " The database user lacks this right: have it granted, or load as the table's owner.",
    "25006": " It is a read-only copy, or its user may only read: name the database and the user that write.",
    "53400": " The load sorts its rows there, as many bytes as the day has: have the user's limit raised.",
    "23502": " Give that column a default, or let it be empty.",
    "428C9": " The load writes that column itself: ALTER COLUMN … DROP EXPRESSION, or DROP IDENTITY.",
    "23503": " The load adds and removes rows as the mart has them: drop that constraint, or have it allow that (ON DELETE CASCADE).",
    "23514": " Where the row is right, change that constraint, or add the partition that is missing; else build the mart again.",
    **dict.fromkeys(
        ("23505", "23P01"),
        " Only the table's primary key may keep rows apart: drop any other such constraint or index.",
    ),
    "54000": " No index may hold more of a row than the primary key does: drop the one that is named.",
}


class LoadError(Exception):
    """The day was not published; the table is as it was before."""


class LakeError(LoadError):
    pass


class RefusedError(LoadError):
    pass


class BusyError(LoadError):
    pass


class DatabaseError(LoadError):
    pass


class PassingError(DatabaseError):
    pass


def translated(error: psycopg2.Error, doing: str) -> DatabaseError:
    """The database's own words, with the constraint and row it names, as one of ours."""
    # psycopg2 finds a connection closed while it rolls back, and says that instead of why it was.
    cause = error.__context__ if isinstance(error, psycopg2.InterfaceError) else None
    told = cause if isinstance(cause, psycopg2.Error) else error
    diag = told.diag
    words = [diag.message_primary or str(told).strip() or "the connection was lost"]
    words += [f"constraint {diag.constraint_name}"] if diag.constraint_name else []
    words += [text for text in (diag.message_detail, diag.context) if text]
    sentence = f"The database failed while {doing}: {'; '.join(' '.join(w.split()).rstrip('.?') for w in words)}."
    kind = PassingError if _is_passing(error) else DatabaseError
    return kind(sentence + HINTS.get(error.pgcode or "", f" {diag.message_hint}" if diag.message_hint else ""))


def _is_passing(error: psycopg2.Error) -> bool:
    if error.pgcode:
        return error.pgcode.startswith(PASSING_CODES)
    lost = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    never = any(words in str(error) for words in NEVER)
    return lost and not never
