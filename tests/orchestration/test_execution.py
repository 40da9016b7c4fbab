"""A try of `crawl` or `heal` waits for the execution that an earlier one left running, and never starts a second beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MACHINE = "arn:aws:states:ap-northeast-2:123456789012:stateMachine:parts-crawl"
# Airflow keeps global state, so the hook is called in a process of its own, with Step Functions as a dict of its executions.
START = """
import json, sys
from orchestration.execution import ExecutionHook

class StepFunctions:
    class exceptions:
        class ExecutionDoesNotExist(Exception): pass
        class ExecutionAlreadyExists(Exception): pass

    def __init__(self, there):
        self.there = there

    def describe_execution(self, executionArn):
        name = executionArn.rpartition(":")[2]
        if name not in self.there:
            raise self.exceptions.ExecutionDoesNotExist
        status, run_id = self.there[name]
        return {"status": status, "input": json.dumps({"run_id": run_id, "mode": "crawl"})}

    def start_execution(self, stateMachineArn, name, input):
        if name in self.there:
            raise self.exceptions.ExecutionAlreadyExists
        return {"executionArn": f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name} new"}

for there in json.loads(sys.argv[1]):
    hook = ExecutionHook(aws_conn_id=None)
    hook.__dict__["conn"] = StepFunctions(there)
    hook.get_conn = lambda: hook.conn
    print("@" + hook.start_execution(sys.argv[2], "crawl-T-3", '{"run_id": "r1"}').rpartition(":")[2])
"""
# What Step Functions has, and what the third try comes to; a new execution has `new` behind its name.
CASES: dict[str, tuple[dict[str, tuple[str, str]], str]] = {
    "none": ({}, "crawl-T-3 new"),
    "a killed try's": ({"crawl-T-1": ("RUNNING", "r1")}, "crawl-T-1"),
    "its own": ({"crawl-T-3": ("RUNNING", "r1")}, "crawl-T-3"),
    "ended": ({"crawl-T-1": ("ABORTED", "r1"), "crawl-T-2": ("SUCCEEDED", "r1")}, "crawl-T-3 new"),
    "another run's": ({"crawl-T-1": ("RUNNING", "another day of the same second")}, "crawl-T-3 new"),
    "name taken": ({"crawl-T-3": ("SUCCEEDED", "r1")}, "crawl-T-3-2… new"),
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("home")), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", START, json.dumps([there for there, _ in CASES.values()]), MACHINE]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    names = [line[1:] for line in done.stdout.splitlines() if line.startswith("@")]
    return dict(zip(CASES, names, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_execution_that_still_runs_is_taken_over(case: str, begun: dict[str, str]) -> None:
    wanted = CASES[case][1]
    assert re.fullmatch(wanted.replace("2…", r"2\d{7}T\d{6}"), begun[case])
