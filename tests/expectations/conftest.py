"""A lake in a folder whose name has a space and Korean letters, because users' folders do."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.at(str(tmp_path / "내 lake"))
