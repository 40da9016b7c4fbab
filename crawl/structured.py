"""What a page says about its product to machines: JSON-LD, microdata, meta tags, the platform's script variables.

The last resort where a page's visible layout is not known. Broken JSON-LD is common in shops and never an error here.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawl.links import absolute, read_link
from crawl.nodes import text_of
from crawl.text import one_line, script_string, without_tags

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
        if node is not None and (content := without_tags(node.attributes.get("content") or "")):
            kind, _, last = name.rpartition(":")
            return in_currency(content, meta(tree, f"{kind}:currency")) if last == "amount" else content
    return None


def json_ld_product(page: str, url: str, titles: Callable[[], Iterable[str | None]]) -> dict[str, Any] | None:
    """The schema.org Product of the page's JSON-LD that is the page's own; None where there is none.

    Of several the one that has the page's address or a name that its titles hold, and rather one with a price.
    """
    if "ld+json" not in page:
        return None
    found = (_things(_lenient_json(match.group(1)), _OF_OTHERS) for match in _JSON_LD.finditer(page))
    products = [
        (thing, address)
        for things in found
        for thing in things
        if not _PRODUCTS.isdisjoint(_types(thing)) and not _is_another((address := _address(thing, url)), url)
    ]
    if len(products) < 2:
        return products[0][0] if products else None
    said = " ".join(folded_title(title) for title in titles() if title)

    def rank(product: tuple[dict[str, Any], str | None]) -> tuple[bool, bool, bool, int]:
        thing, address = product
        name = folded_title(json_ld_text(thing, "name") or "")
        named = len(name) if name and name in said else 0
        here = address is not None and _same_place(address, url)
        return here or named > 0, json_ld_price(thing) is not None, here, named

    return max(products, key=rank)[0]


def folded_title(title: str) -> str:
    """A name or title in the form in which they are compared."""
    return unicodedata.normalize("NFKC", title).casefold().replace(" ", "")


def _address(thing: dict[str, Any], url: str) -> str | None:
    said = next((text for key in ("url", "@id") if (text := json_ld_text(thing, key))), None)
    return absolute(url, said) if said else None


def _is_another(address: str | None, url: str) -> bool:
    """Whether an address is another product's of the platform."""
    here, there = read_link(url), read_link(address) if address else None
    return here is not None and there is not None and here.product_no != there.product_no


def _same_place(address: str, url: str) -> bool:
    one, other = (urlsplit(unquote(each)) for each in (address, url))
    return (one.path.rstrip("/"), one.query) == (other.path.rstrip("/"), other.query)


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
    {
        "isRelatedTo",
        "isSimilarTo",
        "isAccessoryOrSparePartFor",
        "isConsumableFor",
        "itemListElement",
        "itemReviewed",
        "addOn",
    }
)
_PRODUCTS = frozenset({"product", "individualproduct", "productmodel", "someproducts"})


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
    """What a thing is, without the vocabulary's address or prefix."""
    types = thing.get("@type")
    return [re.split("[/#:]", str(each))[-1].casefold() for each in (types if isinstance(types, list) else [types])]


# Prices that are not asked of everybody, or are for something else: `priceType`s, kinds of charges, states of the goods.
_NOT_ASKED = ("ListPrice", "Strikethrough", "MSRP", "SRP", "InvoicePrice", "MinimumAdvertised")
_CHARGES = frozenset({"deliverychargespecification", "paymentchargespecification"})
_NOT_NEW = ("Used", "Refurbished", "Damaged")


def json_ld_price(product: dict[str, Any]) -> str | None:
    """The price of a Product's offers: of the first offer in won that has one, or the lowest of an aggregate."""
    currency = zero = other = None
    for offer in _things(product.get("offers"), frozenset({"shippingDetails", "itemOffered", "addOn"})):
        currency = json_ld_text(offer, "priceCurrency") or currency
        if _is_not_asked(offer):
            continue
        for key in ("price", "lowPrice"):
            text = json_ld_text(offer, key)
            if not text or not text.strip("0.,"):
                zero = zero or text
            elif in_currency(text, currency) != text or "RegularPrice" in str(offer.get("priceType")):
                other = other or in_currency(text, currency)
            else:
                return text
    return other or zero


def _is_not_asked(offer: dict[str, Any]) -> bool:
    """Whether an offer or a part of one is the list price, a member's, one for many pieces, for delivery, or of used goods."""
    quantity = offer.get("eligibleQuantity")
    least = quantity.get("minValue", quantity.get("value")) if isinstance(quantity, dict) else None
    return (
        any(kind in str(offer.get("priceType")) for kind in _NOT_ASKED)
        or any(state in str(offer.get("itemCondition")) for state in _NOT_NEW)
        or not _CHARGES.isdisjoint(_types(offer))
        or "validForMemberTier" in offer
        or str(least or 1) not in ("1", "1.0")
    )


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
    return without_tags(html.unescape(value)) or None if isinstance(value, str) else None


def microdata_product(tree: LexborHTMLParser, titles: Callable[[], Iterable[str | None]]) -> LexborNode | None:
    """The element of the page's own Product in microdata; None where a list of products has no one of them."""
    scopes = [each for each in tree.css('[itemtype*="schema.org/Product"]') if _owner(each) != "product"]
    names = [microdata(each, "name") for each in scopes]
    if len(set(names)) < 2 and not (len(scopes) > 1 and names[0] is None):
        return scopes[0] if scopes else None
    said = " ".join(folded_title(title) for title in titles() if title)
    own = (scope for scope, name in zip(scopes, names, strict=True) if name and folded_title(name) in said)
    return next(own, next((scope for scope in scopes if scope.css_first("h1") is not None), None))


def microdata(product: LexborNode, prop: str) -> str | None:
    """A property of a microdata Product itself."""
    return next(_values(product, prop, ()), None)


_OFFERS = ("offer", "aggregateoffer", "pricespecification", "unitpricespecification")


def microdata_price(product: LexborNode) -> str | None:
    """The price of a microdata Product's offers, or the lowest of an aggregate."""
    prices = (price for prop in ("price", "lowPrice") for price in _values(product, prop, _OFFERS))
    if (price := next(prices, None)) is None:
        return None
    return in_currency(price, next(_values(product, "priceCurrency", _OFFERS), None))


def _values(product: LexborNode, prop: str, through: tuple[str, ...]) -> Iterator[str]:
    """What a Product says of a property, itself or through things of some types: a seller's name is not the product's name."""
    for node in product.css(f'[itemprop~="{prop}"]'):
        around = node.parent
        while around is not None and around != product and _type_of(around) in (None, *through):
            around = around.parent
        if around == product and (value := _property_value(node)):
            yield value


def _owner(node: LexborNode) -> str | None:
    """The type of the nearest itemscope around a node."""
    around = node.parent
    while around is not None and _type_of(around) is None:
        around = around.parent
    return _type_of(around) if around is not None else None


def _type_of(node: LexborNode) -> str | None:
    """The type of an itemscope, None of another element."""
    if "itemscope" not in node.attributes:
        return None
    return (node.attributes.get("itemtype") or "").strip().rstrip("/").rsplit("/", 1)[-1].casefold()


def _property_value(node: LexborNode) -> str | None:
    """The value that an element has for machines, or else what it shows."""
    attributes = node.attributes
    return one_line(attributes.get("content") or attributes.get("value") or text_of(node)) or None
