"""What the headers and bytes of an odd answer say."""

from __future__ import annotations

import time

import pytest

from crawl.answers import asked_wait

AT_NOON = {"Date": "Mon, 23 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("1.5", 1.5),
        ("30 seconds", 30),
        ("5s", 5),
        ("120, 60", 120),
        ("Mon, 23 Nov 2026 12:01:40 GMT", 100),
        ("Mon, 23 Nov 2026 12:01:40 -0000", 100),
        ("Monday, 23-Nov-26 12:01:40 GMT", 100),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("Mon, 01 Jan 99999999999999 00:00:00 GMT", None),
        ("1" + " " * 60_000 + "x", None),
    ],
)
def test_how_long_a_shop_asks_us_to_wait(said: str, seconds: float | None) -> None:
    """A date counts from the server's own `Date`: its clock may be hours off ours."""
    began = time.process_time()
    assert asked_wait({"Retry-After": said} | AT_NOON) == seconds
    assert time.process_time() - began < 1


def test_a_date_without_the_servers_clock_counts_from_ours() -> None:
    soon = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 100))
    assert asked_wait({"Retry-After": soon}) == pytest.approx(100, abs=2)
