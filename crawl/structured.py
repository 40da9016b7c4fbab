"""What a page says about its product to machines: JSON-LD, microdata, meta tags, the platform's script variables.

The last resort where a page's visible layout is not known. Broken JSON-LD is common in shops and never an error here.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawl.text import one_line, script_string

_JSON_LD = re.compile(r"<script[^>]{0,200}?application/ld\+json[^>]{0,200}>(.*?)</script", re.I | re.S)
_WRAPPERS = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*$"
)
_COMMENTS = re.compile(r'("(?:\\.|[^"\\])*")|/\*.*?\*/|//[^\n]*', re.S)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.S)


def script_variable(page: str, name: str) -> str | None:
    """The value of `var name = '…'` in any script of the page."""
    pattern = rf"""\b{re.escape(name)}\s*=\s*(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|(-?\d[\d.]*))\s*[;,\n]"""
    # The pattern alone would be tried at every letter of the page.
    start = page.find(name)
    found = re.compile(pattern).search(page, start) if start >= 0 else None
    if not found:
        return None
    return script_string(found.group(1) or found.group(2) or found.group(3) or "") or None


def meta(tree: LexborHTMLParser, name: str) -> str | None:
    """The content of `<meta property=…>` or `<meta name=…>`."""
    for attribute in ("property", "name"):
        node = tree.css_first(f'meta[{attribute}="{name}"]')
        if node is not None and (content := one_line(node.attributes.get("content") or "")):
            return content
    return None


def json_ld_product(page: str) -> dict[str, Any] | None:
    """The first schema.org Product of the page's JSON-LD, or None."""
    if "ld+json" not in page:
        return None
    for match in _JSON_LD.finditer(page):
        for thing in _things(_lenient_json(match.group(1))):
            if "Product" in _types(thing):
                return thing
    return None


def _lenient_json(text: str) -> Any:
    """Control characters inside strings, comments, CDATA and last commas are forgiven; anything worse is None."""
    for mended in (text, _mend(text), _mend(html.unescape(text))):
        try:
            return json.loads(mended, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _mend(text: str) -> str:
    text = _WRAPPERS.sub("", text.strip())
    text = _COMMENTS.sub(lambda match: match.group(1) or "", text)
    return _LAST_COMMA.sub(lambda match: match.group(1) or "", text)


def _things(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 8:
        return
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from _things(child, depth + 1)
    elif isinstance(value, list):
        for child in value:
            yield from _things(child, depth + 1)


def _types(thing: dict[str, Any]) -> list[str]:
    types = thing.get("@type")
    return [str(each).rsplit("/", 1)[-1] for each in (types if isinstance(types, list) else [types])]


def json_ld_price(product: dict[str, Any]) -> str | None:
    """The price of a Product's offers: of the first offer that has one, or the lowest of an aggregate."""
    for offer in _things(product.get("offers")):
        for key in ("price", "lowPrice"):
            value = offer.get(key)
            if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
                return one_line(str(value))
    return None


def json_ld_text(product: dict[str, Any], key: str) -> str | None:
    """A plain text property of a JSON-LD thing."""
    value = product.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return one_line(html.unescape(value)) or None if isinstance(value, str) else None


def microdata(tree: LexborHTMLParser, prop: str) -> str | None:
    """A property of the page's microdata Product: of the product itself, or of its offers for the price."""
    scope = tree.css_first('[itemtype*="schema.org/Product"]')
    if scope is None:
        return None
    for node in scope.css(f'[itemprop~="{prop}"]'):
        if _owner(node) in _OWNERS[prop == "price"] and (value := _property_value(node)):
            return value
    return None


_OWNERS = {
    False: ("Product",),
    True: ("Product", "Offer", "AggregateOffer", "PriceSpecification", "UnitPriceSpecification"),
}


def _owner(node: LexborNode) -> str:
    """The type of the nearest itemscope around a property: a seller's name is not the product's name."""
    parent = node.parent
    while parent is not None:
        if "itemscope" in parent.attributes:
            return (parent.attributes.get("itemtype") or "").strip().rstrip("/").rsplit("/", 1)[-1]
        parent = parent.parent
    return ""


def _property_value(node: LexborNode) -> str | None:
    content = node.attributes.get("content")
    return one_line(content if content else node.text(deep=True)) or None
