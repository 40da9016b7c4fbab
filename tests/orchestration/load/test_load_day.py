"""What a load makes of a mart: counts, hostile text, reruns, refusals."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path

import psycopg2
import pytest
from deltalake import DeltaTable
from psycopg2.extras import NamedTupleCursor, RealDictCursor

from orchestration import migrate, stages
from orchestration.load import DatabaseError, LakeError, RefusedError

from .conftest import DT, Day, row


def test_counts_and_unchanged_rows_stay_untouched(day: Day) -> None:
    day.mart(row("a"), row("b"), row("c", "그랜저(IG)"))
    assert day.load()[:4] == (3, 0, 0, 0)
    first = day.rows()
    day.mart(row("a"), row("b", low=150), row("d"))
    assert day.load()[:4] == (1, 1, 1, 1)
    second = day.rows()
    assert [r[0] for r in second] == ["a", "b", "d"]
    assert second[0] == first[0]
    assert second[1][3] == 150
    assert second[1][8] > first[1][8]


def test_a_corrected_day_is_written_in_the_order_of_its_key(day: Day) -> None:
    """Or every row is looked for in another page of the index. A million rows are joined by hash, which has no order."""
    rows = [row(f"part {number * 7919 % 2000:04}") for number in range(2000)]
    day.mart(*rows[:1000])
    day.load()
    day.mart(*rows)
    dsn = psycopg2.extensions.make_dsn(day.dsn, options="-c enable_mergejoin=off")
    assert day.load(connect=lambda: psycopg2.connect(dsn))[:4] == (1000, 0, 1000, 0)
    written = [name for (name,) in day.sql("SELECT part_official_name FROM parts_master ORDER BY ctid")]
    assert written[1000:] == sorted(written[1000:])


def test_the_same_day_ten_times_is_one_load(day: Day) -> None:
    day.mart(row("a"), row("b"), row(" b "), row("x" * 10_000))
    counts = [day.load() for _ in range(10)]
    assert counts[0][:4] == (2, 0, 0, 0)
    assert {c[:4] for c in counts[1:]} == {(0, 0, 2, 0)}
    assert all(c.read == sum(c[:3]) + c.duplicates + sum(c.rejected.values()) for c in counts)
    assert day.sql("SELECT verdict, count(*) FROM load_history GROUP BY 1 ORDER BY 1") == [
        ("published", 1),
        ("unchanged", 9),
    ]
    assert day.leftovers() == []


@pytest.mark.parametrize(
    "name",
    ["O'Neil \"3/8\"", "a;DROP TABLE parts_master;--", "=1+1", "@SUM(A1)", r"back\slash \N \. \t", "👨‍👩‍👧 🔧",
        "%s %(dt)s {stage}",
        "필터"],
)  # fmt: skip
def test_hostile_text_is_stored_as_it_is(day: Day, name: str) -> None:
    day.mart(row(name, "{table} 'car'"))
    assert day.load().inserted == 1
    assert day.names() == [name]


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("two\nlines\tand\r\nmore", "two lines and more"),
        ("  blanks\u3000everywhere\u00a0 ", "blanks everywhere"),
        (unicodedata.normalize("NFD", "필터"), "필터"),
        ("\ufefffilter", "filter"),
    ],
    ids=["newlines", "blanks", "NFD", "BOM"],
)
def test_odd_text_is_folded_and_counted(day: Day, name: str, stored: str) -> None:
    day.mart(row(name), row("B"), row("b"))
    counts = day.load()
    assert (counts.inserted, counts.cleaned) == (3, 1)
    assert sorted(day.names()) == sorted([stored, "B", "b"])


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(None), "no_part_name"),
        (row(" \u3000 "), "no_part_name"),
        (row("a", None), "no_car_type"),
        (row("nul\0inside"), "control_character"),
        (row("bell\a"), "control_character"),
        (row("가" * 10_000), "text_too_long"),
        (row("a", low=None), "no_price"),
        (row("a", low=0), "price_out_of_range"),
        (row("a", low=-5, high=-1), "price_out_of_range"),
        (row("a", low=400), "min_above_max"),
        (row("a", median=301), "median_outside"),
        (row("a", offers=-1), "count_out_of_range"),
        (row("a", day=date(2026, 11, 22)), "other_day"),
        (row("a", day=date(29, 11, 23)), "other_day"),
        (row("a", day=10_000_000), "other_day"),
        (row("a", day=-800_000), "other_day"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_cannot_be_published_is_rejected_by_name(day: Day, bad: tuple[object, ...], reason: str) -> None:
    day.mart(bad, row("good one"), row("good two"))
    counts = day.load()
    assert (counts.inserted, counts.rejected) == (2, {reason: 1})
    assert reason in counts.sentence(DT, "parts_master")
    assert day.sql("SELECT rejected FROM load_history") == [({reason: 1},)]


def test_the_longest_key_that_is_accepted_fits_the_index(day: Day) -> None:
    import random

    letters = random.Random(1)  # noqa: S311  (text that does not compress)
    name = "".join(chr(letters.randrange(0xAC00, 0xD7A3)) for _ in range(866))
    day.mart(row(name, "a"))
    assert day.load().inserted == 1


def test_of_two_rows_with_one_key_the_better_founded_one_stays(day: Day) -> None:
    day.mart(row("a", low=100, offers=2), row("a", low=200, offers=9), row("b"))
    counts = day.load()
    assert (counts.inserted, counts.duplicates) == (2, 1)
    assert day.rows()[0][3] == 200


@pytest.mark.parametrize("before", [True, False])
def test_an_empty_day_is_refused_and_deletes_nothing(day: Day, before: bool) -> None:
    day.mart(row("a"), dt="2026-11-22")
    if before:
        day.mart(row("a"))
        day.load()
        day.mart()
    with pytest.raises(RefusedError, match="has no row of 2026-11-23"):
        day.load()
    assert day.names() == (["a"] if before else [])
    assert day.sql("SELECT verdict FROM load_history ORDER BY id DESC LIMIT 1") == [("refused",)]


def test_a_mart_of_mostly_bad_rows_is_refused(day: Day) -> None:
    day.mart(row("a"), row("b"), row("c"))
    day.load()
    day.mart(row("a"), row("b", low=900), row("c", low=900))
    with pytest.raises(RefusedError, match=r"2 of the 3 rows.*min_above_max: 2 rows, such as 'b'"):
        day.load()
    assert day.names() == ["a", "b", "c"]


def test_no_mart_no_column_no_version(day: Day) -> None:
    migrate.migrate(connection := day.connect())
    connection.close()
    with pytest.raises(LakeError, match="There is no mart table at"):
        day.load()
    day.mart(row("a"), drop=("min_price",))
    with pytest.raises(RefusedError, match="min_price is missing"):
        day.load()
    with pytest.raises(LakeError, match="has no version 7: its newest is 0"):
        day.load(version=7)
    history = day.sql("SELECT verdict, source_version, reason FROM load_history ORDER BY id")
    assert [r[:2] for r in history] == [("failed", None), ("refused", None), ("failed", 7)]
    assert "min_price is missing" in history[1][2]


def test_a_mart_with_the_reference_columns_alone(day: Day) -> None:
    day.mart(row("a"), drop=("median_price", "offer_count", "source_count"))
    assert day.load().inserted == 1
    assert day.rows()[0][5:8] == (None, None, None)


def test_a_number_that_appears_or_goes_is_a_change(day: Day) -> None:
    day.mart(row("a", median=None), row("b"))
    day.load()
    day.mart(row("a", median=200), row("b", median=None))
    assert day.load()[:4] == (0, 2, 0, 0)
    assert [r[5] for r in day.rows()] == [200, None]


def test_take_back_publishes_an_earlier_version(day: Day) -> None:
    day.mart(row("a"), row("b"))
    good = day.load()
    day.mart(row("a", low=1), row("c"))
    day.load()
    counts = day.load(version=good.version)
    assert (counts[:4], counts.version) == ((1, 1, 0, 1), good.version)
    assert day.names() == ["a", "b"]
    assert [r[0] for r in day.sql("SELECT source_version FROM load_history ORDER BY id")] == [0, 1, 0]


def test_a_mart_rewritten_after_the_gate_waits_for_its_own_verdict(day: Day) -> None:
    day.mart(row("a"))
    judged = day.load().version
    day.mart(row("unjudged"))
    counts = stages.load(day.connect, day.lake, DT, "run-2", "parts_master", version=judged)
    assert (counts["unchanged"], counts["version"]) == (1, judged)
    assert day.names() == ["a"]


def test_other_days_and_a_table_elsewhere(day: Day) -> None:
    day.mart(row("a"), dt="2026-11-22")
    day.mart(row("b"))
    day.load("2026-11-22")
    day.load()
    assert (day.names("2026-11-22"), day.names()) == (["a"], ["b"])
    assert day.load(table="Prices.parts master").inserted == 1
    assert day.sql('SELECT part_official_name FROM "Prices"."parts master"') == [("b",)]


def test_a_mistyped_version_is_refused_at_once(day: Day) -> None:
    day.mart(row("a"))
    day.load()
    with pytest.raises(LakeError, match="has no version 1099511627776: its newest is 0"):
        day.load(version=2**40)


def test_a_version_whose_log_was_cleaned_up_is_told_with_the_newest(day: Day) -> None:
    for low in (100, 150, 200):
        day.mart(row("a", low=low))
    table = day.lake.mart_table("name_price_summary")
    DeltaTable(table).create_checkpoint()
    for number in range(2):
        Path(table, f"_delta_log/{number:020}.json").unlink()
    with pytest.raises(LakeError, match=r"at version 0: .*cleaned up that far; its newest version is 2"):
        day.load(version=0)
    assert day.load().inserted == 1


@pytest.mark.parametrize("encoding", ["SJIS", "UHC", "SQL_ASCII"])
def test_a_user_s_encoding_is_not_ours(day: Day, encoding: str) -> None:
    day.mart(row("볼트 🔧"))
    dsn = psycopg2.extensions.make_dsn(day.dsn, client_encoding=encoding)
    assert day.load(connect=lambda: psycopg2.connect(dsn)).inserted == 1
    assert day.names() == ["볼트 🔧"]


def test_a_connection_that_gives_rows_as_dictionaries_is_not_asked_for_them(day: Day) -> None:
    day.mart(row("a"))
    for cursor in (RealDictCursor, NamedTupleCursor):
        assert day.load(connect=lambda kind=cursor: psycopg2.connect(day.dsn, cursor_factory=kind)).read == 1
    assert day.names() == ["a"]


def test_a_user_s_search_path_may_end_with_postgresql_s_own_names(day: Day) -> None:
    for name in ("date", "integer", "timestamptz"):
        day.sql(f"CREATE DOMAIN public.{name} AS pg_catalog.text")
    day.mart(row("a"))
    dsn = psycopg2.extensions.make_dsn(day.dsn, options="-c search_path=public,pg_catalog")
    assert day.load(connect=lambda: psycopg2.connect(dsn)).inserted == 1


def test_a_user_s_limit_on_sorting_is_told(day: Day) -> None:
    day.mart(*[row(f"{number:04}" * 400) for number in range(7000)])
    dsn = psycopg2.extensions.make_dsn(day.dsn, options="-c temp_file_limit=1MB")
    with pytest.raises(DatabaseError, match=r"temp_file_limit.* \(1024kB\)\. The load sorts .* limit raised"):
        day.load(connect=lambda: psycopg2.connect(dsn))


def test_a_user_who_may_only_read_is_told(day: Day) -> None:
    day.mart(row("a"))
    dsn = psycopg2.extensions.make_dsn(day.dsn, options="-c default_transaction_read_only=on")
    with pytest.raises(
        DatabaseError, match=r"read-only transaction\. It is a read-only copy, or its user may only read"
    ):
        day.load(connect=lambda: psycopg2.connect(dsn))
