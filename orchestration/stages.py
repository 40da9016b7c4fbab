"""The work of the DAG's tasks as plain functions that know nothing of Airflow: `make validate` and `make load` call the same ones."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from conf.lake import Lake
from orchestration.report import DayReport, Stage, outcome_of, totals

log = logging.getLogger(__name__)
StorageOptions = dict[str, str] | None
JOB_COUNTS = """
SELECT job, cast(rows_in AS bigint) AS rows_in, cast(rows_out AS bigint) AS rows_out, cast(rejected AS bigint) AS rejected,
       cast(seconds AS double) AS seconds, cast(detail AS varchar) AS detail
FROM t WHERE dt = {dt} ORDER BY job
"""


class DayFailed(Exception):
    """The day cannot go on. The message says why, in words for the person on call."""


def execution_output(stepfunctions: Any, execution_arn: str) -> dict[str, Any]:
    """What a finished crawl or healing says of itself, and how long it took (`seconds`)."""
    execution = stepfunctions.describe_execution(executionArn=execution_arn)
    output: dict[str, Any] = json.loads(execution["output"])
    return output | {"seconds": (execution["stopDate"] - execution["startDate"]).total_seconds()}


def refuse_dead_crawl(output: dict[str, Any]) -> None:
    """One sick source does not stop the others; all of them sick is no crawl at all."""
    errors = [f"{summary['source']}: {summary['error']}" for summary in output["sources"] if summary.get("error")]
    if output["sources"] and len(errors) == len(output["sources"]):
        raise DayFailed("No source could be crawled. " + " ".join(errors))


def judge_sources(
    lake: Lake,
    dt: str,
    options: StorageOptions = None,
    accept: Iterable[str] = (),
    suppliers: Iterable[str] | None = None,
) -> dict[str, str]:
    """The sources to hold back today, each with the sentence that says why. `accept`: changes that a person calls right;
    `suppliers`: who was asked."""
    from expectations.accepted import accept as keep
    from expectations.sources import judge_sources as judge

    keep(lake, dt, accept, options)
    return judge(lake, dt, storage_options=options, suppliers=suppliers)


def validate(lake: Lake, dt: str, run_id: str, options: StorageOptions = None) -> dict[str, Any]:
    """Stage 6: the verdict on the day's tables, with `seconds`. The CSV copy is written when the mart is good."""
    from expectations.csv_copy import write_csv_copy
    from expectations.gate import judge_day

    started = time.monotonic()
    verdict = judge_day(lake, dt, run_id=run_id, storage_options=options).to_dict()
    if verdict["status"] in ("passed", "warned"):
        verdict["csv"] = write_csv_copy(lake, dt, options, verdict["version"])
    return verdict | {"seconds": time.monotonic() - started}


def refuse_failed(verdict: dict[str, Any]) -> None:
    """Stops the day before the load when the gate found the mart malformed."""
    if verdict["status"] == "failed":
        raise DayFailed(
            f"The gate stopped the mart: {' '.join(verdict['failures'])} Nothing was loaded; the mart stays for inspection. "
            f"Data Docs: {verdict['docs']}"
        )


def load(
    connect: Callable[[], Any],
    lake: Lake,
    dt: str,
    run_id: str,
    table: str,
    options: StorageOptions = None,
    version: int | None = None,
    keep: tuple[int, str] = (31, "changes"),
) -> dict[str, Any]:
    """Stage 7: upserts the day's mart at the version that the gate judged, or at its newest; the counts, with `seconds`.

    `keep`: days that stay whole, and what stays of older ones.
    """
    from orchestration.load import Keep, load_day

    started = time.monotonic()
    counts = load_day(
        connect, lake, dt, run_id=run_id, table=table, version=version, keep=Keep(*keep), storage_options=options
    )
    return counts._asdict() | {"seconds": time.monotonic() - started}


def job_counts(lake: Lake, dt: str, options: StorageOptions = None) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The counts of each Spark job, from `mart/job_report`, for a day that has clean offers; and a sentence on everything that cannot
    be read, because the day's report is sent all the same."""
    from expectations.tables import JOBS, LakeError, MissingTableError, open_table, path_of, quoted, records

    path = path_of(lake, JOBS)
    try:
        rows = records(JOB_COUNTS.format(dt=quoted(dt)), t=open_table(path, options))
    except MissingTableError:
        rows = []
    except LakeError as error:
        return {}, [str(error)]
    details = {"clean_offers": None} | {row["job"]: _detail(row["detail"]) for row in rows}
    troubles = [
        f"The table at {path} does not say what {job} counted on {dt}. Clear {job}, which writes it again."
        for job, detail in details.items()
        if detail is None
    ]
    return {row["job"]: row | {"detail": details[row["job"]] or {}} for row in rows}, troubles


def _detail(text: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def day_report(
    dt: str,
    run_id: str,
    *,
    problems: list[str],
    prepared: dict[str, Any],
    crawl: dict[str, Any] | None,
    healing: dict[str, Any] | None,
    jobs: dict[str, dict[str, Any]],
    verdict: dict[str, Any] | None,
    load_counts: dict[str, Any] | None,
    troubles: Iterable[str] = (),
) -> DayReport:
    """Puts together what the stages said; a stage that did not run is there without counts.

    `problems` fail the day; `troubles` are told beside them, and its prices are as good as without.
    """
    verdict, counts = verdict or {}, dict(load_counts or {})
    load_seconds = counts.pop("seconds", None)
    crawled, healed = totals((crawl or {}).get("sources", [])), totals((healing or {}).get("sources", []))
    mart_rows = verdict.get("rows", {}).get("price summary")
    stages = {
        "prepare": Stage(prepared.get("seconds"), rows_out=prepared.get("sources")),
        "crawl": _ledger_stage(crawl, crawled),
        "heal": _ledger_stage(healing, healed),
        **{job: _job_stage(jobs.get(job)) for job in ("clean_offers", "build_marts")},
        "validate": Stage(verdict.get("seconds"), rows_in=mart_rows, rows_out=mart_rows),
        "load": _load_stage(load_seconds, counts),
    }
    return DayReport(
        dt=dt,
        run_id=run_id,
        outcome=outcome_of(problems, verdict, counts),
        problems=[*problems, *_told_by(verdict, dt), *troubles],
        stages=stages,
        crawl=healed if healing else crawled,
        healing={source: summary.get("recovered", 0) for source, summary in healed["sources"].items()},
        rejected_by_reason=jobs.get("clean_offers", {}).get("detail", {}).get("rejected", {}),
        gate={name: value for name, value in verdict.items() if name != "seconds"},
        load=counts,
        data_docs=verdict.get("docs", ""),
    )


def keep_report(s3: Any, lake: Lake, report: DayReport) -> DayReport:
    """Writes the report beside the marts, one file a run. If that fails, the report that is returned says so: people are told of the
    day all the same. A run that failed before it had its day has no place for a file."""
    from expectations.storage import is_trouble, split

    if not report.dt:
        return report
    uri = f"{lake.mart}/reports/dt={report.dt}/{report.run_id}.json"
    bucket, key = split(uri)
    body = json.dumps(report.to_dict(), ensure_ascii=False, indent=2, default=str).encode()
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
    except Exception as problem:
        if not is_trouble(problem):
            raise
        said = f"This report could not be kept below {lake.mart}/reports: {problem}"
        return replace(report, problems=[*report.problems, said])
    log.info("Report kept at %s", uri)
    return report


def _told_by(verdict: dict[str, Any], dt: str) -> list[str]:
    """Why the gate let nothing through."""
    if verdict.get("status") == "empty":
        return [f"The price summary of {dt} has no rows: its load was skipped, and its empty partition is removed."]
    failures: list[str] = verdict["failures"] if verdict.get("status") == "failed" else []
    return failures


def _ledger_stage(output: dict[str, Any] | None, ledger: dict[str, Any]) -> Stage:
    if output is None:
        return Stage()
    return Stage(output["seconds"], ledger["planned"], ledger["succeeded"], sum(ledger["failed"].values()))


def _job_stage(counts: dict[str, Any] | None) -> Stage:
    if counts is None:
        return Stage()
    return Stage(counts["seconds"], counts["rows_in"], counts["rows_out"], counts["rejected"])


def _load_stage(seconds: float | None, counts: dict[str, Any]) -> Stage:
    """Rows in are those that the loader read; those that it did not keep, duplicates too, count as rejected."""
    if not counts:
        return Stage(seconds)
    kept = sum(counts[name] for name in ("inserted", "updated", "unchanged"))
    return Stage(seconds, counts["read"], kept, counts["read"] - kept)
