"""Works the price summary out again from the offers it was made from, and compares. A mart that is stale, scaled, shifted by a
row, cut short or made of a held-back shop's prices can meet every rule about itself; it cannot meet this one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any

from expectations.tables import query, quoted, records
from transforms.names import BLANKS

if TYPE_CHECKING:
    from deltalake import DeltaTable

SAMPLES = 20
ODD = r"[^ -~\uac00-\ud7a3]|^ | $|  "  # all others are as the loader would write them
WHY = "worked out again from the day's published offers"
REBUILD = "Build the day's marts again (clear build_marts)."
VALUES = ("min_price", "max_price", "median_price", "offer_count", "source_count")
COMMON_OFFERS = 20  # of fewer offers, one more or less set aside says nothing
SHOP_SET_ASIDE = 5  # per cent: a shop's slips are few; more are another pack, unit or part, and worth a look
DAY_SET_ASIDE = 50  # per cent: what the others contradict is never most of them

# Shops are counted one by one: as `count(DISTINCT …)` it took three times as long.
# Two rows of one key in the mart are a finding of the suite's; here each is compared.
WITH = """
WITH mart AS (SELECT part_official_name AS name, car_type, {values} FROM m WHERE dt = '{dt}'),
published AS (SELECT source, url, part_no, car_type, price_krw FROM o WHERE dt = '{dt}' AND source IN ({published})),
named AS (
  SELECT n.canonical_name AS name, p.car_type, p.source, p.price_krw FROM {kept} p
  JOIN n ON n.part_no = p.part_no AND n.car_type = p.car_type AND n.dt = '{dt}'),
expected AS (
  SELECT name, car_type, min(price_krw) AS min_price, max(price_krw) AS max_price, count(*) AS offer_count,
    cast(floor(median(cast(price_krw AS double)) + 0.5) AS bigint) AS median_price, {shops} AS source_count
  FROM named GROUP BY name, car_type),
compared AS (
  SELECT mart.name AS mart_name, expected.name AS offers_name, {both}, coalesce(mart.name, expected.name) AS part_official_name,
    coalesce(mart.car_type, expected.car_type) AS car_type
  FROM mart FULL JOIN expected ON mart.name = expected.name AND mart.car_type = expected.car_type)
"""
SHOPS = "SELECT DISTINCT source FROM o WHERE dt = '{dt}' AND source NOT IN ({held_back})"
KEPT = "(SELECT * FROM published LEFT ANTI JOIN (SELECT * FROM a WHERE dt = '{dt}') a USING (source, url, part_no))"
# What is wrong with a row, the condition, and the column to show.
CHECKS = {
    "rows of a name and car that no published offer has": ("offers_name IS NULL", "offer_count"),
    "names and cars with offers and without a row": ("mart_name IS NULL", "offer_count"),
} | {
    f"rows whose {value} is not that of their offers": (
        f"mart_name IS NOT NULL AND offers_name IS NOT NULL AND mart_{value} IS DISTINCT FROM offers_{value}",
        value,
    )
    for value in VALUES
}


# A lake without the parts' names can only tell that a price is nobody's.
BY_CAR = {
    f"rows whose {value} no offer of that car has": (
        f"SELECT m.part_official_name, m.car_type, m.{value} FROM m LEFT ANTI JOIN (SELECT * FROM o WHERE dt = '{{dt}}' AND "  # noqa: S608
        f"source NOT IN ({{held_back}})) o ON m.car_type = o.car_type AND m.{value} = o.price_krw WHERE m.dt = '{{dt}}'"
    )
    for value in ("min_price", "max_price")
}

# What the comparison by name cannot see: it takes the names as they are, and so did whoever made the mart of them.
BY_PART = {
    "parts and cars with more than one name": """
SELECT part_no, car_type, count(*) AS names FROM n WHERE dt = '{dt}' GROUP BY part_no, car_type HAVING count(*) > 1""",
    "parts and cars with a name that none of their offers has": """
SELECT n.part_no, n.car_type, n.canonical_name
FROM n LEFT ANTI JOIN (SELECT * FROM o WHERE dt = '{dt}' AND source NOT IN ({held_back})) o
  ON o.part_no = n.part_no AND o.car_type = n.car_type AND o.name = n.canonical_name
WHERE n.dt = '{dt}' AND n.canonical_name IS NOT NULL""",
    "parts and cars with offers and without a name": """
SELECT o.part_no, o.car_type, count(*) AS offers
FROM o LEFT ANTI JOIN (SELECT * FROM n WHERE dt = '{dt}' AND canonical_name IS NOT NULL) n
  ON o.part_no = n.part_no AND o.car_type = n.car_type
WHERE o.dt = '{dt}' AND o.name IS NOT NULL AND o.source NOT IN ({held_back}) GROUP BY o.part_no, o.car_type""",
}
# Its price would count twice, as if two shops agreed.
BY_PAGE = {
    "pages of more than one shop": """
SELECT min(source) AS shop, max(source) AS other_shop, url FROM o WHERE dt = '{dt}' AND source NOT IN ({held_back})
GROUP BY url HAVING min(source) <> max(source)"""
}
WHOSE = "Clear clean_offers; where the raw offers say so too, mend the file of the shop whose page it is not."
SET_ASIDE = """
SELECT o.source AS shop, count(*) AS offers, count(a.url) AS set_aside
FROM o LEFT JOIN (SELECT DISTINCT source, url, part_no FROM a WHERE dt = '{dt}') a
  ON o.source = a.source AND o.url = a.url AND o.part_no = a.part_no
WHERE o.dt = '{dt}' AND o.source NOT IN ({held_back}) GROUP BY o.source ORDER BY o.source
"""


def against_offers(tables: dict[str, DeltaTable], dt: str, held_back: list[str]) -> list[dict[str, Any]]:
    """One figure a row with its limit and sample rows, as `measures.compare` gives them. `tables`: m, the mart; o, the offers;
    n, the parts' names; a, the offers set aside (these two may be missing)."""
    shops = ", ".join(quoted(source) for source in ["", *held_back])
    figures = _by_name(tables, dt, shops) if "n" in tables else []
    figures += _counted(BY_PART if "n" in tables else BY_CAR, tables, dt, shops)
    figures += one_in_the_database(tables["m"], dt)
    figures += [figure | {"advice": WHOSE} for figure in _counted(BY_PAGE, tables, dt, shops)]
    return figures + (_set_aside(tables, dt, shops) if "a" in tables else [])


def _counted(wrong: dict[str, str], tables: dict[str, DeltaTable], dt: str, held_back: str) -> list[dict[str, Any]]:
    figures = []
    for what, template in wrong.items():
        sql = template.format(dt=dt, held_back=held_back)
        count = records(f"SELECT count(*) AS n FROM ({sql})", **tables)[0]["n"]  # noqa: S608
        figures.append(_figure(what, count, records(f"{sql} ORDER BY 1, 2 LIMIT {SAMPLES}", **tables) if count else []))
    return figures


def one_in_the_database(mart: DeltaTable, dt: str) -> list[dict[str, Any]]:
    """Names that the loader makes one, so that only one of their rows is published. Cleaning folds blanks, so that those are a
    fault of ours; it composes no letters, and two shops may write a sign differently. Few names are odd, and only those can
    become another row's name."""
    of_day = f"FROM t WHERE dt = '{dt}' AND part_official_name IS NOT NULL"
    odd = records(
        f"SELECT DISTINCT part_official_name AS name {of_day} AND regexp_like(part_official_name, '{ODD}')", t=mart
    )
    keys: set[tuple[str, str]] = set()
    if any(_composed(_folded(row["name"])) != row["name"] for row in odd):
        day = query(f"SELECT DISTINCT part_official_name, car_type {of_day}", t=mart).to_pydict()
        keys = set(zip(day["part_official_name"], day["car_type"], strict=True))
    spelt = Counter((_folded(name), car) for name, car in keys)
    composed = Counter((_composed(name), car) for name, car in spelt)
    why = "the loader {}, and publishes the row with the most offers"
    return [
        _doubled("names that are one in the database", spelt) | {"why": why.format("folds blanks")},
        _doubled("names that are one in the database once their letters are composed", composed)
        | {"warn_above": 0.0, "stop_above": None, "why": why.format("composes letters")},
    ]


def _doubled(what: str, spelt: Counter[tuple[str, str]]) -> dict[str, Any]:
    found = sorted((name, car, count) for (name, car), count in spelt.items() if count > 1)
    columns = ("part_official_name", "car_type", "spellings")
    return _figure(what, len(found), [dict(zip(columns, row, strict=True)) for row in found[:SAMPLES]])


def _folded(name: str) -> str:
    return re.sub(BLANKS, " ", name).strip(" ")


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _set_aside(tables: dict[str, DeltaTable], dt: str, held_back: str) -> list[dict[str, Any]]:
    """How much of the day no range has because other offers contradict it: a whole shop may be lost that way."""
    shops = records(SET_ASIDE.format(dt=dt, held_back=held_back), **tables)
    every = sum(shop["offers"] for shop in shops)
    whole = 100 * sum(shop["set_aside"] for shop in shops) / every if every else 0
    of_shop = {
        shop["shop"]: 100 * shop["set_aside"] / shop["offers"] for shop in shops if shop["offers"] >= COMMON_OFFERS
    }
    told = [shop for shop in shops if of_shop.get(shop["shop"], 0) > SHOP_SET_ASIDE]
    why = "their prices contradict the same parts' others"
    return [
        _figure("per cent of a shop's offers set aside", max(of_shop.values(), default=0), told)
        | {"stop_above": None, "warn_above": float(SHOP_SET_ASIDE), "why": why},
        _figure("per cent of the day's offers set aside", whole, shops)
        | {"stop_above": float(DAY_SET_ASIDE), "why": why},
    ]


def _by_name(tables: dict[str, DeltaTable], dt: str, held_back: str) -> list[dict[str, Any]]:
    both = ", ".join(f"mart.{v} AS mart_{v}, expected.{v} AS offers_{v}" for v in VALUES)
    shops = [quoted(row["source"]) for row in records(SHOPS.format(dt=dt, held_back=held_back), o=tables["o"])]
    day = WITH.format(
        dt=dt,
        values=", ".join(VALUES),
        both=both,
        published=", ".join(shops) or "''",
        shops=" + ".join(f"max(CASE WHEN source = {shop} THEN 1 ELSE 0 END)" for shop in shops) or "0",
        kept=KEPT.format(dt=dt) if "a" in tables else "published",
    )
    counts = ", ".join(f"count(CASE WHEN {wrong} THEN 1 END) AS c{i}" for i, (wrong, _) in enumerate(CHECKS.values()))
    found = records(f"{day} SELECT {counts} FROM compared", **tables)[0]  # noqa: S608
    return [
        _figure(what, found[f"c{i}"], _samples(day, wrong, column, tables) if found[f"c{i}"] else [])
        for i, (what, (wrong, column)) in enumerate(CHECKS.items())
    ]


def _samples(day: str, wrong: str, column: str, tables: dict[str, DeltaTable]) -> list[dict[str, Any]]:
    sql = (
        f"{day} SELECT part_official_name, car_type, mart_{column} AS {column}, offers_{column} AS by_its_offers "  # noqa: S608
        f"FROM compared WHERE {wrong} ORDER BY 1, 2 LIMIT {SAMPLES}"
    )
    return records(sql, **tables)


def _figure(what: str, found: float, samples: list[dict[str, Any]]) -> dict[str, Any]:
    limits = dict.fromkeys(("usual", "stop_below", "warn_below", "warn_above"))
    return {
        "what": what, "found": float(found), "days": 0, **limits, "stop_above": 0.0, "why": WHY, "samples": samples, "advice": REBUILD,
    }  # fmt: skip
