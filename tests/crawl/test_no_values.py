"""What stands on a product's page and is no value of this product: other products', other money, struck out, hidden, elsewhere."""

from __future__ import annotations

import pytest

from crawl.offer import PageError
from tests.crawl.layouts import FOUND, MAIN, cells, read, rows

STRUCK = rows(*MAIN[:2], ("판매가", "<strike>52,000원</strike>"))
SALE_META = "<meta property='product:sale_price:amount' content='{}'>"


@pytest.mark.parametrize(
    ("body", "head", "price"),
    [
        (STRUCK + rows(("할인판매가", "45,100원")), "", "45,100원"),
        (
            rows(
                ("판매가", "<strike><strong id='span_product_price_text'>52,000원</strong></strike>"),
                ("할인판매가", "<span id='span_product_price_sale'>45,100원 <span>(6,900원 할인)</span></span>"),
            ),
            "",
            "45,100원",
        ),
        (
            rows(
                ("판매가", "<b id='span_product_price_text' style='text-decoration:line-through'>52,000원</b>"), MAIN[1]
            )
            + "<p>할인판매가 : 45,100원</p>",
            "",
            "45,100원",
        ),
        (
            "<table><tr><th>판매가</th><td style='text-decoration: line-through'><span>52,000원</span></td></tr>"
            "<tr><th>할인가</th><td>45,100원</td></tr></table>",
            "",
            "45,100원",
        ),
        (
            "<div><span>판매가</span><s>52,000원</s></div><div><span>할인판매가</span><b>45,100원</b></div>",
            "",
            "45,100원",
        ),
        ("<b>판매가</b><s>52,000원</s><b>할인판매가</b><i>45,100원</i>", "", "45,100원"),
        ("<li>판매가 : <del>52,000원</del></li><li>할인판매가 : 45,100원</li>", "", "45,100원"),
        (STRUCK + rows(("할인판매가", "45,100원<br>(13% 할인)")), "", "45,100원"),
        (STRUCK + rows(("할인판매가", "45,100원 <span>13%</span>")), "", "45,100원"),
        (STRUCK + rows(("할인판매가", "45,100원 (회원 전용)")), "", "45,100원 (회원 전용)"),
        (STRUCK, "<script>var product_price='52000';var product_sale_price=45100;</script>", "45100"),
        (STRUCK, "<script>var product_price='52000';</script>" + SALE_META.format("45100"), "45100"),
        (
            STRUCK,
            "<script>var product_price='52000';var product_sale_price=0;</script>" + SALE_META.format("0"),
            "52000",
        ),
        (
            STRUCK,
            '<script type="application/ld+json">{"@type": "Product", "offers": {"price": 45100}}</script>',
            "45100",
        ),
        (STRUCK, "", "52,000원"),
        ("<span style='text-decoration:line-through'><b id='span_product_price_text'>9원</b></span>", "", "9원"),
        ("<li>판매가 : <s>52,000원</s></li>", "", "52,000원"),
        (
            "<table><tr><th>판매가</th><td><strong><span id='span_product_price_text' class='ProductPrice strike'>52,000원</span></strong>"
            "<span id='span_product_price_text'> (부가세 포함)</span></td></tr><tr><th>할인판매가</th><td><span "
            "id='span_product_price_mobile_text'>45,100원</span></td></tr></table>",
            "",
            "45,100원",
        ),
        ("<b class='mPriceStrike' id='span_product_price_text'>52,000원</b>", "", "52,000원"),
        (
            "<p style='text-decoration:line-through'><span><b><i id='span_product_price_text'>52,000원</i></b></span></p>"
            "<p id='span_product_price_mobile_text'>45,100원</p>",
            "",
            "45,100원",
        ),
        (
            "<dl><dt>판매가</dt><dd>52,000원</dd></dl>"
            + rows(
                ("판매가", "<b id='span_product_price_text' style='text-decoration:line-through'>52,000원</b>"),
                ("할인판매가", "<span id='span_product_price_sale'>45,100원 <span>(6,900원 할인)</span></span>"),
            ),
            "",
            "45,100원",
        ),
    ],
    ids=[
        "a sale row",
        "a sale element with a remark",
        "a style on the element",
        "a style on the cell",
        "rows of spans",
        "one row of spans",
        "labels in the texts",
        "what was taken off on a line of its own",
        "what was taken off as a share alone",
        "a remark of another kind",
        "a script's sale price",
        "a meta tag's sale price",
        "no sale",
        "JSON-LD",
        "nothing else in a cell",
        "nothing else in an element",
        "nothing else in a text",
        "a class of the mobile skins, tax words behind it",
        "a class and nothing else",
        "a style further around",
        "the price before once more",
    ],
)
def test_a_struck_price_counts_only_where_there_is_no_other(body: str, head: str, price: str) -> None:
    assert read(body, head)["price_text"] == price


@pytest.mark.parametrize(
    "block",
    [
        "<div class='xans-element- xans-product xans-product-addproduct'>{}</div>",
        "<div class='xans-element- xans-product xans-product-compositionproduct'>{}</div>",
        "<div id='totalProducts'>{}</div>",
        "<div id='totalPrice'>{}<strong class='price'>0</strong></div>",
        "<div class='xans-element- xans-layout xans-layout-productrecent'>{}</div>",
        "<div class='xans-element- xans-product xans-product-review'>{}<strong class='price'>9,900원</strong></div>",
        "<div class='xans-element- xans-product xans-product-option'>{}</div>",
        "<div id='prdReview'>{}</div>",
        "<div id='prdQnA'>{}</div>",
    ],
    ids=[
        "add-on",
        "composition",
        "chosen lines",
        "their sum",
        "seen before",
        "reviews",
        "choices",
        "a review",
        "a question",
    ],
)
def test_another_products_name_and_price_are_not_taken(block: str) -> None:
    others = block.format(rows(("상품명", "다른 상품"), ("판매가", "9,900원"), ("적용차종", "K5")))
    script = "<script>var product_name = '패드';var product_price = '45100';</script>"
    assert read(rows(MAIN[1]) + others, script) == {"name": "패드", "part_no": "58101C1A00", "price_text": "45100"}


@pytest.mark.parametrize("price", [None, "45,100원"])
def test_a_price_in_a_list_of_others_is_not_this_products(price: str | None) -> None:
    tag = "<span id='span_product_price_text'>{}</span>"
    others = f"<ul class='xans-product-relation'><li>{tag.format('9,900원')}</li></ul>"
    assert read(others + rows(*MAIN[:2]) + tag.format(price or "")).get("price_text") == price


def test_a_skin_that_nobody_has_filled_is_no_offer() -> None:
    with pytest.raises(PageError, match="no name, part number or price"):
        read(rows(("상품명", "{$name}"), ("부품번호", "{$model}"), ("판매가", "{$product_price}")))


@pytest.mark.parametrize("title", ["패드 - 가게", "패드 | 가게", "패드", "패드:가게", "가게 - 패드", "[가게] 패드"])
def test_the_shops_name_is_no_part_of_the_products(title: str) -> None:
    assert read(rows(*MAIN[1:]), f"<meta property='og:title' content='{title}'>") == FOUND


@pytest.mark.parametrize(
    "below",
    [
        "<h3>적용차종</h3><p><img src='a.jpg'></p><h3>배송안내</h3><p>평균 2일</p>",
        "<p><b>적용차종</b></p><p><img src='a.jpg'></p><p><b>교환 및 반품</b></p><p>7일 이내</p>",
        "<div><p>[적용차종]</p><p><img src='a.jpg'></p></div><div>평균 2일</div>",
    ],
    ids=["headings", "paragraphs", "a heading in brackets"],
)
def test_what_comes_after_a_picture_is_not_below_its_label(below: str) -> None:
    assert read(rows(*MAIN) + below) == FOUND


@pytest.mark.parametrize(
    "title", ["<h4>추천 상품</h4>", "<p><b>★ 함께 교환하면 좋은 부품 ★</b></p>", "<strong>관련 부품</strong>"]
)
@pytest.mark.parametrize("form", ["table", "list"])
def test_products_that_a_description_adds_are_others(title: str, form: str) -> None:
    others = (("부품명", "패드-리어"), ("부품번호", "58302C1A00"), ("판매가", "33,000원"), ("적용차종", "K5"))
    listed = f"<ul>{''.join(f'<li><p>{a} : {b}</p></li>' for a, b in others)}</ul>"
    added = title + (cells(*others) if form == "table" else listed)
    script = "<script>var product_name = '패드';var product_price = '45100';</script>"
    assert read(f"<div>{added}</div>", script) == {"name": "패드", "price_text": "45100"}


def test_other_money_is_no_price() -> None:
    assert "price_text" not in read(
        rows(*MAIN[:2]) + "<p class='price'>배송비 3,000원</p><p class='price'>적립금 450원</p>"
    )


@pytest.mark.parametrize(
    "said",
    [
        "상품명 참조",
        "제목참조",
        "사진 참조",
        "상품설명 및 상품이미지 참조",
        "[상세설명 참조]",
        "* 상세 정보에 별도 표기",
        "옵션에서 선택",
        "See description",
    ],
)
@pytest.mark.parametrize("field", ["part_no", "applicable_text"])
def test_a_value_that_is_elsewhere_gives_way(field: str, said: str) -> None:
    labels = {"part_no": ("부품번호", "품번", "58101C1A00"), "applicable_text": ("적용차종", "차종", "쏘나타")}
    first, second, value = labels[field]
    others = [pair for pair in MAIN if field != "part_no" or pair[0] != "부품번호"]
    assert read(rows(*others, (first, said)) + f"<p>{second} : {value}</p>") == FOUND | {field: value}


@pytest.mark.parametrize(
    "said", ["주문 시 확인", "고객센터로 문의 바랍니다", "차대번호로 확인", "없음", "상세페이지 참조"]
)
def test_cars_that_are_not_told_give_way_and_stay(said: str) -> None:
    """Without a word they would be all cars."""
    assert read(rows(*MAIN, ("적용차종", said)) + "<p>차종 : K5</p>")["applicable_text"] == "K5"
    assert read(rows(*MAIN, ("적용차종", said)))["applicable_text"] == said
    assert read(rows(*MAIN) + f"<p>적용차종 : {said}</p>")["applicable_text"] == said


@pytest.mark.parametrize("said", ["문의 바랍니다", "품번", "없음"])
def test_a_number_without_digits_is_none(said: str) -> None:
    assert read(rows(MAIN[0], ("부품번호", said), MAIN[2])).get("part_no") is None
    title = rows(("상품명", "패드 58101C1A00"), ("부품번호", said), MAIN[2])
    assert read(title)["part_no"] == "58101C1A00"


def test_a_price_to_be_asked_for_gives_no_way() -> None:
    script = "<script>var product_price = '45100';</script>"
    assert read(rows(*MAIN[:2], ("판매가", "전화 문의")), script)["price_text"] == "전화 문의"


def test_other_products_behind_a_stray_end_tag_stay_others() -> None:
    others = "<div class='xans-product-listitem'><li>부품번호 : 99999C1A00</li></div>"
    assert "part_no" not in read(rows(MAIN[0], MAIN[2]) + "</div></div>" + others)


@pytest.mark.parametrize("mark", ["/", "|", ":"])
def test_what_a_skin_draws_before_values_is_none_of_them(mark: str) -> None:
    pairs = [(label, f"{mark} {value}") for label, value in (*MAIN, ("적용차종", "쏘나타"))]
    assert read(rows(*pairs)) == FOUND | {"applicable_text": "쏘나타"}


@pytest.mark.parametrize(
    "money",
    [
        "<p>배송비 <!-- --> <span class='price'>3,000원</span></p>",
        "<dl><dt>적립금</dt><dd><span class='price'>450원</span></dd></dl>",
        "<table><tr><th>소비자가</th><td><span class='price'>52,000원</span></td></tr></table>",
    ],
)
def test_money_whose_label_stands_outside_is_no_price(money: str) -> None:
    assert "price_text" not in read(rows(*MAIN[:2]) + money)
    after = "<p>배송비 3,000원</p><p class='price'>45,100원</p>"
    assert read(rows(*MAIN[:2]) + money + after) == FOUND


TABS = "<ul class='tab'><li><a href='#a'>적용차종</a></li><li><a href='#b'>{0}</a></li></ul>"


@pytest.mark.parametrize(
    "tabs", [TABS, "<div><span>적용차종</span><span>{0}</span></div>", "<p>적용차종</p><p>{0}</p>"]
)
@pytest.mark.parametrize(
    "title", ["배송안내", "사용후기", "상품후기(3)", "REVIEW (3)", "배송 및 교환", "상품평", "부품 정보"]
)
def test_the_next_tabs_title_is_no_car(tabs: str, title: str) -> None:
    below = "<h3>적용차종</h3><p>쏘나타</p>"
    assert read(rows(*MAIN) + tabs.format(title) + below) == FOUND | {"applicable_text": "쏘나타"}


def test_links_beside_each_other_are_a_menu() -> None:
    assert read(rows(*MAIN) + TABS.format("장착 모습")) == FOUND


@pytest.mark.parametrize(
    "sentence",
    [
        "<b>적용차종</b>을 꼭 확인해 주세요",
        "<b>차종</b>에 따라 <b>다릅니다</b>",
        "<b>부품번호</b>로 검색하세요 1588-0000",
        "<b>판매가</b>는 부가세 포함입니다",
        "<b>상품명</b>을 클릭하세요",
        "<b>적용차종</b> 확인 후 주문하세요",
    ],
)
def test_a_label_amid_a_sentence_is_none(sentence: str) -> None:
    pairs = (*MAIN, ("차종", "쏘나타"))
    lines = "".join(f"<p>{label} : {value}</p>" for label, value in pairs)
    assert read(f"<p>{sentence}</p>{lines}") == FOUND | {"applicable_text": "쏘나타"}


@pytest.mark.parametrize("hides", ["class='displaynone'", "style='display:none'", "hidden"])
@pytest.mark.parametrize("form", ["<ul><li {}>{} : {}</li></ul>", "<div {}><p>{} : {}</p></div>"])
def test_a_seen_text_counts_before_a_hidden_one(form: str, hides: str) -> None:
    others = (("상품명", "옛 이름"), ("부품번호", "99999C1A00"), ("판매가", "9,900원"), ("적용차종", "K5"))
    pairs = (*MAIN, ("차종", "쏘나타"))
    hidden = "".join(form.format(hides, *pair) for pair in others)
    assert read(hidden + "".join(f"<p>{a} : {b}</p>" for a, b in pairs)) == FOUND | {"applicable_text": "쏘나타"}


@pytest.mark.parametrize(
    "between",
    [
        "<script>var a = 12345;</script>",
        "<style>.a{width:12345px}</style>",
        "<button>1개 복사</button>",
        "<svg><title>1</title></svg>",
        "<select><option>99999C1A00</option></select>",
    ],
)
def test_what_is_no_text_of_the_page_is_no_value(between: str) -> None:
    line = f"<div><span>부품번호</span>{between}<b>58101C1A00</b></div>"
    assert read(rows(MAIN[0], MAIN[2]) + line) == FOUND


@pytest.mark.parametrize(
    "title", ["<tr><th colspan='2'>함께 구매하면 좋은 상품</th></tr>", "<caption>관련 상품</caption>"]
)
def test_a_table_of_other_products_may_hold_their_title(title: str) -> None:
    assert read(rows(*MAIN) + f"<table>{title}<tr><td>적용차종</td><td>K5</td></tr></table>") == FOUND


def test_an_empty_cell_is_an_empty_value() -> None:
    assert read(rows(*MAIN) + cells(("적용차종", "", "재고", "3개"))) == FOUND
