"""Renders the shops' pages. A page is a few texts of its own between large pieces that never change; those are made and packed
once, so that a page of about 100 kB costs little more than its product.
"""

from __future__ import annotations

import html
import json
import zlib
from dataclasses import dataclass
from functools import cached_property

from local.shops.catalogue import Product, Shop
from local.shops.chrome import HEAD_SCRIPTS, footer, navigation, policies
from local.shops.vocabulary import PART_NAMES

TAILS = 16
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_SHOP_NAMES = {"partsro": "파츠로", "hyunki_store": "현기스토어", "hyunki_market": "현기마켓"}
REMOVED_PAGE = (
    "<html><head><meta charset='utf-8'></head><body><script type='text/javascript'>"
    "alert('존재하지 않는 상품입니다.');location.replace('/');</script></body></html>"
).encode()


@dataclass(frozen=True)
class Piece:
    """A part of a page: its bytes, and the same as one deflate block that ends on a byte, so that blocks can be joined."""

    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, text: str, level: int = 1) -> Piece:
        plain = text.encode()
        packer = zlib.compressobj(level, zlib.DEFLATED, -15)
        return cls(plain, packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH))


class Renderer:
    """The pages of one shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def detail(self, product: Product, cate_no: int) -> list[str | Piece]:
        """The pieces of a product's page, the fixed ones packed already."""
        title = html.escape(product.offer.name)
        head = _head(title, product, _SHOP_NAMES[product.source])
        body = _BODIES[product.source](product, self.shop, cate_no)
        return [head, self._top, body, self._tails[product.product_no % TAILS]]

    def category(self, cate_no: int) -> str:
        """A category's own page; its products come from the list API."""
        name = self.shop.categories[cate_no]
        return (
            f'<!DOCTYPE html><html lang="ko"><head><meta charset="utf-8"><title>{html.escape(name)}</title></head><body>'
            f"{self._navigation}<h2>{html.escape(name)}</h2>"
            f'<div class="xans-element- xans-product xans-product-listnormal" data-cate="{cate_no}"></div></body></html>'
        )

    @cached_property
    def _navigation(self) -> str:
        return navigation(self.shop.categories, [kind.name for kind in PART_NAMES])

    @cached_property
    def _top(self) -> Piece:
        return Piece.of(f"{HEAD_SCRIPTS}</head>\n<body>{self._navigation}", 9)

    @cached_property
    def _tails(self) -> list[Piece]:
        return [Piece.of(self._tail(number), 9) for number in range(TAILS)]

    def _tail(self, number: int) -> str:
        """Related products first: other names and other prices, as real pages have them near the product's own."""
        others = [self.shop.product(10_001 + number * 12 + each) for each in range(12)]
        related = "".join(_related(other) for other in others)
        return (
            '<div class="xans-element- xans-product xans-product-relation"><h3>관련 상품</h3><ul class="prdList">'
            f"{related}</ul></div>{policies()}{footer(_SHOP_NAMES[self.shop.source])}</body></html>"
        )


def plain(pieces: list[str | Piece]) -> bytes:
    return b"".join(piece.plain if isinstance(piece, Piece) else piece.encode() for piece in pieces)


def gzipped(pieces: list[str | Piece]) -> bytes:
    """One gzip member out of blocks packed one by one; only the page's own texts are packed now."""
    ready = [piece if isinstance(piece, Piece) else Piece.of(piece) for piece in pieces]
    checksum, size = 0, 0
    for piece in ready:
        checksum, size = zlib.crc32(piece.plain, checksum), size + len(piece.plain)
    end = b"\x03\x00" + checksum.to_bytes(4, "little") + size.to_bytes(4, "little")
    return _GZIP_HEAD + b"".join(piece.packed for piece in ready) + end


def _head(title: str, product: Product, shop_name: str) -> str:
    amount = product.price_krw or 0
    return (
        '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="ko" lang="ko">\n<head>'
        f'<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><title>{title} - {shop_name}</title>\n'
        f'<link rel="canonical" href="{product.paths[0]}">\n<meta property="og:title" content="{title}">\n'
        f'<meta property="og:type" content="product"><meta property="product:price:amount" content="{amount}">\n'
        '<meta property="product:price:currency" content="KRW">\n'
    )


def _lines(lines: tuple[str, ...]) -> str:
    return "<br>\n".join(html.escape(line) for line in lines)


def _scripts(product: Product, *more: str) -> str:
    """The platform's script variables. `_iPrdtPriceOrg` is without tax: never the selling price."""
    amount = product.price_krw or 0
    name = json.dumps(product.offer.name, ensure_ascii=False)[1:-1].replace("'", "\\'").replace("</", "<\\/")
    return (
        f"<script type=\"text/javascript\">\nvar product_name = '{name}';var has_option = 'F';\n"
        f"var product_price = '{amount}';var product_code = 'P{product.product_no:07d}';var is_soldout_icon = 'F';\n"
        f"var iProductNo = '{product.product_no}';var _iPrdtPriceOrg = {round(amount / 1.1)};\n{''.join(more)}</script>\n"
    )


def _row(label: str, value: str) -> str:
    return (
        f'<tr class="xans-record-"><th scope="row"><span style="font-size:12px;color:#555555;">{label}</span></th>'
        f'<td><span style="font-size:12px;color:#555555;">{value}</span></td></tr>\n'
    )


def _price(product: Product) -> str:
    return f'<strong id="span_product_price_text">{html.escape(product.offer.price_text)}</strong>'


def _partsro(product: Product, shop: Shop, cate_no: int) -> str:
    offer = product.offer
    rows = [
        _plain_row("상품명", html.escape(offer.name)),
        _plain_row("정식 부품명", html.escape(offer.official_name)) if offer.official_name else "",
        _plain_row("부품번호", html.escape(offer.part_no or "")),
        _plain_row("브랜드", "현대/기아"),
        _plain_row("소비자가", f"{(product.price_krw or 1000) * 2:,}원"),
        _plain_row("판매가", html.escape(offer.price_text)),
        _plain_row("적립금", "120원 (1%)"),
        _plain_row("배송비", "3,000원 (50,000원 이상 구매 시 무료)"),
        _plain_row("적용차(생산연도)", _lines(product.car_text.lines)),
    ]
    thing = {
        "@context": "https://schema.org", "@type": "Product", "name": offer.name, "sku": str(product.product_no),
        "description": " ".join(product.car_text.lines), "brand": {"@type": "Brand", "name": "현대/기아"},
    }  # fmt: skip
    described = json.dumps(thing, ensure_ascii=False).replace("</", "<\\/")
    return (
        f'<script type="application/ld+json">{described}</script>\n'
        '<div id="contents"><div class="xans-element- xans-product xans-product-detail"><div class="detailArea">\n'
        '<div class="xans-element- xans-product xans-product-detaildesign"><table border="1" summary=""><caption>기본 정보</caption>'
        f"<tbody>\n{''.join(rows)}</tbody></table></div></div></div></div>\n{_scripts(product)}"
    )


def _plain_row(label: str, value: str) -> str:
    return f'<tr class="xans-record-"><th scope="row">{label}</th><td>{value}</td></tr>\n'


def _con(label: str, value: str) -> str:
    return f'<li class="xans-record-"><span class="tit">{label}</span><span class="con">{value}</span></li>\n'


def _hyunki_store(product: Product, shop: Shop, cate_no: int) -> str:
    offer, category = product.offer, html.escape(shop.categories[cate_no])
    # Every ninth page has no breadcrumb: the category is then in a script variable only.
    crumbs = f'<li><a href="/">홈</a></li><li><a href="/product/list.html?cate_no={cate_no}">{category}</a></li>'
    path = (
        '<div class="xans-element- xans-product xans-product-headcategory path"><h2>현재 위치</h2>'
        f"<ol>{crumbs if product.product_no % 9 else ''}</ol></div>\n"
    )
    number = _con("부품번호", html.escape(product.row_part_no)) if product.row_part_no else ""
    cars = ""
    if product.car_text.lines:
        cars = (
            f'<div class="cont"><p><strong>[차종 및 연식]</strong><br>{_lines(product.car_text.lines)}</p>'
            "<p><strong>[주의사항]</strong><br>차대번호로 적용 여부를 확인한 뒤 주문해 주세요.</p></div>"
        )
    return (
        f'<div id="contents">{path}<div class="xans-element- xans-product xans-product-detail"><div class="detailArea">'
        f'<div class="infoArea"><div class="headingArea"><h2>{html.escape(offer.name)}</h2></div><ul class="info">\n'
        f"{_con('상품명', html.escape(offer.official_name or ''))}{number}{_con('제조사', '현대모비스')}"
        f"{_con('소비자가', f'{(product.price_krw or 1000) * 2:,}원')}{_con('판매가', _price(product))}"
        f"{_con('배송비', '3,000원')}</ul></div></div></div>\n"
        f'<div class="xans-element- xans-product xans-product-additional"><div id="prdDetail">{cars}</div></div></div>\n'
        + _scripts(product, f"var gfa_cate1 = '자동차 부품';var gfa_cate2 = '{shop.categories[cate_no]}';\n")
    )


def _hyunki_market(product: Product, shop: Shop, cate_no: int) -> str:
    offer = product.offer
    # Every seventh page has no 부품명 row: the name is then in its heading only.
    name = _row("부품명", html.escape(offer.name)) if product.product_no % 7 else ""
    cars = html.escape(offer.applicable_text).replace("\n", "<br>\n") if offer.applicable_text else ""
    return (
        '<div id="contents"><div class="xans-element- xans-product xans-product-detail"><div class="detailArea">'
        f'<h2 class="titleFont">{html.escape(offer.name)}</h2>\n'
        '<div class="xans-element- xans-product xans-product-detaildesign"><table border="1" summary=""><tbody>\n'
        f"{name}{_row('부품번호', html.escape(offer.part_no or ''))}{_row('소비자가', f'{(product.price_krw or 1000) * 2:,}원')}"
        f"{_row('판매가', _price(product))}{_row('배송비', '3,000원')}</tbody></table></div></div></div>\n"
        f'<div class="xans-element- xans-product xans-product-additional simple_desc_top">{cars}</div></div>\n{_scripts(product)}'
    )


_BODIES = {"partsro": _partsro, "hyunki_store": _hyunki_store, "hyunki_market": _hyunki_market}


def _related(other: Product) -> str:
    name = html.escape(other.offer.name)
    return (
        f'<li id="anchorBoxId_{other.product_no}" class="xans-record-"><div class="box"><a href="{other.paths[0]}">'
        f'<img src="/web/product/medium/{other.product_no}.jpg" alt="{name}" class="thumb"></a><p class="name">'
        f'<strong class="title displaynone"><span>상품명</span> :</strong> <span>{name}</span></p>'
        '<ul class="xans-element- xans-product xans-product-listitem"><li class="xans-record-"><strong class="title">'
        f"<span>판매가</span> :</strong> <span>{html.escape(other.offer.price_text)}</span></li></ul></div></li>\n"
    )
