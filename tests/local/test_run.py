"""What `make run` says when it cannot go on."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from expectations.accepted import HOW_TO_ACCEPT
from local import airflow_ui, run
from local.display import Display
from local.errors import LocalCloudError
from local.world import ROOT, hold_folder, shop_addresses

FAILED = {
    "state": "failed",
    "report": None,
    "tasks": {"crawl": {"state": "failed"}, "load": {"state": "upstream_failed"}},
}


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not the project's own, which a fresh clone has not."""
    monkeypatch.setattr(run, "STATE", tmp_path)


def shown_failure(outcome: dict[str, Any] | None, messages: tuple[str, ...] = ()) -> str:
    console = Console(file=io.StringIO(), width=200)
    display = Display(console)
    for text in messages:
        display.slack({"text": "crawl failed", "blocks": [{"type": "section", "text": {"text": text}}]})
    assert run.tell_failure(outcome, display) == 1
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_failure_names_stage_cause_and_log() -> None:
    shown = shown_failure(FAILED, ("Run of 2026-11-23, try 3\nCause: the state machine is gone",))
    assert "crawl failed: the state machine is gone\n" in shown
    assert "dag.log" in shown


def test_day_without_rows_is_no_failed_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Display, "summary", lambda *_: None)
    report = {"outcome": "empty", "problems": ["The day has no rows."]}
    empty = {"state": "failed", "report": report, "tasks": {"final_report": {"state": "failed"}}}
    assert shown_failure(empty).startswith("Nothing was published: The day has no rows.\n")


@pytest.mark.parametrize(
    ("held_back", "failures", "asked", "told"),
    [
        (["a", "b"], [], ["--products", "60"], "make run DT=2026-11-24 PRODUCTS=60 ACCEPT=a,b\n"),
        (["b"], [], ["--accept", "a", "--faults", "off"], "make run DT=2026-11-24 FAULTS=off ACCEPT=a,b\n"),
        ([], ["mart"], [], "make run DT=2026-11-24 ACCEPT=mart\n"),
        ([], [], [], ""),
    ],
    ids=["shops", "another shop", "figures", "nothing"],
)
def test_way_to_accept_is_told_in_words_of_make(
    held_back: list[str], failures: list[str], asked: list[str], told: str
) -> None:
    console = Console(file=io.StringIO(), width=200)
    gate = {
        "held_back": {name: HOW_TO_ACCEPT.format(dt="2026-11-24", name=name) for name in held_back},
        "failures": [HOW_TO_ACCEPT.format(dt="2026-11-24", name=name) for name in failures],
    }
    run.tell_how_to_accept({"gate": gate}, run.options(["--dt", "2026-11-24", *asked]), Display(console))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().removeprefix("Where such a change is right: ") == told


def test_pages_a_second_are_counted_from_the_first_on(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), width=200)
    display = Display(console)
    for now, planned, done in ((80.0, 1200, 50), (100.0, 1200, 50), (101.0, 1200, 70), (102.0, 1200, 150)):
        monkeypatch.setattr("local.display.time.monotonic", lambda now=now: now)
        display.crawl_progress({"partsro": {"planned": planned, "succeeded": done, "failed": 0}})
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "    150 of 1,200 pages, 50 a second\n"


@pytest.mark.parametrize(
    ("word", "told"),
    [(["--products", "abc"], "PRODUCTS: 'abc' is not"), (["--faults", "yes"], "FAULTS: 'yes' is neither")],
    ids=["products", "faults"],
)
def test_airflow_names_a_wrong_word(
    word: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(airflow_ui, "World", None)
    monkeypatch.setattr(airflow_ui, "free_port", int)
    monkeypatch.setattr("sys.argv", ["airflow_ui", *word])
    assert airflow_ui.main() == 2
    assert told in capsys.readouterr().out


def test_death_without_a_word_is_told() -> None:
    assert "the DAG failed: it ended without saying why" in shown_failure(None)


def test_full_disk_is_the_cause_whatever_else_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "has_free", lambda folder, needed: False)
    shown = shown_failure(FAILED, ("Cause: the connection was closed",))
    assert "crawl failed: Cannot write to" in shown
    assert "the disk is full. Please free some space" in shown


def test_occupied_shop_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        kept = tmp_path / "addresses.json"
        kept.write_text(json.dumps({"partsro": port}), encoding="utf-8")
        with pytest.raises(LocalCloudError, match=rf"{port}.*partsro|partsro.*{port}") as refused:
            shop_addresses(kept)
    assert "make clean" in str(refused.value) or "stop" in str(refused.value)


@pytest.mark.parametrize("accept", ["nobody", "partsro, nobody"])
def test_unknown_shop_to_accept_is_told_before_anything_runs(accept: str) -> None:
    display = Display(Console(file=io.StringIO()))
    with pytest.raises(LocalCloudError, match=r"^ACCEPT: 'nobody' is none of .*partsro, mart\.$"):
        run.run(run.options(["--accept", accept]), display)


def test_no_task_is_started_before_the_api_server_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    def child(*_: Any, name: str, **__: Any) -> Any:
        events.append(name)
        return nullcontext(name)

    monkeypatch.setattr(airflow_ui, "Child", child)
    monkeypatch.setattr(airflow_ui, "wait_for", lambda *_: events.append("it answers"))
    with ExitStack() as stack:
        airflow_ui.start(8080, {}, stack)
    assert events == ["api-server", "it answers", "scheduler", "dag-processor", "triggerer"]


def test_clean_leaves_the_data_of_a_run_alone(tmp_path: Path) -> None:
    (tmp_path / ".local/cloud").mkdir(parents=True)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    command = ["make", "-f", str(ROOT / "Makefile"), "clean"]
    with hold_folder(tmp_path / ".local"):
        refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode
    assert "A run is using .local/." in refused.stderr
    assert (tmp_path / ".local/cloud").exists()
    subprocess.run(command, cwd=tmp_path, check=True)
    assert not (tmp_path / ".local/cloud").exists()
