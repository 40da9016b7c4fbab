"""Where Airflow meets the plain functions: Variables, Connections and XComs on one side, values on the other."""

from __future__ import annotations

import ast
import logging
import re
import time
from datetime import datetime
from typing import Any

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

from orchestration import slack, stages
from orchestration.installation import Installation, check_later_stages, storage_options

log = logging.getLogger(__name__)
AWS, DATABASE = "aws_default", "rds_default"
TRIGGER_SAYS = "Trigger error: event is "
NO_CAUSE = "none is known. Somebody marked the task as failed, or its process was killed"
# The error of the EMR waiter holds the answers of AWS as the text of a Python list of dicts; this finds the failed step's message in it.
EMR_MESSAGE = re.compile(r"""'Message\\?': \\?(?P<mark>["'])(?P<said>.+?)\\?(?P=mark), \\?'LogFile""")
# The tasks whose failure fails the day. A Slack message that could not be sent is seen in Airflow, and the prices are still right.
DATA_TASKS = (
    "prepare_inputs",
    "crawl",
    "heal",
    "clean_offers",
    "judge_sources",
    "build_marts",
    "validate_marts",
    "cleanup_empty_mart_outputs",
    "load",
)


class DayNotPublished(AirflowFailException):
    """Ends a run whose report already told why its prices are not published."""


def installation() -> Installation:
    return Installation.from_variables(variable)


def variable(name: str, default: str) -> Any:
    return Variable.get(name, default=default)


def logical_instant(dag_run: Any) -> datetime:
    """The run's own instant. A manual run may have no logical date; then it is the moment it was asked for."""
    instant: datetime = dag_run.logical_date or dag_run.run_after
    return instant


def client(service: str) -> Any:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    return AwsBaseHook(aws_conn_id=AWS, client_type=service).get_conn()


def lake_options() -> dict[str, str]:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
    from botocore.exceptions import NoCredentialsError

    hook = AwsBaseHook(aws_conn_id=AWS, client_type="s3")
    if hook.get_session().get_credentials() is None:
        raise NoCredentialsError
    return storage_options(hook.get_credentials(), hook.region_name, hook.conn_config.get_service_endpoint_url("s3"))


def connect() -> Any:
    """A psycopg2 connection, which the loader's COPY needs; the hook would choose psycopg 3 where that is installed."""
    import psycopg2
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    from orchestration.load.database import words_of

    hook = PostgresHook(postgres_conn_id=DATABASE)
    found = hook.get_connection(DATABASE)
    login, password, port = found.login, found.password, found.port
    if found.extra_dejson.get("iam"):
        login, password, port = hook.get_iam_token(found)
    main = {"host": found.host, "port": port, "user": login, "password": password, "dbname": found.schema}
    return psycopg2.connect(**words_of(main, found.extra_dejson))


def check_database() -> None:
    """Hours into a day is too late to hear that nobody said where the prices go. Raises `ValueError`."""
    from airflow.sdk import Connection

    try:
        found = Connection.get(DATABASE)
    except AirflowNotFoundException as missing:
        raise ValueError(
            f"The Airflow Connection {DATABASE} is missing, or the text in AIRFLOW_CONN_{DATABASE.upper()} is no Connection: "
            "conf/airflow.env.example has one to fill in."
        ) from missing
    if not (found.host or found.login or found.extra_dejson):
        raise ValueError(f"The Airflow Connection {DATABASE} has neither host nor login: fill them in.")


def prepare_inputs(dag_run: Any) -> dict[str, Any]:
    """Fixes the day and the run for every later task, and writes the crawl inputs."""
    from conf.settings import suppliers_folder
    from conf.supplier import load_suppliers
    from orchestration import inputs

    started = time.monotonic()
    instant, asked = logical_instant(dag_run), dag_run.conf or {}
    try:
        inputs.refuse_other_words(asked)
        here, suppliers = installation(), load_suppliers(suppliers_folder())
        check_later_stages(variable, here)
        check_database()
        dt = inputs.choose_day(asked.get("dt"), instant)
        accepted = inputs.choose_accepted(asked.get("accept") or [], suppliers)
    except ValueError as problem:  # another try would find the same
        raise AirflowFailException(str(problem)) from problem
    run_id = inputs.run_id_of(dt, instant)
    written = inputs.crawl_inputs(suppliers.values(), here, dt, run_id)
    inputs.write_inputs(client("s3"), written)
    return {
        "dt": dt,
        "run_id": run_id,
        "accept": accepted,
        "crawl": inputs.machine_input(written, dt, run_id, "crawl", 0),
        "heal": inputs.machine_input(written, dt, run_id, "heal", here.max_rounds),
        "clean_offers": inputs.clean_step(here.lake, here.code, dt),
        "sources": len(written),
        "seconds": time.monotonic() - started,
    }


def report_crawl(execution_arn: str | None, prepared: dict[str, Any]) -> dict[str, Any]:
    """Tells Slack how the crawl went; a crawl in which every source failed ends the day."""
    output = _execution_output(execution_arn)
    slack.send(slack.crawl_summary(prepared["dt"], output["sources"]))
    _or_fail(stages.refuse_dead_crawl, output)
    return output


def report_healing(execution_arn: str | None, prepared: dict[str, Any]) -> dict[str, Any]:
    output = _execution_output(execution_arn)
    slack.send(slack.healing_summary(prepared["dt"], output["sources"]))
    return output


def judge_sources(prepared: dict[str, Any]) -> dict[str, Any]:
    """Holds back the sources whose day looks sick, so that the others can be published; the step that builds the rest."""
    from orchestration import inputs

    here = installation()
    asked = [source["source"] for source in prepared["crawl"]["sources"]]
    sick = stages.judge_sources(here.lake, prepared["dt"], lake_options(), prepared["accept"], asked)
    for sentence in sick.values():
        log.warning("%s", sentence)
    return {"held_back": sick, "build_marts": inputs.mart_step(here.lake, here.code, prepared["dt"], sick)}


def validate_marts(prepared: dict[str, Any]) -> dict[str, Any]:
    """The gate. A malformed mart fails this task for good: a retry would find the same rows."""
    return stages.validate(installation().lake, prepared["dt"], prepared["run_id"], lake_options())


def cleanup_empty_mart_outputs(prepared: dict[str, Any], verdict: dict[str, Any]) -> bool:
    """Removes what an empty day left behind; whether there is something to load."""
    from orchestration.cleanup import cleanup_empty_mart_outputs as clean_up

    removed = clean_up(installation().lake, prepared["dt"], storage_options=lake_options())
    log.info("Removed %s", removed or "nothing: no output of the day is empty")
    return bool(verdict["status"] != "empty")


def load(prepared: dict[str, Any], verdict: dict[str, Any]) -> dict[str, Any]:
    """Loads the very version that was judged: a mart rewritten since then waits for its own verdict."""
    here, options = installation(), lake_options()
    return stages.load(
        connect, here.lake, prepared["dt"], prepared["run_id"], here.rds_table, options, verdict["version"],
        (here.keep_days, here.keep_older),
    )  # fmt: skip


def final_report(ti: Any, dag_run: Any) -> dict[str, Any]:
    """Keeps and sends the day's report, then fails if the day did, so that the run never looks better than it was."""
    here = installation()
    prepared = ti.xcom_pull(task_ids="prepare_inputs") or {}
    dt, run_id = prepared.get("dt", ""), prepared.get("run_id") or dag_run.run_id
    jobs, troubles = _job_counts(here, dt) if _ran(ti, "clean_offers") else ({}, [])
    report = stages.day_report(
        dt,
        run_id,
        problems=_problems(ti, dag_run),
        prepared=prepared,
        crawl=ti.xcom_pull(task_ids="report_crawl"),
        healing=ti.xcom_pull(task_ids="report_healing"),
        jobs=jobs,
        verdict=ti.xcom_pull(task_ids="validate_marts"),
        load_counts=ti.xcom_pull(task_ids="load"),
        troubles=troubles,
    )
    report = stages.keep_report(client("s3"), here.lake, report)
    ti.xcom_push(key="report", value=report.to_dict())
    links = here.docs_link(report.data_docs), ti.log_url.partition("/tasks/")[0]
    slack.send(slack.final_report(report, *links), required=True)
    if report.outcome != "success":
        raise DayNotPublished(f"{dt} is not a success ({report.outcome}). {' '.join(report.problems)}".strip())
    return report.to_dict()


def _execution_output(execution_arn: str | None) -> dict[str, Any]:
    if execution_arn is None:
        raise AirflowFailException(
            "The task before has no execution whose counts could be told, so somebody marked it as a success. Clear it; or mark "
            "this one as a success too, and the day goes on without the counts."
        )
    return stages.execution_output(client("stepfunctions"), execution_arn)


def _job_counts(here: Installation, dt: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The report goes out when the session has expired that would have read them, and says so."""
    from expectations.storage import is_trouble

    try:
        return stages.job_counts(here.lake, dt, lake_options())
    except Exception as problem:
        if not is_trouble(problem):
            raise
        return {}, [f"What the Spark jobs counted could not be read: {problem}"]


def tell_failure(context: Any) -> None:
    """The DAG's `on_failure_callback`: which task, why, what to do, and where its log is."""
    problem = context.get("exception")
    if isinstance(problem, DayNotPublished):
        return
    ti = context["ti"]
    run = (ti.xcom_pull(task_ids="prepare_inputs") or {}).get("dt") or ti.run_id
    advice = slack.advice(ti.task_id, str(problem))
    slack.send(slack.task_failure(ti.task_id, run, ti.try_number, one_sentence(problem), ti.log_url, advice))


def one_sentence(problem: Any) -> str:
    """The first line of an exception's text, at most 500 characters: causes are told, stack traces stay in the log."""
    text = _without_wrapping(str(problem or "").strip())
    step = EMR_MESSAGE.search(text)
    if step:  # a list's text within a dict's has backslashes before quotes
        text = re.sub(r"""\\+(["'])""", r"\1", step["said"])
    lines = text.splitlines() or [type(problem).__name__ if problem else NO_CAUSE]
    return lines[0] if len(lines[0]) <= 500 else f"{lines[0][:499]}…"


def _without_wrapping(text: str) -> str:
    """What a trigger says comes as Python's text of a dict: a state of AWS's in its first line, or an error of AWS's in its last."""
    try:
        said = str(ast.literal_eval(text.partition(TRIGGER_SAYS)[2])["message"])
    except (SyntaxError, ValueError, TypeError, KeyError):
        return text
    first, *others = said.splitlines() or [said]
    return said if ": " in first or not others else f"{first}: {others[-1]}"


def refuse_failed(verdict: dict[str, Any]) -> None:
    _or_fail(stages.refuse_failed, verdict)


def _or_fail(check: Any, value: dict[str, Any]) -> None:
    try:
        check(value)
    except stages.DayFailed as problem:
        raise AirflowFailException(str(problem)) from problem


def _states(ti: Any, dag_run: Any) -> dict[str, str]:
    found: dict[str, dict[str, str]] = ti.get_task_states(dag_id=ti.dag_id, run_ids=[dag_run.run_id])
    return found.get(dag_run.run_id, {})


def _problems(ti: Any, dag_run: Any) -> list[str]:
    """The tasks that failed the day. A message's own is one of them only where the day did not get past it."""
    states = _states(ti, dag_run)
    stopped = any(states.get(task) == "upstream_failed" for task in DATA_TASKS)
    return [f"{task} failed." for task in states if states[task] == "failed" and (stopped or task in DATA_TASKS)]


def _ran(ti: Any, task: str) -> bool:
    return ti.xcom_pull(task_ids=task) is not None
