"""The text rules, worked out once for each distinct text, say what the library's own say of every row."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from expectations import rules
from expectations.batches import as_frame
from transforms import names

TEXTS = ["필터", "필터\x00", "\x00", "", " ", "nan", "None", "가" * 301, "a\n", "🔧", "<b>", "필터", "Ã«"]


@pytest.fixture(params=["object", "category"])
def column(request: pytest.FixtureRequest) -> Any:
    frame = as_frame(pa.table({"t": TEXTS}), plain=["t"] if request.param == "object" else [])
    assert frame.t.dtype == request.param
    return frame.t.set_axis(range(10, 10 + len(TEXTS)))


@pytest.mark.parametrize(
    "regex", [names.LETTER, names.CONTROL, names.STAND_INS, rules.MISREAD, rules.MARKUP, "^a$"], ids=range(6)
)
def test_match_is_that_of_each_row(column: Any, regex: str) -> None:
    from expectations.distinct import _matches

    expected = pd.Series([re.search(regex, text) is not None for text in TEXTS], index=column.index, name="t")
    pd.testing.assert_series_equal(_matches(column, regex), expected)


def test_an_end_lets_no_line_break_behind_it(column: Any) -> None:
    """Where `$` does depends on the engine."""
    from expectations.distinct import _matches

    assert [text for text, found in zip(TEXTS, _matches(column, r"^a?\z"), strict=True) if found] == [""]


def test_length_keeps_a_nul_at_the_end(column: Any) -> None:
    from expectations.distinct import each_text

    found = each_text(column, lambda texts: [len(text) for text in texts])
    assert list(found) == [len(text) for text in TEXTS]


def test_no_rows_and_categories_without_rows(column: Any) -> None:
    from expectations.distinct import _matches

    assert len(_matches(column[:0], "a")) == 0
    assert list(_matches(column[:1], "a")) == [False]


def test_the_library_uses_them() -> None:
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.expectations.registry import get_metric_provider

    import expectations.distinct

    for metric in ("match_regex.condition", "not_match_regex.condition", "value_length.map"):
        provider, _ = get_metric_provider(f"column_values.{metric}", PandasExecutionEngine({}))
        assert provider.__module__ == expectations.distinct.__name__
