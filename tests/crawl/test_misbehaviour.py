"""A shop that misbehaves in every way we know: each page gets its reason, and none costs another one its result."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
import zlib
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from crawl.reasons import Reason
from crawl.storage import Store
from tests.crawl import shop as bad
from tests.crawl.conftest import BUCKET, Crawl, balances
from tests.crawl.shop import BadShop, serving

REMOVED = "<script>alert('판매가 중지된 상품입니다.');history.back();</script>".encode()
CHALLENGE = b"<html><body><script src='/cdn-cgi/challenge-platform/h/b'></script></body></html>"
EMPTY_PRODUCT = b"<html><body><div class='xans-product-detail'></div></body></html>"
EUC_KR = bad.product_page("램프-헤드").replace("utf-8", "euc-kr").encode("cp949")

PAGE = bad.product_page().encode()
LOGIN = b"<form action='/member/login.html' method='post'><input name='id'><input type='submit'></form>"
MEMBER = b'<form id="member_form_1" action="/exec/front/Member/login/"><input id="member_id" name="member_id"></form>'
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = HEAD.replace(b"1.0", b"1.1") + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n"

BEHAVIOURS: dict[int, tuple[bad.Handler, Reason | None]] = {
    101: (bad.slow, Reason.TIMEOUT),
    102: (bad.drip, Reason.TIMEOUT),
    103: (bad.status(503), Reason.HTTP_5XX),
    104: (bad.status(404), Reason.NOT_FOUND),
    105: (bad.status(410), Reason.NOT_FOUND),
    106: (bad.status(429, **{"Retry-After": "3600"}), Reason.THROTTLED),
    107: (bad.status(403), Reason.BLOCKED),
    108: (bad.redirect("http://169.254.169.254/latest/meta-data/"), Reason.BLOCKED),
    109: (bad.redirect("http://example.com/product/a/109/"), Reason.BLOCKED),
    110: (bad.redirect("/product/부품/110/category/10/display/1/"), Reason.BLOCKED),
    111: (bad.bomb(), Reason.TOO_LARGE),
    112: (bad.endless, Reason.TOO_LARGE),
    113: (bad.body(b"%PDF-1.4", "application/pdf"), Reason.NOT_HTML),
    114: (bad.drop, Reason.CONNECTION),
    115: (bad.body(b""), Reason.CONNECTION),
    116: (bad.body(REMOVED), Reason.REMOVED),
    117: (bad.body(CHALLENGE), Reason.BLOCKED),
    118: (bad.body(EMPTY_PRODUCT), Reason.PARSE_ERROR),
    119: (bad.body(b"\x01not gzip", **{"Content-Encoding": "gzip"}), Reason.CONNECTION),
    120: (bad.body("<html>서비스 점검 중입니다</html>".encode()), Reason.HTTP_5XX),
    121: (bad.body(b"x", **{"Content-Encoding": "br"}), Reason.NOT_HTML),
    122: (bad.status(204), Reason.NOT_HTML),
    123: (bad.redirect("javascript:alert(1)"), Reason.BLOCKED),
    124: (bad.body(b"\x00\xff\xfe" * 3000), Reason.NOT_HTML),
    125: (bad.body(b'{"error": "x"}'), Reason.NOT_HTML),
    126: (bad.status(202), Reason.BLOCKED),
    127: (bad.redirect("http://[bad/"), Reason.BLOCKED),
    128: (bad.redirect("/product/부품/1/"), Reason.REMOVED),
    129: (bad.redirect("/"), Reason.REMOVED),
    130: (bad.redirect("/member/login.html?returnUrl=%2Fproduct%2F130%2F"), Reason.BLOCKED),
    131: (bad.body(b"<meta http-equiv=refresh content='0; url=/'>"), Reason.REMOVED),
    132: (bad.body(b"<script>location.replace('/');</script>"), Reason.REMOVED),
    192: (bad.body(b"<script>top.location.href='http://www.warning.or.kr/i1.html'</script>"), Reason.BLOCKED),
    193: (bad.body(b"<meta http-equiv=refresh content='0; url=http://10.0.0.1/'>"), Reason.BLOCKED),
    194: (bad.body(b"<script>document.cookie='a='+x;location.href=location.href+'?i=1';</script>"), Reason.BLOCKED),
    195: (bad.body(b"<title>Request Rejected</title>Your support ID is: 12"), Reason.BLOCKED),
    196: (bad.body(b"<title>Pardon</title>Something made us think you were a bot."), Reason.BLOCKED),
    197: (bad.body("<h1>요청이 보안정책에 의해 차단되었습니다.</h1>".encode()), Reason.BLOCKED),
    198: (bad.body("<p>해외에서는 접속하실 수 없습니다.</p>".encode()), Reason.BLOCKED),
    199: (bad.body(b"<noscript>Javascript is required.</noscript><script>s='';eval(s)</script>"), Reason.BLOCKED),
    230: (bad.body(b"<title>503 Backend fetch failed</title>"), Reason.HTTP_5XX),
    231: (bad.body(b"<h1>HTTP Status 500 - </h1>"), Reason.HTTP_5XX),
    232: (bad.body(b"<title>a.kr | 522: Connection timed out</title>"), Reason.HTTP_5XX),
    233: (bad.body(b"<H1>502 ERROR</H1>The request could not be satisfied."), Reason.HTTP_5XX),
    234: (bad.body(b"<h1>Server Error in '/' Application.</h1>"), Reason.HTTP_5XX),
    235: (bad.body(b"<b>Parse error</b>: unexpected end of file in <b>/a.php</b>"), Reason.HTTP_5XX),
    236: (bad.body(b"<h1>Welcome to nginx!</h1>"), Reason.HTTP_5XX),
    237: (bad.body("<p>본 사이트는 서비스 기간이 만료되었습니다.</p>".encode()), Reason.HTTP_5XX),
    133: (bad.body(b"<script>location.href='https://m.a.kr/product/a/133/';</script>"), Reason.BLOCKED),
    134: (bad.body(b"<script>document.cookie='a=1';location.reload();</script>"), Reason.BLOCKED),
    135: (bad.body("<script>alert('19세 미만은 볼 수 없습니다.');</script>".encode()), Reason.BLOCKED),
    136: (bad.body(b"<script>alert('\\uc874\\uc7ac\\ud558\\uc9c0 \\uc54a\\ub294');</script>"), Reason.REMOVED),
    137: (bad.body("<div class='xans-product-listnormal'>새 상품</div>".encode()), Reason.REMOVED),
    138: (bad.body(b"<title>Just a moment...</title>"), Reason.BLOCKED),
    139: (bad.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n<html>"), Reason.CONNECTION),
    140: (bad.raw(HEAD + b"X: " + b"a" * 100_000 + b"\r\n\r\n" + PAGE), Reason.CONNECTION),
    141: (bad.raw(b"hello\r\n\r\n"), Reason.CONNECTION),
    142: (bad.raw(HEAD + b"\r\n" + PAGE[:-30]), Reason.CONNECTION),
    143: (bad.body(gzip.compress(PAGE)[:-20], **{"Content-Encoding": "gzip"}), Reason.CONNECTION),
    144: (bad.body(b"<html><body>" + LOGIN + b"</body></html>"), Reason.BLOCKED),
    145: (bad.body(b"<html><script>var iProductNo = '';</script>" + MEMBER + b"</html>"), Reason.BLOCKED),
    146: (bad.body(b"<html><div class='xans-member-login'></div>" + b"<p>-</p>" * 9000 + b"</html>"), Reason.BLOCKED),
    147: (bad.body("<html><p>로그인 후 이용해 주세요.</p></html>".encode()), Reason.BLOCKED),
    151: (bad.redirect("/product/detail.html?product_no=1&cate_no=151"), Reason.REMOVED),
    152: (bad.redirect("/product/a/1/category/152/display/1/"), Reason.REMOVED),
    153: (bad.status(304), Reason.NOT_HTML),
    154: (bad.body("<html>현재 접속자가 많아 대기 중입니다. 예상 대기시간 5분</html>".encode()), Reason.HTTP_5XX),
    155: (bad.body("<html><h1>일일 데이터 전송량 초과</h1></html>".encode()), Reason.HTTP_5XX),
    156: (bad.body(b"<html><title>502 Bad Gateway</title></html>"), Reason.HTTP_5XX),
    157: (bad.body(b"<html>Too Many Requests</html>"), Reason.THROTTLED),
    158: (bad.body("<script>alert('잘못된 접근입니다.');history.back();</script>".encode()), Reason.BLOCKED),
    172: (bad.redirect("/intro/adult_im.html?returnUrl=%2Fproduct%2F172%2F"), Reason.BLOCKED),
    173: (
        bad.body("<html><div class='xans-member-adultcertification'>성인인증</div></html>".encode()),
        Reason.BLOCKED,
    ),
    174: (bad.body("<html>쇼핑몰 이용기간이 만료되었습니다.</html>".encode()), Reason.HTTP_5XX),
    175: (bad.body("<html>쇼핑몰 준비중입니다</html>".encode()), Reason.HTTP_5XX),
    176: (bad.body("<html>비정상적인 트래픽이 감지되었습니다</html>".encode()), Reason.BLOCKED),
    177: (bad.body("<html>자동입력 방지문자를 입력하세요</html>".encode()), Reason.BLOCKED),
    178: (bad.body("<html>허용되지 않은 IP입니다.</html>".encode()), Reason.BLOCKED),
    179: (bad.body(b"<html>Error 1015: You are being rate limited</html>"), Reason.THROTTLED),
    180: (bad.body("<html>주문이 폭주하여 접속이 지연되고 있습니다.</html>".encode()), Reason.HTTP_5XX),
    181: (bad.body(b"<html>Warning: mysqli_connect(): Too many connections in /a.php</html>"), Reason.HTTP_5XX),
    182: (bad.body(PAGE[: PAGE.index("그랜저".encode()) + 3]), Reason.CONNECTION),
    183: (bad.body(PAGE[: PAGE.index(b"</table") + 4]), Reason.CONNECTION),
    159: (bad.body("<html>보안문자를 입력해 주세요<input name='captcha'></html>".encode()), Reason.BLOCKED),
    184: (bad.status(999), Reason.BLOCKED),
    185: (bad.body(PAGE.replace(b"<body>", b"<body><script>var iProductNo = '186';</script>")), Reason.CONNECTION),
    187: (bad.body(gzip.compress(gzip.compress(b"0" * 50_000_000)), **{"Content-Encoding": "gzip"}), Reason.TOO_LARGE),
    201: (bad.at_last(bad.status(500), 1), None),
    202: (bad.at_last(bad.drop, 1), None),
    203: (bad.at_last(bad.status(429, **{"Retry-After": "0"}), 1), None),
    204: (bad.body(EUC_KR, "text/html"), None),
    205: (bad.at_last(bad.redirect("/product/새이름/205/"), 1), None),
    206: (bad.body(EUC_KR, "text/html; charset=utf-8"), None),
    207: (bad.body(gzip.compress(PAGE[:200]) + gzip.compress(PAGE[200:]), **{"Content-Encoding": "gzip"}), None),
    208: (bad.body(gzip.compress(PAGE)), None),
    188: (bad.raw(CHUNKED % len(PAGE[:-1]) + PAGE[:-1] + b"\r\n"), Reason.CONNECTION),
    189: (bad.raw(HEAD + b"Content-Length: 90000\r\n\r\n" + PAGE[: PAGE.index(b"</html>")] + b"}"), Reason.CONNECTION),
    190: (bad.raw(HEAD + b"Content-Length: 90000\r\n\r\n" + gzip.compress(PAGE)[:-20]), Reason.CONNECTION),
    191: (bad.body(PAGE, "application/json"), Reason.NOT_HTML),
    222: (bad.raw(CHUNKED % len(PAGE) + PAGE + b"\r\n"), None),
    223: (bad.raw(HEAD + b"Content-Length: 90000\r\n\r\n" + PAGE + b"\r\n"), None),
    224: (bad.raw(HEAD + b"Content-Length: 90000\r\n\r\n" + gzip.compress(PAGE)), None),
    225: (bad.body(PAGE, "text/html charset=utf-8"), None),
    226: (bad.body(PAGE, "application/vnd.wap.xhtml+xml"), None),
    227: (bad.body(PAGE, "html"), None),
    228: (bad.body(PAGE, "text/xml"), None),
    219: (bad.body(gzip.compress(gzip.compress(PAGE)), **{"Content-Encoding": "gzip"}), None),
    220: (
        bad.body(PAGE.replace(b"<body>", b"<body><script>var iProductNo = '220'; if (iProductNo = 5) {}</script>")),
        None,
    ),
    209: (bad.body(PAGE, **{"Content-Encoding": "UTF-8"}), None),
    210: (bad.body(zlib.compress(PAGE)[2:-4], **{"Content-Encoding": "deflate"}), None),
    211: (bad.body(PAGE, "text/html, text/html; charset=zip"), None),
    212: (bad.body(b"\xef\xbb\xbf" + PAGE, "text/html; charset=euc-kr"), None),
    213: (bad.asks_for_its_cookie("seen=1"), None),
    221: (bad.asks_for_its_cookie("cart[0]=a b"), None),
    218: (bad.body(PAGE[: PAGE.index(b"</body>")]), None),
    217: (bad.raw(HEAD + b"Set-Cookie: a=1\r\n" * 200 + b"\r\n" + PAGE), None),
    214: (bad.raw(HEAD + b"\r\n" + PAGE), None),
    216: (bad.body(PAGE, **{"Content-Security-Policy": "default-src 'self' " + "https://cdn.a.kr " * 1000}), None),
    215: (bad.body(PAGE.replace(b"<body>", b"<body>" + LOGIN + MEMBER + b"<input type='password'>")), None),
}

# A product's own page that we can no longer read is not taken for a login because its header has the form.
BROKEN = b"<html><body>" + MEMBER + b"<div class='xans-product-detail'></div>" + b"<p>-</p>" * 9000 + b"</body></html>"
GONE = "존재하지 않는 상품입니다.".encode()
BEHAVIOURS[148] = (bad.body(BROKEN), Reason.PARSE_ERROR)
BEHAVIOURS[149] = (
    bad.body(b"<html>" + MEMBER + b"<h1>" + GONE + b"</h1>" + b"<p>-</p>" * 9000 + b"</html>"),
    Reason.REMOVED,
)
SCRIPT = b"<script>var MESSAGES = ['" + GONE + b"'];</script>"
BEHAVIOURS[150] = (bad.body(b"<html>" + MEMBER + SCRIPT + b"<p>-</p>" * 9000 + b"</html>"), Reason.BLOCKED)
LONG = b"<p>-</p>" * 900
SAYS_ELSEWHERE = "<script>function buy() { alert('로그인이 필요합니다.'); }</script>".encode()
LISTED = "<ul class='xans-product-listnormal'></ul><p>상품명 : 다른 상품</p><p>판매가 : 12,000원</p>".encode()
MOBILE_LIST = b"<ul class='xans-product-listmain-1'><li>1,000 <span id='span_product_price_text'></span></li></ul>"
RECENT = "<div class='xans-layout-productrecent'><li>판매가 : 9,900원</li></div>".encode()
BEHAVIOURS |= {
    160: (bad.body(b"<html>" + SAYS_ELSEWHERE + b"<div class='xans-product-detail'></div>" + LONG), Reason.PARSE_ERROR),
    161: (
        bad.body(b"<html><script>\nalert('" + GONE + b"');</script><div class='xans-product-detail'></div>" + LONG),
        Reason.REMOVED,
    ),
    162: (bad.body(b"<html>" + LISTED + LONG), Reason.REMOVED),
    163: (bad.body(b"<html><div class='xans-product-detail'>" + RECENT + b"</div>" + LONG), Reason.PARSE_ERROR),
    164: (bad.body("<script>alert('품절된 상품입니다.');history.back();</script>".encode()), Reason.REMOVED),
    165: (bad.body(b"<html><h1>Not Found</h1>The requested URL was not found on this server.</html>"), Reason.REMOVED),
    166: (bad.body(b"<html><script src='https://x.token.awswaf.com/challenge.js'></script></html>"), Reason.BLOCKED),
    167: (bad.body(b"<html>Please enable JavaScript and cookies to continue</html>"), Reason.BLOCKED),
    169: (
        bad.body(b"<html><head><meta property='og:title' content='a.kr'></head>" + MOBILE_LIST + LONG),
        Reason.REMOVED,
    ),
    170: (bad.body(b"<html>" + MOBILE_LIST.replace(b"></span>", b">1,000</span>") + LONG), Reason.REMOVED),
    171: (
        bad.body(
            b"<html><meta property='og:title' content='a'><div class='xans-product-detail'><script>alert('"
            + GONE
            + b"');</script></div>"
            + LONG
        ),
        Reason.REMOVED,
    ),
    168: (
        bad.body(b"<html xans-><h2>" + GONE + "</h2>정기 점검 안내: 서비스 점검".encode() + LONG),
        Reason.REMOVED,
    ),
}


def test_every_page_ends_with_the_reason_that_fits(aws: Any) -> None:
    good = [1, 2, 3]
    with serving(BadShop([*good, *BEHAVIOURS], {no: behaviour for no, (behaviour, _) in BEHAVIOURS.items()})) as shop:
        # Eighty pages at once on a busy machine: only those that are meant to be slow may take so long.
        crawl = Crawl(aws, shop.supplier(timeouts={"list_s": 5, "detail_s": 1.5}))
        summary = crawl.crawl()
        ledger = crawl.ledger()
    reasons = {no: ledger[shop.url(no)].reason for no in BEHAVIOURS}
    assert reasons == {no: reason.value if reason else "" for no, (_, reason) in BEHAVIOURS.items()}
    assert all(ledger[shop.url(no)].status == "SUCCESS" for no in good)
    assert balances(summary)
    assert summary["planned"] == len(good) + len(BEHAVIOURS)
    assert all(offer["price_text"] == "12,000원" for offer in crawl.offers())
    names = {offer["url"]: offer["name"] for offer in crawl.offers()}
    assert names[shop.url(204)] == names[shop.url(206)] == "램프-헤드"
    assert shop.tries(103) == 2, "what may pass is tried again in place"
    assert shop.tries(104) == 1, "what will not pass is not"
    assert shop.agents == {next(iter(shop.agents))}
    assert next(iter(shop.agents)).startswith("car-part-prices/")


def test_a_page_that_takes_for_ever_to_read_costs_the_others_nothing(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawl.reading.PAGE_CPU_SECONDS", 0.3)
    hostile = {
        1: PAGE.replace(b"<tr>", b"<div>" * 150_000),
        2: b"<div class='xans-product-detail'><table><tr>" + "<th>상품명".encode() * 20_000,
        3: b"<script type='application/ld+json'>" + b'"\\' * 100_000 + b"</script>",
    }
    with serving(BadShop([1, 2, 3, 4], {no: bad.body(page) for no, page in hostile.items()})) as shop:
        large = {"max_rps": 500, "max_concurrency": 20, "max_page_bytes": 4_000_000, "max_workers": 2}
        summary = Crawl(aws, shop.supplier(budget=large)).crawl()
    assert (summary["succeeded"], summary["failed"]) == (1, {"parse_error": 3})


def test_a_page_packed_in_many_pieces_costs_the_others_nothing(aws: Any) -> None:
    pieces = bad.body(gzip.compress(b"") * 190_000 + gzip.compress(PAGE), **{"Content-Encoding": "gzip"})
    with serving(BadShop([1, 2, 3], {1: pieces})) as shop:
        large = {"max_rps": 500, "max_concurrency": 20, "max_page_bytes": 4_000_000, "max_workers": 1}
        began = time.process_time()
        summary = Crawl(aws, shop.supplier(budget=large, timeouts={"list_s": 5, "detail_s": 5})).crawl()
    assert time.process_time() - began < 3
    assert (summary["succeeded"], summary["failed"]) == (2, {"too_large": 1})


def test_samples_that_are_slow_to_store_hold_up_no_page(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Store.write

    def write(store: Store, uri: str, *words: Any) -> None:
        if "/samples/" in uri:
            time.sleep(0.7)
        real(store, uri, *words)

    async def unhurried(shop: BadShop, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.3)
        return web.Response(text=bad.product_page(), content_type="text/html")

    monkeypatch.setattr(Store, "write", write)
    pages = {1: unhurried, 2: unhurried, 3: bad.body(REMOVED), 4: bad.body(EMPTY_PRODUCT)}
    with serving(BadShop(list(pages), pages)) as shop:
        summary = Crawl(aws, shop.supplier()).crawl()
        kept = aws.list_objects_v2(Bucket=BUCKET, Prefix="raw/badshop/samples/")["KeyCount"]
    assert (summary["succeeded"], summary["failed"]) == (2, {"parse_error": 1, "removed": 1})
    assert (kept, shop.tries(1)) == (2, 1)


def test_only_the_suppliers_own_timeout_ends_a_request(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The HTTP library has one of its own, five minutes long; here it is a fifth of a second."""
    monkeypatch.setattr("aiohttp.client.DEFAULT_TIMEOUT", aiohttp.ClientTimeout(total=0.2))

    async def unhurried(shop: BadShop, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.6)
        return web.Response(text=bad.product_page(), content_type="text/html")

    with serving(BadShop([1], {1: unhurried})) as shop:
        summary = Crawl(aws, shop.supplier(timeouts={"list_s": 5, "detail_s": 5})).crawl()
    assert (summary["succeeded"], shop.tries(1)) == (1, 1)


@pytest.mark.parametrize(("good_ones", "least", "most"), [(0, 50, 70), (10, 200, 200)], ids=["all", "nine of ten"])
def test_who_is_shut_out_does_not_go_on_knocking(aws: Any, good_ones: int, least: int, most: int) -> None:
    """Fifty refusals in a row end it, but for the twenty that were under way."""
    shut = {no: bad.status(403) for no in range(1, 201) if not good_ones or no % good_ones}
    with serving(BadShop(list(range(1, 201)), shut)) as shop:
        budget = {"max_rps": 500, "max_concurrency": 20, "max_workers": 1}
        summary = Crawl(aws, shop.supplier(budget=budget)).crawl()
    assert summary["failed"] == {"blocked": len(shut)}
    assert balances(summary)
    assert least <= sum(shop.tries(no) > 0 for no in range(1, 201)) <= most
    assert summary["succeeded"] == 200 - len(shut)


@pytest.mark.parametrize(
    "surplus",
    [
        b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
    ],
    ids=["a timeout of the idle connection", "another page"],
)
def test_an_answer_that_nobody_asked_for_is_no_pages_answer(aws: Any, surplus: bytes) -> None:
    """It comes a moment after a page's own, on a connection that waits for the next page."""
    if b"200" in surplus:
        surplus += b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE

    async def two_answers(shop: BadShop, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        asyncio.get_running_loop().call_later(0.02, request.transport.write, surplus)
        number = request.path.split("/")[3]
        return web.Response(text=bad.product_page(part_no=f"58101{int(number):05d}"), content_type="text/html")

    with serving(BadShop(list(range(1, 7)), dict.fromkeys(range(1, 7), two_answers))) as shop:
        crawl = Crawl(aws, shop.supplier(budget={"max_rps": 5, "max_concurrency": 1, "max_workers": 1}))
        summary = crawl.crawl()
    assert (summary["succeeded"], summary["failed"]) == (6, {})
    assert {offer["url"]: offer["part_no"] for offer in crawl.offers()} == {
        shop.url(number): f"58101{number:05d}" for number in range(1, 7)
    }


def test_a_host_that_moves_is_found_at_its_new_address(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up again after a failure: what was found before is kept for five minutes, longer than most batches."""
    looked_up: list[str] = []

    async def resolve(_: Any, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        looked_up.append(host)
        about = {"family": socket.AF_INET, "proto": 0, "flags": socket.AI_NUMERICHOST}
        return [{"hostname": host, "host": "127.0.0.1", "port": port if len(looked_up) > 1 else 1, **about}]

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", resolve)
    with serving(BadShop([1, 2])) as shop:
        address = f"shop.test:{shop.port}"
        summary = Crawl(aws, shop.supplier(base_url=f"http://{address}", hosts=[address])).crawl()
    assert (summary["succeeded"], summary["failed"]) == (2, {})


def test_healing_brings_back_what_recovers_and_reports_what_stays_down(aws: Any) -> None:
    behaviours = {
        1: bad.at_last(bad.status(503), 3),
        2: bad.at_last(bad.slow, 5),
        3: bad.status(503),
        4: bad.status(404),
    }
    with serving(BadShop([1, 2, 3, 4, 5], behaviours)) as shop:
        crawl = Crawl(aws, shop.supplier())
        first = crawl.crawl()
        healed = crawl.heal(3)
    assert (first["succeeded"], first["failed"], first["retryable"]) == (
        1,
        {"http_5xx": 2, "not_found": 1, "timeout": 1},
        3,
    )
    assert (healed["succeeded"], healed["failed"]) == (3, {"http_5xx": 1, "not_found": 1})
    assert (healed["recovered"], healed["rounds"], healed["mode"]) == (2, 3, "heal")
    assert healed["error"] is None
    assert shop.tries(4) == 1, "healing leaves final failures alone"
