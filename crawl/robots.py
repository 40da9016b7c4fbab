"""robots.txt as RFC 9309 wants it read: absent means all is allowed, unreachable means nothing is."""

from __future__ import annotations

import codecs
import re
from dataclasses import asdict, dataclass
from typing import Any

from protego import Protego

AGENT = "car-part-prices"
# The RFC asks for at least 500 KiB; what comes after is not read.
MAX_BYTES = 512 * 1024
MOST_DELAY = 10**9
# The first folder of an address, where its letters have only one spelling.
_FOLDER = re.compile(r"https?://[^/?#\\]+(/[A-Za-z0-9_-]+/)")
_PLAIN_HEAD = re.compile(r"[^*$%]*")
_AGENT_LINE = re.compile(r"^(\s*user[- ]?agent\s*:\s*)([A-Za-z_-]+)(?:[/ \t(#][^\n]*)?$", re.I)
_DELAY_LINE = re.compile(
    r"^(\s*crawl[- ]delay\s*:\s*\d+)(?:[.,](\d+))?\s*(?:(?:s|secs?|seconds?|초)\s*)?(?:#.*)?$", re.I
)
_NO_PATH = re.compile(r"\s*(?:allow|user[- ]?agent|site-?maps?|host|crawl[- ]delay|request[- ]rate)\b", re.I)


@dataclass(frozen=True)
class RobotsAnswer:
    """What a host answered to `/robots.txt`; status 0 means that it could not be reached. Travels to the workers as JSON."""

    status: int
    text: str = ""
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def decode_robots(body: bytes) -> str:
    """The text of a robots.txt: UTF-8, or else CP949 or UTF-16 with its mark; marks forgiven, bad bytes replaced, NULs dropped."""
    head = body[:MAX_BYTES]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head.decode("utf-16", "replace")
    else:
        text = min((head.decode(name, "replace") for name in ("utf-8", "cp949")), key=lambda each: each.count("\ufffd"))
    return text.lstrip("\ufeff").replace("\0", "")


def _mended(text: str) -> str:
    """Mends what protego would read otherwise than RFC 9309: a version or remark behind a group's name is ignored, and a group for `car` is
    not for us although our name begins so. Delays with a unit or a decimal comma become plain numbers.
    """

    def renamed(line: re.Match[str]) -> str:
        named = line[2].lower()
        if named == AGENT:
            return f"{line[1]}{AGENT}"
        return f"{line[1]}not-{named}" if AGENT.startswith(named) else line[0]

    lines = (_DELAY_LINE.sub(r"\1.\2", line) for line in text.splitlines())
    return "\n".join(_AGENT_LINE.sub(renamed, line) for line in lines)


class Robots:
    """The verdicts of one host's robots.txt."""

    def __init__(self, answer: RobotsAnswer) -> None:
        self.reachable = answer.status not in (0, 429) and answer.status < 500
        text = _mended(answer.text)
        self._rules = Protego.parse(text) if 200 <= answer.status < 300 else None
        self._words = _words_of(text) if self._rules else set()
        self._concerned: dict[str, bool] = {}

    def allows(self, url: str) -> bool:
        """Whether our agent may ask for this address."""
        if not self.reachable:
            return False
        return self._rules is None or not self._concerns(url) or bool(self._rules.can_fetch(url, AGENT))

    def _concerns(self, url: str) -> bool:
        """Whether a rule can say anything about an address. Most say something about other folders than the products', and bringing
        an address into the form that rules are compared with takes a tenth of a page's time.
        """
        found = _FOLDER.match(url)
        if found is None:
            return True
        folder = found.group(1)
        if folder not in self._concerned:
            self._concerned[folder] = any(_may_match(word, folder) for word in self._words)
        return self._concerned[folder]

    @property
    def delay_s(self) -> float:
        """The seconds between two requests that the host asks for, by `Crawl-delay` or `Request-rate`; 0 when it does not."""
        if self._rules is None:
            return 0.0
        delay = float(self._rules.crawl_delay(AGENT) or 0)
        rate = self._rules.request_rate(AGENT)
        # A whole number of any length may stand there.
        seconds = min(rate.seconds, MOST_DELAY) / rate.requests if rate and rate.requests else 0.0
        return max(delay, seconds)


def _words_of(text: str) -> set[str]:
    """Every word that may be the path of a rule, also on lines that are no rules to us: one too many costs time only."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    return {word for line in lines if not _NO_PATH.match(line) for word in line.replace(":", " ").split()}


def _may_match(word: str, folder: str) -> bool:
    """Whether a rule with this path can match an address in this folder, going by what stands before the first wildcard or escape."""
    head = "/" + _PLAIN_HEAD.match(word)[0].lstrip("/")  # type: ignore[index]
    return folder.startswith(head) or head.startswith(folder) or folder in word


ALLOW_ALL = Robots(RobotsAnswer(404))
