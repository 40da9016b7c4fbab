"""Serves the demo shops over HTTP, one port each, with the faults of `local.shops.faults`."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from local.shops import pages
from local.shops.catalogue import Shop
from local.shops.faults import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.web_request import BaseRequest

HANG_SECONDS = 60.0
LIST_API = "/exec/front/Product/ApiProductNormal"
ROBOTS = "User-agent: *\nAllow: /\nDisallow: /admin/\nDisallow: /member/\nDisallow: /order/\nDisallow: /myshop/\n"
_DETAIL = re.compile(r"/product/(?:[^/]+/)?(\d+)/(?:category/(\d+)/)?(?:display/\d+/)?$")
_CATEGORY = re.compile(r"/category/(?:[^/]+/)?(\d+)/$")
_LARGEST_COUNT = 1000


class ShopServer:
    """One shop. How often each product was asked for decides when a fault is over."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.asked: Counter[int] = Counter()
        self.served: Counter[str] = Counter()
        self._renderer = pages.Renderer(shop)
        self._faults: dict[str, Callable[[BaseRequest, int], Awaitable[web.StreamResponse]]] = {
            "timeout": self._hang, "error_500": self._status(500), "long_503": self._status(503), "down": self._status(503),
            "throttled": self._status(429, {"Retry-After": "1"}), "dropped": self._drop, "not_found": self._status(404),
            "removed": self._removed,
        }  # fmt: skip

    async def handle(self, request: BaseRequest) -> web.StreamResponse:
        response = await self._answer(request)
        self.served[str(response.status)] += 1
        return response

    async def _answer(self, request: BaseRequest) -> web.StreamResponse:
        parts = urlsplit(request.raw_path if hasattr(request, "raw_path") else str(request.rel_url))
        query = parse_qs(parts.query)
        if parts.path == LIST_API:
            return self._list(query)
        if found := _DETAIL.match(parts.path):
            return await self._detail(request, int(found[1]), int(found[2]) if found[2] else None)
        if parts.path == "/product/detail.html":
            return await self._detail(request, _number(query, "product_no", 0), _number(query, "cate_no", 0) or None)
        if (found := _CATEGORY.match(parts.path)) or parts.path.startswith("/product/list"):
            return self._category(int(found[1]) if found else _number(query, "cate_no", 0))
        return self._other(parts.path)

    def _other(self, path: str) -> web.Response:
        if path == "/robots.txt":
            return web.Response(text=ROBOTS)
        if path == "/__stats":
            return web.json_response(
                {"source": self.shop.source, "products": self.shop.products, "served": dict(self.served)}
            )
        if path == "/exec/front/Product/SubCategory":
            return web.json_response([_sub_category(*each) for each in self.shop.categories.items()])
        if path == "/":
            return _page(self._renderer.category(next(iter(self.shop.categories))))
        return _page("<html><body>페이지를 찾을 수 없습니다.</body></html>", 404)

    def _list(self, query: dict[str, list[str]]) -> web.Response:
        """Past the last page there is an empty list, and for an unknown category too, as on the real platform."""
        cate_no, page, asked = _number(query, "cate_no", 0), _number(query, "page", 1), _number(query, "count", 20)
        numbers, count = self.shop.listed.get(cate_no, []), max(1, min(asked, _LARGEST_COUNT))
        shown = numbers[max(page - 1, 0) * count : max(page, 1) * count]
        data = [self.shop.list_entry(number, cate_no) for number in shown]
        answer = {"rtn_code": "1000", "rtn_data": {"data": data, "end": page >= math.ceil(len(numbers) / count)}}
        return web.Response(text=json.dumps(answer), content_type="application/json")

    async def _detail(self, request: BaseRequest, product_no: int, cate_no: int | None) -> web.StreamResponse:
        if not self.shop.has(product_no):
            return _removed_page()
        fault = self.shop.fault(product_no)
        self.asked[product_no] += 1
        if fault is not None and _fails_now(fault, self.asked[product_no]):
            return await self._faults[fault.kind](request, product_no)
        return self._product_page(request, product_no, cate_no)

    def _product_page(self, request: BaseRequest, product_no: int, cate_no: int | None) -> web.Response:
        pieces = self._pieces(product_no, cate_no)
        headers = {"Content-Type": "text/html; charset=utf-8", "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=pages.gzipped(pieces), headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=pages.plain(pieces), headers=headers)

    def _pieces(self, product_no: int, cate_no: int | None) -> list[str | pages.Piece]:
        known = cate_no if cate_no in self.shop.categories else None
        product = self.shop.product(product_no, known)
        return self._renderer.detail(product, known or product.categories[0])

    def _category(self, cate_no: int) -> web.Response:
        if cate_no not in self.shop.categories:
            return _page("<html><body>분류를 찾을 수 없습니다.</body></html>", 404)
        return _page(self._renderer.category(cate_no))

    def _status(
        self, status: int, headers: dict[str, str] | None = None
    ) -> Callable[[BaseRequest, int], Awaitable[web.StreamResponse]]:
        async def answer(request: BaseRequest, product_no: int) -> web.StreamResponse:
            return web.Response(
                status=status, text=f"<html><body>{status}</body></html>", content_type="text/html", headers=headers
            )

        return answer

    async def _hang(self, request: BaseRequest, product_no: int) -> web.StreamResponse:
        self.served["timeout"] += 1
        for _ in range(int(HANG_SECONDS * 4)):
            await asyncio.sleep(0.25)
            if request.transport is None or request.transport.is_closing():
                break
        return web.Response(status=504, text="too late")

    async def _drop(self, request: BaseRequest, product_no: int) -> web.StreamResponse:
        """Promises the whole page, sends half of it and hangs up."""
        self.served["dropped"] += 1
        page = pages.plain(self._pieces(product_no, None))
        response = web.StreamResponse(
            headers={"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(page))}
        )
        await response.prepare(request)
        await response.write(page[: len(page) // 2])
        if request.transport is not None:
            request.transport.close()
        return response

    async def _removed(self, request: BaseRequest, product_no: int) -> web.StreamResponse:
        return _removed_page()


def _fails_now(fault: Fault, asked: int) -> bool:
    return not fault.recovers or asked <= fault.answers


def _number(query: dict[str, list[str]], name: str, default: int) -> int:
    text = query.get(name, [""])[0]
    return int(text) if text.isascii() and text.isdigit() else default


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/html")


def _removed_page() -> web.Response:
    return web.Response(body=pages.REMOVED_PAGE, headers={"Content-Type": "text/html; charset=utf-8"})


def _sub_category(number: int, name: str) -> dict[str, str | int]:
    return {
        "cate_no": number,
        "parent_cate_no": 1,
        "name": name,
        "design_page_url": "product/list.html",
        "param": f"?cate_no={number}",
    }


@asynccontextmanager
async def serving(shops: dict[str, Shop], wanted: dict[str, int] | None = None) -> AsyncIterator[dict[str, int]]:
    """Serves the shops while the context lasts, on the ports wanted or else on free ones; gives the port of each."""
    runners: list[web.ServerRunner] = []
    ports: dict[str, int] = {}
    try:
        for source, shop in shops.items():
            runner = web.ServerRunner(web.Server(ShopServer(shop).handle, access_log=None), shutdown_timeout=0.1)
            await runner.setup()
            runners.append(runner)
            await web.TCPSite(runner, "127.0.0.1", (wanted or {}).get(source, 0)).start()
            ports[source] = int(runner.addresses[0][1])
        yield ports
    finally:
        for runner in runners:
            await runner.cleanup()
