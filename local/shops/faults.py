"""What goes wrong at the demo shops, how often, and whether asking again helps. Decided by the day and the product alone; README.md
has the table of what each kind looks like.
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32


class Fault(NamedTuple):
    """`answers` is how many requests fail before the page comes; 0 means that it never comes."""

    kind: str
    answers: int

    @property
    def recovers(self) -> bool:
        return self.answers > 0


# kind: (URLs in 10,000, fewest failing answers, most failing answers)
SHARES = {
    "timeout": (30, 1, 1),
    "error_500": (60, 1, 2),
    "long_503": (40, 4, 6),
    "throttled": (50, 1, 1),
    "dropped": (40, 1, 1),
    "not_found": (40, 0, 0),
    "removed": (40, 0, 0),
    "down": (10, 0, 0),
}
# The named reason under which a page that never comes must end.
FINAL_REASON = {"not_found": "not_found", "removed": "removed", "down": "http_5xx"}


def fault_of(dt: str, source: str, product_no: int) -> Fault | None:
    """The fault of a product on a day, whichever of its URLs is asked for."""
    drawn = crc32(f"{dt} {source} {product_no}".encode())
    place, more = drawn % 10_000, drawn // 10_000
    for kind, (share, fewest, most) in SHARES.items():
        if place < share:
            return Fault(kind, fewest + more % (most - fewest + 1))
        place -= share
    return None
