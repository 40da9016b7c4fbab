"""Product pages of the platform's form for a shop without any `fields` in its YAML, and what is read of them."""

from __future__ import annotations

from typing import Any

from conf.supplier import Supplier
from crawl import cafe24
from crawl.text import PageText

PAGE = "<html><head>{}</head><body><div class='xans-element- xans-product xans-product-detail'>{}</div></body></html>"
PLAIN = Supplier.model_validate(
    {
        "id": "plain",
        "name": "가게",
        "engine": "cafe24",
        "base_url": "https://a.kr",
        "hosts": ["a.kr"],
        "categories": [{"name": "엔진", "cate_no": 10}],
    }
)


def read(body: str, head: str = "") -> dict[str, Any]:
    fields = cafe24.read_page(PageText(PAGE.format(head, body).encode()), "https://a.kr/product/a/1/", PLAIN)
    return {name: text for name, text in fields.__dict__.items() if text}


def rows(*pairs: tuple[str, str], row: str = "<tr>", head: str = "<th>") -> str:
    cells = "".join(f"{row}{head}{label}</th><td>{value}</td></tr>" for label, value in pairs)
    return f"<div class='xans-product-detaildesign'><table><tbody>{cells}</tbody></table></div>"


def cells(*lines: tuple[str, ...]) -> str:
    """A table without heads."""
    return (
        "<table>" + "".join(f"<tr>{''.join(f'<td>{text}</td>' for text in line)}</tr>" for line in lines) + "</table>"
    )


MAIN = (("상품명", "패드"), ("부품번호", "58101C1A00"), ("판매가", "45,100원"))
FOUND = {"name": "패드", "part_no": "58101C1A00", "price_text": "45,100원"}
