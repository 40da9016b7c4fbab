"""The words of car texts that conf/car_types.csv does not have: spellings, facelift names, other makers' cars."""

from __future__ import annotations

import re

SPELLINGS = {
    "소나타": "쏘나타",
    "그랜져": "그랜저",
    "그렌저": "그랜저",
    "산타페": "싼타페",
    "싼타패": "싼타페",
    "아반테": "아반떼",
    "투산": "투싼",
    "액센트": "엑센트",
    "펠리세이드": "팰리세이드",
    "케스퍼": "캐스퍼",
    "벨로스타": "벨로스터",
    "스타랙스": "스타렉스",
    "포터2": "포터II",
    "포터 2": "포터II",
    "포터 II": "포터II",
}
# A facelift is sold under a name of its own; the maker's model history says of which generation it is.
FACELIFTS = {
    ("쏘나타", "뉴라이즈"): "LF",
    ("쏘나타", "브릴리언트"): "YF",
    ("쏘나타", "트랜스폼"): "NF",
    ("쏘나타", "디엣지"): "DN8",
    ("쏘나타", "디 엣지"): "DN8",
    ("투싼", "IX"): "LM",
    ("싼타페", "더 프라임"): "DM",
}
POWERTRAINS = (
    ("PHEV", re.compile(r"플러그인\s*하이브리드|(?<![A-Z])PHEV(?![0-9A-Z])")),
    ("HEV", re.compile(r"하이브리드|(?<![A-Z])(?:HEV|HYBRID)(?![0-9A-Z])")),
    ("EV", re.compile(r"일렉트릭|전기차?|(?<![0-9A-Z])(?:EV|ELECTRIC|ELECTRIFIED)(?![0-9A-Z])")),
)
EVERY_CAR = re.compile(r"(?:전|모든)\s*(?:차종|차량)")
_OTHERS_HANGUL = (
    "기아 쏘렌토 스포티지 카니발 모닝 레이 셀토스 니로 포르테 프라이드 스팅어 모하비 봉고 봉고3 쏘울 "
    "카렌스 로체 오피러스 옵티마 세라토 스펙트라 타스만 엔터프라이즈 "
    "쉐보레 볼트 말리부 트랙스 스파크 크루즈 올란도 르노 쌍용 티볼리 렉스턴 코란도 토레스 액티언 벤츠 아우디 테슬라 "
    "넥쏘 마이티 카운티 엑시언트 메가트럭 유니버스 다이너스티 스텔라 포니"
)  # the last line: Hyundai's own that the list does not have
_OTHERS_LATIN = r"K[235789]|EV[34569]|BOLT|SM[3567]|QM[356]|XM3|BMW|KGM|KIA"
OTHER_CAR = re.compile(
    rf"(?<![가-힣])(?:{'|'.join(sorted(_OTHERS_HANGUL.split(), key=len, reverse=True))})(?![가-힣])"
    rf"|(?<![0-9A-Z])(?:{_OTHERS_LATIN})(?![0-9A-Z])"
)
# Without these a word in front of a model is only an age: 더 뉴 투싼, 올뉴투싼, 현대 투싼.
OPENING = re.compile(
    r"(?<![가-힣])(?:더\s*올\s*뉴|디\s*올\s*뉴|더\s*뉴|올\s*뉴|신형|구형|현대|뉴(?!라이즈)|제네시스(?=\s*(?:G\d0|GV\d0|EQ900)))\s*"
)
ENDING = "하이브리드|일렉트릭|플러그인|뉴라이즈|더|디|택시|전기|용|년"
YEARS_ONLY = re.compile(
    r"[\s\d.,:~()'/-]*(?:(?:년식|년형|년|월|이후|이전|현재|까지|부터|MY|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[\s\d.,:~()'/-]*)*"
)
SPEC_CODE = re.compile(r"[\s()]*\d{2}X\d{2}[\s()]*")
PART_WORDS = re.compile(r"[A-Z0-9\s&.()-]*_[A-Z0-9_\s]*|[A-Z\s&.()-]*[A-Z]{4,}[A-Z\s&.()-]*")
