"""Product links of the platform: their number, which is the product's identity, and their category.

Two forms lead to the same page: `/product/<slug>/<no>/category/<c>/display/<d>/` and
`/product/detail.html?product_no=<no>&cate_no=<c>&display_group=<d>`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, urljoin, urlsplit

_NO = r"([0-9]{1,18})"
_WITH_CATEGORY = re.compile(rf"/product/(?:.*/)?{_NO}/category/{_NO}(?:/display/[0-9]+)?/?$")
_PLAIN = re.compile(rf"/product/(?:.*/)?{_NO}(?:/display/[0-9]+)?/?$")
_CATEGORY_PAGE = re.compile(rf"/category/(?:[^/]+/)?{_NO}/?$")
# Such as `;jsessionid=…`; a semicolon of a name stands further ahead.
_PARAMETERS = re.compile(r";[^/]*$")
_WHOLE_NO = re.compile(_NO)
_HALF_LETTERS = re.compile("[\\ud800-\\udfff]")


class ProductLink(NamedTuple):
    """A product's number, and the category that the link names, if any."""

    product_no: int
    cate_no: int | None


def read_link(url: str) -> ProductLink | None:
    """The product that a link leads to, or None where it leads to something else."""
    parts = urlsplit(url)
    query = parse_qs(parts.query) if parts.query else {}
    product_no = _number(query.get("product_no"))
    if product_no is not None:
        return ProductLink(product_no, _number(query.get("cate_no")))
    path = _PARAMETERS.sub("", parts.path) if ";" in parts.path else parts.path
    found = _WITH_CATEGORY.search(path)
    if found:
        return ProductLink(int(found.group(1)), int(found.group(2)))
    found = _PLAIN.search(path)
    return ProductLink(int(found.group(1)), _number(query.get("cate_no"))) if found else None


def category_of(url: str) -> int | None:
    """The category number in a product's or a category's address."""
    link = read_link(url)
    if link is not None:
        return link.cate_no
    parts = urlsplit(url)
    found = _CATEGORY_PAGE.search(parts.path)
    return int(found.group(1)) if found else _number(parse_qs(parts.query).get("cate_no"))


def _number(values: list[str] | None) -> int | None:
    return number_of(values[0]) if values else None


def number_of(text: str) -> int | None:
    """A product's or category's number, or None where the text is none."""
    return int(text) if _WHOLE_NO.fullmatch(text) else None


def absolute(base_url: str, link: str) -> str | None:
    """The whole address of a link, without fragment, with blanks escaped and no less safe than the base; None where it is no address."""
    try:
        url = urljoin(base_url + "/", _HALF_LETTERS.sub("", link).strip()).split("#", 1)[0].replace(" ", "%20")
        parts = urlsplit(url)
        if parts.scheme == "http" and base_url.startswith("https://") and not parts.port:
            return "https" + url[4:]
    except ValueError:
        return None
    return url


def detail_url(base_url: str, product_no: int, cate_no: int) -> str:
    """The address of a product that the list names by number only."""
    return f"{base_url}/product/detail.html?product_no={product_no}&cate_no={cate_no}&display_group=1"


def is_own(url: str, hosts: list[str]) -> bool:
    """Whether an address is on one of the supplier's hosts. A host without a port means the scheme's usual one."""
    parts = urlsplit(url)
    return _is_own(parts.scheme, parts.netloc, tuple(hosts))


@lru_cache(maxsize=256)
def _is_own(scheme: str, netloc: str, hosts: tuple[str, ...]) -> bool:
    """The verdict on a whole origin: a worker asks for thousands of addresses of one."""
    parts = SplitResult(scheme, netloc, "", "", "")
    default = {"http": 80, "https": 443}.get(scheme)
    if default is None or not parts.hostname or parts.username is not None:
        return False
    try:
        port = parts.port or default
    except ValueError:
        return False
    named = {parts.hostname, f"{parts.hostname}:{port}"} if port == default else {f"{parts.hostname}:{port}"}
    return not named.isdisjoint(hosts)
