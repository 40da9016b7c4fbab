"""What `make sql` shows of an answer."""

from __future__ import annotations

import io

from rich.console import Console

from local.sql import show

ANSWER = (["part", "?column?", "?column?"], [["필터 [RH]", "12000", ""], ["캡", "1", "2"]])


def shown(width: int) -> str:
    file = io.StringIO()
    show(ANSWER, Console(file=file, width=width))
    return file.getvalue()


def test_rows_that_fit_are_a_table() -> None:
    assert "│ 필터 [RH] │ 12000    │          │" in shown(60)


def test_rows_that_do_not_fit_are_blocks_with_nothing_cut_off() -> None:
    blocks = [
        ["row 1", "  part      필터 [RH]", "  ?column?  12000", "  ?column?  "],
        ["row 2", "  part      캡", "  ?column?  1", "  ?column?  2"],
    ]
    assert shown(20).splitlines() == [line for block in blocks for line in block]
