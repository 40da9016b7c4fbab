"""Takes a car text apart: a cell into entries, an entry into words that the tables know or do not know."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from transforms.car_table import car_table

_HEADER = re.compile(
    r"\[?\s*(?:차종\s*(?:및|/|&)\s*연식|적용\s*차종?(?:\s*\(생산연도\))?|호환\s*차종|해당\s*차종)\s*(?:\]|:)|\[\s*(?:차종|적용\s*차종?)\s*\]"
)
_BREAK = re.compile(r"\s*[\n,;|、]\s*|\s*(?<!\d)/\s*|\s*/\s*(?!\d)|(?<=[0-9A-Z가-힣)])/(?=[0-9A-Z가-힣])|\s+&\s+")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)/(0?[1-9]|1[0-2])(?!\d)")
_MONTH_FIRST = re.compile(r"(?<!\d)(?:0?[1-9]|1[0-2])/((?:19|20)\d\d)(?!\d)")
_YEAR = r"'?(?:(?:19|20)\d\d|\d\d)(?:년형|년식|년|MY)?"
_YEAR_LIST = re.compile(rf"(?<![0-9A-Z.])({_YEAR}(?:\s*[,/]\s*{_YEAR})+)(?![0-9A-Z.])")
_FACELIFT = re.compile(r"F\s*/\s*L(?![A-Z])")
_RUN = re.compile(r"[가-힣]+|[A-Z0-9]+")
# Engine sizes, doors, seats and the like: numbers that are neither years nor part of a name.
_MEASURE = re.compile(
    r"(?<![0-9A-Z])[0-9]\.[0-9](?:L|T|D)?(?![0-9])|(?<![0-9A-Z])[0-9]{3,4}\s*CC(?![A-Z])"
    r"|(?<![0-9A-Z])[0-9]{1,2}\s*(?:인승|도어|세대|기통|륜|단|리터|톤|D(?![A-Z0-9])|WD|DR)"
    r"|(?<![0-9A-Z])[1-6](?:ST|ND|RD|TH)(?![A-Z])"
)
_SPEC = re.compile(r"(?<![0-9A-Z])[0-9]{2}X[0-9]{2}(?![0-9A-Z])")


def folded(text: str) -> str:
    """NFKC, upper case, one kind of blank; a newline stays, since it ends an entry."""
    lines = unicodedata.normalize("NFKC", text).upper().splitlines()
    return "\n".join(" ".join(line.split()) for line in lines)


def split_cell(text: str) -> list[str]:
    """The entries of a cell, as written but folded. A comma or slash between years does not end one."""
    plain = _FACELIFT.sub("FL", _HEADER.sub(" ", folded(text)))
    plain = _MONTH_FIRST.sub(r"\1", _DATE.sub(r"\1.\2", plain))
    plain = _YEAR_LIST.sub(_keep_years_together, plain)
    pieces = [piece.strip(" -:·[]") for piece in _BREAK.split(plain)]
    return [piece for piece in pieces if piece]


def _keep_years_together(match: re.Match[str]) -> str:
    return re.sub(r"\s*[,/]\s*", "·", match[1])


def measures_removed(entry: str) -> str:
    return _MEASURE.sub(" ", _SPEC.sub(" ", entry))


def has_spec(entry: str) -> bool:
    return bool(_SPEC.search(entry))


def entry_words(entry: str) -> list[str]:
    """The words of an entry without brackets and signs; glued ones are taken apart where every piece is known."""
    return [word for run in _RUN.findall(entry) for word in _taken_apart(run)]


@lru_cache(maxsize=50_000)
def _taken_apart(run: str) -> tuple[str, ...]:
    atoms = car_table().atoms
    if run in atoms:
        return (run,)
    return _korean(run) if "가" <= run[0] <= "힣" else _latin(run)


def _korean(run: str) -> tuple[str, ...]:
    """The split into known words with the fewest pieces, the longest first; the run itself when there is none."""
    atoms = car_table().atoms
    best: list[tuple[str, ...] | None] = [None] * len(run) + [()]
    for begin in range(len(run) - 1, -1, -1):
        for end in range(len(run), begin, -1):
            tail = best[end]
            if tail is None or run[begin:end] not in atoms:
                continue
            known = best[begin]
            if known is None or len(tail) + 1 < len(known):
                best[begin] = (run[begin:end], *tail)
    return best[0] or (run,)


def _latin(run: str) -> tuple[str, ...]:
    """`NX4HEV`, `NEWEF`, `IONIQ5`, `DHG80`, `NCN7`: two known words. Anything freer would find codes in any word."""
    return next(((run[:cut], run[cut:]) for cut in range(1, len(run)) if _is_pair(run[:cut], run[cut:])), (run,))


def _is_pair(left: str, right: str) -> bool:
    table = car_table()
    if right in table.codes:
        return left in ("NEW", "N") or left == right or (len(left) > 1 and (left,) in table.models)
    if left in table.codes:
        return right == "N" or (right,) in table.powertrains or (len(right) > 1 and (right,) in table.models)
    return right.isdigit() and (left, right) in table.models
