"""The same suites on pandas and on Spark give the same verdict, with the same words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conf.lake import Lake
from expectations.batches import TYPES
from expectations.gate import judge_day
from expectations.tables import OFFERS, SUMMARY
from local.sail import Sail
from tests.expectations import marts
from tests.expectations.marts import DAY


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("sail")
    with Sail(log=folder / "sail.log") as sail, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_REMOTE", sail.url)
        session = SparkSession.builder.remote(sail.url).getOrCreate()
        yield session
        session.stop()
    assert "SPARK_REMOTE" not in os.environ or os.environ["SPARK_REMOTE"] != sail.url


NAMES = [
    "a\x00b", None, "nan", "\u3000", "가" * 400, "필터\u3164", "필터\U000e0041", "필터 \ufffd", "\u00c7\u00ca\u00c5\u00cd", "필터\u00a01", "·",
    "https://a.b", "12,000원", "\\ud544",
]  # fmt: skip
# One broken row each, all in one mart: a rule that fires does not hide another, and each judging takes seconds.
BROKEN: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "texts": [{"car_type": " 투싼"}, *({"part_official_name": name} for name in NAMES)],
    "figures": [
        {"min_price": 0}, {"median_price": None}, {"max_price": 999_999_999}, {"min_price": 90_000}, {"offer_count": None},
        {"offer_count": 1, "source_count": 2}, {"source_count": 9}, {"part_official_name": "필터 8", "car_type": "unknown"},
        {"extracted_at": None},
    ],
}  # fmt: skip


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN.keys())
def test_same_verdict(tmp_path: Path, spark: Any, changes: list[dict[str, Any]]) -> None:
    lake = Lake.at(str(tmp_path / "lake"))
    rows = marts.summary(marts.offers())
    marts.put_day(lake, marts.offers(), [row | (changes[i] if i < len(changes) else {}) for i, row in enumerate(rows)])
    pandas, cluster = judge_day(lake, DAY, run_id="r"), judge_day(lake, DAY, run_id="r", spark=spark)
    assert _rules(cluster.failures) == _rules(pandas.failures)
    assert _rules(cluster.warnings) == _rules(pandas.warnings)
    assert (cluster.status, cluster.rows) == (pandas.status, pandas.rows)


def _rules(sentences: list[str]) -> list[str]:
    """Without the examples: which of the broken rows come first is the engine's own."""
    return [sentence.partition(", for example")[0] for sentence in sentences]


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


def test_types_are_those_of_the_transforms() -> None:
    from transforms import schemas

    names = {"int": "integer"}
    for table, declared in ((OFFERS, schemas.CLEAN_OFFERS), (SUMMARY, schemas.NAME_PRICE_SUMMARY)):
        written = {field.name: field.dataType.simpleString() for field in declared.fields}
        assert TYPES[table] == {name: names.get(written[name], written[name]) for name in TYPES[table]}
