"""What an empty day leaves behind is removed; nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from deltalake import DeltaTable

from conf.lake import Lake
from expectations.csv_copy import csv_path, write_csv_copy
from expectations.tables import LakeError
from orchestration.cleanup import cleanup_empty_mart_outputs
from tests.expectations import marts
from tests.expectations.marts import DAY


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake.at(str(tmp_path / "내 lake"))
    for day in ("2026-11-22", DAY):
        marts.put_day(lake, marts.offers(day), dt=day)
        write_csv_copy(lake, day)
    return lake


def test_empty_day_goes_with_its_copy_and_the_others_stay(lake: Lake) -> None:
    table = lake.mart_table("name_price_summary")
    DeltaTable(table).delete(f"dt = '{DAY}'")
    removed = cleanup_empty_mart_outputs(lake, DAY)
    assert csv_path(lake, DAY) in removed
    assert any(f"/name_price_summary/dt={DAY}/" in path for path in removed)
    assert not Path(csv_path(lake, DAY)).parent.exists()
    assert not Path(table, f"dt={DAY}").exists()
    assert Path(csv_path(lake, "2026-11-22")).is_file()
    assert DeltaTable(table).to_pyarrow_table().num_rows == 40
    assert cleanup_empty_mart_outputs(lake, DAY) == []


def test_day_with_rows_keeps_everything(lake: Lake) -> None:
    assert cleanup_empty_mart_outputs(lake, DAY) == []
    assert Path(csv_path(lake, DAY)).is_file()


def test_damaged_table_stays_for_inspection(lake: Lake) -> None:
    next(Path(lake.mart_table("name_price_summary")).glob("_delta_log/*.json")).write_text("{", encoding="utf-8")
    with pytest.raises(LakeError, match="cannot be read"):
        cleanup_empty_mart_outputs(lake, DAY)
    assert Path(csv_path(lake, DAY)).is_file()


def test_what_is_no_day_removes_nothing(lake: Lake) -> None:
    with pytest.raises(ValueError, match="is not a day"):
        cleanup_empty_mart_outputs(lake, "../dt=2026-11-22")
