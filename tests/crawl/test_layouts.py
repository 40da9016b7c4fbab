"""The engine's own rules on the ways in which the platform's skins and their owners lay out a product, without any `fields` in the YAML."""

from __future__ import annotations

import time
import unicodedata

import pytest

from conf.supplier import Supplier
from crawl import cafe24
from crawl.text import PageText
from tests.crawl.layouts import FOUND, MAIN, PAGE, PLAIN, cells, read, rows


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rows(*MAIN, head="<th style='display:none'>"), FOUND),
        (rows(*MAIN[:2]) + rows(MAIN[2], row="<tr class='displaynone'>"), {"name": "패드", "part_no": "58101C1A00"}),
        (rows(("상품명 (국문)", "패드"), ("부품번호(OEM)", "58101C1A00"), ("판매가[부가세 포함]", "45,100원")), FOUND),
        (rows(("상품명", "패드"), ("Part No.", "58101C1A00"), ("판매가", "45,100원")), FOUND),
        (rows(("상품명", unicodedata.normalize("NFD", "패드")), *MAIN[1:]), FOUND),
        ("<div>상품명 : 패드<br>부품번호 : 58101C1A00<br>판매가 : 45,100원</div>", FOUND),
        ("".join(f"<div><div class='tit'>{a}</div><div class='val'>{b}</div></div>" for a, b in MAIN), FOUND),
        ("<h2>패드</h2><p class='price'>45,100원</p>", {"name": "패드", "price_text": "45,100원"}),
        ("".join(f"<ul><li class='w-title'><b>{a}</b></li><li class='w-cont'>{b}</li></ul>" for a, b in MAIN), FOUND),
        ("<ul><li>부품번호</li><li>적용차종</li></ul>" + rows(*MAIN), FOUND),
        ("<ul><li><b>차종</b><i></i></li><li><b>상태</b><i>새것</i></li></ul>" + rows(*MAIN), FOUND),
        ("<div class='infoArea'>" + "".join(f"<h3>{a}</h3><p>{b}</p>" for a, b in MAIN) + "</div>", FOUND),
        ("<table>" + "".join(f"<tr><td>{a}</td><td>:</td><td>{b}</td></tr>" for a, b in MAIN) + "</table>", FOUND),
        ("<table>" + "".join(f"<tr><th><img alt='{a}'></th><td>{b}</td></tr>" for a, b in MAIN) + "</table>", FOUND),
        (rows(("상품명", "패드<br>(앞)"), *MAIN[1:]), FOUND | {"name": "패드 (앞)"}),
        (rows(*MAIN) + "<li>적용차종 : 쏘나타<br>K5</li>", FOUND | {"applicable_text": "쏘나타\nK5"}),
        (rows(("▶ 상품명", "패드"), ("1. 부품번호", "58101C1A00"), ("• 판매가", "45,100원")), FOUND),
        (rows(("상품명 / Name", "패드"), ("부품번호 Part No.", "58101C1A00"), ("판매가 Price", "45,100원")), FOUND),
        (rows(MAIN[0], ("<b>부품번호</b><br>(OEM NO)", "58101C1A00"), MAIN[2]), FOUND),
        (rows(MAIN[0], MAIN[2]) + "<table><tr><td><b>부품번호</b> (OEM)</td><td>58101C1A00</td></tr></table>", FOUND),
        (rows(*MAIN[:1]) + "<p>부품번호 : 58101C1A00 | 판매가 : 45,100원</p>", FOUND),
        (f"<dl>{''.join(f'<dt>{a}</dt>' for a, _ in MAIN)}{''.join(f'<dd>{b}</dd>' for _, b in MAIN)}</dl>", FOUND),
        ("<dl><dt>기본 정보</dt><dt>상품명</dt><dd>패드</dd></dl>" + rows(*MAIN[1:]), FOUND),
        (rows(*MAIN, ("적용차종", "<pre>쏘나타\nK5</pre>")), FOUND | {"applicable_text": "쏘나타\nK5"}),
        (rows(("상품명", "패드<svg><title>새 상품</title></svg>"), *MAIN[1:]), FOUND),
        (rows(("품번", "58101C1A00"), ("부품번호", "-"), MAIN[0], MAIN[2]), FOUND),
        (
            "<div class='headingArea' hidden><h2>옛 이름</h2></div><div class='infoArea'><h3>패드</h3></div>"
            + rows(*MAIN[1:]),
            FOUND,
        ),
        ("<table hidden><tr><th>상품명</th><td>옛 이름</td></tr></table>" + rows(*MAIN), FOUND),
        ("<noscript><table><tr><th>상품명</th><td>옛 이름</td></tr></table></noscript>" + rows(*MAIN), FOUND),
        (rows(("상품명", "{$product_name}")) + rows(*MAIN[1:]) + "<h2>패드</h2>", FOUND),
        (rows(*MAIN[:2], ("판매가", "<del>52,000원</del> <b>45,100원</b>")), FOUND),
        (rows(*MAIN[:2], ("판매가", "<strike>45,100원</strike>"), ("회원가", "40,000원")), FOUND),
        (cells(("상품명", "부품번호", "비고"), ("패드", "58101C1A00", "-")) + rows(MAIN[2]), FOUND),
        (cells(("비고", "상품명", "부품번호"), ("-", "패드", "58101C1A00")) + rows(MAIN[2]), FOUND),
        (cells(("상품명", "패드", "부품번호", "58101C1A00")) + rows(MAIN[2]), FOUND),
        (rows(*MAIN, ("적용 차종 및 연식", "쏘나타")), FOUND | {"applicable_text": "쏘나타"}),
        (rows(*MAIN, ("차종/연식", "쏘나타")), FOUND | {"applicable_text": "쏘나타"}),
        (rows(MAIN[0], MAIN[2], ("P/N", "58101C1A00")), FOUND),
        (rows(*MAIN[1:], ("품명 및 모델명", "브레이크 패드 58101")) + "<h2>패드</h2>", FOUND),
        (rows(*MAIN[1:], ("품명 및 모델명", "패드")), FOUND),
        (rows(("상품명", "상세페이지 참조"), *MAIN[1:]) + "<h2>패드</h2>", FOUND),
        (
            rows(*MAIN, ("적용차종", "상품 상세설명 참조")) + rows(("적용차종", "쏘나타")),
            FOUND | {"applicable_text": "쏘나타"},
        ),
        (
            rows(*MAIN, ("적용차종", "상세페이지 참조")) + "<p>[차종 및 연식]</p><p>K5</p>",
            FOUND | {"applicable_text": "K5"},
        ),
        (rows(*MAIN, ("적용차종", "상세페이지 참조")), FOUND | {"applicable_text": "상세페이지 참조"}),
        (rows(MAIN[0], MAIN[2], ("부품번호", "상세설명참조")), {"name": "패드", "price_text": "45,100원"}),
        (
            rows(*MAIN)
            + "<div>제조사 : 모비스<br>적용차종 : 쏘나타<br>K5<br>주문 전 확인 바랍니다<br>원산지 : 한국</div>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (
            rows(MAIN[0], MAIN[2]) + "<div>부품번호 : 58101C1A00<div>적용차종 : 쏘나타</div></div>",
            FOUND | {"applicable_text": "쏘나타"},
        ),
        (rows(MAIN[0], MAIN[2]) + f"<p>{'긴 설명<br>' * 150}부품번호 : 58101C1A00<br>제조사 : 모비스</p>", FOUND),
        (
            rows(*MAIN)
            + "<table><tr><th rowspan='2'>적용차종</th><td>쏘나타</td><td>14~17</td><td>45,100원</td></tr><tr><td>K5</td></tr>"
            "<tr><td>재고 있음</td></tr></table>",
            FOUND | {"applicable_text": "쏘나타 14~17\nK5"},
        ),
        (
            rows(*MAIN) + "<table><thead><tr><th>차종</th><th>비고</th><th>연식</th></tr></thead>"
            "<tbody><tr><td>쏘나타</td><td>앞</td><td>14~17</td></tr><tr><td>K5</td><td></td><td>15~</td></tr></tbody></table>",
            FOUND | {"applicable_text": "쏘나타 14~17\nK5 15~"},
        ),
        (
            rows(MAIN[0], MAIN[2])
            + "<table><tr><th>부품번호</th><th>차종</th></tr><tr><td>58101C1A00</td><td>쏘나타</td></tr>"
            "<tr><td>58101D4A00</td><td>K5</td></tr></table>",
            FOUND | {"applicable_text": "쏘나타"},
        ),
        (
            rows(MAIN[0], MAIN[2])
            + cells(("부품번호", "차종", "연식", "비고"), ("58101C1A00", "쏘나타", "14~17", "앞")),
            FOUND | {"applicable_text": "쏘나타 14~17"},
        ),
        (
            rows(*MAIN)
            + "<table><tr><td rowspan='2'>적용차종</td><td>쏘나타</td><td>14~17</td></tr><tr><td>K5</td></tr>"
            "<tr><td>제조사</td><td>모비스</td></tr></table>",
            FOUND | {"applicable_text": "쏘나타 14~17\nK5"},
        ),
        (
            rows(*MAIN) + "<div>적용차종 :<br>쏘나타<br>K5<br><br>배송 : 택배</div>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (
            rows(*MAIN[:1], MAIN[2]) + "<div>적용차종 :<br>연식 : 14~17<br>부품번호 :<br>주문 전 확인</div>",
            {"name": "패드", "price_text": "45,100원"},
        ),
        (
            rows(*MAIN) + "<p>적용차종</p><p>쏘나타</p><p>K5</p><p>배송안내</p><p>택배</p>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (
            rows(*MAIN) + "<p>[적용차종]<br>쏘나타<br>K5<br>- 주의사항 -<br>확인</p>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (
            rows(MAIN[0], MAIN[2])
            + "<p>1. 부품번호<br>58101C1A00<br>2. 적용차종<br>쏘나타<br>K5<br>3. 주의사항<br>확인</p>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (
            rows(*MAIN) + "<div>적용차종</div><div>쏘나타</div><div>K5</div><div>배송안내</div><div>택배</div>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (
            rows(*MAIN)
            + "<div><div class='tit'>적용차종</div><div>쏘나타</div><div class='tit'>재질</div><div>강철</div></div>",
            FOUND | {"applicable_text": "쏘나타"},
        ),
        (
            rows(*MAIN) + "<p><b>적용차종</b></p>" + cells(("차종", "연식"), ("쏘나타", "14~17"), ("K5", "15~")),
            FOUND | {"applicable_text": "쏘나타 14~17\nK5 15~"},
        ),
        (rows(MAIN[0], MAIN[2]) + "<p>부품번호 : 58101C1A00<br>현대모비스 정품</p>", FOUND),
        (rows(*MAIN[:1], ("부품번호", "58101C1A00 <a href='#none'>복사</a>"), MAIN[2]), FOUND),
        (rows(MAIN[0], ("제조사 품번", "SP1234"), ("순정품번", "58101C1A00"), MAIN[2]), FOUND),
        (
            rows(*MAIN) + "<table><tr><th colspan='2'>적용차종</th></tr><tr><td>쏘나타</td><td>14~17</td></tr>"
            "<tr><td>K5</td></tr><tr><th>제조사</th><td>모비스</td></tr></table>",
            FOUND | {"applicable_text": "쏘나타 14~17\nK5"},
        ),
        (
            rows(*MAIN) + "<dl><dt>적용차종</dt><dd>쏘나타</dd><dd>K5</dd></dl>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (
            rows(*MAIN)
            + "<table class='xans-product-addoption'><tr><th>차종</th><td><input>(<b>0</b>/20)</td></tr></table>",
            FOUND,
        ),
        (
            "<div class='infoArea'><h3>상품 옵션</h3><h3>REVIEW</h3><h3>상품 상세</h3></div><h2>패드</h2>"
            + rows(*MAIN[1:]),
            FOUND,
        ),
        (rows(*MAIN[:2], ("판매가", "<i style='text-decoration: line-through'>9원</i> 45,100원")), FOUND),
        (rows(*MAIN) + "<h4>적용차종</h4><p>쏘나타</p><p>K5</p>", FOUND | {"applicable_text": "쏘나타\nK5"}),
        (
            rows(*MAIN) + "<p>【적용차종】<br>쏘나타<br>K5<br>【주의】<br>x</p>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (rows(("ㆍ상품명", "패드"), ("★ 부품번호 ★", "58101C1A00"), ("ㅇ판매가?", "45,100원")), FOUND),
        ("".join(f"<li><span>{a}</span><span>|</span><b>{b}</b></li>" for a, b in MAIN), FOUND),
        (rows(MAIN[0], MAIN[2]) + "<p>부품번호 - 58101C1A00</p>", FOUND),
        (
            rows(MAIN[0], MAIN[2]) + "<p>[부품번호] 58101C1A00<br>[적용차종] 쏘나타<br>K5<br>[제조사] 모비스</p>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (rows(MAIN[0], MAIN[2]) + "<p>&lt;부품번호&gt; 58101C1A00</p>", FOUND),
        (
            rows(*MAIN) + "<p><b>적용차종</b></p><p>쏘나타</p><p>K5</p><p>제조사</p><p>모비스</p>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (
            rows(*MAIN) + "<h3>적용 차종 안내</h3><ul><li>쏘나타</li><li>K5</li></ul>",
            FOUND | {"applicable_text": "쏘나타\nK5"},
        ),
        (
            rows(*MAIN[:1]) + "<p>부품번호 : 58101C1A00 &nbsp; 적용 차종 : 쏘나타 판매가 : 45,100원</p>",
            FOUND | {"applicable_text": "쏘나타"},
        ),
        (
            "<b>부품번호</b><table><tr><td>판매가</td><td>45,100원</td></tr></table><h2>패드</h2>",
            {"name": "패드", "price_text": "45,100원"},
        ),
        (
            rows(*MAIN, ("차종", "<a>- [필수] 옵션을 선택해 주세요 -</a>")) + "<p>적용차종 : 쏘나타</p>",
            FOUND | {"applicable_text": "쏘나타"},
        ),
    ],
    ids=[
        "labels hidden",
        "row hidden",
        "notes in brackets",
        "full stop",
        "letters in pieces",
        "one block",
        "bare blocks",
        "heading and price",
        "two list items",
        "a menu of two",
        "an empty value in a list",
        "headings as labels",
        "a cell for the colon",
        "labels as pictures",
        "a name in two lines",
        "cars in two lines of one text",
        "bullets and numbers",
        "labels in two languages",
        "a note in the head",
        "a note in the cell",
        "two pairs in a line",
        "terms, then values",
        "a heading among the terms",
        "lines of a pre",
        "a drawn icon",
        "a dash for nothing",
        "a hidden title",
        "a hidden table",
        "without scripts",
        "an unfilled variable",
        "struck out beside the price",
        "struck out and nothing else",
        "cells as heads",
        "cells as heads, the last ones",
        "four cells in a row",
        "cars and years",
        "cars with years",
        "a short label",
        "the legal notice beside a title",
        "the legal notice alone",
        "a name that is elsewhere",
        "cars that are elsewhere and here",
        "cars that are below",
        "cars that are elsewhere only",
        "a number that is elsewhere",
        "a list in a text of several labels",
        "a bare line before wrapped ones",
        "amid a long text",
        "a head over several rows",
        "a column with its years",
        "a row for each number",
        "a row with its years",
        "a cell over several rows",
        "a list behind a colon",
        "nothing behind a colon",
        "up to a section's title",
        "up to a title between hyphens",
        "labels on lines of their own",
        "lines in blocks of their own",
        "labels and values in turn",
        "a table with heads below a label",
        "a line below a number",
        "a button behind a number",
        "the genuine number beside a maker's",
        "a head in a row of its own",
        "a term with several values",
        "what a buyer is to write",
        "titles of sections",
        "a line through the price before",
        "a heading and its paragraphs",
        "a heading in other brackets",
        "ornaments around labels",
        "a bar between",
        "a hyphen between",
        "labels in brackets",
        "a label in pointed brackets",
        "paragraphs as labels",
        "a list's title",
        "pairs with blanks between them",
        "a table behind a label",
        "an option to choose",
    ],
)
def test_a_value_is_found_beside_its_label(body: str, expected: dict[str, str]) -> None:
    assert read(body) == expected


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("part_no", "모비스 품번"),
        ("part_no", "순정 부품 번호 (10자리)"),
        ("part_no", "OEM Part No."),
        ("part_no", "품번/부품번호"),
        ("part_no", "Genuine Number"),
        ("applicable_text", "적용 가능 차종"),
        ("applicable_text", "호환가능차량"),
        ("applicable_text", "해당 모델명"),
        ("applicable_text", "Compatible Vehicles"),
        ("applicable_text", "Applicable Models"),
        ("part_no", "현대/기아 부품번호"),
        ("part_no", "최신 품번"),
        ("part_no", "제품 품번"),
        ("part_no", "Manufacturer Part Number"),
        ("part_no", "OEM"),
        ("part_no", "Part #"),
        ("part_no", "자체 상품코드"),
        ("part_no", "적용 품번"),
        ("part_no", "PART-NO"),
        ("applicable_text", "적용 차종/모델"),
        ("applicable_text", "차량명"),
        ("applicable_text", "대응 차종"),
        ("applicable_text", "Car Model"),
        ("applicable_text", "Compatibility"),
        ("applicable_text", "적용 가능한 차종"),
        ("applicable_text", "제조사/차종"),
        ("price_text", "온라인 판매가"),
        ("price_text", "실 판매가"),
        ("price_text", "즉시 할인가"),
        ("price_text", "Price"),
        ("name", "부품명칭"),
        ("name", "부품 이름"),
        (None, "상품번호"),
        (None, "회원가"),
        (None, "공급가"),
        (None, "제조사/연식"),
        (None, "제조 번호"),
        (None, "구품번"),
        (None, "차량번호"),
        (None, "Retail Price"),
        (None, "사용 기간"),
        (None, "Number"),
    ],
)
@pytest.mark.parametrize(
    "form", ["<tr><th>{}</th><td>{}</td></tr>", "<tr><td>{} : {}</td></tr>"], ids=["cells", "text"]
)
def test_labels_of_a_family_are_read(field: str | None, label: str, form: str) -> None:
    labels = dict(zip(("name", "part_no", "price_text"), MAIN, strict=True))
    own = (label, labels[field][1] if field in labels else "쏘나타")
    pairs = [own, *(pair for name, pair in labels.items() if name != field)]
    expected = FOUND | ({field: own[1]} if field else {})
    assert read(f"<table>{''.join(form.format(*pair) for pair in pairs)}</table>") == expected


@pytest.mark.parametrize(
    ("block", "cars"),
    [
        (
            "<p>[차종 및 연식]</p><p>쏘나타 LF (14~17)</p><p>K5 JF</p><p>[주의사항]</p><p>확인</p>",
            "쏘나타 LF (14~17)\nK5 JF",
        ),
        ("<p>[차종 및 연식]</p><p>쏘나타</p><p>K5</p><p>&nbsp;</p><p>문의 바랍니다</p>", "쏘나타\nK5"),
        ("<p>[차종 및 연식]</p><p>쏘나타</p><p>※ 주문 전 확인</p>", "쏘나타"),
        ("<p>[차종 및 연식]</p><p>쏘나타</p><p>K5</p><p>교환 안내입니다.</p><p>평일 14시까지</p>", "쏘나타\nK5"),
        ("<p>[차종 및 연식]</p><ul><li>쏘나타</li><li>K5</li></ul><ul><li>교환 안내</li></ul>", "쏘나타\nK5"),
    ],
    ids=["up to the next heading", "up to the empty line", "up to a note", "up to a sentence", "one list"],
)
def test_cars_below_a_heading_one_paragraph_each(block: str, cars: str) -> None:
    assert read(rows(*MAIN) + f"<div class='cont'>{block}</div>")["applicable_text"] == cars


def test_a_heading_may_be_named_without_its_brackets() -> None:
    """In YAML `heading: [차종 및 연식]` is a list of one text."""
    named = Supplier.model_validate(PLAIN.model_dump() | {"fields": {"cars": [{"heading": ["차종 및 연식"]}]}})
    page = PageText(PAGE.format("", rows(*MAIN) + "<p>[차종 및 연식] 쏘나타</p>").encode())
    assert cafe24.read_page(page, "https://a.kr/product/a/1/", named).applicable_text == "쏘나타"


@pytest.mark.parametrize(
    ("label", "cars"),
    [
        ("적용차종", "쏘나타 LF"),
        ("적용 차종 (연식)", "쏘나타 LF"),
        ("적용<b>&nbsp;차\u200b</b>종", "쏘나타 LF"),
        ("적합 차량", "쏘나타 LF"),
        ("적용 여부", None),
    ],
    ids=["as it is", "blanks and a note", "tags, entities and unseen letters", "another word", "another label"],
)
def test_a_label_below_the_other_products_is_found(label: str, cars: str | None) -> None:
    below = f"<div class='xans-product-relation'></div><div class='xans-product-additional'>{rows((label, '쏘나타 LF'))}</div>"
    assert read(rows(*MAIN) + below).get("applicable_text") == cars


def test_every_field_below_the_other_products_is_found() -> None:
    page = WITH_FOOTER.format(
        name="x", table="".join(f"<tr><th>{a}</th><td>{b}</td></tr>" for a, b in (*MAIN, ("정식 부품명", "패드 키트")))
    )
    found = cafe24.read_page(PageText(page.encode()), "https://a.kr/product/a/1/", PLAIN)
    assert (found.official_name, found.part_no, found.price_text) == ("패드 키트", "58101C1A00", "45,100원")


def test_a_script_writes_letters_of_two_halves() -> None:
    """Half a letter in an offer would keep the whole batch from being stored."""
    script = "<script>var product_name = '\\ud83d\\ude97 패드 \\ud83d';</script>"
    name = read("<span id='span_product_price_text'>100원</span>", script)["name"]
    assert name.encode().decode().startswith("🚗 패드")
    head = """<script type="application/ld+json">{"@type": "Product", "name": "\\ud83d패드", "offers": {"price": 5}}</script>"""
    assert read("", head)["name"] == "패드"


def test_a_script_writes_names_with_tags() -> None:
    assert read(rows(*MAIN[1:]), "<script>var product_name = '<b>패드</b> &lt;앞&gt;';</script>")["name"] == "패드 <앞>"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("<div class='infoArea'><div class='displaynone'><h1>펀딩 안내</h1></div></div><h2>패드</h2>", "패드"),
        (
            "<div class='infoArea'><div class='xans-coupon xans-coupon-productdetail'><h2>쿠폰</h2></div></div><h2>패드</h2>",
            "패드",
        ),
        ("<div class='infoArea'><div class='xans-product-action'><h3>Util</h3></div></div><h2>패드</h2>", "패드"),
        ("<div class='prdName'><p>패드</p><p>45,100원</p><p>제조사 모비스</p></div><h2>패드</h2>", "패드"),
        ("<div class='xans-product-detaildesign'><table><caption>패드 기본 정보</caption></table></div>", "패드"),
        ("<div class='infoArea' style='display:none'><h3>패드</h3></div>", "패드"),
    ],
    ids=["hidden", "coupons", "buttons", "a part of the page", "a caption", "hidden and nothing else"],
)
def test_a_title_is_the_products(body: str, name: str) -> None:
    assert read(body + rows(*MAIN[1:]))["name"] == name


@pytest.mark.parametrize("mark", ["▶", " → ", " => ", " = "])
def test_an_arrow_points_at_a_value(mark: str) -> None:
    lines = f"<p>▶ 부품번호{mark}58101C1A00<br>적용차종{mark}쏘나타</p>"
    assert read(rows(MAIN[0], MAIN[2]) + lines) == FOUND | {"applicable_text": "쏘나타"}


def test_a_blank_is_enough_before_a_number_or_an_amount() -> None:
    lines = "<p>OEM NO. 58101-C1A00</p><p>판매가 45,100원</p><p>적용차종 문의</p><p>부품번호 문의 01012345678</p>"
    assert read(rows(MAIN[0]) + lines) == FOUND | {"part_no": "58101-C1A00"}


@pytest.mark.parametrize(
    ("title", "part_no"),
    [
        ("패드 (58101C1A00)", "58101C1A00"),
        ("58101-C1A00 패드", "58101-C1A00"),
        ("몰딩 86511C1000NKA 쏘나타", "86511C1000NKA"),
        ("호스 2541225000", "2541225000"),
        ("패드 (58101C1A00/58101C1A10)", None),
        ("문의 01012345678 패드", None),
        ("문의 0101234567 패드", None),
        ("패드 8801234567890", None),
        ("패드 (좌측)", None),
    ],
)
def test_a_title_may_tell_the_number(title: str, part_no: str | None) -> None:
    assert read(rows(("상품명", title), MAIN[2])).get("part_no") == part_no
    assert read(rows(("상품명", title), *MAIN[1:]))["part_no"] == "58101C1A00"


@pytest.mark.parametrize(("model", "part_no"), [("58101C1A00", "58101C1A00"), ("브레이크 패드 58101C1A00", None)])
def test_a_model_may_be_a_number(model: str, part_no: str | None) -> None:
    assert read(rows(MAIN[0], ("모델명", model), MAIN[2])).get("part_no") == part_no


@pytest.mark.parametrize(
    "pairs",
    [
        (("모델명", "브레이크 패드 2P"), ("MPN", "58101-C1A00")),
        (("제품코드", "P00000AB"), ("SKU", "58101-C1A00")),
        (("상품요약정보", "58101-C1A00"),),
        (("상품간략설명", "<b>58101-C1A00</b>"), ("영문상품명", "PAD 2P")),
    ],
    ids=["another model", "another code", "a summary", "a short description"],
)
def test_a_number_is_found_under_labels_of_other_things(pairs: tuple[tuple[str, str], ...]) -> None:
    assert read(rows(MAIN[0], MAIN[2], *pairs)) == FOUND | {"part_no": "58101-C1A00"}


@pytest.mark.parametrize(
    ("below", "part_no"),
    [
        ("58101-C1A00", "58101-C1A00"),
        ("58101-C1A00 · 58101-C1A10", None),
        ("5810112345", None),
        ("구 58101-C1A00", None),
    ],
)
def test_a_number_alone_below_the_title_is_the_parts(below: str, part_no: str | None) -> None:
    title = f"<div class='headingArea'><h2>패드</h2><p class='sub'>{below}</p></div>"
    assert read(title + rows(MAIN[2])).get("part_no") == part_no


@pytest.mark.parametrize("label", ["정식 품명", "정식 상품명", "공식 부품명"])
def test_official_names_have_several_labels(label: str) -> None:
    assert read(rows(*MAIN, (label, "패드 키트"))) == FOUND | {"official_name": "패드 키트"}


@pytest.mark.parametrize("many", ["<ul>{}</ul>", "<dl>{}</dl>"], ids=["list", "terms"])
def test_thousands_of_labels_without_values_cost_little(many: str) -> None:
    """Each is asked for its value: what is looked at around it must not grow with their number."""
    entry = "<li>판매가</li>" if "ul" in many else "<dt>판매가</dt>"
    before = time.process_time()
    assert read(many.format(entry * 10_000) + rows(*MAIN)) == FOUND
    assert time.process_time() - before < 3


WITH_FOOTER = (
    "<html><body><div class='xans-element- xans-product xans-product-detail'><h2>{name}</h2></div>"
    "<div class='xans-element- xans-layout xans-layout-footer'>가게</div><div id='prdDetail'><table>{table}</table></div></body></html>"
)


def parsed(body: bytes, declared: str | None = None) -> tuple[str | None, str | None]:
    found = cafe24.read_page(PageText(body, declared), "https://a.kr/product/a/1/", PLAIN)
    return found.name, found.part_no


@pytest.mark.parametrize("label", ["부품번호", "부품 번호", "부<b>품번</b>호", "Part No", "PART NO.", "O E M 번호"])
def test_labels_below_the_footer_are_found(label: str) -> None:
    page = WITH_FOOTER.format(name="램프-헤드", table=f"<tr><th>{label}</th><td>921011R000</td></tr>")
    assert parsed(page.encode()) == ("램프-헤드", "921011R000")


@pytest.mark.parametrize("title", ["<div class='headingArea'><h2>패드</h2></div>", "<p class='prdName'>패드</p>"])
def test_a_title_far_above_the_product_is_found(title: str) -> None:
    menus = "<ul>" + "<li><a href='/category/x/1/'>브레이크</a></li>" * 400 + "</ul>"
    body = f"{title}{menus}<div class='xans-element- xans-product xans-product-detail'>{rows(*MAIN[1:])}</div>"
    assert parsed(f"<html><body>{body}</body></html>".encode()) == ("패드", "58101C1A00")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("name", ["램프-헤드", "LAMP"])
@pytest.mark.parametrize("table", ["", "<tr><th>부품번호</th><td>921011R000</td></tr>"])
def test_every_part_of_a_page_is_read_in_its_charset(name: str, table: str, encoding: str) -> None:
    body = WITH_FOOTER.format(name=name, table=table).encode(encoding, "replace")
    stray = b"" if encoding == "utf-16" else b"\xb0"
    assert parsed(body + stray) == (name, "921011R000" if table else None)


@pytest.mark.parametrize(
    "below",
    [
        "<p>부품번호 : 58101C1A00</p><p>적용차종 : 쏘나타</p>",
        cells(("부품번호", "58101C1A00"), ("적용차종", "쏘나타")),
    ],
    ids=["lines", "a table"],
)
def test_a_stray_end_tag_hides_no_labels(below: str) -> None:
    """An owner's description closes more than it opened: the platform's block ends there, and the page goes on."""
    assert read(rows(MAIN[0], MAIN[2]) + "</div></div>" + below) == FOUND | {"applicable_text": "쏘나타"}


@pytest.mark.parametrize(
    "row",
    [
        "<div class='spec-row'><div class='spec-name'>{}</div><div class='spec-value'>{}</div></div>",
        "<div class='row'><div class='col-4'>{}</div><div class='col-8'>{}</div></div>",
        "<h2>{}</h2><p>{}</p>",
    ],
    ids=["names", "columns", "headings"],
)
def test_blocks_of_any_name_are_labels(row: str) -> None:
    pairs = (*MAIN, ("적용차종", "쏘나타"))
    assert read("".join(row.format(*pair) for pair in pairs)) == FOUND | {"applicable_text": "쏘나타"}


@pytest.mark.parametrize("block", ["p", "div", "td"])
def test_labels_in_the_longest_text_are_read(block: str) -> None:
    talk = "설명이 길게 이어집니다.<br>" * 400
    text = f"{talk}부품번호 : 58101C1A00<br>적용차종 : 쏘나타<br>K5<br>주의 : 확인<br>{talk}"
    body = f"<table><tr><td>{text}</td></tr></table>" if block == "td" else f"<{block}>{text}</{block}>"
    assert read(rows(MAIN[0], MAIN[2]) + body) == FOUND | {"applicable_text": "쏘나타\nK5"}


def test_a_label_of_two_words_is_not_its_last_one() -> None:
    said = read(rows(*MAIN[:2]) + "<p>Condition : new Regular price : 52,000원</p>")
    assert "price_text" not in said
    assert read(rows(MAIN[0]) + "<p>부품번호 : 58101C1A0A 판매가 : 45,100원</p>")["part_no"] == "58101C1A0A"


@pytest.mark.parametrize(
    "form",
    [
        "<center>{}</center>",
        "<section><article>{}</article></section>",
        "<blockquote>{}</blockquote>",
        "<pre>{}</pre>",
        "<h3>{}</h3>",
        "<table><tr><th>{}</th></tr></table>",
        "<dl><dt>{}</dt></dl>",
        "<strong>{}</strong>",
        "<p>설명</p>{}<p>설명</p>",
        "<div><p>설명</p><font>{}</font></div>",
    ],
)
def test_label_and_value_in_one_text_are_read_wherever_it_stands(form: str) -> None:
    assert read(rows(*MAIN) + form.format("적용차종 : 쏘나타")) == FOUND | {"applicable_text": "쏘나타"}


@pytest.mark.parametrize(
    ("table", "cars"),
    [
        (
            "<tr><th>제조사</th><th>차종</th><th>연식</th></tr><tr><td rowspan='2'>현대</td><td>쏘나타</td><td>14~17</td></tr>"
            "<tr><td>그랜저</td><td>16~19</td></tr>",
            "쏘나타 14~17\n그랜저 16~19",
        ),
        (
            "<tr><th>차종</th><th>연식</th></tr><tr><td rowspan='2'>쏘나타</td><td>14~15</td></tr><tr><td>16~17</td></tr>"
            "<tr><td>K5</td><td>15~</td></tr>",
            "쏘나타 14~15\n쏘나타 16~17\nK5 15~",
        ),
        (
            "<tr><th colspan='2'>적용차종</th></tr><tr><td>현대</td><td>쏘나타</td></tr><tr><td>기아</td><td>K5</td></tr>",
            "현대 쏘나타\n기아 K5",
        ),
    ],
    ids=["a maker over rows", "a car over rows", "makers beside cars"],
)
def test_cars_stay_in_their_column(table: str, cars: str) -> None:
    assert read(rows(*MAIN) + f"<table>{table}</table>") == FOUND | {"applicable_text": cars}


@pytest.mark.parametrize(
    "line",
    [
        "<strong>적용차종 :</strong> <span>쏘나타</span> <span>LF</span>",
        "<strong>적용차종</strong> <b>쏘나타</b> LF <b>부품번호 :</b> 58101C1A00",
    ],
)
def test_a_car_that_an_editor_cut_in_two_is_whole(line: str) -> None:
    assert read(rows(*MAIN) + f"<p>{line}</p>") == FOUND | {"applicable_text": "쏘나타 LF"}


@pytest.mark.parametrize(
    "row",
    [
        "<tr><td>{}</td><td width='10'><img src='dot.gif'></td><td>{}</td></tr>",
        "<tr><td>{}</td><td width='5px'>&nbsp;</td><td>{}</td></tr>",
        "<tr><td>{}</td></tr><tr><td>{}</td></tr>",
    ],
    ids=["a gap", "a gap with a blank", "one below the other"],
)
def test_old_tables_are_read(row: str) -> None:
    table = "".join(row.format(*pair) for pair in (*MAIN, ("적용차종", "쏘나타<br>K5"), ("주의사항", "확인")))
    assert read(f"<table>{table}</table>") == FOUND | {"applicable_text": "쏘나타\nK5"}


@pytest.mark.parametrize("head", ["th", "td"])
def test_a_table_within_a_cell_is_read_below_its_heads(head: str) -> None:
    heads = "".join(f"<{head}>{text}</{head}>" for text in ("제조사", "차종", "연식"))
    table = f"<table><tr>{heads}</tr><tr><td>현대</td><td>쏘나타</td><td>14~17</td></tr></table>"
    assert read(rows(*MAIN, ("적용차종", table))) == FOUND | {"applicable_text": "현대 쏘나타 14~17"}


def test_cells_of_heads_are_words_of_their_own() -> None:
    table = "<table><tr><th>쏘나타</th><td>14~17</td></tr><tr><th>K5</th><th>15~</th><td>앞</td></tr></table>"
    assert read(rows(*MAIN) + f"<h3>적용차종</h3>{table}")["applicable_text"] == "쏘나타 14~17\nK5 15~ 앞"


@pytest.mark.parametrize("once_more", ["<span class='blind'>{}</span>{}", "<em>{} :</em> {}"])
def test_a_label_that_is_shown_once_more_is_no_part_of_the_value(once_more: str) -> None:
    pairs = [(label, once_more.format(label, value)) for label, value in (*MAIN, ("적용차종", "쏘나타"))]
    assert read(rows(*pairs)) == FOUND | {"applicable_text": "쏘나타"}


@pytest.mark.parametrize("label", ["<button type='button'>{}</button>", "<h4><button>{}</button></h4>"])
def test_what_a_button_opens_is_below_it(label: str) -> None:
    pairs = (*MAIN, ("적용차종", "쏘나타"))
    folds = "".join(f"<div>{label.format(a)}<div class='panel'>{b}</div></div>" for a, b in pairs)
    tabs = "<div><button>적용차종</button><button>장착 방법</button></div>"
    assert read(tabs + folds) == FOUND | {"applicable_text": "쏘나타"}


def test_fonts_are_labels_and_values() -> None:
    lines = "".join(f"<p><font>{a}</font><font>{b}</font></p>" for a, b in (*MAIN, ("적용차종", "쏘나타")))
    assert read(lines) == FOUND | {"applicable_text": "쏘나타"}
