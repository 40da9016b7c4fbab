"""What reading one page may cost: deep nesting or a hostile script must not stop the worker's other pages.

The limit of processor time ends what Python does. The HTML parser itself is C and cannot be ended; what makes it slow is depth.
"""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType

# The parser needs a second for 15,000 elements inside each other, and four times as long for twice as many. Real pages have tens.
MAX_DEPTH = 5_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_NEVER_DEEP = frozenset("area br col embed hr img input li link meta option p param source td th tr wbr".split())


def is_too_deep(text: str) -> bool:
    """Whether a page nests more elements than any that a person wrote."""
    if text.count("<") < MAX_DEPTH:
        return False
    depth = 0
    for tag in _TAG.finditer(text):
        if tag.group(2).lower() not in _NEVER_DEEP:
            depth = max(0, depth - 1) if tag.group(1) else depth + 1
            if depth > MAX_DEPTH:
                return True
    return False


_DESTRUCTORS = frozenset({"__del__", "_remove"})  # `_remove` is the weak references' own


class CpuLimitError(Exception):
    """The work took more processor time than it may."""


# Within a group of pages the alarm is set anew only after this time: setting it takes a twentieth of the time that reading a page takes.
_RENEWED_AFTER_SECONDS = 0.1
_set_at: float | None = None


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raises `CpuLimitError` in the block once it has used so many seconds. Signals reach the main thread only, where Lambda runs us.

    A block around a group of others lets them share an alarm: each of them has its seconds, or a tenth of one less.
    """
    global _set_at
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _listen()
    is_outermost = _set_at is None
    _renew(seconds)
    try:
        yield
    finally:
        _renew(seconds)
        if is_outermost:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            _set_at = None


def _renew(seconds: float) -> None:
    global _set_at
    now = time.monotonic()
    if _set_at is None or now - _set_at > _RENEWED_AFTER_SECONDS:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.05)
        _set_at = now


@cache
def _listen() -> None:
    """Once for the process: to put the handler in place for each page takes longer than to set the alarm."""
    signal.signal(signal.SIGVTALRM, _stop)


def _stop(_: int, frame: FrameType | None) -> None:
    # What a destructor raises is dropped, so one that is met is let through: the alarm comes again.
    if frame is None or frame.f_code.co_name not in _DESTRUCTORS:
        raise CpuLimitError
