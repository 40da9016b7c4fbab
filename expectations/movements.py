"""What moved since the last good day, like with like: the same page's price of the same part. The figures of a whole day hide a
car that is ten times as dear, or one that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expectations.accepted import HOW_TO_ACCEPT
from expectations.tables import quoted, records

if TYPE_CHECKING:
    from deltalake import DeltaTable

SAMPLES = 20
COMMON_OFFERS = 20  # fewer offers of a car on both days say nothing about its prices
CAR_MOVE = 0.30  # as for a shop: no car's parts all change by that much overnight
CAR_LOSS = 0.5
JUMP = 3  # prices of single parts change by a few per cent; three times is a typing error, a pack or another part

# Grouped by page and part, once for both days: as a join of the two days it took half as long again.
CARS = """
SELECT car_type, count(before) AS offers_before, count(today) AS offers,
  count(CASE WHEN today IS NOT NULL THEN before END) AS common, median(cast(today AS double) / before) AS times
FROM ({both}) GROUP BY 1 ORDER BY 1
"""
JUMPS = """
WITH jumps AS (
  SELECT source AS shop, part_no, before AS price_before, today AS price_krw, url,
    greatest(cast(today AS double) / before, cast(before AS double) / today) AS times
  FROM ({both}))
SELECT *, count(*) OVER () AS every FROM jumps WHERE times >= {jump} ORDER BY times DESC, shop, part_no, url LIMIT {samples}
"""
BOTH = """
SELECT {key}, min(CASE WHEN dt = {today} THEN price_krw END) AS today, min(CASE WHEN dt = {before} THEN price_krw END) AS before
FROM o WHERE dt IN ({today}, {before}) AND source NOT IN ({left_out}) GROUP BY {key}
"""


def since(offers: DeltaTable, dt: str, before: str, left_out: list[str]) -> list[dict[str, Any]]:
    """One figure a row with its limit and sample rows, as `measures.compare` gives them. `left_out`: shops not to compare."""
    shops = ", ".join(quoted(source) for source in ["", *left_out])

    def both(key: str) -> str:
        return BOTH.format(key=key, today=quoted(dt), before=quoted(before), left_out=shops)

    cars = records(CARS.format(both=both("source, url, part_no, car_type")), o=offers)
    jumps = records(JUMPS.format(both=both("source, url, part_no"), jump=JUMP, samples=SAMPLES), o=offers)
    moved = [
        car for car in cars if car["common"] >= COMMON_OFFERS and not 1 - CAR_MOVE < car["times"] < 1 / (1 - CAR_MOVE)
    ]
    lost = [
        car for car in cars
        if car["offers_before"] >= COMMON_OFFERS and car["offers"] <= car["offers_before"] * CAR_LOSS
    ]  # fmt: skip
    shown = ("shop", "part_no", "price_before", "price_krw", "url")
    return [
        _figure(
            "cars whose prices moved by 30% at once", before, len(moved), moved, advice=HOW_TO_ACCEPT, stop_above=0.0
        ),
        _figure("cars that lost half of their offers", before, len(lost), lost, warn_above=0.0),
        _figure(
            f"offers whose price moved {JUMP} times or more",
            before,
            jumps[0]["every"] if jumps else 0,
            [{name: row[name] for name in shown} for row in jumps],
            warn_above=0.0,
        ),
    ]


def _figure(
    what: str, before: str, found: int, samples: list[dict[str, Any]], advice: str = "", **limits: float
) -> dict[str, Any]:
    none = dict.fromkeys(("usual", "stop_below", "warn_below", "warn_above", "stop_above"))
    why = f"compared with {before}, page by page"
    row = {"what": what, "found": float(found), "days": 1, "why": why, "samples": samples[:SAMPLES], "advice": advice}
    return none | row | limits
