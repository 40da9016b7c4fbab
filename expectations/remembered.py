"""What Great Expectations builds anew each time that it needs it, built once: an expectation's configuration, and the compiled
templates of its pages. The two are a third of the judging of a small day. Importing this module, after the library, keeps the
templates; `configurations` is for the time of a validation, in which no expectation changes."""

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
        """Kept with its expectation, so that no other one can come to its id."""
        if id(expectation) not in kept:
            kept[id(expectation)] = expectation, built.fget(expectation)
        return kept[id(expectation)][1]

    Expectation.configuration = property(configuration)
    try:
        yield
    finally:
        Expectation.configuration = built


class _Compiled(BytecodeCache):
    """By template and source, for all views of this process: each makes an environment of its own."""

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
