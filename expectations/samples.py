"""Shows where a failing row comes from: the shop, the part number and the page of the offers behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conf.lake import Lake
from expectations.tables import NAMES, OFFERS, LakeError, Options, open_table, path_of, quoted, records
from expectations.verdict import Finding

MOST_OFFERS = 50

SQL = """
WITH k(name, car_type) AS (VALUES {keys})
SELECT k.name AS part_official_name, k.car_type, o.part_no, o.source AS shop, o.price_krw, o.url FROM k
JOIN n ON n.canonical_name = k.name AND n.car_type = k.car_type AND n.dt = '{dt}'
JOIN o ON o.part_no = n.part_no AND o.car_type = n.car_type AND o.dt = '{dt}'
ORDER BY 1, 2, o.price_krw, o.source, o.url LIMIT {most}
"""


def with_offers(findings: list[Finding], lake: Lake, dt: str, options: Options) -> list[Finding]:
    """Findings about the price summary get the offers behind their sample rows. A lake without offers, or with a broken
    table of them, keeps the plain sample: that table's state is a finding of its own."""
    try:
        tables = {"o": open_table(path_of(lake, OFFERS), options), "n": open_table(path_of(lake, NAMES), options)}
        return [_with_offers(finding, dt, tables) for finding in findings]
    except LakeError:
        return findings


def _with_offers(finding: Finding, dt: str, tables: dict[str, Any]) -> Finding:
    keys = {(row.get("part_official_name"), row.get("car_type")) for row in finding.samples}
    named = sorted((name, car) for name, car in keys if isinstance(name, str) and isinstance(car, str))
    if not named:
        return finding
    values = ", ".join(f"({quoted(name)}, {quoted(car)})" for name, car in named)
    offers = records(SQL.format(keys=values, dt=dt, most=MOST_OFFERS), **tables)
    return replace(finding, samples=[*finding.samples, *offers])
