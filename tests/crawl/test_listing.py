"""Lists that lie: every one is called out, and what they did list is crawled all the same."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from aiohttp import web

from crawl import handlers
from crawl.answers import charset_of
from crawl.links import ProductLink, absolute, category_of, is_own, read_link
from crawl.listing import ListError, read_answer
from crawl.plan import WRITING_SECONDS, PlanError
from tests.crawl.conftest import Context, Crawl
from tests.crawl.shop import BadShop, at_last, redirect, serving, status


def rows(*numbers: int, cate_no: int = 10) -> list[dict[str, str]]:
    return [{"link_product_detail": f"/product/부품/{no}/category/{cate_no}/display/1/"} for no in numbers]


def answer(data: Any, end: Any = False, code: Any = "1000") -> dict[str, Any]:
    return {"rtn_code": code, "rtn_data": {"data": data, "end": end}}


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/product/필터-에어/82/category/177/display/1/", ProductLink(82, 177)),
        ("/product/12345/82/category/177/display/2/", ProductLink(82, 177)),
        ("/product/a/b/82/category/177/display/1", ProductLink(82, 177)),
        ("/product/겉만-보지-말고/82/", ProductLink(82, None)),
        ("/product/82/", ProductLink(82, None)),
        ("/product/detail.html?product_no=82&cate_no=5&display_group=2", ProductLink(82, 5)),
        ("/product/detail.html?cate_no=5&product_no=82", ProductLink(82, 5)),
        ("/product/list.html?cate_no=5", None),
        ("/category/엔진/50/", None),
        ("/product/detail.html?product_no=x", None),
        ("/product/a/82/;jsessionid=A1?PHPSESSID=9", ProductLink(82, None)),
        ("/product/패드;앞/82/category/177/display/1/", ProductLink(82, 177)),
        ("/product/a/" + "9" * 5000 + "/", None),
        ("/product/a/٣/", None),
    ],
)
def test_both_forms_of_a_link(link: str, expected: ProductLink | None) -> None:
    assert read_link("https://a.kr" + link) == expected


def test_the_category_of_a_list_page() -> None:
    assert category_of("https://a.kr/category/%EC%97%94%EC%A7%84/50/") == 50
    assert category_of("https://a.kr/product/list_thumb.html?cate_no=177") == 177


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://a.kr/x", True),
        ("https://a.kr:443/x", True),
        ("https://a.kr:8443/x", False),
        ("https://a.kr.evil.com/x", False),
        ("https://a.kr@evil.com/x", False),
        ("https://user@a.kr/x", False),
        ("ftp://a.kr/x", False),
        ("https://b.kr:99/x", True),
        ("https://b.kr/x", False),
    ],
)
def test_own_hosts(url: str, own: bool) -> None:
    assert is_own(url, ["a.kr", "b.kr:99"]) is own


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>점검</html>", "not JSON"),
        ("", "not JSON"),
        ("[]", "not JSON"),
        (json.dumps(answer([], code="4001")), "rtn_code '4001'"),
        (json.dumps({"rtn_code": "1000"}), "no rtn_data"),
        (json.dumps(answer("x")), "expected a list"),
    ],
    ids=["html", "empty", "list", "code", "no data", "data is text"],
)
def test_what_is_no_list_page(text: str, said: str) -> None:
    with pytest.raises(ListError, match=said):
        read_answer(text, 1)


@pytest.mark.parametrize("code", ["1000", 1000, 1000.0, "1000 "])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "<html><body><pre>{}</pre></body></html>",
        "\ufeff{}",
        "callback({});",
        "Notice: x\n{}",
        "<style>a{{}}</style>{}<script>if(1){{}}</script>",
    ],
)
def test_json_in_other_clothes_is_read(around: str, code: Any) -> None:
    text = around.format(json.dumps(answer(rows(1), end="T", code=code)))
    assert read_answer(text, 1) == (rows(1), True)


def test_json_whose_code_comes_last_is_read() -> None:
    text = '{"rtn_data":{"data":[{"product_no":5}],"end":true},"rtn_code":"1000"}<script>{}</script>'
    assert read_answer(text, 1) == ([{"product_no": 5}], True)


def test_half_an_answer_of_many_brackets_costs_little() -> None:
    before = time.process_time()
    with pytest.raises(ListError, match="broken JSON: it ends with"):
        read_answer('{"a":' * 100_000, 1)
    assert time.process_time() - before < 1


def test_an_empty_object_of_php_is_an_empty_page() -> None:
    assert read_answer('{"rtn_code":"1000","rtn_data":[]}', 2) == ([], False)


@pytest.mark.parametrize(
    "first", ['{"rtn_code":"1000","rtn_data":{"data":[', "<html>busy</html>", json.dumps(answer([], code="9999"))]
)
def test_a_wrong_answer_amid_a_list_is_asked_for_again(aws: Any, first: str) -> None:
    """One of a hundred list answers is such a one: without a second try it would cost every product behind it."""
    asked: list[int] = []

    def lists(cate_no: int, page: int) -> Any:
        asked.append(page)
        return first if asked == [1, 2] else answer(rows(page), end=page == 3)

    with serving(BadShop([])) as shop:
        shop.list_answer = lists
        summary = Crawl(aws, shop.supplier()).crawl()
    assert (summary["error"], summary["planned"]) == (None, 3)
    assert asked == [1, 2, 2, 3]


@pytest.mark.parametrize("behind", [rows(7, 8), [], rows(5, 6), "error"], ids=["more", "nothing", "the same", "error"])
def test_the_end_of_a_list_on_a_full_page_is_tried(aws: Any, behind: Any) -> None:
    def lists(cate_no: int, page: int) -> Any:
        pages = [rows(1, 2), rows(3, 4), rows(5, 6)]
        if page > 3 and behind == "error":
            return answer([], code="4000")
        return answer(pages[page - 1], end=page == 3) if page <= 3 else answer(behind if page == 4 else [], end=True)

    with serving(BadShop([])) as shop:
        shop.list_answer = lists
        summary = Crawl(aws, shop.supplier(listing={"count": 2})).crawl()
    goes_on = behind == rows(7, 8)
    assert (summary["error"], summary["planned"]) == (None, 8 if goes_on else 6)
    assert any("goes on behind a page that says it is the last one" in each for each in summary["warnings"]) == goes_on


def test_a_list_that_leads_to_the_login_is_told_with_its_place(aws: Any) -> None:
    with serving(BadShop([])) as shop:
        shop.list_handler = redirect("/member/login.html")
        summary = Crawl(aws, shop.supplier()).crawl()
        place = f"http://127.0.0.1:{shop.port}/member/login.html"
    assert "page 1 is not JSON: it starts with" in summary["error"]
    assert f"(redirected to {place})" in summary["error"]


def test_sentences_stay_short_whatever_a_shop_says(aws: Any) -> None:
    """A summary of more than 256 kB is none to Step Functions: the source would be reported lost, with counts of zero."""
    with serving(BadShop([1, 2])) as shop:
        shop.list_answer = lambda cate_no, page: answer(rows(1, 2), code="9" * 90_000)
        categories = [{"name": f"엔진 {number}", "cate_no": number} for number in range(1, 9)]
        summary = Crawl(aws, shop.supplier(categories=categories)).crawl()
    assert "rtn_code '9999" in summary["error"]
    assert len(json.dumps(summary)) < 20_000


def test_rows_of_another_host_are_told_with_the_host(aws: Any) -> None:
    links = [{"link_product_detail": f"https://www.other.kr/product/a/{number}/"} for number in range(2, 5)]
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answer(rows(1) + links, end=True)
        summary = Crawl(aws, shop.supplier()).crawl()
    assert "3 of 4 rows lead to no product, such as 'https://www.other.kr/product/a/2/'" in summary["error"]
    assert "www.other.kr is not one of the supplier's hosts" in summary["error"]
    assert (summary["planned"], summary["succeeded"]) == (1, 1)


def test_a_list_that_does_not_keep_its_order_is_called_out(aws: Any) -> None:
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answer(rows(*range(page * 10, page * 10 + 30)), end=page == 3)
        summary = Crawl(aws, shop.supplier()).crawl()
    assert summary["planned"] == 50
    assert "does not keep its order while it is read: 40 of 90 rows repeat earlier pages" in summary["warnings"][0]


def test_categories_that_list_the_same_products_are_called_out(aws: Any) -> None:
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answer(rows(*range(1, 13 if cate_no < 12 else 12)), end=True)
        names = [{"name": name, "cate_no": 10 + place} for place, name in enumerate(("엔진", "바디", "트림"))]
        summary = Crawl(aws, shop.supplier(categories=names)).crawl()
    assert [each for each in summary["warnings"] if "엔진, 바디 list the same 12 products" in each]
    assert not [each for each in summary["warnings"] if "트림" in each]


def test_an_empty_page_amid_a_list_is_asked_for_again(aws: Any) -> None:
    asked: list[int] = []

    def lists(cate_no: int, page: int) -> Any:
        asked.append(page)
        return answer([] if asked.count(page) == 1 and page == 2 else rows(page) if page < 4 else [])

    with serving(BadShop([])) as shop:
        shop.list_answer = lists
        summary = Crawl(aws, shop.supplier()).crawl()
    assert (summary["error"], summary["planned"]) == (None, 3)
    assert asked == [1, 2, 2, 3, 4, 4]


@pytest.mark.parametrize("stays", [False, True], ids=["whole the second time", "short for good"])
def test_a_page_with_few_rows_amid_a_list_is_not_whole(aws: Any, stays: bool) -> None:
    asked: list[int] = []

    def lists(cate_no: int, page: int) -> Any:
        asked.append(page)
        is_short = page == 2 and (stays or asked.count(2) == 1)
        return answer(rows(*range(page * 100, page * 100 + (15 if is_short or page == 4 else 20))) if page < 5 else [])

    with serving(BadShop([])) as shop:
        shop.list_answer = lists
        summary = Crawl(aws, shop.supplier()).crawl()
    assert (summary["error"], summary["planned"]) == (None, 70 if stays else 75)
    assert asked == [1, 2, 2, 3, 4, 4, 5, 5]
    said = [
        each for each in summary["warnings"] if "has 15 rows on page 2, 20 on others: products are probably" in each
    ]
    assert bool(said) == stays


def test_a_server_that_does_not_turn_pages_is_an_error_and_its_products_are_kept(aws: Any) -> None:
    with serving(BadShop([1, 2])) as shop:
        shop.list_answer = lambda cate_no, page: answer(rows(1, 2))
        summary = Crawl(aws, shop.supplier()).crawl()
    assert "the server does not turn pages" in summary["error"]
    assert summary["succeeded"] == 2
    assert shop.asked["/exec/front/Product/ApiProductNormal"] == 2


def test_products_in_several_categories_are_fetched_once(aws: Any) -> None:
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answer(rows(1, 2, cate_no=cate_no), end=True)
        supplier = shop.supplier(categories=[{"name": "엔진", "cate_no": 10}, {"name": "바디", "cate_no": 11}])
        crawl = Crawl(aws, supplier)
        summary = crawl.crawl()
    assert (summary["planned"], summary["categories"]) == (2, {"엔진": 2, "바디": 2})
    assert (shop.tries(1), shop.tries(2)) == (1, 1)


def test_a_last_page_that_says_so_may_repeat_a_product(aws: Any) -> None:
    """A product that is added while we read pushes another one onto the next page."""
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answer(rows(1, 2)) if page == 1 else answer(rows(2), end=True)
        summary = Crawl(aws, shop.supplier()).crawl()
    assert (summary["error"], summary["planned"]) == (None, 2)


def test_rows_that_are_no_links_cost_the_others_nothing(aws: Any) -> None:
    links = [
        "//[bad/x",
        "http://[::1/product/a/2/",
        "/product/" + "9" * 5000,
        "https://evil.com/product/a/4/",
        ["x"],
        5,
    ]
    data = [*({"link_product_detail": link} for link in links), None, "x", {"product_no": "9" * 5000}]
    data.append({"link_product_detail": "/product/\ud83d부품/9/"})
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answer(data, end=True)
        crawl = Crawl(aws, shop.supplier())
        summary = crawl.crawl()
        assert list(crawl.ledger()) == [f"http://127.0.0.1:{shop.port}/product/부품/9/"]
    assert summary["succeeded"] == 1


def test_a_link_is_asked_for_as_safely_as_the_shop() -> None:
    assert absolute("https://a.kr", "http://a.kr/product/a/1/") == "https://a.kr/product/a/1/"


def test_a_list_that_ends_midway_keeps_its_products(aws: Any) -> None:
    def lists(cate_no: int, page: int) -> Any:
        return answer(rows(page)) if page < 3 else answer([], code="5000")

    with serving(BadShop([])) as shop:
        shop.list_answer = lists
        summary = Crawl(aws, shop.supplier()).crawl()
    assert "page 3 has rtn_code '5000'" in summary["error"]
    assert (summary["planned"], summary["succeeded"]) == (2, 2)


def test_a_list_that_is_too_slow_ends_before_lambda_does(aws: Any) -> None:
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answer(rows(page))
        crawl = Crawl(aws, shop.supplier(listing={"max_pages": 10_000}))
        plan = handlers.plan(crawl.event("crawl", 0), Context(seconds=WRITING_SECONDS + 0.3))
        summary = handlers.reduce(crawl.event("crawl", 0), Context())
    assert plan["batches"] >= 1
    assert "the time for planning was over before page" in summary["error"]


def test_an_answer_that_breaks_the_client_costs_no_other_category(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(content_type: str | None) -> str | None:
        if "odd" in (content_type or ""):
            raise KeyError(content_type)
        return charset_of(content_type)

    async def lists(shop: BadShop, request: web.Request) -> web.StreamResponse:
        is_odd = request.query["cate_no"] == "11"
        text = json.dumps(answer(rows(1, 2), end=True))
        return web.Response(text=text, headers={"Content-Type": "text/odd" if is_odd else "application/json"})

    monkeypatch.setattr("crawl.http.charset_of", breaks)
    with serving(BadShop([1, 2])) as shop:
        shop.list_handler = lists
        supplier = shop.supplier(categories=[{"name": "엔진", "cate_no": 10}, {"name": "바디", "cate_no": 11}])
        summary = Crawl(aws, supplier).crawl()
    assert summary["succeeded"] == 2
    assert "the list of category 바디 failed: page 1: connection (KeyError" in summary["error"]


def test_a_failed_category_is_listed_again_by_healing(aws: Any) -> None:
    broken = [True]

    def lists(cate_no: int, page: int) -> Any:
        return "<html>busy</html>" if cate_no == 11 and broken[0] else answer(rows(cate_no, cate_no=cate_no), end=True)

    with serving(BadShop([])) as shop:
        shop.list_answer = lists
        crawl = Crawl(aws, shop.supplier(categories=[{"name": "엔진", "cate_no": 10}, {"name": "바디", "cate_no": 11}]))
        first = crawl.crawl()
        broken[0] = False
        healed = crawl.heal()
    assert "the list of category 바디 failed: page 1 is not JSON" in first["error"]
    assert (healed["error"], healed["planned"], healed["succeeded"]) == (None, 2, 2)


@pytest.mark.parametrize(
    ("answers", "rounds_asked"), [("<html>busy</html>", 3), (answer(rows(1)), 1)], ids=["busy", "broken"]
)
def test_healing_waits_for_lists_that_may_come_back(aws: Any, answers: Any, rounds_asked: int) -> None:
    """Also where there is nothing to fetch; a server that does not turn pages will not learn it."""
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answers
        crawl = Crawl(aws, shop.supplier())
        crawl.crawl()
        waits = []
        for number in range(1, 5):
            plan = handlers.plan(crawl.event("heal", number, 3), Context())
            waits.append((plan["batches"], plan["again"]))
    assert [again for _, again in waits] == [number < rounds_asked for number in range(1, 5)]
    assert {batches for batches, _ in waits} == {0} if rounds_asked > 1 else {1}


def test_healing_lists_a_shop_whose_lists_come_back(aws: Any) -> None:
    asked: list[int] = []

    def lists(cate_no: int, page: int) -> Any:
        asked.append(page)
        return "<html>busy</html>" if len(asked) < 3 else answer(rows(1, 2), end=True)

    with serving(BadShop([])) as shop:
        shop.list_answer = lists
        crawl = Crawl(aws, shop.supplier())
        first = crawl.crawl()
        healed = crawl.heal()
    assert (first["planned"], healed["planned"], healed["succeeded"], healed["error"]) == (0, 2, 2, None)


def test_robots_txt_and_lists_are_asked_for_more_often_than_products(aws: Any) -> None:
    with serving(BadShop([1])) as shop:
        shop.robots_handler = at_last(status(503), 5)
        summary = Crawl(aws, shop.supplier()).crawl()
    assert shop.supplier().retry.attempts == 2
    assert (shop.asked["/robots.txt"], summary["error"]) == (6, None)


def test_healing_waits_for_robots_txt(aws: Any) -> None:
    with serving(BadShop([1])) as shop:
        shop.robots = (503, "")
        crawl = Crawl(aws, shop.supplier())
        with pytest.raises(PlanError):
            crawl.crawl()
        assert handlers.plan(crawl.event("heal", 1, 3), Context())["again"]
        with pytest.raises(PlanError):
            handlers.plan(crawl.event("heal", 3, 3), Context())
        shop.robots = (404, "")
        healed = crawl.heal()
    assert (healed["planned"], healed["succeeded"], healed["error"]) == (1, 1, None)


def test_rows_without_usable_links_fall_back_to_the_number(aws: Any) -> None:
    data = [{"product_no": 5, "link_product_detail": ""}, {"seo_url": "/product/a/6/"}, {"product_no": "7"}, {"x": 1}]
    data += [{"seo_url": f"/product/{'a' * 300_000}/8/"}, {"product_no": 9.0}]
    data += [{"seo_url": f"/product/{'가' * 1000}/10/"}]
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answer(data, end=True)
        crawl = Crawl(aws, shop.supplier())
        summary = crawl.crawl()
        urls = sorted(url.removeprefix(f"http://127.0.0.1:{shop.port}") for url in crawl.ledger())
    detail = "/product/detail.html?product_no={}&cate_no=10&display_group=1"
    assert urls == ["/product/a/6/", *sorted(map(detail.format, (5, 7, 8, 9, 10)))]
    assert "category 엔진: 1 of 7 rows lead to no product, such as {'x': 1}" in summary["warnings"][0]


def test_caps_bounds_and_changes_are_called_out(aws: Any) -> None:
    with serving(BadShop([])) as shop:
        shop.list_answer = lambda cate_no, page: answer(rows(*range(1, 21)), end=True)
        supplier = shop.supplier()
        Crawl(aws, supplier, dt="2026-11-22").crawl()
        shop.list_answer = lambda cate_no, page: answer(rows(*range(1, 11)), end=True)
        fewer = Crawl(aws, supplier).crawl()
        bounded = shop.supplier(categories=[{"name": "엔진", "cate_no": 10, "minimum": 50}])
        bare = Crawl(aws, bounded, dt="2026-11-24").crawl()
    assert any("10 products, 20 on the days before (-50%)" in each for each in fewer["warnings"])
    assert "has 10 products, expected at least 50" in bare["error"]


def test_a_round_number_is_a_probable_cap() -> None:
    from crawl.checks import _caps
    from crawl.plan import Listing

    listing = Listing(categories={"a": 20000, "b": 19999, "c": 1234, "d": 500, "e": 19987}, rows={"d": 500, "e": 20000})
    assert [sentence.split()[2] for sentence in _caps("s", listing)] == ["a", "b", "e"]
