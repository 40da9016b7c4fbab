"""How hard one worker may knock: its share of the host's budget, kept over all its requests, and pauses that the host asks for."""

from __future__ import annotations

import asyncio
import math
import random
import time
from dataclasses import dataclass

from conf.supplier import Budget, Retry

# Reading a page takes 2.6 ms of a whole core, so 9 ms where a Lambda function of 512 MB gets 0.29 of a core. At 20 requests a second a
# worker is busy for a fifth of its time, which leaves room for slow pages and for storing; and if the shop answers in 300 ms, 20 requests
# a second keep six connections busy.
WORKER_RPS, LATENCY_S = 20.0, 0.3
# Twice as many still leave it idle for more than half of the time.
MOST_RPS = 40.0


@dataclass(frozen=True)
class Share:
    """One worker's part of a supplier's budget."""

    rps: float
    concurrency: int


def rate_of(budget: Budget, delay_s: float = 0.0) -> float:
    """Requests a second that the whole host may be asked for; a robots.txt delay lowers it."""
    return min(budget.max_rps, 1 / delay_s) if delay_s else budget.max_rps


def share_out(budget: Budget, workers: int, delay_s: float = 0.0) -> Share:
    """The budget divided over the workers that run at once."""
    return Share(rps=rate_of(budget, delay_s) / workers, concurrency=max(1, budget.max_concurrency // workers))


def workers_for(budget: Budget, batches: int, delay_s: float = 0.0) -> int:
    """How many workers may run at once: about as few as can use up the budget, since a worker is paid for while it waits.

    Each worker gets a whole number of connections. The numbers of workers that leave the fewest connections unused come first: a slow shop
    needs all of them.
    """
    usable = min(rate_of(budget, delay_s), budget.max_concurrency / LATENCY_S)
    some = range(math.ceil(usable / MOST_RPS), math.ceil(usable / WORKER_RPS) + 1)
    wanted = min(some, key=lambda workers: (budget.max_concurrency % workers, -workers))
    return max(1, min(budget.max_workers, budget.max_concurrency, batches, wanted))


class Pace:
    """Hands out the instants at which requests may start, evenly spaced, for all coroutines of a worker.

    The first one waits like any other: the worker's last batch may have ended with a request a moment ago.
    """

    def __init__(self, share: Share) -> None:
        self._gap = 1 / share.rps
        self._next = time.monotonic() + self._gap
        self.slots = asyncio.Semaphore(share.concurrency)

    async def turn(self) -> None:
        """Waits for the next free instant. A pause that begins meanwhile holds this request back too."""
        while True:
            moment = time.monotonic()
            if self._next <= moment:
                self._next = max(self._next, moment - self._gap) + self._gap
                return
            reserved = self._next
            self._next += self._gap
            await asyncio.sleep(reserved - moment)
            if self._pause_until <= time.monotonic():
                return
            self._next = max(self._next, self._pause_until)

    _pause_until = 0.0

    def pause(self, seconds: float) -> None:
        """The host asked for silence: nobody starts a request before it is over."""
        self._pause_until = max(self._pause_until, time.monotonic() + seconds)
        self._next = max(self._next, self._pause_until)


def backoff(retry: Retry, attempt: int) -> float:
    """Seconds before try `attempt + 1`: exponential with full jitter, so that workers do not come back all at once."""
    ceiling = min(retry.backoff_cap_s, retry.backoff_s * 2 ** (attempt - 1))
    return random.uniform(0, ceiling)  # noqa: S311 - spreads load, guards nothing
