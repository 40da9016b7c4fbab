"""Holds the price summary against the offers it was made from. A mart that is stale, scaled, shifted by a row or made of
a held-back shop's prices can meet every rule about itself; it cannot meet this one."""

from __future__ import annotations

from typing import Any

from conf.lake import Lake
from expectations.tables import OFFERS, SUMMARY, Options, open_table, path_of, quoted, records

SQL = """
WITH day AS (SELECT * FROM m WHERE dt = '{dt}'),
offers AS (SELECT DISTINCT car_type, price_krw FROM o WHERE dt = '{dt}' AND source NOT IN ({held_back}))
SELECT
  (SELECT count(*) FROM day LEFT ANTI JOIN offers
     ON day.car_type = offers.car_type AND day.min_price = offers.price_krw) AS foreign_min,
  (SELECT count(*) FROM day LEFT ANTI JOIN offers
     ON day.car_type = offers.car_type AND day.max_price = offers.price_krw) AS foreign_max,
  (SELECT count(DISTINCT car_type) FROM day WHERE car_type NOT IN (SELECT car_type FROM offers)) AS foreign_cars,
  (SELECT sum(offer_count) FROM day) AS counted,
  (SELECT count(*) FROM o WHERE dt = '{dt}' AND source NOT IN ({held_back})) AS published
"""


def against_offers(lake: Lake, dt: str, held_back: list[str], options: Options) -> list[dict[str, Any]]:
    """One figure a row with its limit, as `measures.compare` gives them."""
    names = ", ".join(quoted(source) for source in ["", *held_back])
    tables = {"m": open_table(path_of(lake, SUMMARY), options), "o": open_table(path_of(lake, OFFERS), options)}
    found = records(SQL.format(dt=dt, held_back=names), **tables)[0]
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
