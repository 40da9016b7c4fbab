"""Reads the part numbers of a cell so that the same part of two shops meets: capitals, no hyphens or blanks, the pack size
split off, replacements followed. A text that names no number, or a set of parts, has a named reason instead.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from transforms.prices import bounds
from transforms.reasons import Reject


class PartNumber(NamedTuple):
    """One part: `superseded_by` is the number itself when the text says that it replaces a discontinued one."""

    part_no: str
    quantity: int
    superseded_by: str | None


class PartNumbers(NamedTuple):
    """The parts of a cell, or the reason why there are none; `replaced` are the old numbers that the text names."""

    parts: tuple[PartNumber, ...]
    replaced: tuple[str, ...]
    reason: Reject | None


# Five characters (mostly digits), five more, and a colour or revision of one to three that has a letter. A side mark may be glued on.
_NUMBER = re.compile(
    r"(?<![0-9A-Z])(?:LH|RH)?((?=(?:[A-Z]{0,2}[0-9]){3})[0-9A-Z]{5})[-‐–_. ]?([0-9A-Z]{5})"
    r"(?:-?(?!(?:LH|RH)(?![0-9A-Z]))([0-9]{0,2}[A-WYZ][0-9A-Z]{0,2}|X[A-Z][0-9A-Z]?))?"
    r"(?:\s*[X×*]\s*([0-9]{1,4})(?:\s*(?:개입|개|EA|PCS?))?)?[-_ ]?(?:LH|RH)?(?![0-9A-Z])"
)
# Numbers of other shapes (paint, tools, old hardware), believed only when they are the whole cell.
_OTHER = re.compile(r"([0-9A-Z]{2,6}(?:-?[0-9A-Z]{2,6}){1,2})(?:\s*[X×*]\s*([0-9]{1,3}))?")
_PHONE = re.compile(r"(?<!\d)0\d{1,2}[-. ]\d{3,4}[-. ]\d{4}(?!\d)")
_PIECES = re.compile(r"(?<![0-9A-Z])([0-9]{1,4})\s*(?:개입|개|EA|PCS?)(?![A-Z])")
_REPLACED = re.compile(r"대체|대치|변경|신\s*품번|구\s*품번|\(구\)|\(신\)|→|⇒|->|=>|SUPERSEDED|REPLACED")
_OLD_MARK = re.compile(r"(?:구\s*품번|\(구\)|(?<![가-힣])구)\s*[:=]?\s*$|REPLACES\s*$")
_NEW_MARK = re.compile(r"(?:신\s*품번|\(신\)|(?<![가-힣])신)\s*[:=]?\s*$|BY\s*$")
_SET = re.compile(r"\+|&|세트|\bSET\b")


def read_part_numbers(text: str | None) -> PartNumbers:
    """The parts that a cell offers, in its order, each once."""
    folded = " ".join(unicodedata.normalize("NFKC", text or "").upper().split())
    if folded in ("", "-"):
        return PartNumbers((), (), Reject.PART_NO_MISSING)
    found = [match for match in _NUMBER.finditer(_PHONE.sub(" ", folded)) if _is_number(match)]
    if not found:
        return _read_other(folded)
    numbers = list(dict.fromkeys(_joined(match) for match in found))
    if _REPLACED.search(folded) or any(_OLD_MARK.search(folded[: match.start()]) for match in found):
        return _replacement(folded, found)
    if len(numbers) > 1 and _SET.search(folded):
        return PartNumbers((), (), Reject.PART_NO_SET)
    return _parts(numbers, {_joined(match): _quantity(match, folded, len(numbers)) for match in found})


def _is_number(match: re.Match[str]) -> bool:
    """A word of ten letters and digits is no number: genuine ones have five digits or more, some in each half."""
    if match.string[match.end(1)] == " " and not match[1][1:].isdigit():
        return False
    digits = [sum(character.isdigit() for character in half) for half in match.group(1, 2)]
    return bool(digits[0] >= 3 and digits[1] >= 1 and sum(digits) >= 5)


def _joined(match: re.Match[str]) -> str:
    return "".join(match.group(1, 2)) + (match[3] or "")


def _quantity(match: re.Match[str], folded: str, numbers: int) -> int:
    if match[4]:
        return int(match[4])
    pieces = _PIECES.findall(folded)
    return int(pieces[0]) if len(pieces) == 1 and numbers == 1 else 1


def _parts(numbers: list[str], quantities: dict[str, int]) -> PartNumbers:
    if not all(1 <= quantities[number] <= bounds().largest_pack for number in numbers):
        return PartNumbers((), (), Reject.PART_NO_QUANTITY)
    return PartNumbers(tuple(PartNumber(number, quantities[number], None) for number in numbers), (), None)


def _replacement(folded: str, found: list[re.Match[str]]) -> PartNumbers:
    """The end of the chain is what the shop sends: the number marked as new, else the last one not marked as old."""
    current = [match for match in found if not _OLD_MARK.search(folded[: match.start()])] or found
    marked = [match for match in current if _NEW_MARK.search(folded[: match.start()])]
    last = (marked or current)[-1]
    number, quantity = _joined(last), _quantity(last, folded, 1)
    if not 1 <= quantity <= bounds().largest_pack:
        return PartNumbers((), (), Reject.PART_NO_QUANTITY)
    replaced = tuple(dict.fromkeys(_joined(match) for match in found if _joined(match) != number))
    return PartNumbers((PartNumber(number, quantity, number),), replaced, None)


def _read_other(folded: str) -> PartNumbers:
    match = _OTHER.fullmatch(folded)
    number = match[1].replace("-", "") if match else ""
    digits = sum(character.isdigit() for character in number)
    if match is None or not 11 <= len(number) <= 15 or digits < 5 or number.isdigit():
        return PartNumbers((), (), Reject.PART_NO_NOT_RECOGNISED)
    return _parts([number], {number: int(match[2] or 1)})
