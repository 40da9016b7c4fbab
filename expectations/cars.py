"""The cars that a price may be published for, as the car table in conf names them."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

EVERY_CAR, UNKNOWN_CAR = "all", "unknown"


@cache
def known_cars() -> frozenset[str]:
    """Canonical labels, bare models (a family whose generation the text does not say) and the two special values."""
    with resources.files("conf").joinpath("car_types.csv").open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    return frozenset({row["canonical"] for row in rows} | {row["model"] for row in rows} | {EVERY_CAR, UNKNOWN_CAR})
