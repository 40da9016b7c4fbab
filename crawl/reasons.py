"""Why a product page is not an offer: a closed list, so that every count in every report uses the same words."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """One per failed URL. `retryable` says whether asking again, later, can help."""

    NOT_FOUND = "not_found"
    REMOVED = "removed"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    HTTP_5XX = "http_5xx"
    THROTTLED = "throttled"
    BLOCKED = "blocked"
    TOO_LARGE = "too_large"
    NOT_HTML = "not_html"
    PARSE_ERROR = "parse_error"
    ROBOTS_DENIED = "robots_denied"
    DEADLINE = "deadline"
    LOST = "lost"

    @property
    def retryable(self) -> bool:
        return self in _RETRYABLE

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_RETRYABLE = frozenset(
    {Reason.TIMEOUT, Reason.CONNECTION, Reason.HTTP_5XX, Reason.THROTTLED, Reason.DEADLINE, Reason.LOST}
)

_MEANINGS = {
    Reason.NOT_FOUND: "the shop answers 404 or 410",
    Reason.REMOVED: "HTTP 200, but the page says that there is no such product",
    Reason.TIMEOUT: "no whole answer within the time limit",
    Reason.CONNECTION: "no connection, it broke off before the page was whole, or it brought another product's page",
    Reason.HTTP_5XX: "the shop answers 5xx, or with a maintenance page",
    Reason.THROTTLED: "429: the shop asks for fewer requests",
    Reason.BLOCKED: "403 or another refusal, a challenge page, or a redirect to a host that is not the shop's",
    Reason.TOO_LARGE: "the page is larger than the supplier's limit, packed or unpacked",
    Reason.NOT_HTML: "the answer is not an HTML page",
    Reason.PARSE_ERROR: "a product page without name, part number and price that we can read",
    Reason.ROBOTS_DENIED: "robots.txt does not allow the address",
    Reason.DEADLINE: "the worker's time was over before the page's turn",
    Reason.LOST: "the worker died before it reported the page",
}
