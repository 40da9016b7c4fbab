"""What the headers and bytes of an odd answer say."""

from __future__ import annotations

import gzip
import time
import zlib

import pytest

from crawl.answers import FetchError, asked_wait, unpack

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


PLAIN = b'{"rtn_code": "1000"}\n' + "부품 목록".encode("cp949")
STREAM = zlib.compressobj(wbits=-15)
RAW = STREAM.compress(PLAIN) + STREAM.flush()


@pytest.mark.parametrize("named", ["none", "utf-8", "8bit", "binary", "gzip", "gzip,", "identity", "UTF-8, none", ""])
def test_what_is_not_packed_is_taken_as_it_is(named: str) -> None:
    """Lists and robots.txt begin with no tag: `Content-Encoding: none` cost a shop all of its pages."""
    assert unpack(PLAIN, named.lower(), 1000) == PLAIN
    assert unpack(b"\xef\xbb\xbf" + PLAIN, named.lower(), 1000) == b"\xef\xbb\xbf" + PLAIN


@pytest.mark.parametrize(
    ("packed", "named"),
    [
        (gzip.compress(PLAIN), "none"),
        (zlib.compress(PLAIN), "deflate"),
        (zlib.compress(PLAIN), "gzip"),
        (RAW, "deflate"),
    ],
    ids=["gzip", "deflate", "deflate called gzip", "without zlib's header"],
)
def test_what_is_packed_is_unpacked(packed: bytes, named: str) -> None:
    assert unpack(packed, named, 1000) == PLAIN


@pytest.mark.parametrize(
    ("packed", "named"),
    [(RAW, "none"), (PLAIN, "br"), (PLAIN, "zstd, utf-8"), (RAW, "gzip")],
    ids=["none", "br", "zstd", "gzip"],
)
def test_what_may_be_packed_in_another_way_is_refused(packed: bytes, named: str) -> None:
    with pytest.raises(FetchError):
        unpack(packed, named, 1000)
