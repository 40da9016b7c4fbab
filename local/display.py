"""What `make run` shows: the stages as they go, Slack's messages as they come, and one table at the end."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

STAGES = {
    "prepare_inputs": "prepare inputs",
    "crawl": "crawl",
    "report_crawl": "report the crawl",
    "heal": "heal",
    "report_healing": "report the healing",
    "clean_offers": "transform: clean the offers",
    "judge_sources": "transform: look for sick shops",
    "build_marts": "transform: build the marts",
    "validate_marts": "validate",
    "cleanup_empty_mart_outputs": "clean up",
    "load": "load",
    "final_report": "final report",
}
PAGES_EVERY_SECONDS = 2.0


class Display:
    """Plain lines, so that a terminal, a log file and a screen reader see the same."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.states: dict[str, str] = {}
        self.messages: list[dict[str, Any]] = []
        self.pages: tuple[float, int] | None = None

    def say(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True)

    def stage_states(self, tasks: dict[str, tuple[str, float | None]]) -> None:
        """Takes `{task: (state, seconds)}` and says what is new."""
        for task, name in STAGES.items():
            state, seconds = tasks.get(task, ("", None))
            was = self.states.get(task, "")
            # A task that waits for AWS is put off and runs again after its wait; nobody needs to know.
            state = "running" if state in ("deferred", "scheduled", "queued") else state
            if not state or state == was:
                continue
            self.states[task] = state
            took = f" in {seconds:.1f} s" if seconds is not None else ""
            words = {"running": f"[cyan]▶[/] {name} …", "success": f"[green]✓[/] {name}{took}"}
            words |= {"failed": f"[red]✗ {name} failed[/]", "skipped": f"[yellow]–[/] {name} skipped"}
            words |= {"up_for_retry": f"[yellow]↻[/] {name} failed and is tried again"}
            if state in words and not (state == "running" and name.startswith("report")):
                self.say(f"  {words[state]}")

    def crawl_progress(self, sources: dict[str, dict[str, int]]) -> None:
        """Takes `{source: {planned, succeeded, failed}}`; says pages and rate every couple of seconds while they move."""
        done = sum(count["succeeded"] + count["failed"] for count in sources.values())
        planned = sum(count["planned"] for count in sources.values())
        now = time.monotonic()
        then, before = self.pages or (now, done)
        # What an earlier run of the day fetched is no progress of this one, and a wait is no crawling.
        if done <= before:
            self.pages = (now, done)
        elif now - then >= PAGES_EVERY_SECONDS:
            self.pages = (now, done)
            self.say(f"    {done:,} of {planned:,} pages, {(done - before) / (now - then):,.0f} a second")

    def slack(self, message: dict[str, Any]) -> None:
        """Shows a message the way the channel would."""
        self.messages.append(message)
        body = "\n".join(b["text"]["text"] for b in message.get("blocks", []) if b["type"] == "section")
        self.console.print(
            Panel(Text(body), title=f"Slack: {message['text']}", title_align="left", border_style="magenta")
        )

    def cause(self) -> str | None:
        """The cause that the failing task told Slack."""
        for message in self.messages:
            for block in message.get("blocks", []):
                for line in block["text"]["text"].splitlines():
                    if line.startswith("Cause: "):
                        return str(line).removeprefix("Cause: ")
        return None

    def summary(self, report: dict[str, Any]) -> None:
        """One row a stage."""
        table = Table(title=f"{report['dt']}, run {report['run_id']}", title_justify="left")
        for column in ("stage", "seconds", "in", "out", "rejected or failed"):
            table.add_column(column, justify="left" if column == "stage" else "right")
        for name, stage in report["stages"].items():
            seconds = "" if stage["seconds"] is None else f"{stage['seconds']:.1f}"
            table.add_row(name, seconds, *(_count(stage[key]) for key in ("rows_in", "rows_out", "rejected")))
        self.console.print(table)

    def prices(self, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        table = Table(title="Five rows of parts_master", title_justify="left")
        for column, value in zip(columns, rows[0], strict=True):
            table.add_column(column, justify="right" if isinstance(value, int) else "left")
        for row in rows:
            table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row))
        self.console.print(table)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
