"""The DAG imports without an installation, runs its stages in order, and nothing in it can fail unheard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDER = [
    "prepare_inputs", "crawl", "report_crawl", "heal", "report_healing", "clean_offers", "judge_sources", "build_marts", "validate_marts",
    "cleanup_empty_mart_outputs", "load", "final_report",
]  # fmt: skip
# Airflow keeps global state and opens sockets of its own, so it is looked at in a process of its own.
LOOK = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder="orchestration/dags")
dag = bag.dags["parts_pipeline"]
print("@" + json.dumps({
    "errors": bag.import_errors, "dags": list(bag.dags), "order": [task.task_id for task in dag.topological_sort()],
    "schedule": dag.timetable.expression, "catchup": dag.catchup, "max_active_runs": dag.max_active_runs,
    "tasks": {task.task_id: {
        "retries": task.retries, "limit": task.execution_timeout.total_seconds(), "rule": task.trigger_rule.value,
        "at_once": task.max_active_tis_per_dag,
        "callback": bool(task.on_failure_callback), "type": task.task_type, "deferrable": getattr(task, "deferrable", None),
        "hook": getattr(getattr(task, "aws_hook_class", None), "__name__", None),
        "name": getattr(task, "name", None), "downstream": sorted(task.downstream_task_ids)} for task in dag.tasks}}))
"""


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow home")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    environment |= {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", LOOK]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("@"))[1:])
    return found


def test_imports_with_no_variable_set(dag: dict[str, Any]) -> None:
    assert dag["errors"] == {}
    assert dag["dags"] == ["parts_pipeline"]


def test_stages_follow_one_another(dag: dict[str, Any]) -> None:
    assert dag["order"] == ORDER
    for task, following in pairwise(ORDER):
        assert following in dag["tasks"][task]["downstream"]


def test_schedule_is_daily_without_catching_up(dag: dict[str, Any]) -> None:
    assert (dag["schedule"], dag["catchup"], dag["max_active_runs"]) == ("0 0 * * *", False, 1)


@pytest.mark.parametrize("task", ORDER)
def test_a_backfill_does_one_day_after_another(dag: dict[str, Any], task: str) -> None:
    assert dag["tasks"][task]["at_once"] == 1


@pytest.mark.parametrize("task", ORDER)
def test_every_task_is_retried_limited_and_heard(dag: dict[str, Any], task: str) -> None:
    found = dag["tasks"][task]
    assert found["retries"] == 2
    assert found["limit"] > 0
    assert found["callback"]


@pytest.mark.parametrize(
    ("task", "operator"),
    [
        ("crawl", "StepFunctionStartExecutionOperator"),
        ("heal", "StepFunctionStartExecutionOperator"),
        ("clean_offers", "EmrAddStepsOperator"),
        ("build_marts", "EmrAddStepsOperator"),
    ],
)
def test_long_work_is_deferred(dag: dict[str, Any], task: str, operator: str) -> None:
    assert (dag["tasks"][task]["type"], dag["tasks"][task]["deferrable"]) == (operator, True)


@pytest.mark.parametrize("task", ["crawl", "heal"])
def test_execution_is_named_after_instant_and_try(dag: dict[str, Any], task: str) -> None:
    name = dag["tasks"][task]["name"]
    assert name.startswith(f"{task}-")
    assert "ts_nodash" in name
    assert "ti.try_number" in name
    assert dag["tasks"][task]["hook"] == "ExecutionHook"


def test_load_is_told_the_version_that_was_judged(dag: dict[str, Any]) -> None:
    assert "load" in dag["tasks"]["validate_marts"]["downstream"]


def test_report_runs_whatever_happened(dag: dict[str, Any]) -> None:
    assert dag["tasks"]["final_report"]["rule"] == "all_done"
