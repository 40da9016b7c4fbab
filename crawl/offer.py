"""What a page yields: the raw fields of one offer, or the named reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from crawl.reasons import Reason


@dataclass(frozen=True)
class PageFields:
    """The texts of one product page as the page says them; absent is None."""

    name: str | None
    official_name: str | None
    part_no: str | None
    price_text: str | None
    applicable_text: str | None
    category: str | None

    def present(self) -> str:
        """The fields that coverage counts, as a compact list such as `name,part_no,price`."""
        pairs = (("name", self.name), ("official_name", self.official_name), ("part_no", self.part_no))
        more = (("price", self.price_text), ("cars", self.applicable_text))
        return ",".join(label for label, text in (*pairs, *more) if text)


class PageError(Exception):
    """A page that is no offer: its reason, and one sentence for the person who looks into it."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
