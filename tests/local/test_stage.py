"""What `make transform`, `make validate` and `make load` say to a slip."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conf.lake import Lake
from local import stage
from local.errors import LocalCloudError


@pytest.mark.parametrize(
    ("lake", "day", "told"),
    [
        ("", "2026-11-23", "LAKE is missing"),
        ("else", "2026-11-23", "LAKE: 'else' is no folder that holds"),
        ("lake", "", "DT is missing"),
        ("lake", "23-11-2026", "DT: '23-11-2026' is not a day"),
    ],
    ids=["no lake", "another folder", "no day", "wrong form of day"],
)
def test_a_slip_names_the_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lake: str, day: str, told: str
) -> None:
    (tmp_path / "lake" / "mart").mkdir(parents=True)
    (tmp_path / "else").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LocalCloudError, match=told):
        stage.options(["validate", "--lake", lake, "--dt", day])


def test_a_day_without_raw_offers_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raw" / "partsro" / "offers" / "dt=2026-11-23").mkdir(parents=True)
    monkeypatch.setattr(stage, "transform_lake", lambda *_: 0)
    told = {}
    for day in ("2026-11-23", "2026-11-24"):
        assert stage.transform(stage.options(["transform", "--lake", str(tmp_path), "--dt", day])) == 0
        told[day] = capsys.readouterr().err
    assert told == {"2026-11-23": "", "2026-11-24": "raw/ has no offers of 2026-11-24: its tables will be empty.\n"}


def test_a_raw_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the engine that stumbles over it, and Sail does not say where."""
    run = tmp_path / "raw" / "partsro" / "offers" / "dt=2026-11-23" / "run_id=r1"
    run.mkdir(parents=True)
    (run / "part-0.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 99)[:-9])
    (run / "part-1.jsonl.gz").write_bytes(gzip.compress(b"{}\n"))
    monkeypatch.setattr(stage, "LOGS", tmp_path)
    failing = subprocess.CompletedProcess[Any]([], 1)
    with pytest.raises(
        LocalCloudError, match=r"^clean_offers .* failed: .*raw/partsro/\S+/part-0\.jsonl\.gz cannot be read"
    ) as told:
        stage.clean_and_build(Lake.at(str(tmp_path)), "2026-11-23", lambda *_, **__: failing, {})
    assert "part-1" not in str(told.value)


def test_what_is_interrupted_ends_with_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    (tmp_path / "mart").mkdir()
    monkeypatch.setitem(stage.STAGES, "validate", interrupted)
    monkeypatch.setattr("sys.argv", ["stage", "validate", "--lake", str(tmp_path), "--dt", "2026-11-23"])
    assert stage.main() == 130
    assert capsys.readouterr().err == "\nStopped. The same command again does the stage anew.\n"


@pytest.mark.parametrize(
    ("warning", "told"),
    [
        ("The mart has no row of 2026-11-23. Clear build_marts.", True),
        ("A shop is new.", False),
    ],
)
def test_what_clearing_a_task_is_by_hand_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], warning: str, told: bool
) -> None:
    lake = tmp_path / "my lake"
    (lake / "mart").mkdir(parents=True)
    verdict = {"status": "passed", "seconds": 1.0, "failures": [], "warnings": [warning], "docs": "docs"}
    monkeypatch.setattr("local.stage.stages.validate", lambda *_: verdict)
    assert stage.validate(stage.options(["validate", "--lake", str(lake), "--dt", "2026-11-23"])) == 0
    assert (f"is here: make transform LAKE='{lake}' DT=2026-11-23\n" in capsys.readouterr().out) is told
