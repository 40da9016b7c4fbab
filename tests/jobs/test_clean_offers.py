"""Raw pages to clean and rejected ones: every page in exactly one, again and again the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conf.lake import Lake
from conf.tables import TableError
from jobs import clean_offers, tables
from jobs.storage import remove
from tests.jobs.lakes import DAY, everything, page, put, rows

Run = Callable[..., None]
EARLIER = "2026-11-22"


def test_every_page_is_clean_or_rejected(tmp_path: Path, lake: Lake, run: Run) -> None:
    sold_out, unnamed = page(2, price_text="품절"), page(5, official_name="---")
    several = page(3, part_no="2741025000, 2741025010")
    put(tmp_path, DAY, [page(1), sold_out, several, "no json", "[1]", page(4, source="x"), unnamed])
    run(DAY, marts=False)
    assert [row["url"] for row in rows(lake, "offers")] == [page(1)["url"]]
    stopped = {(row["url"], row["rule"], row["reason"]) for row in rows(lake, "rejected")}
    assert stopped == {
        (sold_out["url"], "price", "price_sold_out"), (several["url"], "part_no", "part_no_several"),
        (unnamed["url"], "name", "name_not_recognised"), (None, "raw", "not_json"), (page(4, source="x")["url"], "raw", "wrong_source"),
    }  # fmt: skip
    assert len(rows(lake, "rejected")) == 6
    for stopped_page in (sold_out, several, unnamed):
        assert [json.loads(row["raw"]) for row in rows(lake, "rejected", url=stopped_page["url"])] == [stopped_page]


def test_number_in_the_title_stands_in_for_a_missing_one(tmp_path: Path, lake: Lake, run: Run) -> None:
    fields = {
        None: "281131R100",
        " ": "281131R100",
        "-": "281131R100",
        "－": "281131R100",
        "２７４１０－２５０００": "2741025000",
    }
    pages = [page(i, part_no=field, official_name="필터 (281131R100)") for i, field in enumerate([*fields, "좌측"])]
    put(tmp_path, DAY, list(pages))
    run(DAY, marts=False)
    assert sorted(row["part_no"] for row in rows(lake, "offers")) == sorted(fields.values())
    assert [row["url"] for row in rows(lake, "rejected")] == [pages[-1]["url"]]


def test_names_are_without_what_shops_put_around_them(tmp_path: Path, lake: Lake, run: Run) -> None:
    around = [
        "필터", "필터 (281131R100)", "현대 순정 필터 281131R100", "기아 순정부품 필터", "[현대모비스] 필터 28113-1R100", "필터【281131R100】",
        "필터 - 28113-1R100", "필터_281131R100", "모비스 순정 필터, 28113–1R100 x4",
    ]  # fmt: skip
    kept = ["순정품필터", "브라켓-12345", "필터 2811-31R100", "모비스"]
    put(tmp_path, DAY, [page(i, name=name, official_name=None) for i, name in enumerate(around + kept)])
    run(DAY, marts=False)
    assert sorted({row["name"] for row in rows(lake, "offers")}) == sorted(["필터", *kept])
    assert len(rows(lake, "offers")) == len(around + kept)


def test_price_of_a_piece_rounds_half_a_won_up(spark: Any) -> None:
    from transforms.offers import price_per_piece

    pieces = {(30_000, 4): 7_500, (10, 4): 3, (11, 2): 6, (100, 3): 33, (2_000_000_000, 1): 2_000_000_000}
    frame = spark.createDataFrame(list(pieces), "price int, quantity int")
    found = frame.select("price", "quantity", price_per_piece(frame.price, frame.quantity).alias("piece")).collect()
    assert {(row.price, row.quantity): row.piece for row in found} == pieces


def test_newest_fetch_wins_and_a_page_counts_once(tmp_path: Path, lake: Lake, run: Run) -> None:
    old, new = page(1, price_text="10,000원"), page(1, price_text="11,000원", fetched_at=f"{DAY}T01:00:00+00:00")
    put(tmp_path, DAY, [new, old, old, page(2, applicable_text="그랜저 IG / 그랜저 HG / 쏘나타 DN8")])
    run(DAY, marts=False)
    assert [row["price_krw"] for row in rows(lake, "offers", url=old["url"])] == [11_000]
    assert {row["car_type"] for row in rows(lake, "offers", url=page(2)["url"])} == {
        "그랜저(IG)",
        "그랜저(HG)",
        "쏘나타(DN8)",
    }


def test_of_two_fetches_at_one_time_the_same_is_kept_in_any_order(tmp_path: Path, lake: Lake, run: Run) -> None:
    differing: dict[str, tuple[str, str]] = {
        "category": ("엔진", "미션"), "official_name": ("필터", "볼트"), "applicable_text": ("그랜저 IG", "그랜저 HG"),
        "part_no": ("2741025000", "2741025010"), "price_text": ("10,000원", "11,000원"),
    }  # fmt: skip
    lines = [page(i, **{name: text}) for i, (name, texts) in enumerate(differing.items()) for text in texts]
    found = []
    for ordered in (lines, lines[::-1]):
        put(tmp_path, DAY, list(ordered))
        run(DAY, marts=False)
        found.append(sorted(rows(lake, "offers"), key=lambda row: row["url"]))
    assert len(found[0]) == len(differing)
    assert found[0] == found[1]


def test_unmatched_texts_come_most_frequent_first(tmp_path: Path, lake: Lake, run: Run) -> None:
    texts = ["우주선 가", "우주선 나", "우주선 나", "우주선 나", "우주선 다", "우주선 다"]
    put(tmp_path, DAY, [page(number, applicable_text=text) for number, text in enumerate(texts, 1)])
    run(DAY, marts=False)
    assert [(row["car_text"], row["offer_count"]) for row in rows(lake, "unmatched")] == [
        ("우주선 나", 3), ("우주선 다", 2), ("우주선 가", 1),
    ]  # fmt: skip


def test_again_changes_nothing_and_other_days_stay(tmp_path: Path, lake: Lake, run: Run) -> None:
    put(tmp_path, EARLIER, [page(1, dt=EARLIER), page(2, dt=EARLIER, price_text="")])
    put(tmp_path, DAY, [page(1), page(2, price_text="품절"), page(3)])
    run(EARLIER, DAY)
    before = everything(lake)
    assert all(before[name] for name in ("offers", "rejected", "bands", "names", "summary", "changes"))
    run(DAY, EARLIER)
    assert everything(lake) == before
    put(tmp_path, DAY, [page(1, price_text="13,000원")])
    run(DAY)
    for name in ("offers", "rejected", "bands", "names", "summary"):
        untouched = [row for row in before[name] if f"('dt', '{EARLIER}')" in row]
        assert [row for row in everything(lake)[name] if f"('dt', '{EARLIER}')" in row] == untouched
    assert [row["price_krw"] for row in rows(lake, "offers", dt=DAY)] == [13_000]


def test_a_run_may_be_called_anything(tmp_path: Path, lake: Lake, run: Run) -> None:
    """Sail reads nothing, and says nothing, for a path that it takes for an encoded or a partial one."""
    names = ["manual__2026-11-23T00:00:00+00:00", "다시 [1]*", "50%25"]
    for number, name in enumerate(names):
        put(tmp_path, DAY, [page(number)])
        folder = tmp_path / "raw" / "partsro" / "offers" / f"dt={DAY}"
        (folder / "run_id=r1").rename(folder / f"run_id={name}")
    run(DAY, marts=False)
    assert {row["url"] for row in rows(lake, "offers")} == {page(number)["url"] for number in range(len(names))}


def test_day_without_raw_files_is_empty(tmp_path: Path, lake: Lake, run: Run) -> None:
    put(tmp_path, EARLIER, [page(1, dt=EARLIER)])
    run(EARLIER, DAY)
    assert {row["dt"] for name in ("offers", "summary") for row in rows(lake, name)} == {EARLIER}


class Killed(Exception):
    """Stands for the end of the process."""


def test_crash_after_any_write_heals(tmp_path: Path, lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, EARLIER, [page(number, dt=EARLIER) for number in range(1, 4)])
    put(tmp_path, DAY, [page(1), page(2, price_text="15,000원"), page(4, price_text="0원")])
    run(EARLIER, DAY)
    undisturbed = everything(lake)
    for layer in (lake.clean, lake.mart):
        remove(layer)
    run(EARLIER)
    for writes in range(8):
        with monkeypatch.context() as patch:
            _die_after(writes, patch)
            with pytest.raises(Killed):
                run(DAY)
    run(DAY)
    assert everything(lake) == undisturbed


def _die_after(writes: int, patch: pytest.MonkeyPatch) -> None:
    from jobs import build_marts, clean_offers

    done: list[str] = []

    def dying(write: Callable[..., None]) -> Callable[..., None]:
        def maybe(frame: Any, path: str, *keys: Any) -> None:
            if len(done) >= writes:
                raise Killed(path)
            done.append(path)
            write(frame, path, *keys)

        return maybe

    for job in (clean_offers, build_marts):
        patch.setattr(job, "replace_partition", dying(tables.replace_partition))
    patch.setattr(build_marts, "replace_table", dying(tables.replace_table))


def test_mistake_in_the_tables_ends_the_job_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken() -> None:
        raise TableError("conf/car_types.csv, line 3: first_year is '20x6': a year is expected.")

    monkeypatch.setattr(clean_offers, "car_table", mistaken)
    with pytest.raises(SystemExit, match="line 3: first_year is '20x6'"):
        clean_offers.main(["--lake", str(tmp_path), "--dt", "2026-11-23"])
