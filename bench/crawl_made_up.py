"""The fetch function with made-up pages; `bench/crawl_scale.py` puts it into the function's package."""

from __future__ import annotations

from typing import Any

from crawl import fetch as batches
from crawl import handlers
from crawl.answers import Answer
from crawl.http import Client
from crawl.offer import PageFields


async def _get(self: Any, url: str, timeout_s: float, until: Any) -> tuple[Answer, int]:
    return Answer(url, 200, b"", "utf-8"), 0


def _read(body: bytes, charset: str | None, url: str, supplier: Any) -> PageFields:
    number = url.split("/")[5]
    name = f"필터 어셈블리-엔진 오일 {number}"
    return PageFields(name, "필터 어셈블리", f"{number:0>10}", "12,340원", "쏘나타(DN8) 2019~2023", "엔진")


vars(batches)["read_bytes"] = _read
setattr(Client, "get", _get)  # noqa: B010  mypy takes no assignment to a method


def fetch(event: dict[str, Any], context: Any) -> dict[str, int]:
    return handlers.fetch(event, context)
