"""Fetches one batch: every address ends with a result, results are stored before they are recorded, and time is never overrun."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uvloop
from botocore.exceptions import BotoCoreError, ClientError

from crawl.answers import Answer, FetchError
from crawl.http import Client
from crawl.job import Job
from crawl.offer import PageError, PageFields
from crawl.pace import Share
from crawl.reading import in_a_row, read_bytes
from crawl.reasons import Reason
from crawl.refusals import refuse_another, refuse_elsewhere
from crawl.robots import ALLOW_ALL, Robots, RobotsAnswer
from crawl.samples import Samples
from crawl.status import FAILED, SUCCESS, UrlStatus, now
from crawl.storage import gzip_lines

# Results are stored and recorded when a whole transaction of them has come together, or so many seconds have passed since the last time.
FLUSH_RESULTS, FLUSH_SECONDS = 100, 10.0
# Pages are parsed in groups of this size, or ten times a second. Parsed one by one between other work, each takes a tenth longer,
# because the parser's code has left the processor's caches.
READ_AT_ONCE = 8
# Lambda ends a worker at its limit without a word: stop asking for pages early enough to store and record what there is.
RESERVE_SECONDS = 15.0
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What became of one address."""

    status: UrlStatus
    offer: dict[str, Any] | None = None


class Batch:
    """One invocation's work."""

    def __init__(
        self, job: Job, number: int, urls: list[str], share: Share, robots: Robots, left: Callable[[], float]
    ) -> None:
        self.job = job
        self.urls = urls
        self.share = share
        self.robots = robots
        self.part = f"{job.mode}-{job.round_no}-{number:05d}-{uuid.uuid4().hex[:8]}"
        self.left = left
        self.samples = Samples(job.store, job.places, self.part)
        self._known: dict[str, UrlStatus] = {}
        self._waiting: list[Result] = []
        self._unread: list[tuple[str, Answer]] = []
        self._stored = b""
        self._stored_urls: set[str] = set()
        self._counts: dict[str, int] = {}

    async def run(self) -> dict[str, int]:
        """Fetches what has no success yet; returns how many pages ended how."""
        self._known = await asyncio.to_thread(self.job.ledger.read_some, self.urls)
        todo = [url for url in self.urls if self._earlier(url).status != SUCCESS]
        async with Client(self.job.supplier, self.share, self.robots) as client:
            tasks = [asyncio.create_task(self._one(client, url)) for url in todo]
            over = asyncio.Event()
            flusher = asyncio.create_task(self._flush_now_and_then(over))
            try:
                await self._all_in_time(dict(zip(todo, tasks, strict=True)))
            finally:
                over.set()
                await flusher
        await self._flush()
        return self._counts

    def _earlier(self, url: str) -> UrlStatus:
        return self._known.get(url) or UrlStatus(url)

    async def _all_in_time(self, tasks: dict[str, asyncio.Task[None]]) -> None:
        """Waits for the pages; those that are not there when the time is over are given up as `deadline`."""
        if tasks:
            await asyncio.wait(tasks.values(), timeout=max(0.0, self.left() - RESERVE_SECONDS))
        self._read_all()
        for url, task in tasks.items():
            if not task.done():
                task.cancel()
                self._waiting.append(self._failure(url, Reason.DEADLINE, 0))
        await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _one(self, client: Client, url: str) -> None:
        try:
            timeout = self.job.supplier.timeouts.detail_s
            answer, _ = await client.get(url, timeout, until=lambda: self.left() - RESERVE_SECONDS)
        except FetchError as error:
            _logger.info("%s %s: %s (%s)", self.job.supplier.id, url, error.reason, error.detail)
            self._waiting.append(self._failure(url, error.reason, error.status))
        except Exception:
            _logger.exception("%s %s: the client failed", self.job.supplier.id, url)
            self._waiting.append(self._failure(url, Reason.CONNECTION, 0))
        else:
            self._unread.append((url, answer))
            if len(self._unread) >= READ_AT_ONCE:
                self._read_all()

    def _read_all(self) -> None:
        """Reads the pages that have come. A group of slow ones must not use up the time for storing."""
        unread, self._unread = self._unread, []
        with in_a_row():
            for url, answer in unread:
                in_time = self.left() > RESERVE_SECONDS
                self._waiting.append(self._read(url, answer) if in_time else self._failure(url, Reason.DEADLINE, 0))

    def _read(self, url: str, answer: Answer) -> Result:
        """Page to offer. A page that breaks the parser costs nobody else a result: it is a parse error, kept as a sample."""
        try:
            refuse_elsewhere(url, answer.url)
            refuse_another(url, answer.body)
            fields = read_bytes(answer.body, answer.charset, url, self.job.supplier)
        except PageError as error:
            reason, detail = error.reason, error.detail
        except Exception as error:
            _logger.exception("%s %s: the parser failed", self.job.supplier.id, url)
            reason, detail = Reason.PARSE_ERROR, f"{type(error).__name__}: {error}"
        else:
            return self._success(url, answer, fields)
        _logger.info("%s %s: %s (%s)", self.job.supplier.id, url, reason, detail)
        self.samples.keep(url, reason, answer.body)
        return self._failure(url, reason, answer.status)

    def _success(self, url: str, answer: Answer, fields: PageFields) -> Result:
        attempt = self._earlier(url).attempt + 1
        offer = {
            "source": self.job.supplier.id,
            "url": url,
            "dt": self.job.dt,
            "run_id": self.job.run_id,
            "attempt": attempt,
            "fetched_at": now(),
            **fields.__dict__,
        }
        status = UrlStatus(url, SUCCESS, "", answer.status, attempt, self.job.run_id, fields.present())
        return Result(status, offer)

    def _failure(self, url: str, reason: Reason, http_status: int) -> Result:
        attempt = self._earlier(url).attempt + 1
        return Result(UrlStatus(url, FAILED, reason.value, http_status, attempt, self.job.run_id))

    async def _flush_now_and_then(self, over: asyncio.Event) -> None:
        flushed = time.monotonic()
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 0.1)
            self._read_all()
            due = time.monotonic() - flushed > FLUSH_SECONDS and self._waiting
            if due or len(self._waiting) >= FLUSH_RESULTS:
                try:
                    await self._flush()
                except (BotoCoreError, ClientError):
                    _logger.exception("%s: results could not be stored yet", self.part)
                flushed = time.monotonic()

    async def _flush(self) -> None:
        """Stores what has come together. Only ever one at a time: the flusher's, and after its end the last one.

        Results that AWS would not take are kept for the next time; only the last time's error is the worker's.
        """
        results, self._waiting = self._waiting, []
        try:
            if results:
                await asyncio.to_thread(self._store, results)
        except (BotoCoreError, ClientError):
            self._waiting = [*results, *self._waiting]
            raise

    def _store(self, results: list[Result]) -> None:
        """Offers first, then the ledger: what is recorded as a success is in the lake, whatever happens in between."""
        offers = [result.offer for result in results if result.offer and result.status.url not in self._stored_urls]
        if offers:
            packed = self._stored + gzip_lines(offers)
            self.job.store.write(self.job.places.offers(self.part), packed, "application/gzip")
            self._stored = packed
            self._stored_urls |= {offer["url"] for offer in offers}
        self.job.ledger.succeed([result.status for result in results if result.offer is not None])
        self.job.ledger.fail([result.status for result in results if result.offer is None])
        for result in results:
            label = result.status.reason or "succeeded"
            self._counts[label] = self._counts.get(label, 0) + 1
        self._store_samples()

    def _store_samples(self) -> None:
        """A sample that cannot be stored is a pity, and no reason to lose the pages' results, which are recorded by now."""
        try:
            self.samples.store()
        except (BotoCoreError, ClientError):
            _logger.exception("%s: samples were not kept", self.part)


def run_batch(job: Job, event: dict[str, Any], left: Callable[[], float]) -> dict[str, int]:
    """Runs the batch of one event."""
    plan = job.store.read_json(job.places.plan(job.mode, job.round_no))
    robots = Robots(RobotsAnswer(**plan["robots"])) if job.supplier.robots.obey else ALLOW_ALL
    share = Share(**plan["share"])
    batch = Batch(job, int(event["batch"]["batch"]), event["batch"]["urls"], share, robots, left)
    return uvloop.run(batch.run())
