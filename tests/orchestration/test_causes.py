"""What Slack says of a task that failed is its cause in one line, however AWS's waiters wrap it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPIRED = "An error occurred (ExpiredTokenException): The security token included in the request is expired"
STATUS = "FAILED - States.Runtime - The JSONPath '$.sources' could not be found in the input '{\"x\": 1}'"
MISTAKE = "conf/car_aliases.csv, line 845: value is '쏘나탕': a model of conf/car_types.csv is expected."
# What a task's exception says, and what is told of it. An event is what a trigger of the Amazon provider sends.
CAUSES: list[tuple[str | dict[str, str], str]] = [
    (
        {"status": "error", "message": f"Step function failed: {STATUS}\nWaiter failed: a terminal state", "execution_arn": "a"},
        f"Step function failed: {STATUS}",
    ),
    (
        {"status": "error", "message": f"Step function failed\n{{'Error': {{}}}}\nWaiter failed: {EXPIRED}"},
        f"Step function failed: Waiter failed: {EXPIRED}",
    ),
    (
        "Error while running steps: " + str({"message": f"['FAILED'] - {[{'Message': MISTAKE, 'LogFile': 's3://b/stderr'}]}"}),
        MISTAKE,
    ),
    ({"status": "error", "message": "Waiter error: max attempts reached"}, "Waiter error: max attempts reached"),
    ("Trigger error: event is None", "Trigger error: event is None"),
    ("Two lines.\nThe second one.", "Two lines."),
    ("", "none is known. Somebody marked the task as failed, or its process was killed"),
]  # fmt: skip
TELL = """
import json, sys
from types import SimpleNamespace
from orchestration.airflow_tasks import _problems, one_sentence, report_crawl, report_healing
for said in json.loads(sys.argv[1]):
    print("@" + json.dumps(one_sentence(said if isinstance(said, str) else f"Trigger error: event is {said}")))
for report in (report_crawl, report_healing):
    try:
        report(None, {"dt": "2026-11-23"})
    except Exception as problem:
        print("@" + json.dumps(one_sentence(problem)))
for after in ("upstream_failed", "success"):
    states = {"r": {"crawl": "success", "report_crawl": "failed", "heal": after, "load": after}}
    ti = SimpleNamespace(dag_id="d", get_task_states=lambda **_: states)
    print("=" + json.dumps(_problems(ti, SimpleNamespace(run_id="r"))))
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    tmp_path = tmp_path_factory.mktemp("home")
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", TELL, json.dumps([said for said, _ in CAUSES])]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.splitlines()


def test_cause_is_told_in_one_line(printed: list[str]) -> None:
    told = [json.loads(line[1:]) for line in printed if line.startswith("@")]
    assert told[: len(CAUSES)] == [cause for _, cause in CAUSES]
    assert [said.partition(", so ")[2][:31] for said in told[len(CAUSES) :]] == ["somebody marked it as a success"] * 2


def test_message_that_failed_is_named_where_the_day_stopped_at_it(printed: list[str]) -> None:
    assert [json.loads(line[1:]) for line in printed if line.startswith("=")] == [["report_crawl failed."], []]
