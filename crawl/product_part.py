"""Finds the part of a page that is about its product, and tells what may stand outside of it."""

from __future__ import annotations

import re
from functools import lru_cache

from conf.supplier import Rule
from crawl.text import PageText

# Where the part of a page that is about its product may begin, and what follows it: other products, reviews, the footer.
_MODULES = ("xans-product-",)
_BEGINNINGS = (
    "detailArea",
    "infoArea",
    "prdInfo",
    "product-detail",
    "headingArea",
    "breadcrumb",
    'class="path',
    "itemtype=",
)
# Title and path stand close to the platform's first module of the product; what lies further up are menus.
_TITLE_BEFORE = 8192
_ENDINGS = ("xans-product-relation", "xans-product-review", "xans-product-qna", "xans-layout-footer", 'id="footer"')


def product_part(page: PageText) -> str:
    """A tenth of a page is about its product: decoding and parsing only that is what makes the worker fast."""
    start, end = _bounds(page.letters)
    if (part := page.hangul_between(start, end)) is not None:
        return part
    start, end = _bounds(page.text)
    return page.text[start:end]


def _bounds(text: str) -> tuple[int, int]:
    body = max(text.find("<body"), 0)
    first = _nearest(text, _MODULES, body)
    before = max(body, first - _TITLE_BEFORE) if first < len(text) else body
    first = _nearest(text, _BEGINNINGS, before, first)
    start = text.rfind("<", body, first)
    last = _nearest(text, _ENDINGS, first)
    end = text.rfind("<", start, last) if last < len(text) else last
    return (start, end) if 0 <= start < end else (0, len(text))


def may_be_elsewhere(text: str, part: str, rules: list[Rule]) -> bool:
    """Whether the rest of the page has a label, heading or class that a rule asks for."""
    words = _shown_by(tuple(rules))
    return any(words.search(side) for side in text.split(part, 1))


# What may stand between two letters of a label without being seen.
_UNSEEN = r"(?:\s|&[#\w]{2,8};|<[^<>]{0,200}>|[\u00ad\u200b-\u200d\u2060\ufeff])*"


@lru_cache(maxsize=64)
def _shown_by(rules: tuple[Rule, ...]) -> re.Pattern[str]:
    return re.compile("|".join(word for rule in rules for word in _words_of(rule)))


def _words_of(rule: Rule) -> tuple[str, ...]:
    """What a page must have for a rule to find something: one of its labels and headings, up to their first bracket, as written or in
    capitals, or a class or id that its selector ends with (or has a heading in).
    """
    if rule.bracket_of:
        return _words_of(rule.bracket_of)
    heads = [said.strip("[ ").partition("(")[0].partition("[")[0] for said in (*rule.label, *rule.heading)]
    seen = {letters: _UNSEEN.join(re.findall(r"[\w/]", letters)) for head in heads for letters in (head, head.upper())}
    return (*seen.values(), *re.findall(r"[.#]([\w-]+)(?=\s*(?:h\d\s*)?(?:,|$))", rule.css or ""))


def _nearest(text: str, marks: tuple[str, ...], start: int, end: int | None = None) -> int:
    """The nearest place of one of the class names that is not a selector of a style sheet; `end`, or the text's, if there is none."""
    nearest = len(text) if end is None else end
    for mark in marks:
        position = text.find(mark, start, nearest)
        while position > 0 and text[position - 1] in ".#":
            position = text.find(mark, position + len(mark), nearest)
        nearest = position if position >= 0 else nearest
    return nearest
