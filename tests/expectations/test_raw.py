"""The suite of the raw offers, on the files that the crawl writes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from conf.lake import Lake
from expectations.gate import judge_day
from expectations.raw import read_raw
from tests.expectations import marts
from tests.expectations.marts import DAY


def put_raw(lake: Lake, folder: str, *, part: int = 0, tail: str = "", **values: Any) -> None:
    page = {"source": "partsro", "dt": DAY, "fetched_at": f"{DAY}T00:00:01.5+00:00", "attempt": 1}
    page |= {"name": "필터", "part_no": "2741000001", "price_text": "1,000원", "applicable_text": None} | values
    lines = "".join(json.dumps(page | {"url": f"https://a.example/{i}"}, ensure_ascii=False) + "\n" for i in range(20))
    path = Path(lake.offers(folder, DAY), "run_id=r", f"part-{part}.jsonl.gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress((lines + tail).encode()))


def test_good_pages_pass(lake: Lake) -> None:
    marts.put_day(lake, marts.offers())
    put_raw(lake, "partsro", category="가" * 1_000_000)  # more than a block of the reader's
    verdict = judge_day(lake, DAY, run_id="r")
    assert (verdict.status, verdict.rows["raw offers"]) == ("passed", 20), verdict.sentences()


def test_each_fault_is_named(lake: Lake) -> None:
    marts.put_day(lake, marts.offers())
    put_raw(lake, "partsro", part=1, dt="2026-11-22")
    put_raw(lake, "partsro", part=2, fetched_at="yesterday", price_text=None)
    put_raw(lake, "hyunki_store", part=3)
    put_raw(lake, "partsro", part=4, tail="{torn")
    Path(lake.offers("partsro", DAY), "run_id=r", "part-5.jsonl.gz").write_bytes(b"not gzip")
    verdict = judge_day(lake, DAY, run_id="r")
    failed, warned = " ".join(verdict.failures), " ".join(verdict.warnings)
    assert f"dt is {DAY} in 99% of rows" in failed
    assert "source is the shop whose folder" in failed
    for said in ("fetched_at is an instant", "price_text is there", "part-4.jsonl.gz cannot", "part-5.jsonl.gz cannot"):
        assert said in warned


def test_of_many_lost_files_a_few_are_named(lake: Lake) -> None:
    folder = Path(lake.offers("partsro", DAY), "run_id=r")
    folder.mkdir(parents=True)
    for part in range(120):
        (folder / f"part-{part:03}.jsonl.gz").write_bytes(b"not gzip")
    _, troubles = read_raw(lake, DAY, None)
    assert [said.split(" cannot")[0][-12:] for said in troubles[:5]] == [f"00{part}.jsonl.gz" for part in range(5)]
    assert troubles[5:] == ["raw offers: 115 more of partsro's files cannot be read."]


def test_a_broken_file_is_not_mended_by_the_next(lake: Lake) -> None:
    """Files are parsed together, and each is judged by itself. The last has a byte that is no UTF-8."""
    folder = Path(lake.offers("partsro", DAY), "run_id=r")
    folder.mkdir(parents=True)
    for name, text in {
        "a": '{"url": "1"}',
        "b": '{"url": "2", "x":',
        "c": '{"url": "3"}}',
        "d": '\n{"url": "4"}\n',
        "e": '{"url": "5", "name": "\udcff"}',
    }.items():
        (folder / f"part-{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(errors="surrogateescape")))
    rows, troubles = read_raw(lake, DAY, None)
    assert rows["url"].to_pylist() == ["1", "4"]
    assert [said.split(" cannot")[0][-10:] for said in troubles] == ["b.jsonl.gz", "c.jsonl.gz", "e.jsonl.gz"]
