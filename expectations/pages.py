"""Our pages in front of Great Expectations' own: one a run that says the verdict, what failed with sample rows, and how the
day compares with earlier ones; and one that lists all days. They need no network: styles are inline, there is no script."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conf.lake import Lake
from expectations import measures, storage
from expectations.tables import LakeError, Options
from expectations.verdict import Finding, Verdict, printable

WORDS = {"passed": "Passed", "warned": "Passed with warnings", "empty": "Empty", "failed": "Failed"}
REMOTE = re.compile(
    r"<link\b[^>]*href=\"https?://[^>]*>|<script\b[^>]*src=\"https?://[^>]*>\s*</script>|<img\b[^>]*src=\"https?://[^>]*>"
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Shops' texts stand on these pages: whatever slips through escaping must not run.
NO_SCRIPTS = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"


@dataclass(frozen=True)
class Report:
    """Everything that a run's page shows."""

    verdict: Verdict
    findings: list[Finding]
    figures: list[dict[str, Any]]


def run_folder(lake: Lake, dt: str, run_id: str) -> str:
    """Where the pages of one run are."""
    return f"{lake.docs}/dt={dt}/run_id={safe_name(run_id)}"


def safe_name(run_id: str) -> str:
    """A run id may have characters that no folder or web address can."""
    return re.sub(r"[^0-9A-Za-z_+-]", "_", run_id)


def publish(report: Report, folder: Path, lake: Lake, options: Options) -> None:
    """Writes the run's page, makes Great Expectations' pages readable without a network, and uploads both."""
    suites = keep_results(folder / "great_expectations")
    (folder / "index.html").write_text(run_page(report, suites=suites), encoding="utf-8")
    storage.upload(folder, run_folder(lake, report.verdict.dt, report.verdict.run_id), options)


def publish_index(lake: Lake, options: Options) -> None:
    """The list of all days, newest first. A lake whose verdicts cannot be read says so on the page."""
    try:
        days, trouble = measures.verdicts_before(lake, None, options), ""
    except LakeError as error:
        days, trouble = [], str(error)
    storage.write(f"{lake.docs}/index.html", index_page(lake, days, trouble).encode(), options)


def keep_results(site: Path) -> dict[str, str]:
    """Keeps Great Expectations' page for each suite, and its address seen from the run's page. Its index and its menus are
    drawn by scripts from elsewhere and empty without them, and its pictures are 4 MB a run: those go."""
    found = {path.stem.split("-")[0]: path for path in sorted(site.glob("validations/**/*.html"))}
    pages = {name: offline(path.read_text(encoding="utf-8")) for name, path in found.items()}
    shutil.rmtree(site, ignore_errors=True)
    for name, text in pages.items():
        site.mkdir(exist_ok=True)
        (site / f"{name}.html").write_text(text, encoding="utf-8")
    return {name.replace("_", " "): f"{site.name}/{name}.html" for name in pages}


def offline(page: str) -> str:
    """A page of Great Expectations without what it would load from elsewhere, in our own style, its way back set right."""
    page = CONTROL.sub("\ufffd", REMOTE.sub("", page))
    page = re.sub(r'href="[^"#]*index\.html"', 'href="../index.html"', page)
    page = re.sub(r'href="[^"#]*expectations/[^"#]*\.html"', 'href="#"', page)
    return page.replace("<head>", f"<head>{NO_SCRIPTS}<style>{_style('great_expectations.css')}</style>", 1)


def _style(name: str) -> str:
    return resources.files("expectations").joinpath(name).read_text(encoding="utf-8")


def page(title: str, *blocks: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{NO_SCRIPTS}'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_style('pages.css')}</style></head>"
        f"<body><main>{''.join(blocks)}</main></body></html>\n"
    )


def run_page(report: Report, *, suites: dict[str, str]) -> str:
    verdict = report.verdict
    links = '<a href="../../index.html">All days</a>' + "".join(
        f" · <a href='{escape(quote(path))}'>every rule of {escape(name)}</a>" for name, path in suites.items()
    )
    counts = " · ".join(f"{n:,} rows of {escape(table)}" for table, n in verdict.rows.items()) or "no rows were read"
    return page(
        f"{verdict.dt}: {WORDS[verdict.status]}",
        f"<nav>{links}</nav><header class='{verdict.status}'><h1>{verdict.dt}</h1>"
        f"<strong>{WORDS[verdict.status]}</strong><p>{counts}<br>run {escape(verdict.run_id)}"
        f"{'' if verdict.version is None else f' · version {verdict.version} of the price summary'}</p></header>",
        _empty(verdict),
        _held_back(verdict),
        _findings("What stops the load", [f for f in report.findings if f.critical]),
        _findings("Warnings", [f for f in report.findings if not f.critical]),
        _figures(report.figures),
    )


def _empty(verdict: Verdict) -> str:
    return "<p>The day has no rows: nothing is loaded.</p>" if verdict.status == "empty" else ""


def _held_back(verdict: Verdict) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in verdict.held_back.values())
    return f"<h2>Shops held back</h2><ul>{items}</ul>" if items else ""


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
        tables.setdefault(tuple(row), []).append(row)
    return "".join(table(list(columns), [list(row.values()) for row in kept]) for columns, kept in tables.items())


def table(heads: list[str], rows: list[list[Any]]) -> str:
    head = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
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
    text = str(value) if len(str(value)) <= 200 else f"{str(value)[:200]}… ({len(str(value)):,} characters)"
    shown = escape(printable(text))
    if text.startswith(("https://", "http://")):
        return f"<td><a href='{shown}' rel='noopener noreferrer'>{shown}</a></td>"
    return f"<td>{shown}</td>"


def _figures(figures: list[dict[str, Any]]) -> str:
    rows = [
        [row["what"], row["found"], row["usual"], _range(row, "warn"), _range(row, "stop"), row["why"]]
        for row in figures
        if row["found"] is not None
    ]
    heads = ["figure", "this day", "usual", "reported outside", "stopped outside", "why"]
    return "<h2>Compared with earlier days and with the offers</h2>" + table(heads, rows) if rows else ""


def _range(row: dict[str, Any], kind: str) -> str:
    low, high = row[f"{kind}_below"], row[f"{kind}_above"]
    if low is None and high is None:
        return "–"
    return f"{'' if low is None else f'{low:,.0f}'} … {'' if high is None else f'{high:,.0f}'}"


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
