"""The limit of processor time: of one page, and of a group that shares an alarm."""

from __future__ import annotations

import os
import signal

import pytest

from crawl.page_limits import CpuLimitError, cpu_limit


def spin(seconds: float) -> None:
    """Uses so many seconds of the processor outside of the system, which are those that count."""
    until = os.times().user + seconds
    while os.times().user < until:
        sum(range(10_000))


def test_each_page_of_a_group_has_its_own_seconds() -> None:
    with cpu_limit(1.0):
        for _ in range(2):
            with cpu_limit(1.0):
                spin(0.6)
            spin(0.6)  # what is done with a page counts for none
        with pytest.raises(CpuLimitError), cpu_limit(1.0):
            spin(5)
        with cpu_limit(1.0):
            spin(0.5)
    assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] == 0


def test_pages_of_a_moment_set_one_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    alarms: list[float] = []
    monkeypatch.setattr(
        "crawl.page_limits.signal.setitimer", lambda which, seconds, interval=0.0: alarms.append(seconds)
    )
    monkeypatch.setattr("crawl.page_limits.time.monotonic", lambda: 7.0)
    with cpu_limit(3.0):
        for _ in range(8):
            with cpu_limit(3.0):
                pass
    assert alarms == [3.0, 0]
