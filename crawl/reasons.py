"""Why a product page is not an offer: a closed list, so that every count in every report uses the same words."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """One per failed URL."""

    NOT_FOUND = "not_found"  # the shop answers 404 or 410
    REMOVED = "removed"  # HTTP 200, but the page says that there is no such product
    TIMEOUT = "timeout"  # no whole answer within the time limit
    CONNECTION = "connection"  # no connection, it broke off amid the page, or it brought another product
    HTTP_5XX = "http_5xx"  # the shop answers 5xx, or with a maintenance page
    THROTTLED = "throttled"  # 429: the shop asks for fewer requests
    BLOCKED = "blocked"  # 403 or another refusal, a challenge page, or a redirect to a host that is not the shop's
    TOO_LARGE = "too_large"  # the page is larger than the supplier's limit, packed or unpacked
    NOT_HTML = "not_html"  # the answer is not an HTML page
    PARSE_ERROR = "parse_error"  # a product page without name, part number and price that we can read
    ROBOTS_DENIED = "robots_denied"  # robots.txt does not allow the address
    DEADLINE = "deadline"  # the worker's time was over before the page's turn
    LOST = "lost"  # the worker died before it reported the page

    @property
    def retryable(self) -> bool:
        """Whether asking again, later, can help."""
        return self in _RETRYABLE


_RETRYABLE = frozenset(
    {Reason.TIMEOUT, Reason.CONNECTION, Reason.HTTP_5XX, Reason.THROTTLED, Reason.DEADLINE, Reason.LOST}
)
