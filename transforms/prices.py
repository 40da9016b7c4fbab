"""Reads a price text as whole won, strictly: what is not exactly one amount for one piece or pack has a named reason and
no price. Nothing is ever joined, rounded or guessed.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from transforms.reasons import Reject


class Bounds(NamedTuple):
    lowest_krw: int
    highest_krw: int
    largest_pack: int


class Price(NamedTuple):
    """A price in won, or the reason why there is none."""

    price_krw: int | None
    reason: Reject | None


@lru_cache(maxsize=1)
def bounds() -> Bounds:
    return Bounds(**tomllib.loads(resources.files("conf").joinpath("prices.toml").read_text(encoding="utf-8")))


# Words that say why there is no price, first hit wins. "품절" beside an amount means that nobody can buy at it.
_WORDS = (
    (
        Reject.PRICE_SOLD_OUT,
        r"품절|일시\s*품절|매진|단종|판매\s*(?:종료|중지|완료)|재고\s*없음|SOLD\s*OUT|OUT\s*OF\s*STOCK",
    ),
    (Reject.PRICE_ON_REQUEST, r"문의|상담|협의|별도\s*안내|시가|견적|미정|CALL|ASK|INQUIR|가격\s*없음|비공개"),
    (
        Reject.PRICE_WITHOUT_TAX,
        r"(?:VAT|부가세|세금)\s*(?:별도|제외|미포함|불포함)|(?:EXCL|W/?O)\.?\s*VAT|\+\s*(?:VAT|부가세)",
    ),
    (Reject.PRICE_DISCOUNT, r"할인|세일|쿠폰|적립|혜택|%|SALE|DISCOUNT|OFF\b|→|->|⇒|즉시"),
    (Reject.PRICE_FOREIGN_CURRENCY, r"[$€£¥₤₽₹₫]|USD|EUR|JPY|CNY|GBP|달러|유로|위안|\d\s*엔|円|元"),
    (Reject.PRICE_RANGE, r"[~∼〜]|부터|까지|이상|이하|최저|최고|내외|\d\s*[-–—]\s*(?:[₩\\]\s*)?\d"),
)
_REASONS = tuple((reason, re.compile(pattern)) for reason, pattern in _WORDS)
# Words that may stand beside an amount without changing it.
_HARMLESS = re.compile(
    r"/\s*(?:개|EA)|판매\s*가격|판매가|소비자가|정상가|정가|가격|단가|금액|개당|낱개|1\s*(?:개|EA|PCS?)(?![0-9])|무료\s*배송|배송비\s*(?:별도|무료)"
    r"|(?:VAT|부가세|세금)\s*포함|PRICE|[()\[\]:/*]"
)
_PIECES = re.compile(r"(?<![0-9,])\d+\s*(?:개입|개|EA|PCS?|세트|SET|BOX|박스|팩|묶음)")
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
_PLAIN = re.compile(rf"({_NUMBER})(?:\.0{{1,2}})?")
_MYRIADS = re.compile(rf"(?:({_NUMBER})(?:\.([0-9]))?\s*만)?\s*(?:([0-9])\s*천)?\s*(?:([0-9])\s*백)?\s*({_NUMBER})?")
_AMOUNT = re.compile(r"[0-9][0-9,.]*(?:\s*만\s*[0-9,]*\s*천?\s*[0-9,]*\s*백?)?")
_UNITS = re.compile(r"^(?:[₩\\]|KRW)\s*|\s*(?:원정|원|WON|KRW)\s*$")


def read_price(text: str | None) -> Price:
    """The one amount of a text."""
    folded = " ".join(unicodedata.normalize("NFKC", text or "").upper().split())
    if folded in ("", "-"):
        return Price(None, Reject.PRICE_MISSING)
    for reason, pattern in _REASONS:
        if pattern.search(folded):
            return Price(None, reason)
    return _read_amount(folded)


def _read_amount(folded: str) -> Price:
    bare = " ".join(_HARMLESS.sub(" ", folded).split())
    if _PIECES.search(bare):
        return Price(None, Reject.PRICE_FOR_SEVERAL)
    amount = _won(_UNITS.sub("", _UNITS.sub("", bare)).strip())
    if amount is not None:
        return _within_bounds(amount)
    several = len(_AMOUNT.findall(bare)) > 1
    return Price(None, Reject.PRICE_SEVERAL_AMOUNTS if several else Reject.PRICE_NOT_RECOGNISED)


def _won(text: str) -> int | None:
    """`12,000` and `1만2천`; None for every other shape, and for more characters than any sum of money has."""
    if len(text) > 40:
        return None
    plain = _PLAIN.fullmatch(text)
    if plain:
        return int(plain[1].replace(",", ""))
    parts = _MYRIADS.fullmatch(text)
    if parts is None or not (parts[1] or parts[3]):
        return None
    myriads, tenths, thousands, hundreds, rest = parts.groups()
    whole, smaller = (int((group or "0").replace(",", "")) for group in (myriads, rest))
    below = int(thousands or 0) * 1000 + int(hundreds or 0) * 100 + smaller
    ambiguous = (tenths and below) or smaller >= (1000 if thousands else 10_000)
    return None if ambiguous else int((whole + Decimal(f"0.{tenths or 0}")) * 10_000) + below


def _within_bounds(amount: int) -> Price:
    limits = bounds()
    if amount == 0:
        return Price(None, Reject.PRICE_ZERO)
    if amount < limits.lowest_krw:
        return Price(None, Reject.PRICE_TOO_LOW)
    if amount > limits.highest_krw:
        return Price(None, Reject.PRICE_TOO_HIGH)
    return Price(amount, None)


def price_per_piece(price_krw: int, quantity: int) -> int:
    """The price of one piece of a pack, half a won rounded up."""
    return (2 * price_krw + quantity) // (2 * quantity)
