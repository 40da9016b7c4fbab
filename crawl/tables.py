"""What a table says of a label: below a head, and, of lists, in all the rows and cells that belong to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from crawl.label_words import is_head, label_key
from crawl.nodes import POINTERS, next_element, previous_element, text_of

# Heads of columns with numbers: where a table has one, each of its rows is another part.
_NUMBERS = ("번호", "품번", "no", "코드")
# A cell of nothing but years: `14~17`, `2015년식 이후`, `2015.03 -`.
_YEARS = re.compile(r"(?=.*(?:~|년|\d\s*-|\b(?:19|20)\d\d))[\d\s.,/~\-'()년월식형이후부터까지현재]+", re.S)
_MAKER = re.compile(r"(?:현대|기아|제네시스|hyundai|kia|genesis)(?:자동차|차)?", re.I)
# No list of a real page has more.
_MOST_ROWS = 100
_MOST_SPACE = 30


def heads_a_column(cell: LexborNode, following: LexborNode | None) -> bool:
    """Whether a cell is one of a row of heads, also alone in it: of `th`, or of cells that hold nothing else."""
    beside = following if following is not None else previous_element(cell)
    if beside is None:
        return True
    return beside.tag == cell.tag and (cell.tag == "th" or is_head(beside.text(deep=True)[:40]))


def below(head: LexborNode, blocks: str) -> str | None:
    """A table whose first row holds the labels: the cell of the same column in the next row, of lists in all rows, with their years."""
    heads = _cells(head.parent)
    column = next((number for number, cell in enumerate(heads) if cell == head), 0)
    rows = _grid(_rows_after(head))
    if blocks != "\n" or any(label_key(cell.text(deep=True)).endswith(_NUMBERS) for cell in heads):
        text = text_of(rows[0][column], blocks) if rows and column < len(rows[0]) else ""
        if is_head(text) or not text:
            return None
        return _entry(rows[0][column:]) if blocks == "\n" else text
    if head.tag == "td" and len(heads) == 1:
        rows = rows[:1]
    if len(heads) > 1:
        rows = [row[column:] for row in rows if column < len(row) and text_of(row[column])]
    return "\n".join(filter(None, map(_entry, rows))) or None


def _grid(rows: list[LexborNode]) -> list[list[LexborNode]]:
    """The rows' cells by column: one that spans several rows stands in each of them."""
    grid: list[list[LexborNode]] = []
    spanning: dict[int, tuple[int, LexborNode]] = {}
    for row in rows:
        own, line = _cells(row), list[LexborNode]()
        while own or len(line) in spanning:
            left, cell = spanning.pop(len(line), (0, None))
            if cell is None:
                cell = own.pop(0)
                left = _span(cell)
            if left > 1:
                spanning[len(line)] = left - 1, cell
            line.append(cell)
        grid.append(line)
    return grid


def _span(cell: LexborNode) -> int:
    said = cell.attributes.get("rowspan") or ""
    return min(int(said), _MOST_ROWS) if said.isdecimal() and said.isascii() else 1


def is_spacer(cell: LexborNode) -> bool:
    """Whether a cell without a text is a gap of some pixels, as old skins have them between a label and its value."""
    width = (cell.attributes.get("width") or "").removesuffix("px")
    return width.isdecimal() and width.isascii() and int(width[:4]) <= _MOST_SPACE


def list_of_rows(table: LexborNode) -> str:
    """What a table says below a label of its own, without the row of its heads."""
    return "\n".join(filter(None, (text_of(row) for row in table.css("tr")[:_MOST_ROWS] if not _is_heads(row))))


def _is_heads(row: LexborNode) -> bool:
    cells = _cells(row)
    return (len(cells) > 1 and all(cell.tag == "th" for cell in cells)) or all(
        is_head(cell.text(deep=True)[:40]) for cell in cells
    )


def list_beside(head: LexborNode) -> str:
    """The cells beside a head, and those of the rows that it spans: one line for each row."""
    rows = [list(_cells_after(head)), *(_cells(row) for row in _rows_after(head)[: _span(head) - 1])]
    return "\n".join(filter(None, map(_entry, rows)))


def _entry(cells: list[LexborNode]) -> str:
    """What a row says: its first cell that says more than a maker, and the years in the others; prices and remarks are not of the list."""
    texts = [text for cell in cells if (text := _said(cell).lstrip(POINTERS)) and not is_head(text)]
    first = 2 if texts and _MAKER.fullmatch(texts[0]) else 1
    return " ".join([*texts[:first], *(text for text in texts[first:] if _YEARS.fullmatch(text))])


def _said(cell: LexborNode) -> str:
    """What a cell of a list says; of a table in it with heads, what stands below them."""
    row = cell.css_first("table tr")
    table = cell.css_first("table") if row is not None and _is_heads(row) else None
    return text_of(cell, "\n") if table is None else list_of_rows(table)


def _cells_after(head: LexborNode) -> Iterator[LexborNode]:
    cell = next_element(head)
    while cell is not None and cell.tag == "td":
        yield cell
        cell = next_element(cell)


def _cells(row: LexborNode | None) -> list[LexborNode]:
    cells = []
    cell = row.first_child if row is not None else None
    while cell is not None:
        if cell.tag in ("th", "td"):
            cells.append(cell)
        cell = cell.next
    return cells


def _rows_after(cell: LexborNode) -> list[LexborNode]:
    """The rows after a cell's, up to the next one with a head; below a `thead` those of the body."""
    rows: list[LexborNode] = []
    row = next_element(cell.parent) if cell.parent is not None else None
    if row is None and cell.parent is not None and cell.parent.parent is not None:
        body = next_element(cell.parent.parent)
        row = body.css_first("tr") if body is not None else None
    while row is not None and row.css_first("th") is None and len(rows) < _MOST_ROWS:
        rows.append(row)
        row = next_element(row)
    return rows
