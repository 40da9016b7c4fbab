"""Takes out of a price text the amounts that are no price of the part by their own words: delivery, deposits, labour, points,
gifts, instalments, taxes within, list prices. What is left is read as if it stood alone; where it is not surely a price, the
text stays whole, and nothing is read of its several amounts.
"""

from __future__ import annotations

import re

_WON = r"(?>(?:KRW\s?|[₩\\]\s?)?(?<![0-9.])(?<![0-9],)[0-9][0-9,]*(?:\.[0-9]+)?(?:\s?만(?:\s?[0-9]\s?천)?|\s?천)?(?:\s?(?:원|WON|KRW))?)(?![0-9만천백])"
# Whose delivery, and where to: `제주/도서산간 추가 배송비`.
_DETAILS = r"(?:(?:제주도?|도서|산간|지역|및|추가|기본|편도|왕복|반품|교환|해외|일반)[\s/·]{0,2}){0,6}"
_NAMES = (
    rf"{_DETAILS}(?:배송|택배|운송|화물|탁송|퀵|배달|용달|반품|반송)\s?(?:비용?|료|운임|착불)|운임|착불|선불|(?=제주|도서|산간){_DETAILS}",
    r"(?:SHIPPING|DELIVERY)(?:\s(?:FEE|COST))?",
    r"(?:(?:코어|반납|공병|폐?배터리)\s?)?(?:보증금|예치금|디[파포]짓)|코어\s?(?:비용?|값|차지|금액)|CORE\s(?:CHARGE|DEPOSIT)",
    r"공임비?|(?:장착|도색|도장|탈부착|교환|교체|설치|작업|시공)\s?(?:공임비?|비용?|료)",
    r"(?:적립(?:금|\s?포인트|\s?예정)?|포인트|마일리지|(?:네이버|카카오)\s?페이(?:\s포인트)?)(?:\s?적립)?(?:\s?\(?[0-9.]+\s?%\)?)?",
)
# A closing bracket between name and amount must have been opened between them: `(배송비 별도) 12,000원`.
_BETWEEN = r"\s?(?:\((?:별도|추가|착불|선불)\)\s?)?(?:(?:별도|추가|착불|선불|선결제)\s?)?[:=+(\[]?\s?(?:최대\s?|약\s?|각\s?|\+\s?)?"
_BEHIND = r"(?:\s?(?:P|점|포인트))?(?:\s?\(?[0-9.]+\s?%\)?)?(?:\s?(?:별도|추가|부과|발생|착불|선불|선결제|적립|예정|환급|환불|반환)(?![가-힣])){0,2}"
_FREE_FROM = rf"(?:\s?[(\[,/]?\s?{_WON}\s?이상\s?(?:구매|주문|결제)?\s?시?\s?(?:배송비?\s?)?무료(?:\s?배송)?)?"
# Of a measure, not of a piece: `30,000원 (개당 7,500원)` is the price of a pack.
_UNIT = r"[0-9]{0,4}\s?(?:ML|L|리터|G|KG|CM|M)"
_OTHER_MONEY = re.compile(
    rf"(?:(?:[+·]|(?<![0-9]),)\s?)?(?:[(\[]?(?:{'|'.join(_NAMES)}){_BETWEEN}{_WON}(?:\s?[~-]\s?{_WON})?{_BEHIND}{_FREE_FROM}"
    rf"|(?:(?:(?<![0-9]),|[(\[/|])\s?|(?<=원)\s)(?:최대\s?)?{_WON}(?:P|점)?(?:\s?\([0-9.]+\s?%\))?\s?적립(?:\s?예정)?(?=\s?(?:[)\],/|]|$))"
    rf"|{_WON}\s?상당의?\s?(?:사은품|선물|경품|증정품|상품권)(?:\s?(?:증정|제공))?|(?:사은품|증정품)\s?[:(]?\s?{_WON}\s?상당"
    rf"|(?:[0-9]{{1,2}}\s?개월\s)?(?:무이자\s)?(?:할부\s?)?(?:시\s)?(?<![0-9가-힣])매?월\s?{_WON}(?:\s?[X×*]?\s?\(?[0-9]{{1,2}}\s?(?:개월|회)\)?)?(?:\s?무이자)?(?:\s?할부)?"
    rf"|(?:부가세|부가가치세|VAT|세액)\s?:?\s?{_WON}\s?포함"
    rf"|(?<=원)\s?[(\[](?:{_UNIT}\s?당\s?:?\s?{_WON}|{_WON}\s?/\s?{_UNIT})[)\]]"
    rf"|(?<=[0-9원])\s?[(\[](?:약\s?|≈\s?)?(?:USD?|EUR|JPY|[$€¥])[\s$]?[0-9][0-9,.]*[)\]])"
)
_LIST = r"정가|(?:(?:권장|희망|시중|정상|일반)\s?)?소비자\s?가격?|(?:시중|정상|시장|권장|희망)\s?(?:판매\s?|소매\s?)?가격?|(?:공장도|출고)\s?가격?"
_OF_SOME = r"(?:VIP|회원(?:\s?전용)?|도매|딜러|대리점)\s?가격?"
_LIST_PRICE = re.compile(rf"(?:(?<![가-힣])|(?<=원))(?:{_LIST}|{_OF_SOME})\s?[:=]?\s?{_WON}")
# A name between two amounts is the second one's, unless the price were then less than delivery, points or what members pay, or more
# than the list price: what is unlikely is not read.
_AMOUNT = r"([0-9][0-9,]{0,15}+)"
_SMALL_BETWEEN = re.compile(rf"{_AMOUNT}\s?원?\s?(?:{'|'.join(_NAMES)}|{_OF_SOME})\s?{_AMOUNT}")
_LARGE_BETWEEN = re.compile(rf"{_AMOUNT}\s?원?\s?(?:{_LIST})\s?{_AMOUNT}")
_TOTAL_OF = re.compile(
    r"(?<![0-9,.])([0-9][0-9,]{0,15}+)\s?원?\s?[(\[]공급\s?가액?\s?:?\s?([0-9,]{1,16}+)\s?원?\s?[+,/]?\s?(?:부가세|부가가치세|VAT|세액)\s?:?\s?([0-9,]{1,16}+)\s?원?[)\]]"
)
# Numbers that are no money: of the part in front, viscosities, volumes and years.
_NO_MONEY = re.compile(
    r"^[0-9]{5}-?[0-9A-Z]{5}(?![0-9A-Z.,]|\s?원)|(?<![0-9A-Z])[0-9]{1,2}W-?[0-9]{2}(?![0-9A-Z])"
    r"|(?<![0-9A-Z.,/])(?:[0-9]{1,2}(?:\.[0-9])?\s?(?:L|리터)|[0-9]{3,4}\s?ML)(?![0-9A-Z가-힣]|\s?[X×*+])"
    r"|[(\[](?:19|20)[0-9]{2}\s?[~-]\s?(?:(?:19|20)[0-9]{2})?[)\]]"
)
_PRICE = re.compile(r"[0-9만천백]\s?(?:원|WON|KRW|₩)|(?:원|KRW|[₩\\])\s?[0-9]|(?:가격?|금액|단가)\s?[:=]?\s?[0-9]")
# A name without its amount says that names stand behind amounts, or first all names and then all amounts.
_LOOSE_NAME = re.compile(
    r"(?:가격?|금액|단가)(?![가-힣])(?!\s?[:=)\]]{0,2}\s?(?:KRW\s?|[₩\\]\s?)?[0-9일이삼사오육칠팔구십백천만])"
)


def without_other_money(text: str) -> str:
    """The text without the amounts that are no price of the part."""
    if _is_named_behind(text):
        return text
    rest = _NO_MONEY.sub(" ", _OTHER_MONEY.sub(" | ", _TOTAL_OF.sub(_total, text)))
    for alone in (_LIST_PRICE.sub(" | ", rest), rest):
        if alone != text and _PRICE.search(alone) and not _LOOSE_NAME.search(alone):
            return " ".join(alone.split())
    return text


def _is_named_behind(text: str) -> bool:
    """`240원 적립 24,200원`, `75,000원 정가 69,000원`."""
    small, large = _SMALL_BETWEEN.match(text), _LARGE_BETWEEN.match(text)
    if small:
        return _number(small[1]) < _number(small[2])
    return large is not None and _number(large[1]) > _number(large[2])


def _total(found: re.Match[str]) -> str:
    """The total, where net and tax add up to it."""
    total, net, tax = (_number(amount) for amount in found.groups())
    return f"{found[1]}원 " if total == net + tax else found[0]


def _number(amount: str) -> int:
    return int(amount.replace(",", "") or 0)
