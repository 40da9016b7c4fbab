"""What every parser does to a text first, so that the same characters are the same text."""

from __future__ import annotations

import html
import re
import unicodedata

# Format characters (zero-width blanks and joiners, soft hyphens, direction marks, byte order marks) show nothing and come in with copied text.
# Numbers in rings and small raised ones mark lists and notes: `①12,000원` must not become 112,000.
_NO_TEXT = re.compile(
    "[\u00ad\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\u00b2\u00b3\u00b9\u2070-\u2079\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]"
)

LONGEST = 20_000  # characters; a cell has hardly a hundredth, and a page's whole text is none: reading takes time by its square


def plain_lines(text: str) -> str:
    """NFKC, upper case, nothing invisible, one kind of blank; line breaks stay."""
    visible = text if text.isascii() else unicodedata.normalize("NFKC", _NO_TEXT.sub(_blank_for_mark, text))
    return "\n".join([" ".join(line.split()) for line in visible.upper().splitlines()])


def _blank_for_mark(found: re.Match[str]) -> str:
    return " " if found[0].isdigit() or "\u2460" <= found[0] <= "\u2793" else ""


def plain_text(text: str | None) -> str:
    """`plain_lines` in one line."""
    return " ".join(plain_lines(text or "").split())


_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def plain_markup(text: str | None) -> str:
    """`plain_text` of a text in which tags and entities may be left over from a page."""
    return plain_text(_TAG.sub(" ", html.unescape(text)) if text and ("<" in text or "&" in text) else text)
