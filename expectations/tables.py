"""Reads the lake's Delta tables without Spark, so that the gate runs in an Airflow worker. A table that cannot be
read becomes one sentence that says which and why."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa

from expectations.causes import TRY_AGAIN, cause_of, is_unreached

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from conf.lake import Lake

Options = dict[str, str] | None
WRITES = 10  # tries, where others write the same partition
DAY = re.compile(r"/dt=(\d{4}-\d{2}-\d{2})/")
RAW = "raw offers"  # files, not a table; named here with the others
OFFERS, SUMMARY, NAMES, ASIDE, VERDICTS, SOURCES, ACCEPTED, JOBS = (
    "clean offers",
    "price summary",
    "canonical names",
    "offers set aside",
    "gate verdicts",
    "source verdicts",
    "accepted changes",
    "job counts",
)
# Which task writes a day of the table in this folder again.
WRITTEN_BY = {
    "offers": "clean_offers",
    "name_price_summary": "build_marts",
    "part_no_canonical_name": "build_marts",
    "price_set_aside": "build_marts",
    "job_report": "clean_offers",
}
# What a table of ours holds that no task can write again, and without which a day can be judged.
HISTORY = {
    "gate_verdict": "what earlier days were like",
    "source_verdict": "what the shops' earlier days were like",
    "accepted_change": "what was accepted by hand",
}


class LakeError(Exception):
    """The lake is not as the gate needs it; the message is a sentence for the user."""


class MissingTableError(LakeError):
    """There is no such table yet."""


class UnreadableTableError(LakeError):
    """There is a table, and its log or its files cannot be read."""


class UnreachableTableError(LakeError):
    """The store did not answer, or did not let us in; nothing is known of the table."""


class UnwrittenTableError(LakeError):
    """There is a table, and nothing could be added to it."""


def path_of(lake: Lake, table: str) -> str:
    """Where a table of the gate is."""
    return {
        OFFERS: lake.clean_offers,
        SUMMARY: lake.mart_table("name_price_summary"),
        NAMES: lake.mart_table("part_no_canonical_name"),
        ASIDE: lake.mart_table("price_set_aside"),
        VERDICTS: lake.mart_table("gate_verdict"),
        SOURCES: lake.mart_table("source_verdict"),
        ACCEPTED: lake.mart_table("accepted_change"),
        JOBS: lake.mart_table("job_report"),
    }[table]


@contextmanager
def _translated(*paths: str, opening: bool = False) -> Iterator[None]:
    """delta-rs and its query engine raise many types, bare `Exception` among them; all mean that these tables cannot be read.
    A table that cannot even be opened may be one that no task can write to either."""
    from deltalake.exceptions import TableNotFoundError

    try:
        yield
    except LakeError:
        raise
    except TableNotFoundError as error:
        raise MissingTableError(f"There is no table at {paths[0]}.{_advice(paths[0])}") from error
    except Exception as error:
        cause = cause_of(error)
        if is_unreached(error):
            said = f"The table at {' or '.join(paths)} cannot be reached: {cause}. {TRY_AGAIN}"
            raise UnreachableTableError(said) from error
        # Of several tables the one that the error names is the broken one.
        broken = [path for path in paths if Path(path).name in Path(str(error)).parts] or list(paths)
        said = f"The table at {' or '.join(broken)} cannot be read: {cause}."
        advice = _advice(broken[0], str(error)) if len(broken) == 1 else ""
        if opening and advice:
            advice += " Where its log is damaged, move its folder away first."
        raise UnreadableTableError(said + advice) from error


def _advice(path: str, said: str = "") -> str:
    """What to do about a table. `said`: the error, which names the day whose file is broken."""
    folder = Path(path).name
    if folder in HISTORY:
        return f" It holds {HISTORY[folder]}: move its folder away, and clear the task that failed."
    if folder not in WRITTEN_BY:
        return ""
    day = DAY.search(said)
    return f" Clear {WRITTEN_BY[folder]}{f' of {day[1]}' if day else ''}, which writes {'that' if day else 'the'} day again."


def remake(path: str) -> str:
    """What to do about a table with other columns, which no task of ours wrote and none can add a day to."""
    task = WRITTEN_BY[Path(path).name]
    return f"It was not written by {task}: restore its earlier version, or move its folder away and clear {task}."


def open_table(path: str, options: Options, version: int | None = None) -> DeltaTable:
    """A table at its newest version, or at the one named. Raises `LakeError`."""
    from deltalake import DeltaTable

    with _translated(path, opening=True):
        return DeltaTable(path, version=version, storage_options=options)


def column_types(table: DeltaTable) -> dict[str, str]:
    """Each column's type as Delta names it: `integer`, `string`, `date`, and so on."""
    return {field.name: getattr(field.type, "type", str(field.type)) for field in table.schema().fields}


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def query(sql: str, **tables: DeltaTable) -> pa.Table:
    """The answer of an SQL query over Delta tables, streamed by delta-rs so that a large table does not fill memory."""
    from deltalake import QueryBuilder

    builder = QueryBuilder()
    with _translated(*(unquote(table.table_uri.removeprefix("file://")).rstrip("/") for table in tables.values())):
        for name, table in tables.items():
            builder = builder.register(name, table)
        return pa.table(builder.execute(sql).read_all())


def records(sql: str, **tables: DeltaTable) -> list[dict[str, Any]]:
    """The rows of a small answer; null is None."""
    rows: list[dict[str, Any]] = query(sql, **tables).to_pylist()
    return rows


def write_partition(path: str, rows: pa.Table, partition: dict[str, str], options: Options) -> None:
    """Replaces one partition of a table of ours in one transaction; makes the table on first use. Of several writers of one
    partition the last one's rows stay. Raises `LakeError`."""
    from deltalake.exceptions import CommitFailedError

    for attempt in range(WRITES):
        try:
            _write_partition(path, rows, partition, options)
        except LakeError:
            raise
        except CommitFailedError as error:  # another writer was quicker; what this one replaces is looked up again
            if attempt + 1 == WRITES:
                raise UnwrittenTableError(
                    f"The table at {path} is written by others again and again: {cause_of(error)}."
                ) from error
            time.sleep(attempt * random.random() / 10)  # noqa: S311  (jitter)
        except Exception as error:  # many types, as for reading; the table is as it was
            raise UnwrittenTableError(f"The table at {path} cannot be written: {cause_of(error)}.") from error
        else:
            return


def _write_partition(path: str, rows: pa.Table, partition: dict[str, str], options: Options) -> None:
    from deltalake import DeltaTable, write_deltalake

    predicate = " AND ".join(f"{column} = '{value}'" for column, value in partition.items())
    try:
        open_table(path, options)
    except MissingTableError:
        # Empty: made of this day, it would take the place of another day that is written at the same time.
        DeltaTable.create(path, rows.schema, mode="ignore", partition_by=list(partition), storage_options=options)
    write_deltalake(
        path,
        rows,
        mode="overwrite",
        schema_mode="merge",  # a lake of an earlier version gets the columns that came later
        predicate=predicate,
        storage_options=options,
    )
