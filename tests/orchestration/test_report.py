"""The report adds up, and Slack shows what it says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from deltalake import write_deltalake

from conf.lake import Lake
from orchestration import slack, stages
from orchestration.installation import Installation
from orchestration.load import LoadCounts
from orchestration.report import Stage, totals

PARTSRO = {
    "source": "partsro",
    "planned": 100,
    "succeeded": 97,
    "failed": {"timeout": 2, "not_found": 1},
    "already_done": 0,
}
STORE = {"source": "hyunki_store", "planned": 50, "succeeded": 50, "failed": {}, "already_done": 50}
SICK = {"source": "hyunki_market", "planned": 0, "succeeded": 0, "failed": {}, "error": "the list answered 503"}
PASSED = {
    "status": "passed",
    "failures": [],
    "warnings": [],
    "rows": {"price summary": 30},
    "docs": "s3://b/docs",
    "seconds": 1.0,
}
COUNTS = LoadCounts(20, 5, 5, 1, read=33, duplicates=1, rejected={"no_price": 2}, version=7)._asdict() | {
    "seconds": 0.5
}


def crawl(*summaries: dict[str, Any]) -> dict[str, Any]:
    return {"sources": list(summaries), "seconds": 9.0}


def report(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "problems": [],
        "prepared": {"sources": 2, "seconds": 0.1},
        "crawl": crawl(PARTSRO, STORE),
        "healing": crawl(PARTSRO | {"succeeded": 99, "failed": {"not_found": 1}, "recovered": 2, "rounds": 1}, STORE),
        "jobs": {},
        "verdict": PASSED,
        "load_counts": COUNTS,
    }
    return stages.day_report("2026-11-23", "r1", **(values | changes))


def test_ledger_balances_over_sources() -> None:
    ledger = totals([PARTSRO, STORE, SICK])
    assert ledger["planned"] == ledger["succeeded"] + sum(ledger["failed"].values()) == 150
    assert ledger["failed"] == {"not_found": 1, "timeout": 2}


def test_day_is_a_success_when_it_was_loaded() -> None:
    made = report()
    assert made.outcome == "success"
    assert made.crawl["succeeded"] == 149, "the ledger after healing is the day's"
    assert made.healing == {"partsro": 2, "hyunki_store": 0}
    assert {name: made.load[name] for name in ("inserted", "updated", "unchanged", "deleted")} == {
        "inserted": 20, "updated": 5, "unchanged": 5, "deleted": 1,
    }  # fmt: skip
    assert made.stages["load"] == Stage(0.5, rows_in=33, rows_out=30, rejected=3)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"problems": ["transform failed."], "verdict": None, "load_counts": None}, "failed"),
        ({"verdict": PASSED | {"status": "empty"}, "load_counts": None}, "empty"),
        ({"load_counts": None}, "failed"),
    ],
    ids=["a task failed", "nothing to load", "passed and yet not loaded"],
)
def test_day_never_looks_better_than_it_was(changes: dict[str, Any], outcome: str) -> None:
    assert report(**changes).outcome == outcome


def test_gate_failures_are_told_as_problems() -> None:
    made = report(problems=["validate_marts failed."], verdict=PASSED | {"status": "failed", "failures": ["No rows."]})
    assert made.problems == ["validate_marts failed.", "No rows."]


def test_empty_day_says_so_and_who_was_held_back() -> None:
    sick = "partsro has 0 pages where 400 are usual."
    made = report(verdict=PASSED | {"status": "empty", "warnings": [sick]}, load_counts=None)
    assert made.problems == [
        "The price summary of 2026-11-23 has no rows: its load was skipped, and its empty partition is removed."
    ]
    assert f":warning: {sick}" in text_of(slack.final_report(made))


def test_crawl_of_no_source_at_all_ends_the_day() -> None:
    with pytest.raises(stages.DayFailed, match="hyunki_market: the list answered 503"):
        stages.refuse_dead_crawl(crawl(SICK))
    stages.refuse_dead_crawl(crawl(SICK, STORE))


def text_of(message: dict[str, Any]) -> str:
    assert message["blocks"][0]["text"]["text"] == message["text"]
    return str(message["blocks"][1]["text"]["text"])


def test_crawl_summary_tells_reasons_most_frequent_first() -> None:
    text = text_of(slack.crawl_summary("2026-11-23", [PARTSRO, SICK | {"warnings": ["a cap?"]}]))
    assert "*partsro*: 97 of 100 succeeded, 3 failed (timeout 2, not_found 1)" in text
    assert "hyunki_market*: 0 of 0 succeeded, 0 failed — the source failed: the list answered 503" in text
    assert ":warning: a cap?" in text


def test_healing_summary_tells_what_came_back() -> None:
    summary = PARTSRO | {"recovered": 2, "rounds": 1, "failed": {"not_found": 1}}
    assert "2 recovered in 1 round, 1 stay down (not_found 1)" in text_of(
        slack.healing_summary("2026-11-23", [summary])
    )


def test_final_report_names_counts_and_docs() -> None:
    message = slack.final_report(report())
    assert message["text"] == "Prices of 2026-11-23 are published"
    text = text_of(message)
    assert "Pages: 149 of 150 planned" in text
    assert "Table: 20 inserted, 5 updated, 5 unchanged, 1 deleted" in text
    assert "load: 33 rows, 30 loaded, 3 rejected" in text
    assert ":warning: 2 rows not loaded: no_price" in text
    assert ":warning: 1 rows not loaded: another row has the same key" in text
    assert "s3://b/docs" in text


def test_run_that_failed_before_it_had_a_day_has_a_title_and_no_file() -> None:
    dayless = replace(report(), dt="", run_id="manual__1", outcome="failed")
    assert slack.final_report(dayless)["text"] == "The run manual__1 failed"
    assert stages.keep_report(None, Lake.at("s3://b"), dayless) == dayless


def test_report_goes_out_where_it_cannot_be_kept() -> None:
    class Expired:
        def put_object(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "The token has expired."}}, "PutObject")

    told = stages.keep_report(Expired(), Lake.at("s3://b"), report())
    assert told.outcome == "success"
    text = text_of(slack.final_report(told))
    assert ":warning: This report could not be kept below s3://b/mart/reports: An error occurred (ExpiredToken)" in text
    with pytest.raises(AttributeError):
        stages.keep_report(None, Lake.at("s3://b"), report())


def test_final_report_tells_what_the_gate_let_through_and_held_back() -> None:
    sick = "partsro has 3 pages where 400 are usual. Its last good day is 2026-11-20, 3 days before."
    text = text_of(slack.final_report(report(verdict=PASSED | {"status": "warned", "warnings": [sick]})))
    assert text.startswith(f":warning: {sick}\n")


def test_final_report_of_a_stopped_day_says_what_to_do_and_where_to_look() -> None:
    """However much the gate says: the reader needs the first reasons, what to do, and the Data Docs."""
    said = [f"price summary: the rule 'number {number}' does not hold{' at all' * 20}." for number in range(20)]
    gate = PASSED | {"status": "failed", "failures": said[:5], "warnings": said[5:]}
    text = text_of(slack.final_report(report(problems=["validate_marts failed."], verdict=gate, load_counts=None)))
    assert len(text) < 3000
    lines = text.splitlines()
    assert [line.partition(" ")[0] for line in lines[:8]] == [":x:"] * 6 + [":point_right:", ":warning:"]
    assert ("more lines, in the day's report" in text, lines[-1]) == (True, "Data Docs: s3://b/docs")


def test_final_report_of_a_failed_day_leads_to_its_run() -> None:
    """The process of a task that is killed sends nothing: the report is all that there is."""
    told = slack.final_report(report(problems=["load failed."], load_counts=None), run_link="http://airflow/runs/1")
    lines = text_of(told).splitlines()
    assert lines[:2] == [":x: load failed.", f":point_right: {slack.CLEAR_IT}"]
    assert any(line.startswith("No counts of ") and line.endswith("load") for line in lines)
    assert lines[-1] == "<http://airflow/runs/1|The run in Airflow>"
    assert "Airflow" not in text_of(slack.final_report(report(), run_link="http://airflow/runs/1"))


@pytest.mark.parametrize(
    ("task", "problem", "advice"),
    [
        (
            "crawl",
            "An error occurred (ExpiredTokenException): The security token …",
            "start_with_mfa.sh, then clear crawl",
        ),
        ("load", "<Code>ExpiredToken</Code>", "start_with_mfa.sh, then clear load"),
        ("load", "could not connect to server", "Clear load when"),
        ("prepare_inputs", "'2026-13-01' is not a day", "trigger a new run"),
    ],
    ids=["session", "session in the lake", "database", "inputs"],
)
def test_message_of_a_failed_task_says_what_to_do(task: str, problem: str, advice: str) -> None:
    assert advice in slack.advice(task, problem)


def test_title_names_who_was_held_back() -> None:
    sick = {"partsro": "partsro has 0 pages where 400 are usual."}
    message = slack.final_report(report(verdict=PASSED | {"status": "warned", "held_back": sick}))
    assert message["text"] == "Prices of 2026-11-23 are published, without partsro"


def test_shops_text_calls_nobody_in_slack() -> None:
    said = "price summary: no HTML, for example <!channel> & <https://evil.example|볼트>."
    text = text_of(slack.final_report(report(verdict=PASSED | {"status": "warned", "warnings": [said]})))
    assert "example &lt;!channel&gt; &amp; &lt;https://evil.example|볼트&gt;." in text
    assert "&lt;!here&gt;" in text_of(
        slack.task_failure("crawl", "2026-11-23", 1, "<!here>", "http://log", "Clear it.")
    )


def test_data_docs_are_a_link_where_they_are_served() -> None:
    variables = {"DATA_BUCKET": "b", "DDB_TABLE": "t", "DOCS_URL": "https://docs.example/parts/"}
    here = Installation.from_variables(lambda name, default: variables.get(name, default))
    link = here.docs_link(f"{here.lake.docs}/dt=2026-11-23/run_id=r1/index.html")
    assert "<https://docs.example/parts/dt=2026-11-23/run_id=r1/index.html|Data Docs>" in text_of(
        slack.final_report(report(), link)
    )
    assert here.docs_link("") == ""


def test_long_message_says_what_it_leaves_out() -> None:
    text = text_of(slack.message("Long", [f"line {number} " + "x" * 200 for number in range(40)]))
    assert len(text) < 3000, "Slack refuses more"
    assert "more lines, in the day's report" in text.splitlines()[-1]


JOB = {
    "dt": "2026-11-23",
    "job": "clean_offers",
    "rows_in": 9,
    "rows_out": 8,
    "rejected": 1,
    "seconds": 2.0,
    "detail": "{}",
}
NOT_SAID = (
    "/mart/job_report does not say what clean_offers counted on 2026-11-23. Clear clean_offers, which writes it again."
)


def cut_short(table: Path) -> None:
    file = next(table.rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:100])


@pytest.mark.parametrize(
    ("changes", "damage", "told"),
    [
        ({}, cut_short, "Clear clean_offers of 2026-11-23, which writes that day again."),
        ({}, lambda table: next(table.glob("_delta_log/*.json")).write_text("{oops"), "move its folder away first."),
        ({}, lambda table: shutil.rmtree(table / "_delta_log"), NOT_SAID),
        ({"rows_in": "many"}, lambda table: None, "Clear clean_offers, which writes the day again."),
        ({"detail": "{oops"}, lambda table: None, NOT_SAID),
        ({"detail": "[1]"}, lambda table: None, NOT_SAID),
        ({"dt": "2026-11-22"}, lambda table: None, NOT_SAID),
    ],
    ids=["cut file", "damaged log", "no log", "a text for a count", "no JSON", "no object", "no row of the day"],
)
def test_report_goes_out_without_the_jobs_counts(
    tmp_path: Path, changes: dict[str, Any], damage: Callable[[Path], object], told: str
) -> None:
    table = tmp_path / "mart" / "job_report"
    write_deltalake(str(table), pa.Table.from_pylist([JOB | changes]), partition_by=["dt", "job"])
    damage(table)
    jobs, troubles = stages.job_counts(Lake.at(str(tmp_path)), "2026-11-23")
    made = report(jobs=jobs, troubles=troubles)
    assert made.outcome == "success", "the prices are published"
    assert len(made.problems) == 1
    assert str(table) in made.problems[0]
    assert made.problems[0].endswith(told)
    assert f":warning: {made.problems[0]}" in text_of(slack.final_report(made))


def test_jobs_counts_are_read_from_the_lake(tmp_path: Path) -> None:
    row = JOB | {"detail": '{"rejected": {"no_price": 1}}'}
    write_deltalake(str(tmp_path / "mart/job_report"), pa.Table.from_pylist([row]), partition_by=["dt", "job"])
    jobs, troubles = stages.job_counts(Lake.at(str(tmp_path)), "2026-11-23")
    made = report(jobs=jobs, troubles=troubles)
    assert made.stages["clean_offers"] == Stage(2.0, 9, 8, 1)
    assert made.rejected_by_reason == {"no_price": 1}
    assert made.problems == []
