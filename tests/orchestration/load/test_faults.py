"""Whatever breaks between two steps, the table is what it was, and the next load makes it what one clean run gives."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from orchestration.load import BusyError, DatabaseError, LakeError, Limits, PassingError, staging
from orchestration.load import day as day_module
from orchestration.load.database import KEEPALIVE, connected, words_of
from orchestration.load.day import with_retries
from orchestration.load.mart import MartDay

from .conftest import DT, Day, row

STEPS = ["staging.create", "staging.copy", "publish", "expire", "_record"]


def after(monkeypatch: pytest.MonkeyPatch, step: str, act: Any, times: int = 1) -> None:
    """Lets `act(cursor)` happen right after a step of the load, the first `times` times."""
    owner: Any = staging if "." in step else day_module
    name = step.rpartition(".")[2]
    real, left = getattr(owner, name), [times]

    def wrapped(cursor: Any, *arguments: Any, **options: Any) -> Any:
        result = real(cursor, *arguments, **options)
        if left[0]:
            left[0] -= 1
            act(cursor)
        return result

    monkeypatch.setattr(owner, name, wrapped)


@pytest.fixture
def corrected(day: Day) -> Day:
    """Version 0 is published; version 1, with a row more, less and changed, waits to be loaded."""
    day.mart(row("a"), row("b"), row("c"))
    day.load()
    day.mart(row("a"), row("b", low=120), row("d"))
    return day


@pytest.mark.parametrize("step", STEPS)
def test_a_dropped_connection_is_tried_again(
    corrected: Day, step: str, monkeypatch: pytest.MonkeyPatch, no_pauses: None
) -> None:
    def drop(cursor: Any) -> None:
        corrected.sql("SELECT pg_terminate_backend(%s)", cursor.connection.get_backend_pid())

    after(monkeypatch, step, drop)
    counts = corrected.load()
    assert counts[:4] == (1, 1, 1, 1)
    assert corrected.names() == ["a", "b", "d"]
    assert corrected.leftovers() == []


@pytest.mark.parametrize("step", STEPS)
def test_a_connection_that_stays_lost_changes_nothing(
    corrected: Day, step: str, monkeypatch: pytest.MonkeyPatch, no_pauses: None
) -> None:
    before = corrected.rows()

    def drop(cursor: Any) -> None:
        corrected.sql("SELECT pg_terminate_backend(%s)", cursor.connection.get_backend_pid())

    after(monkeypatch, step, drop, times=99)
    with pytest.raises(PassingError, match=r"terminating connection|server closed the connection"):
        corrected.load()
    assert corrected.rows() == before


KILLED = """
import os, signal, sys, psycopg2
from conf.lake import Lake
from orchestration.load import day, load_day
step, root, dsn, dt = sys.argv[1:]
owner = day.staging if "." in step else day
name = step.rpartition(".")[2]
real = getattr(owner, name)
def killed(*arguments, **options):
    real(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, killed)
load_day(lambda: psycopg2.connect(dsn), Lake.at(root), dt, run_id="killed")
"""


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_loader_leaves_nothing_behind(corrected: Day, step: str) -> None:
    before = corrected.rows()
    root = corrected.lake.mart.removesuffix("/mart")
    killed = subprocess.run([sys.executable, "-c", KILLED, step, root, corrected.dsn, DT], check=False, cwd=Path.cwd())
    assert killed.returncode == -signal.SIGKILL
    assert corrected.rows() == before
    assert corrected.load()[:4] == (1, 1, 1, 1)
    assert corrected.leftovers() == []


def test_a_second_loader_waits_and_then_names_the_first(corrected: Day) -> None:
    corrected.load(run_id="warm")
    other = corrected.connect()
    cursor = other.cursor()
    cursor.execute("SET application_name = 'load 2026-11-23 run first'")
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('load public.parts_master', 0))")
    with pytest.raises(BusyError, match=r"'load 2026-11-23 run first' \(process \d+.*waited 0.5 s"):
        corrected.load()
    other.close()
    assert corrected.load().unchanged == 3


def test_who_is_at_work_is_told_to_every_user_and_is_of_this_database(corrected: Day) -> None:
    """A user is not told since when another's session is at work, and locks of other databases have the same numbers."""
    corrected.load(run_id="warm")
    corrected.sql("DROP ROLE IF EXISTS other_user; CREATE ROLE other_user LOGIN PASSWORD 'x'")
    corrected.sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO other_user; GRANT CREATE ON SCHEMA public TO other_user")
    holders = [psycopg2.connect(make_dsn(corrected.dsn, dbname="postgres")), corrected.connect()]
    for name, holder in zip(("elsewhere", "here"), holders, strict=True):
        cursor = holder.cursor()
        cursor.execute("SELECT set_config('application_name', %s, false)", (name,))
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('load public.parts_master', 0))")
    try:
        with pytest.raises(BusyError, match=r"^'here' \(process \d+\) is at work on public\.parts_master"):
            corrected.load(connect=lambda: psycopg2.connect(corrected.dsn, user="other_user", password="x"))
    finally:
        for holder in holders:
            holder.close()
        corrected.sql("DROP OWNED BY other_user; DROP ROLE other_user")


def test_a_locked_history_holds_up_no_refusal(
    corrected: Day, caplog: pytest.LogCaptureFixture, no_pauses: None
) -> None:
    other = corrected.connect()
    other.cursor().execute("LOCK TABLE load_history IN ACCESS EXCLUSIVE MODE")
    with pytest.raises(LakeError, match="no version 9"):
        corrected.load(version=9, limits=Limits(lock=0.2))
    assert "while noting the failed load of 2026-11-23 in load_history: canceling statement due to lock" in caplog.text
    other.close()


def test_a_server_that_is_too_old_is_told(corrected: Day) -> None:
    class Old(psycopg2.extensions.connection):
        server_version = 130022

    with pytest.raises(DatabaseError, match=r"is PostgreSQL 13, .* needs 14 or newer"):
        corrected.load(connect=lambda: psycopg2.connect(corrected.dsn, connection_factory=Old))


def test_what_changed_while_waiting_for_another_load_is_seen(day: Day) -> None:
    """In a database whose transactions see it as it was when they began, and so before they waited."""
    day.mart(row("a"), row("b"))
    day.load()
    day.sql(f"ALTER DATABASE {parse_dsn(day.dsn)['dbname']} SET default_transaction_isolation = 'repeatable read'")
    with ThreadPoolExecutor(1) as pool, day.connect() as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('load public.parts_master', 0))")
        waiting = pool.submit(day.load, limits=Limits(other_load=30))
        cursor.execute("DELETE FROM parts_master WHERE part_official_name = 'a'")
        while not day.sql(
            "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'load %%' AND state LIKE 'idle in%%'"
        ):
            assert not waiting.done()
        other.commit()
        assert waiting.result().inserted == 1
    assert day.names() == ["a", "b"]


def test_a_row_that_another_writer_adds_to_a_new_day_is_updated(day: Day) -> None:
    day.mart(row("a", low=7), row("b"))
    day.load()
    day.sql("TRUNCATE parts_master")
    with ThreadPoolExecutor(1) as pool, day.connect() as other, other.cursor() as cursor:
        cursor.execute("INSERT INTO parts_master VALUES ('a', 'all', %s, 1, 2)", (DT,))
        waiting = pool.submit(day.load, limits=Limits(lock=30))
        while not day.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            assert not waiting.done()
        other.commit()
        assert waiting.result()[:4] == (1, 1, 0, 0)
    assert [(name, low) for name, _, _, low, *_ in day.rows()] == [("a", 7), ("b", 100)]


def test_two_loaders_at_once_end_in_one_clean_load(corrected: Day) -> None:
    words = [
        sys.executable,
        "-m",
        "orchestration.load",
        "--lake",
        corrected.lake.mart.removesuffix("/mart"),
        "--dt",
        DT,
    ]
    environment = {**os.environ, "DATABASE_URL": corrected.dsn}
    both = [subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=60)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert "0 inserted, 0 updated, 3 unchanged" in said[0]
    assert "1 inserted, 1 updated, 1 unchanged, 1 deleted" in said[1]


def turn_bits(file: Path) -> None:
    """Past the magic bytes, where the first column's values are."""
    content = file.read_bytes()
    file.write_bytes(content[:8] + bytes(byte ^ 0xFF for byte in content[8:72]) + content[72:])


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (Path.unlink, "No such file or directory"),
        (lambda file: file.write_bytes(file.read_bytes()[:100]), "Requested range was invalid"),
        (turn_bits, "failed to fill whole buffer"),
    ],
    ids=["lost", "cut", "bits turned"],
)
def test_a_damaged_lake_object_is_named_and_changes_nothing(
    corrected: Day, damage: Callable[[Path], None], why: str
) -> None:
    before = corrected.rows()
    folder = Path(corrected.lake.mart_table("name_price_summary")) / f"dt={DT}"
    for file in folder.glob("*.parquet"):
        damage(file)
    with pytest.raises(LakeError, match=rf"{DT} of .*, version 1, cannot be read: .*({why})"):
        corrected.load()
    assert corrected.rows() == before
    assert corrected.sql("SELECT verdict FROM load_history ORDER BY id DESC LIMIT 1") == [("failed",)]


def test_nobody_builds_a_mart_again_because_the_store_was_busy(corrected: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise OSError("Generic S3 error: Server returned non-2xx status code: 503 Service Unavailable")

    monkeypatch.setattr("orchestration.load.mart.QueryBuilder", busy)
    with pytest.raises(
        LakeError, match=r"503 Service Unavailable\. Nothing was changed\. Nothing is known of it: see that"
    ):
        corrected.load()
    monkeypatch.setattr("orchestration.load.mart.DeltaTable", busy)
    with pytest.raises(
        LakeError, match=r"cannot be opened: .* 503 .* Nothing is known of it: see that the store answers"
    ):
        corrected.load()


def test_a_lake_that_breaks_in_the_middle_of_the_copy(corrected: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = corrected.rows(), MartDay.lines

    def broken(mart: Any) -> Iterator[bytes]:
        yield from real(mart)
        raise LakeError("the object went away")

    monkeypatch.setattr(MartDay, "lines", broken)
    with pytest.raises(LakeError, match="the object went away"):
        corrected.load()
    assert corrected.rows() == before


def test_a_connection_dropped_in_the_middle_of_the_copy_is_tried_again(
    corrected: Day, monkeypatch: pytest.MonkeyPatch, no_pauses: None
) -> None:
    real = MartDay.lines
    dropped: list[Any] = []

    def dropping(mart: Any) -> Iterator[bytes]:
        for line in b"".join(real(mart)).splitlines(keepends=True):
            yield line
            if not dropped:
                dropped.extend(
                    corrected.sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE application_name LIKE 'load %%' AND datname = current_database()"
                    )
                )

    monkeypatch.setattr(MartDay, "lines", dropping)
    assert corrected.load()[:4] == (1, 1, 1, 1)
    assert dropped == [(True,)]
    assert corrected.leftovers() == []


def test_a_full_disk_is_told_and_changes_nothing(corrected: Day) -> None:
    """The server's own error, with the code of a file that cannot grow."""
    before = corrected.rows()
    corrected.sql(
        """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"""
    )
    corrected.sql("CREATE TRIGGER full_disk BEFORE INSERT ON parts_master FOR EACH ROW EXECUTE FUNCTION full_disk()")
    with pytest.raises(
        DatabaseError, match=r"No space left on device.*make room, then load again; nothing was changed"
    ):
        corrected.load()
    assert corrected.rows() == before
    corrected.sql("DROP TRIGGER full_disk ON parts_master")
    assert corrected.load()[:4] == (1, 1, 1, 1)


def test_a_constraint_of_the_table_is_named_with_its_row(corrected: Day) -> None:
    corrected.sql("ALTER TABLE parts_master ADD CONSTRAINT no_d CHECK (part_official_name <> 'd')")
    with pytest.raises(DatabaseError, match=r"constraint no_d.*\(d, all, 2026-11-23"):
        corrected.load()
    assert corrected.names() == ["a", "b", "c"]


def test_a_locked_table_is_waited_for_and_then_reported(corrected: Day, no_pauses: None) -> None:
    other = corrected.connect()
    other.cursor().execute("LOCK TABLE parts_master IN ACCESS EXCLUSIVE MODE")
    started = time.monotonic()
    with pytest.raises(PassingError, match=r"lock timeout\. Another session holds a lock.*pg_stat_activity"):
        corrected.load(limits=Limits(lock=0.2))
    assert time.monotonic() - started < 10
    other.close()
    assert corrected.sql("SELECT verdict, reason ~ 'lock timeout' FROM load_history ORDER BY id DESC LIMIT 1") == [
        ("failed", True)
    ]


def test_a_load_that_takes_too_long_says_so(corrected: Day) -> None:
    with pytest.raises(DatabaseError, match=r"statement timeout.* longer than the statement time-out; nothing was"):
        corrected.load(limits=Limits(statement=0.001))
    assert corrected.names() == ["a", "b", "c"]


def test_a_load_that_somebody_cancels_is_not_told_to_be_slow(corrected: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def cancel(cursor: Any) -> None:
        cursor.execute("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(5)")

    after(monkeypatch, "staging.copy", cancel)
    with pytest.raises(DatabaseError, match=r"due to user request\. It was cancelled, or took longer"):
        corrected.load()
    assert corrected.names() == ["a", "b", "c"]


def test_a_connection_hands_on_what_libpq_knows(day: Day) -> None:
    main = parse_dsn(day.dsn) | {"port": int(parse_dsn(day.dsn)["port"])}
    secret = "#%@:/ '\\비밀"
    day.sql(f"DROP ROLE IF EXISTS odd; CREATE ROLE odd LOGIN PASSWORD '{secret.replace(chr(39), chr(39) * 2)}'")
    extra = {
        "target_session_attrs": "read-write", "keepalives_interval": 5, "sslcrl": "", "host": "elsewhere",
        "cursor": "dictcursor", "iam": False, "cluster-identifier": "c", "a b": 1, "sqlalchemy_query": {"a": "b"},
    }  # fmt: skip
    words = words_of(main | {"user": "odd", "password": secret}, extra)
    assert words.keys() - main.keys() == {"connect_timeout", "target_session_attrs", "keepalives_interval", "sslcrl"}
    connection = psycopg2.connect(**words)
    assert connection.info.user == "odd"
    connection.close()
    day.sql("DROP ROLE odd")


def test_a_server_that_takes_a_connection_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        main = {"host": "127.0.0.1", "port": silent.getsockname()[1], "user": "", "dbname": None}
        assert words_of(main, {}) == {"connect_timeout": 10, "host": "127.0.0.1", "port": main["port"]}
        with pytest.raises(PassingError, match="timeout expired"):
            connected(lambda: psycopg2.connect(**words_of(main, {"connect_timeout": 2})))


def test_a_server_that_vanishes_is_noticed(corrected: Day) -> None:
    """A proxy or a network that forgets the connection sends no word, and the system asks after two hours only."""
    connection = connected(corrected.connect)
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        found = {
            name: line.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
            for name in KEEPALIVE
            if hasattr(socket, name)
        }
    assert found == {name: KEEPALIVE[name] for name in found} != {}
    connection.close()


def test_a_user_s_own_limit_on_transactions_is_not_the_load_s(corrected: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    after(monkeypatch, "staging.copy", lambda _: time.sleep(1.5), times=99)
    dsn = make_dsn(corrected.dsn, options="-c transaction_timeout=1s")
    assert corrected.load(connect=lambda: psycopg2.connect(dsn))[:4] == (1, 1, 1, 1)


@pytest.mark.parametrize(("own", "used"), [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")])
def test_what_is_reported_as_published_outlives_a_crash(
    corrected: Day, own: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def look(cursor: Any) -> None:
        cursor.execute("SHOW synchronous_commit")
        seen.append(cursor.fetchone()[0])

    after(monkeypatch, "_record", look)
    dsn = make_dsn(corrected.dsn, options=f"-c synchronous_commit={own}")
    corrected.load(connect=lambda: psycopg2.connect(dsn))
    assert seen == [used]


def test_an_unreachable_database_is_one_sentence(corrected: Day, no_pauses: None) -> None:
    def nowhere() -> Any:
        return psycopg2.connect("host=127.0.0.1 port=1 connect_timeout=1")

    with pytest.raises(PassingError, match=r"^The database failed while connecting to it: .*refused"):
        corrected.load(connect=nowhere)


def test_a_user_who_may_not_connect_is_refused_once(corrected: Day) -> None:
    corrected.sql("DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    name = psycopg2.extensions.parse_dsn(corrected.dsn)["dbname"]
    corrected.sql(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    with pytest.raises(DatabaseError, match="permission denied for database") as told:
        corrected.load(connect=lambda: psycopg2.connect(corrected.dsn, user="stranger", password="stranger"))
    assert not isinstance(told.value, PassingError)


def test_only_passing_errors_are_tried_again() -> None:
    pauses: list[float] = []
    outcomes: list[Exception] = [PassingError("lost"), PassingError("lost"), DatabaseError("full")]

    def attempt() -> Any:
        raise outcomes.pop(0)

    with pytest.raises(DatabaseError, match="full"):
        with_retries(attempt, pauses.append)
    assert outcomes == []
    assert 0.5 <= pauses[0] <= 0.75
    assert 1.0 <= pauses[1] <= 1.5
