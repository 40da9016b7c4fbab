"""A day that Spark staged over JDBC ends in the same table, with the same counts, as one that was streamed."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import parse_dsn

from local.jvm import SETTINGS
from orchestration import migrate
from orchestration.load import PassingError, RefusedError, staging
from orchestration.load import day as day_module
from orchestration.load.database import Table
from tests.jvm import needs_java_17, spark_submit

from .conftest import DT, Day, row

ROOT = Path(__file__).parents[3]
DRIVER = "org.postgresql:postgresql:42.7.8"
HOSTILE = (
    row("O'Neil \"3/8\""), row(r"back\slash \N \. \t"), row("👨‍👩‍👧 🔧"), row("nul\0inside"), row("x" * 10_000), row(None),
    row("two\nlines\tand\r\nmore"), row("=1+1", "그랜저(IG)"), row("a", low=400), row("{};'--%s"), row("b", median=None),
    row("twice", offers=1), row("twice", offers=5),
)  # fmt: skip


def prepare(day: Day, version: int, table: str = "parts_master") -> str:
    connection = day.connect()
    migrate.migrate(connection, table)
    name = staging.create_shared(connection, Table.named(table), DT, version)
    connection.close()
    return name


def stage_in_spark(day: Day, version: int, into: str) -> None:
    address = parse_dsn(day.dsn)
    delta = next(line.split()[1] for line in SETTINGS.read_text().splitlines() if "spark.jars.packages" in line)
    job = [str(ROOT / "jobs/stage_mart.py"), "--lake", day.lake.mart.removesuffix("/mart"), "--dt", DT]
    spark_submit(
        "--packages", f"{delta},{DRIVER}", *job, "--version", str(version), "--into", into,
        JDBC_URL=f"jdbc:postgresql://{address['host']}:{address['port']}/{address['dbname']}",
        PGUSER=address["user"], PGPASSWORD=address["password"],
    )  # fmt: skip


@pytest.mark.jvm
@needs_java_17
def test_spark_stages_what_the_loader_streams(day: Day) -> None:
    day.mart(*HOSTILE)
    into = prepare(day, 0)
    stage_in_spark(day, 0, into)
    staged = day.load(version=0, is_staged=True)
    assert staged == day.load(table="elsewhere.streamed")
    assert staged.rejected == {"control_character": 1, "min_above_max": 1, "no_part_name": 1, "text_too_long": 1}
    columns = (
        "part_official_name, car_type, extracted_at, min_price, max_price, median_price, offer_count, source_count"
    )
    of = f"SELECT {columns} FROM {{}} ORDER BY 1, 2"  # noqa: S608
    assert day.sql(of.format("parts_master")) == day.sql(of.format("elsewhere.streamed")) != []
    assert day.leftovers() == []


def fill(day: Day, into: str, *names: str) -> None:
    for name in names:
        day.sql(f"INSERT INTO {into} VALUES (%s, 'all', %s, 100, 300, 200, 3, 2)", name, DT)  # noqa: S608


def test_what_was_not_staged_or_only_in_part_is_refused(day: Day) -> None:
    day.mart(row("a"), row("b"))
    with pytest.raises(
        RefusedError, match=r"Nothing is staged of version 0 of .*--prepare --dt 2026-11-23 --version 0"
    ):
        day.load(version=0, is_staged=True)
    into = prepare(day, 0)
    for _ in range(2):  # jobs that failed at the same place
        fill(day, into, "a")
        with pytest.raises(RefusedError, match="Only 1 of the 2 rows"):
            day.load(version=0, is_staged=True)


def test_rows_that_a_deletion_vector_took_away_are_not_waited_for(day: Day) -> None:
    """A cluster that marks rows instead of writing files again; the log's count of the file stays what it was."""
    day.mart(row("gone"), row("b"))
    log = Path(day.lake.mart_table("name_price_summary"), "_delta_log")
    actions = [json.loads(line) for line in (log / f"{0:020}.json").read_text().splitlines()]
    # Delta's bitmap of row 0: its magic number, one bitmap of key 0, and in it one list with the one number 0.
    bitmap = struct.pack("<iqiiiHHiH", 1681511377, 1, 0, 12346, 1, 0, 0, 16, 0) + b"\0\0"
    vector = {"storageType": "i", "pathOrInlineDv": z85(bitmap), "sizeInBytes": 34, "cardinality": 1}
    features = {"minReaderVersion": 3, "minWriterVersion": 7} | {
        f"{kind}Features": ["deletionVectors"] for kind in ("reader", "writer")
    }
    added = next(action["add"] for action in actions if "add" in action)
    removed = {"path": added["path"], "deletionTimestamp": 1, "dataChange": True, "partitionValues": {"dt": DT}}
    later = [{"protocol": features}, {"remove": removed}, {"add": added | {"deletionVector": vector}}]
    (log / f"{1:020}.json").write_text("\n".join(map(json.dumps, later)))
    fill(day, prepare(day, 1), "b")
    assert day.load(version=1, is_staged=True).inserted == 1
    assert day.load(version=1).unchanged == 1


def z85(data: bytes) -> str:
    letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    words = struct.unpack(f">{len(data) // 4}I", data)
    return "".join(letters[word // 85**place % 85] for word in words for place in (4, 3, 2, 1, 0))


def test_rows_of_one_version_are_not_published_as_another(day: Day) -> None:
    day.mart(row("old"))
    day.mart(row("new"))
    fill(day, prepare(day, 0), "old")
    with pytest.raises(RefusedError, match="Nothing is staged of version 1"):
        day.load(version=1, is_staged=True)
    prepare(day, 1)
    assert len(day.leftovers()) == 1


def test_a_task_that_spark_ran_twice_changes_nothing(day: Day) -> None:
    day.mart(row("a"), row("b"))
    fill(day, prepare(day, 0), "a", "b", "b")
    counts = day.load(version=0, is_staged=True)
    assert (counts.inserted, counts.duplicates) == (2, 1)


def test_a_row_that_the_mart_has_twice_is_not_missed(day: Day) -> None:
    day.mart(row("a"), row("a"), row("b"))
    fill(day, prepare(day, 0), "a", "a", "b")
    assert day.load(version=0, is_staged=True)[:4] == (2, 0, 0, 0)


@pytest.mark.parametrize("is_staged", [True, False])
def test_a_connection_lost_while_committing_is_no_failure(
    day: Day, is_staged: bool, monkeypatch: pytest.MonkeyPatch, no_pauses: None
) -> None:
    day.mart(row("a"))
    fill(day, prepare(day, 0), "a")
    real, lost = day_module._attempt, [True]

    def attempt(*arguments: Any) -> Any:
        counts = real(*arguments)
        if lost:
            lost.clear()
            raise PassingError("the connection was lost")
        return counts

    monkeypatch.setattr("orchestration.load.day._attempt", attempt)
    assert day.load(version=0, is_staged=is_staged).inserted == 1
    assert day.sql("SELECT verdict FROM load_history") == [("published",)]
    assert day.load(version=0).unchanged == 1
