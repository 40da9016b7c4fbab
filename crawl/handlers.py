"""The Lambda entry points. Each reads its order, does one step, and returns a small record for the state machine.

`infra/functions.json` names them; an exception becomes the function's error, which the state machine catches per source and per batch.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from crawl.fetch import run_batch
from crawl.job import Job
from crawl.plan import make_plan
from crawl.reduce import close_run

logging.getLogger("crawl").setLevel(logging.INFO)


def plan(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{source, input, run_id, mode, round, max_rounds}` -> batches in S3, their number, workers and the wait before them."""
    return make_plan(Job.of(event), _left(context))


def fetch(event: dict[str, Any], context: Any) -> dict[str, int]:
    """`{input, run_id, mode, round, batch: {batch, urls}}` -> how many pages ended how; the pages are in S3, their fate in DynamoDB."""
    return run_batch(Job.of(event), event, _left(context))


def reduce(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{source, input, run_id, mode, round, error?}` -> the source's summary, also where its crawl failed."""
    return close_run(Job.of(event), _sentence(event))


def _left(context: Any) -> Callable[[], float]:
    """Tells the seconds until Lambda ends the function."""
    stop = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    return lambda: stop - time.monotonic()


def _sentence(event: dict[str, Any]) -> str | None:
    """The caught error of an earlier step in words: a Lambda error's cause is JSON with `errorMessage`."""
    error = event.get("error")
    if not error:
        return None
    cause = error.get("Cause") or ""
    try:
        message = json.loads(cause).get("errorMessage") or cause
    except (ValueError, AttributeError):
        message = cause
    source = event.get("source", "")
    return message if message.startswith(f"{source}: ") else f"{source}: {error.get('Error', 'Error')}: {message[:500]}"
