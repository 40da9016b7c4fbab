"""Finds the ends of chains of replaced part numbers: which of the numbers of a text are sold today."""

from __future__ import annotations

import re
from itertools import pairwise

# Without any of these there is no chain, as in most texts.
_ANY = re.compile(
    r"대체|대치|후속|변경|통합|[구신舊旧新]|이전|기존|종전|현재|단종|폐번|중단|중지|종료|에서|DISCONTINUED|[→⇒➔➜➡⇨⟶☞▶▷►←⇐⬅⇦⟵☜◀◁◄<>]|OLD|NEW|BY|SUPERSEDE|REPLACE|\bWAS\b"
)
_TO_THE_RIGHT = re.compile(r"[→⇒➔➜➡⇨⟶☞▶▷►]|-+>|=+>|>+")
_TO_THE_LEFT = re.compile(r"[←⇐⬅⇦⟵☜◀◁◄]|<-+|<=+|<+")
_BULLET = re.compile(r"([☞▶▷►])\s*$")  # before the first number as well: `▶A ▶B` is a list
_REPLACED = re.compile(r"대체|대치|변경|통합|SUPERSEDED|REPLACED")
_NUMBER_OF_PART = r"(?:PART\s*)?(?:NUMBER|NO\.?|P/?N)"
# Words before a number. A mark holds for the numbers that follow it after a comma.
_OLD_BEFORE = re.compile(
    rf"(?:(?:구형(?=\s*부?품번)|[구舊旧]|이전|기존|종전|변경\s*전|OLD)\s*(?:부?품번|부번|(?:부품\s*)?번호?|부품|{_NUMBER_OF_PART})?|[(\[]구[)\]]|REPLACES|SUPERSEDES|\bWAS)\s*[):=]?\s*$"
)
_NEW_BEFORE = re.compile(
    rf"(?:(?:신형(?=\s*부?품번)|[신新]|신규|현재|변경|대체|통합|NEW)\s*(?:된|후)?\s*(?:부?품번|부번|(?:부품\s*)?번호?|부?품|{_NUMBER_OF_PART})?|[(\[]신[)\]]|\bBY|REPLACED\s+WITH)\s*[):=]?\s*$"
)
# What looks like a mark and is none: the end of a word, and `19.05 이전`, which is about the car.
_WORD_BEFORE = re.compile(
    r"(?:[가-힣A-Z](?:구|신)|(?:[년월일식]|[./-][0-9]{1,2}|\b(?:19|20)[0-9]{2})\s*이전)\s*[):=]?\s*$"
)
_GONE = r"(?:단종|폐번|(?:생산|공급|사용)\s*(?:중단|종료|중지)|DISCONTINUED)"
_OLD_AFTER = re.compile(rf"\s*(?:\(?\s*{_GONE}|에서|의\s*(?:대체|후속)|은\s*단종|는\s*단종)")
# `97133-C1000 (단종 97133-2E000)`: the number in the bracket is gone, and not the one in front of it.
_GONE_BEHIND = re.compile(rf"\s*[(\[]\s*{_GONE}\s*:?\s*[0-9A-Z]{{5}}-?[0-9A-Z]{{5,8}}\s*[)\]]")
# `58101-3QA50(구) 58101-3QA51(신)`, `58101-3QA51 신품번 / 58101-3QA50 구품번`
_AGE, _NAME_OF_NUMBER = r"구|신|현재|최신|이전|기존|종전|변경\s*전|변경\s*후|OLD|NEW", r"(?:부?품번|부번|번호)?"
_MARK_BEHIND = re.compile(rf"\s*[(\[]({_AGE}|단종|대체)\s*{_NAME_OF_NUMBER}[)\]]")
_BARE_MARK_BEHIND = re.compile(rf"\s*({_AGE})\s*{_NAME_OF_NUMBER}(?![가-힣A-Z:])")
_OLD_BEHIND = ("구", "이전", "기존", "종전", "변경전", "단종", "OLD")
# `97133-C1000 (97133-2E000에서 변경)`, `97133-C1000 (97133-2E000 대체품)`, `97133-C1000 (97133-2E000, 97133-2E200 통합)`
_CHANGED_FROM = re.compile(r"\s*(?:에서|의\s*(?:대체|후속)|(?:(?:대체|후속)[품용]|단종품?\s*대체품?|통합품?)\s*[)\]])")
# What says of the last number that it is the one to buy: without a mark, `97133-C1000 (97133-2E000 대체)` may mean either.
_NEW_BEHIND = re.compile(r"\s*[)\]]?\s*(?:으?로|(?:호환\s*)?대체\s*(?:가능|됨|되|해|하))")
_LIST = re.compile(r"\s*(?:[,/·]|AND|OR|및|와|과|또는)\s*")


def chain_ends(text: str, found: list[re.Match[str]]) -> list[re.Match[str]]:
    """The numbers marked as new, else those that are not replaced themselves, here or elsewhere in the text; none where nothing
    is replaced, and all of them where the text does not say which one, or replaces them in a ring."""
    if not _ANY.search(text):
        return []
    bullet = _BULLET.search(text, 0, found[0].start())
    text = text.replace(bullet[1], " ") if bullet else text
    marks, lists = _marks_behind(text, found), _lists(text, found)
    if any(marks):
        old, new = [mark in _OLD_BEHIND for mark in marks], [bool(mark) and mark not in _OLD_BEHIND for mark in marks]
    else:
        old = [_is_old(text, found, place, lists) for place in range(len(found))]
        new = [_is_before(_NEW_BEFORE, text, found[lists[place].start]) for place in range(len(found))]
    if not (_REPLACED.search(text) or any(old) or any(new)):
        return []
    if all(old) and not any(sign.search(text) for sign in (_REPLACED, _TO_THE_RIGHT, _TO_THE_LEFT)):
        return []  # old numbers only: what took their place is not in the text
    gone = {_number(match) for match, is_old in zip(found, old, strict=True) if is_old}
    current = [match for match in found if _number(match) not in gone]
    marked = [match for match, is_new in zip(found, new, strict=True) if is_new and match in current]
    if marked or (gone and current):
        return marked or current
    if all(old) or not _NEW_BEHIND.match(text, found[-1].end()):
        return found[-1:] if all(old) else found
    # `단종되어 A, B 로 대체`: both of them
    return found if lists[-1].start == 0 and re.search(_GONE, text[: found[0].start()]) else found[-1:]


def _number(match: re.Match[str]) -> tuple[str | None, ...]:
    return match.group(1, 2, 3)


def _marks_behind(text: str, found: list[re.Match[str]]) -> list[str]:
    """What stands behind each number, in brackets or behind all of them; nothing where the first one has its mark in front, or none
    at all, nor for a number alone (`97133-D1000 NEW`)."""
    if len(found) == 1 or _is_before(_OLD_BEFORE, text, found[0]) or _is_before(_NEW_BEFORE, text, found[0]):
        return []
    bare = [_BARE_MARK_BEHIND.match(text, match.end()) for match in found]
    marks = bare if all(bare) else [_MARK_BEHIND.match(text, match.end()) for match in found]
    words = [mark[1].replace(" ", "") if mark and not _is_in_front(text, mark) else "" for mark in marks]
    return words if words[0] and (words[0] != "대체" or all(words)) else []


def _is_in_front(text: str, mark: re.Match[str]) -> bool:
    """`97133-C1000 (구)97133-2E000`: the mark of the number that it touches."""
    return text[mark.start(1) - 2] == " " and text[mark.end() : mark.end() + 1].isalnum()


def _is_old(text: str, found: list[re.Match[str]], place: int, lists: list[range]) -> bool:
    """What stands before or behind a list holds for all of it; in `A → B / C → D` the list is two ends of two chains."""
    if place and _GONE_BEHIND.match(text, found[place - 1].end()):
        return True
    if _GONE_BEHIND.match(text, found[place].end()):
        return False
    head, tail = lists[place].start, lists[place].stop - 1
    before, after = _between(text, found, head - 1), _between(text, found, tail)
    if _TO_THE_RIGHT.search(before) and _TO_THE_RIGHT.search(after):
        after = _between(text, found, place)
    elif _TO_THE_LEFT.search(before) and _TO_THE_LEFT.search(after):
        before = _between(text, found, place - 1)
    changed = found[tail if head else place]  # in `A, B에서 변경` the A is the new one
    if _is_before(_OLD_BEFORE, text, found[head]) or _CHANGED_FROM.match(text, changed.end()):
        return True
    if _TO_THE_LEFT.search(before) and not _TO_THE_RIGHT.search(before):  # `<A> <B>` has both, and is a list
        return True
    if 0 < place == head == len(found) - 1:  # `39180-2B001 (39180-2B000 단종)`
        return bool(_OLD_AFTER.match(text, found[place].end()))
    return bool(after and (_OLD_AFTER.match(after) or (_TO_THE_RIGHT.search(after) and not _TO_THE_LEFT.search(after))))


def _between(text: str, found: list[re.Match[str]], place: int) -> str:
    """What stands between a number and the next one, nothing before the first and behind the last."""
    return text[found[place].end() : found[place + 1].start()] if 0 <= place < len(found) - 1 else ""


def _lists(text: str, found: list[re.Match[str]]) -> list[range]:
    """For each number the places of the list in which it stands: `구품번 A, B, C`."""
    heads = [0]
    for place, (previous, match) in enumerate(pairwise(found), start=1):
        heads.append(heads[-1] if _LIST.fullmatch(text, previous.end(), match.start()) else place)
    return [range(head, head + heads.count(head)) for head in heads]


def _is_before(mark: re.Pattern[str], text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 40) : match.start()]  # longer than any mark
    return bool(mark.search(before)) and not _WORD_BEFORE.search(before)
