"""Runs the DAG once with `dag.test()` and writes what became of it; the child process behind `make run`."""

from __future__ import annotations

import argparse
import gc
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conf.garbage import collect_seldom
from local.files import write_json


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dt", required=True)
    parser.add_argument("--accept", default="", help="shops whose change is right, or mart, with commas between")
    parser.add_argument("--result", type=Path, required=True)
    arguments = parser.parse_args()

    accepted = [name.strip() for name in arguments.accept.split(",") if name.strip()]
    outcome = run_day({"dt": arguments.dt, "accept": accepted})
    write_json(arguments.result, outcome)
    return 0 if outcome["state"] == "success" else 1


def run_day(asked: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The run's state, its report if it got that far, and how each task ended; `options` are those of `DAG.test`."""
    collect_seldom()
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder="orchestration/dags/parts_pipeline.py")
    if bag.import_errors:
        raise SystemExit("\n".join(bag.import_errors.values()))
    run = bag.dags["parts_pipeline"].test(logical_date=datetime.now(UTC), run_conf=asked, **options)
    gc.freeze()  # otherwise the collector goes through all of them once more when the process ends
    tasks = {ti.task_id: ti for ti in run.get_task_instances()}
    return {
        "state": run.state,
        "report": tasks["final_report"].xcom_pull(task_ids="final_report", key="report"),
        "tasks": {
            name: {"state": ti.state, "seconds": ti.duration, "started": ti.start_date} for name, ti in tasks.items()
        },
    }


if __name__ == "__main__":
    sys.exit(main())
