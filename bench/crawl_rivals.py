"""The same pages and fields with the usual tools, each in a process of its own: `python -m bench.crawl_rivals scrapy URLS OUT`."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LABELS = {
    "name": "상품명",
    "official_name": "정식 부품명",
    "part_no": "부품번호",
    "price_text": "판매가",
    "applicable_text": "적용차(생산연도)",
}


def fold(text: str) -> str | None:
    return re.sub(r"[^\S\n]+", " ", text).strip() or None


def with_scrapy(urls: list[str]) -> tuple[int, float]:
    """Pages and CPU seconds of a Scrapy spider with its defaults but for the worker's concurrency and gzip lines as its output."""
    import scrapy
    from scrapy.crawler import CrawlerProcess

    found: list[dict[str, Any]] = []
    out = tempfile.mkdtemp() + "/offers.jsonl.gz"

    class Spider(scrapy.Spider):  # type: ignore[misc]
        name = "parts"
        start_urls = urls

        def parse(self, response: Any) -> Any:
            offer: dict[str, Any] = {"url": response.url}
            for field, label in LABELS.items():
                cell = response.xpath(
                    f'//div[contains(@class,"xans-product-detaildesign")]//tr[th[normalize-space()="{label}"]]/td[1]'
                )
                offer[field] = fold("\n".join(cell.xpath(".//text()").getall()))
            found.append(offer)
            return offer

    process = CrawlerProcess(
        {"LOG_LEVEL": "ERROR", "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "DOWNLOAD_DELAY": 0,
         "ROBOTSTXT_OBEY": True, "TELNETCONSOLE_ENABLED": False,
         "FEEDS": {out: {"format": "jsonlines", "postprocessing": ["scrapy.extensions.postprocessing.GzipPlugin"]}}}
    )  # fmt: skip
    process.crawl(Spider)
    started = time.process_time()
    process.start()
    assert all(offer["price_text"] for offer in found)
    return len(found), time.process_time() - started


def with_requests(urls: list[str]) -> tuple[int, float]:
    """Pages and CPU seconds of a plain loop with requests and BeautifulSoup, as most first crawlers are."""
    import requests
    from bs4 import BeautifulSoup

    started = time.process_time()
    found = 0
    for url in urls:
        page = BeautifulSoup(requests.get(url, timeout=20).content, "html.parser")
        offer = {}
        for field, label in LABELS.items():
            head = page.find("th", string=label)
            offer[field] = fold(head.find_next("td").get_text("\n")) if head else None
        found += bool(offer["price_text"])
    assert found == len(urls)
    return found, time.process_time() - started


def main(rival: str, urls: str, out: str) -> None:
    ways: dict[str, Callable[[list[str]], tuple[int, float]]] = {"scrapy": with_scrapy, "requests_bs4": with_requests}
    pages, cpu_s = ways[rival](json.loads(Path(urls).read_text(encoding="utf-8")))
    Path(out).write_text(json.dumps({"pages": pages, "cpu_s": cpu_s}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
