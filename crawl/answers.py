"""What an answer must be to be read: its status, its size packed and unpacked, its end. Anything else has its reason.

FetchError ── a `Reason`, the HTTP status and, where the shop said so, how long to wait
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

import aiohttp
from zlib_ng import zlib_ng as zlib

from crawl.reasons import Reason

GZIP = b"\x1f\x8b\x08"
# Unpacking one member of a gzip stream copies all bytes behind it: an answer of 200,000 empty members (4 MB) kept a worker busy
# for 15 seconds.
MOST_MEMBERS = 100
# What zlib unpacks. An unknown Content-Encoding, such as `none` or `utf-8`, is ignored: gzip is recognised by its first bytes.
_PACKERS = frozenset({"gzip", "x-gzip", "deflate"})
# What these have packed may look like text in its first bytes.
_HARD_TO_TELL = frozenset({"deflate", "br", "zstd", "compress", "x-compress", "dcb", "dcz"})
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:(?:s|secs?|seconds?)\s*)?(?:,.*)?", re.A | re.I)


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
    charset: str | None


def refuse_status(status: int, headers: Mapping[str, str]) -> None:
    if status in (200, 203):
        return
    wait = asked_wait(headers)
    if status in (404, 410):
        raise FetchError(Reason.NOT_FOUND, f"HTTP {status}", status)
    if status == 429:
        raise FetchError(Reason.THROTTLED, "HTTP 429", status, wait)
    if 500 <= status < 600:
        raise FetchError(Reason.HTTP_5XX, f"HTTP {status}", status, wait)
    if status == 408:
        raise FetchError(Reason.TIMEOUT, f"HTTP {status}", status, wait)
    if status == 304 or (200 < status < 300 and status != 202):
        raise FetchError(Reason.NOT_HTML, f"HTTP {status} carries no page", status)
    raise FetchError(Reason.BLOCKED, f"HTTP {status}", status)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds of `Retry-After`, also with a fraction or a unit, or until its date by the server's own clock; None where it says nothing."""
    said = (headers.get("Retry-After") or "").strip()
    if seconds := _SECONDS.fullmatch(said):
        return float(seconds[1])
    moment = _instant(said)
    present = _instant(headers.get("Date") or "") or time.time()
    return None if moment is None else max(0.0, moment - present)


def _instant(text: str) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None


async def read_capped(
    response: aiohttp.ClientResponse, limit: int, end: bytes | None = None, cut: bool = False
) -> bytes:
    """The bytes of an answer as they came. If the connection ends before the announced length, the answer still counts as whole when its
    last bytes are `end`, such as `</html>`, or when it is gzip, whose unpacker notices a missing part: some servers announce a wrong
    length or leave out the last chunk.
    """
    if (response.content_length or 0) > limit and not cut:
        raise FetchError(
            Reason.TOO_LARGE, f"{response.content_length:,} bytes are more than {limit:,}", response.status
        )
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in response.content.iter_any():
            size += len(chunk)
            chunks.append(chunk)
            if size > limit and cut:
                break
            if size > limit:
                raise FetchError(Reason.TOO_LARGE, f"more than {limit:,} bytes", response.status)
    except aiohttp.ClientPayloadError:
        came = b"".join(chunks)
        if end is None or not (came.startswith(GZIP) or came[-64:].rstrip().lower().endswith(end)):
            raise
    return b"".join(chunks)


def unpack(packed: bytes, encoding: str, limit: int, cut: bool = False) -> bytes:
    """Unpacks with a cap: a small answer may hide gigabytes. Servers also pack without saying so, and say so without packing."""
    if packed.startswith(GZIP):
        body = _unzip(packed, zlib.MAX_WBITS | 32, limit, cut)
        # A server that packs files which are packed already.
        return _unzip(body, zlib.MAX_WBITS | 32, limit, cut) if body.startswith(GZIP) else body
    names = {name.strip() for name in encoding.split(",")} - {"", "identity"}
    if not names or not packed or packed.lstrip()[:1] == b"<":
        return packed
    if names.isdisjoint(_HARD_TO_TELL) and _NO_TEXT.search(packed[:64]) is None:
        return packed
    if names.isdisjoint(_PACKERS):
        raise FetchError(Reason.NOT_HTML, f"packed as '{encoding}', which we did not ask for", 200)
    raw_deflate = "deflate" in names and (packed[0] & 0x0F) != 8
    return _unzip(packed, -zlib.MAX_WBITS if raw_deflate else zlib.MAX_WBITS | 32, limit, cut)


def _unzip(packed: bytes, window: int, limit: int, cut: bool) -> bytes:
    """All members of a gzip stream, one after the other, or the one of a deflate stream."""
    body = b""
    for _ in range(MOST_MEMBERS):
        unpacker = zlib.decompressobj(window)
        try:
            body += unpacker.decompress(packed, limit + 1 - len(body))
        except zlib.error as error:  # type: ignore[misc]  # its stub declares a value
            raise FetchError(Reason.CONNECTION, f"the packed answer is damaged: {error}", 200) from error
        if len(body) > limit and not cut:
            raise FetchError(Reason.TOO_LARGE, f"unpacks to more than {limit:,} bytes", 200)
        if len(body) > limit or (cut and len(packed) > limit):
            return body
        if not unpacker.eof:
            raise FetchError(Reason.CONNECTION, "the packed answer breaks off", 200)
        packed = unpacker.unused_data
        if not packed.startswith(GZIP):
            return body
    raise FetchError(Reason.TOO_LARGE, f"packed in more than {MOST_MEMBERS} pieces", 200)


def refuse_half(response: aiohttp.ClientResponse, body: bytes, html: bool) -> None:
    """Refuses an empty answer and a page that breaks off. An answer without an announced length ends with its connection, which may have
    been cut: such a page must have its `</html>`. If the shop's program died, the answer ends in order, but the page ends in the middle
    of a text or tag.
    """
    if not body or body.isspace():
        raise FetchError(Reason.CONNECTION, "the answer is empty", response.status)
    if not html or b"</html" in body[-4096:].lower():
        return
    delimited = (
        "Content-Length" in response.headers or "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    )
    amid = body.rstrip()[-1:] != b">" and b"<html" in body[:1024].lower()
    if amid or not delimited:
        raise FetchError(Reason.CONNECTION, "the page breaks off before </html>", response.status)


def charset_of(content_type: str | None) -> str | None:
    for part in (content_type or "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None
