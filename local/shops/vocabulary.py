"""What the demo shops sell: Korean part names with the five digits that open their numbers, their group and a usual price."""

from __future__ import annotations

import csv
from importlib import resources
from typing import NamedTuple


class PartName(NamedTuple):
    """A kind of part; `group` is one of the seven that shops make their categories from."""

    name: str
    prefix: str
    group: str
    usual_krw: int


def _read() -> tuple[PartName, ...]:
    text = resources.files("local.shops").joinpath("part_names.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(PartName(row["name"], row["prefix"], row["group"], int(row["usual_krw"])) for row in rows)


PART_NAMES = _read()
