"""Which worker takes an event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud.workers import Function, Pool


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    made = Pool(tmp_path / "logs", at_work=1, workers=2)
    yield made
    for worker in made._idle:
        worker.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "who.py").write_text("import os\n\ndef am_i(event, context):\n    return os.getpid()\n")
    return tmp_path


def pid(pool: Pool, name: str, folder: Path) -> int:
    assert pool.admit(name, None)
    outcome = pool.run(Function(name, f"arn:{name}", "who.am_i", folder, timeout=20, memory=128), {})
    assert not outcome.failed, outcome.body
    return int(outcome.body)


def test_workers_of_two_functions_stay_warm_beside_each_other(pool: Pool, folder: Path) -> None:
    first, second = pid(pool, "a", folder), pid(pool, "b", folder)
    assert first != second
    assert [pid(pool, name, folder) for name in ("a", "b", "a")] == [first, second, first]


def test_the_one_that_was_idle_for_longest_makes_room(pool: Pool, folder: Path) -> None:
    oldest, kept = pid(pool, "a", folder), pid(pool, "b", folder)
    pid(pool, "c", folder)
    assert pid(pool, "b", folder) == kept
    assert pid(pool, "a", folder) != oldest
