"""Takes a car text apart: a cell into entries, an entry into words that the tables know or do not know."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from functools import lru_cache

from transforms.car_table import car_table, is_korean

_HEADER = re.compile(
    r"\[?\s*(?:차종\s*(?:및|/|&)\s*연식|적용\s*차종?(?:\s*\(생산연도\))?|호환\s*차종|해당\s*차종)\s*(?:\]|:)|\[\s*(?:차종|적용\s*차종?)\s*\]"
)
# The labels of a form's fields: `제조사: 현대 / 차종: 쏘나타 / 연식: 2016`; what some of them hold is nothing about the car.
_FIELD = re.compile(
    r"(?<![가-힣])(?:제조사|제조회사|메이커|브랜드|차종|차명|차량|차량명|모델|모델명|연식|년식|연도|년도|생산연도|제작연도|배기량|연료|비고)\s*:"
    r"|(?<![가-힣])(?:색상|칼라|컬러|원산지|제조국|수량|등급|상태|주행거리|가격|판매가)\s*:[^\n,;|/]*?(?=\s+[가-힣]+\s*:|[\n,;|/]|$)"
)
_NOTHING = re.compile(r"N\s?/\s?A|NULL|NONE|(?:해당\s?)?없음")
_BREAK = re.compile(r"[\n,;|、/]")
_SIGN = re.compile(r"[&·•+]")
_BREAK_AT_SIGN = re.compile(r"\s&\s|(?:\s[·•+]\s|(?<=[)\]])[·•])(?!'?[0-9])")
# `투싼IX · 2017~2020 I30`: a new entry, since no number stands in front of the dot.
_DOT_BEFORE_YEAR = re.compile(r"(?<![0-9년식형~-])\s·\s(?=(?:19|20)?[0-9]{2}[0-9~.년식형-]*\s[A-Z가-힣])")
_PART_NUMBER = re.compile(r"(?:품번|부품\s*번호)\s*[:)]?\s*[0-9][0-9A-Z]{4}\s?-?\s?[0-9A-Z]{5,8}(?![0-9A-Z])")
_NUMBERS_LISTED = re.compile(r"[0-9년식형Y]\s*[,/·&+]\s*'?[0-9]")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)/(0?[1-9]|1[0-2])(?!\d)")
_MONTH_FIRST = re.compile(r"(?<!\d)(?:0?[1-9]|1[0-2])/((?:19|20)\d\d)(?!\d)")
_YEAR = r"'?(?:(?:19|20)\d\d|\d\d)(?:년형|년식|년|MY)?"
_YEAR_LIST = re.compile(rf"(?<![0-9A-Z.])({_YEAR}(?:\s*[,/]\s*{_YEAR})+)(?![0-9A-Z.])")
_MAKER = r"(현대|기아|HYUNDAI|KIA)(?:자동)?차?"
# The third of `현대/기아/제네시스 전차종` is a maker as well, elsewhere it is the car of that name.
_BOTH_MAKERS = re.compile(
    rf"(?<![A-Z]){_MAKER}\s*[/,&·+]\s*{_MAKER}(?![가-힣A-Z])(?:\s*[/,&·+]\s*(?:제네시스|GENESIS)(?=\s*(?:전|모든|공[용통]|ALL)))?"
)
# `아이오닉 5/6`, `GV70/80`: the numeral is the model's name.
_SERIES = re.compile(
    r"(?<![A-Z0-9])(아이오닉|IONIQ|GV?|I|K|SM|QM|EV)\s*([0-9]{1,2}(?:\s*[,/·&+]\s*[0-9]{1,2})+)(?![0-9]|\.[0-9]|\s*[년식형월개대매인도단열톤~])"
)
_THOUSANDS = re.compile(r"(?<!\d)(\d),(\d{3})(?=\s*CC)")
# `0404~0907`, `(1809)`: two digits each for year and month.
_YEAR_MONTHS = re.compile(r"(?<![0-9A-Z.])([0-9]{2})(0[1-9]|1[0-2])(\s*[~-]\s*)([0-9]{2})(0[1-9]|1[0-2])(?![0-9A-Z.])")
_YEAR_MONTH = re.compile(r"\((?!19|20)([0-9]{2})(0[1-9]|1[0-2])(?=\))")
# `그랜저IG16~19`, `HG2011년식`: a code and years without a blank between them.
_CODE_AND_YEARS = re.compile(
    r"(?<![A-Z0-9])([A-Z]{2})(?='?[0-9]{2}(?:[0-9]{2}|\.[0-9]{1,2})?\s?(?:[~∼년]|-\s?'?[0-9]{2,4}(?![0-9A-Z])))"
)
# `SONATA06(NF)`, `GENESIS COUPE08`, as parts catalogues write the first year.
_NAME_AND_YEAR = re.compile(r"(?<![A-Z0-9])([A-Z]{4,}|SANTA FE)(?=(?:[01][0-9]|2[0-9]|9[0-9])(?![0-9A-Z.]))")
# What a part does not fit says nothing about what it fits: a bracket, or the word in front with its code and the fuels listed before it.
_FUEL = r"(?:P?HEV|EV|LP[GI]|(?:플러그인\s*)?하이브리드|일렉트릭|전동화|전기차?|가솔린|디젤|터보|택시)"
_NOT_FITTING = r"(?:제외|(?:적용|호환|장착)?\s*불가|[미비]적용|외(?=\s*전\s?차종))"
_EXCLUDED = re.compile(
    rf"(?m:^)[^\n/,·&]*[/,·&][^\n]*(?:제외(?:\s*한)?|외)\s*(?=전\s?차종)"  # of a list
    rf"|[(\[][^()\[\]\n]*{_NOT_FITTING}[^()\[\]\n]*[)\]]|[(\[]\s*{_FUEL}\s*[)\]]\s*{_NOT_FITTING}"
    rf"|(?:{_FUEL}\s*(?:[,/·&+]|및)\s*)*[^\s,/()\[\]※*★]+(?:[(\[](?!{_FUEL})[A-Z0-9]{{2,4}}[)\]])?\s*(?:차량|모델|사양)?\s*{_NOT_FITTING}"
)
_INCLUDED = re.compile(
    rf"[(\[]?(?<![A-Z])\s*({_FUEL})\s*(?:모델|차량)?\s*포함\s*[)\]]?"
)  # `TM (하이브리드 포함)`: the plain one and the hybrid
# The fuels of a rental list: petrol, diesel and gas say nothing that the plain name does not, hybrid and electric do.
_FUEL_LETTERS = re.compile(r"\(\s*([GDLHE](?:\s*[,/&+]\s*[GDLHE])*)\s*\)")
# `쏘나타(YF/LF) 하이브리드`: both of them.
_CODES_OF_FUEL = re.compile(rf"[(\[]([A-Z0-9]{{2,4}}(?:\s*[,/·&]\s*[A-Z0-9]{{2,4}})+)[)\]]\s*({_FUEL})(?![가-힣A-Z])")
_FUEL_BEHIND = re.compile(r"\) ?[HEP하플일전]")  # quick to look for
_ELECTRIFIED = {"H": "HEV", "E": "EV"}
_FACELIFT = re.compile(r"F\s*/\s*L(?![A-Z])")
_GEARBOX = re.compile(r"(?<![A-Z])[MA]\s*/\s*T(?![A-Z0-9])")
_DIGIT = re.compile(r"[0-9]")
_NUMBER = re.compile(r"[0-9]+")
_RUN = re.compile(r"[가-힣]+|[A-Z0-9]+")
# Engine sizes, doors, seats, pieces and the like: numbers that are neither years nor part of a name (`쏘나타 2열` is no 쏘나타 2).
_COUNTED = (
    r"(?:인치|''|[\"”″′]+)(?:\s*(?:타이어|휠))?|열|개입|개월|세트|박스|묶음|켤레|피스|가지|채널|호차|년차|차선|포인트"
    r"|(?:개|대|매|번|종|차|점|핀|짝|구|홀|장|벌|회|발|쪽|부|등|입|조|봉|병|캔|호|년|월|일|층|면|색|칸|줄|선|겹|팩|본)(?![가-힣])"
    r"|(?:SETS?|PCS?|PINS?|CH|INCH|DOORS?|P|WAY|MM|KG)(?![A-Z0-9])"
)
_ENGINE = re.compile(r"(?<![0-9.])[0-9]\.[0-9](?:L|T|D)?(?![0-9])|(?<![0-9A-Z])[0-9]{3,4}\s*CC(?![A-Z])")
_MEASURE = re.compile(
    rf"(?<![0-9A-Z])[0-9]{{1,2}}\s*(?:인승|도어|밴|기통|륜|단|리터|톤|D(?![A-Z0-9])|WD|DR|{_COUNTED})"
    r"|(?<![0-9A-Z])[1-9][0-9]{0,2}(?:EA|CM)(?![A-Z0-9])"  # glued, since they are codes as well
    r"|(?<![0-9A-Z])[1-9][0-9]{2,3}\s*MM(?![A-Z0-9])"
    r"|(?<![0-9A-Z])[0-9]{2}\s*세대"
    r"|(?<![0-9A-Z])[1-6](?:ST|ND|RD|TH)(?![A-Z])"
)
_GLUED = re.compile(r"([가-힣]+)\s+([0-9])([가-힣]+)")  # the number belongs to the word behind it
_GENERATION = re.compile(r"(?<![0-9A-Z.])([1-9])\s*(?:세대|(?:ST|ND|RD|TH)[\s-]*GEN(?:ERATION)?(?![A-Z]))")
# `5~8세대` is neither the first nor the last of them; `2,3세대` are two.
_GENERATION_RANGE = re.compile(
    r"(?<![0-9A-Z.])[1-9]\s*(?:(?:세대)?\s*[~∼-]\s*[1-9]\s*세대|세대\s*(?:[~∼](?!\s*'?[0-9])|이후|부터|이상|이전|까지|이하))"
)
_GENERATIONS = re.compile(r"(?<![0-9A-Z.])[1-9](?:\s*[,/·&]\s*[1-9])+\s*세대")
_BADGE = re.compile(r"[1-5][0-9]0")  # `HG300` says the engine's size
_LONGEST_GLUED = 300  # letters of a list of cars in one word
_LONGEST_RUN = 30  # letters: no name is longer, and time grows with the square
_SPEC = re.compile(r"(?<![0-9A-Z])[0-9]{2}X[0-9]{2}(?![0-9A-Z])")


def is_empty(plain: str) -> bool:
    """Whether nothing stands there, a heading alone, or a word for nothing."""
    bare = (_HEADER.sub(" ", plain) if "차" in plain else plain).strip(" \n.·-")
    return not bare or _NOTHING.fullmatch(bare) is not None


def split_cell(plain: str) -> list[str]:
    """The entries of a cell. A comma or slash between years does not end one."""
    plain = plain.replace("’", "'").replace("‘", "'")
    if "차" in plain:
        plain = _HEADER.sub(" ", plain)
    if "번" in plain:
        plain = _PART_NUMBER.sub(" ", plain)
    if ":" in plain:
        plain = _FIELD.sub(" ", plain)
    if "F" in plain:
        plain = _FACELIFT.sub("FL", plain)
    if "T" in plain:
        plain = _GEARBOX.sub(" ", plain)
    if "기아" in plain or "KIA" in plain:
        plain = _BOTH_MAKERS.sub(r"\1 \2 ", plain)
    if any(word in plain for word in ("제외", "불가", "적용", "외 전")):
        plain = _EXCLUDED.sub(" ", plain)
    if "포함" in plain:
        plain = _INCLUDED.sub(r" / \1 ", plain)
    if "(" in plain:
        plain = _FUEL_LETTERS.sub(_fuels, plain)
        plain = _YEAR_MONTH.sub(r"(\1.\2", plain)
    if "]" in plain or _FUEL_BEHIND.search(plain):
        plain = _CODES_OF_FUEL.sub(_each_of_fuel, plain)
    if "~" in plain or "-" in plain or "년" in plain:
        plain = _CODE_AND_YEARS.sub(r"\1 ", plain)
        plain = _YEAR_MONTHS.sub(_years_and_months, plain)
    if "세대" in plain:
        plain = _GENERATION_RANGE.sub(" ", _GENERATIONS.sub(_each_generation, plain))
    if "A" <= plain[:1] <= "Z":
        plain = _NAME_AND_YEAR.sub(_name_apart, plain)
    if " · " in plain:
        plain = _DOT_BEFORE_YEAR.sub("\n", plain)
    if _NUMBERS_LISTED.search(plain):
        plain = _SERIES.sub(_each_of_series, plain)
        plain = _MONTH_FIRST.sub(r"\1", _DATE.sub(r"\1.\2", _THOUSANDS.sub(r"\1\2", plain)))
        plain = _YEAR_LIST.sub(_keep_years_together, plain)
    if _SIGN.search(plain):
        plain = _BREAK_AT_SIGN.sub("\n", plain)
    pieces = [piece.strip(" :·[]").lstrip(" -:·[]") for piece in _BREAK.split(plain)]
    return [piece for piece in pieces if piece]


def _fuels(match: re.Match[str]) -> str:
    """`쏘나타 (L,H)` is a plain one and a hybrid, `쏘나타 (H)` the hybrid alone; `헤드램프 (H)` and `쏘나타 (L/H)` are high and left."""
    if match[1] in ("L/H", "H/L") or not _ends_with_car(match.string[: match.start()]):
        return " "
    electrified = [_ELECTRIFIED[letter] for letter in match[1] if letter in _ELECTRIFIED]
    plain = any(letter in "GDL" for letter in match[1])
    return "".join(f" / {fuel} " for fuel in electrified) if plain else f" {' / '.join(electrified)} "


def _ends_with_car(text: str) -> bool:
    """Whether the last word before an engine or years is one that cars are named with."""
    runs = [run for run in _RUN.findall(text) if not run.isdigit()]
    return bool(runs) and all(word in car_table().atoms for word in _taken_apart(runs[-1]))


def _name_apart(match: re.Match[str]) -> str:
    return f"{match[1]} " if match[1].split()[0] in car_table().latin_pieces else match[1]


def _each_of_fuel(match: re.Match[str]) -> str:
    return f"({' / '.join(f'{code} {match[2]}' for code in _RUN.findall(match[1]))})"


def _each_of_series(match: re.Match[str]) -> str:
    """`G80/90` is two cars, `G80 16/17` one of two years."""
    names = [(match[1], numeral) for numeral in _NUMBER.findall(match[2])]
    models = car_table().models
    known = all(name in models or ("".join(name),) in models for name in names)
    return " / ".join("".join(name) for name in names) if known else match[0]


def _each_generation(match: re.Match[str]) -> str:
    return " / ".join(f"{numeral}세대" for numeral in _DIGIT.findall(match[0]))


def _years_and_months(match: re.Match[str]) -> str:
    """`2004~2009` are years, since both are such in which cars were sold."""
    if all("1960" <= year <= "2049" for year in (match[1] + match[2], match[4] + match[5])):
        return match[0]
    return "{}.{}{}{}.{}".format(*match.groups())


def _keep_years_together(match: re.Match[str]) -> str:
    return re.sub(r"\s*[,/]\s*", "·", match[1])


def measures_removed(entry: str) -> str:
    """An engine's size says that there is a combustion engine; other measures say nothing about the car."""
    if _DIGIT.search(entry) is None:
        return entry
    if "X" in entry:
        entry = _SPEC.sub(" ", entry)
    if "." in entry or "CC" in entry:
        entry = _ENGINE.sub(" ICE ", entry)
    if "세대" in entry or "GEN" in entry:
        entry = _GENERATION.sub(r" GEN\1 ", entry)
    return _GLUED.sub(_count_removed, _MEASURE.sub(" ", entry))


def _count_removed(match: re.Match[str]) -> str:
    """`쏘나타 3버튼` counts what is no word about cars; `아이오닉 5롱레인지` and `아이오닉 5앞문` are an 아이오닉 5."""
    is_name = (_taken_apart(match[1])[-1], match[2]) in car_table().models
    known = all(word in car_table().atoms for word in _taken_apart(match[3]))
    return match[0] if is_name or known else f"{match[1]} {match[3]}"


def entry_words(entry: str) -> list[str]:
    """The words of an entry without brackets and signs; glued ones are taken apart where every piece is known."""
    return [word for run in _names_joined(_closed_up(_RUN.findall(entry))) for word in _taken_apart(run)]


def _names_joined(runs: list[str]) -> list[str]:
    """`맥스 크루즈` is a 맥스크루즈, not another maker's 크루즈: two or three runs that are a name together are one."""
    joined, begin = [], 0
    while begin < len(runs):
        end = next((end for end in (begin + 3, begin + 2) if _is_name_in_pieces(runs[begin:end])), begin + 1)
        joined.append("".join(runs[begin:end]))
        begin = end
    return joined


def _is_name_in_pieces(runs: list[str]) -> bool:
    """Words that are all known (`뉴 렉스턴`) stay words, unless they are a name of our list."""
    if len(runs) < 2:
        return False
    table = car_table()
    model = table.models.get(("".join(runs),))
    if model is None or not is_korean("".join(runs)) or tuple(runs) in table.models:
        return False
    return model.listed or not all(word in table.atoms for run in runs for word in _taken_apart(run))


def _closed_up(runs: list[str]) -> list[str]:
    """`그 랜 저 GN 7`, as scanned pages are read: syllables that are known words together, and a code with its numeral."""
    if all(len(run) > 1 for run in runs):
        return runs
    closed: list[str] = []
    for (length, korean), group in itertools.groupby(runs, lambda run: (min(len(run), 2), run[0] >= "가")):
        near = list(group)
        together = "".join(near)
        if length == 1 and korean:
            closed += [together] if together in car_table().atoms or len(_taken_apart(together)) > 1 else near
            continue
        if length == 1 and len(near) > 2 and together in car_table().codes:  # `아반떼 C N 7`
            closed.append(together)
            continue
        for run in near:
            if closed and len(closed[-1]) > 1 and run.isdigit() and closed[-1] + run in car_table().codes:
                closed[-1] += run
            else:
                closed.append(run)
    return closed


@lru_cache(maxsize=50_000)
def _taken_apart(run: str) -> tuple[str, ...]:
    if run in car_table().atoms or run in car_table().ordinary or len(run) > _LONGEST_GLUED:
        return (run,)
    return _korean(run) if "가" <= run[0] <= "힣" else _latin(run)


def _korean(run: str) -> tuple[str, ...]:
    """Known words, else known words of which a name has a wrong letter, else the run itself."""
    table = car_table()
    exact = _split(run, lambda word: word if word in table.atoms else None)
    if exact or len(run) > _LONGEST_RUN:
        return exact or (run,)
    return _split(run, lambda word: word if word in table.atoms else table.misspelt(word)) or (run,)


def _split(run: str, known: Callable[[str], str | None]) -> tuple[str, ...] | None:
    """The split into known words with the fewest pieces, the longest first."""
    best: list[tuple[str, ...] | None] = [None] * len(run) + [()]
    for begin in range(len(run) - 1, -1, -1):
        for end in range(len(run), begin, -1):
            tail, so_far = best[end], best[begin]
            if tail is None or (so_far is not None and len(tail) + 1 >= len(so_far)):
                continue
            word = known(run[begin:end])
            if word:
                best[begin] = (word, *tail)
    return best[0]


def _latin(run: str) -> tuple[str, ...]:
    """`NX4HEV`, `NEWEF`, `DHG80`, `HG300`: two words of which one is a code; `GRANDEURIGHEV`: any number around the
    name of a model. Anything freer would find codes in any word."""
    table = car_table()
    pair = next(((run[:cut], run[cut:]) for cut in range(1, len(run)) if _is_pair(run[:cut], run[cut:])), None)
    if pair or len(run) > _LONGEST_RUN:
        return pair or (run,)
    pieces = _split(run, lambda word: word if word in table.latin_pieces else None) or (run,)
    return pieces if any(piece in table.latin_names for piece in pieces) else (run,)


def _is_pair(left: str, right: str) -> bool:
    table = car_table()
    if right in table.other_codes and (left,) in table.models:
        return table.models[left,] == table.other_codes[right]
    if left in table.other_codes and (right,) in table.models:
        return table.models[right,] == table.other_codes[left]
    if right in table.codes:
        beside = left in ("NEW", "N", "II") or left == right or left.isdigit() or (left,) in table.powertrains
        return beside or (len(left) > 1 and (left,) in table.models)
    if left in table.codes:
        badge = _BADGE.fullmatch(right)
        return (
            bool(badge)
            or right in ("N", "PE", "PE2", "FL")  # `CN7PE`: the face-lift
            or (right,) in table.powertrains
            or (len(right) > 1 and (right,) in table.models)
        )
    if left in table.other_codes and len(left) > 2 and right in ("PE", "PE2"):
        return True
    if left.isdigit() or left == "II":
        return right == "N" or (right,) in table.powertrains  # `포터2EV`
    return (left, right) in table.models
