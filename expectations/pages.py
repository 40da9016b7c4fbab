"""Our pages in front of Great Expectations' own: one for each run, with the verdict, what failed with sample rows, and how the day
compares with earlier ones; and one that lists all days. They need no network: styles are inline, and there are no scripts."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conf.lake import Lake
from expectations import measures, storage
from expectations.batches import MOST_TEXT
from expectations.tables import LakeError, Options
from expectations.verdict import WHAT_NOW, Finding, Verdict, printable

WORDS = {"passed": "Passed", "warned": "Passed with warnings", "empty": "Empty", "failed": "Failed"}
REMOTE = re.compile(r"<link\b[^>]*>|<script\b[^>]*src=\"https?://[^>]*>\s*</script>|<img\b[^>]*src=\"https?://[^>]*>")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
FIRST = ("part_official_name", "car_type", "source", "shop", "part_no")  # a sample row begins with what it is about
# Shops' texts stand on these pages: whatever slips through escaping must not run.
NO_SCRIPTS = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"


@dataclass(frozen=True)
class Report:
    """Everything that a run's page shows."""

    verdict: Verdict
    findings: list[Finding]
    figures: list[dict[str, Any]]
    shops: list[dict[str, Any]] = field(default_factory=list)


def run_folder(lake: Lake, dt: str, run_id: str) -> str:
    """Where the pages of one run are."""
    return f"{lake.docs}/dt={dt}/run_id={safe_name(run_id)}"


def safe_name(run_id: str) -> str:
    """A run id may have characters that no folder or web address can: S3 takes a + in an address for a blank."""
    return re.sub(r"[^0-9A-Za-z_-]", "_", run_id)


def publish(report: Report, folder: Path, lake: Lake, options: Options) -> None:
    """Writes the run's page, makes Great Expectations' pages readable without a network, and uploads both."""
    suites = keep_results(folder / "great_expectations")
    day = run_folder(lake, report.verdict.dt, "").rpartition("/")[0]
    others = [name for name in storage.folders(day, options) if name != f"run_id={safe_name(report.verdict.run_id)}"]
    (folder / "index.html").write_text(run_page(report, suites=suites, other_runs=others), encoding="utf-8")
    storage.upload(folder, run_folder(lake, report.verdict.dt, report.verdict.run_id), options)


def publish_index(lake: Lake, options: Options) -> None:
    """The list of all days, newest first. A lake whose verdicts cannot be read says so on the page."""
    try:
        days, trouble = measures.verdicts_before(lake, None, options), ""
    except LakeError as error:
        days, trouble = [], str(error)
    storage.write(f"{lake.docs}/index.html", index_page(lake, days, trouble).encode(), options)


def keep_results(site: Path) -> dict[str, str]:
    """Keeps Great Expectations' page for each suite; gives their addresses as seen from the run's page. Its index and menus are drawn
    by scripts from the internet and are empty without them, and its pictures take 4 MB a run: these are removed."""
    found = {path.stem.split("-")[0]: path for path in sorted(site.glob("validations/**/*.html"))}
    pages = {name: offline(path.read_text(encoding="utf-8"), name) for name, path in found.items()}
    shutil.rmtree(site, ignore_errors=True)
    for name, text in pages.items():
        site.mkdir(exist_ok=True)
        (site / f"{name}.html").write_text(text, encoding="utf-8")
    return {name.replace("_", " "): f"{site.name}/{name}.html" for name in pages}


def offline(page: str, title: str) -> str:
    """A page of Great Expectations without what it would load from elsewhere, in our own style, its way back set right. Of a file
    a browser learns the charset from its first kilobyte, and all its pages are titled alike."""
    page = CONTROL.sub("\ufffd", REMOTE.sub("", page))
    page = re.sub(r'href="[^"#]*index\.html"', 'href="../index.html"', page)
    page = re.sub(r'href="[^"#]*expectations/[^"#]*\.html"', 'href="#"', page)
    ours = f"<meta charset='utf-8'>{NO_SCRIPTS}<title>{title.replace('_', ' ')}</title><style>{_style('great_expectations.css')}</style>"
    return page.replace("<head>", f"<head>{ours}", 1)


def _style(name: str) -> str:
    return resources.files("expectations").joinpath(name).read_text(encoding="utf-8")


def page(title: str, *blocks: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{NO_SCRIPTS}'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_style('pages.css')}</style></head>"
        f"<body><main>{''.join(blocks)}</main></body></html>\n"
    )


def run_page(report: Report, *, suites: dict[str, str], other_runs: list[str]) -> str:
    verdict = report.verdict
    links = [("../../index.html", "All days")]
    links += [(path, f"every rule of {name}") for name, path in suites.items()]
    links += [(f"../{name}/index.html", f"run {name.removeprefix('run_id=')}") for name in other_runs]
    nav = " · ".join(f"<a href='{escape(quote(path))}'>{escape(name)}</a>" for path, name in links)
    counts = " · ".join(f"{n:,} rows of {escape(table)}" for table, n in verdict.rows.items()) or "no rows were read"
    stops = [finding for finding in report.findings if finding.critical]
    warnings = [f for f in report.findings if not f.critical and f.sentence not in verdict.held_back.values()]
    return page(
        f"{verdict.dt}: {WORDS[verdict.status]}",
        f"<nav>{nav}</nav><header class='{verdict.status}'><h1>{verdict.dt}</h1>"
        f"<strong>{WORDS[verdict.status]}</strong><p>{_in_short(verdict, len(stops), len(warnings))}<br>{counts}<br>"
        f"run {escape(verdict.run_id)}"
        f"{'' if verdict.version is None else f' · version {verdict.version} of the price summary'}</p></header>",
        _held_back(verdict),
        _findings("What stops the load", stops),
        _findings("Warnings", warnings),
        _shops(report.shops),
        _figures(report.figures),
    )


def _in_short(verdict: Verdict, stops: int, warnings: int) -> str:
    told = {
        "passed": "Every rule holds.",
        "warned": f"{_count(len(verdict.held_back), 'shop')} held back, {_count(warnings, 'warning')}; the rest may be loaded.",
        "empty": "The day has no rows: nothing is loaded.",
        "failed": f"{_count(stops, 'finding')} to stop the load, {_count(warnings, 'warning')}. The mart stays for inspection. {WHAT_NOW}",
    }
    return told[verdict.status]


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _held_back(verdict: Verdict) -> str:
    items = "".join(f"<section class='warning'><h3>{escape(s)}</h3></section>" for s in verdict.held_back.values())
    return f"<h2>Shops held back</h2>{items}" if items else ""


def _shops(shops: list[dict[str, Any]]) -> str:
    """Each shop's day beside its usual one."""
    heads = [
        "shop", "pages", "usual", "offers", "usual", "parts", "median price", "usual", "named", "with a car", "last good day"
    ]  # fmt: skip
    rows = [
        [
            shop["source"], shop["pages"], shop["usual_pages"], shop["rows"], shop["usual_rows"], shop["parts"], shop["median_price"],
            shop["usual_median_price"], _percent(shop["named"]), _percent(shop.get("with_car")), shop["last_good_day"] or "none yet",
        ]
        for shop in shops
    ]  # fmt: skip
    return "<h2>Shop by shop</h2>" + table(heads, rows) if rows else ""


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.0%}"


def _findings(title: str, findings: list[Finding]) -> str:
    if not findings:
        return ""
    return f"<h2>{title}</h2>" + "".join(
        f"<section class='{'critical' if finding.critical else 'warning'}'><h3>{escape(finding.sentence)}</h3>"
        f"<p>{escape(finding.reason)}</p>{_samples(finding.samples)}</section>"
        for finding in findings
    )


def _samples(rows: list[dict[str, Any]]) -> str:
    """Sample rows, one table for each set of columns: broken rows first, then the offers behind them."""
    tables: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        ordered = {name: row[name] for name in sorted(row, key=lambda name: name not in FIRST)}
        tables.setdefault(tuple(ordered), []).append(ordered)
    return "".join(table(list(columns), [list(row.values()) for row in kept]) for columns, kept in tables.items())


def table(heads: list[str], rows: list[list[Any]], classes: list[str] | None = None) -> str:
    head = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(
        f"<tr class='{kind}'>{''.join(_cell(value) for value in row)}</tr>"
        for row, kind in zip(rows, classes or [""] * len(rows), strict=True)
    )
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "<td class='none'>none</td>"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (
            f"<td class='number'>{value:,.0f}</td>"
            if float(value).is_integer()
            else f"<td class='number'>{value:,.2f}</td>"
        )
    if re.fullmatch(r"\d+%", str(value)):
        return f"<td class='number'>{value}</td>"
    text = str(value) if len(str(value)) <= 200 else f"{str(value)[:200]}… ({len(str(value)):,} characters)"
    shown = escape(printable(text))
    if text.startswith(("https://", "http://")):
        return f"<td><a href='{escape(printable(str(value)[:MOST_TEXT]))}' rel='noopener noreferrer'>{shown}</a></td>"
    return f"<td>{shown}</td>"


def _figures(figures: list[dict[str, Any]]) -> str:
    measured = [row for row in figures if row["found"] is not None]
    rows = [
        [
            row["what"], row["found"], "–" if row["usual"] is None else row["usual"], _range(row, "warn"), _range(row, "stop"), row["why"]
        ]
        for row in measured
    ]  # fmt: skip
    heads = ["figure", "this day", "usual", "reported when", "stopped when", "where the limit is from"]
    table_of_all = table(heads, rows, [measures.state_of(row) for row in measured])
    return "<h2>Compared with earlier days and with the offers</h2>" + table_of_all if rows else ""


def _range(row: dict[str, Any], kind: str) -> str:
    limits = ((row[f"{kind}_below"], "below"), (row[f"{kind}_above"], "above"))
    return ", ".join(f"{word} {measures.number(limit)}" for limit, word in limits if limit is not None) or "–"


def index_page(lake: Lake, days: list[dict[str, Any]], trouble: str) -> str:
    items = "".join(_day(lake, day) for day in days)
    heads = "<tr><th>day</th><th>verdict</th><th>rows</th><th>held back</th><th>first thing to look at</th></tr>"
    body = f"<div class='wide'><table><thead>{heads}</thead><tbody>{items}</tbody></table></div>" if days else ""
    note = f"<p>{escape(trouble)}</p>" if trouble else ""
    return page("Data quality, day by day", "<header><h1>Data quality, day by day</h1></header>", note, body)


def _day(lake: Lake, day: dict[str, Any]) -> str:
    verdict = day["verdict"]
    link = verdict["docs"].removeprefix(f"{lake.docs}/")
    link = (
        link
        if link != verdict["docs"]
        else run_folder(Lake("", "", "", "."), day["dt"], verdict["run_id"]) + "/index.html"
    )
    first = next(iter([*verdict["failures"], *verdict["warnings"]]), "")
    return (
        f"<tr class='{day['status']}'><td><a href='{escape(link)}'>{day['dt']}</a></td><td><b>{WORDS[day['status']]}</b></td>"
        f"<td class='number'>{verdict['rows'].get('price summary', 0):,}</td>"
        f"<td>{escape(', '.join(verdict['held_back']))}</td><td>{escape(first)}</td></tr>"
    )
