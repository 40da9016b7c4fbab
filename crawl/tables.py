"""What a table says of a label: below a head, and, of lists, in all the rows and cells that belong to it."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from crawl.label_words import is_head, label_key
from crawl.nodes import next_element, previous_element, text_of

# Heads of columns that tell parts of one table from each other: its rows are not all of one product.
_NUMBERS = ("번호", "품번", "no", "코드")
_YEARS = ("연식", "년식", "연도", "년도")
# No list of a real page has more.
_MOST_ROWS = 100


def heads_a_column(cell: LexborNode, following: LexborNode | None) -> bool:
    """Whether a cell is one of a row of heads: of `th`, alone in its row too, or of cells that hold nothing else."""
    beside = following if following is not None else previous_element(cell)
    if beside is None:
        return cell.tag == "th"
    return beside.tag == cell.tag and (cell.tag == "th" or is_head(beside.text(deep=True)[:40]))


def below(head: LexborNode, blocks: str) -> str | None:
    """A table whose first row holds the labels: the cell of the same column in the next row, of lists in all rows, with their years."""
    heads = _cells(head.parent)
    column = next((number for number, cell in enumerate(heads) if cell == head), 0)
    rows = _rows_after(head)
    if blocks != "\n" or any(label_key(cell.text(deep=True)).endswith(_NUMBERS) for cell in heads):
        rows = rows[:1]
    wanted = [n for n, cell in enumerate(heads) if n == column or label_key(cell.text(deep=True)).endswith(_YEARS)]
    if blocks != "\n":
        wanted = [column]
    elif len(heads) == 1:
        wanted = list(range(10))
    return "\n".join(filter(None, (_line(_cells(row), wanted, blocks) for row in rows))) or None


def _line(cells: list[LexborNode], wanted: list[int], blocks: str) -> str:
    texts = [text_of(cells[number], blocks) for number in wanted if number < len(cells) and cells[number].tag == "td"]
    return " ".join(text for text in texts if text and not is_head(text))


def list_beside(head: LexborNode) -> str:
    """The cells beside a head, and those of the rows that it spans: one line for each row."""
    spanned = head.attributes.get("rowspan") or ""
    rows = [list(_cells_after(head))]
    rows += [_cells(row) for row in _rows_after(head)[: int(spanned) - 1 if spanned.isdecimal() else 0]]
    lines = (" ".join(text_of(cell, "\n") for cell in row if cell.tag == "td").lstrip(" :：") for row in rows)
    return "\n".join(line for line in lines if line)


def _cells_after(head: LexborNode) -> Iterator[LexborNode]:
    cell = next_element(head)
    while cell is not None and cell.tag == "td" and not is_head(cell.text(deep=True)[:40]):
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
