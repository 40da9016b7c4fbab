"""Suppliers by configuration only: every id has its file and its saved pages, and a new one needs nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conf.settings import CONF
from conf.supplier import Supplier, SupplierError, load_suppliers
from crawl import cafe24
from crawl.offer import PageError
from crawl.parse import main, parse_saved
from crawl.text import PageText
from tests.crawl.conftest import Crawl
from tests.crawl.shop import BadShop, body, serving

PAGES = Path(__file__).parent / "pages"
SAVED = sorted(PAGES.glob("*/*.html"))
FIELDS = ("name", "official_name", "part_no", "price_text", "applicable_text", "category")


def read(page: Path, supplier: Supplier) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a saved page gives, and what the file beside it says that it should give: the line that `make parse` printed."""
    beside = page.with_suffix(".json")
    expected = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    found = parse_saved(page.read_bytes(), supplier, expected.get("url"))
    return {name: found[name] for name in FIELDS}, {name: expected[name] for name in FIELDS} if expected else {}


def test_every_supplier_has_its_file_and_its_saved_pages() -> None:
    suppliers = load_suppliers(CONF / "suppliers")
    for source in suppliers:
        assert list((PAGES / source).glob("*.html")), f"save a few product pages of {source} as {PAGES / source}/*.html"
    strays = {folder.name for folder in PAGES.iterdir() if folder.is_dir()} - set(suppliers)
    assert not strays, f"there is no conf/suppliers/<id>.yaml for these folders of pages: {strays}"


@pytest.mark.parametrize("page", SAVED, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_a_saved_page_gives_its_record(page: Path) -> None:
    found, expected = read(page, load_suppliers(CONF / "suppliers")[page.parent.name])
    assert found["name"]
    assert found["part_no"] or found["price_text"]
    assert expected in ({}, found)


NEW_SHOP = """
id: newshop
name: 새 가게
engine: cafe24
base_url: http://127.0.0.1:{port}
hosts: ["127.0.0.1:{port}"]
categories:
  - {{name: 브레이크, cate_no: 10}}
budget: {{max_rps: 100, max_concurrency: 4}}
fields:
  part_no:
    - {{label: 순정 품번}}
"""
NEW_PAGE = (
    "<html><head><meta charset=utf-8></head><body><div class='xans-product-detail'><dl><dt>상품명</dt><dd>패드</dd><dt>순정 품번</dt>"
    "<dd>58101-C1A00</dd><dt>판매가</dt><dd>45,100원</dd></dl></div></body></html>"
)


def test_a_new_shop_is_a_file_and_a_folder_of_pages(aws: Any, tmp_path: Path) -> None:
    with serving(BadShop([1], {1: body(NEW_PAGE.encode())})) as shop:
        (tmp_path / "newshop.yaml").write_text(NEW_SHOP.format(port=shop.port), encoding="utf-8")
        supplier = load_suppliers(tmp_path)["newshop"]
        page = tmp_path / "pad.html"
        page.write_text(NEW_PAGE, encoding="utf-8")
        expected = {"name": "패드", "part_no": "58101-C1A00", "price_text": "45,100원", "official_name": None}
        expected |= {"applicable_text": None, "category": None, "url": shop.url(1)}
        page.with_suffix(".json").write_text(json.dumps(expected), encoding="utf-8")
        found, wanted = read(page, supplier)
        crawl = Crawl(aws, supplier)
        summary = crawl.crawl()
    assert found == wanted
    assert summary["succeeded"] == 1
    assert {key: crawl.offers()[0][key] for key in FIELDS} == found


LAUGHS = "a0: &a0 [x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("max_rps: 30", "max_rps: fast"), "line 19: budget.max_rps is 'fast': input should be a valid number"),
        (("max_rps: 30", "max_rps: yes"), "line 19: budget.max_rps is True: a number is expected, and yes, no,"),
        (("batch_size: 500", "batch_size: on"), "line 19: budget.batch_size is True: a number is expected"),
        (("list_s: 15", "list_s: no"), "line 20: timeouts.list_s is False: a number is expected"),
        (("[60, 300, 900]", "[off, 300, 900]"), "line 21: retry.round_waits_s[0] is False: a number is expected"),
        (("price: 0.95", "price: yes"), "line 27: bounds.coverage.price is True: a number is expected"),
        (("minimum: 41000", "minimum: true"), "line 24: bounds.minimum is True: a number is expected"),
        (("cate_no: 177", "cate_no: yes"), "line 10: categories[0].cate_no is True: a number is expected"),
        (
            ("max_rps: 30", "max_rqs: 30"),
            "line 19: budget.max_rqs is not a field that a supplier has: did you mean 'max_rps'?",
        ),
        (("id: partsro", "id: other"), "line 1: id is 'other', but the file is named 'partsro.yaml'"),
        (("engine: cafe24", "engine: magento"), "line 3: engine is 'magento': input should be 'cafe24'"),
        (
            ("base_url: https://m.partsro.com", "base_url: m.partsro.com"),
            "base_url is 'm.partsro.com': must be the shop's",
        ),
        (("hosts: [m.partsro.com]", "hosts: [M.partsro.com]"), "line 5: hosts: 'M.partsro.com' must be a host"),
        (("cate_no: 178", "cate_no: 177"), "line 9: categories: two categories have the same cate_no, 177"),
        (("cate_no: 178, ", ""), "line 11: categories[1].cate_no is missing: the category's number"),
        (("hosts: [m.partsro.com]", "hosts: [partsro.com]"), "line 5: hosts: must list m.partsro.com"),
        (("{label: 부품번호}", "부품번호"), "line 36: fields.part_no[0] must be fields in the form 'name: value'"),
        (
            ("engine: cafe24", "? [a, b]\n: c\nengine: cafe24"),
            "line 3: what stands before ':' must be the name of a field",
        ),
        (("engine: cafe24", "engine: &a [*a]"), "line 3: this value refers to itself"),
        (("engine: cafe24", "engine: cafe24\n5: x"), "line 4: what stands before ':' must be the name of a field"),
        (("[60, 300, 900]", "[60, 30]"), "the waits must grow"),
        (("- {label: 부품번호}", "- {css: 'td['}"), "not a CSS selector"),
        (("- {label: 부품번호}", "- {label: a, css: b}"), "exactly one of label, css"),
        (("engine: cafe24", "engine: cafe24\nengine: cafe24"), "line 4: 'engine' is written twice"),
        (("engine: cafe24", "engine: [cafe24"), "this is not YAML"),
        (
            ("engine: cafe24", "engine：cafe24"),
            "line 3, column 1: this is not YAML: could not find expected ':'. The line has '：' in the place of :",
        ),
        (
            ("engine: cafe24", "engine:cafe24"),
            "line 3, column 1: this is not YAML: could not find expected ':'. A line is",
        ),
        (("  - {name: 엔진", "\t- {name: 엔진"), "line 10, column 1: this is not YAML: found character '\\t' that"),
        (
            ("  minimum: 41000", " minimum: 41000"),
            "line 25, column 10: this is not YAML: mapping values are not allowed",
        ),
        (("cate_no: 177", "cate_no: 0177"), "line 10: YAML reads 0177 as another number"),
        (("cate_no: 177", "cate_no: 0xB1"), "line 10: YAML reads 0xB1 as another number"),
        (("minimum: 41000", "minimum: 41_000"), "line 24: YAML reads 41_000 as another number"),
        (("max_rps: 30", "max_rps: 1:30"), "line 19: YAML reads 1:30 as another number"),
        (("maximum: 97000", "maximum: 100"), "line 23: bounds: maximum 100 is below minimum 41000"),
        (("{label: 부품번호}", "{label: 5}"), "line 36: fields.part_no[0].label is 5: a text or a list of texts is"),
        (("hosts: [m.partsro.com]", "hosts: [partsro]"), "line 5: hosts: 'partsro' must be a host"),
        (
            ("https://m.partsro.com", "https://a@m.partsro.com"),
            "line 4: base_url is 'https://a@m.partsro.com': must be",
        ),
        (
            ("hosts: [m.partsro.com]", "hosts: [m.partsro.com, m.a.kr:99999]"),
            "'m.a.kr:99999' must be a host or host:port",
        ),
        (
            ("engine: cafe24", 'engine: cafe24\nremoved_texts: [""]'),
            "line 4: removed_texts: a text or a list of texts is expected",
        ),
        (
            ("{label: 부품번호}", "{css: #part}"),
            "line 36, column 7: this is not YAML: expected ',' or '}', but got ':'. A '#' behind",
        ),
        (("[m.partsro.com]", "[m.partsro.com"), "line 5, column 8: this is not YAML: expected ',' or ']'"),
        (("name: 파츠로", 'name: "파츠로'), "line 2, column 7: this is not YAML: found unexpected end of stream. Is"),
        (
            ("{label: 부품번호}", "{label: *no}"),
            "this is not YAML: found undefined alias 'no'. Put the text into quotes.",
        ),
        (("name: 파츠로", "name:"), "line 2: name is empty: a text is expected."),
        (("name: 파츠로", "name: 2026-11-23"), "line 2: name: a text is expected: put it into quotes."),
        (
            ("hosts: [m.partsro.com]", "hosts: m.partsro.com"),
            "line 5: hosts is 'm.partsro.com': must be a list of the hosts",
        ),
        (("[60, 300, 900]", "60"), "line 21: retry.round_waits_s is 60: must be a list, such as"),
        (("name: 0.98", "naem: 0.98"), "line 27: bounds.coverage.naem is 'naem': input should be 'name'"),
        (("id: partsro", "id: Partsro"), "line 1: id is 'Partsro': must be small letters, digits and _"),
        (
            ("max_rps: 30", "max_rps: 30,5"),
            "line 19: what stands before ':' must be the name of a field, and 5 is a number",
        ),
        (
            ("max_rps: 30", "max_rps: 0.001"),
            "line 19: budget.max_rps is 0.001: input should be greater than or equal to",
        ),
        (
            ("https://m.partsro.com", "https://M.partsro.com"),
            "line 4: base_url is 'https://M.partsro.com': must have a",
        ),
        (
            ("https://m.partsro.com", "https://파츠로.com"),
            "line 4: base_url is 'https://파츠로.com': must have a host in",
        ),
        (("https://m.partsro.com", "https://m.a.kr:99999"), "line 4: base_url is 'https://m.a.kr:99999': must have a"),
        (("hosts: [m.partsro.com]", "hosts: [m.partsro.com, m.a.kr:0]"), "line 5: hosts: 'm.a.kr:0' must be a host or"),
        (("- {label: 부품번호}", "- {label: a, match: 'a{9999999999}'}"), "not a regular expression: the repetition"),
        (
            ("- {label: 부품번호}", f"- {{label: a, match: '{'(?:' * 3000}{')' * 3000}'}}"),
            "not a regular expression: maxi",
        ),
        (("name: 파츠로", f"name: {'[' * 900}{']' * 900}"), "brackets stand inside each other hundreds of times"),
        (("name: 파츠로", f"name: {'[' * 60}{']' * 60}"), "line 2: more values than a supplier's file has"),
        (("name: 파츠로", LAUGHS), "more values than a supplier's file has, inside each other or by '*'"),
        (("name: 파츠로", "name: 파츠\a로"), "line 2: this is not YAML: unacceptable character #x0007"),
        (
            ("- {label: 부품번호}", '- {label: 부품번호, match: "\\d+"}'),
            "unknown escape character 'd'. Put the text into single quotes",
        ),
        (("- {label: 부품번호}", "- {label: 부품번호, match: ^(?=A)}"), "a text with brackets, '?' or ': ' in quotes?"),
        (("- {label: 부품번호}", "- {css: *}"), "Put the text into quotes"),
        (
            ("- {label: 부품번호}", "- {label: 부품번호, 품번}"),
            "fields.part_no[0].품번 is not a field that a supplier has; several texts are a list, such as [a, b]",
        ),
        (("path: /exec", "path: exec"), "Product/ApiProductNormal': must be the address of the lists"),
        (
            ("path: /exec/front/Product/ApiProductNormal,", "path: '/exec/x?page=1',"),
            "begin with / and end before its ?",
        ),
        (("- {label: 부품번호}", "- {script: var part_no =}"), "'var part_no =': must be the name alone"),
        (("- {label: 부품번호}", "- {meta: '<meta name=no>'}"), "'<meta name=no>': must be the name alone"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_mistake_is_told_with_file_line_and_field(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = (CONF / "suppliers" / "partsro.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "partsro.yaml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(SupplierError) as caught:
        load_suppliers(tmp_path)
    assert str(tmp_path / "partsro.yaml") in str(caught.value)
    assert said in str(caught.value)


def test_a_copy_that_still_names_the_other_shop_is_told(tmp_path: Path) -> None:
    text = (CONF / "suppliers" / "partsro.yaml").read_text(encoding="utf-8")
    (tmp_path / "partsro.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "zulu.yaml").write_text(text.replace("id: partsro", "id: zulu"), encoding="utf-8")
    with pytest.raises(SupplierError, match=r"zulu\.yaml: hosts has m\.partsro\.com, as partsro\.yaml has"):
        load_suppliers(tmp_path)


def test_a_shop_in_two_files_under_two_addresses_is_told(tmp_path: Path) -> None:
    for name, host in (("mine", "shop.kr"), ("mine2", "www.shop.kr")):
        text = f"id: {name}\nname: 가게\nengine: cafe24\nbase_url: https://{host}\nhosts: [shop.kr, www.shop.kr]\n"
        (tmp_path / f"{name}.yaml").write_text(text + "categories: [{name: 엔진, cate_no: 1}]\n", encoding="utf-8")
    with pytest.raises(SupplierError, match=r"mine2\.yaml: hosts has shop\.kr, as mine\.yaml has: .* twice"):
        load_suppliers(tmp_path)


@pytest.mark.parametrize("name", ["mine.yml", "mine.YAML"])
def test_a_file_by_another_ending_is_not_left_out_without_a_word(tmp_path: Path, name: str) -> None:
    for other in ("partsro.yaml", name):
        (tmp_path / other).write_bytes((CONF / "suppliers" / "partsro.yaml").read_bytes())
    with pytest.raises(SupplierError, match=rf"{name}: a supplier's file ends in \.yaml"):
        load_suppliers(tmp_path)


def test_a_file_in_another_charset_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "partsro.yaml").write_bytes("id: partsro\nname: 파츠로\n".encode("cp949"))
    with pytest.raises(SupplierError, match="line 2: byte 18 is not UTF-8: save the file as UTF-8"):
        load_suppliers(tmp_path)


def test_no_folder_no_file_no_supplier(tmp_path: Path) -> None:
    with pytest.raises(SupplierError, match="no folder"):
        load_suppliers(tmp_path / "none")
    with pytest.raises(SupplierError, match="holds no supplier file"):
        load_suppliers(tmp_path)
    (tmp_path / "mine.yml").write_text("id: mine", encoding="utf-8")
    with pytest.raises(SupplierError, match=r"ends in \.yaml"):
        load_suppliers(tmp_path, only="mine")
    with pytest.raises(SupplierError, match="no supplier 'x'"):
        load_suppliers(CONF / "suppliers", only="x")


HEAD = "<html><head>{}</head><body>{}</body></html>"
JSON_LD = """<script type="application/ld+json">//<![CDATA[
{"@graph": [{"@type": ["Product"], "name": "앤빌
 세트", "mpn": "925872", /* note */ "offers": [{"@type": "Offer", "price": 11999,}],}]}
//]]></script>"""


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (HEAD.format(JSON_LD, ""), ("앤빌 세트", "925872", "11999")),
        (
            HEAD.format(
                '<meta property="og:title" content="겉만"><meta property="product:price:amount" content="53000">'
                '<meta property="product:sale_price:amount" content="50000">',
                "",
            ),
            ("겉만", None, "50000"),
        ),
        (
            HEAD.format(
                "",
                '<div itemscope itemtype="http://schema.org/Product"><span itemprop="name">Anvil</span><b itemprop="mpn">9</b>'
                '<span itemprop="offers" itemscope itemtype="http://schema.org/Offer"><b itemprop="price">119.99 </b>'
                '<span itemprop="seller" itemscope itemtype="http://schema.org/Organization"><b itemprop="name">X</b></span>'
                "</span></div>",
            ),
            ("Anvil", "9", "119.99"),
        ),
        (
            HEAD.format("", "<ul><li>상품명 : 호스</li><li>부품번호: 254121R000</li><li>판매가 : 5,000원</li></ul>"),
            ("호스", "254121R000", "5,000원"),
        ),
        (
            HEAD.format(
                "",
                "<table><tr><th>상품명</th><th>부품번호</th><th>판매가</th></tr><tr><td>핀</td><td>A1</td><td>700원</td></tr></table>",
            ),
            ("핀", "A1", "700원"),
        ),
        (
            HEAD.format(
                "", "<div class='infoArea'><p><strong>상품명</strong> 캡</p><p><em>판매가</em> <b>900원</b></p></div>"
            ),
            ("캡", None, "900원"),
        ),
    ],
    ids=["json-ld", "meta", "microdata", "one text", "column heads", "bare text"],
)
def test_pages_without_a_known_layout(page: str, expected: tuple[str | None, ...]) -> None:
    supplier = load_suppliers(CONF / "suppliers")["partsro"]
    fields = cafe24.read_page(PageText(page.encode()), "https://m.partsro.com/product/a/1/", supplier)
    assert (fields.name, fields.part_no, fields.price_text) == expected


def test_a_list_page_is_no_offer() -> None:
    page = HEAD.format(
        '<meta property="og:title" content="핏감만족">',
        '<ul><li><a href="/product/detail.html?product_no=1">a</a></li></ul>',
    )
    with pytest.raises(PageError, match="no name, part number or price"):
        cafe24.read_page(
            PageText(page.encode()), "https://m.partsro.com/", load_suppliers(CONF / "suppliers")["partsro"]
        )


def test_parse_prints_one_object_or_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--supplier", "partsro", "--file", str(PAGES / "partsro" / "euc_kr_sold_out.html")]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "램프-헤드(좌측)"
    gone = tmp_path / "gone.html"
    gone.write_bytes(
        b"<script>alert('\xec\x97\x86\xeb\x8a\x94 \xec\x83\x81\xed\x92\x88\xec\x9e\x85\xeb\x8b\x88\xeb\x8b\xa4');</script>"
    )
    assert main(["--supplier", "partsro", "--file", str(gone)]) == 1
    assert capsys.readouterr().err.startswith("removed: ")
    assert main(["--supplier", "nobody", "--file", str(gone)]) == 2


@pytest.mark.parametrize(
    ("supplier", "file", "told"),
    [
        ("", "page.html", "SUPPLIER is missing"),
        ("partsro", "", "FILE is missing"),
        ("partsro", "/nowhere.html", "FILE: '/nowhere.html' cannot be read: No such file or directory."),
        ("partsro", "/", "FILE: '/' cannot be read: Is a directory."),
    ],
    ids=["no supplier", "no file", "file is not there", "folder"],
)
def test_parse_names_the_argument_of_a_slip(
    supplier: str, file: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--supplier", supplier, "--file", file]) == 2
    assert capsys.readouterr().err.startswith(told)
