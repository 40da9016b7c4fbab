"""What a page says for machines: JSON-LD, microdata, Open Graph and scripts, also of other systems than the platform."""

from __future__ import annotations

from typing import Any

import pytest

from crawl import cafe24
from crawl.offer import PageError
from crawl.text import PageText
from tests.crawl.layouts import FOUND, MAIN, PLAIN, read, rows


def json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


USD = "<meta property='og:title' content='패드'><meta property='product:price:amount' content='12.5'>"
OTHER = '{"@type": "Product", "name": "다른 상품", "offers": {"price": 1}}'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (USD + "<meta property='product:price:currency' content='USD'>", ("패드", "12.5 USD")),
        (USD + "<meta property='product:price:currency' content='KRW'>", ("패드", "12.5")),
        (
            json_ld('{"@type": "Product", "name": "패드", "offers": {"price": 12, "priceCurrency": "usd"}}'),
            ("패드", "12 USD"),
        ),
        (
            json_ld(
                '{"@type": "Product", "name": "패드", "offers": {"priceSpecification": ['
                '{"price": 9, "priceType": "https://schema.org/ListPrice"}, {"price": "7", "priceCurrency": "KRW"}]}}'
            ),
            ("패드", "7"),
        ),
        (json_ld('{"@type": "Product", "name": "패드", "offers": [{"price": 0}, {"price": 7}]}'), ("패드", "7")),
        (json_ld('{"@type": "Product", "name": ["패드", "Pad"], "offers": {"price": {"@value": 7}}}'), ("패드", "7")),
        (
            json_ld(f'{{"@type": "ItemList", "itemListElement": [{{"item": {OTHER}}}]}}')
            + json_ld('{"@type": "Product", "name": "패드", "offers": {"price": 7}}'),
            ("패드", "7"),
        ),
        (
            json_ld(
                f'{{"@graph": [{{"@type": "Product", "name": "패드", "isRelatedTo": {OTHER}, "offers": {{"price": 7}}}}]}}'
            ),
            ("패드", "7"),
        ),
    ],
    ids=[
        "meta in dollars",
        "meta in won",
        "dollars",
        "list price",
        "zero first",
        "several forms",
        "item list",
        "related",
    ],
)
def test_machine_readable_prices(head: str, expected: tuple[str, str]) -> None:
    found = cafe24.read_page(
        PageText(f"<html><head>{head}</head><body></body></html>".encode()), "https://a.kr/product/a/1/", PLAIN
    )
    assert (found.name, found.price_text) == expected


def test_a_script_of_a_mall_in_dollars() -> None:
    script = "<script>CAFE24.SHOP = {getCurrency : function() { return 'USD'; }};var product_price = '12.5';</script>"
    assert read(rows(*MAIN[:2]), script)["price_text"] == "12.5 USD"
    assert read(rows(*MAIN[:2]), script.replace("USD", "KRW"))["price_text"] == "12.5"


def test_microdata_in_dollars() -> None:
    offer = "<div itemprop='offers' itemscope itemtype='http://schema.org/Offer'><meta itemprop='priceCurrency' content='USD'><b itemprop='price'>12</b></div>"
    page = f"<div itemscope itemtype='http://schema.org/Product'><b itemprop='name'>Pad</b>{offer}</div>"
    assert read(page)["price_text"] == "12 USD"


OWN = '{"@type": "Product", "name": "패드", "mpn": "58101C1A00", "offers": {"price": 45100}}'
OWN_PLACE = OWN.replace('"mpn"', '"url": "/product/a/1/", "mpn"')
STUB = (
    '{"@type": "Product", "@id": "https://a.kr/product/a/1/#x", "name": "패드", "aggregateRating": {"ratingValue": 5}}'
)
TITLE = "<meta property='og:title' content='패드 - 가게'>"
STRAY_PLACE = OTHER.replace('"offers"', '"url": "https://a.kr/product/b/2/", "offers"')
STRANGE = "<html><head>{}</head><body><p>가게</p>{}</body></html>"


def read_strange(head: str, body: str = "") -> dict[str, Any]:
    """A page of another system than the platform's."""
    page = PageText(STRANGE.format(head, body).encode())
    fields = cafe24.read_page(page, "https://a.kr/product/a/1/", PLAIN)
    return {name: text for name, text in fields.__dict__.items() if text}


@pytest.mark.parametrize(
    "head",
    [
        json_ld(OTHER) + json_ld(OWN_PLACE),
        json_ld(f"[{OTHER}, {OWN_PLACE}]"),
        TITLE + json_ld(OTHER) + json_ld(OWN),
        json_ld(STRAY_PLACE) + json_ld(OWN),
        json_ld(f'{{"@type": "Review", "itemReviewed": {OTHER}}}') + json_ld(OWN),
        TITLE + json_ld(STUB) + json_ld(OTHER) + json_ld(OWN),
        json_ld(OWN.replace("Product", "schema:Product")),
        json_ld(OWN.replace("Product", "https://schema.org/IndividualProduct")),
        json_ld(OWN.replace('"패드"', '"&lt;b&gt;패드&lt;/b&gt;"')),
        json_ld(OWN.replace('"mpn"', '"sku"')),
        json_ld(OWN.replace('"mpn"', '"sku": "P0000ABC", "mpn"')),
    ],
    ids=[
        "its address",
        "its address in a list",
        "its name in the title",
        "the other's address",
        "a review of another",
        "a stub of the same",
        "a prefix",
        "a kind of product",
        "tags in the name",
        "a number as the shop's code",
        "a code of another form",
    ],
)
def test_of_several_products_for_machines_the_pages_own_is_read(head: str) -> None:
    assert read_strange(head) == FOUND | {"price_text": "45100"}


def test_the_price_of_another_product_for_machines_is_none() -> None:
    assert "price_text" not in read(rows(*MAIN[:2]), json_ld(STRAY_PLACE))


def test_a_number_for_machines_stands_in_for_a_missing_one() -> None:
    assert read(rows(MAIN[0], MAIN[2]), json_ld(OWN)) == FOUND
    assert "part_no" not in read(rows(MAIN[0], MAIN[2]), json_ld(OWN.replace("58101C1A00", "N/A")))


@pytest.mark.parametrize(
    "offers",
    [
        '{"priceSpecification": [{"price": 9, "priceType": "https://schema.org/MSRP"}, {"price": 7}]}',
        '[{"price": 9, "priceType": "RegularPrice"}, {"price": 7, "priceType": "SalePrice"}]',
        '{"priceSpecification": [{"price": 5, "validForMemberTier": {"name": "gold"}}, {"price": 7}]}',
        '{"priceSpecification": [{"@type": "DeliveryChargeSpecification", "price": 3}, {"price": 7}]}',
        '[{"price": 6, "eligibleQuantity": {"minValue": 10}}, {"price": 7, "eligibleQuantity": {"minValue": 1}}]',
        '[{"price": 2, "itemCondition": "https://schema.org/UsedCondition"}, {"price": 7}]',
        '[{"price": 0.5, "priceCurrency": "USD"}, {"price": 7, "priceCurrency": "KRW"}]',
        '{"price": 7, "addOn": {"price": 3}}',
    ],
    ids=["list price", "regular price", "members", "delivery", "many", "used", "dollars", "add-on"],
)
def test_the_price_for_everybody_is_read_of_offers_for_machines(offers: str) -> None:
    head = json_ld(f'{{"@type": "Product", "name": "패드", "offers": {offers}}}')
    assert read_strange(head)["price_text"] == "7"


def micro(*props: str, tag: str = "div", prop: str = "") -> str:
    return f"<{tag} {prop} itemscope itemtype='https://schema.org/Product'>{''.join(props)}</{tag}>"


def micro_offer(price: str, kind: str = "Offer") -> str:
    return f"<p itemprop='offers' itemscope itemtype='https://schema.org/{kind}'>{price}</p>"


MICRO = (
    "<h1 itemprop='name'>패드</h1>",
    "<i itemprop='mpn'>58101C1A00</i>",
    micro_offer("<b itemprop='price'>45,100원</b>"),
)
MICRO_OTHER = (
    "<h3 itemprop='name'>다른 상품</h3><i itemprop='mpn'>99999C1A00</i>",
    micro_offer("<b itemprop='price'>9원</b>"),
)
RELATED = micro(*MICRO_OTHER, prop="itemprop='isRelatedTo'")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (micro(RELATED, *MICRO), FOUND),
        (micro(*MICRO[:1], RELATED), {"name": "패드"}),
        (f"<ul>{micro(*MICRO_OTHER, tag='li')}</ul>" + micro(*MICRO), FOUND),
        (micro(*MICRO[:2], micro_offer("<u itemprop='price'><del>52,000원</del> 45,100원</u>")), FOUND),
        (
            micro(*MICRO[:2], micro_offer("<b itemprop='lowPrice'>45,100원</b>", "AggregateOffer")),
            FOUND,
        ),
        (
            micro(MICRO[0], "<i itemprop='sku'>58101-C1A00</i>", MICRO[2]),
            FOUND | {"part_no": "58101-C1A00"},
        ),
    ],
    ids=["a related one within", "nothing but a related one's", "a list before", "struck", "an aggregate", "a code"],
)
def test_the_pages_own_microdata_is_read(body: str, expected: dict[str, str]) -> None:
    assert read_strange("", body) == expected


def test_a_list_in_microdata_has_no_product_of_the_page() -> None:
    with pytest.raises(PageError):
        read_strange("", micro(*MICRO_OTHER) + micro(MICRO_OTHER[0].replace("다른", "또 다른"), MICRO_OTHER[1]))


def test_a_price_of_an_open_graph_is_read() -> None:
    head = TITLE + "<meta property='og:price:amount' content='33.1'><meta property='og:price:currency' content='USD'>"
    assert read_strange(head)["price_text"] == "33.1 USD"
