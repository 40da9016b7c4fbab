"""What the gate says about a day, in a form that a task can return, Slack can print and the lake can keep."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from transforms.names import INVISIBLE

Status = Literal["passed", "warned", "empty", "failed"]
WHAT_NOW = (
    "Nothing was loaded, and the database keeps what it had. Where a sentence does not say what to do: clear build_marts; if it stops again, "
    "the Data Docs show the rows with their shops and pages: mend what made them, and clear clean_offers."
)
LOOKED_AT = 200  # characters of a text that may have millions; a blank at their end would be taken for the text's own
UNSEEN = re.compile(rf"^ +| +$|{INVISIBLE}")


@dataclass(frozen=True)
class Finding:
    """One rule that did not hold: critical findings stop the load, the others are reported."""

    critical: bool
    table: str
    sentence: str
    reason: str = ""
    samples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """`version` is the Delta version of the price summary that was judged: the one that may be loaded."""

    dt: str
    run_id: str
    status: Status
    failures: list[str]
    warnings: list[str]
    rows: dict[str, int]
    held_back: dict[str, str]
    docs: str
    version: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def sentences(self) -> list[str]:
        """The verdict for a terminal, the worst first."""
        what = f"the {self.rows.get('price summary', 0):,} rows of version {self.version} may be loaded."
        heads = {
            "passed": f"{self.dt} passed: {what}",
            "warned": f"{self.dt} passed with warnings: {what}",
            "empty": f"{self.dt} is empty: there is nothing to load.",
            "failed": f"{self.dt} failed, and the mart stays as it is for inspection. {WHAT_NOW}",
        }
        return [
            heads[self.status],
            *(f"FAILED   {sentence}" for sentence in self.failures),
            *(f"warning  {sentence}" for sentence in self.warnings),
        ]


def printable(text: object) -> str:
    """A text with its control and invisible characters, and the spaces at its ends, written as escapes: a reader must see what
    a rule complains of."""
    seen = UNSEEN.sub(lambda found: "".join(map(_escape, found[0])), str(text))
    return "".join(char if char.isprintable() else _escape(char) for char in seen)


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}"


def status_of(findings: list[Finding]) -> Status:
    """The status of a day that has rows."""
    if any(finding.critical for finding in findings):
        return "failed"
    return "warned" if findings else "passed"
