"""Why a page that came with HTTP 200 is no offer: removed, refused, under repair, or something that we should be able to read.

A wrong word here costs pages: `removed` is final, so it is said only where the page says it or leads to another place of the shop.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

from crawl.links import read_link
from crawl.offer import PageError
from crawl.reasons import Reason
from crawl.text import PageText, one_line, script_string

_ALERT = re.compile(r"""alert\(\s*(?:'((?:\\.|[^'\\]){1,300})'|"((?:\\.|[^"\\]){1,300})")""", re.S)
_GONE = re.compile(
    r"존재하지|없는\s*(?:상품|페이지)|(?:상품|페이지)[^.]*없습니다|삭제|단종|판매\s*(?:가\s*)?(?:중지|종료|중단|하지)|판매되지|진열|품절|"
    r"상품이\s*아닙니다|구매가\s*불가|not\s+exist|not\s+found|no\s+longer",
    re.I,
)
_SCRIPT_BEGINS = re.compile(r"<script[^<>]{0,200}>\s*(?:(?:<!--|//)[^\n]{0,80}\n\s*)?(?:window\.)?$", re.I)
_REFUSED = re.compile(
    r"회원|로그인|권한|19세|성인|본인\s*인증|비정상|잘못된\s*(?:접근|요청|경로)|차단|login|log\s*in|sign\s*in", re.I
)
_GONE_TEXT = re.compile(
    r"(?:존재하지\s*않는|삭제된|판매\s*(?:가\s*)?(?:중지|종료|중단)된|없는)\s*상품|(?:페이지|상품)를?을?\s*찾을\s*수\s*없|(?:404|page|URL\s+was)\s+Not\s+Found|"
    r"<h1>\s*Not\s+Found",
    re.I,
)
_CHALLENGE = re.compile(
    r"cf-chl|cf_chl|challenge-platform|Just a moment\.\.\.|g-recaptcha|h-captcha|_Incapsula_|Request unsuccessful|Access Denied|"
    r"awswaf|px-captcha|captcha-delivery|cf-turnstile|Checking your browser|you are human|enable JavaScript and cookies|"
    r"""Web Page Blocked|Attack ID|name\s*=\s*["']?captcha|보안\s*문자를|"""
    r"자동\s*접속|비정상적인\s*접근|로봇이\s*아닙니다|접[근속]이?\s*(?:차단|제한)",
    re.I,
)
_SCRIPTS = re.compile(r"<(script|style|template)\b.*?</\1\s*>", re.I | re.S)
# A login is a form with a password, with the platform's fields, or with nothing but its address: the second step is another page's.
_LOGIN_FORM = re.compile(
    r"""name\s*=\s*["']?member_(?:passwd|id)\b|type\s*=\s*["']?password|xans-member-(?:login|adult)|"""
    r"""<form\b[^>]{0,1000}?\baction\s*=\s*["']?[^"'\s>]{0,500}?(?:login|signin|sign_in)""",
    re.I,
)
_LOGIN_ASKED = re.compile(r"로그인\s*(?:이\s*필요|후|하셔야|하신|해\s*주)|회원\s*(?:전용|만\s)", re.I)
_MAINTENANCE = re.compile(
    r"(?:서비스|시스템|서버|사이트)\s*(?:정기\s*)?점검|일시적인?\s*(?:오류|장애)|Service Unavailable|잠시\s*후\s*다시|운영.{0,4}\s*중[지단]",
    re.I,
)
# What gateways, waiting rooms and broken programs say with HTTP 200.
_OVERLOADED = re.compile(
    r"접속자가?\s*(?:많|폭주)|접속이?\s*(?:대기|폭주|지연)|주문이?\s*폭주|대기\s*(?:인원|순번|시간)|(?:트래픽|전송량)[^<>]{0,20}초과|데이터베이스[^<>]{0,20}실패|"
    r"(?:쇼핑몰|사이트|홈페이지)[^<>]{0,10}준비\s*중|(?:이용|사용|서비스)\s*기간[^<>]{0,5}만료|순서를\s*기다|"
    r"(?:HTTP|Error|Status|오류|에러)\W{0,5}5\d\d\b|\b5\d\d\s+(?:Error|Backend)|could not be satisfied|Connection timed out|"
    r"Server Error in|Parse error|Welcome to nginx|It works!|<title>Index of /|"
    r"Too many connections|mysqli?_connect|Uncaught|Bad Gateway|Gateway Time-?out|Internal Server Error|SQLSTATE|Fatal error",
    re.I,
)
_TOO_MANY = re.compile(r"Too Many Requests|rate\s*limit|요청이?\s*(?:너무\s*)?많", re.I)
# What firewalls say; a shop's own pages ask for such things in their forms.
_SUSPECTED = re.compile(
    r"비정상적인\s*(?:트래픽|요청|활동)|자동\s*(?:입력|등록)\s*방지|로봇이?\s*아님|허용되지\s*않[은는]\s*(?:IP|아이피|접[근속])|Forbidden|"
    r"보안\s*정책|차단\s*(?:되었|하였|합)|해외[^<>]{0,10}(?:접속|IP)|unusual\s+traffic|not\s+a\s+robot|think[^<>]{0,20}\bbot\b|"
    r"Request(?:ed URL was)?\s+(?:Rejected|Blocked)|support\s+ID|enable\s+JavaScript|JavaScript\s+is\s+required|\bKPSDK\b",
    re.I,
)
_OWN_NUMBER = re.compile(rb"""iProductNo\s*=\s*["']?([0-9]{1,18})\b""")
_LEADS_ON = re.compile(
    r"""location(?:\.href|\.replace|\.assign)?\s*[=(]\s*["']([^"']{1,500})|http-equiv=["']?refresh[^>]*?url\s*=\s*["']?([^"'>\s]{1,500})""",
    re.I,
)
# What only a product's own page has; a list page has links to products, but none of these.
_PRODUCT_SIGNS = ("xans-product-detail", "iProductNo", "schema.org/Product", "product:price")
# Pages of a shop that show products or orders, and not one product.
_OTHER_PAGES = re.compile(r"xans-product-(?:normalpackage|menupackage|list)|xans-search-|xans-order-|xans-board-read")
# A page that only alerts or leads on is a few lines long; a whole page of a shop has tens of thousands of letters.
_FEW_LINES = 2000


def refuse_elsewhere(asked: str, final: str) -> None:
    """A redirect that ended at another product, the home page or the login gave no page of this product."""
    if asked == final:
        return
    product, reached, parts = read_link(asked), read_link(final), urlsplit(final)
    place = parts.path or "/"
    if re.search(r"/member/|/intro/|login", place, re.I):
        raise PageError(Reason.BLOCKED, f"the shop asks for a login ({place})")
    numbers = [str(reached.product_no)] if reached else re.findall(r"\d+", f"{place}?{parts.query}")
    if product is not None and str(product.product_no) not in numbers:
        raise PageError(Reason.REMOVED, f"leads to {place}, which is not the product's page")


def refuse_another(asked: str, body: bytes) -> None:
    """A page that the platform wrote for another product: a cache or a connection that mixes answers up would give this one its price.

    Asking again, later, may bring the right one.
    """
    product, other, place = read_link(asked), None, len(body)
    # The platform writes it near the end: from there it is found in a tenth of the time.
    while product is not None and (place := body.rfind(b"iProductNo", 0, place)) >= 0:
        said = _OWN_NUMBER.match(body, place)
        if said and int(said[1]) == product.product_no:
            return
        other = other or said
    if other:
        raise PageError(Reason.CONNECTION, f"the answer is the page of product {int(other[1])}")


def refuse_no_offer(page: PageText, url: str, name: str | None, has_offer: bool, removed_texts: Iterable[str]) -> None:
    """Raises the reason why a page is no offer. A number or a price, or a name on a product's own page, make one."""
    if removed := next((words for words in removed_texts if words in page.text), None):
        raise PageError(Reason.REMOVED, f"the page says '{removed}'")
    is_product = any(sign in page.letters for sign in _PRODUCT_SIGNS)
    is_list = not is_product and _OTHER_PAGES.search(page.letters) is not None
    # Mobile skins have it in every row of a list as well.
    is_product = is_product or (not is_list and "span_product_price" in page.letters)
    if has_offer and is_list:
        raise PageError(Reason.REMOVED, "a list of the shop's products or orders, but not a product's page")
    if has_offer:
        return
    for said in _alerts(page.text):
        if _REFUSED.search(said):
            raise PageError(Reason.BLOCKED, f"the page says '{said}'")
        if _GONE.search(said):
            raise PageError(Reason.REMOVED, f"the page says '{said}'")
    if not (is_product and name):
        raise _why_none(page.text, url, is_product)


def _alerts(text: str) -> Iterator[str]:
    """What a page says by alert: one of a few lines anywhere, a whole page where a script begins with it, not what it could say."""
    for alert in _ALERT.finditer(text):
        if len(text) < _FEW_LINES or _SCRIPT_BEGINS.search(text, max(0, alert.start() - 400), alert.start()):
            yield one_line(script_string(alert.group(1) or alert.group(2)))


def _why_none(text: str, url: str, is_product: bool) -> PageError:
    if "<" not in text or "\0" in text[:1024]:
        return PageError(Reason.NOT_HTML, "the answer has no markup")
    few_lines = len(text) < _FEW_LINES
    # Whole pages of a shop may have a login in their head; what their scripts could say is not what they say.
    says_gone = not few_lines and _GONE_TEXT.search(_SCRIPTS.sub(" ", text))
    is_login = _LOGIN_FORM.search(text) and not says_gone and (few_lines or not is_product)
    if _CHALLENGE.search(text) or is_login:
        return PageError(Reason.BLOCKED, "the page is a challenge or a login, not a product")
    if says_gone and "xans-" in text:
        return PageError(Reason.REMOVED, "the page says that there is no such product")
    is_foreign = not is_product and "xans-" not in text
    if is_foreign and _TOO_MANY.search(text):
        return PageError(Reason.THROTTLED, "the page says that we ask too often")
    if is_foreign and _SUSPECTED.search(text):
        return PageError(Reason.BLOCKED, "the page takes us for a robot that is not wanted")
    if _MAINTENANCE.search(text) or (is_foreign and _OVERLOADED.search(text)):
        return PageError(Reason.HTTP_5XX, "the page is a maintenance notice or an error of the server")
    if _GONE_TEXT.search(text):
        return PageError(Reason.REMOVED, "the page says that there is no such product")
    if not is_product and few_lines and _LOGIN_ASKED.search(text):
        return PageError(Reason.BLOCKED, "the page asks for a login")
    if not is_product and few_lines and (onward := _leads_on(text, url)):
        return onward
    if not is_product and "xans-" in text:
        return PageError(Reason.REMOVED, "a page of the shop, but not a product's")
    return PageError(Reason.PARSE_ERROR, "the page shows no name, part number or price of a product")


def _leads_on(text: str, url: str) -> PageError | None:
    """A page of a few lines that sends a browser elsewhere by script or meta tag."""
    found = _LEADS_ON.search(text)
    if "document.cookie" in text and ("reload" in text or "location" in text or found):
        return PageError(Reason.BLOCKED, "the page sets a cookie and loads again: a test for browsers")
    if found is None:
        return None
    target = urljoin(url, next(filter(None, found.groups())))
    if _shop_of(target) != _shop_of(url):
        return PageError(Reason.BLOCKED, f"the page leads to {urlsplit(target).netloc}, which is not the shop's")
    try:
        refuse_elsewhere(url, target)
    except PageError as error:
        return error
    return PageError(Reason.BLOCKED, f"the page leads on by script to {target}")


def _shop_of(url: str) -> str:
    """The host without what tells its mobile pages from the others."""
    return (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.")
