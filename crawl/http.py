"""One polite HTTP client for list and detail pages: own hosts only, capped, verified, and every failure has its reason."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit
from weakref import WeakSet

import aiohttp
from yarl import URL

from conf.supplier import Supplier
from crawl.answers import Answer, FetchError, asked_wait, charset_of, read_capped, refuse_half, refuse_status, unpack
from crawl.links import is_own
from crawl.pace import Pace, Share, backoff
from crawl.reasons import Reason
from crawl.robots import ALLOW_ALL, MAX_BYTES, Robots, RobotsAnswer, decode_robots

USER_AGENT = "car-part-prices/0.1 (daily price survey of car parts; python-aiohttp)"
MAX_REDIRECTS = 5
# A list answer holds hundreds of products of several kB each: it may be as large as so many pages.
LIST_PAGES = 10
# A failed page costs one product, a failed list page all products behind it, and a failed robots.txt the whole shop: lists and robots.txt
# are tried so many times as often as pages.
LIST_TRIES = 3
# So many refusals in a row are meant for us and not for single pages: then this worker stops asking.
MOST_REFUSALS = 50
# Policies and cookies of a shop's many services grow beyond the 8 kB and the 128 lines that the library takes.
MAX_HEADER_BYTES, MAX_HEADERS = 64 * 1024, 300
# Content types that may be a page; whether it is one is seen from its text.
_HTML_TYPE = re.compile(r"[^/]*|[^/]+/.*html?\b.*|text/plain|(?:text|application)/xml|application/octet-stream|\*/\*")
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:[/?#]|$)", re.I)
_REDIRECTS = (301, 302, 303, 307, 308)
_logger = logging.getLogger(__name__)


class _Connector(aiohttp.TCPConnector):
    """Does not use a connection again on which the server sent something that nobody had asked for: that would be read as the answer to
    the next request, and from there on every answer would go to the wrong page.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._used: WeakSet[Any] = WeakSet()

    async def connect(self, *words: Any, **named: Any) -> Any:
        while True:
            connection: Any = await super().connect(*words, **named)
            if connection.protocol not in self._used:
                self._used.add(connection.protocol)
                return connection
            if not connection.protocol.should_close:
                return connection
            connection.close()


class Client:
    """Requests to one supplier within one worker's share of the budget. Use as `async with`."""

    def __init__(self, supplier: Supplier, share: Share, robots: Robots = ALLOW_ALL) -> None:
        self.supplier = supplier
        self.robots = robots
        self.pace = Pace(share)
        self._home = supplier.base_url + "/"
        self._share = share
        self._other_robots: dict[str, asyncio.Future[Robots]] = {}
        self._refusals = 0
        self._session: aiohttp.ClientSession | None = None
        self._connector: _Connector | None = None

    async def __aenter__(self) -> Client:
        self._connector = _Connector(
            limit=self._share.concurrency, keepalive_timeout=60, ssl=_verifying(), ttl_dns_cache=300
        )
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            headers={
                "User-Agent": USER_AGENT,
                "Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.5",
                "Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5",
                "Accept-Encoding": "gzip, deflate",
            },
            cookie_jar=aiohttp.DummyCookieJar(),
            # Every request has the supplier's own timeout around it: aiohttp's five minutes would cut a longer one short.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=30),
            auto_decompress=False,
            requote_redirect_url=True,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            max_headers=MAX_HEADERS,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(
        self, url: str, timeout_s: float, *, html: bool = True, until: Callable[[], float] | None = None
    ) -> tuple[Answer, int]:
        """The answer to an address, and how many tries it took; tries again in place what may pass, lists (no `html`) more often.

        `until` tells the seconds that the worker has left: no wait goes beyond them. Raises `FetchError`.
        """
        most = self.supplier.retry.attempts * (1 if html else LIST_TRIES)
        tries = 0
        while True:
            tries += 1
            try:
                return await self._try(url, timeout_s, html), tries
            except FetchError as error:
                wait = self._wait_after(error, tries)
                if wait is None or tries >= most or (until is not None and wait + timeout_s > until()):
                    raise
                _logger.info("%s: %s (%s), again in %.1f s", url, error.reason, error.detail, wait)
                await asyncio.sleep(wait)

    def _wait_after(self, error: FetchError, tries: int) -> float | None:
        """Seconds to wait before the next try, None where there is no sense in one."""
        if not error.reason.retryable:
            return None
        wait = backoff(self.supplier.retry, tries)
        if error.retry_after is None:
            if error.reason is Reason.THROTTLED:
                self.pace.pause(max(wait, 1.0))
            return wait
        self.pace.pause(min(error.retry_after, self.supplier.retry.retry_after_cap_s))
        return error.retry_after + wait if error.retry_after <= self.supplier.retry.retry_after_cap_s else None

    async def _try(self, url: str, timeout_s: float, html: bool) -> Answer:
        try:
            async with self.pace.slots:
                if self._refusals >= MOST_REFUSALS:
                    raise FetchError(Reason.BLOCKED, f"not asked for: the shop refused {MOST_REFUSALS} others in a row")
                answer = await self._follow(url, timeout_s, html)
            self._refusals = 0
            return answer
        except FetchError as error:
            if error.status:
                self._refusals = self._refusals + 1 if error.status in (401, 403) else 0
            raise
        except TimeoutError as error:
            self._forget_addresses()
            raise FetchError(Reason.TIMEOUT, f"no whole answer within {timeout_s:g} s") from error
        except aiohttp.InvalidURL as error:
            raise FetchError(Reason.NOT_FOUND, f"not an address that can be asked for: {url}") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self._forget_addresses()
            raise FetchError(Reason.CONNECTION, f"{type(error).__name__}: {error}") from error
        except Exception as error:
            # What the library makes of an odd answer must cost neither a category its list nor the source its plan.
            _logger.exception("%s: the client failed", url)
            raise FetchError(Reason.CONNECTION, f"{type(error).__name__}: {error}") from error

    async def _follow(self, url: str, timeout_s: float, html: bool) -> Answer:
        """Follows redirects by hand: each hop is checked before it is asked for, and waits its turn like any other request.

        Cookies live for one chain only: some shops test by a redirect whether they come back.
        """
        current = url
        cookies: dict[str, str] = {}
        limit = self.supplier.budget.max_page_bytes * (1 if html else LIST_PAGES)
        for _ in range(MAX_REDIRECTS + 1):
            current = _as_sent(current)
            await self._check(current, url)
            await self.pace.turn()
            async with asyncio.timeout(timeout_s):
                answer, location = await self._request(current, html, limit, cookies)
            if location is None:
                return answer
            current = _onward(current, location)
        raise FetchError(Reason.BLOCKED, f"more than {MAX_REDIRECTS} redirects", 310)

    async def _check(self, current: str, first: str) -> None:
        is_at_home = current.startswith(self._home)  # as nearly all are
        if not is_at_home and not is_own(current, self.supplier.hosts):
            host = urlsplit(current).netloc
            raise FetchError(Reason.BLOCKED, f"leads to {host or current}, which is not one of the supplier's hosts")
        if current != first and urlsplit(first).scheme == "https" and urlsplit(current).scheme != "https":
            raise FetchError(Reason.BLOCKED, "leads from https to http")
        if not self.supplier.robots.obey:
            return
        robots = self.robots if is_at_home else await self._robots_of(current)
        if not robots.reachable:
            raise FetchError(Reason.CONNECTION, f"robots.txt of {urlsplit(current).netloc} cannot be read")
        if not robots.allows(current):
            raise FetchError(Reason.ROBOTS_DENIED, f"robots.txt does not allow {urlsplit(current).path}")

    async def _robots_of(self, url: str) -> Robots:
        """The plan has read the robots.txt of the supplier's address; another of its hosts has one of its own."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin == self.supplier.base_url:
            return self.robots
        if origin not in self._other_robots:
            self._other_robots[origin] = asyncio.ensure_future(self._robots_at(origin))
        return await asyncio.shield(self._other_robots[origin])

    async def _robots_at(self, origin: str) -> Robots:
        return Robots(await self.robots_txt(origin=origin))

    async def _request(self, url: str, html: bool, limit: int, cookies: dict[str, str]) -> tuple[Answer, str | None]:
        async with self._get(url, cookies) as response:
            status, headers = response.status, response.headers
            location = headers.get("Location")
            if status in _REDIRECTS and location:
                cookies |= {name: morsel.coded_value for name, morsel in response.cookies.items()}
                return Answer(url, status, b"", None), location
            content_type = (headers.get("Content-Type") or "").replace(",", ";").split(";")[0].strip().lower()
            refuse_status(status, headers)
            if html and content_type != "text/html" and not _HTML_TYPE.fullmatch(content_type):
                raise FetchError(Reason.NOT_HTML, f"the answer is {content_type}, not HTML", status)
            packed = await read_capped(response, limit, b"</html>" if html else b"}")
            body = unpack(packed, (headers.get("Content-Encoding") or "").strip().lower(), limit)
            refuse_half(response, body, html)
            return Answer(url, status, body, charset_of(headers.get("Content-Type"))), None

    def _get(self, url: str, cookies: dict[str, str]) -> Any:
        if self._session is None:
            raise RuntimeError("the client is used outside of 'async with'")
        # As a line of its own: the library refuses names such as `cart[0]`, which PHP gives.
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else None
        return self._session.get(URL(url), allow_redirects=False, headers=headers)

    def _forget_addresses(self) -> None:
        """A host that cannot be reached, or is silent, may have moved: its name is looked up again for the next connection."""
        if self._connector is not None:
            self._connector.clear_dns_cache()

    async def robots_txt(self, until: Callable[[], float] = lambda: math.inf, origin: str = "") -> RobotsAnswer:
        """The robots.txt of the supplier's address, or of another of its hosts, as it answers now, redirects within the hosts followed;
        tries again while there is time, and after the wait that the host asks for.
        """
        current = (origin or self.supplier.base_url) + "/robots.txt"
        for attempt in range(1, self.supplier.retry.attempts * LIST_TRIES + 1):
            answer, asked = await self._robots_once(current)
            wait = asked + backoff(self.supplier.retry, attempt)
            in_time = asked <= self.supplier.retry.retry_after_cap_s and wait + self.supplier.timeouts.list_s <= until()
            if Robots(answer).reachable or not in_time:
                return answer
            await asyncio.sleep(wait)
        return answer

    async def _robots_once(self, url: str) -> tuple[RobotsAnswer, float]:
        """The answer, and how many seconds its host asks us to wait before another try."""
        for _ in range(MAX_REDIRECTS + 1):
            if not is_own(url, self.supplier.hosts):
                said = f"it leads to {urlsplit(url).netloc}, which is not one of the hosts"
                return RobotsAnswer(0, detail=said), 0.0
            try:
                await self.pace.turn()
                async with asyncio.timeout(self.supplier.timeouts.list_s), self._get(url, {}) as response:
                    location = response.headers.get("Location")
                    if response.status not in _REDIRECTS or not location:
                        return await _robots_in(response), asked_wait(response.headers) or 0.0
                    url = _onward(url, location)
            except FetchError as error:
                return RobotsAnswer(0, detail=error.detail), 0.0
            except TimeoutError:
                self._forget_addresses()
                return RobotsAnswer(0, detail=f"no whole answer within {self.supplier.timeouts.list_s:g} s"), 0.0
            except (aiohttp.ClientError, OSError, ValueError) as error:
                self._forget_addresses()
                return RobotsAnswer(0, detail=f"{type(error).__name__} {error}".strip()), 0.0
        return RobotsAnswer(404), 0.0


async def _robots_in(response: aiohttp.ClientResponse) -> RobotsAnswer:
    """The rules of an answer: of a file that is too large, the part that the RFC asks us to read."""
    if not 200 <= response.status < 300:
        return RobotsAnswer(response.status)
    packed = await read_capped(response, MAX_BYTES, cut=True)
    body = unpack(packed, (response.headers.get("Content-Encoding") or "").strip().lower(), MAX_BYTES, cut=True)
    return RobotsAnswer(response.status, decode_robots(body))


def _as_sent(url: str) -> str:
    """With `/../` resolved, which the client does at last: what is checked must be what is asked for."""
    return str(URL(url)) if _DOTS.search(url) else url


def _onward(current: str, location: str) -> str:
    try:
        return urljoin(current, location)
    except ValueError as error:
        raise FetchError(Reason.BLOCKED, f"leads to {location[:80]}, which is no address") from error


@lru_cache(maxsize=1)
def _verifying() -> ssl.SSLContext:
    """Reading the trusted certificates takes longer than twenty pages: once for each process."""
    return ssl.create_default_context()
