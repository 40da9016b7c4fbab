"""The embedded PostgreSQL: any folder, any user, any way to end."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any

import psutil
import psycopg2
import pytest

from local.errors import ChildError
from local.postgres import OUTSIDE, Postgres
from local.processes import Identity
from tests.local.support import wait_until

ROOT = Path(__file__).resolve().parents[2]


def ask(postgres: Postgres, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(postgres.dsn())
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Below a folder that is closed to everybody else, like root's own home."""
    closed = tmp_path / "닫힌 폴더"
    closed.mkdir(mode=0o700)
    return closed / 'it\'s 50% "mine"' / "postgres"


def test_data_survives_a_restart(folder: Path) -> None:
    for expected in (0, 1, 2):
        with Postgres(folder) as postgres:
            ask(postgres, "CREATE TABLE IF NOT EXISTS cars (name text PRIMARY KEY)")
            assert ask(postgres, "SELECT count(*) FROM cars") == [(expected,)]
            ask(postgres, "INSERT INTO cars VALUES (%s)", f"그랜저 {expected}")
    assert [path.name for path in folder.iterdir() if path.name.endswith(".new")] == []


def test_it_is_what_production_has(folder: Path) -> None:
    with Postgres(folder) as postgres:
        assert ask(postgres, "SELECT current_setting('server_version_num')::int / 10000") == [(18,)]
        assert ask(postgres, "SHOW server_encoding") == [("UTF8",)]
        assert ask(postgres, "SELECT upper('é'), '가' < '나'") == [("É", True)]


def test_password_is_asked_for_and_private(folder: Path) -> None:
    with Postgres(folder) as postgres:
        assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(postgres.dsn().replace(postgres.password, "wrong"))
        variables = postgres.environment()
        connection = psycopg2.connect(
            host=variables["PGHOST"], port=variables["PGPORT"], user=variables["PGUSER"],
            password=variables["PGPASSWORD"], dbname=variables["PGDATABASE"],
        )  # fmt: skip
        connection.close()


def test_stop_is_quick_and_leaves_nothing(folder: Path) -> None:
    postgres = Postgres(folder).start()
    assert postgres._child is not None
    family = psutil.Process(postgres._child.pid).children(recursive=True)
    busy = psycopg2.connect(postgres.dsn())
    with busy.cursor() as cursor:
        cursor.execute("CREATE TABLE half (n int)")
    started = time.monotonic()
    postgres.stop()
    assert time.monotonic() - started < 2
    assert not any(process.is_running() for process in family)
    busy.close()


def test_kill_9_of_everything_loses_nothing_committed(folder: Path) -> None:
    with Postgres(folder) as postgres:
        ask(postgres, "CREATE TABLE t (n int)")
        ask(postgres, "INSERT INTO t SELECT generate_series(1, 1000)")
        assert postgres._child is not None
        guard = psutil.Process(postgres._child.pid)
        for process in [*guard.children(recursive=True), guard]:
            with suppress(psutil.NoSuchProcess):  # each takes others along
                process.kill()
        postgres._child.stop()
    assert (folder / "data" / "postmaster.pid").exists()
    with Postgres(folder) as postgres:
        assert ask(postgres, "SELECT count(*) FROM t") == [(1000,)]


def test_pid_file_that_now_names_somebody_else(folder: Path) -> None:
    with Postgres(folder):
        pass
    pid_file = folder / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getppid()}\n{folder}/data\n1\n5432\n\n127.0.0.1\n\nready\n")
    with Postgres(folder) as postgres:
        assert ask(postgres, "SELECT 1") == [(1,)]


def test_parent_that_is_killed_takes_it_along_and_the_next_start_is_at_once(folder: Path) -> None:
    program = f"""
        import time
        from pathlib import Path
        from local.postgres import Postgres
        postgres = Postgres(Path({str(folder)!r})).start()
        print(postgres._child.pid, flush=True)
        time.sleep(300)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        try:
            guard = psutil.Process(int(parent.stdout.readline()))
            family = [guard, *guard.children()]
            with Postgres(folder) as joined:
                assert ask(joined, "SELECT 1") == [(1,)]
            assert all(process.is_running() for process in family), "who joined must not stop it"
        finally:
            os.kill(parent.pid, signal.SIGKILL)
    with Postgres(folder) as postgres:
        assert ask(postgres, "SELECT 1") == [(1,)]
        wait_until(lambda: not any(process.is_running() for process in family), 5)


def test_what_is_no_guest_keeps_its_server_when_a_question_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Postgres(folder) as question:
        monkeypatch.setattr("local.postgres.PATIENCE_SECONDS", 0.2)
        with pytest.raises(ChildError, match=r"`make sql` has the local database up\. Wait"):
            Postgres(folder, guest=False).start()
        Timer(0.5, question.stop).start()
        monkeypatch.setattr("local.postgres.PATIENCE_SECONDS", 15)
        with Postgres(folder, guest=False) as day:
            assert ask(day, "SELECT 1") == [(1,)]
            assert day._child is not None


def test_start_that_was_interrupted_is_done_again(folder: Path) -> None:
    (folder / "data.new").mkdir(parents=True)
    (folder / "data.new" / "half").write_text("")
    with Postgres(folder) as postgres:
        assert ask(postgres, "SELECT 1") == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
@pytest.mark.parametrize("identity", ["namespace", "nobody"])
def test_as_root(folder: Path, identity: Identity) -> None:
    """Both ways to run it for root; `nobody` is for kernels that forbid user namespaces."""
    for _ in range(2):
        with Postgres(folder, identity) as postgres:
            ask(postgres, "CREATE TABLE IF NOT EXISTS t (n int)")
            assert postgres._child is not None
            (server,) = psutil.Process(postgres._child.pid).children()
            assert server.uids().real == (0 if identity == "namespace" else 65534)
    shutil.rmtree(folder)  # as `make clean` does
    with Postgres(folder, identity) as postgres:
        assert ask(postgres, "SELECT to_regclass('t')") == [(None,)]
    if identity == "nobody":
        home = (folder / "data").resolve().parent
        assert home.parent == OUTSIDE
        subprocess.run(["rm", "-r", home], check=True)
