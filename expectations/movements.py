"""What moved since the last good day: each price is compared with the price of the same part on the same page, or, in a lake without
offers, with the same row of the mart. The figures of a whole day would hide one car that is ten times as dear, or gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expectations.accepted import HOW_TO_ACCEPT
from expectations.tables import quoted, records

if TYPE_CHECKING:
    from deltalake import DeltaTable

SAMPLES = 20
COMMON_OFFERS = 20  # fewer offers of a car on both days say nothing about its prices, fewer rows nothing about a mart
CAR_MOVE = 0.30  # as for a shop: no car's parts all change by that much overnight
CAR_LOSS = 0.5
MOVED_ROWS = {"warn_above": 10.0, "stop_above": 25.0}  # per cent of a mart's rows, as of a shop's prices
SAME_ROWS = {
    "warn_below": 85.0,
    "stop_below": 50.0,
}  # per cent of the shorter day: below it names or cars are other ones
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
# A row has moved if one of its three prices has. A day has one row for each name and car; another rule finds doubled ones.
ROWS = """
WITH days AS (
  SELECT part_official_name, car_type, dt, min(min_price) AS low, min(median_price) AS middle, max(max_price) AS high
  FROM m WHERE dt IN ({today}, {before}) GROUP BY 1, 2, 3),
both_days AS (
  SELECT part_official_name, car_type, b.middle AS median_before, a.middle AS median_price, b.high AS max_before, a.high AS max_price,
    cast(a.middle AS double) / b.middle AS times,
    CASE WHEN least({ratios}) > {least} AND greatest({ratios}) < {most} THEN 0 ELSE 1 END AS is_far
  FROM days a JOIN days b USING (part_official_name, car_type) WHERE a.dt = {today} AND b.dt = {before})
"""
SHARED = """
SELECT (SELECT count(*) FROM days WHERE dt = {today}) AS today, (SELECT count(*) FROM days WHERE dt = {before}) AS before,
  count(*) AS common, sum(is_far) AS far FROM both_days
"""
RATIOS = ", ".join(f"cast(a.{price} AS double) / b.{price}" for price in ("low", "middle", "high"))
LEVELS = "SELECT car_type, count(*) AS common, median(times) AS times FROM both_days GROUP BY 1 ORDER BY 1"
FAR = """
SELECT part_official_name, car_type, median_before, median_price, max_before, max_price FROM both_days
WHERE is_far = 1 ORDER BY greatest(times, 1 / times) DESC, 1, 2 LIMIT {samples}
"""
GONE = """
SELECT part_official_name, car_type, median_price FROM m LEFT ANTI JOIN both_days USING (part_official_name, car_type)
WHERE dt = {before} ORDER BY 1, 2 LIMIT {samples}
"""


def since_mart(mart: DeltaTable, dt: str, before: str) -> list[dict[str, Any]]:
    """The same for a mart whose offers are not there: its rows beside those of the last good day."""
    values = {"today": quoted(dt), "before": quoted(before), "least": 1 - CAR_MOVE, "most": 1 / (1 - CAR_MOVE)}

    def found(sql: str) -> list[dict[str, Any]]:
        return records((ROWS + sql).format(ratios=RATIOS, samples=SAMPLES, **values), m=mart)

    day = found(SHARED)[0]
    shorter = min(day["today"], day["before"])
    shared = 100 * day["common"] / shorter if shorter >= COMMON_OFFERS else 100
    far = 100 * day["far"] / day["common"] if day["common"] >= COMMON_OFFERS else 0
    gone = found(GONE) if shared < SAME_ROWS["warn_below"] else []
    cars = [car for car in found(LEVELS) if _has_moved(car)]
    figures = [
        _figure("per cent of rows whose name and car both days have", before, shared, gone) | SAME_ROWS,
        _figure("per cent of rows whose prices moved by 30%", before, far, found(FAR) if far else []) | MOVED_ROWS,
        _figure("cars whose prices moved by 30% at once", before, len(cars), cars, stop_above=0.0),
    ]
    return [row | {"why": f"compared with {before}, row by row", "advice": HOW_TO_ACCEPT} for row in figures]


def _has_moved(car: dict[str, Any]) -> bool:
    return bool(car["common"] >= COMMON_OFFERS and not 1 - CAR_MOVE < car["times"] < 1 / (1 - CAR_MOVE))


def since(offers: DeltaTable, dt: str, before: str, left_out: list[str]) -> list[dict[str, Any]]:
    """One figure a row with its limit and sample rows, as `measures.compare` gives them. `left_out`: shops not to compare."""
    shops = ", ".join(quoted(source) for source in ["", *left_out])

    def both(key: str) -> str:
        return BOTH.format(key=key, today=quoted(dt), before=quoted(before), left_out=shops)

    cars = records(CARS.format(both=both("source, url, part_no, car_type")), o=offers)
    jumps = records(JUMPS.format(both=both("source, url, part_no"), jump=JUMP, samples=SAMPLES), o=offers)
    moved = [car for car in cars if _has_moved(car)]
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
    what: str, before: str, found: float, samples: list[dict[str, Any]], advice: str = "", **limits: float
) -> dict[str, Any]:
    none = dict.fromkeys(("usual", "stop_below", "warn_below", "warn_above", "stop_above"))
    why = f"compared with {before}, page by page"
    row = {"what": what, "found": float(found), "days": 1, "why": why, "samples": samples[:SAMPLES], "advice": advice}
    return none | row | limits
