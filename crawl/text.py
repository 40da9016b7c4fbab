"""Bytes to text, and text to one form: the charset of a page, folded white space, readable script strings."""

from __future__ import annotations

import codecs
import html
import re

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})""", re.I)
_KOREAN = frozenset(
    {"euc-kr", "euckr", "ks_c_5601-1987", "ksc5601", "ks_c_5601", "cp949", "ms949", "windows-949", "uhc"}
)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BLANKS = re.compile(r"[^\S\n]+")
_INVISIBLE = dict.fromkeys([*range(0x00, 0x09), *range(0x0E, 0x20), 0x7F, 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])


def decode_page(body: bytes, declared: str | None = None) -> str:
    """The text of a page: BOM, then the header's charset, then the page's own, then detection.

    A declared charset is believed only if it fits: many Korean shops declare UTF-8 and send CP949, or the other way round.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    candidates = [declared, _declared_in(body), "utf-8", "cp949"]
    for name in candidates:
        encoding_name = _python_name(name)
        if encoding_name is None:
            continue
        try:
            return body.decode(encoding_name)
        except UnicodeDecodeError:
            continue
    return _best_guess(body, candidates)


def _declared_in(body: bytes) -> str | None:
    head = body[:4096]
    found = _XML_ENCODING.search(head) or _META_CHARSET.search(head) or _META_CHARSET.search(body[:65536])
    return found.group(1).decode("ascii") if found else None


def _python_name(name: str | None) -> str | None:
    """EUC-KR on the web means its superset CP949; Latin-1 fits any bytes, so it proves nothing and is not tried."""
    if not name:
        return None
    lowered = name.strip().strip("\"'").lower()
    if lowered in _KOREAN:
        return "cp949"
    try:
        found = codecs.lookup(lowered).name
    except LookupError:
        return None
    return None if found in ("iso8859-1", "cp1252", "ascii") else found


def _best_guess(body: bytes, candidates: list[str | None]) -> str:
    """No candidate fits every byte (a cut character, a stray byte): the one that spoils least."""
    names = [name for name in map(_python_name, candidates) if name]
    texts = [body.decode(name, "replace") for name in dict.fromkeys(names)]
    best = min(texts, key=lambda text: text.count("\ufffd"))
    if best.count("\ufffd") * 50 <= len(best):
        return best
    from charset_normalizer import from_bytes

    match = from_bytes(body[:100_000]).best()
    return str(body.decode(match.encoding, "replace")) if match else best


def fold(text: str) -> str:
    """White space folded to single blanks, `\\n` kept between lines that say something, invisible characters gone."""
    text = _BLANKS.sub(" ", text.translate(_INVISIBLE))
    if "\n" not in text:
        return text.strip()
    return "\n".join(line for line in map(str.strip, text.split("\n")) if line)


def one_line(text: str) -> str:
    """`fold` for text whose line breaks mean nothing."""
    return " ".join(text.translate(_INVISIBLE).split())


_JS_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.S)
_JS_LETTERS = {"n": " ", "r": " ", "t": " ", "b": "", "f": "", "v": "", "0": ""}


def script_string(source: str) -> str:
    """What a JavaScript string literal says; HTML entities in it are read too, as the platform writes names with them."""

    def plain(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) > 1:
            return chr(int(escape[1:], 16))
        return _JS_LETTERS.get(escape, escape)

    return one_line(html.unescape(_JS_ESCAPE.sub(plain, source)))
