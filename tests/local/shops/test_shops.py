"""The demo shops over real HTTP, against their own catalogue and against the field table they imitate."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from selectolax.lexbor import LexborHTMLParser
from yarl import URL

from local.shops.catalogue import SOURCES, Product, Shop, build, part_of
from local.shops.faults import FINAL_REASON, SHARES, Fault, fault_of
from local.shops.server import LIST_API, serving

DAY, NEXT_DAY = "2026-11-23", "2026-11-24"
ROOT = Path(__file__).resolve().parents[3]


class Client:
    """Asks one shop."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session, self._origin = session, f"http://127.0.0.1:{port}"

    async def get(self, path: str) -> tuple[int, str, dict[str, str]]:
        async with self._session.get(URL(self._origin + path, encoded=True)) as response:
            return response.status, await response.text(), dict(response.headers)

    async def listed(self, cate_no: int, page: int, count: int) -> dict[str, Any]:
        _, text, _ = await self.get(
            f"{LIST_API}?cate_no={cate_no}&supplier_code=S0000000&page={page}&bInitMore=F&count={count}"
        )
        answer: dict[str, Any] = json.loads(text)
        assert answer["rtn_code"] == "1000"
        data: dict[str, Any] = answer["rtn_data"]
        return data


def ask(shop: Shop, questions: Callable[[Client], Awaitable[None]], encoding: str = "gzip") -> None:
    async def run() -> None:
        async with (
            serving({shop.source: shop}) as ports,
            aiohttp.ClientSession(headers={"Accept-Encoding": encoding}) as session,
        ):
            await questions(Client(session, ports[shop.source]))

    asyncio.run(run())


def shop_of(source: str, products: int = 300, dt: str = DAY, faults: bool = False) -> Shop:
    return build(dt, products, faults)[source]


def with_fault(kind: str) -> tuple[Shop, Product, Fault]:
    shop = shop_of("partsro", 3000, faults=True)
    product = next(product for product in shop if product.fault and product.fault.kind == kind)
    assert product.fault is not None
    return shop, product, product.fault


@pytest.mark.parametrize("source", SOURCES)
def test_list_api_gives_every_product_and_ends(source: str) -> None:
    shop = shop_of(source)

    async def questions(client: Client) -> None:
        links = []
        for cate_no in shop.categories:
            page, end = 0, False
            while not end:
                page += 1
                data = await client.listed(cate_no, page, 20)
                links += [entry["link_product_detail"] for entry in data["data"]]
                end = data["end"]
            assert (await client.listed(cate_no, page + 1, 20)) == {"data": [], "end": True}
        assert sorted(links) == sorted(path for product in shop for path in product.paths)

    ask(shop, questions)


def test_unknown_category_lists_nothing() -> None:
    async def questions(client: Client) -> None:
        assert await client.listed(999, 1, 500) == {"data": [], "end": True}

    ask(shop_of("partsro"), questions)


def rows(tree: LexborHTMLParser, row: str, label: str, value: str) -> dict[str, str]:
    found = {}
    for node in tree.css(row):
        labels, values = node.css(label), node.css(value)
        if labels and values:
            found[labels[0].text(strip=True)] = values[0].text(separator="\n", strip=True)
    return found


def test_partsro_has_a_table_of_th_and_td() -> None:
    shop = shop_of("partsro", 40)

    async def questions(client: Client) -> None:
        for product in shop:
            _, text, _ = await client.get(product.paths[0])
            table = rows(LexborHTMLParser(text), "div.xans-product-detaildesign tr", "th", "td")
            offer = product.offer
            assert table["상품명"] == offer.name
            assert table.get("정식 부품명") == offer.official_name
            assert (table["부품번호"], table["판매가"]) == (offer.part_no, offer.price_text)
            assert "".join(table["적용차(생산연도)"].split()) == "".join((offer.applicable_text or "").split())
            assert '"@type": "Product"' in text

    ask(shop, questions)


def test_hyunki_store_has_label_and_value_spans() -> None:
    shop = shop_of("hyunki_store", 40)

    async def questions(client: Client) -> None:
        for product in shop:
            _, text, _ = await client.get(product.paths[0])
            tree = LexborHTMLParser(text)
            spans = rows(tree, "ul.info li", "span.tit", "span.con")
            assert spans["상품명"] == product.offer.official_name
            assert spans.get("부품번호") == product.row_part_no
            assert tree.css_first("#span_product_price_text").text() == product.offer.price_text  # type: ignore[union-attr]
            assert ("<strong>[차종 및 연식]</strong><br>" in text) == (product.offer.applicable_text is not None)
            assert f"gfa_cate2 = '{product.offer.category}'" in text

    ask(shop, questions)


def test_hyunki_market_has_spans_in_th_and_td() -> None:
    shop = shop_of("hyunki_market", 40)

    async def questions(client: Client) -> None:
        for product in shop:
            _, text, _ = await client.get(product.paths[0])
            tree = LexborHTMLParser(text)
            table = rows(tree, ".xans-product-detaildesign tr", "th span", "td span")
            assert table["부품번호"] == product.offer.part_no
            assert tree.css_first("h2.titleFont").text() == product.offer.name  # type: ignore[union-attr]
            assert table.get("부품명", product.offer.name) == product.offer.name
            cars = tree.css_first(".xans-product-additional.simple_desc_top").text().strip()  # type: ignore[union-attr]
            assert cars == "" or cars.startswith("[차종 및 연식]")

    ask(shop, questions)


def test_page_is_as_long_as_a_real_one_packed_or_not() -> None:
    shop = shop_of("hyunki_store", 5)
    pages: list[tuple[str, dict[str, str]]] = []

    async def questions(client: Client) -> None:
        _, text, headers = await client.get(shop.product(10_002).paths[0])
        pages.append((text, headers))

    for encoding in ("gzip", "identity"):
        ask(shop, questions, encoding)
    (unpacked, packed_headers), (plain, plain_headers) = pages
    assert unpacked == plain
    assert 90_000 < len(plain.encode()) < 120_000
    assert packed_headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain_headers


def test_names_with_markup_are_escaped() -> None:
    shop = shop_of("hyunki_market", 600)
    product = next(product for product in shop if "&" in product.offer.name)

    async def questions(client: Client) -> None:
        _, text, _ = await client.get(product.paths[0])
        assert product.offer.name.replace("&", "&amp;") in text

    ask(shop, questions)


@pytest.mark.parametrize(("kind", "status"), [("error_500", 500), ("long_503", 503), ("throttled", 429)])
def test_passing_fault_gives_way_to_the_page(kind: str, status: int) -> None:
    shop, product, fault = with_fault(kind)

    async def questions(client: Client) -> None:
        answers = [await client.get(product.paths[0]) for _ in range(fault.answers + 1)]
        assert [answer[0] for answer in answers] == [status] * fault.answers + [200]
        assert answers[0][2].get("Retry-After") == ("1" if kind == "throttled" else None)
        assert json.loads((await client.get("/__stats"))[1])["served"] == {str(status): fault.answers, "200": 1}

    ask(shop, questions)


@pytest.mark.parametrize(("kind", "status"), [("not_found", 404), ("down", 503), ("removed", 200)])
def test_lasting_fault_never_gives_the_page(kind: str, status: int) -> None:
    shop, product, fault = with_fault(kind)
    assert not fault.recovers

    async def questions(client: Client) -> None:
        for _ in range(8):
            found, text, _ = await client.get(product.paths[0])
            assert found == status
            assert ("alert(" in text) == (kind == "removed")
            assert "판매가" not in text

    ask(shop, questions)


def test_dropped_connection_breaks_off_once() -> None:
    shop, product, _ = with_fault("dropped")

    async def questions(client: Client) -> None:
        with pytest.raises(aiohttp.ClientError):
            await client.get(product.paths[0])
        assert (await client.get(product.paths[0]))[0] == 200

    ask(shop, questions)


def test_timeout_outlasts_the_client_once() -> None:
    shop, product, _ = with_fault("timeout")

    async def questions(client: Client) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.get(product.paths[0]), 0.5)
        assert (await client.get(product.paths[0]))[0] == 200

    ask(shop, questions)


def test_faults_come_in_their_shares() -> None:
    found = Counter(fault.kind for number in range(200_000) if (fault := fault_of(DAY, "partsro", number)))
    for kind, (share, fewest, most) in SHARES.items():
        assert found[kind] == pytest.approx(share * 20, rel=0.15)
        assert (kind in FINAL_REASON) == (fewest == most == 0)


def test_same_day_and_size_give_the_same_shop() -> None:
    for source in SOURCES:
        assert list(shop_of(source, 100, faults=True)) == list(shop_of(source, 100, faults=True))


def test_few_prices_move_from_day_to_day_and_little() -> None:
    today, tomorrow = (list(shop_of("partsro", 2000, dt)) for dt in (DAY, NEXT_DAY))
    assert [product.paths for product in today] == [product.paths for product in tomorrow]
    prices = [(a.price_krw, b.price_krw) for a, b in zip(today, tomorrow, strict=True) if a.price_krw and b.price_krw]
    moved = [after / before for before, after in prices if before != after]
    assert 0.01 < len(moved) / len(prices) < 0.06
    assert all(0.85 < ratio < 1.15 for ratio in moved)


def test_shops_sell_the_same_parts_at_near_prices() -> None:
    prices: dict[str, dict[str, float]] = {}
    for source, shop in build(DAY, 500, False).items():
        for product in shop:
            if product.price_krw and product.oddity is None:
                prices.setdefault(product.part_numbers[0], {})[source] = product.price_krw / product.pack
    everywhere = [list(each.values()) for each in prices.values() if len(each) == 3]
    assert len(everywhere) > 200
    assert all(max(each) <= 1.5 * min(each) for each in everywhere)


@pytest.mark.parametrize("products", [1, 2, 5, 20_000])
def test_any_size_is_listed_once_a_product(products: int) -> None:
    for shop in build(DAY, products, True).values():
        listed = {number for numbers in shop.listed.values() for number in numbers}
        assert listed == {10_001 + index for index in range(products)}


def test_no_two_parts_share_a_number() -> None:
    assert len({part_of(index).part_no for index in range(30_000)}) == 30_000


def test_every_hazard_of_the_domain_is_on_some_page() -> None:
    offers = [product.offer for shop in build(DAY, 3000, False).values() for product in shop]
    numbers = "\n".join(offer.part_no or "" for offer in offers)
    cars = "\n".join(offer.applicable_text or "" for offer in offers)
    prices = {offer.price_text for offer in offers}
    for sign in ("x4", "단종되어 ", " 로 대체", "(RH)", "(좌측)", "순정 부품 (", ", ", "-", "X"):
        assert sign in numbers
    for sign in (
        "전차종",
        "전 차종",
        "싼타페 29X10/30X12",
        "16,19년식",
        "HOSE ASSY",
        "BRACKET_1",
        "소나타",
        "더 뉴 ",
        "년식 이후",
        "，",
    ):
        assert sign in cars
    assert {"품절", "전화문의", "0원"} < prices
    assert any("(최대 1,500원 할인)" in text for text in prices)


def start(folder: Path, *words: str) -> tuple[subprocess.Popen[bytes], Path]:
    ports_file = folder / "포트 ports.json"
    command = [sys.executable, "-m", "local.shops", "--ports-file", str(ports_file), *words]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE), ports_file


def test_process_tells_its_ports_and_ends_with_its_parent(tmp_path: Path) -> None:
    process, ports_file = start(tmp_path, "--dt", DAY, "--products", "5", "--faults", "off")
    try:
        deadline = time.monotonic() + 20
        while not ports_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert set(json.loads(ports_file.read_text(encoding="utf-8"))) == set(SOURCES)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--dt", "yesterday"], "'yesterday' is not a day"),
        (["--dt", DAY, "--products", "-3"], "'-3' is not a number of products"),
    ],
)
def test_wrong_words_are_refused_in_a_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    process, _ = start(tmp_path, *words)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 2
    assert sentence in error.decode()
    assert "Traceback" not in error.decode()
