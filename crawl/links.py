"""Product links of the platform: their number, which is the product's identity, and their category.

Two forms lead to the same page: `/product/<slug>/<no>/category/<c>/display/<d>/` and
`/product/detail.html?product_no=<no>&cate_no=<c>&display_group=<d>`.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit

_WITH_CATEGORY = re.compile(r"/product/(?:.*/)?(\d+)/category/(\d+)(?:/display/\d+)?/?$")
_PLAIN = re.compile(r"/product/(?:.*/)?(\d+)(?:/display/\d+)?/?$")
_CATEGORY_PAGE = re.compile(r"/category/(?:[^/]+/)?(\d+)/?$")


class ProductLink(NamedTuple):
    """A product's number, and the category that the link names, if any."""

    product_no: int
    cate_no: int | None


def read_link(url: str) -> ProductLink | None:
    """The product that a link leads to, or None where it leads to something else."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    product_no = _number(query.get("product_no"))
    if product_no is not None:
        return ProductLink(product_no, _number(query.get("cate_no")))
    found = _WITH_CATEGORY.search(parts.path)
    if found:
        return ProductLink(int(found.group(1)), int(found.group(2)))
    found = _PLAIN.search(parts.path)
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
    return int(values[0]) if values and values[0].isascii() and values[0].isdigit() else None


def absolute(base_url: str, link: str) -> str:
    """The whole address of a link, without fragment and with blanks escaped."""
    return urljoin(base_url + "/", link.strip()).split("#", 1)[0].replace(" ", "%20")


def detail_url(base_url: str, product_no: int, cate_no: int) -> str:
    """The address of a product that the list names by number only."""
    return f"{base_url}/product/detail.html?product_no={product_no}&cate_no={cate_no}&display_group=1"


def is_own(url: str, hosts: list[str]) -> bool:
    """Whether an address is on one of the supplier's hosts. A host without a port means the scheme's usual one."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    if default is None or not parts.hostname or parts.username is not None:
        return False
    try:
        port = parts.port or default
    except ValueError:
        return False
    named = {parts.hostname, f"{parts.hostname}:{port}"} if port == default else {f"{parts.hostname}:{port}"}
    return not named.isdisjoint(hosts)
