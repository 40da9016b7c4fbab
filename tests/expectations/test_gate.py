"""Marts broken in many ways, and what the gate says of each."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from conf.lake import Lake
from expectations import gate, measures, sources, tables
from expectations.accepted import accept
from expectations.batches import count_rows
from expectations.csv_copy import write_csv_copy
from expectations.gate import judge_day
from expectations.tables import LakeError, UnreachableTableError
from expectations.verdict import Verdict, printable
from tests.expectations import marts
from tests.expectations.marts import DAY

Rows = list[dict[str, Any]]


def set_in(row: int, **values: Any) -> Callable[[Rows], Rows]:
    return lambda rows: [{**old, **values} if i == row else old for i, old in enumerate(rows)]


def set_all(**values: Any) -> Callable[[Rows], Rows]:
    return lambda rows: [{**row, **values} for row in rows]


def scaled(factor: float) -> Callable[[Rows], Rows]:
    prices = ("min_price", "median_price", "max_price")
    return lambda rows: [{**row, **{name: int(row[name] * factor) for name in prices}} for row in rows]


def shifted(rows: Rows) -> Rows:
    """Every row has its neighbour's prices: each rule about one row still holds."""
    prices = ("min_price", "median_price", "max_price")
    return [{**row, **{name: rows[i - 1][name] for name in prices}} for i, row in enumerate(rows)]


def swapped(rows: Rows) -> Rows:
    return [{**row, "part_official_name": row["car_type"], "car_type": row["part_official_name"]} for row in rows]


def decomposed(rows: Rows) -> Rows:
    return [{**row, "part_official_name": unicodedata.normalize("NFD", row["part_official_name"])} for row in rows]


def misread(rows: Rows) -> Rows:
    return [{**row, "part_official_name": row["part_official_name"].encode().decode("latin-1")} for row in rows]


# One broken row each, all in one mart: a rule that fires must not hide another.
ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "a null name": ({"part_official_name": None}, "part_official_name is never null"),
    "an empty name": ({"part_official_name": ""}, "has a letter or a digit"),
    "a name of ideographic spaces": ({"part_official_name": "\u3000 "}, "has a letter or a digit"),
    "a null turned into text": ({"part_official_name": "nan"}, "no stand-in for nothing"),
    "NUL in a name": ({"part_official_name": "필터\x000"}, "no control character"),
    "NUL at the end of a name": ({"part_official_name": "필터 1\x00"}, "for example 필터\\u00000; 필터 1\\u0000"),
    "a line end in a name": ({"part_official_name": "필터\n0"}, "no control character"),
    "a name of 10,000 characters": ({"part_official_name": "가" * 10_000}, "at most 300 characters"),
    "a null car": (
        {"car_type": None},
        "car_type is never null' does not hold in 1 of 22 rows, for example part_official_name 필터 8.",
    ),
    "a car outside the table": ({"car_type": "그랜저"[::-1]}, "car_type is a car of"),
    "a null price": ({"median_price": None}, "median_price is never null"),
    "a price of 0": ({"min_price": 0}, "for example 0 (part_official_name 필터 11, car_type 쏘나타(DN8)); -1000."),
    "a negative price": ({"min_price": -1000}, "min_price is between"),
    "a price above all bounds": ({"max_price": 2_000_000_000}, "max_price is between"),
    "min above max": ({"min_price": 5000, "max_price": 1000}, "for example 1000 and 5000 (part_official_name 필터 14,"),
    "a median outside its range": ({"median_price": 50_000}, "; 1265 and 50000."),
    "yesterday's date": ({"extracted_at": date(2026, 11, 22)}, f"extracted_at is {DAY}"),
    "no date": ({"extracted_at": None}, "extracted_at is never null"),
    "no offers": ({"offer_count": 0, "source_count": 0}, "source_count is at least 1"),
    "more shops than offers": ({"offer_count": 1, "source_count": 2}, "offer_count is never below source_count"),
    "more shops than there are": ({"offer_count": 9, "source_count": 9}, "source_count is at least 1"),
    "a range from one offer": ({"offer_count": 1, "source_count": 1}, "a row of one offer has one price"),
}


def test_broken_rows_are_all_told(lake: Lake) -> None:
    rows = marts.summary(marts.offers())
    marts.put_day(lake, marts.offers(), [row | change for row, (change, _) in zip(rows, ROWS.values(), strict=False)])
    verdict = judge_day(lake, DAY, run_id="r")
    assert verdict.status == "failed"
    told = " ".join(verdict.failures)
    assert {kind for kind, (_, said) in ROWS.items() if said not in told} == set()


BROKEN = {
    "names in decomposed Hangul": (decomposed, "no decomposed Hangul"),
    "names read as Latin-1": (misread, "price summary"),
    "names and cars swapped": (swapped, "car_type is a car of"),
    "a date in the future": (set_all(extracted_at=date(2027, 1, 1)), f"extracted_at is {DAY}"),
    "a doubled key": (lambda rows: [*rows, rows[0]], "unique together"),
    "only unknown cars": (set_all(car_type="unknown"), "at most 95% of rows"),
    "prices in thousands": (scaled(0.1), "rows whose min_price is not that of their offers: 40"),
    "prices a little too high": (scaled(1.03), "rows whose max_price is not that of their offers: 40"),
    "every price one row down": (
        shifted,
        "part_official_name 필터 0, car_type 그랜저(IG), min_price 1390, by_its_offers 1000",
    ),
    "the highest price as median": (
        lambda rows: [{**r, "median_price": r["max_price"]} for r in rows],
        "rows whose median_price is not",
    ),
    "more offers than were published": (
        set_all(offer_count=500),
        "rows whose offer_count is not that of their offers: 40",
    ),
    "one shop's offers left out": (set_all(offer_count=1, source_count=1), "rows whose source_count is not that"),
    "one row lost": (lambda rows: rows[1:], "names and cars with offers and without a row: 1"),
    "one car lost": (
        lambda rows: [r for r in rows if r["car_type"] != "투싼"],
        "names and cars with offers and without a row: 8",
    ),
    "names given to other parts": (
        lambda rows: [{**r, "part_official_name": rows[i - 5]["part_official_name"]} for i, r in enumerate(rows)],
        "rows whose min_price is not that of their offers",
    ),
    "names that nobody gave": (
        lambda rows: [{**r, "part_official_name": f"필터 {i}x"} for i, r in enumerate(rows)],
        "rows of a name and car that no published offer has: 40",
    ),
}


@pytest.mark.parametrize(("breakage", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_mart_is_stopped_and_told_why(lake: Lake, breakage: Callable[[Rows], Rows], said: str) -> None:
    marts.put_day(lake, marts.offers(), breakage(marts.summary(marts.offers())))
    verdict = judge_day(lake, DAY, run_id="r")
    assert verdict.status == "failed"
    assert said in " ".join(verdict.failures)


REPORTED = {
    "an invisible character": ("필터\u200b", "no invisible character"),
    "a filler that looks like a blank": ("필터\u3164", "no invisible character"),
    "a tag character beyond the first plane": ("필터\U000e0041", "no invisible character"),
    "a lost character": ("필터 \ufffd", "no undecodable character"),
    "EUC-KR read as Latin-1": ("필터 에어".encode("euc-kr").decode("latin-1"), "no misread Korean"),
    "a space at the end": ("볼트 ", "no outer, double or odd space"),
    "a space that is none": ("필터\u00a0에어", "no outer, double or odd space"),
    "an HTML entity": ("필터 &amp; 볼트", "no HTML"),
    "an address": ("https://shop.example/1", "no address, number or code"),
    "a price": ("12,000원", "no address, number or code"),
    "a part number": ("27410-25000", "no address, number or code"),
}


def test_blemishes_are_reported_and_published(lake: Lake) -> None:
    blemished = {f"필터 {part}": name for part, (name, _) in enumerate(REPORTED.values())}
    rows = [{**row, "name": blemished.get(row["name"], row["name"])} for row in marts.offers(parts=1100)]
    marts.put_day(lake, rows)
    verdict = judge_day(lake, DAY, run_id="r")
    assert (verdict.status, verdict.failures) == ("warned", [])
    told = " ".join(sentence for sentence in verdict.warnings if sentence.startswith("price summary"))
    assert {kind for kind, (_, said) in REPORTED.items() if said not in told} == set()


def test_faults_that_offers_and_mart_share_are_all_told(lake: Lake) -> None:
    """The mart is made of these very offers and names, and meets every rule about itself."""
    prices, markup = [f"{1000 + n:,}원" for n in range(12)], [f"<b>필터 {n}</b>" for n in range(12)]
    names = ["필터 39", "필터\u00a039\u200b", "?? 1", *prices, *markup]
    rows = [row | {"car_type": "all"} for row in marts.offers(factor={"partsro": 1.0})]
    rows = [row | {"name": name} for row, name in zip(rows, names, strict=False)] + rows[len(names) :]
    rows = [*rows[:30], rows[30] | {"source": "Partsro"}, rows[31] | {"source": None}, *rows[32:], rows[32]]
    rows[33] |= {"source": "partsro\n"}
    marts.put_day(lake, rows, marts.summary(rows[1:]))
    names_of = lake.mart_table("part_no_canonical_name")
    named = DeltaTable(names_of).to_pyarrow_table().sort_by("part_no").to_pylist()
    marts.put(names_of, [*named[1:], named[-1]], pa.schema([(name, pa.string()) for name in named[0]]))
    assert sources.judge_sources(lake, DAY) == {}
    verdict = judge_day(lake, DAY, run_id="r")
    assert verdict.status == "failed"
    told = " ".join(verdict.failures)
    assert "price summary: the rule 'at most 95% of rows are for no named car'" in " ".join(verdict.warnings)
    for said in (
        "clean offers: the rule 'source is the id of a supplier's file' does not hold in 2 of 41 rows, for example Partsro; partsro\\u000a",
        "clean offers: the rule 'source is never null' does not hold in 1 of 41 rows",
        "clean offers: the rule 'an offer stands once for each part and car in 99% of rows' does not hold in 2 of 41 rows",
        "no undecodable character in more than 1.0% of rows",
        "no address, number or code in more than 25.0% of rows",
        "no HTML in more than 25.0% of rows",
        "parts and cars with more than one name: 1 (",
        "parts and cars with offers and without a name: 1 (",
        "names that are one in the database: 1 (the loader folds blanks, and publishes the row with the most offers), for example "
        "part_official_name 필터 39, car_type all, spellings 2.",
    ):
        assert said in told


def test_names_that_are_one_in_the_database_need_no_offers_to_be_told(lake: Lake) -> None:
    rows = [row | {"car_type": "all"} for row in marts.summary(marts.offers())]
    rows[1]["part_official_name"] = "필터\u00a00"
    marts.put(lake.mart_table("name_price_summary"), rows, marts.SUMMARY)
    verdict = judge_day(lake, DAY, run_id="r")
    assert [said.partition(" (")[0] for said in verdict.failures] == ["names that are one in the database: 1"]


def test_names_that_differ_in_composition_alone_are_told(lake: Lake) -> None:
    """Cleaning composes nothing: a shop's own sign must not stop the day, and a row that is not published is told of."""
    spelt = {"필터 0": "\u2126 저항", "필터 1": "\u03a9 저항", "필터 2": "cafe\u0301", "필터 3": "café"}
    rows = [row | {"car_type": "all", "name": spelt.get(row["name"], row["name"])} for row in marts.offers()]
    marts.put_day(lake, rows)
    verdict = judge_day(lake, DAY, run_id="r")
    assert verdict.failures == []
    assert (
        "names that are one in the database once their letters are composed: 2 (the loader composes letters, and publishes the "
        "row with the most offers), for example part_official_name café, car_type all, spellings 2." in verdict.warnings
    )


def test_a_text_of_millions_of_characters_is_not_written_to_the_pages(lake: Lake) -> None:
    rows = set_in(0, part_official_name="<가&" * 1_000_000)(marts.summary(marts.offers()))
    marts.put_day(
        lake, [{**row, "url": f"https://shop.example/{'%ED' * 99}/{row['part_no']}"} for row in marts.offers()], rows
    )
    verdict = judge_day(lake, DAY, run_id="r")
    assert "part_official_name has at most 300 characters' does not hold in 1 of 40 rows" in " ".join(verdict.failures)
    assert max(map(len, verdict.failures)) < 500
    pages = {path.name: path.read_text(encoding="utf-8") for path in Path(verdict.docs).parent.rglob("*.html")}
    assert sum(map(len, pages.values())) < 1_000_000
    assert "%ED/2741000000' rel=" in pages["index.html"], "a page's address is whole, however long it is shown"


def test_names_of_other_parts_and_pages_of_two_shops_are_stopped(lake: Lake) -> None:
    """The mart was made of these names and pages, and agrees with them."""
    rows = [{**row, "car_type": "all"} for row in marts.offers()]
    rows = [row | ({"url": rows[0]["url"]} if row is rows[40] else {}) for row in rows]
    other = {"필터 1": "필터 2", "필터 2": "필터 1"}
    marts.put_day(lake, rows, marts.summary([row | {"name": other.get(row["name"], row["name"])} for row in rows]))
    names_of = lake.mart_table("part_no_canonical_name")
    names = DeltaTable(names_of).to_pyarrow_table().to_pylist()
    swapped = [row | {"canonical_name": other.get(row["canonical_name"], row["canonical_name"])} for row in names]
    marts.put(names_of, swapped, pa.schema([(name, pa.string()) for name in names[0]]))
    assert judge_day(lake, DAY, run_id="r").failures == [
        "parts and cars with a name that none of their offers has: 2 (worked out again from the day's published offers), for "
        "example part_no 2741000001, car_type all, canonical_name 필터 2. Build the day's marts again (clear build_marts).",
        "pages of more than one shop: 1 (worked out again from the day's published offers), for example shop hyunki_store, "
        "other_shop partsro, url https://partsro.example/product/0. Clear clean_offers; where the raw offers say so too, "
        "mend the file of the shop whose page it is not.",
    ]


def test_one_price_or_one_car_for_all_is_told_on_the_first_day(lake: Lake) -> None:
    rows = marts.offers(parts=60)
    marts.put_day(lake, rows)
    assert judge_day(lake, DAY, run_id="r").status == "passed"
    marts.put_day(lake, [row | {"price_krw": 9900, "car_type": "투싼"} for row in rows])
    verdict = judge_day(lake, DAY, run_id="r")
    assert (verdict.failures, verdict.warnings) == (
        [],
        [
            "per cent of named cars' rows with the most frequent median_price: 100, where at most 25 are expected (a real day "
            "has less than one), for example median_price 9900, rows 60.",
            "per cent of named cars' rows with the most frequent car_type: 100, where at most 60 are expected (a real day has "
            "less than one), for example car_type 투싼, rows 60.",
        ],
    )


def test_unknown_column_is_told_and_the_rest_is_judged(lake: Lake) -> None:
    rows = pa.Table.from_pylist(set_in(0, min_price=1)(marts.summary(marts.offers())), schema=marts.SUMMARY)
    marts.put(lake.mart_table("name_price_summary"), rows.append_column("zz", pa.array([1] * len(rows))), marts.SUMMARY)
    verdict = judge_day(lake, DAY, run_id="r")
    assert "unknown columns, which are not loaded: zz" in " ".join(verdict.warnings)
    assert "min_price is between" in " ".join(verdict.failures)


def test_without_names_a_price_must_be_some_offers(lake: Lake) -> None:
    marts.put_day(lake, marts.offers(), scaled(1.03)(marts.summary(marts.offers())))
    shutil.rmtree(lake.mart_table("part_no_canonical_name"))
    verdict = judge_day(lake, DAY, run_id="r")
    assert "rows whose min_price no offer of that car has: 40" in " ".join(verdict.failures)
    assert "compared with its offers car by car only" in " ".join(verdict.warnings)


def test_offers_set_aside_are_in_no_range(lake: Lake) -> None:
    rows = marts.offers()
    typo = {**rows[0], "price_krw": 10_000, "url": "https://partsro.example/typo"}
    marts.put_day(lake, [*rows, typo], marts.summary(rows))
    assert "rows whose max_price is not that of their offers: 1" in " ".join(judge_day(lake, DAY, run_id="r").failures)
    aside = [{name: typo[name] for name in ("dt", "source", "url", "part_no")}]
    marts.put(lake.mart_table("price_set_aside"), aside, pa.schema([(name, pa.string()) for name in aside[0]]))
    assert judge_day(lake, DAY, run_id="r").status == "passed"


def test_a_shop_that_is_mostly_set_aside_is_told(lake: Lake) -> None:
    rows = marts.offers(factor={"partsro": 1.0, "hyunki_store": 1.1, "hyunki_market": 0.9})
    rows = [row for row in rows if row["source"] != "hyunki_market" or int(row["part_no"]) % 2]
    schema = pa.schema([(name, pa.string()) for name in ("dt", "source", "url", "part_no")])
    for sick, status, said in (
        (["hyunki_market"], "warned", "shop hyunki_market, offers 20, set_aside 20"),
        (["hyunki_market", "hyunki_store"], "failed", "per cent of the day's offers set aside: 60"),
    ):
        aside = [{name: row[name] for name in schema.names} for row in rows if row["source"] in sick]
        marts.put_day(lake, rows, marts.summary([row for row in rows if row["source"] not in sick]))
        marts.put(lake.mart_table("price_set_aside"), aside, schema)
        verdict = judge_day(lake, DAY, run_id="r")
        assert verdict.status == status
        assert said in " ".join([*verdict.failures, *verdict.warnings])


def test_good_day_passes_and_judging_again_changes_nothing(lake: Lake) -> None:
    marts.put_day(lake, marts.offers())
    first, again = (judge_day(lake, DAY, run_id="r") for _ in range(2))
    assert first.status == "passed", first.sentences()
    assert first == again
    assert first.rows == {"price summary": 40, "clean offers": 80}
    assert len(measures.verdicts_before(lake, None, None)) == 1
    assert json.loads(json.dumps(first.to_dict()))["version"] == 0


def test_what_is_written_meanwhile_is_not_judged(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def rewritten(*arguments: Any) -> int:
        found = count_rows(*arguments)
        marts.put(
            lake.mart_table("name_price_summary"), set_all(min_price=-1)(marts.summary(marts.offers())), marts.SUMMARY
        )
        return found

    marts.put_day(lake, marts.offers())
    monkeypatch.setattr(gate, "count_rows", rewritten)
    verdict = judge_day(lake, DAY, run_id="r")
    assert (verdict.status, verdict.version) == ("passed", 0), verdict.sentences()
    monkeypatch.undo()
    assert judge_day(lake, DAY, run_id="r").version == 1
    copy = write_csv_copy(lake, DAY, version=verdict.version)
    assert ",-1," not in Path(copy).read_text(encoding="utf-8")


def test_hostile_text_is_data(lake: Lake) -> None:
    hostile = ["'; DROP TABLE x; --", '볼트 3/8"', "=1+1", "🔧 필터", "<script>alert(1)</script>"]
    rows = [{**row, "name": (*hostile, row["name"])[min(i % 40, 5)]} for i, row in enumerate(marts.offers())]
    marts.put_day(lake, rows)
    verdict = judge_day(lake, DAY, run_id="../../etc/<b>")
    assert verdict.failures == []
    pages = [path.read_text(encoding="utf-8") for path in Path(lake.docs).rglob("*.html")]
    assert len(pages) == 5
    assert not any("<script>alert" in page for page in pages)
    assert all("default-src 'none'" in page for page in pages)
    assert Path(verdict.docs).is_relative_to(Path(lake.docs) / f"dt={DAY}")


STRUCTURES = {
    "a missing column": (lambda t: t.drop_columns(["median_price"]), "the column median_price is missing"),
    "text for a price": (
        lambda t: t.set_column(4, "min_price", t["min_price"].cast(pa.string())),
        "min_price is of type string, it must be integer",
    ),
    "text for the day": (
        lambda t: t.set_column(3, "extracted_at", t["extracted_at"].cast(pa.string())),
        "extracted_at is of type string, it must be date",
    ),
}


def test_wide_whole_numbers_are_told_and_judged(lake: Lake) -> None:
    fields = [pa.field(f.name, pa.int64() if f.type == pa.int32() else f.type) for f in marts.SUMMARY]
    rows = marts.summary(marts.offers())
    for min_price, status in ((rows[0]["min_price"], "warned"), (3_000_000_000, "failed")):
        wide = pa.Table.from_pylist(set_in(0, min_price=min_price)(rows), schema=pa.schema(fields))
        marts.put_day(lake, marts.offers(), rows)
        shutil.rmtree(lake.mart_table("name_price_summary"))
        marts.put(lake.mart_table("name_price_summary"), wide, wide.schema)
        verdict = judge_day(lake, DAY, run_id="r")
        assert verdict.status == status
        assert "judged and loaded as they are: min_price is long, max_price is long," in verdict.warnings[0]


@pytest.mark.parametrize("table", ["part_no_canonical_name", "price_set_aside"])
def test_wrong_structure_beside_the_mart_is_named(lake: Lake, table: str) -> None:
    marts.put_day(lake, marts.offers())
    shutil.rmtree(lake.mart_table(table), ignore_errors=True)
    rows = pa.table({"dt": [DAY], "part_no": ["2741000000"], "car_type": ["all"], "source": ["partsro"], "name": ["x"]})
    marts.put(lake.mart_table(table), rows, rows.schema)
    missing = {"part_no_canonical_name": "canonical_name", "price_set_aside": "url"}[table]
    told = (
        f": the column {missing} is missing. It has dt, part_no, car_type, source, name. It was not written by build_marts: "
        "restore its earlier version, or move its folder away and clear build_marts."
    )
    assert told in judge_day(lake, DAY, run_id="r").failures[0]


@pytest.mark.parametrize(("change", "said"), STRUCTURES.values(), ids=STRUCTURES.keys())
def test_wrong_structure_is_named(lake: Lake, change: Callable[[pa.Table], pa.Table], said: str) -> None:
    table = change(pa.Table.from_pylist(marts.summary(marts.offers()), schema=marts.SUMMARY))
    marts.put(lake.mart_table("name_price_summary"), table, table.schema)
    verdict = judge_day(lake, DAY, run_id="r")
    assert verdict.status == "failed"
    assert said in " ".join(verdict.failures)


def test_missing_table_is_a_sentence(lake: Lake) -> None:
    verdict = judge_day(lake, DAY, run_id="r")
    assert (verdict.status, verdict.rows) == ("failed", {})
    assert verdict.failures == [
        f"There is no table at {lake.mart}/name_price_summary. Clear build_marts, which writes the day again."
    ]


@pytest.mark.parametrize("damage", ["log", "lost commit", "lost file", "cut file"])
def test_damaged_table_is_a_sentence(lake: Lake, damage: str) -> None:
    marts.put_day(lake, marts.offers())
    table = Path(lake.mart_table("name_price_summary"))
    data = next(table.glob("dt=*/*.parquet"))
    if damage == "log":
        next(table.glob("_delta_log/*.json")).write_text("{torn", encoding="utf-8")
    elif damage == "lost commit":
        marts.put_day(lake, marts.offers())
        marts.put_day(lake, marts.offers())
        Path(table, f"_delta_log/{1:020}.json").unlink()
    elif damage == "lost file":
        data.unlink()
    else:
        data.write_bytes(data.read_bytes()[:100])
    verdict = judge_day(lake, DAY, run_id="r")
    assert verdict.status == "failed"
    why = {
        "log": "Json error",
        "lost commit": "Expected contiguous commit files, but found gap. Clear",
        "lost file": "No such file or directory",
        "cut file": "Requested range was invalid",
    }
    assert "cannot be read" in verdict.failures[0]
    assert why[damage] in verdict.failures[0]
    advice = (
        "which writes the day again" if damage in ("log", "lost commit") else f"of {DAY}, which writes that day again"
    )
    assert re.search(rf" Clear build_marts,? {advice}\.", verdict.failures[0])


@pytest.mark.parametrize("table", ["gate_verdict", "source_verdict", "accepted_change"])
def test_damaged_history_can_be_done_without(lake: Lake, table: str) -> None:
    marts.put_day(lake, marts.offers())
    sources.judge_sources(lake, DAY)
    judge_day(lake, DAY, run_id="r")
    accept(lake, DAY, ["partsro"])
    history = Path(lake.mart_table(table))
    next(history.glob("_delta_log/*.json")).write_text("{torn", encoding="utf-8")
    assert "move its folder away, and clear the task that failed" in judge_day(lake, DAY, run_id="r").failures[0]
    history.rename(history.with_name("moved away"))
    assert judge_day(lake, DAY, run_id="r").failures == []


def test_two_gates_of_one_day_at_once_are_no_damage(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from deltalake.exceptions import CommitFailedError

    marts.put_day(lake, marts.offers())
    real, quicker = tables._write_partition, [True] * 3

    def late(*arguments: Any) -> None:
        if quicker and quicker.pop():
            raise CommitFailedError("Commit failed: a concurrent transactions added new data")
        real(*arguments)

    monkeypatch.setattr(tables, "_write_partition", late)
    assert judge_day(lake, DAY, run_id="r").status == "passed"
    quicker += [True] * 99
    with pytest.raises(LakeError, match="accepted_change is written by others again and again: Commit failed"):
        accept(lake, DAY, ["mart"])


def test_a_full_disk_is_not_taken_for_a_damaged_history(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError("Unable to copy data to file: No space left on device (os error 28)")

    accept(lake, DAY, ["partsro"])
    monkeypatch.setattr(tables, "_write_partition", full)
    with pytest.raises(LakeError) as told:
        accept(lake, DAY, ["mart"])
    path = lake.mart_table("accepted_change")
    assert str(told.value) == (
        f"The table at {path} cannot be written: Unable to copy data to file: No space left on device (os error 28)."
    )


def test_a_store_that_fails_meanwhile_is_no_verdict(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed mart is not judged again by the task's retries; a store that did not answer may answer the next one."""
    marts.put_day(lake, marts.offers())

    def fails(*_: object) -> None:
        raise UnreachableTableError("The table at x cannot be reached: 503.")

    monkeypatch.setattr(measures, "measure_day", fails)
    assert gate.main(["--lake", lake.mart.removesuffix("/mart"), "--dt", DAY]) == 2
    assert capsys.readouterr() == ("", "The table at x cannot be reached: 503.\n")
    assert not Path(lake.mart_table("gate_verdict")).exists()


def test_damaged_day_before_is_named_with_its_task(lake: Lake) -> None:
    for day in ("2026-11-22", DAY):
        marts.put_day(lake, marts.offers(day), dt=day)
        verdict = judge_day(lake, day, run_id="r")
    assert verdict.status == "passed"
    next(Path(lake.clean_offers).glob("dt=2026-11-22/*.parquet")).unlink()
    assert (
        " Clear clean_offers of 2026-11-22, which writes that day again."
        in judge_day(lake, DAY, run_id="r").failures[0]
    )


def test_day_without_rows_is_empty(lake: Lake) -> None:
    marts.put_day(lake, marts.offers("2026-11-22"), dt="2026-11-22")
    verdict = judge_day(lake, DAY, run_id="r")
    assert (verdict.status, verdict.warnings) == ("empty", [])


def test_empty_mart_of_a_day_with_offers_says_whose(lake: Lake) -> None:
    marts.put_day(lake, marts.offers(), [])
    verdict = judge_day(lake, DAY, run_id="r")
    assert (verdict.status, verdict.warnings) == (
        "empty",
        [f"The mart has no row of {DAY}, and hyunki_store, partsro have 80 offers of it. Clear build_marts."],
    )


def test_what_cannot_be_seen_is_shown_as_an_escape() -> None:
    assert printable("  필\u3164터\u200b\n 1 ") == "\\u0020\\u0020필\\u3164터\\u200b\\u000a 1\\u0020"


def test_empty_day_names_the_shops_held_back(lake: Lake) -> None:
    marts.put_day(lake, marts.offers("2026-11-22"), dt="2026-11-22")
    sources.judge_sources(lake, "2026-11-22")
    measures.record(lake, Verdict("2026-11-22", "r", "passed", [], [], {}, {}, ""), {}, None)
    marts.put(lake.clean_offers, marts.offers(factor={"partsro": 9, "hyunki_store": 9}), marts.OFFERS)
    sick = sources.judge_sources(lake, DAY)
    verdict = judge_day(lake, DAY, run_id="r")
    assert (verdict.status, verdict.warnings) == ("empty", list(sick.values()))
    assert len(sick) == 2


def test_lost_rows_and_moved_prices_stop_the_day(lake: Lake) -> None:
    for day in ("2026-11-21", "2026-11-22"):
        marts.put_day(lake, marts.offers(day), dt=day)
        assert judge_day(lake, day, run_id="r").status == "passed"
    marts.put_day(lake, marts.offers(parts=15))
    assert "rows in the price summary: 15" in " ".join(judge_day(lake, DAY, run_id="r").failures)
    marts.put_day(lake, marts.offers(factor={"partsro": 2.0, "hyunki_store": 2.2}))
    assert "median price" in " ".join(judge_day(lake, DAY, run_id="r").failures)


def test_sick_shop_in_a_mart_made_by_hand_is_named(lake: Lake) -> None:
    """Nobody compared the shops before the mart was made of them."""
    marts.put_day(lake, marts.offers("2026-11-22"), dt="2026-11-22")
    assert judge_day(lake, "2026-11-22", run_id="r").status == "passed"
    half = [row for row in marts.offers() if row["source"] != "partsro" or int(row["part_no"]) % 2]
    gone = [row for row in marts.offers() if row["source"] != "partsro"]
    for rows, stops, warns in (
        (half, "partsro has 20 pages where 40 are usual: its offers of this day are in the mart, which was made before", ""),
        (gone, "", "partsro has 0 pages where 40 are usual: the mart of this day was made without it."),
        (marts.offers(factor={"partsro": 1.3, "hyunki_store": 1.1}), "", "partsro has prices at 1.30 times those of 2026-11-22"),
        (marts.offers(), "", ""),
    ):  # fmt: skip
        marts.put_day(lake, rows)
        verdict = judge_day(lake, DAY, run_id="r")
        for sentences, said in ((verdict.failures, stops), (verdict.warnings, warns)):
            told = [sentence for sentence in sentences if sentence.startswith("partsro")]
            assert [sentence.startswith(said) for sentence in told] == [True] * bool(said)
        assert verdict.held_back == {}
    assert sources.judge_sources(lake, DAY) == {}
    assert sources.are_judged(lake, DAY, None)


def test_accepted_figures_are_the_level_of_later_days(lake: Lake) -> None:
    for day in ("2026-11-21", "2026-11-22"):
        marts.put_day(lake, marts.offers(day), dt=day)
        judge_day(lake, day, run_id="r")
    for day in (DAY, "2026-11-24"):
        marts.put_day(lake, marts.offers(day, factor={"partsro": 2.0, "hyunki_store": 2.2}), dt=day)
    assert '{"dt": "2026-11-23", "accept": ["mart"]}' in " ".join(judge_day(lake, DAY, run_id="r").failures)
    accept(lake, DAY, ["mart"])
    verdict = judge_day(lake, DAY, run_id="r")
    assert verdict.failures == []
    assert "The figures of 2026-11-23 were accepted by hand" in " ".join(verdict.warnings)
    assert judge_day(lake, "2026-11-24", run_id="r").status == "passed"


def test_a_figure_is_told_apart_from_its_limit() -> None:
    row = measures.limits_of("rows", 5999.7, [10_000.0], 1.0, 1.0)
    assert [finding.sentence.partition(" If")[0] for finding in measures.findings([row], DAY)] == [
        "rows in the price summary: 5,999.7, where at least 6,000 are expected, usual are 10,000 (median of the last 1 good day)."
    ]


def test_failed_and_later_days_are_no_history(lake: Lake) -> None:
    marts.put_day(lake, marts.offers("2026-11-24", parts=200), dt="2026-11-24")
    judge_day(lake, "2026-11-24", run_id="r")
    marts.put_day(
        lake, marts.offers("2026-11-22"), scaled(9)(marts.summary(marts.offers("2026-11-22"))), dt="2026-11-22"
    )
    assert judge_day(lake, "2026-11-22", run_id="r").status == "failed"
    marts.put_day(lake, marts.offers())
    assert judge_day(lake, DAY, run_id="r").status == "passed"


def test_prices_of_a_held_back_shop_do_not_pass(lake: Lake) -> None:
    marts.put_day(lake, marts.offers("2026-11-22"), dt="2026-11-22")
    sources.judge_sources(lake, "2026-11-22")
    judge_day(lake, "2026-11-22", run_id="r")
    marts.put_day(lake, marts.offers(factor={"partsro": 1.0, "hyunki_store": 11.0}))
    assert list(sources.judge_sources(lake, DAY)) == ["hyunki_store"]
    verdict = judge_day(lake, DAY, run_id="r")
    assert "rows whose max_price is not that of their offers: 40" in " ".join(verdict.failures)
    healthy = [row for row in marts.offers() if row["source"] == "partsro"]
    marts.put(lake.mart_table("name_price_summary"), marts.summary(healthy), marts.SUMMARY)
    verdict = judge_day(lake, DAY, run_id="r2")
    assert verdict.failures == []
    assert "Its last good day is 2026-11-22, 1 day before." in verdict.held_back["hyunki_store"]
    marts.put_day(lake, marts.offers(factor={"partsro": 1.2}))  # cleaned and built again, and not judged again
    assert judge_day(lake, DAY, run_id="r3").failures == [
        "The shops of 2026-11-23 were judged when their offers were other ones: hyunki_store had 40 offers (median price 13,145) and "
        "has no offers; partsro had 40 offers (median price 1,195) and has 40 offers (median price 1,434). "
        "Clear judge_sources, or run python -m expectations.sources."
    ]


def test_command_says_the_verdict_and_ends_with_its_code(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(Path(lake.mart).parent)
    assert gate.main(["--lake", root, "--dt", "yesterday"]) == 2
    assert "'yesterday' is not a day" in capsys.readouterr().err
    assert gate.main(["--lake", root, "--dt", DAY]) == 1
    marts.put_day(lake, marts.offers())
    assert gate.main(["--lake", root, "--dt", DAY]) == 0
    assert "2026-11-23 passed: the 40 rows of version 0 may be loaded." in capsys.readouterr().out
    assert gate.main(["--lake", root, "--dt", "2026-11-25"]) == 3
