"""robots.txt by RFC 9309, as the crawl asks for it and as it reads it."""

from __future__ import annotations

from typing import Any

import pytest

from crawl.pace import share_out
from crawl.robots import Robots, RobotsAnswer, decode_robots
from tests.crawl.conftest import Crawl
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
    ],
)
def test_verdicts(status: int, text: str, allowed: bool) -> None:
    assert Robots(RobotsAnswer(status, text)).allows(URL) is allowed


def test_bytes_that_are_not_quite_text() -> None:
    text = decode_robots(b"\xef\xbb\xbfUser-agent: *\nDisallow: /\xff\x00\n" + b"#" * 600_000)
    assert text.startswith("User-agent")
    assert len(text) <= 512 * 1024


@pytest.mark.parametrize(("line", "delay"), [("Crawl-delay: 2", 2), ("Request-rate: 1/10s", 10), ("", 0)])
def test_a_delay_lowers_the_rate_of_the_whole_host(
    line: str,
    delay: float,
) -> None:
    from conf.supplier import Budget

    robots = Robots(RobotsAnswer(200, f"User-agent: *\n{line}\n"))
    assert robots.delay_s == delay
    assert share_out(Budget(max_rps=10), 5, robots.delay_s).rps == pytest.approx((1 / delay if delay else 10) / 5)


def test_denied_pages_are_not_asked_for(aws: Any) -> None:
    with serving(BadShop([1, 2])) as shop:
        shop.robots = (200, "User-agent: *\nDisallow: /product/부품/2/")
        summary = Crawl(aws, shop.supplier()).crawl()
    assert summary["failed"] == {"robots_denied": 1}
    assert shop.tries(2) == 0
    assert shop.asked["/robots.txt"] == 1, "asked once for all workers"


def test_unreachable_robots_stop_the_source(aws: Any) -> None:
    from crawl import handlers
    from crawl.plan import PlanError
    from tests.crawl.conftest import Context

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
