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
from urllib.parse import quote, urlencode, urlsplit

from conf.supplier import Category, Supplier
from crawl.answers import FetchError
from crawl.http import Client
from crawl.links import absolute, detail_url, is_own, number_of, read_link
from crawl.pace import backoff
from crawl.text import decode_page

# Most servers refuse longer addresses (counted as they are sent, where a Korean letter is nine characters), and a single one could be
# more than a batch may hold: such a product is asked for by its number instead.
LONGEST = 8000
# A product that is added while a list is read pushes one of each page onto the next one.
MANY_REPEATS = 0.02
# So many products are not the same ones by chance.
SEVERAL = 10
# A page in the middle of a list that has less than this share of the rows of other pages is not whole. A few rows less are usual, as
# hidden products are left out.
WHOLE_PAGE = 0.8
_DECODER = json.JSONDecoder(strict=False)


class ListError(Exception):
    """A category whose list could not be read to its end; the message is a sentence for the report.

    `may_pass` says whether reading it again, later, can help; `wrong_answer`, that the shop did answer, so that it was asked once only.
    """

    def __init__(self, message: str, may_pass: bool = False, wrong_answer: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass or wrong_answer
        self.wrong_answer = wrong_answer


@dataclass
class CategoryList:
    """One category's products by number, in the order of the list, and what was odd about it."""

    name: str
    products: dict[int, str] = field(default_factory=dict)
    rows: int = 0
    pages: int = 0
    error: str | None = None
    may_pass: bool = False  # whether a later try can help
    warnings: list[str] = field(default_factory=list)
    limited: bool = False  # the run's own limits ended the list
    strays: int = 0  # rows that lead to no product,
    stray: str = ""  # and what the first of them says
    repeats: int = 0  # rows of products that an earlier page had
    goes_on: bool = False  # more products came after a page that said it was the last
    most_rows: int = 0  # of one page
    short_pages: dict[int, int] = field(default_factory=dict)  # number of the page: its rows


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
    _judge(listed, f"{client.supplier.id}: the list of category {category.name}")
    return listed


def _judge(listed: CategoryList, which: str) -> None:
    """Says what makes a list that was read to its end unlikely to be the whole one."""
    strays = f"{which}: {listed.strays:,} of {listed.rows:,} rows lead to no product, such as {listed.stray}"
    if listed.strays * 2 > listed.rows:
        listed.error = listed.error or strays
    elif listed.strays:
        listed.warnings.append(strays)
    if listed.short_pages:
        page, count = next(iter(listed.short_pages.items()))
        others = f" and {len(listed.short_pages) - 1} other pages" if len(listed.short_pages) > 1 else ""
        listed.warnings.append(
            f"{which} has {count:,} rows on page {page}{others}, {listed.most_rows:,} on others: products are probably missing"
        )
    if listed.goes_on:
        listed.warnings.append(f"{which} goes on behind a page that says it is the last one")
    if listed.repeats > max(MANY_REPEATS * listed.rows, 10):
        listed.warnings.append(
            f"{which} does not keep its order while it is read: {listed.repeats:,} of {listed.rows:,} rows repeat earlier pages, "
            f"so other products are probably missing"
        )


async def _read_pages(client: Client, category: Category, listed: CategoryList, limits: Limits) -> None:
    last, said_end, short = client.supplier.listing.max_pages, False, 0
    for page in range(1, last + 1):
        try:
            rows, end = await _read_page(client, category, page, limits)
            if not end and not said_end and (not rows or _is_short(rows, listed)):
                rows, end = await _read_again(client, category, page, limits, rows)
        except ListError:
            if said_end:
                return
            raise
        fresh = _take(client.supplier, category, rows, listed, page)
        if not rows or (said_end and not fresh):
            return
        if said_end:
            listed.goes_on = True
        if short and fresh:
            listed.short_pages[page - 1] = short
        short = len(rows) if _is_short(rows, listed) else 0
        listed.most_rows = max(listed.most_rows, len(rows))
        # A full page is seldom a list's last one: the word of a server that says so is tried.
        said_end = end and len(rows) >= client.supplier.listing.count
        if end and not said_end:
            return
        if page > 1 and not fresh:
            raise ListError(f"page {page} repeats products of earlier pages: the server does not turn pages")
        full = limits.count is not None and len(listed.products) >= limits.count
        if full or (limits.max_pages is not None and page >= limits.max_pages):
            listed.limited = not end
            return
    if not said_end:
        raise ListError(f"page {last} is not the last one: raise listing.max_pages if the category has grown that much")


async def _read_again(
    client: Client, category: Category, page: int, limits: Limits, rows: list[Any]
) -> tuple[list[Any], bool]:
    """An empty or short page is the end, but not always on purpose: a shop in trouble sends some in the middle of a list."""
    try:
        again, end = await _read_page(client, category, page, limits)
    except ListError:
        if rows:
            return rows, False
        raise
    return (again, end) if len(again) >= len(rows) else (rows, False)


def _is_short(rows: list[Any], listed: CategoryList) -> bool:
    return listed.most_rows >= SEVERAL and len(rows) < WHOLE_PAGE * listed.most_rows


async def _read_page(client: Client, category: Category, page: int, limits: Limits) -> tuple[list[Any], bool]:
    """A page's products and whether it is the last. What is no list answer, although it came with HTTP 200, is asked for again."""
    retry = client.supplier.retry
    for tries in range(1, retry.attempts):
        try:
            return await _ask_page(client, category, page, limits)
        except ListError as error:
            if not error.wrong_answer or limits.left() <= 0:
                raise
            await asyncio.sleep(backoff(retry, tries))
    return await _ask_page(client, category, page, limits)


async def _ask_page(client: Client, category: Category, page: int, limits: Limits) -> tuple[list[Any], bool]:
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
    try:
        return read_answer(decode_page(answer.body, answer.charset), page)
    except ListError as error:
        if answer.url == url:
            raise
        raise ListError(f"{error} (redirected to {answer.url})", error.may_pass, error.wrong_answer) from error


def read_answer(text: str, page: int) -> tuple[list[Any], bool]:
    """The products of one list answer and whether it is the last. Raises `ListError` where it is no such answer."""
    document = _json_in(text)
    if not isinstance(document, dict):
        text = text.strip()
        said = (
            f"broken JSON: it ends with {text[-60:]!r}"
            if text[:1] == "{"
            else f"not JSON: it starts with {text[:60]!r}"
        )
        raise ListError(f"page {page} is {said}", wrong_answer=True)
    if str(document.get("rtn_code")).strip().removesuffix(".0") != "1000":
        raise ListError(f"page {page} has rtn_code {document.get('rtn_code')!r}, expected '1000'", wrong_answer=True)
    # An empty object of PHP becomes an empty list.
    data = {} if document.get("rtn_data") == [] else document.get("rtn_data")
    if not isinstance(data, dict):
        raise ListError(f"page {page} has no rtn_data")
    rows = data.get("data") or []
    if isinstance(rows, dict):
        rows = list(rows.values())
    if not isinstance(rows, list):
        raise ListError(f"page {page}: rtn_data.data is {type(rows).__name__}, expected a list")
    return rows, str(data.get("end")).strip().lower() in ("true", "t", "1", "y")


def _json_in(text: str) -> Any:
    """The JSON of an answer, also where a browser, a proxy or the program itself wrote something around it."""
    about = text.find('"rtn_code"')
    begins = dict.fromkeys((text.find("{"), text.rfind("{", 0, about) if about > 0 else -1))
    wrapped = (text[begin:] for begin in begins if begin >= 0)
    escaped = html_module.unescape(text[max(text.find("{"), 0) : text.rfind("}") + 1]) if "&quot;" in text else ""
    other = None
    for candidate in (text.strip(), *wrapped, escaped):
        try:
            document, _ = _DECODER.raw_decode(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict) and "rtn_code" in document:
            return document
        other = other or document
    return other


def _take(supplier: Supplier, category: Category, rows: list[Any], listed: CategoryList, page: int) -> int:
    """Adds a page's products; returns how many of them were not known yet."""
    found: dict[int, str] = {}
    strays = 0
    for row in rows:
        link = _link_of(supplier, category, row)
        if link is not None:
            found.setdefault(*link)
            continue
        strays += 1
        listed.stray = listed.stray or _about_stray(supplier, row)
    fresh = {number: url for number, url in found.items() if number not in listed.products}
    listed.products |= fresh
    listed.pages, listed.rows = page, listed.rows + len(rows)
    listed.strays, listed.repeats = listed.strays + strays, listed.repeats + len(found) - len(fresh)
    if rows and not found:
        raise ListError(f"page {page} has {len(rows)} rows and none leads to a product, such as {listed.stray}")
    return len(fresh)


def _about_stray(supplier: Supplier, row: Any) -> str:
    """What a row without a product of the shop says, for the person who looks into it."""
    links = [row.get(key) for key in ("link_product_detail", "seo_url")] if isinstance(row, dict) else []
    link = next((link for link in links if isinstance(link, str) and link.strip()), None)
    if link is None:
        return f"{row!r:.80}"
    url = absolute(supplier.base_url, html_module.unescape(link))
    is_foreign = url is not None and read_link(url) is not None and not is_own(url, supplier.hosts)
    return f"'{link[:80]}'" + (
        f": {urlsplit(url or '').netloc} is not one of the supplier's hosts" if is_foreign else ""
    )


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


def same_lists(source: str, lists: list[CategoryList]) -> list[str]:
    """Categories that list the very same products: a server that no longer looks at the category's number gives every one the same list."""
    names: dict[frozenset[int], list[str]] = {}
    for each in lists:
        if len(each.products) >= SEVERAL:
            names.setdefault(frozenset(each.products), []).append(each.name)
    return [
        f"{source}: categories {', '.join(same)} list the same {len(products):,} products: does the shop still tell them apart by cate_no?"
        for products, same in names.items()
        if len(same) > 1
    ]
