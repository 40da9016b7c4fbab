"""What `make sql` shows of an answer."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from threading import Timer

import pytest
from rich.console import Console

from local import sql
from local.postgres import Postgres
from local.sql import answer, show

ROOT = Path(__file__).resolve().parents[2]
ANSWER = (["part", "?column?", "?column?"], [["필터 [RH]", "12000", ""], ["캡", "1", "2"]])


def shown(width: int) -> str:
    file = io.StringIO()
    show(ANSWER, Console(file=file, width=width))
    return file.getvalue()


def test_rows_that_fit_are_a_table() -> None:
    assert "│ 필터 [RH] │ 12000    │          │" in shown(60)


def test_rows_that_do_not_fit_are_blocks_with_nothing_cut_off() -> None:
    blocks = [
        ["row 1", "  part      필터 [RH]", "  ?column?  12000", "  ?column?  "],
        ["row 2", "  part      캡", "  ?column?  1", "  ?column?  2"],
    ]
    assert shown(20).splitlines() == [line for block in blocks for line in block]


def test_make_hands_a_dollar_on_as_it_is() -> None:
    told = subprocess.run(
        ["make", "-n", "sql", "Q=select $HOME '^1$'"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert r"local.sql 'select $HOME '\''^1$'\'''" in told.stdout


def test_statement_without_rows_is_done(tmp_path: Path) -> None:
    with Postgres(tmp_path / "postgres") as postgres:
        told = [answer(postgres.dsn("parts"), said) for said in ("create table t (n int)", "insert into t values (1)")]
    assert told == ["done", "1 rows touched"]


def test_question_whose_server_was_stopped_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sql, "STATE", tmp_path)
    monkeypatch.setattr("sys.argv", ["sql", "select pg_sleep(9)"])
    folder = tmp_path / "postgres"
    with Postgres(folder) as day:
        Timer(1, day.stop).start()
        assert sql.main() == 1
    assert capsys.readouterr().out == "The run or question that had the database up ended amid this one. Ask again.\n"
