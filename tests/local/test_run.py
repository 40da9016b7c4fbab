"""What `make run` says when it cannot go on."""

from __future__ import annotations

import io
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local import run
from local.display import Display
from local.errors import LocalCloudError
from local.world import shop_addresses

FAILED = {
    "state": "failed",
    "report": None,
    "tasks": {"crawl": {"state": "failed"}, "load": {"state": "upstream_failed"}},
}


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
