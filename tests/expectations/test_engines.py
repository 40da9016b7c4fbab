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


BROKEN: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "texts": [{"part_official_name": "a\x00b"}, {"part_official_name": None}, {"part_official_name": "nan"}],
    "spaces": [{"part_official_name": "\u3000"}, {"car_type": " 투싼"}, {"part_official_name": "가" * 400}],
    "prices": [{"min_price": 0}, {"median_price": None}, {"max_price": 999_999_999}, {"min_price": 90_000}],
    "counts": [{"offer_count": 1, "source_count": 2}, {"offer_count": None}, {"source_count": 9}],
    "keys": [{"part_official_name": "필터 9", "car_type": "unknown"}, {"extracted_at": None}],
}


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


def test_types_are_those_of_the_transforms() -> None:
    from transforms import schemas

    names = {"int": "integer"}
    for table, declared in ((OFFERS, schemas.CLEAN_OFFERS), (SUMMARY, schemas.NAME_PRICE_SUMMARY)):
        written = {field.name: field.dataType.simpleString() for field in declared.fields}
        assert TYPES[table] == {name: names.get(written[name], written[name]) for name in TYPES[table]}
