"""What the elements of a page say, what can be seen of them, and which belong to other products."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborNode

from crawl.text import fold

BLOCKS = frozenset(
    {"p", "div", "li", "tr", "dd", "dt", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"section", "article", "center", "blockquote", "pre"}
)
_LINES = ", ".join(sorted(BLOCKS - {"table", "ul", "ol", "dl"}))
SILENT = frozenset({"script", "style", "noscript", "select", "button", "textarea", "template", "svg"})
_OTHER_PRODUCTS = (
    "xans-product-setproduct",
    "xans-product-addproduct",
    "xans-product-addoption",
    "xans-product-option",
    "xans-product-composition",
    "xans-product-relation",
    "xans-product-list",
    "xans-product-recommend",
    "xans-product-review",
    "xans-product-qna",
    "xans-product-action",
    "xans-coupon-",
    "xans-board-",
    "xans-layout-",
    "xans-order-",
    "totalProducts",
)
_OTHERS = re.compile("|".join(_OTHER_PRODUCTS))
_NOT_OWN = ("totalProducts", "totalPrice", "prdReview", "prdQnA")
# What points from a label to its value stands before it.
POINTERS = " :：|/"
# What an owner writes above other products in a description: `관련 부품`, `함께 교환하면 좋은 부품`.
_OTHERS_TITLE = re.compile(
    r"\W*(?:관련|연관|추천|함께|다른|인기|같이)[가-힣\s]{0,12}(?:상품|부품|제품|품목)[가-힣\s]{0,6}\W*"
)
_LISTS = frozenset({"table", "ul", "ol", "dl", "div", "p"})
_TITLES = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "p", "strong", "b"})
# How many levels up it is looked whether something hides an element or strikes it out. Further up, skins hide the whole page until a
# script shows it; and what strikes a text out is in its cell.
_HIDING_LEVELS, _STRIKING_LEVELS = 6, 5
_CELLS = frozenset({"td", "th", "dd", "li", "tr", "body"})
# An amount or a name that no longer holds; the platform's mobile skins strike prices out by a class.
_STRUCK = frozenset({"del", "s", "strike"})
_STRUCK_CLASSES = frozenset({"strike", "mPriceStrike"})
_STRUCK_CSS = "del, s, strike, [style*='line-through'], .strike, .mPriceStrike"
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def text_of(node: LexborNode, blocks: str = " ") -> str:
    """The visible text of an element that is not struck out, folded; `<br>` is a line break, and so are blocks where `blocks` is one."""
    parts: list[str] = []
    _collect(node, parts, blocks)
    return fold("".join(parts))


def compact(nodes: Iterable[LexborNode]) -> str:
    """All that elements say, seen or not, however it is spaced and written in letters large or small."""
    return "".join("".join(node.text(deep=True).split()) for node in nodes).casefold()


def _collect(node: LexborNode, parts: list[str], blocks: str) -> None:
    child = node.first_child
    while child is not None:
        tag = child.tag
        if tag == "-text":
            text = child.text_content or ""
            parts.append(text if "\n" not in text or node.tag == "pre" else text.replace("\n", " "))
        elif tag == "br":
            parts.append("\n")
        elif (
            tag not in SILENT
            and child.is_element_node
            and not _hides(tag, attributes := child.attributes)
            and not _strikes(tag, attributes)
        ):
            edge = blocks if tag in BLOCKS else " " if tag in ("td", "th") else ""
            parts.append(edge)
            _collect(child, parts, blocks)
            parts.append(edge)
        child = child.next


def _strikes(tag: str | None, attributes: dict[str, str | None]) -> bool:
    if not attributes:
        return tag in _STRUCK
    return (
        tag in _STRUCK
        or "line-through" in (attributes.get("style") or "")
        or not _STRUCK_CLASSES.isdisjoint((attributes.get("class") or "").split())
    )


def is_struck(node: LexborNode) -> bool:
    """Whether an element or a wrapper around it within its cell is struck out."""
    around: LexborNode | None = node
    for _ in range(_STRIKING_LEVELS):
        if around is None or _strikes(around.tag, around.attributes):
            return around is not None
        if around.tag in _CELLS:
            return False
        around = around.parent
    return False


def has_struck(node: LexborNode) -> bool:
    """Whether an element says something that is struck out."""
    return is_struck(node) or node.css_first(_STRUCK_CSS) is not None


def unstrike(root: LexborNode) -> bool:
    """Takes the strokes out of a page, so that what was struck out counts; False where nothing was."""
    struck = root.css(_STRUCK_CSS)
    for node in struck:
        if node.tag in _STRUCK:
            node.unwrap()
        else:
            classes = (node.attributes.get("class") or "").split()
            node.attrs["style"], node.attrs["class"] = (
                "",
                " ".join(each for each in classes if each not in _STRUCK_CLASSES),
            )
    return bool(struck)


def is_hidden(node: LexborNode) -> bool:
    """Whether the platform's `displaynone` class, a style, the `hidden` attribute or a `noscript` hides this element."""
    return _hides(node.tag, node.attributes)


def _hides(tag: str | None, attributes: dict[str, str | None]) -> bool:
    if not attributes:
        return tag == "noscript"
    return (
        "displaynone" in (attributes.get("class") or "")
        or "hidden" in attributes
        or tag == "noscript"
        or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
    )


class Void:
    """Which elements of a page are hidden or another product's. Rows share most of what is around them: each element is read once."""

    def __init__(self) -> None:
        self._hidden: dict[int, bool] = {}
        self._others: dict[int, bool] = {}

    def holds(self, label: LexborNode) -> bool:
        """Whether a label's row is void. The label alone may be hidden: some skins show only the values."""
        cell: LexborNode | None = label
        while cell is not None and cell.tag not in ("th", "dt", "td", "dd", "li", "tr"):
            cell = cell.parent
        row = cell.parent if cell is not None and cell.tag in ("th", "dt") else label.parent
        return row is not None and (self.is_inside_hidden(row) or self.is_of_another_product(row))

    def is_inside_hidden(self, row: LexborNode) -> bool:
        """Whether an element or one of those near around it is hidden."""
        node: LexborNode | None = row
        for _ in range(_HIDING_LEVELS):
            if node is None:
                return False
            key = node.mem_id
            if key not in self._hidden:
                self._hidden[key] = is_hidden(node)
            if self._hidden[key]:
                return True
            node = node.parent
        return False

    def is_of_another_product(self, row: LexborNode) -> bool:
        """The platform's blocks that list other products: parts of a set, add-ons, the chosen lines and their sum."""
        path: list[int] = []
        node: LexborNode | None = row
        verdict = False
        while node is not None:
            key = node.mem_id
            if key in self._others:
                verdict = self._others[key]
                break
            path.append(key)
            attributes = node.attributes
            classes = attributes.get("class") or ""
            is_module = (classes and _OTHERS.search(classes)) or attributes.get("id") in _NOT_OWN
            if is_module or (node.tag in _LISTS and "xans-" not in classes and _is_below_others(node)):
                verdict = True
                break
            node = node.parent
        self._others.update(dict.fromkeys(path, verdict))
        return verdict


def _is_below_others(node: LexborNode) -> bool:
    """Whether the title of other products stands right above an element, or in a table's caption or first row."""
    title = previous_element(node)
    if title is not None and title.tag in _TITLES and _names_others(title):
        return True
    top = _top_of(node) if node.tag == "table" else None
    return top is not None and _names_others(top)


def _names_others(title: LexborNode) -> bool:
    return _OTHERS_TITLE.fullmatch(title.text(deep=True).strip()[:40]) is not None


def _top_of(table: LexborNode) -> LexborNode | None:
    """A table's caption or first row."""
    node = table.first_child
    while node is not None and node.tag not in ("caption", "tr"):
        node = node.first_child if node.tag in ("thead", "tbody") else node.next
    return node


def next_element(node: LexborNode) -> LexborNode | None:
    """The element behind this one, None at a line break."""
    following = node.next
    while following is not None and not following.is_element_node:
        following = following.next
    return None if following is not None and following.tag == "br" else following


def previous_element(node: LexborNode) -> LexborNode | None:
    """The element before this one."""
    before = node.prev
    while before is not None and not before.is_element_node:
        before = before.prev
    return before


def bare_texts(node: LexborNode) -> Iterator[str]:
    """What an element says before, between and behind its blocks: an editor leaves some lines of a text bare and wraps the others."""
    parts: list[str] = []
    child = node.first_child
    while child is not None:
        if child.tag in BLOCKS:
            yield fold("".join(parts))
            parts = []
        elif child.tag == "-text":
            parts.append((child.text_content or "").replace("\n", " "))
        elif child.tag == "br":
            parts.append("\n")
        elif child.is_element_node and child.tag not in SILENT and not is_hidden(child):
            parts.append(text_of(child, "\n"))
        child = child.next
    yield fold("".join(parts))


def is_picture(node: LexborNode) -> bool:
    """Whether a block shows nothing but pictures: what it says is in them."""
    return node.tag in BLOCKS and node.css_first("img") is not None and not text_of(node)


def is_one_text(node: LexborNode) -> bool:
    """Whether an element is a single text and no whole part of the page: it has two lines at the most, as a title may."""
    return not has_blocks(node) or sum(1 for block in node.css(_LINES) if not has_blocks(block) and text_of(block)) <= 2


def has_blocks(node: LexborNode) -> bool:
    """Whether an element holds others that stand on lines of their own."""
    child = node.first_child
    while child is not None:
        if child.tag in BLOCKS:
            return True
        child = child.next
    return False
