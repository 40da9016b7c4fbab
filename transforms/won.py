"""Reads one amount of won, in digits (`12,000`), with the Korean units (`1만2천`) or spelt out (`만이천`). None for every
other shape, and where people disagree about what a shape says (`1만5` is 15,000 when spoken).
"""

from __future__ import annotations

import re
from decimal import Decimal

_LONGEST = 40  # characters; no sum of money has more
_NUMBER = r"(?:0+|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)"
_PLAIN = re.compile(rf"({_NUMBER})(?:\.0{{1,2}})?")
_MYRIADS = re.compile(
    rf"(?:({_NUMBER})(?:\.([0-9]{{1,2}}))?\s*만)?\s*(?:([0-9])\s*천)?\s*(?:([0-9])\s*백)?\s*({_NUMBER})?"
)
_THOUSANDS = re.compile(r"([1-9][0-9]{1,2})\s*천")  # `15천원`, as in accounts
_DIGITS = dict(zip("일이삼사오육칠팔구123456789", [*range(1, 10)] * 2, strict=True)) | {"륙": 6}
_FOUR = "(?:([{d}])?(천))?(?:([{d}])?(백))?(?:([{d}])?(십))?([{d}])?".format(d="".join(_DIGITS))
_SPELT = re.compile(rf"(?:{_FOUR}(만))?{_FOUR}")
_DATE = re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def won(text: str) -> int | None:
    if len(text) > _LONGEST or _DATE.fullmatch(text):
        return None
    plain = _PLAIN.fullmatch(text)
    if plain:
        return int(plain[1].replace(",", ""))
    thousands = _THOUSANDS.fullmatch(text)
    if thousands:
        return int(thousands[1]) * 1000
    return _with_units(text) or _spelt(text.replace(" ", ""))


def _with_units(text: str) -> int | None:
    parts = _MYRIADS.fullmatch(text)
    if parts is None:
        return None
    myriads, tenths, thousands, hundreds, rest = parts.groups()
    whole, smaller = (int((group or "0").replace(",", "")) for group in (myriads, rest))
    below = int(thousands or 0) * 1000 + int(hundreds or 0) * 100 + smaller
    unclear = rest is not None and (smaller < 100 or hundreds is not None)
    if unclear or (tenths and below) or smaller >= (1000 if thousands else 10_000):
        return None
    return int((whole + Decimal(f"0.{tenths or 0}")) * 10_000) + below


def _spelt(text: str) -> int | None:
    """A digit behind a unit (`만오`, `2천5`) is short for the next unit when spoken, and is one won when written: not read."""
    parts = _SPELT.fullmatch(text)
    if parts is None or not any(unit in text for unit in "천백십만"):
        return None
    groups = parts.groups()
    tens, ones = groups[13:15]
    if ones and not tens:
        return None
    lower = _below_myriad(groups[8:])
    return (_below_myriad(groups[:7]) or 1) * 10_000 + lower if groups[7] else lower


def _below_myriad(groups: tuple[str | None, ...]) -> int:
    """Digit and unit in turn for 천, 백 and 십, then the last digit."""
    total = 0
    for digit, unit, worth in zip(groups[0:6:2], groups[1:6:2], (1000, 100, 10), strict=True):
        total += _DIGITS[digit or "1"] * worth if unit else 0
    return total + (_DIGITS[groups[6]] if groups[6] else 0)
