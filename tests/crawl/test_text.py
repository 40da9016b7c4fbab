"""The charset of a page, whatever it and its server say of it."""

from __future__ import annotations

import itertools

import pytest

from crawl.text import decode_page

NAME = "램프-헤드(좌측) 똠방각하"
SAID = [
    None,
    "utf-8",
    "UTF8",
    "euc-kr",
    '"ms949"',
    "iso-8859-1",
    "utf-16",
    "shift_jis",
    "zip",
    "idna",
    "undefined",
    "x",
]


@pytest.mark.parametrize("sent", ["utf-8", "cp949"])
def test_what_is_declared_is_believed_only_if_it_fits(sent: str) -> None:
    for header, meta, tail in itertools.product(SAID, SAID[1:], [b"", b"\xff\xb0"]):
        body = f"<html><head><meta charset='{meta}'></head><p>{NAME}</p></html>".encode(sent)
        assert NAME in decode_page(body + tail, header), (header, meta, tail)


@pytest.mark.parametrize("word", ["판", "커버", "퍼", "호스"])
def test_few_letters_are_enough(word: str) -> None:
    for said, sent in itertools.product(("euc-kr", "utf-8"), ("utf-8", "cp949")):
        assert word in decode_page(f"<meta charset={said}><b>{word}</b>".encode(sent))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_settles_it(encoding: str) -> None:
    assert decode_page(NAME.encode(encoding), "euc-kr") == NAME


def test_a_mark_before_a_page_in_another_charset() -> None:
    """A header file that was saved with a mark, and a page in CP949 below it."""
    assert NAME in decode_page(b"\xef\xbb\xbf" + f"<meta charset=euc-kr><b>{NAME}</b>".encode("cp949"))


def test_utf_16_without_a_mark_needs_the_header() -> None:
    assert decode_page(f"<b>{NAME}</b>".encode("utf-16-le"), "utf-16le") == f"<b>{NAME}</b>"
