"""The SQL between a full staging table and a published day. All of it runs inside the load's one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg2
from psycopg2 import sql

from orchestration.load.counts import LoadCounts
from orchestration.load.database import Cursor, Table
from orchestration.load.errors import DatabaseError, RefusedError

log = logging.getLogger(__name__)

# A B-tree entry holds at most 2,704 bytes; the date and the headers take some of them.
MAX_KEY_BYTES = 2600
# Above this share of rejected rows it is the mart that is broken, and publishing the rest would delete good rows.
MAX_REJECTED_SHARE = 0.5

# The sum of a 64-bit hash of every row: equal sums and counts mean equal rows, in a tenth of the time of a join.
# A NULL would make the hash of its row NULL, so a number stands for it that no price or count can be.
NUMBERS = ("min_price", "max_price", "median_price", "offer_count", "source_count")
ROW_HASH = "hashint4extended(extracted_at - date '2000-01-01', 0)"
for _name in NUMBERS:
    ROW_HASH = f"hashint8extended(coalesce({_name}::bigint, -9223372036854775808), {ROW_HASH})"
ROW_HASH = f"hashtextextended(part_official_name, hashtextextended(car_type, {ROW_HASH}))"
FINGERPRINT = f"SELECT count(*), sum({ROW_HASH}) FROM {{}}"  # noqa: S608

# Blanks that text from a page may hold, folded into one; and NFC, so that one name has one spelling.
BLANKS = r"[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+"
ODD = r"^ | $|  |[\u0009-\u000d\u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]"
IS_ODD = """(part_official_name ~ %(odd)s OR part_official_name IS NOT NFC NORMALIZED
             OR car_type ~ %(odd)s OR car_type IS NOT NFC NORMALIZED)"""
CLEAN = f"""
    UPDATE {{stage}} SET
        part_official_name = btrim(regexp_replace(normalize(part_official_name, NFC), %(blanks)s, ' ', 'g')),
        car_type = btrim(regexp_replace(normalize(car_type, NFC), %(blanks)s, ' ', 'g'))
    WHERE {IS_ODD}
"""  # noqa: S608

IS_BAD_NUMBER = """(extracted_at IS DISTINCT FROM %(dt)s
            OR min_price IS NULL OR max_price IS NULL OR min_price <= 0 OR max_price > 2147483647
            OR min_price > max_price OR median_price NOT BETWEEN min_price AND max_price
            OR offer_count NOT BETWEEN 0 AND 2147483647 OR source_count NOT BETWEEN 0 AND 2147483647)"""
IS_BAD = f"""(part_official_name IS NULL OR part_official_name = ''
            OR car_type IS NULL OR car_type = ''
            OR octet_length(part_official_name) + octet_length(car_type) > %(bytes)s
            OR part_official_name ~ %(control)s OR car_type ~ %(control)s OR {IS_BAD_NUMBER})"""
# The first reason that holds is the row's. U+0001 stands for NUL, which PostgreSQL cannot store (load/mart.py).
REJECT = f"""
    WITH gone AS (
        DELETE FROM {{stage}} WHERE {IS_BAD}
        RETURNING *
    )
    SELECT CASE
        WHEN part_official_name IS NULL OR part_official_name = '' THEN 'no_part_name'
        WHEN car_type IS NULL OR car_type = '' THEN 'no_car_type'
        WHEN octet_length(part_official_name) + octet_length(car_type) > %(bytes)s THEN 'text_too_long'
        WHEN part_official_name ~ %(control)s OR car_type ~ %(control)s THEN 'control_character'
        WHEN extracted_at IS DISTINCT FROM %(dt)s THEN 'other_day'
        WHEN min_price IS NULL OR max_price IS NULL THEN 'no_price'
        WHEN min_price <= 0 OR max_price > 2147483647 THEN 'price_out_of_range'
        WHEN min_price > max_price THEN 'min_above_max'
        WHEN median_price NOT BETWEEN min_price AND max_price THEN 'median_outside'
        ELSE 'count_out_of_range' END AS reason, count(*), left(min(part_official_name), 60)
    FROM gone GROUP BY 1 ORDER BY 1
"""  # noqa: S608
# A SELECT uses several cores, an UPDATE or DELETE only one: so this SELECT finds out first whether they have anything to do.
# It looks at each distinct text once. A text of more than half of a key's bytes may make its key too long.
LOOK = f"""
    SELECT coalesce(bool_or(text ~ %(odd)s OR text IS NOT NFC NORMALIZED), false),
           coalesce(bool_or(text IS NULL OR text = '' OR octet_length(text) > %(bytes)s / 2 OR text ~ %(control)s), false)
           OR (SELECT coalesce(bool_or{IS_BAD_NUMBER}, false) FROM {{stage}})
    FROM (SELECT part_official_name AS text FROM {{stage}} GROUP BY 1
          UNION ALL SELECT car_type FROM {{stage}} GROUP BY 1) texts
"""  # noqa: S608
CONTROL = r"[\u0001-\u0008\u000e-\u001f\u007f-\u009f]"

# Of two rows with one key the one with more offers is kept; the rest of the order makes it always the same one.
# Sorted, because rows in the order of the key fill its index from left to right. Without RETURNING, because a million returned rows
# cost a second, and counting the table's rows before and after says the same.
WANTED = """
    (SELECT DISTINCT ON (part_official_name, car_type) * FROM {stage}
     ORDER BY part_official_name, car_type, offer_count DESC NULLS LAST, source_count DESC NULLS LAST,
              min_price, max_price, median_price) s
"""
INSERT = f"""
    INSERT INTO {{table}} AS t (part_official_name, car_type, extracted_at, min_price, max_price, median_price,
                                offer_count, source_count, updated_at)
    SELECT part_official_name, car_type, extracted_at, min_price, max_price, median_price, offer_count, source_count, now()
    FROM {WANTED}
"""  # noqa: S608
# A join leaves out the rows that are there already: a conflict costs several times as much. Sorted again after it, because the rows of
# a hash join have no order, and each of them would need another page of the index.
UPSERT = f"""{INSERT}
    WHERE NOT EXISTS (
        SELECT FROM {{table}} t WHERE t.extracted_at = %(dt)s
           AND t.part_official_name = s.part_official_name AND t.car_type = s.car_type
           AND (t.min_price, t.max_price, t.median_price, t.offer_count, t.source_count) IS NOT DISTINCT FROM
               (s.min_price, s.max_price, s.median_price, s.offer_count, s.source_count))
    ORDER BY part_official_name, car_type
    ON CONFLICT (part_official_name, car_type, extracted_at) DO UPDATE
    SET min_price = excluded.min_price, max_price = excluded.max_price, median_price = excluded.median_price,
        offer_count = excluded.offer_count, source_count = excluded.source_count, updated_at = now()
    WHERE (t.min_price, t.max_price, t.median_price, t.offer_count, t.source_count) IS DISTINCT FROM
          (excluded.min_price, excluded.max_price, excluded.median_price, excluded.offer_count, excluded.source_count)
"""  # noqa: S608
# Whether a row policy may hide rows from this user: one that lets all through is needed, and none that takes some away.
HIDES = """
    WITH ours AS (
        SELECT polpermissive, pg_get_expr(polqual, polrelid) IS NOT DISTINCT FROM 'true' AS shows_all FROM pg_policy
        WHERE polrelid = %(table)s::regclass AND polcmd IN ('*', 'r')
          AND EXISTS (SELECT FROM unnest(polroles) role WHERE role = 0 OR pg_has_role(role, 'usage')))
    SELECT row_security_active(%(table)s::regclass::oid)
       AND NOT (EXISTS (SELECT FROM ours WHERE polpermissive AND shows_all)
                AND NOT EXISTS (SELECT FROM ours WHERE NOT polpermissive AND NOT shows_all))
"""
GHOSTS = """
    DELETE FROM {table} t WHERE t.extracted_at = %(dt)s AND NOT EXISTS (
        SELECT FROM {stage} s WHERE s.part_official_name = t.part_official_name AND s.car_type = t.car_type)
"""


def publish(
    cursor: Cursor, table: Table, stage: sql.Identifier, dt: str, read: int, before_writing: Callable[[], None]
) -> LoadCounts:
    """Makes the table's rows of the day those of the staging table; `before_writing` is called where they differ."""
    there = _fingerprint_of_day(cursor, table, dt)
    # Rows that equal published ones are clean and without duplicates, because the published ones are.
    if there.rows == read and there == _fingerprint(cursor, stage):
        return LoadCounts(0, 0, unchanged=read, deleted=0, read=read)
    cleaned, rejected = _clean(cursor, stage, dt, read)
    before_writing()
    written, before = _write(cursor, table, stage, dt, there.rows)
    inserted = _count(cursor, table, dt) - before
    updated, deleted = written - inserted, 0
    if before:
        _run(cursor, GHOSTS, stage=stage, table=table.identifier, dt=dt)
        deleted = cursor.rowcount
    now = before + inserted - deleted
    duplicates = read - sum(rejected.values()) - now
    if duplicates or _may_interfere(cursor, table):
        _check_kept(cursor, table, stage, dt)
    unchanged = now - inserted - updated
    return LoadCounts(inserted, updated, unchanged, deleted, 0, read, duplicates, cleaned, rejected)


def refuse_hidden_rows(cursor: Cursor, table: Table) -> None:
    """What this user cannot see would stay as it is, and others read it."""
    cursor.execute(HIDES, {"table": table.identifier.as_string(cursor.connection)})
    if cursor.fetchone()[0]:
        raise DatabaseError(
            f"A row policy of {table} may hide rows from this user, which could be neither changed nor removed: load as "
            "the table's owner or a user with BYPASSRLS, or add a policy USING (true) for this one. Nothing was changed."
        )


def _write(cursor: Cursor, table: Table, stage: sql.Identifier, dt: str, before: int) -> tuple[int, int]:
    """Rows inserted or updated, and rows that the day had before.

    A day without rows has no conflicts, and looking for one takes a third of an upsert's time. Only a writer that does
    not take our lock can add one meanwhile.
    """
    if not before:
        cursor.execute("SAVEPOINT new_day")
        try:
            _run(cursor, INSERT, stage=stage, table=table.identifier)
        except psycopg2.errors.UniqueViolation:
            cursor.execute("ROLLBACK TO SAVEPOINT new_day")
            before = _count(cursor, table, dt)
        else:
            return int(cursor.rowcount), 0
    _run(cursor, UPSERT, stage=stage, table=table.identifier, dt=dt)
    return int(cursor.rowcount), before


def _may_interfere(cursor: Cursor, table: Table) -> bool:
    """Whether a trigger, a rule or a row policy is there. A trigger can keep an update from a row, which then counts as unchanged, or write
    other values; a rule or a policy can keep a row that is to go, which a duplicate of the mart then hides in the counts. Rows of a
    partitioned table meet the triggers of their partition."""
    cursor.execute(
        """SELECT EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (
               SELECT %(table)s::regclass UNION ALL SELECT relid FROM pg_partition_tree(%(table)s::regclass)))
           OR (SELECT relhasrules OR relrowsecurity FROM pg_class WHERE oid = %(table)s::regclass)""",
        {"table": table.identifier.as_string(cursor.connection)},
    )
    return bool(cursor.fetchone()[0])


def _check_kept(cursor: Cursor, table: Table, stage: sql.Identifier, dt: str) -> None:
    """Rows that are not in the table are duplicates, or something took them away: a trigger, a rule, a row policy."""
    there = _fingerprint_of_day(cursor, table, dt)
    wanted = _fingerprint(cursor, sql.SQL(WANTED).format(stage=stage))
    if there != wanted:
        found = "other values" if there.rows == wanted.rows else f"{there.rows} rows"
        raise DatabaseError(
            f"{table} has {found} where {wanted.rows} rows of {dt} were written: look for a trigger, a rule or a row "
            "policy on it. Nothing was changed."
        )


def _count(cursor: Cursor, table: Table, dt: str) -> int:
    cursor.execute(sql.SQL("SELECT count(*) FROM {} WHERE extracted_at = %s").format(table.identifier), (dt,))
    return int(cursor.fetchone()[0])


class Fingerprint(NamedTuple):
    rows: int
    hashes: int | None


def _fingerprint(cursor: Cursor, rows: sql.Composable, *values: Any) -> Fingerprint:
    cursor.execute(sql.SQL(FINGERPRINT).format(rows), values)
    return Fingerprint(*cursor.fetchone())


def _fingerprint_of_day(cursor: Cursor, table: Table, dt: str) -> Fingerprint:
    return _fingerprint(cursor, sql.SQL("{} WHERE extracted_at = %s").format(table.identifier), dt)


def _clean(cursor: Cursor, stage: sql.Identifier, dt: str, read: int) -> tuple[int, dict[str, int]]:
    """Folds the text of odd rows, removes rows that cannot be published, and counts both."""
    rules: dict[str, Any] = {"blanks": BLANKS, "odd": ODD, "dt": dt, "bytes": MAX_KEY_BYTES, "control": CONTROL}
    _run(cursor, LOOK, stage=stage, **rules)
    is_odd, is_bad = cursor.fetchone()
    cleaned = 0
    if is_odd:
        _run(cursor, CLEAN, stage=stage, **rules)
        cleaned = cursor.rowcount
    if not (is_odd or is_bad):  # a name of blanks is bad only once it is clean
        return 0, {}
    _run(cursor, REJECT, stage=stage, **rules)
    found = cursor.fetchall()
    rejected = {reason: int(count) for reason, count, _ in found}
    if found:
        samples = "; ".join(f"{reason}: {count} rows, such as {name!r}" for reason, count, name in found)
        _refuse_if_mostly_bad(sum(rejected.values()), read, dt, samples)
        log.warning("Rows of %s that were not published: %s.", dt, samples)
    return cleaned, rejected


def _refuse_if_mostly_bad(bad: int, read: int, dt: str, samples: str) -> None:
    if bad > MAX_REJECTED_SHARE * read:
        raise RefusedError(
            f"{bad} of the {read} rows of {dt} cannot be published ({samples}). "
            "Nothing was changed. Build the mart of that day again, then load."
        )


def _run(
    cursor: Cursor, text: str, *, stage: sql.Identifier, table: sql.Identifier | None = None, **values: Any
) -> None:
    cursor.execute(sql.SQL(text).format(stage=stage, table=table or sql.SQL("")), values)
