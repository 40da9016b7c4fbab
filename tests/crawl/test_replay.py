"""Samples of failed pages: kept as they came, a few of each reason, and read again without asking the shop."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from conf.settings import CONF
from crawl import cafe24, parse, replay
from tests.crawl import shop as bad
from tests.crawl.conftest import BUCKET, DAY, Crawl
from tests.crawl.shop import BadShop, serving

# A layout that nobody knows yet, in EUC-KR; the mended YAML names its class.
DRIFTED = "<html><meta charset=euc-kr><div class='xans-product-detail'><i class='neu'>패드</i><i class='won'>45,100원</i></div></html>"
MENDED = """
id: badshop
name: 가게
engine: cafe24
base_url: http://127.0.0.1:{port}
hosts: ["127.0.0.1:{port}"]
categories: [{{name: 엔진, cate_no: 10}}]
fields:
  name: [{{css: .neu}}]
  price: [{{css: .won}}]
"""


def test_a_mended_yaml_reads_the_kept_pages(aws: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = {number: bad.body(DRIFTED.encode("cp949")) for number in range(1, 6)}
    with serving(BadShop(list(pages), pages)) as shop:
        summary = Crawl(aws, shop.supplier()).crawl()
        asked = shop.asked.total()
        (tmp_path / "badshop.yaml").write_text(MENDED.format(port=shop.port), encoding="utf-8")
        words = ["--supplier", "badshop", "--suppliers", str(tmp_path)]
        assert replay.main([*words, "--raw", f"s3://{BUCKET}/raw", "--dt", DAY]) == 0
        assert shop.asked.total() == asked
    assert summary["failed"] == {"parse_error": 5}
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == "2 samples: 2 are read now, 0 still fail.", "of each reason, a batch keeps two"
    assert printed[0].startswith("parse_error -> success\thttp://127.0.0.1")
    assert printed[0].endswith("name='패드', price_text='45,100원'")
    key = aws.list_objects_v2(Bucket=BUCKET, Prefix="raw/badshop/samples/")["Contents"][0]["Key"]
    sample = tmp_path / "sample.html.gz"
    sample.write_bytes(aws.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert parse.main([*words, "--file", str(sample)]) == 0, "one kept page, the way a worker reads it"


def test_what_is_no_sample_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(b"<html></html>"))
    (tmp_path / "b.html.gz").write_bytes(b"\x1f\x8b\x08broken")
    words = ["--supplier", "partsro", "--suppliers", str(CONF / "suppliers")]
    assert replay.main([*words, "--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("sample -> unreadable") == 2
    assert parse.main([*words, "--file", str(tmp_path / "b.html.gz")]) == 2
    assert "b.html.gz' cannot be read: " in capsys.readouterr().err
    for place, told in (
        (["--folder", str(tmp_path / "none")], "There is no folder "),
        (["--raw", "lake", "--dt", DAY], "--raw: 'lake' is no s3:// address: name a local copy with --folder."),
        (["--raw", "s3://b/raw", "--dt", "x"], "'x' is not a day"),
    ):
        assert replay.main([*words, *place]) == 2
        assert capsys.readouterr().err.startswith(told)


def test_of_a_copy_of_raw_a_supplier_reads_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for source in ("partsro", "hyunki_store"):
        place = tmp_path / source / "samples" / f"dt={DAY}"
        place.mkdir(parents=True)
        (place / "a.html.gz").write_bytes(gzip.compress(b"<html></html>"))
    assert (
        replay.main(["--supplier", "partsro", "--suppliers", str(CONF / "suppliers"), "--folder", str(tmp_path)]) == 0
    )
    printed = capsys.readouterr().out
    assert printed.endswith("\n1 samples: 0 are read now, 1 still fail.\n")
    assert "hyunki_store" not in printed


def test_a_sample_that_breaks_the_parser_hides_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cafe24.read_page

    def breaks(page: Any, url: str, supplier: Any) -> Any:
        if "/1/" in url:
            raise ZeroDivisionError("division by zero")
        return real(page, url, supplier)

    monkeypatch.setattr(cafe24, "read_page", breaks)
    mixed_up = bad.product_page().replace("<body>", "<body><script>var iProductNo = '9';</script>")
    for number, page in ((1, bad.product_page()), (2, bad.product_page()), (3, mixed_up)):
        head = f'<!--sample {{"url": "https://m.partsro.com/product/a/{number}/", "reason": "parse_error"}}-->\n'
        (tmp_path / f"{number}.html.gz").write_bytes(gzip.compress((head + page).encode()))
    words = ["--supplier", "partsro", "--suppliers", str(CONF / "suppliers"), "--folder", str(tmp_path)]
    assert replay.main(words) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in printed[:3]] == [
        "parse_error -> parse_error", "parse_error -> success", "parse_error -> connection",
    ]  # fmt: skip
    assert printed[0].endswith("ZeroDivisionError: division by zero")
    assert printed[2].endswith("the answer is the page of product 9")
