"""Plans one round: which addresses are to be fetched, in which batches, by how many workers, after which wait.

A crawl lists the shop and fetches what has no success yet. A round of healing takes what may still come right, and lists again only those
categories whose list had failed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import uvloop

from conf.supplier import Category, Supplier
from crawl.http import Client
from crawl.job import Job
from crawl.links import read_link
from crawl.listing import CategoryList, Limits, read_lists, same_lists
from crawl.pace import Pace, Share, rate_of, share_out, workers_for
from crawl.robots import Robots, RobotsAnswer
from crawl.status import PENDING, SUCCESS, UrlStatus, now
from crawl.storage import split_uri

# A worker's batch should take five minutes, far below Lambda's limit of fifteen; and it must end within that limit even if the shop is so
# slow that every page takes as long as its timeout allows.
BATCH_SECONDS, SLOW_BATCH_SECONDS = 300, 800
# Step Functions hands over at most 262,144 bytes: so many for the addresses, non-ASCII letters escaped, the rest for the order around them.
BATCH_BYTES = 240_000
# Pages that are worth a worker's start: less work is not divided to use up the budget.
WORTH_PAGES = 100
DAY_SECONDS = 24 * 3600
# What planning keeps back for the ledger: a day's 140,000 new addresses took DynamoDB less than this at a table's first capacity.
WRITING_SECONDS = 240


class PlanError(Exception):
    """A source that cannot be crawled now; the message is the sentence of its report. `may_pass`: trying again, later, can help."""

    def __init__(self, message: str, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


@dataclass
class Listing:
    """What the shop's lists said on this day; kept in S3 for healing, the summary and the next days."""

    categories: dict[str, int] = field(default_factory=dict)  # name of the category: its products
    rows: dict[str, int] = field(default_factory=dict)  # name of the category: rows of its list
    failed: list[str] = field(default_factory=list)  # categories whose list could not be read to its end
    passing: list[str] = field(default_factory=list)  # those of them for which a later try can help
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    limited: bool = False  # the run's own limits, not the shop, ended a list
    robots: dict[str, Any] = field(default_factory=dict)
    new: int = 0  # addresses that the ledger did not know


def make_plan(job: Job, left: Callable[[], float]) -> dict[str, Any]:
    """Plans, writes batches and ledger, and returns the small record that the state machine goes on with.

    `left` tells the seconds until Lambda ends the function: a list that is too slow is cut short and reported, not lost with the plan.
    """
    started_at, clock = now(), time.monotonic()
    known = {read.url: read for read in job.ledger.read()}
    try:
        listing, fresh = _list_shop(job, known, left)
    except PlanError as error:
        if not (error.may_pass and _another_round(job)):
            raise
        return _empty_round(job)
    _note_down(job, listing, fresh)
    if job.mode == "heal":
        lost = [line for line in known.values() if line.status == PENDING]
        job.ledger.lose(lost, job.run_id)
    todo = [*_todo(job, known.values()), *fresh]
    if job.mode == "heal" and job.round_no > job.max_rounds:
        todo = []
    succeeded = sum(line.status == SUCCESS for line in known.values())
    record = _write_batches(job, listing, todo)
    job.store.write_json(
        job.places.plan(job.mode, job.round_no),
        record
        | {
            "started_at": started_at,
            "seconds": round(time.monotonic() - clock, 3),
            "succeeded_before": succeeded,
            "todo": len(todo),
            "robots": listing.robots,
        },
    )
    return record


def _todo(job: Job, known: Iterable[UrlStatus]) -> list[str]:
    """A crawl asks again for all that has no success; healing only for what may still come right."""
    if job.mode == "heal":
        return [line.url for line in known if line.retryable]
    return [line.url for line in known if line.status != SUCCESS]


def _write_batches(job: Job, listing: Listing, todo: list[str]) -> dict[str, Any]:
    budget = job.supplier.budget
    delay = Robots(RobotsAnswer(**listing.robots)).delay_s if job.supplier.robots.obey else 0.0
    _refuse_endless(job, len(todo), delay)
    workers = workers_for(budget, -(-len(todo) // min(budget.batch_size, WORTH_PAGES)), delay)
    size = _batch_size(job.supplier, len(todo), workers, share_out(budget, workers, delay))
    batches = list(_cut(todo, size))
    workers = max(1, min(workers, len(batches)))
    share = share_out(budget, workers, delay)
    uri = job.places.batches(job.mode, job.round_no)
    job.store.write_json(uri, [{"batch": number, "urls": urls} for number, urls in enumerate(batches)])
    bucket, key = split_uri(uri)
    again = bool(listing.passing) and _another_round(job)
    return {
        "batches": len(batches),
        "workers": workers,
        "wait_s": _wait(job) if batches or again else 0,
        "again": again,
        "bucket": bucket,
        "key": key,
        "share": {"rps": share.rps, "concurrency": share.concurrency},
    }


def _another_round(job: Job) -> bool:
    """Whether a list or a robots.txt that cannot be read now will be asked for again."""
    return job.mode == "heal" and job.round_no < job.max_rounds


def _empty_round(job: Job) -> dict[str, Any]:
    """A round that does nothing but wait."""
    bucket, key = split_uri(job.places.batches(job.mode, job.round_no))
    return {"batches": 0, "workers": 1, "wait_s": _wait(job), "again": True, "bucket": bucket, "key": key}


def _refuse_endless(job: Job, urls: int, delay: float) -> None:
    """A rate that a worker cannot wait for, or at which the day's pages take longer than a day, is for a person to settle."""
    gap = 1 / rate_of(job.supplier.budget, delay)
    if gap > BATCH_SECONDS or urls * gap > DAY_SECONDS:
        who = "robots.txt asks for" if delay else "budget.max_rps means"
        long = f"{urls:,} pages would take {urls * gap / 3600:,.0f} hours" if urls else "no worker can wait so long"
        raise PlanError(
            f"{job.supplier.id}: {who} {gap:,.1f} s between two requests: {long}. "
            f"List fewer categories, or agree on another rate with the shop."
        )


def _batch_size(supplier: Supplier, urls: int, workers: int, share: Share) -> int:
    """At most the YAML's size and what the worker's share fetches in time; then as even as makes all workers end together."""
    slow = share.concurrency * SLOW_BATCH_SECONDS / supplier.timeouts.detail_s
    most = max(1, int(min(supplier.budget.batch_size, share.rps * BATCH_SECONDS, slow)))
    batches_each = -(-urls // (workers * most))
    return max(1, -(-urls // max(1, workers * batches_each)))


def _cut(urls: list[str], size: int) -> Iterator[list[str]]:
    """Batches of so many addresses, fewer where they are long: what is handed to a worker has a limit of its own."""
    batch: list[str] = []
    room = BATCH_BYTES
    for url in urls:
        needed = len(json.dumps(url)) + 1
        if batch and (len(batch) >= size or needed > room):
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(url)
        room -= needed
    if batch:
        yield batch


def _wait(job: Job) -> int:
    """Seconds before a round of healing: they grow from round to round; a crawl starts at once."""
    if job.mode != "heal":
        return 0
    waits = job.supplier.retry.round_waits_s
    return waits[min(job.round_no, len(waits)) - 1]


def _list_shop(job: Job, known: dict[str, UrlStatus], left: Callable[[], float]) -> tuple[Listing, list[str]]:
    """The day's listing and the addresses that the ledger does not know yet; `known` is brought up to date."""
    before = latest_listing(job)
    categories = job.supplier.categories
    if job.mode == "heal" and before is not None:
        categories = [category for category in categories if category.name in before.failed]
        if not categories or job.round_no > job.max_rounds:
            return before, []
    listing, lists = uvloop.run(_read_shop(job, categories, left))
    fresh = _fresh(job, lists, known)
    if fresh:
        # A second execution of the day may have planned, and fetched, while this one read its lists for minutes.
        known |= {read.url: read for read in job.ledger.read()}
        fresh = _fresh(job, lists, known)
    listing = _merged(before if job.mode == "heal" else None, listing)
    listing.new = len(fresh)
    return listing, fresh


def _note_down(job: Job, listing: Listing, fresh: list[str]) -> None:
    """The new addresses into the ledger, and then the listing that they came from.

    Should this function die in between, what healing finds is a listing of failed categories, so it reads them again: a list that
    counts as read while half of its addresses are in no ledger would lose the other half without a word.
    """
    if fresh:
        halfway = replace(listing, failed=list(listing.categories))
        job.store.write_json(job.places.latest_listing(), halfway.__dict__)
        job.ledger.plan(fresh, job.run_id)
    job.store.write_json(job.places.latest_listing(), listing.__dict__)


def latest_listing(job: Job) -> Listing | None:
    """The day's newest listing, None where no list was read yet."""
    found = job.store.find_json(job.places.latest_listing())
    return None if found is None else Listing(**found)


async def _read_shop(
    job: Job, categories: list[Category], left: Callable[[], float]
) -> tuple[Listing, list[CategoryList]]:
    supplier = job.supplier
    share = share_out(supplier.budget, 1)
    limits = Limits(job.max_pages, job.count, lambda: left() - WRITING_SECONDS)
    async with Client(supplier, share) as client:
        answer = await client.robots_txt(limits.left) if supplier.robots.obey else RobotsAnswer(404)
        client.robots = Robots(answer)
        if not client.robots.reachable:
            said = f"HTTP {answer.status}" if answer.status else answer.detail or "no answer"
            raise PlanError(
                f"{supplier.id}: robots.txt cannot be read ({said}), so nothing may be fetched now.", may_pass=True
            )
        _refuse_endless(job, 0, client.robots.delay_s)
        client.pace = Pace(share_out(supplier.budget, 1, client.robots.delay_s))
        lists = await read_lists(client, categories, limits)
    listing = Listing(
        categories={each.name: len(each.products) for each in lists},
        rows={each.name: each.rows for each in lists},
        failed=[each.name for each in lists if each.error],
        passing=[each.name for each in lists if each.may_pass],
        errors=[each.error for each in lists if each.error],
        warnings=[*(warning for each in lists for warning in each.warnings), *same_lists(supplier.id, lists)],
        limited=any(each.limited for each in lists),
        robots=answer.to_json(),
    )
    listing.limited = listing.limited or job.count is not None
    return listing, lists


def _fresh(job: Job, lists: list[CategoryList], known: dict[str, UrlStatus]) -> list[str]:
    """New products, each once however many categories list it, up to the run's limit."""
    seen = {link.product_no for url in known if (link := read_link(url)) is not None}
    room = None if job.count is None else max(0, job.count - len(known))
    fresh: list[str] = []
    for listed in lists:
        for product_no, url in listed.products.items():
            if product_no in seen:
                continue
            if room is not None and len(fresh) >= room:
                return fresh
            seen.add(product_no)
            fresh.append(url)
    return fresh


def _merged(before: Listing | None, newer: Listing) -> Listing:
    """Healing's second look at some categories, put in the place of the first."""
    if before is None:
        return newer
    return Listing(
        categories=before.categories | newer.categories,
        rows=before.rows | newer.rows,
        failed=newer.failed,
        passing=newer.passing,
        errors=newer.errors,
        warnings=[*before.warnings, *newer.warnings],
        limited=before.limited or newer.limited,
        robots=newer.robots,
    )
