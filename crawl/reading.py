"""Bytes of a page to its offer, the same way for a worker, a saved page and a replayed sample."""

from __future__ import annotations

from contextlib import AbstractContextManager

from conf.supplier import Supplier
from crawl import cafe24
from crawl.offer import PageError, PageFields
from crawl.page_limits import CpuLimitError, cpu_limit
from crawl.reasons import Reason
from crawl.text import PageText

# A page of 100 kB takes about a millisecond, one of 4 MB well below a second.
PAGE_CPU_SECONDS = 3.0


def read_bytes(body: bytes, declared: str | None, url: str, supplier: Supplier) -> PageFields:
    """The raw fields of a page's bytes as they came; `declared` is the header's charset. Raises `PageError`."""
    try:
        with cpu_limit(PAGE_CPU_SECONDS):
            return cafe24.read_page(PageText(body, declared), url, supplier)
    except CpuLimitError as error:
        said = f"reading it took more than {PAGE_CPU_SECONDS:g} s of processor time"
        raise PageError(Reason.PARSE_ERROR, said) from error


def in_a_row() -> AbstractContextManager[None]:
    """Around pages that are read one after the other: they share what guards their processor time."""
    return cpu_limit(PAGE_CPU_SECONDS)
