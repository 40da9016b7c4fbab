"""Takes the years out of a car text: `(2016~2019)`, `15.03-18.07`, `17년식~`, `16,19년식`, `2014년식 이후`, `12:-JAN.2018`."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import NamedTuple

FIRST, LAST = 0, 9999  # an open beginning and an open end

Span = tuple[int, int] | None

_MONTH = r"(?:JAN|FEB|MAR|APR|MAY|JUNE?|JULY?|AUG|SEPT?|OCT|NOV|DEC)[A-Z]{0,6}\.?\s*"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MM = r"(?:0?[1-9]|1[0-2])"
# Two digits with one of these behind them count something else.
_COUNTED = r"\s*(?:''|[\"”″′]|인치|인승|개|대|매|MM|CM|KG|원|도어|단|번|호|ST|ND|RD|TH)"
_POINT = re.compile(
    rf"(?<![0-9A-Z.])(?P<mark>'|MY\s?)?(?:{_MONTH}|{_MM}\.(?=(?:19|20)[0-9]{{2}}))?"
    rf"(?:(?P<full>19[6-9][0-9]|20[0-4][0-9])(?![A-Z]{{2,}}-[0-9]|\s*CC(?![A-Z]))"  # `2018RBK-8` is a product, `2000CC` an engine
    rf"(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])?(?![0-9A-Z])|(?![0-9])(?:[./-]\s?(?P<month>{_MM})(?:[./-]\s?{_DAY})?(?![0-9]))?)"
    rf"|(?P<short>[0-9]{{2}})(?![0-9A-LN-Z]|M(?!Y)|{_COUNTED})(?:[./]\s?{_MM}(?:[./]\s?{_DAY})?(?![0-9]))?)"
    r"\.?'?(?:\s*(?P<unit>년형|년식|년도|년|年式|年|MY|식)(?:\s*[0-9]{1,2}\s*월(?:식)?)?(?:\s*식)?)?"
)
_TWO_DIGITS = re.compile(r"[0-9]{2}")
_RANGE = re.compile(r"\s*(?:(?:이후|부터)?\s*(?:[~∼〜–—]|:?\s*-|:)+|부터)\s*")
_LIST = re.compile(r"\s*[,/·]\s*")
_TODAY = r"현재|현행|(?:PRESENT|CURRENT|NOW|UP|ON|ONWARDS?)(?![A-Z])"
_OPEN_END = re.compile(
    rf"\s*(?:(?:[~∼〜–—](?!\s*[0-9]{{2}}{_COUNTED})|:?-(?![^\s)\]])|이후|부터|↑|\+(?!\S)|:(?=\s*$))\s*(?:{_TODAY})?|-\s*(?:{_TODAY}))"
)
_OPEN_START = re.compile(r"[~∼〜]\s*$")
_DASH = re.compile(r"(?:^|[\s(\[])-$")  # `-09년`, `(-12)`: until then
_TO = re.compile(r"\s*(?:이전|까지|↓)")


_LAST_CATALOGUED = 2029  # a bare number above it is no year yet; one below 85 and above it never was
_LATIN_NAME = re.compile(r"(?:^|\s)[A-Z][A-Z0-9]*\s$")
_CATALOGUE_END = re.compile(r"\s*(?:$|:|[(\[])")


class Years(NamedTuple):
    """The text without its years, and the span from the first to the last; None where it has none."""

    rest: str
    span: Span


@lru_cache(maxsize=100_000)
def take_years(text: str) -> Years:
    """`text` is upper case."""
    if _TWO_DIGITS.search(text) is None:
        return Years(text, None)
    rest, spans, position = [], [], 0
    for begin, end, span in _spans(text):
        rest.append(text[position:begin])
        spans.append(span)
        position = end
    rest.append(text[position:])
    hull = (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None
    return Years(" ".join(rest), hull)


def _spans(text: str) -> list[tuple[int, int, tuple[int, int]]]:
    points = list(_POINT.finditer(text))
    found: list[tuple[int, int, tuple[int, int]]] = []
    number = 0
    while number < len(points):
        group = _group(text, points, number)
        number += len(group)
        span = _span(text, group, not found)
        if span is not None:
            found.append(span)
    return found


def _group(text: str, points: list[re.Match[str]], number: int) -> list[re.Match[str]]:
    group = [points[number]]
    for following in points[number + 1 :]:
        between = text[group[-1].end() : following.start()]
        if not (_RANGE.fullmatch(between) or _LIST.fullmatch(between)):
            break
        group.append(following)
    return group


def _span(text: str, group: list[re.Match[str]], is_first: bool) -> tuple[int, int, tuple[int, int]] | None:
    begin, end = group[0].start(), group[-1].end()
    after, until, before = (
        _OPEN_END.match(text, end),
        _TO.match(text, end),
        _OPEN_START.search(text, max(0, begin - 3), begin),
    )
    ranged = any(_RANGE.fullmatch(text[a.end() : b.start()]) for a, b in itertools.pairwise(group))
    certain = any(point["full"] or point["unit"] or point["mark"] or point[0].endswith("'") for point in group)
    certain = certain or _stand_for_years(text, group)
    if is_first and text[begin - 1 : begin] == "-" and (certain or text[end : end + 1] == ")"):
        before = before or _DASH.search(text, max(0, begin - 2), begin)
    if not (certain or ranged or after or until or before):
        return None
    first, last = min(_year(point) for point in group), max(_last_year(point, ranged) for point in group)
    if after:
        return begin, after.end(), (first, LAST)
    if until or before:
        since = first if ranged else FIRST
        return (before.start() if before else begin), (until.end() if until else end), (since, last)
    return begin, end, (first, last)


def _stand_for_years(text: str, group: list[re.Match[str]]) -> bool:
    """Numbers alone: one as below, or several that begin with a zero (`아반떼 07,08,09`), as neither wheels nor counts do."""
    if len(group) == 1:
        return _stands_for_a_year(text, group[0])
    return any((point["short"] or "").startswith("0") for point in group)


def _stands_for_a_year(text: str, point: re.Match[str]) -> bool:
    """Two digits by themselves: in brackets (`싼타페(16)`), or behind a Latin name as parts catalogues write it (`I30 07`,
    `TUCSON 05 (-JUL.2009)`, `KONA 18 : EV`). Not `K5 30`: nothing was sold in 2030."""
    if not point["short"] or not 1985 <= _year(point) <= _LAST_CATALOGUED:
        return False
    before, after = text[: point.start()], text[point.end() :]
    # A square bracket at the end of an entry is gone by now.
    bracketed = (before.endswith("(") and after.startswith(")")) or (before.endswith("[") and after[:1] in ("", "]"))
    return bracketed or (_LATIN_NAME.search(before) is not None and _CATALOGUE_END.match(after) is not None)


def _year(point: re.Match[str]) -> int:
    year = int(point["full"] or point["short"])
    if year >= 100:
        return year
    return 2000 + year if year <= 40 else 1900 + year


def _last_year(point: re.Match[str], ranged: bool) -> int:
    """`2010-12` is December or two years more: as neither is certain, all of them."""
    year, month = _year(point), point["month"]
    if ranged or not month or "-" not in point[0]:
        return year
    return max(year, 2000 + int(month))
