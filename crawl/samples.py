"""Keeps a few failed pages as they came, so that a parser can be mended and tried again without asking the shop."""

from __future__ import annotations

import gzip
import json
import zlib

from crawl.reasons import Reason
from crawl.status import key_of
from crawl.storage import Places, Store

# Of each reason, one batch keeps so many pages, each cut at so many bytes.
PAGES_PER_BATCH, MAX_BYTES = 2, 512 * 1024


class Samples:
    """The samples of one batch."""

    def __init__(self, store: Store, places: Places, part: str) -> None:
        self._store = store
        self._places = places
        self._part = part
        self._kept: dict[Reason, int] = {}
        self._waiting: list[tuple[str, bytes]] = []

    def keep(self, url: str, reason: Reason, body: bytes) -> None:
        """Keeps the page unless this batch has enough of its kind. The first line is a comment with address and reason."""
        if self._kept.get(reason, 0) >= PAGES_PER_BATCH:
            return
        self._kept[reason] = self._kept.get(reason, 0) + 1
        about = json.dumps({"url": url, "reason": reason.value}).replace("-->", "")
        page = gzip.compress(f"<!--sample {about}-->\n".encode("ascii") + body[:MAX_BYTES], mtime=0)
        self._waiting.append((self._places.sample(reason.value, key_of(url)[:16]), page))

    def store(self) -> None:
        """Writes what was kept since the last time; what S3 does not take is dropped."""
        waiting, self._waiting = self._waiting, []
        for place, page in waiting:
            self._store.write(place, page, "application/gzip")


def read_sample(packed: bytes) -> tuple[dict[str, str], bytes]:
    """What is known of a kept page, and its bytes as they came. Raises `ValueError` where these bytes are no kept page."""
    try:
        head, _, body = gzip.decompress(packed).partition(b"\n")
        about: dict[str, str] = json.loads(head.removeprefix(b"<!--sample ").removesuffix(b"-->"))
        return {"url": about["url"], "reason": about["reason"]}, body
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"not a kept page ({type(error).__name__})") from error
