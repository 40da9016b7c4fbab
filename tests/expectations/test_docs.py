"""The pages served over HTTP, as a reviewer's browser asks for them."""

from __future__ import annotations

import logging
import re
import threading
import urllib.request
from pathlib import Path
from urllib.parse import unquote

import pytest

from conf.lake import Lake
from expectations import measures
from expectations.checkpoint import quiet_context
from expectations.docs import DocsError, main, server
from expectations.gate import judge_day
from expectations.sources import judge_sources
from expectations.verdict import Verdict
from tests.expectations import marts
from tests.expectations.marts import DAY


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<h1>품질</h1>", encoding="utf-8")
    return tmp_path


def test_pages_are_served_on_this_machine_only(pages: Path) -> None:
    with server(pages, 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{running.server_port}/") as answer:
            assert "품질" in answer.read().decode()
        with pytest.raises(DocsError, match=rf"Port {running.server_port} cannot be used"):
            server(pages, running.server_port)
        running.shutdown()


def test_no_pages_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--docs", str(tmp_path)]) == 1
    assert "There are no Data Docs in" in capsys.readouterr().err


def test_run_page_says_at_once_what_is_the_matter(lake: Lake) -> None:
    for day in ("2026-11-22", DAY):
        rows = marts.offers(day, factor={"partsro": 1.0 if day < DAY else 2.0, "hyunki_store": 1.1})
        marts.put_day(lake, rows, dt=day)
        judge_sources(lake, day)
        measures.record(lake, Verdict(day, "r", "passed", [], [], {}, {}, ""), {}, None)
    for run in ("first", "second"):
        judge_day(lake, DAY, run_id=run)
    page = Path(lake.docs, f"dt={DAY}/run_id=second/index.html").read_text(encoding="utf-8")
    assert "Nothing was loaded, and the database keeps what it had." in page
    assert page.count("partsro has prices at 2.00 times") == 1
    assert "<td>partsro</td><td class='number'>40</td><td class='number'>40</td>" in page
    assert "<td class='number'>100%</td><td class='number'>60%</td><td>2026-11-22</td>" in page
    assert "<tr class='critical'><td>rows whose max_price is not that of their offers</td>" in page
    assert "<th>part_official_name</th><th>car_type</th><th>part_no</th><th>shop</th>" in page
    assert "href='../run_id%3Dfirst/index.html'" in page


def test_no_link_is_broken_and_each_page_says_its_charset_and_title(lake: Lake) -> None:
    marts.put_day(lake, marts.offers())
    judge_day(lake, DAY, run_id="first")
    judge_day(lake, DAY, run_id="second run/ü+00:00")
    for file in Path(lake.docs).rglob("*.html"):
        page = file.read_text(encoding="utf-8")
        assert re.search("<meta charset=.utf-8.>", page[:1024]), "a browser looks no further"
        title = page.partition("<title>")[2].partition("</title>")[0]
        assert file.stem == "index" or title == file.stem.replace("_", " ")
        assert "+" not in str(file), "S3 takes it for a blank"
    linked = [
        (file.parent / unquote(target.partition("#")[0])).resolve()
        for file in Path(lake.docs).rglob("*.html")
        for target in re.findall(r"""href=["']([^"'#][^"']*)["']""", file.read_text(encoding="utf-8"))
        if not target.startswith("http")
    ]
    assert len(linked) > 10
    assert [path for path in linked if not path.is_file()] == []


@pytest.mark.parametrize("port", ["abc", "-1", "99999", "8000.5"])
def test_port_that_is_none_is_told_in_one_line(tmp_path: Path, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--docs", str(tmp_path), f"--port={port}"]) == 1
    assert (
        capsys.readouterr().err
        == f"PORT: '{port}' is no port: write a number from 1 to 65535, for example PORT=8001.\n"
    )


def test_library_tells_a_task_log_its_warnings_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("great_expectations").setLevel(logging.NOTSET)
    quiet_context(tmp_path)
    assert not logging.getLogger("great_expectations._docs_decorators").isEnabledFor(logging.INFO)
