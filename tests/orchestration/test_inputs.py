"""The day, the run and the crawl inputs are fixed once, from configuration alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conf.days import day_in_seoul, parse_day
from conf.lake import Lake
from conf.supplier import load_suppliers
from orchestration import inputs
from orchestration.installation import Installation, check_later_stages

SUPPLIERS = Path("conf/suppliers")
VARIABLES = {"DATA_BUCKET": "prices", "DDB_TABLE": "status", "DDB_RETRY_MAX_ATTEMPTS": "2"}
MIDNIGHT_UTC = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def installation(**more: str) -> Installation:
    variables = VARIABLES | more
    return Installation.from_variables(lambda name, default: variables.get(name, default))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 22, 14, 59, tzinfo=UTC), "2026-11-22"),
        (MIDNIGHT_UTC, "2026-11-23"),
    ],
    ids=["last minute in Seoul", "midnight in Seoul"],
)
def test_day_is_that_of_seoul(instant: datetime, day: str) -> None:
    assert day_in_seoul(instant) == day
    assert inputs.choose_day(None, instant) == day


def test_manual_run_names_its_day() -> None:
    assert inputs.choose_day("2026-02-21", MIDNIGHT_UTC) == "2026-02-21"


@pytest.mark.parametrize("text", ["yesterday", "2026-2-1", "20260221", "2026-02-30", "2026-02-21T00:00", ""])
def test_other_spellings_of_a_day_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        parse_day(text)


def test_retention_is_a_variable_and_a_wrong_word_is_told_at_once() -> None:
    here = installation(RDS_KEEP_DAYS="90", RDS_KEEP_OLDER="nothing")
    assert (here.keep_days, here.keep_older) == (90, "nothing")
    assert (installation().keep_days, installation(RDS_KEEP_OLDER="").keep_older) == (31, "changes")
    with pytest.raises(ValueError, match="RDS_KEEP_OLDER is 'some', which is none of changes, nothing, everything"):
        installation(RDS_KEEP_OLDER="some")


def test_run_id_tells_day_and_logical_time() -> None:
    assert inputs.run_id_of("2026-11-23", MIDNIGHT_UTC) == "20261123_20261122T150000"


def test_every_supplier_gets_one_input_with_its_configuration() -> None:
    suppliers = load_suppliers(SUPPLIERS).values()
    made = inputs.crawl_inputs(suppliers, installation(CRAWL_COUNT="20", SUPPLIER_CODE="S7"), "2026-11-23", "r1")
    assert list(made) == [f"s3://prices/raw/{s.id}/inputs/dt=2026-11-23/r1.json" for s in suppliers]
    first = next(iter(made.values()))
    assert first["count"] == 20
    assert first["max_pages"] is None
    assert first["supplier"]["listing"]["supplier_code"] == "S7"
    assert json.loads(json.dumps(first)) == first


def test_machine_gets_places_and_not_contents() -> None:
    made = inputs.crawl_inputs(load_suppliers(SUPPLIERS).values(), installation(), "2026-11-23", "r1")
    machine = inputs.machine_input(made, "2026-11-23", "r1", "heal", 2)
    assert machine["mode"] == "heal"
    assert {source["input"] for source in machine["sources"]} == set(made)
    assert len(json.dumps(machine)) < 10_000, "Step Functions takes 256 kB at most"


def test_steps_hand_the_lake_to_each_job() -> None:
    lake = Lake.at("s3://prices")
    steps = inputs.clean_step(lake, "s3://prices/code", "2026-11-23")
    assert [step["Name"] for step in steps] == ["clean_offers 2026-11-23"]
    words = steps[0]["HadoopJarStep"]["Args"]
    assert words[:6] == [
        "spark-submit", "--deploy-mode", "client", "--py-files", "s3://prices/code/parts.zip", "s3://prices/code/jobs/clean_offers.py",
    ]  # fmt: skip
    assert words[words.index("--clean") + 1] == "s3://prices/clean"
    assert words[-2:] == ["--dt", "2026-11-23"]


def test_sources_held_back_are_named_to_the_job() -> None:
    def last_words(*sick: str) -> list[str]:
        words: list[str] = inputs.mart_step(Lake.at("s3://p"), "s3://p/code", "2026-11-23", sick)[0]["HadoopJarStep"][
            "Args"
        ]
        return words[-2:]

    assert last_words() == ["--dt", "2026-11-23"]
    assert last_words("partsro", "hyunki_store") == ["--hold-back", "hyunki_store,partsro"]


def test_prefixes_may_live_elsewhere() -> None:
    lake = installation(RAW_S3_PREFIX="landing/raw/", MART_S3_PREFIX="/gold").lake
    assert (lake.raw, lake.clean, lake.mart) == ("s3://prices/landing/raw", "s3://prices/clean", "s3://prices/gold")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DATA_BUCKET": ""}, "Variable DATA_BUCKET is not set"),
        ({"MAX_PAGES": "many"}, "MAX_PAGES is 'many', which is not a whole number"),
        ({"CRAWL_COUNT": "-3"}, "CRAWL_COUNT is '-3'"),
        ({"CRAWL_COUNT": "²"}, "CRAWL_COUNT is '²'"),
        ({"DATA_BUCKET": "s3://prices"}, "DATA_BUCKET is 's3://prices': write the bucket's name alone"),
    ],
)
def test_wrong_variable_is_named(variables: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        installation(**variables)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"MASTER_SFN_ARN": " "}, "Variable MASTER_SFN_ARN is not set"),
        ({"EMR_CLUSTER_ID": ""}, "Variable EMR_CLUSTER_ID is not set"),
        ({"RDS_TABLE": "prices.parts.master"}, "RDS_TABLE: 'prices.parts.master' is not a table's name"),
        ({"RDS_KEEP_DAYS": "0"}, "RDS_KEEP_DAYS: Keeping 0 days"),
    ],
)
def test_what_later_stages_need_is_told_at_the_start(variables: dict[str, str], message: str) -> None:
    whole = VARIABLES | {"MASTER_SFN_ARN": "arn", "EMR_CLUSTER_ID": "j-2A"}
    check_later_stages(whole.get, installation())
    with pytest.raises(ValueError, match=message):
        check_later_stages((whole | variables).get, installation(**variables))


def test_blanks_around_a_variable_are_none_of_it() -> None:
    here = installation(DATA_BUCKET="prices ", RDS_TABLE=" parts\n", MAX_PAGES=" ", DOCS_URL=" https://docs/ ")
    assert (here.bucket, here.rds_table, here.max_pages, here.docs_url) == ("prices", "parts", None, "https://docs")


def test_words_of_another_name_are_refused() -> None:
    """`{"day": "2026-11-20"}` ran, and published, the day of its own instant."""
    inputs.refuse_other_words({"dt": "2026-11-20", "accept": []})
    with pytest.raises(ValueError, match="nothing of the name 'day'"):
        inputs.refuse_other_words({"day": "2026-11-20"})


def test_accepted_names_are_shops_or_the_mart() -> None:
    assert inputs.choose_accepted([], ["partsro"]) == []
    assert inputs.choose_accepted(["partsro", "mart"], ["partsro"]) == ["partsro", "mart"]


@pytest.mark.parametrize("asked", [["partsrow"], "partsro", [["partsro"]], {"partsro": 1}, [None]])
def test_anything_else_is_refused_by_name(asked: object) -> None:
    with pytest.raises(ValueError, match=r"^accept: .* is no list of partsro, mart\.$"):
        inputs.choose_accepted(asked, ["partsro"])
