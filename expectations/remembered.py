"""Keeps two things that Great Expectations builds anew each time it needs them, which is a third of the time that judging a small day
takes: the compiled templates of its pages (from the import of this module on, which must come after the library's), and the
configuration of each expectation (inside `configurations`, around a validation, in which no expectation changes)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from great_expectations.expectations.expectation import Expectation
from great_expectations.render.view.view import DefaultJinjaView
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


@contextmanager
def configurations() -> Iterator[None]:
    built = Expectation.configuration
    kept: dict[int, tuple[Any, Any]] = {}

    def configuration(expectation: Any) -> Any:
        """The expectation is kept as well, so that its id cannot become another one's."""
        if id(expectation) not in kept:
            kept[id(expectation)] = expectation, built.fget(expectation)
        return kept[id(expectation)][1]

    Expectation.configuration = property(configuration)
    try:
        yield
    finally:
        Expectation.configuration = built


class _Compiled(BytecodeCache):
    """One cache for all views of this process, each of which makes a Jinja environment of its own."""

    code: dict[str, bytes]

    def __init__(self) -> None:
        self.code = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


_make_view, _compiled = DefaultJinjaView.__init__, _Compiled()


def _init(view: Any, *arguments: Any, **named: Any) -> None:
    _make_view(view, *arguments, **named)
    view.env.bytecode_cache = _compiled


DefaultJinjaView.__init__ = _init
