"""Stage 8: one value that says how the day went. It is always logged and kept; Slack is one way of showing it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Outcome = Literal["success", "empty", "failed"]


@dataclass(frozen=True)
class Stage:
    """What went into a stage and came out of it; `None` where the stage did not get that far."""

    seconds: float | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    rejected: int | None = None


@dataclass(frozen=True)
class DayReport:
    """The counts of every stage of one run, and the verdict on the day."""

    dt: str
    run_id: str
    outcome: Outcome
    problems: list[str]
    stages: dict[str, Stage]
    crawl: dict[str, Any]
    healing: dict[str, Any]
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    gate: dict[str, Any] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)
    data_docs: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return asdict(self)


def totals(summaries: list[dict[str, Any]]) -> dict[str, Any]:
    """The ledger over all sources: `planned == succeeded + the sum of failed`, whatever the sources were."""
    failed: dict[str, int] = {}
    for summary in summaries:
        for reason, count in summary.get("failed", {}).items():
            failed[reason] = failed.get(reason, 0) + count
    return {
        "planned": sum(summary.get("planned", 0) for summary in summaries),
        "succeeded": sum(summary.get("succeeded", 0) for summary in summaries),
        "already_done": sum(summary.get("already_done", 0) for summary in summaries),
        "failed": dict(sorted(failed.items())),
        "sources": {summary["source"]: summary for summary in summaries},
    }


def outcome_of(failed_tasks: list[str], gate: dict[str, Any], load: dict[str, Any]) -> Outcome:
    """A day is a success when its mart passed the gate and was loaded, and nothing on the way failed."""
    if failed_tasks:
        return "failed"
    if gate.get("status") == "empty":
        return "empty"
    return "success" if load else "failed"
