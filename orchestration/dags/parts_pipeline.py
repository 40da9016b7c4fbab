"""
### Prices of car parts, once a day

Collects the offers of every supplier in `conf/suppliers`, cleans them, works out the market price range of every part for every
car, checks it and loads it into PostgreSQL.

| stage | tasks | when it fails |
|---|---|---|
| inputs | `prepare_inputs` | a supplier file or a Variable is wrong; the message says which |
| crawl | `crawl`, `report_crawl` | clear `crawl`: it waits for its execution if that still runs, and fetches only what has no success yet |
| healing | `heal`, `report_healing` | clear `heal`; URLs that stay down do not fail it |
| transform | `clean_offers`, `judge_sources`, `build_marts` | clear it; it replaces the day's partition. Sick sources are held back |
| gate | `validate_marts` | look at the Data Docs; the mart stays in the lake |
| clean-up | `cleanup_empty_mart_outputs` | an empty day is removed and its load skipped |
| load | `load` | clear `load`: one transaction, all or nothing |
| report | `final_report` | fails when the day did, after it has told so |

A manual run may name its day: `{"dt": "2026-11-23"}`. Without it, the day is that of the run's own instant in Seoul. When a
shop held back, or figures that stopped the day, turn out to be right: `{"dt": "2026-11-23", "accept": ["partsro", "mart"]}`. Later
days are compared with that day then, and no longer with those before it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.emr import EmrAddStepsOperator
from airflow.providers.amazon.aws.operators.step_function import StepFunctionStartExecutionOperator
from airflow.sdk import Param, TriggerRule, dag, task

from conf.settings import poll_seconds
from orchestration import airflow_tasks as tasks
from orchestration.execution import ExecutionHook

POLL = poll_seconds()
SPARK_LIMIT = timedelta(hours=2)
INSTANT = "{{ (dag_run.logical_date or dag_run.run_after) | ts_nodash }}-{{ ti.try_number }}"
PREPARED = "ti.xcom_pull(task_ids='prepare_inputs')"


def crawl_machine(task_id: str, limit: timedelta) -> StepFunctionStartExecutionOperator:
    """The one state machine, as `crawl` or as `heal`. Its execution is named after the run's instant and the try."""
    started = StepFunctionStartExecutionOperator(
        task_id=task_id,
        state_machine_arn="{{ var.value.MASTER_SFN_ARN | trim }}",
        name=f"{task_id}-{INSTANT}",
        state_machine_input=f"{{{{ {PREPARED}['{task_id}'] | tojson }}}}",
        deferrable=True,
        waiter_delay=POLL,
        waiter_max_attempts=int(limit.total_seconds() // POLL),
        execution_timeout=limit,
    )
    started.aws_hook_class = ExecutionHook  # which waits for the execution that an earlier try left running
    return started


def spark_step(task_id: str, steps: str) -> EmrAddStepsOperator:
    """A step of the EMR cluster; `steps` is where in the XComs it stands."""
    return EmrAddStepsOperator(
        task_id=task_id,
        job_flow_id="{{ var.value.EMR_CLUSTER_ID | trim }}",
        steps=f"{{{{ {steps} }}}}",
        deferrable=True,
        waiter_delay=POLL,
        waiter_max_attempts=int(SPARK_LIMIT.total_seconds() // POLL),
        execution_timeout=SPARK_LIMIT,
    )


@dag(
    dag_id="parts_pipeline",
    schedule="0 0 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    params={
        "dt": Param(None, type=["null", "string"], description="The day to run, YYYY-MM-DD; empty for today in Seoul"),
        "accept": Param([], type="array", description="Shops whose change is right, or mart for the day's figures"),
    },
    default_args={
        "retries": 2,
        # A backfill has a limit of its own, of ten runs at once: ten times as many questions to each shop.
        "max_active_tis_per_dag": 1,
        "execution_timeout": timedelta(minutes=30),
        "on_failure_callback": tasks.tell_failure,
    },
    doc_md=__doc__,
    tags=["parts"],
)
def parts_pipeline() -> None:
    @task
    def prepare_inputs(dag_run: Any = None) -> dict[str, Any]:
        return tasks.prepare_inputs(dag_run)

    @task
    def report_crawl(execution_arn: Any, prepared: Any) -> dict[str, Any]:
        return tasks.report_crawl(execution_arn, prepared)

    @task
    def report_healing(execution_arn: Any, prepared: Any) -> dict[str, Any]:
        return tasks.report_healing(execution_arn, prepared)

    @task
    def judge_sources(prepared: Any) -> dict[str, Any]:
        return tasks.judge_sources(prepared)

    @task
    def validate_marts(prepared: Any, ti: Any = None) -> dict[str, Any]:
        verdict = tasks.validate_marts(prepared)
        ti.xcom_push(key="return_value", value=verdict)
        tasks.refuse_failed(verdict)
        return verdict

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def cleanup_empty_mart_outputs(prepared: Any, verdict: Any) -> bool:
        return tasks.cleanup_empty_mart_outputs(prepared, verdict)

    @task
    def load(prepared: Any, verdict: Any) -> dict[str, Any]:
        return tasks.load(prepared, verdict)

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def final_report(ti: Any = None, dag_run: Any = None) -> dict[str, Any]:
        return tasks.final_report(ti, dag_run)

    prepared = prepare_inputs()
    crawl = crawl_machine("crawl", timedelta(hours=6))
    heal = crawl_machine("heal", timedelta(hours=3))
    clean = spark_step("clean_offers", f"{PREPARED}['clean_offers']")
    judged = judge_sources(prepared)
    build = spark_step("build_marts", "ti.xcom_pull(task_ids='judge_sources')['build_marts']")
    crawl_told, healing_told = report_crawl(crawl.output, prepared), report_healing(heal.output, prepared)
    verdict = validate_marts(prepared)
    something_to_load, loaded, report = (
        cleanup_empty_mart_outputs(prepared, verdict),
        load(prepared, verdict),
        final_report(),
    )

    prepared >> crawl >> crawl_told >> heal >> healing_told >> clean >> judged >> build
    build >> verdict >> something_to_load >> loaded >> report


pipeline = parts_pipeline()
