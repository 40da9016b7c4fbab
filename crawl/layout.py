"""Finds a value by the words beside it, whatever the markup: table cells, definition lists, list items with two spans, headed blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache

from selectolax.lexbor import LexborNode

from crawl.label_words import HEADS, bare_key, is_head, is_section, label_key, says_nothing
from crawl.nodes import (
    BLOCKS,
    POINTERS,
    SILENT,
    Void,
    bare_texts,
    compact,
    has_blocks,
    has_struck,
    is_hidden,
    is_picture,
    is_struck,
    next_element,
    previous_element,
    text_of,
)
from crawl.tables import below, heads_a_column, is_spacer, list_beside, list_of_rows
from crawl.text import fold

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HEADS = _HEADINGS | {"th", "dt"}
_TITLES = _HEADINGS | {"p"}
_INLINE = frozenset({"span", "b", "strong", "em", "font", "u", "i"})
_ROWS = frozenset({"tr", "li", "dl", "ul", "div", "tbody", "table", "body"})
_LABELS = "th, dt, td, span, strong, b, em, font, button, label, p, li, h2, h3, h4, h5, h6, div.label, div.title, div.tit, div.th, div.key, div.subject"
_TEXTS = "li, p, td, th, dd, dt, div, section, article, center, blockquote, pre, h2, h3, h4, h5, h6"
# What points from a label to its value: an arrow, or a blank where the value can be nothing else than a part number or an amount.
_UNMISTAKABLE = r"(?:\d{5}-?[0-9A-Z]{5,8}|\d[\d,]{2,}\s?원)"
_POINTED_AT = re.compile(
    rf"^(.{{1,20}}?[\w.)])(?:[^\S\n]*(?:[-=]>|[▶►→⇒☞➡=])\s*|(?<!\d)[^\S\n]+(?={_UNMISTAKABLE}\s*$))", re.M
)
_NUMBER_OR_AMOUNT = re.compile(_UNMISTAKABLE)
_MAY_POINT = re.compile(r"[▶►→⇒☞➡=]|\d{5}|\d\s?원")
_COLON = re.compile(r"\s*[:：]\s*")
# An owner's whole text may stand in one block with nothing but line breaks; what blocks within say is read block by block.
_LONGEST, _LONGEST_OF_SEVERAL = 20_000, 2000
# No list of a real page has more.
_MOST_LINES = 100
# A line that opens another block, such as `[주의사항]`, or a note to the buyer.
_OPENS_ANOTHER = re.compile(r"\s*(?:[\[【][^\]】]{2,20}[\]】]\s*$|[※■▶◆●])")
_LABEL_OF_LINE = re.compile(r"\s*(?:[\[【]([^\]】]{2,20})[\]】]|([^:：]{2,20})(?:[:：]|$))")
# A line of its own sentence does not go on with a list.
_SENTENCE = re.compile(r"(?:[.!?]|[다요])$")
# A remark beside a label, which is no value: `(OEM NO)`, `(부가세 포함)`.
_REMARK = re.compile(r"[(\[][^()\[\]\d]*[)\]]")
# A word amid a sentence is no label: `<b>적용차종</b>을 확인하세요`.
_PARTICLE = re.compile(r"(?:을|를|이|가|은|는|에|의|과|와|도|만|으?로|에서|별로)\s")
# Where a line holds several labels: `품번 : 58101 | 차종 : K5`.
_NEXT_LABEL = re.compile(rf"\s*[|/,]\s*(?=(?:{'|'.join(HEADS)})\s*:)")
# `Regular price:` is no `price:` behind something else.
_ENGLISH = "|".join(filter(str.isascii, HEADS))
_LABEL_AHEAD = re.compile(
    rf"(?<![A-Za-z])\s+(?=(?:{_ENGLISH})\s*:)|"
    rf"\s+(?=(?:(?:적용|장착|호환|해당|순정|정식|할인)\s?)?(?:{'|'.join(HEADS)})(?<![a-z])\s*:)"
)


def _drawn(cell: LexborNode) -> str:
    """What the picture in a head or cell without text says: old skins draw their labels."""
    picture = cell.css_first("img[alt]") if cell.tag in ("th", "dt", "td") else None
    return (picture.attributes.get("alt") or "") if picture is not None else ""


class Labels:
    """The labelled values of a part of a page, read once and asked many times."""

    def __init__(self, areas: list[LexborNode]) -> None:
        self._nodes: dict[str, list[LexborNode]] = {}
        self._loose: dict[str, list[LexborNode]] = {}
        self._areas = areas
        self._has_lines = False
        self._void = Void()
        self._inline: list[tuple[str, list[str], LexborNode]] | None = None
        for area in areas:
            for node in area.css(_LABELS):
                self._note(node)

    def _note(self, node: LexborNode) -> None:
        text = node.text(deep=True)
        if len(text) <= 80 and (key := label_key(text) or label_key(_drawn(node))):
            self._nodes.setdefault(key, []).append(node)
            if (bare := bare_key(key)) != key:
                self._loose.setdefault(bare, []).append(node)
                if key.startswith("순정"):  # beside a maker's number, the genuine one is the part's
                    self._loose[bare].insert(0, self._loose[bare].pop())

    def value(self, labels: tuple[str, ...], field: str, match: str | None = None) -> str | None:
        """The first value that stands beside one of the labels and is not empty, hidden or a dash; rather one that matches and says something."""
        found, later = self._marked_value(labels, field, match)
        if found is None:
            found, also = self._inline_value(labels, field, match)
            later = later or also
        if (found or later) is None and self._note_lines(_keys(labels)):
            found, later = self._marked_value(labels, field, match)
        return found or later

    def _marked_value(self, labels: tuple[str, ...], field: str, match: str | None) -> tuple[str | None, str | None]:
        """The value beside an element that is a label; and one that says no more than that it is elsewhere."""
        later, blocks = None, blocks_of(field)
        for label in labels:
            key = label_key(label)
            for node in (*self._nodes.get(key, ()), *self._loose.get(key, ())):
                if self._void.holds(node) or not (said := _beside(node, key, blocks)):
                    continue
                found = _without_label(said, node)
                if found.strip("-–—·."):
                    if _fits(found, field, match):
                        return found, None
                    later = later or found
        return None, later

    def _note_lines(self, keys: frozenset[str]) -> bool:
        """Takes blocks that hold no others for labels, where the areas have one's words; False where they have not, or all are noted already."""
        if self._has_lines or not any(key in self._compact for key in keys):
            return False
        self._has_lines = True
        for node in (node for area in self._areas for node in area.css("div") if not has_blocks(node)):
            self._note(node)
        return True

    @cached_property
    def _compact(self) -> str:
        return compact(self._areas)

    def _inline_value(self, labels: tuple[str, ...], field: str, match: str | None) -> tuple[str | None, str | None]:
        """`<li>상품명 : 값</li>`: label and value in one text, rather a seen one; where blocks are lines, with the lines that go on with it."""
        later = None
        for lines in self._lines_of(_keys(labels)):
            is_list = blocks_of(field) == "\n"
            following = _going_on(lines[1:]) if is_list else _bare(lines)
            first = lines[0] if is_list else lines[0].partition("\n")[0]
            if said := "\n".join(filter(None, [first, *following])):
                if _fits(first or said, field, match):
                    return said, None
                later = later or said
        return None, later

    def _lines_of(self, keys: frozenset[str]) -> list[list[str]]:
        """The lines that begin with one of the labels, each with those behind it: seen ones before hidden ones, exact labels before others."""
        if self._inline is None:
            self._inline = [entry for area in self._areas for entry in _inline_entries(area, self._void)]
        exact = [entry for entry in self._inline if entry[0] in keys]
        found = exact + [entry for entry in self._inline if entry[0] not in keys and bare_key(entry[0]) in keys]
        if len(found) > 1:
            found.sort(key=lambda entry: self._void.is_inside_hidden(entry[2]))
        return [lines for _, lines, _ in found]


@lru_cache(maxsize=256)
def _keys(labels: tuple[str, ...]) -> frozenset[str]:
    """The labels of a rule in one form: a rule is asked on every page."""
    return frozenset(map(label_key, labels))


def _fits(value: str, field: str, match: str | None) -> bool:
    return not says_nothing(value, field) and (match is None or re.search(match, value) is not None)


def _without_label(value: str, label: LexborNode) -> str:
    """A value without the label that narrow screens show in front of it once more."""
    said = label.text(deep=True).strip()
    rest = value.removeprefix(said)
    return rest.lstrip(POINTERS + "\n") if said and (len(said) > 2 or rest[:1] in POINTERS) else value


def blocks_of(field: str) -> str:
    """What stands between the blocks of a field's text: cars are a list of lines."""
    return "\n" if field == "cars" else " "


def _inline_entries(area: LexborNode, void: Void) -> Iterator[tuple[str, list[str], LexborNode]]:
    for node in (area, *area.css(_TEXTS)):
        for text in _texts(node):
            if void.is_of_another_product(node):
                break
            said = text.replace("：", ":")
            lines = (said if ":" in said else _POINTED_AT.sub(r"\1:", said)).split("\n")
            if ":" in lines[0] and not any(":" in line for line in lines[1:]):
                lines = [_cut("\n".join(lines))]
            for number, line in enumerate(lines):
                for part in _pairs(line):
                    label, _, value = part.partition(":" if ":" in part else " - ")
                    if len(label) <= 40:
                        following = lines[number + 1 : number + _MOST_LINES]
                        yield label_key(label), [value.strip(), *following], node


def _texts(node: LexborNode) -> Iterator[str]:
    """The texts of a block that may hold labels and values: its own, or, where it has many blocks, what stands bare between them."""
    several = has_blocks(node)
    if several and node.tag not in ("li", "td", "dd"):
        yield from (text for text in bare_texts(node) if len(text) <= _LONGEST and _may_hold_pairs(text))
        return
    text = node.text(deep=True)
    may = _may_hold_pairs(text) if node.tag not in _HEADS else ":" in text or "：" in text
    if may and len(text) <= (_LONGEST_OF_SEVERAL if several else _LONGEST):
        yield text_of(node, "\n")


def _may_hold_pairs(text: str) -> bool:
    marked = ":" in text or "：" in text or "차종" in text or "품번" in text or "부품번호" in text
    return marked or (len(text) <= 100 and (" - " in text or _points(text)))


def _points(text: str) -> bool:
    return _MAY_POINT.search(text) is not None and _POINTED_AT.search(text) is not None


def _pairs(line: str) -> Iterator[str]:
    """The pairs of label and value in a line."""
    for part in _NEXT_LABEL.split(line):
        while (colon := part.find(":")) >= 0 and (following := _LABEL_AHEAD.search(part, colon)):
            yield part[: following.start()]
            part = part[following.end() :]
        yield part


def _bare(lines: list[str]) -> list[str]:
    """The line below a label that has nothing beside it, where it can be nothing else than a part number or an amount."""
    return lines[1:2] if not lines[0] and _NUMBER_OR_AMOUNT.fullmatch("".join(lines[1:2])) else []


def _going_on(lines: list[str]) -> Iterator[str]:
    """The lines of a list that began with a label's: up to the next label, heading or sentence."""
    for line in lines:
        if ":" in line or len(line) > 40 or _opens_another(line) or _SENTENCE.search(line):
            return
        yield line


def _opens_another(line: str) -> bool:
    """Whether a line ends a list: the title of another block, a note to the buyer, or the next label."""
    label = _LABEL_OF_LINE.match(line)
    return bool(_OPENS_ANOTHER.match(line)) or is_section(line) or (label is not None and is_head(label[1] or label[2]))


def _beside(node: LexborNode, key: str, blocks: str) -> str | None:
    """The text that belongs to a label: its next sibling, climbing out of wrappers, or its column's cell in the next row."""
    if node.next is not None and node.next.tag == "-text" and _PARTICLE.match(node.next.text_content or ""):
        return None
    current: LexborNode | None = _head_around(node)
    for _ in range(4):
        if current is None or current.tag in ("tr", "table", "tbody", "ul", "body"):
            return None
        sibling = next_element(current)
        if current.tag in ("th", "td") and heads_a_column(current, sibling):
            return below(current, blocks)
        if current.tag == "li":
            return _second_of_two(current, blocks)
        if current.tag == "dt":
            sibling = _value_of_term(current)
        if blocks != "\n" and sibling is not None and sibling.tag == "table":
            return None
        struck = False
        while sibling is not None and sibling.tag not in ("th", "dt", "li", "tr"):
            if (
                sibling.tag not in SILENT
                and not is_hidden(sibling)
                and (text := text_of(sibling, blocks).lstrip(POINTERS))
                and not is_struck(sibling)
            ):
                if is_head(text):
                    return None
                return _list_of(current, sibling, text) if blocks == "\n" else text
            struck = struck or has_struck(sibling)
            if current.tag in _TITLES and is_picture(sibling):
                return None
            if current.tag == sibling.tag == "button":
                return None
            if sibling.tag in ("td", "dd") and not (_COLON.fullmatch(sibling.text(deep=True)) or is_spacer(sibling)):
                return None
            sibling = next_element(sibling)
        if rest := _rest_of_text(current):
            return rest
        if struck or current.tag in _ROWS or current.tag in ("th", "dt", "td"):
            return None
        current = current.parent
    return None


def _list_of(label: LexborNode, value: LexborNode, first: str) -> str:
    """A list that began beside its label with all that goes on with it: cells, terms' values or paragraphs."""
    if label.tag in ("th", "td"):
        return list_beside(label)
    if value.tag == "table":
        return list_of_rows(value)
    if label.tag == "dt" and value == next_element(label):
        return "\n".join(text_of(each, "\n") for each in _run(value, "dd", next_element))
    is_line = label.tag == "p" or (label.tag == "div" and not label.attributes.get("class"))
    goes_on = label.tag in _HEADINGS or (is_line and label.tag == value.tag)
    if value.tag in _INLINE and not value.attributes.get("class"):
        return _rest_of_line(value, first)
    return "\n".join(_paragraphs(value)) if goes_on else first


def _rest_of_line(value: LexborNode, first: str) -> str:
    """A value that an editor cut into elements without a class, `<b>적용차종:</b> <span>쏘나타</span> <span>LF</span>`, up to the next label."""
    parts, following = [first], value.next
    while following is not None and (following.tag == "-text" or following.tag in _INLINE):
        text = text_of(following) if following.is_element_node else following.text_content or ""
        if ":" in text or is_head(text) or following.attributes.get("class"):
            break
        parts.append(text.replace("\n", " "))
        following = following.next
    return fold("".join(parts))


def _value_of_term(term: LexborNode) -> LexborNode | None:
    """What follows a `dt`; where all terms of a group come first and then all values, the one in the term's place."""
    before, terms = len(_run(term, "dt", previous_element)), _run(term, "dt", next_element)
    values = _run(next_element(terms[-1]), "dd", next_element)
    return values[before - 1] if len(values) == before + len(terms) - 1 > 1 else next_element(term)


def _run(node: LexborNode | None, tag: str, following: Callable[[LexborNode], LexborNode | None]) -> list[LexborNode]:
    """An element and those of its kind after it without a gap; no group of a real page has more than twenty."""
    found: list[LexborNode] = []
    while node is not None and node.tag == tag and len(found) < 20:
        found.append(node)
        node = following(node)
    return found


def _head_around(label: LexborNode) -> LexborNode:
    """The head of a row that a label is a part of: what stands beside it there is a note."""
    cell: LexborNode | None = label
    for _ in range(3):
        if cell is not None and cell.tag in ("th", "dt"):
            value = next_element(cell)
            return cell if value is not None and value.tag in ("td", "dd") else label
        cell = cell.parent if cell is not None else None
    return label


def _second_of_two(label: LexborNode, blocks: str) -> str | None:
    """`<ul><li>상품명</li><li>값</li></ul>`: a list of nothing but a label and its value."""
    value = next_element(label)
    if value is None or value.tag != "li" or is_hidden(value) or _holds_several(label) or _is_menu(label, value):
        return None
    if previous_element(label) is not None or next_element(value) is not None:
        return None
    text = text_of(value, blocks).lstrip(POINTERS)
    return None if is_head(text) else text or None


def _is_menu(*entries: LexborNode) -> bool:
    """Whether entries are all links, such as tabs."""
    return all(entry.css_first("a") is not None for entry in entries)


def _holds_several(entry: LexborNode) -> bool:
    """Whether an entry has a second element, which is its value."""
    first = entry.first_child
    while first is not None and not first.is_element_node:
        first = first.next
    return first is not None and next_element(first) is not None


def _rest_of_text(node: LexborNode) -> str | None:
    """`<li><strong>상품명</strong> 값</li>`: the bare text after the label."""
    parts: list[str] = []
    following = node.next
    while following is not None and (following.tag in ("-text", "br")):
        parts.append("\n" if following.tag == "br" else following.text_content or "")
        following = following.next
    rest = fold("".join(parts)).lstrip(POINTERS)
    return None if _REMARK.fullmatch(rest) else rest or None


_OTHER_MONEY = re.compile(r"\D{0,9}(?:배송|택배|적립|쿠폰|포인트|마일리지|소비자|정가|시중)\D{0,9}")


def is_other_money(amount: LexborNode) -> bool:
    """Whether the words right before an amount say that it is no price, such as a delivery's, or not the one that is asked."""
    node: LexborNode | None = amount
    for _ in range(3):
        before = node.prev if node is not None else None
        while before is not None and (before.tag == "-comment" or not before.text(deep=True).strip()):
            before = before.prev
        if before is not None:
            return _OTHER_MONEY.fullmatch(before.text(deep=True).strip()) is not None
        node = node.parent if node is not None else None
    return False


def below_heading(areas: list[LexborNode], headings: tuple[str, ...]) -> str | None:
    """The text of the block that a heading such as `[차종 및 연식]` opens, up to the next bracketed heading."""
    keys, void = [label_key(heading) for heading in headings], Void()
    for area in areas:
        candidates = [
            (node, key)
            for node in area.css("h1, h2, h3, h4, h5, p, strong, b, span, div, th, dt, td, li")
            if (text := label_key(node.text(deep=True)[:200]))
            for key in keys
            if key in text
        ]
        above_pictures: set[int] = set()
        for node, key in reversed(candidates):
            if node.mem_id in above_pictures or void.is_inside_hidden(node):
                continue
            if found := _under(node, key):
                return found
            if found is not None:
                above_pictures.update(_ids_around(node))
    return None


def _ids_around(node: LexborNode) -> Iterator[int]:
    around = node.parent
    while around is not None:
        yield around.mem_id
        around = around.parent


def _under(node: LexborNode, key: str) -> str | None:
    """What stands below a heading; empty where that is a picture."""
    current: LexborNode | None = node
    for _ in range(3):
        if current is None or current.tag == "body":
            return None
        if rest := _after_heading(text_of(current, "\n"), key):
            return rest
        if (rest := _following(current)) is not None:
            return rest
        current = current.parent
    return None


def _following(node: LexborNode) -> str | None:
    """What follows a heading on its own level: bare text and inline elements up to the next block, or that block and its like.

    Empty where that block is a picture: what comes after it is no longer below the heading.
    """
    parts: list[str] = []
    sibling = node.next
    while sibling is not None:
        if sibling.tag == "-text":
            parts.append((sibling.text_content or "").replace("\n", " "))
        elif sibling.tag == "br":
            parts.append("\n")
        elif sibling.is_element_node and sibling.tag not in SILENT and not is_hidden(sibling):
            if sibling.tag in BLOCKS or sibling.tag == "td":
                said = _cut(fold("".join(parts))) or _cut("\n".join(_paragraphs(sibling)))
                return said or ("" if is_picture(sibling) else None)
            parts.append(text_of(sibling, "\n"))
        sibling = sibling.next
    return _cut(fold("".join(parts))) or None


def _paragraphs(block: LexborNode) -> Iterator[str]:
    """A block's text, and that of the paragraphs of its kind right after it: an editor writes each line as one of its own."""
    text, simple = text_of(block, "\n"), not has_blocks(block)
    yield text
    following = next_element(block)
    while text and simple and following is not None and following.tag == block.tag and not has_blocks(following):
        if not (line := text_of(following, "\n")) or _opens_another(line) or _SENTENCE.search(line):
            return
        yield line
        following = next_element(following)


def _after_heading(text: str, key: str) -> str | None:
    """The text after the heading where the element holds both."""
    for end in range(len(key), min(len(text), len(key) * 2 + 40) + 1):
        if label_key(text[:end]).endswith(key):
            return _cut(text[end:].lstrip(" :：\n]】")) or None
    return None


def _cut(text: str) -> str:
    """Up to the next line that opens another block, such as `[주의사항]`."""
    kept: list[str] = []
    for line in text.split("\n"):
        if kept and _opens_another(line):
            break
        kept.append(line)
    return fold("\n".join(kept))
