"""Reads the part numbers of a cell so that the same part of two shops meets: capitals, no hyphens or blanks, the pack size
split off, replacements followed. A text that names no number, or a set of parts, has a named reason instead.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from transforms.part_chains import chain_ends
from transforms.plain_text import LONGEST, plain_markup
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


_PIECE = r"(?:개입|개|[입매장](?![가-힣])|EA|PCS?|P(?=\s*(?:세트|SET)))"
_SIDE = r"(?:LH|RH|L/R|R/L)"
# Words glued to a number.
_OPENING, _KIND = r"(?:[LR]H|P/?N|NO|OEM?|HMC|KIA|MOBIS)", r"(?:SET|KIT|ASSY|EA)"
# Letters of other alphabets that look like Latin ones are no boundary: a number with one of them is not read.
_EDGE = "0-9A-Z\u0370-\u04ff"
# Five characters (mostly digits), five more, and a colour or revision of one to three that has a letter. Only a hyphen stands
# behind a first half with letters: `650mm 98350-L2000`, `M10x1.25x35` and `K5 2.0 98350-L2000` have a number or none.
_NUMBER = re.compile(
    rf"(?<![{_EDGE}]){_OPENING}?((?=(?:[A-Z]{{0,2}}[0-9]){{3}})[0-9A-Z]{{5}})(?:\s?[-‐–—−ー]\s?|(?<=[0-9]{{4}})[_. ])?([0-9A-Z]{{5}})"
    rf"(?:-?(?!X?{_SIDE}|[0-9]*(?:{_PIECE}|{_KIND})(?![0-9A-Z]))([0-9]{{0,2}}[A-WYZ][0-9A-Z]{{0,2}}|X[A-Z][0-9A-Z]?|[0-9]X(?![0-9A-Z])))?"
    rf"(?:\s*\(?[X×*]\s*([0-9]{{1,4}})(?:\s*{_PIECE})?)?(?:[-_ ]?X?{_SIDE}|-?{_KIND}|[-_ ])?(?![{_EDGE}]|\s*원)"
)
# Numbers of other shapes (paint, tools, old hardware), believed only when they are the whole cell.
_OTHER = re.compile(r"([0-9A-Z]{2,6}(?:-?[0-9A-Z]{2,6}){1,2})(?:\s*[X×*]\s*([0-9]{1,3}))?")
# A genuine number's eleventh character is a letter; ten digits in a row are a bar code or a serial number.
_MISTYPED_OR_SERIAL = re.compile(r"[0-9A-Z]{3}[0-9]{2}[0-9A-Z]{5}[0-9]+|.*[0-9]{10}.*")
# A small L in place of a one, in a number whose letters are capitals or in its first half: a letter that no number has takes its place.
_TYPED_L = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]{0,4}l|[0-9l]{0,9}-?[0-9l]{0,9}[A-Z])[0-9A-Zl]{5}[-_. ]?[0-9A-Zl]{5}")
# A small X behind a number's letter counts: `1140308303Kx5`, `0K552-18-110Ax2`.
_TYPED_X = re.compile(
    r"(?:(?<=[0-9]{5}[0-9A-Z]{5}[A-Z])|(?<=[0-9]{5}-[0-9A-Z]{5}[A-Z])|(?<=[0-9A-Z]{2}-[0-9]{3}[A-Z]))x(?=[0-9]{1,3}(?![0-9A-Za-z]))"
)
# Numbers that are none of parts: telephones, orders and the like, and those of makers who write ten digits as well.
_NO_PART = re.compile(
    r"(?<!\d)0\d{1,2}[-. ]\d{3,4}[-. ]\d{4}(?!\d)|(?<![0-9A-Z])0(?:2[1-9][0-9]|[3-6][1-5][1-9])[0-9]{6}(?![0-9A-Z])"
    r"|(?:송장|계좌|주문|접수|사업자(?:등록)?)\s*번호[ :]*[0-9]{10}(?![0-9A-Z])"
    r"|(?:BOSCH|보쉬|DENSO|덴소)[ :#]*(?:[0-9]{10}|0[0-9]{3}[0-9A-Z]{6})(?![0-9A-Z])|(?:BOSCH|보쉬)[^0-9]{1,20}0[0-9]{9}(?![0-9A-Z])"
)
# A shop's own number of an article, where another one is called the part's: `상품코드 1000012345 부품번호 86514-I7000`.
_PART_LABEL = re.compile(r"부품\s?번호|품번(?!호)|PART\s?N(?:O|UMBER)")
_SHOP_NUMBER = re.compile(r"(?:상품|제품|자체|관리|판매자?|쇼핑몰)\s?(?:코드|번호)[ :.]*[0-9A-Z][0-9A-Z-]*")
# Other makers of cars, whose numbers have this shape as well: what stands beside them is not believed without one of our own.
_OTHER_MAKER = re.compile(
    r"(?<![가-힣])(?:쌍용|KG\s?모빌리티|르노|삼성\s?자동차|쉐보레|한국\s?GM|GM\s?대우|[토도]요[타다]|렉서스|혼다|닛산|인피니티|마[쓰즈]다|벤츠|아우디|폭스바겐|볼보"
    r"|푸조|재규어|랜드로버|테슬라)|(?<![A-Z])(?:SSANGYONG|RENAULT|CHEVROLET|TOYOTA|LEXUS|HONDA|NISSAN|INFINITI|MAZDA|SUBARU|BMW|BENZ|AUDI|VOLKSWAGEN|VOLVO)(?![A-Z])"
)
_OUR_MAKER = re.compile(r"현대|기아|제네시스|모비스|HYUNDAI|KIA|GENESIS|MOBIS|HMC")
# What does not take a part's place is not replaced by it: `86350-C1100 ※86350-C1000 으로 대체 불가`.
_NO_REPLACEMENT = re.compile(
    r"(?:(?<![0-9A-Z])[0-9]{4}[0-9A-Z]-?[0-9A-Z]{5,8}\s?(?:으?로|[와과])(?:는|의)?\s?)?(?:대체|대치|변경|호환|혼용|사용|교환)\s?(?:이|은|가)?\s?(?:불가|안\s?[됨되돼]|되지\s?않)[가-힣]*"
)
_NOT = re.compile("불가|안|않")  # in all of these
# `92101/92102-C1000`: two kinds of part of one car.
_SHARED_END = re.compile(r"(?<![0-9A-Z/,-])([0-9]{3})([0-9]{2})[/,](?=\1[0-9]{2}-([0-9A-Z]{5})(?![0-9A-Z/-]))")
# Kia's numbers of old, with two hyphens: `0K2A1-33-251`, `K9965-51-700`.
_TWO_HYPHENS = re.compile(r"(?<![0-9A-Z-])(0[KS][0-9A-Z]{3}|K[0-9]{4})-([0-9A-Z]{2})-([0-9A-Z]{3,5})(?![0-9A-Z-])")
_COUNTS = (
    re.compile(rf"(?<![0-9A-Z])([0-9]{{1,4}})(?:\s*{_PIECE}(?![A-Z])|[- ]?PACK)"),
    re.compile(r"(?:수량|Q'?TY|(?:PACK|SET)\s*OF)\s*[:=]?\s*([0-9]{1,4})(?![0-9])"),
    re.compile(r"(?<![0-9A-Z])[X×*]\s*([0-9]{1,4})(?![0-9A-Z])"),
    re.compile(r"(?<![0-9A-Z])([0-9]{1,3})\s*[X×*]\s*#"),
    re.compile(r"^\s*([0-9]{1,2})\s*[X×]\s(?=\s*[A-Z가-힣])"),
)
_DIGIT = re.compile("[0-9]")
_SPELT = re.compile(r"(?<![가-힣])(한|두|세|네|다섯|여섯)\s?(?=개(?:입|세트)?(?![가-힣]))")
# Counts that say nothing about the pack: of the stock, of an order, of what a car needs or what comes with the part, of months;
# nor do sizes.
_NO_PACK = re.compile(
    r"(?<![0-9A-Z])M[0-9]{1,2}\s*[X×*]\s*[0-9.]+(?:\s*[X×*]\s*[0-9.]+)?"  # the size of a thread
    r"|(?:재고(?:\s*있음)?|잔여|남은|보유|입고|최[소대]\s*(?:주문|구매)?|대당|대에|1인당?)\s*(?:수량)?\s*:?\s*[0-9]+"
    r"|(?<![0-9])[0-9]+\s*(?:개|EA)(?:월|소|\s*(?:이[상하내]|까지|부터|단위|한정|보유|남음|필요|소요|구매|주문|들어|장착|(?:미?포함)|별도|제외|중(?!고)))"
)
_SET = re.compile(r"\+|&|세트|\bSET\b")
# Further numbers of which only one half is written (`27410-25000/25010`), or that are only counted (`외 2종`).
_FURTHER = re.compile(
    rf"#\s*[/,·~\\]\s*-?(?![0-9]+(?:{_PIECE}|SET)|(?:19|20)[0-9]{{2}}(?![0-9A-Z]))(?=(?:[A-Z]*[0-9]){{3}})[0-9A-Z]{{3,5}}(?![0-9A-Z.,~-]|\s*원)"
    r"|#(?:/[0-9]{2}){2,}(?![0-9A-Z])|(?<![0-9A-Z])[0-9]{5}(?:\s*/\s*|,)#|외\s*[0-9]+\s*(?:종|개|건|품목)|포함\s*[0-9]+\s*종"
)
_FURTHER_SIGN = re.compile(r"[/,·~\\외종]")


def read_part_numbers(text: str | None) -> PartNumbers:
    """The parts that a cell offers, in its order, each once."""
    if text and "l" in text:
        text = _TYPED_L.sub(lambda typed: typed[0].replace("l", "\u0399"), text)
    folded = plain_markup(_TYPED_X.sub("×", text) if text and "x" in text else text)
    if folded in ("", "-"):
        return PartNumbers((), (), Reject.PART_NO_MISSING)
    if len(folded) > LONGEST:
        return PartNumbers((), (), Reject.PART_NO_NOT_RECOGNISED)
    text_of_parts = _about_parts(folded)
    shaped = list(_NUMBER.finditer(text_of_parts))
    found = [match for match in shaped if _is_number(match)]
    if not found:
        return _read_other(folded)
    if _OTHER_MAKER.search(folded) and not _OUR_MAKER.search(folded):
        return PartNumbers((), (), Reject.PART_NO_NOT_RECOGNISED)
    # `95440-BY000 → 95440-N1XXX` is the second one, whichever that is.
    if any(_is_open(match[1] + match[2]) for match in shaped):
        return PartNumbers((), (), Reject.PART_NO_SEVERAL)
    numbers = list(dict.fromkeys(_joined(match) for match in found))
    current = chain_ends(text_of_parts, found)
    if len({_joined(match) for match in current}) == 1:
        return _replacement(current[-1], found, text_of_parts)
    if current or _names_more(text_of_parts, found):
        return PartNumbers((), (), Reject.PART_NO_SEVERAL)
    if len(numbers) > 1 and _SET.search(text_of_parts):
        return PartNumbers((), (), Reject.PART_NO_SET)
    last = {_joined(match): match for match in found}
    return _parts({number: _quantity(match, text_of_parts, len(numbers)) for number, match in last.items()})


def _about_parts(folded: str) -> str:
    """The text without the numbers that are none of its parts."""
    text = _NO_PART.sub(" ", folded)
    if _NOT.search(text):
        text = _NO_REPLACEMENT.sub(" ", text)
    if _PART_LABEL.search(text):
        text = _SHOP_NUMBER.sub(" ", text)
    if text.count("-") > 1:
        text = _TWO_HYPHENS.sub(r"\1-\2\3", text)
    return _SHARED_END.sub(r"\1\2-\3/", text) if "/" in text or "," in text else text


def _is_number(match: re.Match[str]) -> bool:
    """A word of ten letters and digits is no number: genuine ones have five digits or more, some in each half, and neither
    I nor O, which look like digits, but for the codes of a few cars: another text that has them is mistyped, and nobody corrects
    it here. `XX` leaves the end open."""
    base = match[1] + match[2]
    first, second = (sum(map(str.isdigit, half)) for half in match.group(1, 2))
    rest = match[1] + (match[2][2:] if match[2].startswith(_CODES_WITH_I_OR_O) else match[2])
    written_out = "I" not in rest and "O" not in rest and not _is_open(base) and base.strip("0")
    return bool(first >= 3 and second >= 1 and first + second >= 5 and written_out)


# The second half begins with the car's code: 캐스퍼 (`99211-O6000`, as its camera itself reports), 코나 N, cars built in Indonesia
# (`65176-I6000`, `84780-I7000`) and 아이오닉 5 (`99211-GI010`).
_CODES_WITH_I_OR_O = ("O6", "I3", "I6", "I7", "GI")


def _is_open(base: str) -> bool:
    return "XXX" in base or base.endswith("XX")


def _joined(match: re.Match[str]) -> str:
    return "".join(match.group(1, 2)) + (match[3] or "")


def _names_more(text: str, found: list[re.Match[str]]) -> bool:
    """Whether the text means further numbers that it does not write out."""
    if not _FURTHER_SIGN.search(text):
        return False
    for match in reversed(found):
        text = f"{text[: match.start()]}#{text[match.end() :]}"
    return bool(_FURTHER.search(text))


def _quantity(match: re.Match[str], text: str, numbers: int) -> int:
    if match[4]:
        return int(match[4])
    rest = f"{text[: match.start()]} # {text[match.end() :]}"
    rest = _SPELT.sub(_spelt_out, rest) if "개" in rest else rest
    if numbers > 1 or not _DIGIT.search(rest):
        return 1
    rest = _NO_PACK.sub(" ", rest)
    counted = next((counts for pattern in _COUNTS if (counts := pattern.findall(rest))), [])
    return int(counted[0]) if len(counted) == 1 else 1


def _spelt_out(match: re.Match[str]) -> str:
    return str(("한", "두", "세", "네", "다섯", "여섯").index(match[1]) + 1)


def _parts(quantities: dict[str, int]) -> PartNumbers:
    if not all(1 <= quantity <= bounds().largest_pack for quantity in quantities.values()):
        return PartNumbers((), (), Reject.PART_NO_QUANTITY)
    return PartNumbers(tuple(PartNumber(number, count, None) for number, count in quantities.items()), (), None)


def _replacement(last: re.Match[str], found: list[re.Match[str]], text: str) -> PartNumbers:
    """The end of the chain is what the shop sends."""
    number, quantity = _joined(last), _quantity(last, text, 1)
    if not 1 <= quantity <= bounds().largest_pack:
        return PartNumbers((), (), Reject.PART_NO_QUANTITY)
    replaced = tuple(dict.fromkeys(_joined(match) for match in found if _joined(match) != number))
    return PartNumbers((PartNumber(number, quantity, number),), replaced, None)


def _read_other(text: str) -> PartNumbers:
    match = _OTHER.fullmatch(text)
    number = match[1].replace("-", "") if match else ""
    digits = sum(character.isdigit() for character in number)
    if match is None or not 11 <= len(number) <= 15 or digits < 5 or _MISTYPED_OR_SERIAL.fullmatch(number):
        return PartNumbers((), (), Reject.PART_NO_NOT_RECOGNISED)
    return _parts({number: int(match[2] or 1)})
