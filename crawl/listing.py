"""Reads a shop's product lists to their very end, and says so when that end cannot be trusted.

ListError ── a list page that is no list page, or a server that does not turn pages
"""

from __future__ import annotations

import asyncio
import html as html_module
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from conf.supplier import Category, Supplier
from crawl.answers import FetchError
from crawl.http import Client
from crawl.links import absolute, detail_url, is_own, number_of, read_link
from crawl.text import decode_page

# Addresses that are longer as they are sent, a Korean letter as nine, are refused by most servers, and one alone could be more than a
# batch may hold: such a product is asked for by number.
LONGEST = 8000


class ListError(Exception):
    """A category whose list could not be read to its end; the message is a sentence for the report.

    `may_pass` says whether reading it again, later, can help.
    """

    def __init__(self, message: str, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


@dataclass
class CategoryList:
    """One category's products by number, in the order of the list, and what was odd about it."""

    name: str
    products: dict[int, str] = field(default_factory=dict)
    rows: int = 0
    pages: int = 0
    error: str | None = None
    may_pass: bool = False
    warnings: list[str] = field(default_factory=list)
    limited: bool = False


@dataclass(frozen=True)
class Limits:
    """How far a list is read: pages and products that the run asks for, and the seconds that are left for reading."""

    max_pages: int | None = None
    count: int | None = None
    left: Callable[[], float] = lambda: math.inf


async def read_category(client: Client, category: Category, limits: Limits) -> CategoryList:
    """Every product of a category. An error ends the list, and what was read before it is kept."""
    listed = CategoryList(category.name)
    try:
        await _read_pages(client, category, listed, limits)
    except ListError as error:
        listed.error = f"{client.supplier.id}: the list of category {category.name} failed: {error}"
        listed.may_pass = error.may_pass
    return listed


async def _read_pages(client: Client, category: Category, listed: CategoryList, limits: Limits) -> None:
    last = client.supplier.listing.max_pages
    for page in range(1, last + 1):
        rows, end = await _read_page(client, category, page, limits)
        if not rows and not end:
            # An empty page is the end, but not always on purpose: a shop in trouble sends some in the middle of a list.
            rows, end = await _read_page(client, category, page, limits)
        fresh = _take(client.supplier, category, rows, listed, page)
        if end or not rows:
            return
        if page > 1 and not fresh:
            raise ListError(f"page {page} repeats products of earlier pages: the server does not turn pages")
        full = limits.count is not None and len(listed.products) >= limits.count
        if full or (limits.max_pages is not None and page >= limits.max_pages):
            listed.limited = True
            return
    raise ListError(f"page {last} is not the last one: raise listing.max_pages if the category has grown that much")


async def _read_page(client: Client, category: Category, page: int, limits: Limits) -> tuple[list[Any], bool]:
    listing = client.supplier.listing
    query = {
        "cate_no": category.cate_no,
        "supplier_code": listing.supplier_code,
        "page": page,
        "bInitMore": "F",
        "count": listing.count,
    }
    url = f"{client.supplier.base_url}{listing.path}?{urlencode(query)}"
    left = limits.left()
    try:
        # Also a wait for the page's turn, which a slow budget or robots.txt asks for, ends with the time.
        async with asyncio.timeout(None if left == math.inf else left):
            answer, _ = await client.get(url, client.supplier.timeouts.list_s, html=False, until=limits.left)
    except TimeoutError as error:
        raise ListError(f"the time for planning was over before page {page}") from error
    except FetchError as error:
        raise ListError(f"page {page}: {error.reason} ({error.detail})", error.reason.retryable) from error
    return read_answer(decode_page(answer.body, answer.charset), page)


def read_answer(text: str, page: int) -> tuple[list[Any], bool]:
    """The products of one list answer and whether it is the last. Raises `ListError` where it is no such answer."""
    document = _json_in(text)
    if not isinstance(document, dict):
        raise ListError(f"page {page} is not JSON: it starts with {text.strip()[:60]!r}", may_pass=True)
    if str(document.get("rtn_code")).strip().removesuffix(".0") != "1000":
        raise ListError(f"page {page} has rtn_code {document.get('rtn_code')!r}, expected '1000'", may_pass=True)
    data = document.get("rtn_data")
    if not isinstance(data, dict):
        raise ListError(f"page {page} has no rtn_data")
    rows = data.get("data") or []
    if isinstance(rows, dict):
        rows = list(rows.values())
    if not isinstance(rows, list):
        raise ListError(f"page {page}: rtn_data.data is {type(rows).__name__}, expected a list")
    return rows, str(data.get("end")).strip().lower() in ("true", "t", "1", "y")


def _json_in(text: str) -> Any:
    """The JSON of an answer, also where a browser's or proxy's HTML was wrapped around it."""
    wrapped = text[max(text.find("{"), 0) : text.rfind("}") + 1]
    for candidate in (text, wrapped, html_module.unescape(wrapped)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _take(supplier: Supplier, category: Category, rows: list[Any], listed: CategoryList, page: int) -> int:
    """Adds a page's products; returns how many of them were not known yet."""
    before, readable = len(listed.products), 0
    for row in rows:
        link = _link_of(supplier, category, row)
        if link is None:
            _warn_once(listed, f"{supplier.id}: category {category.name} lists rows without product number or link")
            continue
        readable += 1
        listed.products.setdefault(link[0], link[1])
    listed.pages, listed.rows = page, listed.rows + len(rows)
    if rows and not readable:
        raise ListError(f"page {page} has {len(rows)} rows and none leads to a product")
    return len(listed.products) - before


def _warn_once(listed: CategoryList, sentence: str) -> None:
    if sentence not in listed.warnings:
        listed.warnings.append(sentence)


def _link_of(supplier: Supplier, category: Category, row: Any) -> tuple[int, str] | None:
    """Product number and address of a row: its link, else its `seo_url`, else its bare number."""
    if not isinstance(row, dict):
        return None
    for key in ("link_product_detail", "seo_url"):
        link = row.get(key)
        if isinstance(link, str) and link.strip():
            url = absolute(supplier.base_url, html_module.unescape(link))
            product = read_link(url) if url else None
            if url and product is not None and is_own(url, supplier.hosts):
                if len(url) <= LONGEST // 9 or len(quote(url)) <= LONGEST:
                    return product.product_no, url
                return product.product_no, detail_url(supplier.base_url, product.product_no, category.cate_no)
    number = number_of(str(row.get("product_no") or "").strip().removesuffix(".0"))
    return (number, detail_url(supplier.base_url, number, category.cate_no)) if number else None


async def read_lists(client: Client, categories: list[Category], limits: Limits) -> list[CategoryList]:
    """All categories, side by side within the client's budget."""
    return list(await asyncio.gather(*(read_category(client, each, limits) for each in categories)))
