"""The same suites on pandas, on Sail and on JVM Spark give the same verdict, with the same words."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from conf.lake import Lake
from expectations.batches import TYPES
from expectations.gate import judge_day
from expectations.measures import verdicts_before
from expectations.tables import ASIDE, NAMES, OFFERS, SUMMARY
from infra.package import build_jobs_zip
from tests.expectations import marts
from tests.expectations.marts import DAY
from tests.jvm import conf, needs_java_17, spark_submit

ROOT = Path(__file__).resolve().parents[2]


TEXTS = [
    "a\x00b", None, "nan", "\u3000", "가" * 400, "필터\u3164", "필터\U000e0041", "필터 \ufffd", "\u00c7\u00ca\u00c5\u00cd", "필터\u00a01", "·",
    "https://a.b", "12,000원", "\\ud544",
]  # fmt: skip
# One broken row each, all in one mart: a rule that fires does not hide another, and each judging takes seconds.
BROKEN: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "texts": [{"car_type": " 투싼"}, *({"part_official_name": name} for name in TEXTS)],
    "figures": [
        {"min_price": 0}, {"median_price": None}, {"max_price": 999_999_999}, {"min_price": 90_000}, {"offer_count": None},
        {"offer_count": 1, "source_count": 2}, {"source_count": 9}, {"part_official_name": "필터 8", "car_type": "unknown"},
        {"extracted_at": None}, {"part_official_name": "필터 30", "car_type": "그랜저(IG)"},
    ],
}  # fmt: skip


def put_broken(lake: Lake, changes: list[dict[str, Any]], dt: str = DAY) -> None:
    rows = marts.summary(marts.offers(dt))
    broken = [row | (changes[i] if i < len(changes) else {}) for i, row in enumerate(rows)]
    marts.put_day(lake, marts.offers(dt), broken, dt=dt)


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN.keys())
def test_same_verdict(tmp_path: Path, spark: Any, changes: list[dict[str, Any]]) -> None:
    lake = Lake.at(str(tmp_path / "lake"))
    put_broken(lake, changes)
    pandas, cluster = judge_day(lake, DAY, run_id="r"), judge_day(lake, DAY, run_id="r", spark=spark)
    assert told(cluster.to_dict()) == told(pandas.to_dict())


def told(verdict: dict[str, Any]) -> dict[str, Any]:
    """Without the examples: which of the broken rows come first is the engine's own."""
    sentences = {
        kind: [sentence.partition(", for example")[0] for sentence in verdict[kind]]
        for kind in ("failures", "warnings")
    }
    return sentences | {name: verdict[name] for name in ("dt", "status", "rows", "version")}


@pytest.mark.jvm
@pytest.mark.timeout(900)
@needs_java_17
def test_job_on_jvm_spark_gives_the_verdict_of_pandas(tmp_path: Path) -> None:
    """With what a cluster has: `parts.zip` and the script. A day with rules that hold and rules that do not, and an empty one."""
    roots, days = [tmp_path / "pandas", tmp_path / "jvm"], ["2026-11-22", DAY]
    put_broken(Lake.at(str(roots[0])), [*BROKEN["texts"], *BROKEN["figures"]], days[0])
    shutil.copytree(roots[0], roots[1])
    for dt in days:
        judge_day(Lake.at(str(roots[0])), dt, run_id="r")
    script = shutil.copy(ROOT / "tests/jobs/on_engine.py", tmp_path)
    package = build_jobs_zip(tmp_path / "parts.zip")
    small = conf(
        "spark.sql.shuffle.partitions=1",
        "spark.ui.enabled=false",
        "spark.python.sql.dataFrameDebugging.enabled=false",
    )
    works = [f"validate_mart {dt}" for dt in days]
    spark_submit("--master", "local[2]", *small, "--py-files", package, script, roots[1], *works, folder=tmp_path)
    pandas, jvm = ([told(day["verdict"]) for day in verdicts_before(Lake.at(str(root)), None, None)] for root in roots)
    assert jvm == pandas
    assert [verdict["status"] for verdict in jvm] == ["empty", "failed"]


HOSTILE = {
    "필터": False, "볼트 3/8\"": False, "=1+1": False, "🔧 필터": False, "N": False, "ㅍ": False,
    "\u00b7": True, "---": True, "\u200b": True, "\u3164": True, "\u2800": True, "nan": True, "필터\x00": True, "필터\n": True,
    "\u1111\u1175\u11af\u1110\u1165": True, "가" * 300: False, "가" * 301: True, "\ufffd\ufffd": True,
}  # fmt: skip


def test_cleaning_rejects_the_names_that_would_stop_the_mart(tmp_path: Path, spark: Any) -> None:
    from transforms.offers import is_unusable

    names = list(HOSTILE)
    frame = spark.createDataFrame([(name,) for name in names], "name string")
    found = frame.select("name", is_unusable(frame.name).alias("no")).collect()
    assert {row.name: row.no for row in found} == HOSTILE
    lake = Lake.at(str(tmp_path / "lake"))
    for unusable in (False, True):
        some = [name for name in names if HOSTILE[name] is unusable]
        marts.put_day(lake, [{**row, "name": some[i % 40 % len(some)]} for i, row in enumerate(marts.offers())])
        assert bool(judge_day(lake, DAY, run_id="r").failures) is unusable


def test_cleaning_leaves_out_of_a_name_what_the_gate_would_tell(spark: Any) -> None:
    from transforms.offers import offer_name

    named = {
        "필터\u200b": "필터", "\ufeff필\u3164터\u202e\U000e0041": "필터", "필터\u00a0\u3000 에어\t": "필터 에어", "줄\r\n바꿈": "줄 바꿈",
        "필터\u200b(281131R100)\u00ad": "필터", "볼트 3/8\"": "볼트 3/8\"", "\u200b": "다른 이름", "": "다른 이름",
    }  # fmt: skip
    frame = spark.createDataFrame([(name, "다른\u00a0이름") for name in named], "official_name string, name string")
    found = frame.select("official_name", offer_name().alias("found")).collect()
    assert {row.official_name: row.found for row in found} == named


def test_a_plain_name_is_what_the_patterns_for_all_names_give(spark: Any) -> None:
    from transforms.offers import is_unusable, offer_name, plain_name

    pieces = [
        "필터", "오일 팬-미션", "기어", "현대", "기아", "순정부품", "모비스 ", "ABS 모듈", "A", "null", "3", "281131R100", " ", "  ", "-", "/", ", ",
        ".", "(281131R100)", " (281131R100)", "(좌측)", "[A]", "\u200b", "\u3000", "\n", "가" * 101,
    ]  # fmt: skip
    said = ["".join(name) for length in (1, 2, 3) for name in product(pieces, repeat=length)]
    frame = spark.createDataFrame(
        [*((name, "다른 이름") for name in said), *((None, name) for name in said)], "official_name string, name string"
    )
    found = frame.select(plain_name().alias("plain"), offer_name().alias("name")).where("plain is not null")
    found = found.select("*", is_unusable(found.name).alias("no")).collect()
    assert len({row.plain for row in found}) > 400
    assert [row for row in found if row.plain != row.name or row.no] == []


def test_types_are_those_of_the_transforms() -> None:
    from transforms import schemas

    names = {"int": "integer"}
    for table, declared in (
        (OFFERS, schemas.CLEAN_OFFERS),
        (SUMMARY, schemas.NAME_PRICE_SUMMARY),
        (NAMES, schemas.PART_NO_CANONICAL_NAME),
        (ASIDE, schemas.PRICE_SET_ASIDE),
    ):
        written = {field.name: field.dataType.simpleString() for field in declared.fields}
        assert TYPES[table] == {name: names.get(written[name], written[name]) for name in TYPES[table]}
