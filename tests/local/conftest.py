"""One local cloud for all tests that only need some cloud; those that kill it start their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import Cloud
from tests.local.support import Aws


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with Cloud(tmp_path_factory.mktemp("local") / "구름 cloud") as cloud:
        yield Aws(cloud)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder of the test's own, with a space and Korean letters in its path."""
    return tmp_path / "내 폴더" / "cloud"
