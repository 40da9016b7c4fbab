"""What a day measures, for the whole and for each shop, and how that compares with the last good days before it.
A day is good when the gate let it through; its measures are kept beside its verdict, so the history is in the lake."""

from __future__ import annotations

import json
from statistics import median
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from expectations.accepted import HOW_TO_ACCEPT, MART, baselines
from expectations.tables import VERDICTS, MissingTableError, Options, open_table, path_of, records, write_partition
from expectations.verdict import LOOKED_AT, Finding, Verdict, printable

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from conf.lake import Lake

Measures = dict[str, float]
GOOD = ("passed", "warned")
GOOD_DAYS = 7  # a week: weekday patterns average out, and a slow change of a shop stays inside the limits

# Factors of the usual value, in this order: the load stops below, a warning below, a warning above, the load stops above. House rule:
# a minimum is 10-20 % under a healthy run and a maximum about twice it. A shop that lost half has lost too much, and what is left of it
# is never exactly half: so 0.6 stops.
LIMITS: dict[str, tuple[float | None, float | None, float | None, float | None]] = {
    "rows": (0.6, 0.85, 2.0, 10.0),
    "parts": (0.6, 0.85, 2.0, 10.0),
    "cars": (0.6, 0.85, 1.5, None),
    "offers": (0.6, 0.85, 2.0, 10.0),
    "named cars": (0.6, 0.85, None, None),  # falls when the car parser or its table breaks
    "median price": (0.7, 0.85, 1.18, 1.43),  # 30 % down and its mirror image up (1 / 0.7), half of it warns
}
COMMONEST = {"median_price": 25.0, "car_type": 60.0}  # per cent of rows
FEWEST_ROWS = 20  # of a handful any may be the same
NOTABLE_GROWTH = 1.1  # with fewer offers of new shops than that the middle of all prices hardly moves
COUNTS = ("rows", "parts", "cars", "offers")
FIGURES = {
    "rows": "rows in the price summary",
    "parts": "part names in the price summary",
    "cars": "cars in the price summary",
    "offers": "offers that were published",
    "named cars": "per cent of rows that are for a named car",
    "median price": "median price of the price summary",
}


def measure_day(summary: DeltaTable, dt: str, offers: int | None) -> Measures:
    """The figures of a day's mart. `offers`: how many were published; None where no clean offers are there."""
    sql = (
        "SELECT count(*) AS rows, count(DISTINCT part_official_name) AS parts, count(DISTINCT car_type) AS cars, "  # noqa: S608
        "100 * avg(CASE WHEN car_type IN ('all', 'unknown') THEN 0.0 ELSE 1.0 END) AS named, "
        f"median(cast(median_price AS double)) AS price FROM t WHERE dt = '{dt}'"
    )
    row = records(sql, t=summary)[0]
    figures = {"rows": row["rows"], "parts": row["parts"], "cars": row["cars"]}
    figures |= {"named cars": row["named"], "median price": row["price"]}
    figures["offers"] = offers
    return {name: float(value) for name, value in figures.items() if value is not None}


def commonest(summary: DeltaTable, dt: str) -> list[dict[str, Any]]:
    """How much of a day is one price, or one named car. It needs no earlier day."""
    return [_commonest(summary, dt, column, most) for column, most in COMMONEST.items()]


def _commonest(summary: DeltaTable, dt: str, column: str, most: float) -> dict[str, Any]:
    sql = (
        f"SELECT {column}, count(*) AS rows, sum(count(*)) OVER () AS every FROM t "  # noqa: S608
        f"WHERE dt = '{dt}' AND car_type NOT IN ('all', 'unknown') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    found = [row for row in records(sql, t=summary) if row["every"] >= FEWEST_ROWS]
    share = sum(100 * row["rows"] / row["every"] for row in found)
    limits = dict.fromkeys(("usual", "stop_below", "warn_below", "stop_above"))
    return {
        "what": f"per cent of named cars' rows with the most frequent {column}", "found": share, "days": 0, **limits,
        "warn_above": most, "why": "a real day has less than one", "advice": "",
        "samples": [{name: row[name] for name in (column, "rows")} for row in found] if share > most else [],
    }  # fmt: skip


def offers_by_source(offers: DeltaTable, dt: str) -> dict[str, int]:
    """Clean offers of a day for each shop."""
    sql = f"SELECT source, count(*) AS n FROM t WHERE dt = '{dt}' GROUP BY source"  # noqa: S608
    return {row["source"]: row["n"] for row in records(sql, t=offers)}


def record(lake: Lake, verdict: Verdict, measures: Measures, options: Options) -> None:
    """Keeps a day's verdict and measures; judging the day again replaces them."""
    row = {
        "dt": verdict.dt,
        "run_id": verdict.run_id,
        "status": verdict.status,
        "mart_version": verdict.version,
        "measures": json.dumps(measures, sort_keys=True),
        "verdict": json.dumps(verdict.to_dict(), ensure_ascii=False, sort_keys=True),
    }
    schema = pa.schema(
        [(name, pa.int64() if name == "mart_version" else pa.string()) for name in row]  # a null version has no type
    )
    rows = pa.Table.from_pylist([row], schema=schema)
    write_partition(path_of(lake, VERDICTS), rows, {"dt": verdict.dt}, options)


def verdicts_before(lake: Lake, dt: str | None, options: Options) -> list[dict[str, Any]]:
    """All verdicts, newest first; with `dt` only those of earlier days. No table yet means no history."""
    try:
        table = open_table(path_of(lake, VERDICTS), options)
    except MissingTableError:
        return []
    where = f"WHERE dt < '{dt}'" if dt else ""
    rows = records(f"SELECT dt, status, measures, verdict FROM t {where} ORDER BY dt DESC", t=table)  # noqa: S608
    return [{**row, "measures": json.loads(row["measures"]), "verdict": json.loads(row["verdict"])} for row in rows]


def good_days(lake: Lake, dt: str, options: Options) -> list[dict[str, Any]]:
    """The last good days before a day, newest first: never the day itself, never a later one, and none before the day
    whose figures were accepted."""
    accepted = baselines(lake, dt, options).get(MART, "")
    days = verdicts_before(lake, dt, options)
    return [day for day in days if day["status"] in GOOD and day["dt"] >= accepted][:GOOD_DAYS]


def compare(found: Measures, earlier: list[Measures], share: float = 1.0, growth: float = 1.0) -> list[dict[str, Any]]:
    """One row for each figure with its limits; without earlier days the limits are empty. `share`: the part of the usual
    offers that the published shops have, which lowers the limits of counts when a shop is held back; `growth`: how many times
    the others' offers the day has with the shops that are new or back, which raises them."""
    return [
        limits_of(name, value, [day[name] for day in earlier if name in day], share, growth)
        for name, value in found.items()
    ]


def limits_of(name: str, value: float, before: list[float], share: float, growth: float) -> dict[str, Any]:
    usual = median(before) if before else None
    stop_below, warn_below, warn_above, stop_above = LIMITS[name]
    if name == "median price" and (share < 1 or growth > NOTABLE_GROWTH):
        # The others' parts are not those of the shop that is missing or new; each shop's own prices were compared before.
        stop_below = stop_above = None

    def limit(factor: float | None, *, lower: bool) -> float | None:
        if usual is None or factor is None:
            return None
        return usual * factor * ((share if lower else growth) if name in COUNTS else 1.0)

    return {
        "what": FIGURES[name],
        "found": value,
        "usual": usual,
        "days": len(before),
        "stop_below": limit(stop_below, lower=True),
        "warn_below": limit(warn_below, lower=True),
        "warn_above": limit(warn_above, lower=False),
        "stop_above": limit(stop_above, lower=False),
        "why": f"median of the last {len(before)} good day{'s' * (len(before) > 1)}"
        if before
        else "no earlier good day",
        "advice": HOW_TO_ACCEPT,
        "samples": [],
    }


def shops_beside(lake: Lake, dt: str, earlier: list[str], options: Options) -> tuple[float, float]:
    """How the day's shops stand to those that most of the earlier days published: the share of these shops' usual offers that the
    ones still here have, less than 1 where one is held back or gone; and how many times their offers the day has with the others,
    which are new or back. A shop that went long ago is in neither, as it is no longer in the figures of those days."""
    from expectations.sources import source_days

    published: dict[str, dict[str, int]] = {}
    for row in source_days(lake, options, dt, *earlier):
        if row["rows"] and not row["held_back"]:
            published.setdefault(row["dt"], {})[row["source"]] = row["rows"]
    today, before = published.get(dt, {}), [published[day] for day in earlier if day in published]
    rows = {shop: [day[shop] for day in before if shop in day] for day in before for shop in day}
    usual = {shop: median(counts) for shop, counts in rows.items() if 2 * len(counts) > len(before)}
    here = [shop for shop in usual if shop in today]
    if not here:
        return 1.0, 1.0
    share = sum(usual[shop] for shop in here) / sum(usual.values())
    return share, sum(today.values()) / sum(today[shop] for shop in here)


def findings(rows: list[dict[str, Any]], dt: str) -> list[Finding]:
    """What the figures' suite found, one sentence for each figure that left its limits."""
    return [finding for row in rows if (finding := _finding(row, dt)) is not None]


def state_of(row: dict[str, Any]) -> str:
    """`critical`, `warning` or nothing, as the figure stands to its limits."""
    out = _out_of(row)
    return "" if out is None else "critical" if out[0] else "warning"


def _out_of(row: dict[str, Any]) -> tuple[bool, str, float] | None:
    """The limit that a figure left: whether it stops, on which side it should be, and the limit."""
    for kind in ("stop", "warn"):
        low, high = row[f"{kind}_below"], row[f"{kind}_above"]
        if low is not None and row["found"] < low:
            return kind == "stop", "at least", low
        if high is not None and row["found"] > high:
            return kind == "stop", "at most", high
    return None


def _finding(row: dict[str, Any], dt: str) -> Finding | None:
    out = _out_of(row)
    if out is None:
        return None
    critical, side, limit = out
    return Finding(critical, "figures", _sentence(row, side, limit, dt, critical), row["why"], row["samples"])


def _sentence(row: dict[str, Any], side: str, limit: float, dt: str, critical: bool) -> str:
    usual = "" if row["usual"] is None else f", usual are {number(row['usual'])}"
    expected = f", where {side} {number(limit)} are expected{usual}" if limit else ""
    example = ", ".join(
        f"{name} {printable(str(value)[:LOOKED_AT])[:60]}" for name, value in (row["samples"] or [{}])[0].items()
    )
    said = f"{row['what']}: {number(row['found'])}{expected} ({row['why']})"
    advice = f" {row['advice'].format(dt=dt, name=MART)}" if critical else ""
    return f"{said}{f', for example {example}' if example else ''}.{advice}"


def number(value: float) -> str:
    """A figure with at most two decimals."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")
