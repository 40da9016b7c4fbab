"""What became of a shop since its last good day, like with like: the prices, names and cars of the same pages. A shop whose
figures look healthy can still have another part's name on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from expectations.tables import quoted, records

if TYPE_CHECKING:
    from deltalake import DeltaTable

PRICE_MOVE = 0.30  # the median change of the same part at the same URL since the last good day
MOVED_SHARE = 0.25  # of the parts moved by more than PRICE_MOVE: held back; usually 3 in 100 change, by a few per cent
TOLD_SHARE = 0.10  # of the parts moved by more than half of PRICE_MOVE, or with another name or other cars: told
MOST = 0.5  # of the parts with another name or other cars: the shop is held back; with any other price (a tax left out): told
FOREIGN_LEVEL = 2  # a shop new here at twice or half the others' prices sells something else, or is read wrongly
COMMON_PARTS = 20  # fewer parts seen on both days say nothing about a price level,
FEW_PARTS = 5  # unless they are half of what a small shop has

# A part has other cars if both its first and its last car (in the alphabet) changed: one car more or less does not count.
BESIDE = """
SELECT count(*) AS parts, median(a.price / b.price) AS moved, {far} AS far, {some} AS some, {changed} AS changed,
  avg(CASE WHEN a.name IS DISTINCT FROM b.name THEN 1.0 ELSE 0.0 END) AS renamed,
  avg(CASE WHEN a.first_car <> b.first_car AND a.last_car <> b.last_car THEN 1.0 ELSE 0.0 END) AS other_cars
FROM ({here}) a JOIN ({there}) b USING ({key})
"""
DAY = """
SELECT {key}, cast(median(cast(price_krw AS double)) AS double) AS price, min(name) AS name, min(car_type) AS first_car,
  max(car_type) AS last_car
FROM t WHERE dt = {dt} AND source {shop} GROUP BY {key}
"""


class Beside(NamedTuple):
    """Two sets of offers compared, part by part; all but the first two are shares of the parts."""

    parts: int  # that both sets have
    moved: float  # median of the ratio of their prices
    far: float  # moved by more than PRICE_MOVE
    some: float  # by more than half of that
    changed: float  # at all
    renamed: float  # have another name
    other_cars: float


def since(offers: DeltaTable, dt: str, source: str, parts: int, before: str) -> tuple[list[str], list[str]]:
    """What became of a shop with so many parts: why it is held back, and what is worth knowing. Page by page; by part number
    where the shop's addresses are other ones."""
    shop = f"= {quoted(source)}"
    found = _beside(offers, shop, dt, shop, before, "url, part_no")
    if found.parts < COMMON_PARTS:
        found = _beside(offers, shop, dt, shop, before, "part_no")
    why, note = _of_prices(found, source, parts, before)
    whys, notes = [why] if why else [], [note] if note else []
    if _are_enough(found.parts, parts):
        for share, what in ((found.renamed, "another name than on"), (found.other_cars, "none of the cars of")):
            told = whys if share > MOST else notes if share > TOLD_SHARE else []
            told.append(f"{source} gives {share:.0%} of {_parts(found.parts)} {what} {before}")
    return whys, notes


def level_of_a_new_shop(offers: DeltaTable, dt: str, source: str) -> str:
    """A shop without earlier days can still be held against the others."""
    found = _beside(offers, f"= {quoted(source)}", dt, f"<> {quoted(source)}", dt, "part_no")
    if found.parts < COMMON_PARTS or 1 / FOREIGN_LEVEL < found.moved < FOREIGN_LEVEL:
        return ""
    level = f"prices at {found.moved:.2f} times the other shops' (middle of {_parts(found.parts)})"
    return f"{source}, without earlier days, has {level}."


def _of_prices(found: Beside, source: str, parts: int, before: str) -> tuple[str, str]:
    """Why the shop is held back, or else what is worth knowing."""
    common, moved = found.parts, found.moved
    if not common:
        return "", f"{source} has none of its parts of {before}, so that its prices were not compared"
    level = f"{source} has prices at {moved:.2f} times those of {before} (middle of {_parts(common)})"
    is_far = not 1 - PRICE_MOVE < moved < 1 / (1 - PRICE_MOVE)
    if not _are_enough(common, parts):
        return "", level if is_far else ""
    if is_far:
        return level, ""
    if common >= COMMON_PARTS and found.far > MOVED_SHARE:
        return (
            f"{source} has {found.far:.0%} of {common:,} prices moved by more than {PRICE_MOVE:.0%} since {before}",
            "",
        )
    if not 1 - PRICE_MOVE / 2 < moved < 1 / (1 - PRICE_MOVE / 2):
        return "", level
    return "", _of_small_moves(found, source, before) if common >= COMMON_PARTS else ""


def _of_small_moves(found: Beside, source: str, before: str) -> str:
    prices = f"of {found.parts:,} prices"
    if found.some > TOLD_SHARE:
        return f"{source} has {found.some:.0%} {prices} moved by more than {PRICE_MOVE / 2:.0%} since {before}"
    if found.changed > MOST:
        return f"{source} has {found.changed:.0%} {prices} changed since {before}, to {found.moved:.2f} times in the middle"
    return ""


def _are_enough(common: int, parts: int) -> bool:
    return common >= COMMON_PARTS or (common >= FEW_PARTS and 2 * common >= parts)


def _parts(number: int) -> str:
    return f"{number:,} part{'' if number == 1 else 's'}"


def _beside(offers: DeltaTable, here: str, dt: str, there: str, then: str, key: str) -> Beside:
    sql = BESIDE.format(
        key=key,
        here=DAY.format(key=key, dt=quoted(dt), shop=here),
        there=DAY.format(key=key, dt=quoted(then), shop=there),
        far=_share_beyond(PRICE_MOVE),
        some=_share_beyond(PRICE_MOVE / 2),
        changed=_share_beyond(0),
    )
    row = records(sql, t=offers)[0]
    return Beside(**row) if row["parts"] else Beside(0, 1.0, *[0.0] * 5)


def _share_beyond(move: float) -> str:
    return f"avg(CASE WHEN a.price / b.price BETWEEN {1 - move} AND {1 / (1 - move)} THEN 0.0 ELSE 1.0 END)"
