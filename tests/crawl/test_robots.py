"""robots.txt by RFC 9309, as the crawl asks for it and as it reads it."""

from __future__ import annotations

import asyncio
import gzip
import time
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web
from protego import Protego

from crawl import handlers
from crawl.pace import Pace, Share, share_out
from crawl.plan import WRITING_SECONDS, PlanError
from crawl.robots import AGENT, Robots, RobotsAnswer, decode_robots
from tests.crawl import shop as bad
from tests.crawl.conftest import Context, Crawl
from tests.crawl.shop import BadShop, serving

URL = "https://a.kr/product/a/1/"


@pytest.mark.parametrize(
    ("status", "text", "allowed"),
    [
        (404, "User-agent: *\nDisallow: /", True),
        (403, "", True),
        (500, "", False),
        (503, "User-agent: *\nAllow: /", False),
        (429, "", False),
        (0, "", False),
        (200, "", True),
        (200, "<html>not found</html>", True),
        (200, "User-agent: *\nDisallow: /product/", False),
        (200, "User-agent: *\nDisallow: /product/\nAllow: /product/a/", True),
        (200, "User-agent: car-part-prices\nDisallow:\n\nUser-agent: *\nDisallow: /", True),
        (200, "User-agent: other\nDisallow: /", True),
        (200, "User-agent: *\nDisallow: /*/1/$", False),
        (200, "User-agent: Car-Part-Prices/0.1\nDisallow: /", False),
        (200, "User-agent: car-part-prices/0.1 (daily) # ours\r\nDisallow: /", False),
        (200, "User-agent: car-part-prices (daily)\rDisallow: /", False),
        (200, "User-agent: car\nAllow: /\n\nUser-agent: *\nDisallow: /", False),
        (200, "User-agent: car-part\nDisallow: /\n\nUser-agent: *\nAllow: /", True),
    ],
)
def test_verdicts(status: int, text: str, allowed: bool) -> None:
    assert Robots(RobotsAnswer(status, text)).allows(URL) is allowed


def test_bytes_that_are_not_quite_text() -> None:
    text = decode_robots(b"\xef\xbb\xbfUser-agent: *\nDisallow: /\xff\x00\n" + b"#" * 600_000)
    assert text.startswith("User-agent")
    assert len(text) <= 512 * 1024


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" * 2 + "User-agent: *\nDisallow: /product/부품/".encode(),
        "User-agent: *\nDisallow: /product/부품/".encode("utf-16"),
        "User-agent: *\nDisallow: /product/부품/".encode("cp949"),
    ],
    ids=["two marks", "utf-16", "cp949"],
)
def test_rules_in_another_charset_hold(body: bytes) -> None:
    assert not Robots(RobotsAnswer(200, decode_robots(body))).allows("https://a.kr/product/%EB%B6%80%ED%92%88/1/")


@pytest.mark.parametrize(
    ("line", "delay"),
    [
        ("Crawl-delay: 2", 2),
        ("Crawl-delay: 0,5", 0.5),
        ("Crawl-delay: 10 sec # please", 10),
        ("Crawl-delay: soon", 0),
        ("Request-rate: 1/10s", 10),
        ("Request-rate: 1/" + "9" * 400, 1e9),
        ("", 0),
    ],
)
def test_a_delay_lowers_the_rate_of_the_whole_host(
    line: str,
    delay: float,
) -> None:
    from conf.supplier import Budget

    robots = Robots(RobotsAnswer(200, f"User-agent: *\n{line}\n"))
    assert robots.delay_s == delay
    assert share_out(Budget(max_rps=10), 5, robots.delay_s).rps == pytest.approx((1 / delay if delay else 10) / 5)


DENY = b"User-agent: *\nDisallow: /product/\n"


def at_status(code: int, data: bytes) -> bad.Handler:
    async def answer(shop: BadShop, request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, body=data, content_type="text/plain")

    return answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (bad.body(DENY + b"#" * 5_000_000, "text/plain"), None),
        (bad.body(gzip.compress(DENY + b"#" * 5_000_000), "text/plain", **{"Content-Encoding": "gzip"}), None),
        (bad.body(gzip.compress(DENY)[:-12], "text/plain", **{"Content-Encoding": "gzip"}), "breaks off"),
        (bad.body(DENY, "text/plain", **{"Content-Encoding": "br"}), "packed as 'br'"),
        (at_status(203, DENY), None),
        (bad.redirect("https://www.example.com/robots.txt"), "www.example.com, which is not one of the hosts"),
    ],
    ids=["too large", "too large unpacked", "damaged", "packed unasked", "through a proxy", "elsewhere"],
)
def test_rules_that_cannot_be_read_allow_nothing(aws: Any, answer: bad.Handler, said: str | None) -> None:
    with serving(BadShop([1])) as shop:
        shop.robots_handler = answer
        crawl = Crawl(aws, shop.supplier())
        if said is None:
            assert crawl.crawl()["failed"] == {"robots_denied": 1}
        else:
            with pytest.raises(PlanError, match=said):
                crawl.crawl()
    assert shop.tries(1) == 0


@pytest.mark.parametrize(("asked", "tries"), [("1", 2), ("3600", 1)], ids=["a moment", "longer than we wait"])
def test_a_host_that_asks_for_a_wait_gets_it(aws: Any, asked: str, tries: int) -> None:
    moments: list[float] = []

    async def busy(shop: BadShop, request: web.Request) -> web.StreamResponse:
        moments.append(time.monotonic())
        return web.Response(status=503 if len(moments) == 1 else 404, headers={"Retry-After": asked})

    with serving(BadShop([1])) as shop:
        shop.robots_handler = busy
        crawl = Crawl(aws, shop.supplier())
        if tries == 1:
            with pytest.raises(PlanError, match="HTTP 503"):
                crawl.crawl()
        else:
            assert crawl.crawl()["succeeded"] == 1
    assert len(moments) == tries
    assert moments[-1] - moments[0] >= tries - 1


def test_another_host_of_the_shop_has_its_own_rules(aws: Any) -> None:
    async def by_host(shop: BadShop, request: web.Request) -> web.StreamResponse:
        return web.Response(text="User-agent: *\nDisallow: /" if request.host.startswith("localhost") else "")

    with serving(BadShop([1, 2])) as shop:
        shop.robots_handler = by_host
        shop.behaviours[1] = bad.redirect(f"http://localhost:{shop.port}/product/a/1/")
        hosts = [f"127.0.0.1:{shop.port}", f"localhost:{shop.port}"]
        summary = Crawl(aws, shop.supplier(hosts=hosts)).crawl()
    assert summary["failed"] == {"robots_denied": 1}
    assert shop.tries(1) == 1


@pytest.mark.parametrize("line", ["Crawl-delay: 1{}x", "User-agent: car{}x", "{}x", "Disallow: /{}x"])
def test_a_line_of_blanks_costs_little(line: str) -> None:
    before = time.process_time()
    assert Robots(RobotsAnswer(200, "User-agent: *\n" + line.format(" " * 300_000))).delay_s == 0
    assert time.process_time() - before < 2


def test_another_hosts_rules_are_asked_for_again(aws: Any) -> None:
    """They are read once for all of a worker's pages: one bad answer would cost every one of them."""
    failures = [2]

    async def by_host(shop: BadShop, request: web.Request) -> web.StreamResponse:
        if not request.host.startswith("localhost"):
            return web.Response()
        failures[0] -= 1
        return web.Response(status=503 if failures[0] >= 0 else 200, text="User-agent: *\nDisallow: /*/2/")

    with serving(BadShop([1, 2])) as shop:
        shop.robots_handler = by_host
        for number in (1, 2):
            there = f"http://localhost:{shop.port}/product/b/{number}/"
            shop.behaviours[number] = bad.at_last(bad.redirect(there), 1)
        hosts = [f"127.0.0.1:{shop.port}", f"localhost:{shop.port}"]
        summary = Crawl(aws, shop.supplier(hosts=hosts)).crawl()
    assert (summary["succeeded"], summary["failed"]) == (1, {"robots_denied": 1})


def test_batches_together_keep_the_delay(aws: Any) -> None:
    """Many batches of few pages must not begin at once, each with a request that does not wait."""
    with serving(BadShop([1, 2, 3])) as shop:
        shop.robots = (200, "User-agent: *\nCrawl-delay: 0.2")
        budget = {"max_rps": 500, "max_concurrency": 20, "batch_size": 1, "max_workers": 20}
        crawl = Crawl(aws, shop.supplier(budget=budget))
        plan = handlers.plan(crawl.event("crawl", 0), Context())
    assert (plan["batches"], plan["workers"]) == (3, 1)
    assert plan["share"]["rps"] * plan["workers"] == pytest.approx(5)


def test_the_first_request_waits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    asyncio.run(Pace(Share(rps=0.01, concurrency=1)).turn())
    assert waits == [pytest.approx(100, abs=10)]


@pytest.mark.parametrize("delay", [400, 1e12])
def test_a_delay_that_no_worker_can_keep_is_told(aws: Any, delay: float) -> None:
    with serving(BadShop([1, 2])) as shop:
        shop.robots = (200, f"User-agent: *\nCrawl-delay: {delay}")
        crawl = Crawl(aws, shop.supplier())
        for run in (crawl.crawl, crawl.heal):
            with pytest.raises(PlanError, match=r"robots\.txt asks for .* between two requests: no worker can wait"):
                run()
    assert sum(shop.asked.values()) == 2, "only for robots.txt, once a run"


def test_a_delay_that_the_days_pages_cannot_keep_is_told(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawl.plan.DAY_SECONDS", 0.3)
    with serving(BadShop([1, 2])) as shop:
        shop.robots = (200, "User-agent: *\nCrawl-delay: 0.2")
        with pytest.raises(PlanError, match=r"robots\.txt asks for 0\.2 s between two requests: 2 pages would take"):
            Crawl(aws, shop.supplier()).crawl()


def test_lists_keep_the_delay_too(aws: Any) -> None:
    asked: list[float] = []

    async def lists(shop: BadShop, request: web.Request) -> web.StreamResponse:
        asked.append(time.monotonic())
        return shop.list(request)

    with serving(BadShop([1, 2, 3, 4, 5])) as shop:
        shop.list_handler = lists
        shop.robots = (200, "User-agent: *\nCrawl-delay: 0.3")
        plan = Crawl(aws, shop.supplier(listing={"count": 2})).event("crawl", 0)
        handlers.plan(plan, Context())
    assert len(asked) == 3
    assert min(later - earlier for earlier, later in pairwise(asked)) > 0.2


def test_a_wait_for_a_lists_turn_ends_before_lambda_does(aws: Any) -> None:
    """Two categories, and time for the first one's request only."""
    with serving(BadShop([1])) as shop:
        shop.robots = (200, "User-agent: *\nCrawl-delay: 4")
        crawl = Crawl(aws, shop.supplier(categories=[{"name": "엔진", "cate_no": 10}, {"name": "바디", "cate_no": 11}]))
        before = time.monotonic()
        handlers.plan(crawl.event("crawl", 0), Context(seconds=WRITING_SECONDS + 5))
        took = time.monotonic() - before
        summary = handlers.reduce(crawl.event("crawl", 0), Context())
    assert took < 7
    assert "바디 failed: the time for planning was over before page 1" in summary["error"]
    assert summary["categories"] == {"엔진": 1, "바디": 0}


def test_denied_pages_are_not_asked_for(aws: Any) -> None:
    with serving(BadShop([1, 2])) as shop:
        shop.robots = (200, "User-agent: *\nDisallow: /product/부품/2/")
        summary = Crawl(aws, shop.supplier()).crawl()
    assert summary["failed"] == {"robots_denied": 1}
    assert shop.tries(2) == 0
    assert shop.asked["/robots.txt"] == 1, "asked once for all workers"


def test_unreachable_robots_stop_the_source(aws: Any) -> None:
    with serving(BadShop([1])) as shop:
        shop.robots = (503, "")
        crawl = Crawl(aws, shop.supplier())
        event = crawl.event("crawl", 0)
        with pytest.raises(PlanError, match="cannot be read"):
            handlers.plan(event, Context())
        error = {"Error": "PlanError", "Cause": '{"errorMessage": "badshop: robots.txt cannot be read (HTTP 503)."}'}
        summary = handlers.reduce(event | {"error": error}, Context())
    assert summary["error"] == "badshop: robots.txt cannot be read (HTTP 503)."
    assert summary["planned"] == 0


FOLDERS = (
    "/product/a/1/",
    "/product/%EB%B6%80/1/?x=1",
    "/member/login.html",
    "/product",
    "/",
    "/a-b/c",
    "/exec//front/",
)
RULES = (
    "/", "/product", "/product/", "/prod*", "*", "/*?", "/*.html$", "/$", "/%70roduct/", "/member/", "/memb", "product/", "/a-b/",
    "/a-b/c$", "//", "https://a.kr/product/", "/product /x",
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "form", ["Disallow: {}", "disallow {}", "Dissallow:{}", "Allow: /product/a\nDisallow: {} # why"]
)
def test_the_shortcut_never_changes_a_verdict(rule: str, form: str) -> None:
    text = f"User-agent: *\n{form.format(rule)}\nDisallow: /admin/\nSitemap: https://a.kr/product/sitemap.xml\n"
    urls = ["https://a.kr" + path for path in FOLDERS]
    robots, reference = Robots(RobotsAnswer(200, text)), Protego.parse(text)
    assert [robots.allows(url) for url in urls] == [reference.can_fetch(url, AGENT) for url in urls]


def test_rules_for_other_folders_are_not_compared_with_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    robots = Robots(RobotsAnswer(200, "User-agent: *\nAllow: /\nDisallow: /admin/\nDisallow: /member/\n"))
    monkeypatch.setattr(Protego, "can_fetch", lambda *words: pytest.fail("asked"))
    assert robots.allows(URL)


@pytest.mark.parametrize("path", ["/product/../admin/2/", "/product/%2E%2e/admin/2/", "/product/a/../../admin/./2/"])
def test_a_denied_page_behind_dots_is_not_asked_for(aws: Any, path: str) -> None:
    with serving(BadShop([1])) as shop:
        shop.robots = (200, "User-agent: *\nDisallow: /admin/\nAllow: /product/")
        shop.behaviours[1] = bad.redirect(f"http://127.0.0.1:{shop.port}{path}")
        summary = Crawl(aws, shop.supplier()).crawl()
    assert summary["failed"] == {"robots_denied": 1}
    assert not [asked for asked in shop.asked if "admin" in asked]
