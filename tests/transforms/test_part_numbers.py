"""The same part from two shops has the same number."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transforms.part_numbers import read_part_numbers
from transforms.reasons import Reject
from transforms.texts import PLAIN_PART_NO, PLAIN_PHONE, SECOND_HALF_HAS_A_DIGIT

ONE = [
    ("2741025000x4", "2741025000", 4), ("27410-25000 × 10", "2741025000", 10), ("2741025000 (2개)", "2741025000", 2),
    ("865110X010", "865110X010", 1), ("865110X010x2", "865110X010", 2), ("27410-25000", "2741025000", 1),
    ("(2741025010)", "2741025010", 1), ("필터 (281131r100)", "281131R100", 1), ("(RH)921021R000", "921021R000", 1),
    ("92401-2B000LH", "924012B000", 1), ("84740-2B000-RY", "847402B000RY", 1), ("1123008206K", "1123008206K", 1),
    ("27410-25000-4EA", "2741025000", 4), ("2741025000 (x4)", "2741025000", 4), ("27410-25000 수량:4", "2741025000", 4),
    ("92101-1R000xLH", "921011R000", 1), ("92101-1R000L/R", "921011R000", 1), ("27410 - 25000", "2741025000", 1),
    ("27410−25000", "2741025000", 1), ("92102\u200b1R000", "921021R000", 1), ("8801234567890 27410-25000", "2741025000", 1),
    ("2741025000 30,000원", "2741025000", 1), ("２７４１０－２５０００", "2741025000", 1),
    ("27410-25000 2입", "2741025000", 2), ("4 x 27410-25000", "2741025000", 4), ("27410-25000 재고 3개", "2741025000", 1),
    ("27410-25000 10개 이상 할인", "2741025000", 1), ("27410-25000 2 입고예정", "2741025000", 1),
    ("0K2A1-33-251", "0K2A133251", 1), ("봉고 K9965-51-700 x2", "K996551700", 2), ("0K552-18-110A", "0K55218110A", 1),
    ("TP000PJ200", "TP000PJ200", 1), ("순정 부품 (A1E00LN600)", "A1E00LN600", 1),
    ("캐스퍼 카메라 99211-O6000", "99211O6000", 1), ("99211O6000x2", "99211O6000", 2),
    ("아이오닉5 99211-GI010", "99211GI010", 1), ("①27410-25000", "2741025000", 1), ("27410-25000²", "2741025000", 1),
    ("4X TPMS 52933-D4100", "52933D4100", 4), ("27410-25000 (4개 구매시 할인)", "2741025000", 1),
    ("PN27410-25000", "2741025000", 1), ("KIA27410-25000", "2741025000", 1), ("27410-25000SET", "2741025000", 1), ("27410&#45;25000", "2741025000", 1),
    ("27410-25000 4매", "2741025000", 4), ("27410-25000 4P세트", "2741025000", 4), ("27410-25000 (pack of 4)", "2741025000", 4),
    ("27410-25000 4-pack", "2741025000", 4), ("27410-25000 Set of 4", "2741025000", 4),
    ("27410-25000 대당 4개 소요", "2741025000", 1), ("27410-25000 4개 필요", "2741025000", 1), ("27410-25000 3개월 보증", "2741025000", 1),
    ("27410-25000 (볼트 2개 포함)", "2741025000", 1), ("27410-25000 10개 보유", "2741025000", 1),
    ("27410-25000 재고 있음 2개", "2741025000", 1), ("27410-25000 1인 2개 한정", "2741025000", 1),
    ("와이퍼 650mm 98350-L2000", "98350L2000", 1), ("볼트 M10x1.25x35 11254-10356K", "1125410356K", 1), ("볼트 M6 x 20 11403-06206K", "1140306206K", 1),
    ("82651 2X000", "826512X000", 1), ("93571-BW200-4X", "93571BW2004X", 1), ("95430B45004X x2", "95430B45004X", 2),
    ("65176-I6000", "65176I6000", 1), ("31110I7050 (G4FJ, 20.03~23.11)", "31110I7050", 1),
    ("상품코드 1000012345 부품번호 86514-C7000", "86514C7000", 1), ("품번 86514-C7000 상품번호: 1000012345", "86514C7000", 1),
    ("상품코드 86514-C7000", "86514C7000", 1), ("상품번호 86514-C7000", "86514C7000", 1), ("86350-C1100 ※86350-C1000 으로 대체 불가", "86350C1100", 1),
    ("86350-C1100 (86350-C1000과 호환 안됨)", "86350C1100", 1), ("86350-C1100 대체불가", "86350C1100", 1),
    ("86350-C1100 (86350-C1000과 호환되지 않음)", "86350C1100", 1),
    ("기아 쏘렌토 (벤츠 스타일 그릴) 86350-P2000", "86350P2000", 1), ("보쉬 연료펌프 31111-3K000", "311113K000", 1),
    ("코나 N 범퍼 86511-I3000", "86511I3000", 1), ("97133-D1000 NEW", "97133D1000", 1),
    ("97133-2E210EA", "971332E210", 1), ("97133-2E210 두개", "971332E210", 2), ("97133-2E210 두개 필요", "971332E210", 1), ("1140308303Kx5", "1140308303K", 5),
]  # fmt: skip
REPLACED = [
    ("대체부품 92102-1R100 (단종 92102-1R000)", "921021R100", ("921021R000",)),
    ("92102-1R000 (단종 92102-1R100 로 대체)", "921021R100", ("921021R000",)),
    ("92102-1R100 (단종: 92102-1R000)", "921021R100", ("921021R000",)),
    ("92102-1R100 (was 92102-1R000)", "921021R100", ("921021R000",)),
    ("92102-1R000 replaced with 92102-1R100", "921021R100", ("921021R000",)),
    ("92102-1R000 new part number 92102-1R100", "921021R100", ("921021R000",)),
    ("단종되어 921021R100 로 대체", "921021R100", ()),
    ("921021R000 → 921021R100 → 921021R200", "921021R200", ("921021R000", "921021R100")),
    ("921021R100 (구 921021R000)", "921021R100", ("921021R000",)),
    ("신품번 921021R100 구품번 921021R000", "921021R100", ("921021R000",)),
    ("921021R100 ← 921021R000", "921021R100", ("921021R000",)),
    ("921021R000 단종 921021R100", "921021R100", ("921021R000",)),
    ("신)921021R100 구)921021R000", "921021R100", ("921021R000",)),
    ("921021R000 >> 921021R100 >> 921021R200", "921021R200", ("921021R000", "921021R100")),
    ("921021R100 (구품번: 921021R000, 921021R001)", "921021R100", ("921021R000", "921021R001")),
    ("921021R100 (921021R000에서 변경)", "921021R100", ("921021R000",)),
    ("921021R100 (구번호 921021R000)", "921021R100", ("921021R000",)),
    ("921021R000 생산중단 921021R100 로 공급", "921021R100", ("921021R000",)),
    ("92102-1R000(구) 92102-1R100(신)", "921021R100", ("921021R000",)),
    ("92102-1R100(신) 92102-1R000(구)", "921021R100", ("921021R000",)),
    ("92102-1R000 (변경 전) / 92102-1R100 (변경 후)", "921021R100", ("921021R000",)),
    ("(구)92102-1R000(신)92102-1R100", "921021R100", ("921021R000",)),
    ("92102-1R100(대체) 92102-1R000(단종)", "921021R100", ("921021R000",)),
    ("92102-1R000 (대체) 92102-1R100", "921021R100", ("921021R000",)),
    ("구부번 92102-1R000 신부번 92102-1R100", "921021R100", ("921021R000",)),
    ("92102-1R000 ☞ 92102-1R100", "921021R100", ("921021R000",)),
    (
        "92102-1R100 (구품번 92102-1R000, 92102-1R001, 92102-1R002)",
        "921021R100",
        ("921021R000", "921021R001", "921021R002"),
    ),
    ("92102-1R100 replaces 92102-1R000 and 92102-1R001", "921021R100", ("921021R000", "921021R001")),
    ("92102-1R100 (92102-1R000 대체품)", "921021R100", ("921021R000",)),
    ("92102-1R000 단종 (92102-1R100 대체품)", "921021R100", ("921021R000",)),
    ("92102-1R100 (舊 92102-1R000)", "921021R100", ("921021R000",)),
    ("신형품번 92102-1R100 구형품번 92102-1R000", "921021R100", ("921021R000",)),
    ("92102-1R000, 92102-1R001 → 92102-1R100", "921021R100", ("921021R000", "921021R001")),
    ("구번 92102-1R000, 신번 92102-1R100", "921021R100", ("921021R000",)),
    ("92102-1R000 ⇨ 92102-1R100", "921021R100", ("921021R000",)),
    ("92102-1R000 discontinued, use 92102-1R100", "921021R100", ("921021R000",)),
    ("92102-1R100 ← 92102-1R000, 92102-1R001", "921021R100", ("921021R000", "921021R001")),
    ("92102-1R100 (92102-1R000, 92102-1R001 통합)", "921021R100", ("921021R000", "921021R001")),
    ("92102-1R100 (92102-1R000 단종 대체)", "921021R100", ("921021R000",)),
    ("92102-1R100 (92102-1R000 대체용)", "921021R100", ("921021R000",)),
    ("92102-1R000, 92102-1R001 통합 92102-1R100", "921021R100", ("921021R000", "921021R001")),
    ("92102-1R000 대체품 92102-1R100", "921021R100", ("921021R000",)),
    ("92102-1R000 단종 92102-1R100 대체", "921021R100", ("921021R000",)),
    ("92102-1R100 (구)92102-1R000", "921021R100", ("921021R000",)),
    ("92102-1R000 → 92102-1R100, 92102-1R100 → 92102-1R200", "921021R200", ("921021R000", "921021R100")),
    ("92102-1R000 단종 → 92102-1R100 (92102-1R000)", "921021R100", ("921021R000",)),
    ("92102-1R100 (NEW) 92102-1R000 (OLD)", "921021R100", ("921021R000",)),
    ("92102-1R100 (현재품번) / 92102-1R000 (이전품번)", "921021R100", ("921021R000",)),
    ("92102-1R100 신품번 92102-1R000 구품번", "921021R100", ("921021R000",)),
    ("92102-1R000 공급중단, 92102-1R100 로 공급", "921021R100", ("921021R000",)),
]
NONE = [
    ("단종되어 92102-1R100, 92102-1R200 로 대체", Reject.PART_NO_SEVERAL),
    (None, Reject.PART_NO_MISSING), ("좌측", Reject.PART_NO_NOT_RECOGNISED), ("LH", Reject.PART_NO_NOT_RECOGNISED),
    ("앞 2개", Reject.PART_NO_NOT_RECOGNISED), ("010-1234-5678", Reject.PART_NO_NOT_RECOGNISED),
    ("8801234567890", Reject.PART_NO_NOT_RECOGNISED), ("2741025000x0", Reject.PART_NO_QUANTITY),
    ("2741025000x999", Reject.PART_NO_QUANTITY), ("2741025000원", Reject.PART_NO_NOT_RECOGNISED),
    ("27410-2500O", Reject.PART_NO_NOT_RECOGNISED), ("2135I-3C000", Reject.PART_NO_NOT_RECOGNISED), ("92102-1\u0420000", Reject.PART_NO_NOT_RECOGNISED),
    ("\u04105810-1D3A00", Reject.PART_NO_NOT_RECOGNISED), ("0000000000", Reject.PART_NO_NOT_RECOGNISED),
    ("27410-25000/25010", Reject.PART_NO_SEVERAL),
    ("27410-25000/10/20", Reject.PART_NO_SEVERAL), ("92101 / 92102-1R000", Reject.PART_NO_SEVERAL), ("92101/82102-1R000", Reject.PART_NO_SEVERAL),
    ("92101,92102-1R000WK", Reject.PART_NO_SEVERAL),
    ("27410-25000 외 2개", Reject.PART_NO_SEVERAL),
    ("2741025000 + 2741025010", Reject.PART_NO_SET), ("27410-250001", Reject.PART_NO_NOT_RECOGNISED),
    ("KR8801234567890", Reject.PART_NO_NOT_RECOGNISED), ("88300-C1XXX", Reject.PART_NO_NOT_RECOGNISED),
    ("95440-C10xx", Reject.PART_NO_NOT_RECOGNISED), ("95440-C1001·C1500", Reject.PART_NO_SEVERAL),
    ("95440-BY000 → 95440-N1XXX", Reject.PART_NO_SEVERAL), ("99211-O600O", Reject.PART_NO_NOT_RECOGNISED), ("99211-GIO10", Reject.PART_NO_NOT_RECOGNISED),
    ("92102-1R000 → 92102-1R100, 92102-1R200", Reject.PART_NO_SEVERAL), ("신품번 92102-1R100, 92102-1R200", Reject.PART_NO_SEVERAL),
    ("92101-1R000 → 92101-1R100 / 92102-1R000 → 92102-1R100", Reject.PART_NO_SEVERAL),
    ("92101-1R100 ← 92101-1R000 / 92102-1R100 ← 92102-1R000", Reject.PART_NO_SEVERAL),
    ("92102-1R000 → 92102-1R100 → 92102-1R000", Reject.PART_NO_SEVERAL), ("92102-1R100 (92102-1R000 대체)", Reject.PART_NO_SEVERAL),
    ("92102-1R100 replaced 92102-1R000", Reject.PART_NO_SEVERAL), ("92102-1R000 92102-1R100 변경", Reject.PART_NO_SEVERAL),
    ("92102-1R000~100", Reject.PART_NO_SEVERAL), ("92102-1R000\\1R100", Reject.PART_NO_SEVERAL),
    ("27410-25000 포함 3종 세트", Reject.PART_NO_SEVERAL),
    ("0311234567", Reject.PART_NO_NOT_RECOGNISED), ("0221234567", Reject.PART_NO_NOT_RECOGNISED), ("주문번호 2024031512", Reject.PART_NO_NOT_RECOGNISED),
    ("보쉬 0986494123", Reject.PART_NO_NOT_RECOGNISED), ("DENSO 1950002100", Reject.PART_NO_NOT_RECOGNISED),
    ("2741l-25000", Reject.PART_NO_NOT_RECOGNISED), ("97133-Dl000", Reject.PART_NO_NOT_RECOGNISED),
    ("56500-A70000000", Reject.PART_NO_NOT_RECOGNISED), ("92401-l6A00", Reject.PART_NO_NOT_RECOGNISED),
    ("86350-C1000 으로 대체 불가", Reject.PART_NO_NOT_RECOGNISED),
    ("쌍용 코란도 오일필터 6711803009", Reject.PART_NO_NOT_RECOGNISED), ("TOYOTA 90915-YZZD4", Reject.PART_NO_NOT_RECOGNISED),
    ("보쉬 점화플러그 0242235666", Reject.PART_NO_NOT_RECOGNISED), ("단종되어 921021R100x999 로 대체", Reject.PART_NO_QUANTITY),
    ("27410ABCDE", Reject.PART_NO_NOT_RECOGNISED), ("AB1CD23456", Reject.PART_NO_NOT_RECOGNISED), ("1A2B3-CDEF4", Reject.PART_NO_NOT_RECOGNISED),
    ("97133-XXX00", Reject.PART_NO_NOT_RECOGNISED), ("27410-O5000", Reject.PART_NO_NOT_RECOGNISED), ("ABCDE-FGHIJ-12", Reject.PART_NO_NOT_RECOGNISED),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number", "quantity"), ONE)
def test_one_part(text: str, number: str, quantity: int) -> None:
    assert read_part_numbers(text).parts == ((number, quantity, None),)


@pytest.mark.parametrize(("text", "number", "replaced"), REPLACED)
def test_replacement_is_followed(text: str, number: str, replaced: tuple[str, ...]) -> None:
    assert read_part_numbers(text) == (((number, 1, number),), replaced, None)


@pytest.mark.parametrize(("text", "reason"), NONE)
def test_reason(text: str | None, reason: Reject) -> None:
    assert read_part_numbers(text) == ((), (), reason)


@pytest.mark.parametrize(
    "text",
    ["2741025000, 27410-25010", "2741025000<br>2741025010", "2741025000, 2741025010 (2개)", "<2741025000> <2741025010>", "▶2741025000 ▶2741025010",
     "◀2741025000▶ ◀2741025010▶"],
)  # fmt: skip
def test_several_numbers_are_several_parts(text: str) -> None:
    found = read_part_numbers(text)
    assert [part[:2] for part in found.parts] == [("2741025000", 1), ("2741025010", 1)]


@pytest.mark.parametrize("text", ["92101/92102-1R000", "92101,92102-1R000"])
def test_numbers_of_one_end(text: str) -> None:
    assert [part.part_no for part in read_part_numbers(text).parts] == ["921011R000", "921021R000"]


@pytest.mark.parametrize(
    "text", ["구품번 27410-25000, 27410-25010, 27410-25020", "Replaces: 2741025000, 2741025010 and 2741025020"]
)
def test_old_numbers_alone_are_no_chain(text: str) -> None:
    found = read_part_numbers(text)
    assert [part.part_no for part in found.parts] == ["2741025000", "2741025010", "2741025020"]
    assert not found.replaced


@pytest.mark.parametrize(
    "piece", ["1", "l1", "M1X1 ", "보쉬 ", "상품코드 1", "27410-25000으로 ", "27410-25000 대체 ", "12345/"]
)
def test_a_long_text_is_read_in_time(piece: str) -> None:
    started = time.process_time()
    read_part_numbers("l 27410-25000 " + piece * (10_000 // len(piece)) + " 품번")
    assert time.process_time() - started < 2
    assert read_part_numbers("단종되어 921021R100 로 대체 " * 50_000).reason is Reject.PART_NO_NOT_RECOGNISED
    assert time.process_time() - started < 4


@given(st.text(alphabet="0123456789ABRLHXx-( )대체단종,+개", max_size=30))
def test_parts_or_reason(text: str) -> None:
    found = read_part_numbers(text)
    assert bool(found.parts) != bool(found.reason)
    assert all(10 <= len(part.part_no) <= 15 and part.part_no.isalnum() for part in found.parts)


@given(st.from_regex(PLAIN_PART_NO.replace(r"\z", r"\Z")).filter(re.compile(SECOND_HALF_HAS_A_DIGIT).search))
@example("0311234567")
@example("0221234567")
@example("05100-00451")
def test_what_spark_reads_by_itself_is_what_is_read_here(text: str) -> None:
    if re.search(PLAIN_PHONE, text):
        assert not read_part_numbers(text).parts
    else:
        assert read_part_numbers(text).parts == ((text.replace("-", ""), 1, None),)
