"""`python -m orchestration.load` as a person on call uses it: take back, list, and a sentence for every slip."""

from __future__ import annotations

import os

import psycopg2
import pytest

from orchestration.load.__main__ import main

from .conftest import DT, Day, row


@pytest.fixture
def lake(day: Day, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A day published twice, and the words that name it."""
    monkeypatch.setenv("DATABASE_URL", day.dsn)
    day.mart(row("a"), row("b"))
    day.load(run_id="good")
    day.mart(row("a", low=1))
    day.load(run_id="bad")
    return ["--lake", day.lake.mart.removesuffix("/mart"), "--dt", DT]


def test_a_bad_day_is_taken_back(day: Day, lake: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*lake, "--versions"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in listed] == ["version 1: 1 rows", "version 0: 2 rows"]
    assert main([*lake, "--version", "0", "--run-id", "taken-back"]) == 0
    assert "from version 0 of the mart: 1 inserted, 1 updated, 0 unchanged, 0 deleted." in capsys.readouterr().out
    assert day.names() == ["a", "b"]
    assert main([*lake, "--versions"]) == 0
    assert capsys.readouterr().out.startswith("version 0: 2 rows, published")


SLIPS = {
    "--version 9": "has no version 9: its newest is 1.",
    "--version -1": "has no version -1: its newest is 1.",
    "--dt 2026-13-23": "'2026-13-23' is not a day",
    "--dt 2026-11-22": "has no row of 2026-11-22. An empty day is never published",
    "--lake /nowhere": "There is no mart table at /nowhere",
    "--lake=": "Say where the lake is",
    "--table a.b.c": "'a.b.c' is not a table's name",
    "--keep-days 0": "days must be from 1 to 36500",
    "--keep-days 9999999": "days must be from 1 to 36500",
    "--prepare": "Say which version of the mart",
    "--staged": "Say which version jobs/stage_mart.py staged",
    "--staged --version 1": "Nothing is staged of version 1",
}


def test_a_slip_is_one_sentence(day: Day, lake: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for words, told in SLIPS.items():
        assert main([*lake, *words.split()]) == 1, words
        said = capsys.readouterr().err
        assert told in said
        assert "Traceback" not in said
    assert [r[3] for r in day.rows()] == [1]


def test_a_database_that_nothing_names_is_asked_for(
    lake: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise psycopg2.OperationalError("no such socket")

    monkeypatch.setattr(psycopg2, "connect", refuse)
    for name in [name for name in os.environ if name == "DATABASE_URL" or name.startswith("PG")]:
        monkeypatch.delenv(name)
    assert main(["--dt", DT, "--versions"]) == 1
    assert "set DATABASE_URL=postgresql://user:password@host:5432/name" in capsys.readouterr().err
    assert main(lake) == 1
    assert "set DATABASE_URL" not in caplog.text  # once is enough
    monkeypatch.setenv("PGHOST", "/nowhere")
    assert main(["--dt", DT, "--versions"]) == 1
    assert "no such socket" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg2://parts:s3cret@127.0.0.1/parts",
        "postgresql://parts:s3/cret@127.0.0.1/parts",
        "postgresql://parts:s3%cret@127.0.0.1/parts",
        "postgresql://parts:1@s3cret@127.0.0.1/parts",
        "postgresql://parts:1/s3@cret:5432/parts",
        "s3cret",
    ],
)
def test_a_password_is_never_shown(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    assert main(["--dt", DT, "--versions"]) == 1
    said = capsys.readouterr().err
    assert "s3" not in said
    assert "DATABASE_URL cannot be read: write it as postgresql://user:password@host:5432/name" in said


def test_a_database_that_was_never_loaded_has_no_versions(
    day: Day, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", day.dsn)
    assert main(["--dt", DT, "--versions"]) == 0
    assert capsys.readouterr().out == f"{DT} was never published in public.parts_master.\n"
