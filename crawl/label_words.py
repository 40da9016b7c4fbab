"""The words beside a product's values: labels in one form, heads of columns, titles of sections, and values that are none."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from crawl.text import one_line

# Words that head a column or a row: where one stands beside a label, it is the next label and not the value.
HEADS = frozenset(
    {
        "상품명",
        "판매가",
        "할인판매가",
        "할인가",
        "가격",
        "수량",
        "배송비",
        "상품구매금액",
        "상품수",
        "합계",
        "옵션",
        "삭제",
        "적립금",
        "부품번호",
        "품번",
        "적용차종",
        "차종",
        "브랜드",
        "제조사",
        "원산지",
        "소비자가",
        "주문",
        "품명",
        "모델명",
        "연식",
        "규격",
        "단가",
        "금액",
        "비고",
        "상품코드",
        "quantity",
        "qty",
        "price",
    }
)
# A label may end with a note of its own: `부품번호 (OEM)`.
_NOTE = re.compile(r"[(\[][^()\[\]]*[)\]]$")
_BRACKETS = str.maketrans("【】", "[]")
_POINTED = re.compile(r"[<〈《「]([^<>]{2,20})[>〉》」]")
# What stands around labels: `▶ 부품번호`, `★ 부품번호 ★`, `부품번호 :`, a lone Korean letter as a bullet; in front of them, `1. 부품번호`;
# and behind them, in another language, `부품번호 Part No.`.
_ORNAMENT = re.compile(r"^(?:[^\w\[(){}]|[\u1100-\u11ff])+|[^\w\])}{]+$")
_BULLET = re.compile(r"^\d{1,2}[.)](?=\D)")
_TRANSLATION = re.compile(
    r"(?<=[가-힣])[/|]?(?:(?:oem|oe|parts?|product|item)?\.?(?:no|number|name)|(?:sale|selling)?price)$"
)
_ENDS = (")", "]", "no", "number", "name", "price")
# A label may name the years or models along with the cars, `적용 차종 및 연식`, `차종/모델`, or say that a list follows, `적용차종 안내`.
_AND_MORE = re.compile(
    r"(?:및|[/,·&])(?:연식|년식|연도|년도|생산연도)$|"
    r"(?<=차[종량명])(?:(?:및|[/,·&])(?:모델명?|엔진|배기량)|안내|정보|목록|리스트|표)$"
)
# Shops combine the same few words: `모비스 품번`, `순정 부품 번호`, `OEM No`, `적용 가능 차종`.
_MAKER = "현대|기아|모비스|순정|정품|제조사|oem|oe|genuine|mobis|hyundai|kia|manufacturer|[/·&]"
_NUMBER = (
    rf"(?:{_MAKER}|제품|상품|최신|신|변경|대표|적용|해당|주문|현재)*(?:부품)?(?:품번|부품번호|(?:부품|파트)넘버|파트번호|parts?[.-]?(?:no|number))|"
    rf"(?:{_MAKER})+(?:부품)?(?:번호|no|number)"
)
_FAMILIES = {
    "부품번호": re.compile(rf"(?:{_NUMBER})(?:[/,](?:{_NUMBER}))?"),
    "적용차종": re.compile(
        r"(?:제조사|메이커|브랜드)[/·,](?:적용|해당)?차종|(?:적용|장착|호환|해당|사용|대상|대응|적합|가능|가능한)+(?:차종|차량|차명|모델|자동차)명?|차종명|차량명?|자동차모델명?|"
        r"(?:(?:compatible|applicable|suitable)(?:vehicle|car|model)|vehicle|(?:vehicle|car)model)s?|compatib(?:ility|leto)|suitablefor|"
        r"fit(?:s|ment|for)?|applications?"
    ),
}
# A value that says no more than that it is somewhere else, as tables of the legal notices do, that it is to be chosen, or what the tax is.
_ELSEWHERE = re.compile(
    r"(?:상품|제품|상세|본문|하단|아래|하기|별도|이미지|사진|제목|타이틀|옵션|페이지|설명|정보|내용|명|및|[/,·])+"
    r"(?:내|에|에서|을|를)?(?:별도)?(?:참조|참고|확인|표기|표시|기재|선택)(?:요망|바람|바랍니다|하세요|함)?|해당(?:사항)?없음|"
    r"(?:see|referto)(?:the)?(?:product)?(?:details?|descriptions?|images?|title|below)(?:page)?|"
    r"(?:(?:필수|선택)\])?옵션을선택[^\d]{0,8}|(?:부가세|vat|세금)(?:포함|별도|미포함)",
    re.I,
)
# Cars that a buyer is to ask for, or that nobody has written down.
_ASKED_FOR = re.compile(
    r"(?:(?:주문|구매|구입|결제|차대번호|차량번호|차량|고객센터|상품|제품|전화|카톡|톡톡|게시판|상담|확인|별도|반드시|꼭|먼저|하신|전|시|후|에|로|으로|를|을)*"
    r"(?:문의|확인|상담|(?<=후)(?:주문|구매|구입))(?:요망|바람|바랍니다|주세요|하세요|해주세요|필수|필요)?|없음|n/?a|미상|미정|모름)",
    re.I,
)
# Such values end in one of these letters or marks; that most do not is seen at once.
_LAST_OF_NOTHING = frozenset("조고인기시재택망람다요오음함도의담수상정름lsnewaLSNEWA])}*.!-")
# What a part of the page is called, in words that no product is.
_SECTION = re.compile(
    r"(?:상품|제품|부품|구매|사용|이용|주문|결제|배송|교환|반품|환불|관련|연관|추천|판매자|세트|추가|서비스|옵션|리뷰|후기|기본|상세)"
    r"[가-힣및/·]{0,8}(?:정보|안내|후기|문의|목록|선택|옵션|설명|요약|사진|q&a|구성상품)|(?:상품|구매)평|포토리뷰|고객센터|"
    r"(?:주의|유의|참고|확인|공지|특이)사항|(?:배송|교환|반품)(?:(?:및|[/·])?(?:배송|교환|반품|환불))?|(?:관련|연관|세트|추천|주문|관심)상품|(?:상품|제품)상세(?:페이지|보기)?|리뷰|옵션|q&a|reviews?|details?|share|wishlist|relatedproducts|[a-z]{4,10}info"
)

# How many entries a section has.
_COUNT = re.compile(r"[(\[]?\d+[)\]]?$")


def is_head(text: str) -> bool:
    """Whether a text is the head of a column or row and thus no value."""
    return label_key(text) in HEADS


def is_section(text: str) -> bool:
    """Whether a heading is a section's title: `상품 상세정보`, `관련 상품`, `REVIEW (3)`."""
    return len(text) <= 20 and _SECTION.fullmatch(_COUNT.sub("", label_key(text)).strip("[]")) is not None


def says_nothing(text: str, field: str) -> bool:
    """Whether a value is none: `상세페이지 참조`, `해당사항 없음`, cars to be asked for, a part number without a digit, the next tab's title."""
    if field == "part_no":
        return text != "" and not any(map(str.isdigit, text))
    if field == "cars" and is_section(text.partition("\n")[0]):
        return True
    if len(text) > 30 or text[-1:] not in _LAST_OF_NOTHING:
        return False
    key = text.replace(" ", "").strip("[](){}*※-.!")
    return bool(_ELSEWHERE.fullmatch(key) or (field == "cars" and _ASKED_FOR.fullmatch(key)))


@lru_cache(maxsize=4096)
def label_key(text: str) -> str:
    """A label without blanks, unseen letters and closing marks, so that `부품 번호 :` and `부품번호` are the same."""
    key = one_line(unicodedata.normalize("NFKC", text)).replace(" ", "").casefold()
    return _BULLET.sub("", _ORNAMENT.sub("", _POINTED.sub(r"[\1]", key.translate(_BRACKETS))))


@lru_cache(maxsize=4096)
def bare_key(key: str) -> str:
    """A label's key without its note, its translation or what it names as well; of a family's the usual one."""
    if key.endswith(_ENDS):
        key = (_NOTE if key[-1] in ")]" else _TRANSLATION).sub("", key)
    key = _AND_MORE.sub("", key)
    return next((usual for usual, family in _FAMILIES.items() if family.fullmatch(key)), key)
