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
_CURRENCY = re.compile(r"""return\s*["']([A-Z]{3})["']""")
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


def mall_currency(page: str) -> str | None:
    """The currency that the platform's scripts name: malls for other countries have amounts in another one."""
    start = page.find("getCurrency")
    found = _CURRENCY.search(page, start, start + 100) if start >= 0 else None
    return found.group(1) if found else None


def meta(tree: LexborHTMLParser, name: str) -> str | None:
    """The content of `<meta property=…>` or `<meta name=…>`; an `…:amount` with its `…:currency`."""
    for attribute in ("property", "name"):
        node = tree.css_first(f'meta[{attribute}="{name}"]')
        if node is not None and (content := one_line(node.attributes.get("content") or "")):
            kind, _, last = name.rpartition(":")
            return in_currency(content, meta(tree, f"{kind}:currency")) if last == "amount" else content
    return None


def json_ld_product(page: str) -> dict[str, Any] | None:
    """The schema.org Product of the page's JSON-LD: the first with a price, or else the first; None where there is none."""
    if "ld+json" not in page:
        return None
    products = []
    for match in _JSON_LD.finditer(page):
        for thing in _things(_lenient_json(match.group(1)), _OF_OTHERS):
            if "Product" in _types(thing):
                if json_ld_price(thing):
                    return thing
                products.append(thing)
    return products[0] if products else None


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


# Properties that lead from a page or a product to other products.
_OF_OTHERS = frozenset(
    {"isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "isConsumableFor", "itemListElement"}
)


def _things(value: Any, but: frozenset[str] = frozenset(), depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 8:
        return
    if isinstance(value, dict):
        yield value
        for key, child in value.items():
            if key not in but:
                yield from _things(child, but, depth + 1)
    elif isinstance(value, list):
        for child in value:
            yield from _things(child, but, depth + 1)


def _types(thing: dict[str, Any]) -> list[str]:
    types = thing.get("@type")
    return [str(each).rsplit("/", 1)[-1] for each in (types if isinstance(types, list) else [types])]


def json_ld_price(product: dict[str, Any]) -> str | None:
    """The price of a Product's offers: of the first offer that has one, or the lowest of an aggregate."""
    currency = zero = None
    for offer in _things(product.get("offers"), frozenset({"shippingDetails", "itemOffered"})):
        currency = json_ld_text(offer, "priceCurrency") or currency
        if "ListPrice" in str(offer.get("priceType")) or "Strikethrough" in str(offer.get("priceType")):
            continue
        for key in ("price", "lowPrice"):
            if (text := json_ld_text(offer, key)) and text.strip("0.,"):
                return in_currency(text, currency)
            zero = zero or text
    return zero


def in_currency(amount: str, code: str | None) -> str:
    """An amount of another currency with its code: a bare number is read as won."""
    if not code or code.upper() == "KRW" or code.upper() in amount.upper():
        return amount
    return f"{amount} {code.upper()}"


def json_ld_text(product: dict[str, Any], key: str) -> str | None:
    """A plain property of a JSON-LD thing, or the first of several, or what a language-tagged one says."""
    value = product.get(key)
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return one_line(html.unescape(value)) or None if isinstance(value, str) else None


def microdata(tree: LexborHTMLParser, prop: str) -> str | None:
    """A property of the page's microdata Product: of the product itself, or of its offers for the price."""
    scope = tree.css_first('[itemtype*="schema.org/Product"]')
    if scope is None:
        return None
    for node in scope.css(f'[itemprop~="{prop}"]'):
        if _owner(node) in _OWNERS[prop in ("price", "priceCurrency")] and (value := _property_value(node)):
            return value
    return None


def microdata_price(tree: LexborHTMLParser) -> str | None:
    """The price of the page's microdata Product."""
    price = microdata(tree, "price")
    return price and in_currency(price, microdata(tree, "priceCurrency"))


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
