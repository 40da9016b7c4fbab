"""Bytes to text, and text to one form: the charset of a page, folded white space, readable script strings."""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from functools import cached_property

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})""", re.I)
_KOREAN = frozenset(
    {"euc-kr", "euckr", "ks_c_5601-1987", "ksc5601", "ks_c_5601", "cp949", "ms949", "windows-949", "uhc"}
)
_TRIED = ("utf-8", "cp949")
_HANGUL = re.compile("[가-힣]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Surrogates (half of a letter, left over from a script or JSON) cannot be written as UTF-8: one would cost the batch its results.
_HALVES = range(0xD800, 0xE000)
_BLANKS = re.compile(r"[^\S\n]+")
_INVISIBLE = dict.fromkeys(
    [*range(0x00, 0x09), *range(0x0E, 0x20), 0x7F, 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *_HALVES]
)


class PageText:
    """A page's bytes as text, decoded where they are read: most of a page says nothing of its product."""

    def __init__(self, body: bytes, declared: str | None = None) -> None:
        self._body = body
        self._declared = declared
        self._is_wide = b"\0" in body[:100]

    @cached_property
    def text(self) -> str:
        return decode_page(self._body, self._declared)

    @cached_property
    def letters(self) -> str:
        """One character for each byte, so that the ASCII of a page can be searched without decoding it; of UTF-16 the decoded text."""
        return self.text if self._is_wide else self._body.decode("latin-1")

    def hangul_between(self, start: int, end: int) -> str | None:
        """The text of some of the bytes if they are UTF-8 with Hangul, which is certain without a look at the rest of the page; else None."""
        part = None if self._is_wide else _strictly(self._body[start:end], "utf-8")
        return part if part is not None and _HANGUL.search(part) else None


def decode_page(body: bytes, declared: str | None = None) -> str:
    """The text of a page: BOM, then the header's charset, then the page's own, then detection.

    A declared charset is believed only if it fits: many Korean shops declare UTF-8 and send CP949, or the other way round. Bytes that
    are Hangul in UTF-8 are UTF-8 whatever is declared: CP949 text does not come out so, while CP949 can read short UTF-8 as nonsense.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            marked = body[len(bom) :]
            if encoding != "utf-8" or _strictly(marked, encoding) is not None:
                return marked.decode(encoding, "replace")
            body = marked  # the mark is of a file that the page begins with, not of the whole
    said = map(_python_name, (declared, _declared_in(body)))
    names = list(dict.fromkeys([*(name for name in said if name in _TRIED or (name and b"\0" in body[:100])), *_TRIED]))
    for name in names:
        if (text := _strictly(body, name)) is not None:
            other = None if name == "utf-8" else _strictly(body, "utf-8")
            return other if other is not None and _HANGUL.search(other) else text
    return _best_guess(body, names)


def _strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _declared_in(body: bytes) -> str | None:
    head = body[:4096]
    found = _XML_ENCODING.search(head) or _META_CHARSET.search(head) or _META_CHARSET.search(body[:65536])
    return found.group(1).decode("ascii") if found else None


def _python_name(name: str | None) -> str | None:
    """EUC-KR on the web means its superset CP949. Latin-1 fits any bytes and proves nothing; others are no Korean shop's."""
    lowered = (name or "").strip().strip("\"'").lower()
    if lowered in _KOREAN:
        return "cp949"
    return {
        "utf8": "utf-8",
        "utf-8": "utf-8",
        "utf-16": "utf-16",
        "utf-16le": "utf-16-le",
        "utf-16be": "utf-16-be",
    }.get(lowered)


def _best_guess(body: bytes, names: list[str]) -> str:
    """No candidate fits every byte (a cut character, a stray byte): the one that spoils least."""
    return min((body.decode(name, "replace") for name in names), key=lambda text: text.count("\ufffd"))


def fold(text: str) -> str:
    """White space folded to single blanks, `\\n` kept between lines that say something, invisible characters gone."""
    text = _BLANKS.sub(" ", text.translate(_INVISIBLE))
    if "\n" not in text:
        return text.strip()
    return "\n".join(line for line in map(str.strip, text.split("\n")) if line)


def one_line(text: str) -> str:
    """`fold` for text whose line breaks mean nothing."""
    return " ".join(text.translate(_INVISIBLE).split())


def composed(text: str | None) -> str | None:
    """In Unicode's composed form (NFC). Text copied from a Mac has its Hangul in pieces: as a name it would differ from the same one composed."""
    return unicodedata.normalize("NFC", text) if text else text


_JS_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.S)
_INLINE_TAG = re.compile(r"</?(?:a|b|br|div|em|font|i|img|p|span|strong|u)\b[^<>]*>", re.I)
_JS_LETTERS = {"n": " ", "r": " ", "t": " ", "b": "", "f": "", "v": "", "0": ""}


def script_string(source: str) -> str:
    """What a JavaScript string literal says; HTML tags and entities in it are read too, as the platform writes names with them."""

    def plain(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) > 1:
            return chr(int(escape[1:], 16))
        return _JS_LETTERS.get(escape, escape)

    text = _JS_ESCAPE.sub(plain, source).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return one_line(html.unescape(_INLINE_TAG.sub(" ", text)))


def without_tags(text: str) -> str:
    """A text for machines as a person reads it: shops write their names with the tags of their pages."""
    return one_line(_INLINE_TAG.sub(" ", text) if "<" in text else text)
