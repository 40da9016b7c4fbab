"""The pages served over HTTP, as a reviewer's browser asks for them."""

from __future__ import annotations

import threading
import urllib.request
from pathlib import Path

import pytest

from expectations.docs import DocsError, main, server


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
