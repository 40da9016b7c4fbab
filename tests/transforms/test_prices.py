"""A price is exactly one amount, or there is none and the reason says why."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.prices import bounds, read_price
from transforms.reasons import Reject
from transforms.texts import PLAIN_PRICE

READ = [
    ("부품값 12,000원", 12000),
    ("12,000원", 12000), ("₩12,000", 12000), ("￦12,000", 12000), ("12000", 12000), ("1만2천원", 12000), ("1만 2,500원", 12500),
    ("1.5만원", 15000), ("2천5백원", 2500), ("판매가 : 12,000원", 12000), ("12,000원(VAT 포함)", 12000), ("１２，０００원", 12000),
    ("만이천원", 12000), ("이만오천원", 25000), ("1만2천5백원", 12500), ("만원", 10000), ("12,000원 12,000원", 12000), ("원 12,000", 12000),
    ("일금 12,000원정", 12000), ("1개당 12,000원", 12000), ("★12,000원★", 12000), ("VAT 10% 포함 12,000원", 12000), ("<b>12,000</b>원", 12000),
    ("12,000&nbsp;원", 12000), ("12,000\u200b원", 12000), ("12000.00", 12000), ("1,200원/개", 1200),
    ("12,000원 (재고 3개)", 12000), ("22,000원 (2~3일 소요)", 22000), ("소매가 5,500원", 5500),
    ("부품단가 5,500", 5500), ("현재 판매가 5,500원", 5500), ("5,500원 (공임 별도)", 5500), ("5,500원 (택배비 착불)", 5500), ("5,500원/개당", 5500),
    ("5,500원 - 10% 부가세 포함", 5500), ("5,500원 (재고 있음)", 5500), ("24,200원 (5만원 이상 구매시 무료배송)", 24200),
    ("24,200원 50,000원 이상 무료배송", 24200), ("24,200원 + 배송비", 24200), ("24,200원 예약판매", 24200), ("24,200원 (네고 가능)", 24200),
    ("24,200원 (3개월 무이자)", 24200), ("24,200원 (3/15까지)", 24200), ("24,200원 2026.03.15 까지", 24200), ("한개 24,200원", 24200),
    ("24,200원 한정수량", 24200), ("각 24,200원", 24200), ("@24,200", 24200),
    ("판매가: 24,200원 (VAT 포함, 배송비 별도)", 24200), ("①24,200원", 24200), ("24,200원²", 24200), ("24,200원 (EA)", 24200),
    ("판매가는 24,200원입니다", 24200), ("24,200원입니다.", 24200), ("NEW 24,200원", 24200),
    ("24,200원 (무이자 3개월)", 24200), ("24,200원 오늘출발", 24200), ("24,200원 (판매중)", 24200),
    ("2만4천원에 팝니다", 24000), ("24,200원 + Free Shipping", 24200),
    ("₩24,200 incl. tax", 24200),
    ("24,200원 (재고: 5개)", 24200), ("24,200원 (수량: 1개)", 24200), ("24,200원 (출고까지 3~5일)", 24200), ("24,200원 (국산) 바로구매", 24200),
    ("24,200원 남은시간 3일 02:13:45", 24200), ("1개 24,200원 (1개 기준)", 24200),
    ("이천오십오원", 2055), ("24,200원 (단 3개 남음)", 24200), ("24,200원 마지막 1개 남았습니다", 24200), ("24,200원 (1개입)", 24200),
]  # fmt: skip
REFUSED = [
    ("12,000원 (현금영수증 발행시 13,200원)", Reject.PRICE_SEVERAL_AMOUNTS), ("12,000원 (할인가, 2일 소요)", Reject.PRICE_DISCOUNT),
    (None, Reject.PRICE_MISSING), (" ", Reject.PRICE_MISSING), ("0원", Reject.PRICE_ZERO), ("품절", Reject.PRICE_SOLD_OUT),
    ("[품절] 12,000원", Reject.PRICE_SOLD_OUT), ("전화문의", Reject.PRICE_ON_REQUEST),
    ("12,000원 13,200원", Reject.PRICE_SEVERAL_AMOUNTS), ("15,000원 (최대 1,500원 할인)", Reject.PRICE_DISCOUNT),
    ("10,000~20,000원", Reject.PRICE_RANGE), ("$12.00", Reject.PRICE_FOREIGN_CURRENCY), ("2개 24,000원", Reject.PRICE_FOR_SEVERAL),
    ("12,000원 (VAT 별도)", Reject.PRICE_WITHOUT_TAX), ("12.000원", Reject.PRICE_NOT_RECOGNISED),
    ("1만5", Reject.PRICE_NOT_RECOGNISED), ("만오", Reject.PRICE_NOT_RECOGNISED), ("012,000원", Reject.PRICE_NOT_RECOGNISED),
    ("20260221", Reject.PRICE_NOT_RECOGNISED), ("▼12,000원", Reject.PRICE_NOT_RECOGNISED), ("회원가 12,000원", Reject.PRICE_NOT_RECOGNISED),
    ("<del>500</del>700원", Reject.PRICE_SEVERAL_AMOUNTS), ("공급가 12,000원", Reject.PRICE_WITHOUT_TAX), ("12,000원/SET", Reject.PRICE_FOR_SEVERAL),
    ("12,00원", Reject.PRICE_NOT_RECOGNISED), ("-12,000원", Reject.PRICE_NOT_RECOGNISED), ("5원", Reject.PRICE_TOO_LOW),
    ("999,999,999원", Reject.PRICE_TOO_HIGH), ("착불 3,000원", Reject.PRICE_NOT_RECOGNISED), ("구매불가 5,500원", Reject.PRICE_SOLD_OUT),
    ("공임 별도 30,000원", Reject.PRICE_NOT_RECOGNISED), ("도매가 5,500원", Reject.PRICE_NOT_RECOGNISED), ("5,500원 (5만원 이상)", Reject.PRICE_RANGE),
    ("3,000원 (50,000원 이상 구매 시 무료)", Reject.PRICE_RANGE), ("월 24,200원 3개월 무이자", Reject.PRICE_NOT_RECOGNISED),
    ("24,200원 수량 2", Reject.PRICE_SEVERAL_AMOUNTS),
    ("재고 24,200", Reject.PRICE_NOT_RECOGNISED), ("24,200원 (교환조건)", Reject.PRICE_NOT_RECOGNISED),
    ("재입고예정 24,200원", Reject.PRICE_NOT_RECOGNISED), ("추천가 24,200원", Reject.PRICE_NOT_RECOGNISED),
    ("5만원 이상 무료배송", Reject.PRICE_NOT_RECOGNISED), ("1만5백 1,000원", Reject.PRICE_SEVERAL_AMOUNTS),
    ("1.5만 2,500원", Reject.PRICE_NOT_RECOGNISED), ("4만5천 12,000원", Reject.PRICE_NOT_RECOGNISED), ("4만5천 1,000원", Reject.PRICE_NOT_RECOGNISED),
]  # fmt: skip

# Amounts that their own words call other money than the price, and numbers that are no money.
BESIDE_OTHER_MONEY = [
    ("24,200원 + 배송비 3,000원", 24200), ("24,200원 착불 3,500원", 24200), ("24,200원 배송비 3,000~5,000원", 24200), ("배송비 3,000원 별도 24,200원", 24200),
    ("24,200원 (배송비 3,000원 / 50,000원 이상 무료)", 24200), ("24,200원 (제주/도서산간 추가 배송비 5,000원)", 24200),
    ("24,200원 (제주 및 도서산간 5,000원 추가)", 24200), ("24,200원 (shipping ₩3,000)", 24200), ("24,200원, 택배비 4천원", 24200),
    ("1,200원 + 배송비 3,000원", 1200), ("판매가 1,200원 배송비 3,000원", 1200), ("24,200원 적립 240원", 24200),
    ("24,200원 적립금 240원(1%)", 24200), ("적립 240원 24,200원", 24200), ("24,200원 / 240P 적립", 24200), ("24,200원 (최대 240원 적립)", 24200),
    ("240,000원 (코어 보증금 5만원 별도)", 240000), ("95,000원 (도색비 80,000원)", 95000), ("부품대 95,000원 + 공임 30,000원", 95000),
    ("37,400원 (3,000원 상당 사은품 증정)", 37400), ("37,400원 + 사은품 3,000원 상당", 37400),
    ("180,000원 (월 30,000원 6개월 무이자)", 180000), ("180,000원 / 6개월 할부 시 월 30,000원", 180000),
    ("132,000원 (공급가 120,000원 + 부가세 12,000원)", 132000), ("132,000원 (부가세 12,000원 포함)", 132000),
    ("28,000원 (100ml당 700원)", 28000), ("28,000원 (1,400원/L)", 28000), ("KRW 59,400 (USD 42.50)", 59400),
    ("정가 75,000원 판매가 69,000원", 69000), ("판매가 : 69,000원, 소비자가 : 75,000원", 69000), ("정가 75,000원 69,000원", 69000),
    ("판매가28,600원소비자가33,000원", 28600), ("69,000원 (시중가 75,000원)", 69000), ("31,000원 (회원가 29,450원)", 31000),
    ("소비자가 75,000 판매가 72,000 회원가 69,000", 72000),
    ("12,000원 공장도가 12,100원", 12000),
    ("소비자가 15,000원", 15000), ("소비자가 15,000원 적립금 150원", 15000), ("정가 15,000원 (5만원 이상 무료배송)", 15000),
    ("921021R100 312,400원", 312400), ("5W-30 4L ₩39,600", 39600), ("45,650원 (2016~2019)", 45650), ("8,250원 (최소주문수량 2개 이상)", 8250),
]  # fmt: skip
NOT_TOLD_APART = [
    # included, a total, or a name that stands behind its amount
    ("24,200원 (배송비 3,000원 포함)", Reject.PRICE_NOT_RECOGNISED), ("24,200원 + 배송비 3,000원 = 27,200원", Reject.PRICE_SEVERAL_AMOUNTS),
    ("3,000원(배송비) 24,200원", Reject.PRICE_SEVERAL_AMOUNTS), ("판매가 배송비 24,200원 3,000원", Reject.PRICE_SEVERAL_AMOUNTS),
    ("75,000원(정가) 69,000원(판매가)", Reject.PRICE_SEVERAL_AMOUNTS), ("75,000원 정가 69,000원 판매가", Reject.PRICE_SEVERAL_AMOUNTS),
    ("판매가 정가 69,000원 75,000원", Reject.PRICE_SEVERAL_AMOUNTS), ("120,000원 (공급가 120,000원 + 부가세 12,000원)", Reject.PRICE_WITHOUT_TAX),
    # other money alone, beside a bare number or amid two prices
    ("배송비 3,000원 적립금 30원", Reject.PRICE_DISCOUNT), ("24,200원 적립 / 240원", Reject.PRICE_DISCOUNT),
    ("12 배송비 3,000원", Reject.PRICE_SEVERAL_AMOUNTS), ("보증금 1만2,500원", Reject.PRICE_NOT_RECOGNISED),
    ("정가 15,000원 120", Reject.PRICE_SEVERAL_AMOUNTS),
    ("정가 75,000원 회원가 69,000원", Reject.PRICE_SEVERAL_AMOUNTS), ("정가 75,000원 LH 69,000원 RH 71,000원", Reject.PRICE_SEVERAL_AMOUNTS),
    ("판매가 12,000원 현금가 11,000원", Reject.PRICE_SEVERAL_AMOUNTS), ("비회원가 72,000원 회원가 69,000원", Reject.PRICE_NOT_RECOGNISED),
    ("정가 75,000원 할인가 69,000원", Reject.PRICE_DISCOUNT), ("정가 30,000원 판매가 24,000원 (4개입)", Reject.PRICE_FOR_SEVERAL),
    (f"{'1' * 5000}원 (공급가 {'1' * 5000}원 부가세 1원)", Reject.PRICE_WITHOUT_TAX),
    ("12,000원 (공급가 ,+ 부가세 ,)", Reject.PRICE_WITHOUT_TAX), ("12000 12000", Reject.PRICE_SEVERAL_AMOUNTS),
    ("개당 7,500원 (30,000원)", Reject.PRICE_SEVERAL_AMOUNTS),
    ("30,000원 (개당 7,500원)", Reject.PRICE_SEVERAL_AMOUNTS), ("$8.50 (약 12,000원)", Reject.PRICE_FOREIGN_CURRENCY),
    ("92102-1R100 92101-1R100 312,400원", Reject.PRICE_RANGE), ("5W30 39,600", Reject.PRICE_SEVERAL_AMOUNTS), ("4L x 3 96,000원", Reject.PRICE_SEVERAL_AMOUNTS),
]  # fmt: skip


@pytest.mark.parametrize(("text", "won"), READ + BESIDE_OTHER_MONEY)
def test_amount(text: str, won: int) -> None:
    assert read_price(text) == (won, None)


@pytest.mark.parametrize(("text", "reason"), [*REFUSED, *NOT_TOLD_APART])
def test_reason(text: str | None, reason: Reject) -> None:
    assert read_price(text) == (None, reason)


@given(st.text(alphabet="0123456789,.원만천₩~ -()할인%\n", max_size=20))
def test_price_or_reason(text: str) -> None:
    price, reason = read_price(text)
    assert (price is None) != (reason is None)
    assert price is None or bounds().lowest_krw <= price <= bounds().highest_krw


@pytest.mark.parametrize(
    "piece", ["1", "1,", "제주/", "추가", "배송비 ", "월 1", "1L ", "원(공급가 1", "정가 ", "24,200원 배송비 "]
)
def test_a_long_text_is_read_in_time(piece: str) -> None:
    started = time.process_time()
    read_price("24,200원 " + piece * (10_000 // len(piece)) + "x")
    assert time.process_time() - started < 2
    assert read_price(f"12,000원 {' ' * 30_000}").price_krw == 12_000
    assert read_price("12,000원 " * 10_000).reason is Reject.PRICE_NOT_RECOGNISED


@given(st.integers(10, 100_000_000))
def test_written_amount_is_read(won: int) -> None:
    assert read_price(f"{won:,}원").price_krw == won


@given(st.from_regex(PLAIN_PRICE.replace(r"\z", r"\Z")))
def test_what_spark_reads_by_itself_is_what_is_read_here(text: str) -> None:
    limits = bounds()
    won = int(text[:-1].replace(",", ""))
    assert read_price(text).price_krw == (won if limits.lowest_krw <= won <= limits.highest_krw else None)
