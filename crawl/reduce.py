"""Closes the ledger of a run and writes its summary: what was planned, what came, what failed and why, and what looks wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from crawl.checks import judge
from crawl.job import Job
from crawl.plan import latest_listing
from crawl.reasons import Reason
from crawl.status import FAILED, PENDING, SUCCESS, UrlStatus, now

COVERED = ("name", "official_name", "part_no", "price", "cars")
# Step Functions hands over at most 256 kB, of all sources together, and a sentence may quote what a shop says.
MAX_SENTENCES, MAX_LETTERS = 30, 500


def close_run(job: Job, failure: str | None) -> dict[str, Any]:
    """Marks what no worker reported as lost, counts the ledger, compares with earlier days, writes and returns the summary."""
    lines = list(job.ledger.read())
    pending = [line for line in lines if line.status == PENDING]
    if pending:
        job.ledger.lose(pending, job.run_id)
        # What a second execution of the day has planned since is nothing that this one's workers reported either.
        lines = [_reported(line) for line in job.ledger.read()]
    summary = _counts(job, lines) | _course(job, lines)
    listing = latest_listing(job)
    errors, warnings = judge(job, listing, summary, failure)
    summary |= {
        "categories": listing.categories if listing else {},
        "limited": listing.limited if listing else False,
        "warnings": _readable(warnings),
        "error": " ".join(_readable(errors)) or None,
        "finished_at": now(),
    }
    job.store.write_json(job.places.summary(), summary)
    return summary


def _reported(line: UrlStatus) -> UrlStatus:
    return line if line.status != PENDING else replace(line, status=FAILED, reason=Reason.LOST.value)


def _readable(sentences: list[str]) -> list[str]:
    return [
        said if len(said) <= MAX_LETTERS else f"{said[: MAX_LETTERS - 100]} … {said[-100:]}"
        for said in sentences[:MAX_SENTENCES]
    ]


def _counts(job: Job, lines: list[UrlStatus]) -> dict[str, Any]:
    failed = Counter(line.reason for line in lines if line.status == FAILED)
    succeeded = [line for line in lines if line.status == SUCCESS]
    fields = Counter(name for line in succeeded for name in line.fields.split(",") if name)
    return {
        "source": job.supplier.id,
        "dt": job.dt,
        "run_id": job.run_id,
        "mode": job.mode,
        "planned": len(lines),
        "succeeded": len(succeeded),
        "failed": dict(sorted(failed.items())),
        "retryable": sum(line.retryable for line in lines),
        "coverage": {name: round(fields[name] / len(succeeded), 4) if succeeded else 0.0 for name in COVERED},
    }


def _course(job: Job, lines: list[UrlStatus]) -> dict[str, Any]:
    """What this run did, from the records of its plans."""
    first = 1 if job.mode == "heal" else 0
    found = (job.store.find_json(job.places.plan(job.mode, number)) for number in range(first, job.round_no + 1))
    plans = [plan for plan in found if plan is not None]
    succeeded = sum(line.status == SUCCESS for line in lines)
    lost = sum(line.reason == "lost" for line in lines)
    before = plans[0]["succeeded_before"] if plans else succeeded
    return {
        "already_done": before,
        "fetched": max(0, max((plan["todo"] for plan in plans), default=0) - lost),
        "rounds": sum(1 for plan in plans if plan["todo"]) if job.mode == "heal" else 0,
        "recovered": succeeded - before if job.mode == "heal" else 0,
        "started_at": plans[0]["started_at"] if plans else now(),
    }
