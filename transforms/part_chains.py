"""Finds the end of a chain of replaced part numbers: which of the numbers of a text is the one that is sold today."""

from __future__ import annotations

import re
from itertools import pairwise

# Without any of these there is no chain, as in most texts.
_ANY = re.compile(
    r"대체|대치|변경|통합|구|신|이전|기존|종전|현재|단종|생산|에서|[→⇒➔➜➡☞▶▷►←⇐⬅☜◀◁◄<>]|OLD|NEW|BY|SUPERSEDE|REPLACE"
)
_TO_THE_RIGHT = re.compile(r"[→⇒➔➜➡☞▶▷►]|-+>|=+>|>+")
_TO_THE_LEFT = re.compile(r"[←⇐⬅☜◀◁◄]|<-+|<=+|<+")
_REPLACED = re.compile(r"대체|대치|변경|통합|SUPERSEDED|REPLACED")
# Words before a number. A mark holds for the numbers that follow it after a comma.
_OLD_BEFORE = re.compile(
    r"(?:(?:구|이전|기존|종전|변경\s*전|OLD)\s*(?:부?품번|부번|(?:부품\s*)?번호|부품)?|[(\[]구[)\]]|REPLACES|SUPERSEDES)\s*[):=]?\s*$"
)
_NEW_BEFORE = re.compile(
    r"(?:(?:신|신규|현재|변경|대체|NEW)\s*(?:된|후)?\s*(?:부?품번|부번|(?:부품\s*)?번호|부품)?|[(\[]신[)\]]|\bBY)\s*[):=]?\s*$"
)
_WORD_BEFORE = re.compile(r"[가-힣A-Z](?:구|신)\s*[):=]?\s*$")
_OLD_AFTER = re.compile(r"\s*(?:\(?\s*(?:단종|생산\s*(?:중단|종료|중지))|에서|의\s*(?:대체|후속)|은\s*단종|는\s*단종)")
# `58101-3QA50(구) 58101-3QA51(신)`
_MARK_BEHIND = re.compile(r"\s*[(\[](구|신|변경\s*전|변경\s*후|단종|대체)\s*(?:부?품번|부번|번호)?[)\]]")
_OLD_BEHIND = ("구", "변경전", "단종")
_CHANGED_FROM = re.compile(r"\s*(?:에서|의\s*(?:대체|후속))")  # `97133-C1000 (97133-2E000에서 변경)`
_LIST = re.compile(r"\s*(?:[,/·]|AND|OR|및|와|과|또는)\s*")


def chain_end(text: str, found: list[re.Match[str]]) -> re.Match[str] | None:
    """The number marked as new, else the last one that is not replaced itself; None where nothing is replaced."""
    if not _ANY.search(text):
        return None
    marks = _marks_behind(text, found)
    if any(marks):
        old, new = [mark in _OLD_BEHIND for mark in marks], [bool(mark) and mark not in _OLD_BEHIND for mark in marks]
    else:
        old = [_is_old(text, found, place, head) for place, head in enumerate(_heads_of_lists(text, found))]
        new = [_is_before(_NEW_BEFORE, text, match) for match in found]
    if not (_REPLACED.search(text) or any(old) or any(new)):
        return None
    if all(old) and not any(sign.search(text) for sign in (_REPLACED, _TO_THE_RIGHT, _TO_THE_LEFT)):
        return None  # old numbers only: what took their place is not in the text
    current = [match for match, is_old in zip(found, old, strict=True) if not is_old] or found
    marked = [match for match, is_new in zip(found, new, strict=True) if is_new and match in current]
    return (marked or current)[-1]


def _marks_behind(text: str, found: list[re.Match[str]]) -> list[str]:
    """What stands in brackets behind each number; nothing where the first one has its mark in front, or none at all."""
    if _is_before(_OLD_BEFORE, text, found[0]) or _is_before(_NEW_BEFORE, text, found[0]):
        return []
    marks = [_MARK_BEHIND.match(text, match.end()) for match in found]
    words = [mark[1].replace(" ", "") if mark else "" for mark in marks]
    return words if words[0] and (words[0] != "대체" or all(words)) else []


def _is_old(text: str, found: list[re.Match[str]], place: int, head: re.Match[str]) -> bool:
    match = found[place]
    before = text[found[place - 1].end() : match.start()] if place else ""
    after = text[match.end() : found[place + 1].start()] if place + 1 < len(found) else ""
    if _is_before(_OLD_BEFORE, text, head) or _TO_THE_LEFT.search(before):
        return True
    if _CHANGED_FROM.match(text, match.end()):
        return True
    return bool(after and (_OLD_AFTER.match(after) or (_TO_THE_RIGHT.search(after) and not _TO_THE_LEFT.search(after))))


def _heads_of_lists(text: str, found: list[re.Match[str]]) -> list[re.Match[str]]:
    """For each number the first one of the list in which it stands: `구품번 A, B, C`."""
    heads = found[:1]
    for previous, match in pairwise(found):
        heads.append(heads[-1] if _LIST.fullmatch(text, previous.end(), match.start()) else match)
    return heads


def _is_before(mark: re.Pattern[str], text: str, match: re.Match[str]) -> bool:
    before = text[: match.start()]
    return bool(mark.search(before)) and not _WORD_BEFORE.search(before)
