"""A lake for each test, and the two jobs run on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conf.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.at(str(tmp_path))


@pytest.fixture
def run(spark: Any, lake: Lake) -> Callable[..., None]:
    return runner(spark, lake)


def runner(spark: Any, lake: Lake) -> Callable[..., None]:
    """Cleans days, then builds their marts, as the jobs do."""
    from jobs import build_marts, clean_offers

    def both(*days: str, held_back: tuple[str, ...] = (), clean: bool = True, marts: bool = True) -> None:
        for dt in days:
            if clean:
                with ThreadPoolExecutor(1) as reader:
                    clean_offers.run(spark, lake, dt, reader, time.monotonic())
            if marts:
                build_marts.run(spark, lake, dt, list(held_back), time.monotonic())

    return both
