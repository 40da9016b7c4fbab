"""What Slack is told, as pure values in Slack's Block Kit form, and the one function that sends it."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from expectations.verdict import WHAT_NOW
from orchestration.report import DayReport, Stage

log = logging.getLogger(__name__)
CONNECTION = "slack_webhook_default"
SECTION_LIMIT = 2900  # Slack refuses a section of more than 3,000 characters
SECONDS = 15
MOST_RETRIES = 3
LONGEST_WAIT = 60  # seconds that Slack may ask us to wait
# How AWS's services, botocore and the lake's reader say that nobody, or nobody any more, is asking.
NO_SESSION = re.compile(
    "ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|Unable to locate credentials|token has expired"
)
# A task whose process was killed sends no message of its own: only its log tells of that.
CLEAR_IT = "The log of the task that failed says why. Clear the task when that is mended: the run goes on from there."
# What goes into a stage, what comes out, and what does not.
UNITS = {
    "prepare": ("", "shops", ""),
    "crawl": ("pages", "fetched", "failed"),
    "heal": ("pages", "fetched", "failed"),
    "clean_offers": ("pages", "offers", "rejected"),
    "build_marts": ("offers", "rows", "rejected"),
    "validate": ("rows", "judged", ""),
    "load": ("rows", "loaded", "rejected"),
}
TABLE_COUNTS = ("inserted", "updated", "unchanged", "deleted")

Message = dict[str, Any]


def message(title: str, lines: list[str], end: Sequence[str] = ()) -> Message:
    """A header and one section; lines that do not fit are counted, not cut silently. `end`: lines that are there in any case."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        if sum(map(len, [*kept, *end])) + len(kept) + len(end) + len(line) > SECTION_LIMIT:
            kept.append(f"… and {len(lines) - number} more lines, in the day's report")
            break
        kept.append(line)
    kept += end
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(kept) or "Nothing to say."}}
    return {"text": title, "blocks": [{"type": "header", "text": {"type": "plain_text", "text": title[:150]}}, section]}


def crawl_summary(dt: str, summaries: list[dict[str, Any]]) -> Message:
    """Stage 3: succeeded and failed per source, with the reasons."""
    return message(f"Crawl of {dt}", [line for summary in summaries for line in _source_lines(summary)])


def healing_summary(dt: str, summaries: list[dict[str, Any]]) -> Message:
    """Stage 4: what the retry rounds brought back, and what stays down."""
    lines = [
        f"*{summary['source']}*: {summary.get('recovered', 0):,} recovered in {_rounds(summary.get('rounds', 0))}, "
        f"{sum(summary.get('failed', {}).values()):,} stay down{_reasons(summary)}" + _error(summary)
        for summary in summaries
    ]
    return message(f"Healing of {dt}", lines)


def _rounds(count: int) -> str:
    return f"{count} round" if count == 1 else f"{count} rounds"


def plain(text: str) -> str:
    """A text from elsewhere as Slack shows it: a shop's `<!channel>` calls nobody, and its link is none."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def final_report(report: DayReport, docs_link: str = "", run_link: str = "") -> Message:
    """Stage 8: the day in one message. The links: where a browser finds the Data Docs and, of a day that failed, its run."""
    held_back = ", ".join(report.gate.get("held_back", {}))
    titles = {
        "success": f"Prices of {report.dt} are published{f', without {held_back}' if held_back else ''}",
        "empty": f"{report.dt}: nothing to publish, the load was skipped",
        "failed": f"{report.dt or f'The run {report.run_id}'} failed",
    }
    mark = ":x:" if report.outcome == "failed" else ":warning:"
    lines = [f"{mark} {plain(sentence)}" for sentence in report.problems]
    if report.gate.get("status") == "failed":
        lines.append(f":point_right: {WHAT_NOW}")
    elif report.outcome == "failed":
        lines.append(f":point_right: {CLEAR_IT}")
    lines += [f":warning: {plain(sentence)}" for sentence in report.gate.get("warnings", [])]
    end = [f"Pages: {report.crawl.get('succeeded', 0):,} of {report.crawl.get('planned', 0):,} planned"]
    counts = {name: _stage(name, stage) for name, stage in report.stages.items()}
    end += [f"{name}: {said}" for name, said in counts.items() if said]
    end += (
        [f"No counts of {', '.join(uncounted)}"] if (uncounted := [name for name in counts if not counts[name]]) else []
    )
    if report.load:
        end.append("Table: " + ", ".join(f"{report.load[name]:,} {name}" for name in TABLE_COUNTS))
        end += _refused(report.load)
    if report.data_docs:
        end.append(f"<{docs_link}|Data Docs>" if docs_link else f"Data Docs: {report.data_docs}")
    if report.outcome == "failed" and run_link:
        end.append(f"<{run_link}|The run in Airflow>")
    return message(titles[report.outcome], lines, end)


def advice(task: str, problem: str) -> str:
    """What the person on call does about a task that failed for good."""
    if NO_SESSION.search(problem):
        return f"Airflow has no AWS session, or an expired one: run ./start_with_mfa.sh, then clear {task}."
    if task == "prepare_inputs":
        return "Mend what the cause names and clear prepare_inputs. A dt or accept cannot be mended: trigger a new run."
    if task == "validate_marts":
        return "The day's report, which follows, says what to do."
    return f"Clear {task} when the cause is mended: the run goes on from there."


def task_failure(task: str, run: str, tries: int, cause: str, log_url: str, what_now: str) -> Message:
    """What a task says that failed for good. `run`: its day, or its name where it has none yet."""
    lines = [f"Run of {run}, try {tries}", f"Cause: {plain(cause)}", f":point_right: {what_now}", f"<{log_url}|Log>"]
    return message(f"{task} failed", lines)


def send(told: Message, *, required: bool = False) -> None:
    """Logs the message and posts it to the Connection `slack_webhook_default`; without that Connection the log is all.

    Slack is asked again after a refused connection, a 429 or a 5xx. When it stays down, or its address is no address, only
    a `required` message raises: the prices of a day do not wait for the news about them.
    """
    from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    log.info("%s\n%s", told["text"], told["blocks"][1]["text"]["text"])
    try:
        hook = SlackWebhookHook(slack_webhook_conn_id=CONNECTION, timeout=SECONDS, retry_handlers=_retry_handlers())
        answer = hook.send(text=told["text"], blocks=told["blocks"])
        _refuse_web_page(answer.body)
    except AirflowNotFoundException:
        log.warning("There is no Connection %s, so nobody was told in Slack.", CONNECTION)
    except Exception as problem:  # the libraries raise what they find: a ValueError, a LookupError, errors of their own
        if required:
            raise
        log.error("Slack could not be told '%s': %s", told["text"], problem)


def _retry_handlers() -> list[Any]:
    from slack_sdk.http_retry import builtin_handlers

    class Busy(builtin_handlers.RateLimitErrorRetryHandler):
        """Waits as long as it is asked to, unless that is too long, or said in another way than in seconds."""

        def _can_retry(self, *, response: Any = None, **_: Any) -> bool:
            if response is None or (response.status_code != 429 and response.status_code < 500):
                return False
            asked = {name.lower(): values[0] for name, values in response.headers.items()}.get("retry-after", "1")
            return asked.isdecimal() and int(asked) <= LONGEST_WAIT

    return [builtin_handlers.ConnectionErrorRetryHandler(MOST_RETRIES), Busy(MOST_RETRIES)]


def _refuse_web_page(body: str) -> None:
    """Slack says `ok`. What answers with a page is a proxy's login, and nobody was told."""
    if body.lstrip().startswith("<"):
        raise ValueError(f"a web page answered in its place: {' '.join(body.split())[:100]}")


def _source_lines(summary: dict[str, Any]) -> list[str]:
    head = (
        f"*{summary['source']}*: {summary.get('succeeded', 0):,} of {summary.get('planned', 0):,} succeeded, "
        f"{sum(summary.get('failed', {}).values()):,} failed{_reasons(summary)}{_error(summary)}"
    )
    return [head, *(f"  :warning: {plain(warning)}" for warning in summary.get("warnings", []))]


def _reasons(summary: dict[str, Any]) -> str:
    failed = summary.get("failed", {})
    ranked = sorted(failed.items(), key=lambda item: (-item[1], item[0]))
    return f" ({', '.join(f'{reason} {count:,}' for reason, count in ranked)})" if ranked else ""


def _error(summary: dict[str, Any]) -> str:
    return f" — the source failed: {plain(summary['error'])}" if summary.get("error") else ""


def _refused(load: dict[str, Any]) -> list[str]:
    """Rows that the loader would not take, by reason."""
    reasons = {**load.get("rejected", {}), "another row has the same key": load.get("duplicates", 0)}
    return [f":warning: {count:,} rows not loaded: {reason}" for reason, count in reasons.items() if count]


def _stage(name: str, stage: Stage) -> str:
    parts = zip(UNITS[name], (stage.rows_in, stage.rows_out, stage.rejected), strict=True)
    return ", ".join(f"{count:,} {unit}" for unit, count in parts if count is not None)
