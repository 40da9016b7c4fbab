"""The reference implementation's way to find a car: how similar a text is to each label, all 115 of them compared."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

from transforms.car_table import car_table

_YEARS = re.compile(r"(?:19|20)?\d\d[년식.]*\s*[~-]\s*(?:(?:19|20)?\d\d)?")
THRESHOLD = 0.55


@lru_cache(maxsize=100_000)
def similar(text: str) -> str:
    """The label with the highest score, `unknown` below the threshold."""
    plain = _plain(text)
    if plain in ("ALL", "전차종"):
        return "all"
    score, label = max((_score(plain, other), label) for label, other in _labels())
    return label if score >= THRESHOLD else "unknown"


@lru_cache(maxsize=1)
def _labels() -> list[tuple[str, str]]:
    return [(car.canonical, _plain(car.canonical)) for car in car_table().cars]


def _plain(text: str) -> str:
    """Letters and digits alone, without brackets and ranges of years."""
    return " ".join(re.findall(r"[가-힣]+|[A-Z0-9]+", _YEARS.sub(" ", text.upper())))


def _score(one: str, other: str) -> float:
    """Ratio 0.7, token Jaccard 0.2, containment 0.1."""
    tokens, others = set(one.split()), set(other.split())
    jaccard = len(tokens & others) / max(len(tokens | others), 1)
    contained = float(bool(one) and (one in other or other in one))
    return 0.7 * difflib.SequenceMatcher(None, one, other).ratio() + 0.2 * jaccard + 0.1 * contained
