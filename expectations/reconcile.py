"""Holds the price summary against the offers it was made from. A mart that is stale, scaled, shifted by a row or made of
a held-back shop's prices can meet every rule about itself; it cannot meet this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expectations.tables import quoted, records

if TYPE_CHECKING:
    from deltalake import DeltaTable

# Each count is one statement with one hash join; as scalar subqueries of one statement they took ten times as long.
WITH = (
    "WITH ranges AS (SELECT * FROM m WHERE dt = '{dt}'), "
    "published AS (SELECT car_type, price_krw FROM o WHERE dt = '{dt}' AND source NOT IN ({held_back})), "
    "offers AS (SELECT DISTINCT car_type, price_krw FROM published), "
    "cars AS (SELECT DISTINCT car_type FROM published) "
)
ALONE = "SELECT count(*) AS n FROM ranges LEFT ANTI JOIN offers ON ranges.car_type = offers.car_type"
COUNTS = {
    "foreign_min": ALONE + " AND ranges.min_price = offers.price_krw",
    "foreign_max": ALONE + " AND ranges.max_price = offers.price_krw",
    "foreign_cars": (
        "SELECT count(DISTINCT ranges.car_type) AS n FROM ranges LEFT ANTI JOIN cars ON ranges.car_type = cars.car_type"
    ),
    "counted": "SELECT sum(cast(offer_count AS bigint)) AS n FROM ranges",
    "published": "SELECT count(*) AS n FROM published",
}


def against_offers(summary: DeltaTable, offers: DeltaTable, dt: str, held_back: list[str]) -> list[dict[str, Any]]:
    """One figure a row with its limit, as `measures.compare` gives them."""
    names = ", ".join(quoted(source) for source in ["", *held_back])
    day = WITH.format(dt=dt, held_back=names)
    found = {name: records(day + sql, m=summary, o=offers)[0]["n"] for name, sql in COUNTS.items()}
    made_up = "a range is made of prices that a published offer for that car has that day"
    return [
        _figure("rows whose min_price no offer of that car has", found["foreign_min"], 0, made_up),
        _figure("rows whose max_price no offer of that car has", found["foreign_max"], 0, made_up),
        _figure(
            "cars without an offer", found["foreign_cars"], 0, "a car is published because a shop offers a part for it"
        ),
        _figure(
            "offers counted in the mart", found["counted"], found["published"], "as many as were published, at most"
        ),
    ]


def _figure(what: str, found: float, most: float, why: str) -> dict[str, Any]:
    limits = dict.fromkeys(("usual", "stop_below", "warn_below", "warn_above"))
    return {"what": what, "found": float(found or 0), "days": 0, **limits, "stop_above": float(most), "why": why}
