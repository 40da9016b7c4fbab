"""A Cafe24 shop of a few products that misbehaves on demand, on a port of its own, in a thread of its own."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from conf.supplier import Supplier
from crawl.links import read_link

Handler = Callable[["BadShop", web.Request], Awaitable[web.StreamResponse]]


def product_page(name: str = "필터", part_no: str = "281131R100", price: str = "12,000원") -> str:
    """A small page of the platform's usual kind."""
    return (
        "<!DOCTYPE html><html><head><meta charset='utf-8'></head><body><div class='xans-element- xans-product xans-product-detail'>"
        f"<div class='xans-product-detaildesign'><table><tr><th>상품명</th><td>{name}</td></tr><tr><th>부품번호</th><td>{part_no}</td></tr>"
        f"<tr><th>판매가</th><td>{price}</td></tr><tr><th>적용차종</th><td>쏘나타<br>그랜저</td></tr></table></div></div></body></html>"
    )


class BadShop:
    """`behaviours[product_no]` answers a product's page; every other product has a good one. `asked` counts the requests by path."""

    def __init__(self, products: list[int], behaviours: dict[int, Handler] | None = None) -> None:
        self.products = products
        self.behaviours = behaviours or {}
        self.robots: tuple[int, str] = (404, "")
        self.robots_handler: Handler | None = None
        self.list_answer: Callable[[int, int], Any] | None = None
        self.list_handler: Handler | None = None
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.connections: set[Any] = set()
        self.port = 0

    def supplier(self, **changes: Any) -> Supplier:
        return Supplier.model_validate(
            {
                "id": "badshop",
                "name": "나쁜 가게",
                "engine": "cafe24",
                "base_url": f"http://127.0.0.1:{self.port}",
                "hosts": [f"127.0.0.1:{self.port}"],
                "categories": [{"name": "엔진", "cate_no": 10}],
                "budget": {"max_rps": 500, "max_concurrency": 20, "max_page_bytes": 200_000, "max_workers": 2},
                "timeouts": {"list_s": 2, "detail_s": 0.5},
                "retry": {
                    "attempts": 2,
                    "backoff_s": 0.01,
                    "backoff_cap_s": 0.05,
                    "retry_after_cap_s": 1,
                    "round_waits_s": [0],
                },
            }
            | changes
        )

    def url(self, product_no: int) -> str:
        return f"http://127.0.0.1:{self.port}/product/부품/{product_no}/category/10/display/1/"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path] += 1
        self.agents.add(request.headers.get("User-Agent", ""))
        self.connections.add(request.transport)
        if request.path == "/robots.txt" and self.robots_handler is not None:
            return await self.robots_handler(self, request)
        if request.path == "/robots.txt":
            return web.Response(status=self.robots[0], text=self.robots[1])
        if request.path.startswith("/exec/"):
            return await self.list_handler(self, request) if self.list_handler is not None else self.list(request)
        return await self._product(request)

    def list(self, request: web.Request) -> web.Response:
        page, count = int(request.query["page"]), int(request.query["count"])
        if self.list_answer is not None:
            answer = self.list_answer(int(request.query["cate_no"]), page)
            return web.Response(
                text=answer if isinstance(answer, str) else json.dumps(answer), content_type="application/json"
            )
        chosen = self.products[(page - 1) * count : page * count]
        rows = [
            {"link_product_detail": f"/product/부품/{no}/category/{request.query['cate_no']}/display/1/"}
            for no in chosen
        ]
        return web.json_response(
            {"rtn_code": "1000", "rtn_data": {"data": rows, "end": page * count >= len(self.products)}}
        )

    async def _product(self, request: web.Request) -> web.StreamResponse:
        numbers = [int(part) for part in request.path.split("/") if part.isdigit()]
        behaviour = self.behaviours.get(numbers[0]) if numbers else None
        if behaviour is not None:
            return await behaviour(self, request)
        return web.Response(
            text=product_page(f"필터 {numbers[0] if numbers else ''}".strip()), content_type="text/html"
        )

    def tries(self, product_no: int) -> int:
        links = ((read_link(path), times) for path, times in self.asked.items())
        return sum(times for link, times in links if link is not None and link.product_no == product_no)


@contextmanager
def serving(shop: BadShop) -> Iterator[BadShop]:
    """Serves the shop until the block ends."""
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", shop.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        shop.port = runner.addresses[0][1]
        ready.set()
        await stop.wait()
        await runner.cleanup()
        pending = asyncio.all_tasks() - {asyncio.current_task()}
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield shop
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def status(code: int, **headers: str) -> Handler:
    async def answer(shop: BadShop, request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text="<html>no</html>", content_type="text/html", headers=headers)

    return answer


def redirect(location: str) -> Handler:
    return status(302, Location=location)


def body(data: bytes, content_type: str = "text/html", **headers: str) -> Handler:
    async def answer(shop: BadShop, request: web.Request) -> web.StreamResponse:
        return web.Response(body=data, headers={"Content-Type": content_type, **headers})

    return answer


def bomb() -> Handler:
    return body(gzip.compress(b"0" * 50_000_000), **{"Content-Encoding": "gzip"})


def at_last(first: Handler, times: int) -> Handler:
    """Misbehaves so many times, then gives the page."""
    left = [times]

    async def answer(shop: BadShop, request: web.Request) -> web.StreamResponse:
        left[0] -= 1
        if left[0] >= 0:
            return await first(shop, request)
        is_page = request.path != "/robots.txt"
        return web.Response(text=product_page() if is_page else "", content_type="text/html")

    return answer


def raw(data: bytes) -> Handler:
    """Sends these bytes as they are and hangs up."""

    async def answer(shop: BadShop, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(data)
        request.transport.close()
        return web.Response()

    return answer


def asks_for_its_cookie(cookie: str) -> Handler:
    """Redirects to itself until the cookie that it sets comes back."""

    async def answer(shop: BadShop, request: web.Request) -> web.StreamResponse:
        if cookie in request.headers.get("Cookie", ""):
            return web.Response(text=product_page(), content_type="text/html")
        return web.Response(status=302, headers={"Location": request.path_qs, "Set-Cookie": f"{cookie}; path=/"})

    return answer


async def slow(shop: BadShop, request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.Response(text=product_page(), content_type="text/html")


async def endless(shop: BadShop, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    while True:
        await response.write(b"<p>more</p>" * 1000)


async def drip(shop: BadShop, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    while True:
        await response.write(b".")
        await asyncio.sleep(0.05)


async def drop(shop: BadShop, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html", "Content-Length": "90000"})
    await response.prepare(request)
    await response.write(b"<html>half")
    assert request.transport is not None
    request.transport.abort()
    return response
