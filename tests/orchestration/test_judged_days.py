"""What the DAG makes of a good, an empty and a malformed mart, from the gate to the last message, in a real Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.orchestration.judged_days import DAY, OTHER_DAY

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.day, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How each day ended; the empty one comes after the good one, and is the same day."""
    folder = tmp_path_factory.mktemp("judged days")
    command = [sys.executable, "-m", "tests.orchestration.judged_days", str(folder / "ended.json")]
    environment = os.environ | {"LOCAL_STATE": str(folder / "state"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    found: dict[str, Any] = json.loads((folder / "ended.json").read_text(encoding="utf-8"))
    return found


def states(day: dict[str, Any]) -> list[str]:
    after = ("validate_marts", "cleanup_empty_mart_outputs", "load", "final_report")
    return [day["tasks"][task]["state"] for task in after]


def last_words(day: dict[str, Any]) -> tuple[str, str]:
    return day["told"][-1]["text"], day["told"][-1]["blocks"][1]["text"]["text"]


def test_good_day_is_published(days: dict[str, Any]) -> None:
    good = days["good"]
    assert states(good) == ["success"] * 4
    assert (good["state"], good["report"]["outcome"], good["rows"]) == ("success", "success", 40)
    assert last_words(good)[0] == f"Prices of {DAY} are published"
    assert good["files"] == [f"csv/dt={DAY}", f"name_price_summary/dt={DAY}"]


def test_empty_day_is_cleaned_up_and_its_load_skipped(days: dict[str, Any]) -> None:
    empty = days["empty"]
    assert states(empty) == ["success", "success", "skipped", "failed"]
    assert (empty["state"], empty["report"]["outcome"]) == ("failed", "empty")
    title, text = last_words(empty)
    assert title == f"{DAY}: nothing to publish, the load was skipped"
    assert f"The price summary of {DAY} has no rows: its load was skipped, and its empty partition is removed." in text
    assert any(line.startswith("No counts of ") and line.endswith(", load") for line in text.splitlines())
    assert len(empty["told"]) == 1, "the report's own failure is no further news"
    assert empty["files"] == []
    assert empty["rows"] == 40, "what an earlier run published stays"


def test_malformed_mart_fails_the_validation_and_stays(days: dict[str, Any]) -> None:
    malformed = days["malformed"]
    assert states(malformed) == ["failed", "upstream_failed", "upstream_failed", "failed"]
    assert (malformed["state"], malformed["report"]["outcome"]) == ("failed", "failed")
    assert malformed["files"] == [f"name_price_summary/dt={OTHER_DAY}"], "no CSV copy of what nobody may use"
    assert malformed["rows"] == 0
    failure, report = malformed["told"]
    assert "…\n" in failure["blocks"][1]["text"]["text"], "a cause that is cut short says so"
    assert failure["text"] == "validate_marts failed"
    assert (report["text"], last_words(malformed)[1].splitlines()[0]) == (
        f"{OTHER_DAY} failed",
        ":x: validate_marts failed.",
    )
    for message in (failure, report):
        for rule in ("'max_price is never below min_price'", "'name, car and day are unique together'"):
            assert rule in message["blocks"][1]["text"]["text"]
