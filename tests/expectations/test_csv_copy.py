"""The CSV copy, read back."""

from __future__ import annotations

import csv
from pathlib import Path

from conf.lake import Lake
from expectations.csv_copy import COLUMNS, write_csv_copy
from tests.expectations import marts
from tests.expectations.marts import DAY


def test_copy_is_rfc_4180_with_a_byte_order_mark(lake: Lake) -> None:
    names = ['볼트 3/8", 긴것', "=HYPERLINK(1)", "줄\n바꿈", "\n=1+1", "3-8", "0012", "1E5", "8mm"]
    rows = marts.summary(marts.offers())[: len(names)]
    marts.put_day(lake, marts.offers(), [{**r, "part_official_name": n} for r, n in zip(rows, names, strict=True)])
    path = Path(write_csv_copy(lake, DAY))
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfpart_official_name,")
    assert '"볼트 3/8"", 긴것"'.encode() in content
    with path.open(encoding="utf-8-sig", newline="") as lines:
        found = list(csv.reader(lines))
    assert found[0] == COLUMNS
    assert sorted(row[0] for row in found[1:]) == sorted(
        ['볼트 3/8", 긴것', "'=HYPERLINK(1)", "줄\n바꿈", "'\n=1+1", "'3-8", "'0012", "'1E5", "8mm"]
    )
    assert {row[2] for row in found[1:]} == {DAY}
    assert write_csv_copy(lake, DAY) == str(path)
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == ["name_price_summary.csv"]
