"""One polite HTTP client for list and detail pages: own hosts only, capped, verified, and every failure has its reason.

FetchError ── a `Reason`, the HTTP status and, where the shop said so, how long to wait
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from conf.supplier import Supplier
from crawl.links import is_own
from crawl.pace import Pace, Share, backoff
from crawl.reasons import Reason
from crawl.robots import ALLOW_ALL, MAX_BYTES, Robots, RobotsAnswer, decode_robots

USER_AGENT = "car-part-prices/0.1 (daily price survey of car parts; python-aiohttp)"
MAX_REDIRECTS = 5
_HTML_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "application/octet-stream", "")
_logger = logging.getLogger(__name__)


class FetchError(Exception):
    """An address that gave no page: why, with which HTTP status (0 = none), and how long the shop asks us to wait."""

    def __init__(self, reason: Reason, detail: str, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True)
class Answer:
    """A whole answer: where it came from after redirects, unpacked bytes and what the headers say of them."""

    url: str
    status: int
    body: bytes
    content_type: str
    charset: str | None


class Client:
    """Requests to one supplier within one worker's share of the budget. Use as `async with`."""

    def __init__(self, supplier: Supplier, share: Share, robots: Robots = ALLOW_ALL) -> None:
        self.supplier = supplier
        self.robots = robots
        self.pace = Pace(share)
        self._share = share
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._share.concurrency, keepalive_timeout=60, ssl=_verifying(), ttl_dns_cache=300
            ),
            headers={
                "User-Agent": USER_AGENT,
                "Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.5",
                "Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5",
                "Accept-Encoding": "gzip, deflate",
            },
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            requote_redirect_url=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(
        self, url: str, timeout_s: float, *, html: bool = True, until: Callable[[], float] | None = None
    ) -> tuple[Answer, int]:
        """The answer to an address, and how many tries it took; tries again in place what may pass.

        `until` tells the seconds that the worker has left: no wait goes beyond them. Raises `FetchError`.
        """
        retry = self.supplier.retry
        tries = 0
        while True:
            tries += 1
            try:
                return await self._try(url, timeout_s, html), tries
            except FetchError as error:
                wait = self._wait_after(error, tries)
                if wait is None or tries >= retry.attempts or (until is not None and wait + timeout_s > until()):
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
        async with self.pace.slots:
            await self.pace.turn()
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._follow(url, html)
            except TimeoutError as error:
                raise FetchError(Reason.TIMEOUT, f"no whole answer within {timeout_s:g} s") from error
            except aiohttp.InvalidURL as error:
                raise FetchError(Reason.NOT_FOUND, f"not an address that can be asked for: {url}") from error
            except aiohttp.ClientError as error:
                raise FetchError(Reason.CONNECTION, f"{type(error).__name__}: {error}") from error
            except (OSError, ValueError) as error:
                raise FetchError(Reason.CONNECTION, f"{type(error).__name__}: {error}") from error

    async def _follow(self, url: str, html: bool) -> Answer:
        """Follows redirects by hand, so that each hop is checked before it is asked for."""
        current = url
        for _ in range(MAX_REDIRECTS + 1):
            self._check(current, url)
            answer, location = await self._request(current, html, self.supplier.budget.max_page_bytes)
            if location is None:
                return answer
            current = urljoin(current, location)
        raise FetchError(Reason.BLOCKED, f"more than {MAX_REDIRECTS} redirects", 310)

    def _check(self, current: str, first: str) -> None:
        if not is_own(current, self.supplier.hosts):
            host = urlsplit(current).netloc
            raise FetchError(Reason.BLOCKED, f"leads to {host or current}, which is not one of the supplier's hosts")
        if urlsplit(first).scheme == "https" and urlsplit(current).scheme != "https":
            raise FetchError(Reason.BLOCKED, "leads from https to http")
        if self.supplier.robots.obey and not self.robots.allows(current):
            raise FetchError(Reason.ROBOTS_DENIED, f"robots.txt does not allow {urlsplit(current).path}")

    async def _request(self, url: str, html: bool, limit: int) -> tuple[Answer, str | None]:
        if self._session is None:
            raise RuntimeError("the client is used outside of 'async with'")
        async with self._session.get(URL(url), allow_redirects=False) as response:
            status, headers = response.status, response.headers
            location = headers.get("Location")
            if status in (301, 302, 303, 307, 308) and location:
                return Answer(url, status, b"", "", None), location
            content_type = (headers.get("Content-Type") or "").split(";")[0].strip().lower()
            _refuse_status(status, headers.get("Retry-After"))
            if html and content_type not in _HTML_TYPES:
                raise FetchError(Reason.NOT_HTML, f"the answer is {content_type}, not HTML", status)
            packed = await _read_capped(response, limit)
            body = _unpack(packed, (headers.get("Content-Encoding") or "").strip().lower(), limit)
            _refuse_half(response, body, html)
            return Answer(url, status, body, content_type, _charset(headers.get("Content-Type"))), None

    async def robots_txt(self) -> RobotsAnswer:
        """The host's robots.txt as it answers now, redirects within its own hosts followed."""
        current = self.supplier.base_url + "/robots.txt"
        for attempt in range(1, self.supplier.retry.attempts + 1):
            answer = await self._robots_once(current)
            if Robots(answer).reachable:
                return answer
            await asyncio.sleep(backoff(self.supplier.retry, attempt))
        return answer

    async def _robots_once(self, url: str) -> RobotsAnswer:
        for _ in range(MAX_REDIRECTS + 1):
            if not is_own(url, self.supplier.hosts):
                return RobotsAnswer(0)
            try:
                await self.pace.turn()
                async with asyncio.timeout(self.supplier.timeouts.list_s):
                    answer, location = await self._request(url, False, MAX_BYTES * 4)
            except FetchError as error:
                return RobotsAnswer(error.status)
            except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
                return RobotsAnswer(0)
            if location is None:
                return RobotsAnswer(answer.status, decode_robots(answer.body))
            url = urljoin(url, location)
        return RobotsAnswer(404)


@lru_cache(maxsize=1)
def _verifying() -> ssl.SSLContext:
    """Reading the trusted certificates takes longer than twenty pages: once for each process."""
    return ssl.create_default_context()


def _refuse_status(status: int, retry_after: str | None) -> None:
    if status == 200:
        return
    wait = _seconds(retry_after)
    if status in (404, 410):
        raise FetchError(Reason.NOT_FOUND, f"HTTP {status}", status)
    if status == 429:
        raise FetchError(Reason.THROTTLED, "HTTP 429", status, wait)
    if status >= 500:
        raise FetchError(Reason.HTTP_5XX, f"HTTP {status}", status, wait)
    if status == 408:
        raise FetchError(Reason.TIMEOUT, f"HTTP {status}", status, wait)
    if 200 < status < 300:
        raise FetchError(Reason.NOT_HTML, f"HTTP {status} carries no page", status)
    raise FetchError(Reason.BLOCKED, f"HTTP {status}", status)


def _seconds(retry_after: str | None) -> float | None:
    """`Retry-After` in its two forms, seconds or a date; anything else says nothing."""
    if not retry_after:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


async def _read_capped(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if (response.content_length or 0) > limit:
        raise FetchError(
            Reason.TOO_LARGE, f"{response.content_length:,} bytes are more than {limit:,}", response.status
        )
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > limit:
            raise FetchError(Reason.TOO_LARGE, f"more than {limit:,} bytes", response.status)
        chunks.append(chunk)
    return b"".join(chunks)


def _unpack(packed: bytes, encoding: str, limit: int) -> bytes:
    """Unpacks with a cap: a small answer may hide gigabytes."""
    if encoding in ("", "identity") or not packed:
        return packed
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(Reason.NOT_HTML, f"packed as '{encoding}', which we did not ask for", 200)
    raw_deflate = encoding == "deflate" and (packed[0] & 0x0F) != 8
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS if raw_deflate else zlib.MAX_WBITS | 32)
    try:
        body = unpacker.decompress(packed, limit + 1)
    except zlib.error as error:
        raise FetchError(Reason.CONNECTION, f"the packed answer is damaged: {error}", 200) from error
    if len(body) > limit:
        raise FetchError(Reason.TOO_LARGE, f"unpacks to more than {limit:,} bytes", 200)
    if not unpacker.eof:
        raise FetchError(Reason.CONNECTION, "the packed answer breaks off", 200)
    return body


def _refuse_half(response: aiohttp.ClientResponse, body: bytes, html: bool) -> None:
    """An answer that ends when the connection does may have been cut: a page must then have its end."""
    if not body.strip():
        raise FetchError(Reason.CONNECTION, "the answer is empty", response.status)
    delimited = (
        "Content-Length" in response.headers or "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    )
    if html and not delimited and b"</html" not in body[-4096:].lower():
        raise FetchError(Reason.CONNECTION, "the page breaks off before </html>", response.status)


def _charset(content_type: str | None) -> str | None:
    for part in (content_type or "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None
