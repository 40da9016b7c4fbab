"""Replaces Great Expectations' rules about texts in pandas by ones that look at each distinct text once instead of at every row: a
day's 690,000 offers have 86,000 part numbers. Import this module after the library, and the rules are replaced; those for Spark stay.
The verdict on a text is the same either way: `re.search` on the text, and its length."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
    column_function_partial,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def each_text(column: pd.Series, judged: Callable[[Iterable[str]], list[Any]]) -> pd.Series:
    """What `judged` says of every text of a column without nulls. Categories that no row has any more are left out. A column that is not
    categorical is judged row by row, as pandas' own search for distinct texts takes two that differ only after a NUL for one."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Series(judged(map(str, column)), column.index, name=column.name)
    codes, kept = pd.factorize(column.cat.codes)
    said = np.array(judged(map(str, np.asarray(column.cat.categories, dtype=object)[kept])))
    return pd.Series(said[codes] if len(codes) else [], column.index, said.dtype, column.name)


def _matches(column: pd.Series, regex: str) -> pd.Series:
    """With a text's end as Java and Rust write it: their `$`, like Python's, is not the same."""
    search = re.compile(regex.replace(r"\z", r"\Z")).search
    return each_text(column, lambda texts: [search(text) is not None for text in texts]).astype(bool)


@contextmanager
def _quiet() -> Iterator[None]:
    """The library warns of a metric that is replaced; here that is the purpose."""
    log = logging.getLogger("great_expectations.expectations.registry")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


with _quiet():

    class MatchRegex(ColumnMapMetricProvider):  # type: ignore[misc]  # the library has no types
        condition_metric_name = "column_values.match_regex"
        condition_value_keys = ("regex",)

        @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
        def _pandas(cls, column: pd.Series, regex: str, **kwargs: Any) -> pd.Series:  # noqa: N805  a class method
            return _matches(column, regex)

    class NotMatchRegex(ColumnMapMetricProvider):  # type: ignore[misc]  # the library has no types
        condition_metric_name = "column_values.not_match_regex"
        condition_value_keys = ("regex",)

        @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
        def _pandas(cls, column: pd.Series, regex: str, **kwargs: Any) -> pd.Series:  # noqa: N805  a class method
            return ~_matches(column, regex)

    class ValueLength(ColumnMapMetricProvider):  # type: ignore[misc]  # the library has no types
        function_metric_name = "column_values.value_length"

        @column_function_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
        def _pandas_function(cls, column: pd.Series, **kwargs: Any) -> pd.Series:  # noqa: N805  a class method
            return each_text(column, lambda texts: [len(text) for text in texts])
