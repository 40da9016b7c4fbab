"""Reads a price text as whole won, strictly: what is not exactly one amount for one piece or pack has a named reason and
no price; amounts of other money are set aside first. Nothing is ever joined, rounded or guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from conf.tables import read_price_bounds
from transforms.other_money import without_other_money
from transforms.plain_text import LONGEST, plain_markup
from transforms.reasons import Reject
from transforms.won import won


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
    return Bounds(**read_price_bounds())


# Words that say why there is no price, first hit wins. "품절" beside an amount means that nobody can buy at it.
_WORDS = (
    (
        Reject.PRICE_SOLD_OUT,
        r"품절|매진|단종|(?:판매|생산|공급|주문|구매)\s*(?:종료|중지|중단|완료|불가)|재고\s*(?:없음|소진)|SOLD\s*-?OUT|OUT\s*OF\s*STOCK",
    ),
    (Reject.PRICE_ON_REQUEST, r"문의|상담|협의|별도\s*안내|시가|견적|미정|CALL|ASK|INQUIR|가격\s*없음|비공개"),
    (
        Reject.PRICE_WITHOUT_TAX,
        r"(?:VAT|부가세|부가가치세|세금)\s*(?:별도|제외|미포함|불포함)|(?:EXCL|W/?O)\.?\s*VAT|\+\s*(?:VAT|부가세)|공급가|세전",
    ),
    (Reject.PRICE_DISCOUNT, r"할인|세일|쿠폰|적립|혜택|%|SALE|DISCOUNT|OFF\b|[→⇒⇨⟶]|->|즉시"),
    (Reject.PRICE_FOREIGN_CURRENCY, r"[$€£¥₤₽₹₫฿]|USD|EUR|JPY|CNY|GBP|VND|달러|유로|위안|\d\s*엔|円|元|\d\s*불"),
    (
        Reject.PRICE_RANGE,
        r"[~∼〜]|부터|까지|이상|이하|최저|최고|최대|최소|내외|\d\s*원?\s*[-–—]\s*(?:[₩\\]\s*)?\d",
    ),
)
_REASONS = tuple((reason, re.compile(pattern)) for reason, pattern in _WORDS)
_ONE_PIECE = r"(?:(?<![0-9,])1\s*(?:개입?|EA|PCS?)|한\s*개)(?![0-9])(?:당|\s*기준)?"
# What shops call the price that everybody pays. Not among them: prices of members, for cash, for the trade or before the sale.
_LABEL = (
    r"(?:(?:실|현|현재|최종|권장|온라인|인터넷|시중|부품|순정|상품|제품|단품|개별|기본|판매|구매|결제|소매|소비자)\s*){1,4}(?:가격|단가|금액|가|값)"
    r"|정상가|정가|부품대|가격|단가|금액|PRICE"
    # said in a sentence: `판매가는 12,000원입니다`
    r"|(?<=가)는(?=\s*[0-9])|(?<=[격액])은(?=\s*[0-9])|(?<=원)\s*(?:입니다|에\s*(?:판매합니다|판매중|팝니다))[.!]?"
)
# Remarks on tax, delivery, labour, stock and the maker that leave the price of the part as it is.
_REMARK = (
    r"(?:VAT|부가세|부가가치세|세금)\s*포함(?:가격?)?|(?:VAT|TAX)\s*INCL(?:UDED|USIVE|\.)?|INC(?:L(?:UDING)?)?\.?\s*(?:VAT|TAX)"
    r"|(?:배송|택배|운송|택(?=비))[비료]?\s*(?:무료|포함가?)|무료\s*(?:배송|택배)|무배|택포|\+?\s*FREE\s*SHIPPING|IN\s*STOCK|PRE-?\s*ORDER|(?:해외|국내)\s*(?:배송|주문)|(?:당일|오늘|내일|로켓|새벽)\s*(?:발송|출고|출발|배송|도착)|도착\s*보장|(?:공임|장착|도색|도장|탈부착|교환|설치)[비료]?\s*(?:제외|미포함)"
    r"|(?:(?:배송|택배|운송|화물|퀵)[비료]?\s*:?\s*(?:별도|착불|선불|선결제)|착불|선불"
    r"|(?:공임|장착|도색|도장|탈부착|교환|설치)[비료]?\s*별도)(?!\s*:?\s*[₩\\]?\s*[0-9])"  # else it is their own amount
    r"|\+\s*(?:배송|택배)비(?!\s*:?\s*[₩\\]?\s*[0-9])|예약\s*(?:판매|주문|상품)|주문\s*제작|(?:반품|교환)\s*불가|바로\s*구매(?:하기)?|구매하기|관심\s*상품|수량\s*한정|한정(?:\s*수량|\s*판매)?"
    r"|(?:네고|에누리|흥정)\s*(?:가능|불가|사절|X)?|변동\s*(?:가능|있음)|재고\s*(?:있음|보유|확인\s*후\s*주문)|신품|새\s*[제상]품|(?:현대\s*)?모비스|순정(?:\s*부?품)?|(?:공식\s*)?정품|국내?산|단품|장바구니|재입고|입고\s*완료|판매\s*(?:중|가능)|선착순|(?:카드\s*)?무이자(?:\s*할부)?"
    r"|신상품?|추천|인기|(?<![A-Z])(?:NEW|HOT|BEST)(?![A-Z])"  # badges
)
# Words and signs that may stand beside an amount without changing it. Not among them: ▲ and ▼, which mark a rise and a fall.
_HARMLESS = re.compile(
    rf"(?![02-9.₩])(?:/\s*(?:개|EA|PIECE)(?:\s*당)?|{_LABEL}|{_REMARK}|{_ONE_PIECE}|(?:개|EA)\s*당|(?<![0-9A-Z])EA(?![A-Z])|낱개|일?금(?=\s*[0-9가-힣])|각각?(?=\s*[0-9])"
    r"|[()\[\]<>:/|*!@\"'★☆♥♡※●■◆▶◎]|(?<=\s)-(?=\s)|,(?=\s*[A-Z가-힣]))"
)
_TEN_PERCENT = re.compile(r"(?:(?<=VAT)|(?<=부가세))\s*10\s*%\s*(?=포함)|10\s*%\s*(?=(?:VAT|부가세)\s*포함)")
# Notes that say nothing about the price, in just these words: a second amount must not hide in one.
_DAYS = r"(?:[0-9]{1,2}\s*[~-]\s*)?[0-9]{1,2}\s*일\s*(?:정도|이내)?"
_ANY_NOTE = re.compile(
    "재고|소요|출고|수량|적립|포인트|마일리지|가능|기준|현재|까지|무이자|남[은음았]|무료"
)  # else there is none
_PLAIN_NOTE = re.compile(
    rf"(?<![0-9,.])(?:재고\s*:?\s*[0-9]{{1,3}}\s*(?:개|EA)?(?![0-9,])|(?:주문\s*후|출고까지)\s*{_DAYS}(?:\s*소요)?|(?:평균\s*)?{_DAYS}\s*소요|수량\s*:?\s*1\s*(?:개|EA)?(?![0-9,.])"
    r"|(?:(?:포인트|적립금?|마일리지)\s*:?\s*[0-9.]+\s*%(?:\s*적립)?|(?:네이버\s*페이\s*)?[0-9.]+\s*%\s*(?:포인트\s*)?적립)(?!\s*[:=(]?\s*[0-9])"
    r"|(?:단|오직|마지막)?\s*(?<![0-9,.])[0-9]{1,3}\s*개\s*만?\s*남(?:음|았습니다)|최소\s*(?:주문|구매)\s*수량\s*:?\s*[0-9]{1,3}\s*(?:개|EA)(?:\s*이상)?"
    r"|(?:현금\s*영수증|세금\s*계산서|(?:신용\s*)?카드(?:\s*결제)?)\s*(?:발행\s*)?가능"
    r"|(?:20)?[0-9]{2}\s*[-./년]\s*[0-9]{1,2}(?:\s*[-./월]\s*[0-9]{1,2})?\s*[월일]?\s*(?:기준|현재|까지)|[0-9]{1,2}\s*[/월]\s*[0-9]{1,2}\s*일?\s*까지"
    r"|(?:최대\s*)?[0-9]{1,2}\s*개월\s*무이자(?:\s*할부)?|무이자(?:\s*할부)?\s*:?\s*(?:최대\s*)?[0-9]{1,2}\s*개월|남은\s*시간\s*:?\s*(?:[0-9]+\s*일\s*)?[0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?"
    r"|[0-9,]+\s*만?\s*원?\s*이상\s*(?:구매|주문|결제)?\s*시?\s*무료\s*(?:배송|택배))"  # `3,000원 (50,000원 이상 구매 시 무료)` is a fee
)
_PIECES = re.compile(
    r"(?<![0-9,])\d+\s*(?:개입|개|EA|PCS?|세트|SET|BOX|박스|팩|묶음|조|매|봉|대분|켤레)|\d\s*원?\s*[X×*]\s*\d"
    r"|/\s*(?:SET|세트|BOX|박스|팩|조)"
)
_AMOUNT = re.compile(r"[0-9][0-9,.]*(?:\s*만\s*[0-9,]*\s*천?\s*[0-9,]*\s*백?)?")
_UNIT = re.compile(r"^(?:[₩\\]|KRW|W(?=\s*[0-9])|원)\s*|\s*(?:원정|원|WON|KRW|₩)[.,]?-?$|(?<=[0-9])[.,]?-$")


def read_price(text: str | None) -> Price:
    """The one amount of a text."""
    folded = plain_markup(text)
    if folded in ("", "-"):
        return Price(None, Reject.PRICE_MISSING)
    if len(folded) > LONGEST:
        return Price(None, Reject.PRICE_NOT_RECOGNISED)
    if "%" in folded:
        folded = _TEN_PERCENT.sub(" ", folded)
    if _ANY_NOTE.search(folded):
        folded = _PLAIN_NOTE.sub(" ", folded)
    folded = without_other_money(folded)
    for reason, pattern in _REASONS:
        if pattern.search(folded):
            return Price(None, reason)
    return _read_amount(folded)


def _read_amount(folded: str) -> Price:
    if _PIECES.search(folded) and _PIECES.search(re.sub(_ONE_PIECE, " ", folded)):
        return Price(None, Reject.PRICE_FOR_SEVERAL)
    bare = " ".join(_HARMLESS.sub(" ", folded).split())
    amount = _one_amount(bare)
    if amount is not None:
        return _within_bounds(amount)
    several = len(_AMOUNT.findall(bare)) > 1
    return Price(None, Reject.PRICE_SEVERAL_AMOUNTS if several else Reject.PRICE_NOT_RECOGNISED)


def _one_amount(bare: str) -> int | None:
    """The amount of the text, also when it is said twice."""
    amount = won(_UNIT.sub("", bare).strip())
    if amount is not None:
        return amount
    said = {won(_UNIT.sub("", part)) for part in re.split(r"(?<=원)\s*(?=\S)|\s+(?!원)", bare)}
    return said.pop() if "원" in bare and len(said) == 1 else None


def _within_bounds(amount: int) -> Price:
    limits = bounds()
    if amount == 0:
        return Price(None, Reject.PRICE_ZERO)
    if amount < limits.lowest_krw:
        return Price(None, Reject.PRICE_TOO_LOW)
    if amount > limits.highest_krw:
        return Price(None, Reject.PRICE_TOO_HIGH)
    return Price(amount, None)
