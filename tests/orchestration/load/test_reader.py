"""What the service asks: `price_band`, the latest view, what retention keeps for them, and taking over a table."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta

import psycopg2
import pytest
from psycopg2.extras import execute_values

from orchestration import migrate, stages
from orchestration.load import Keep
from orchestration.load.database import Table
from orchestration.load.retention import expire

from .conftest import DT, Day, row

HYBRID = "그랜저 하이브리드(IG HEV)"


def band(day: Day, part: str, car: str | None, on: str = DT) -> list[object]:
    found = day.sql(
        """SELECT matched_car_type, match_level, extracted_at::text, age_days, min_price, max_price
           FROM price_band(%s, %s, %s::date)""", part, car, on
    )  # fmt: skip
    return list(found[0]) if found else []


@pytest.fixture
def answered(day: Day) -> Day:
    day.mart(row("f", HYBRID, 1, 2), row("f", "그랜저", 3, 4), row("f", "all", 5, 6), row("f", "unknown", 7, 8))
    day.load()
    return day


@pytest.mark.parametrize(
    ("car", "expected"),
    [
        (HYBRID, [HYBRID, "car", DT, 0, 1, 2]),
        ("그랜저(HG)", ["그랜저", "model", DT, 0, 3, 4]),
        ("그랜저", ["그랜저", "car", DT, 0, 3, 4]),
        ("그랜저(새 세대)", ["그랜저", "model", DT, 0, 3, 4]),
        ("쏘나타(DN8)", ["all", "all", DT, 0, 5, 6]),
        ("K5(DL3)", ["all", "all", DT, 0, 5, 6]),
        ("unknown", ["all", "all", DT, 0, 5, 6]),
        (None, ["all", "all", DT, 0, 5, 6]),
    ],
)
def test_car_then_model_then_all_never_unknown(answered: Day, car: str | None, expected: list[object]) -> None:
    assert band(answered, " f ", car) == expected


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "  ", "\t", "\u200b \n"], ids=ascii)
def test_what_is_asked_is_folded_like_what_is_stored(day: Day, blank: str) -> None:
    day.mart(row(f"볼트{blank}휠", HYBRID, 1, 2), row("볼트 휠", "all", 5, 6))
    day.load()
    asked = HYBRID.replace(" ", blank)
    assert band(day, f"{blank}볼트{blank}휠{blank}", asked + blank) == [HYBRID, "car", DT, 0, 1, 2]


def test_the_nearest_earlier_day_and_its_age(answered: Day) -> None:
    assert band(answered, "f", HYBRID, "2026-12-03") == [HYBRID, "car", DT, 10, 1, 2]
    assert band(answered, "f", HYBRID, "2026-11-22") == []
    assert band(answered, "nothing", HYBRID) == []


def test_nothing_asked_is_nothing_answered(answered: Day) -> None:
    assert answered.sql("SELECT * FROM price_band(NULL, NULL, NULL)") == []
    assert answered.sql("SELECT * FROM price_band('f', 'all', NULL)") == []


def test_endless_days_and_numbers_of_every_size_are_answered(day: Day) -> None:
    day.sql(
        """CREATE TABLE parts_master (part_official_name text, car_type text, extracted_at date, min_price numeric,
           max_price numeric, median_price numeric, PRIMARY KEY (part_official_name, car_type, extracted_at))"""
    )
    day.sql(
        """INSERT INTO parts_master VALUES ('a', 'all', '-infinity', -3e10, 'NaN', 3e10),
           ('a', 'all', 'infinity', 1, 'Infinity', NULL)"""
    )
    day.mart(row("f"))
    day.load()
    most = 2**31 - 1
    assert band(day, "f", "all", "infinity") == ["all", "car", DT, None, 100, 300]
    assert band(day, "a", "all") == ["all", "car", "-infinity", None, -(2**31), most]
    assert band(day, "a", "all", "infinity") == ["all", "car", "infinity", None, 1, most]
    medians = "SELECT median_price, offer_count FROM price_band('a', 'all', %s)"
    assert [day.sql(medians, on) for on in ("2026-11-23", "infinity")] == [[(most, None)], [(None, None)]]


def test_only_unknown_is_no_answer(day: Day) -> None:
    day.mart(row("f", "unknown"))
    day.load()
    assert band(day, "f", "unknown") == []


def test_function_and_view_use_the_key_on_a_large_table(answered: Day) -> None:
    answered.sql(
        """INSERT INTO parts_master (part_official_name, car_type, extracted_at, min_price, max_price)
           SELECT 'part ' || p, 'car ' || c, date '2026-11-01' + d, 1, 2
           FROM generate_series(1, 500) p, generate_series(1, 20) c, generate_series(0, 9) d"""
    )
    answered.sql("ANALYZE parts_master")
    for query in (
        "SELECT * FROM price_band('part 7', 'car 3', '2026-11-23')",
        "SELECT * FROM parts_master_latest WHERE part_official_name = 'part 7' AND car_type = 'car 3'",
    ):
        plan = "\n".join(line for (line,) in answered.sql(f"EXPLAIN {query}"))
        assert "Seq Scan on parts_master" not in plan
        assert "parts_master_pkey" in plan


def test_a_service_s_user_needs_three_grants(answered: Day) -> None:
    answered.sql("DROP ROLE IF EXISTS service; CREATE ROLE service LOGIN PASSWORD 'service'")
    answered.sql("GRANT SELECT ON parts_master, parts_master_latest, car_types TO service")
    with (
        psycopg2.connect(answered.dsn, user="service", password="service") as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*) FROM parts_master_latest, price_band('a', 'all', current_date)")
        assert cursor.fetchone() is not None
    connection.close()


def test_latest_has_the_newest_row_of_each(answered: Day) -> None:
    answered.mart(row("f", "all", 50, 60), dt="2026-11-24")
    answered.load("2026-11-24")
    latest = answered.sql("SELECT car_type, extracted_at::text FROM parts_master_latest ORDER BY 1")
    assert ("all", "2026-11-24") in latest
    assert len(latest) == 4


def test_old_days_keep_only_the_ends_of_each_price(day: Day) -> None:
    prices = {1: 10, 2: 10, 3: 10, 4: 20, 5: 20, 6: 20, 7: 20}
    for number, price in prices.items():
        day.mart(row("a", low=price), dt=f"2026-09-0{number}")
        day.load(f"2026-09-0{number}")
    day.mart(row("b"))
    assert day.load().expired == 3
    kept = day.sql("SELECT extracted_at::text FROM parts_master WHERE part_official_name = 'a' ORDER BY 1")
    assert [d for (d,) in kept] == ["2026-09-01", "2026-09-03", "2026-09-04", "2026-09-07"]
    assert day.load().changed is False
    assert band(day, "a", "all")[:5] == ["all", "car", "2026-09-07", 77, 20]


@pytest.mark.parametrize(
    ("corrections", "answers"),
    [
        ({3: 99}, [10, 10, 99, 10, 10, 10]),
        ({1: 99}, [99, 10, 10, 10, 10, 10]),
        ({6: 99}, [10, 10, 10, 10, 10, 99]),
        ({4: 99, 2: 88}, [10, 88, 10, 99, 10, 10]),
        ({3: 99, 2: 10, 4: 10}, [10, 10, 99, 10, 10, 10]),
        ({3: 99, 4: 99, 5: 10}, [10, 10, 99, 99, 10, 10]),
        ({1: None}, [None, 10, 10, 10, 10, 10]),
        ({3: None, 6: None}, [10, 10, 10, 10, 10, 10]),
    ],
    ids=str,
)
def test_an_old_day_that_is_corrected_says_nothing_of_its_neighbours(
    day: Day, corrections: dict[int, int | None], answers: list[int | None]
) -> None:
    """Of the six days with one price only the first and the last still have rows."""
    for number, price in [*dict.fromkeys(range(1, 7), 10).items(), (9, 10), *corrections.items()]:
        day.mart(row("other"), *([row("a", low=price)] if price else []), dt=f"2026-11-0{number}")
        day.load(f"2026-11-0{number}", keep=Keep(days=1))
    told = [band(day, "a", "all", f"2026-11-0{number}")[4:5] for number in range(1, 7)]
    assert told == [[price] if price else [] for price in answers]


def test_price_band_says_the_same_after_retention(day: Day) -> None:
    """Forty days of prices that stay, move, come back and are missing; the answer to every day is compared."""
    dice, prices, rows = random.Random(20260221), {}, []  # noqa: S311
    cars, first = ("그랜저(HG)", "그랜저", "all"), date(2026, 9, 1)
    for number, key in itertools.product(range(40), itertools.product("abc", cars)):
        if dice.random() < 0.2 or not number:
            prices[key] = (dice.choice([10, 20]), 40, dice.choice([30, None]))
        if dice.random() < 0.7:
            rows.append((*key, first + timedelta(number), *prices[key]))
    migrate.migrate(connection := day.connect())
    with connection, connection.cursor() as cursor:
        execute_values(cursor, "INSERT INTO parts_master VALUES %s", rows)
    ask = """SELECT part, car, on_date::date, matched_car_type, match_level, min_price, max_price, median_price
             FROM unnest(%s) part, unnest(%s) car, generate_series(%s, %s, interval '1 day') on_date,
                  price_band(part, car, on_date::date) ORDER BY 1, 2, 3"""
    every_day = (list("abc"), [*cars, "그랜저(TG)"], first - timedelta(1), first + timedelta(90))
    before = day.sql(ask, *every_day)
    with connection, connection.cursor() as cursor:
        removed = expire(cursor, Table.named("parts_master"), DT, Keep())
    connection.close()
    assert removed > 20
    assert len(before) > 1000
    assert day.sql(ask, *every_day) == before


@pytest.mark.parametrize(("older", "left"), [("nothing", 1), ("everything", 2)])
def test_retention_is_a_setting(day: Day, older: str, left: int) -> None:
    day.mart(row("a"), dt="2026-09-01")
    day.load("2026-09-01")
    day.mart(row("a"))
    stages.load(day.connect, day.lake, DT, "run-2", "parts_master", keep=(31, older))
    assert day.sql("SELECT count(*) FROM parts_master") == [(left,)]


@pytest.mark.parametrize("dt", ["0001-01-01", "9999-12-31"])
def test_a_mistyped_year_is_a_day_like_any(day: Day, dt: str) -> None:
    day.mart(row("a"))
    day.load()
    day.mart(row("a"), dt=dt)
    assert [day.load(dt)[:4] for _ in range(2)] == [(1, 0, 0, 0), (0, 0, 1, 0)]
    assert day.load().unchanged == 1


@pytest.mark.parametrize("day_of_a_taken_over_row", ["20261-11-23", "0044-03-15 BC", "infinity", "-infinity"])
def test_a_year_that_python_has_not_stops_no_load(day: Day, day_of_a_taken_over_row: str) -> None:
    day.mart(row("a"))
    day.load()
    day.sql("INSERT INTO parts_master VALUES ('old', 'all', %s, 1, 2)", day_of_a_taken_over_row)
    day.mart(row("a"), dt="2026-11-24")
    assert [day.load("2026-11-24")[:5] for _ in range(2)] == [(1, 0, 0, 0, 0), (0, 0, 1, 0, 0)]
    assert day.sql("SELECT count(*) FROM parts_master") == [(3,)]


@pytest.mark.parametrize("older", ["nothing", "changes"])
def test_a_mistyped_year_ends_no_real_day(day: Day, older: str) -> None:
    keep = Keep(days=31, older=older)
    for dt in ("2026-10-20", "2026-11-21", "2026-11-22", "2062-11-23", DT):
        day.mart(row("a"), dt=dt)
        day.load(dt, keep=keep)
    kept = ["2026-11-21", "2026-11-22", DT, "2062-11-23"]
    days = [d for (d,) in day.sql("SELECT extracted_at::text FROM parts_master ORDER BY 1")]
    assert days == ([] if older == "nothing" else ["2026-10-20"]) + kept
    day.mart(row("b"), dt="2026-11-22")
    day.load("2026-11-22", keep=keep)
    assert [len(day.rows(dt)) for dt in kept] == [1, 1, 1, 1]


def test_the_window_moves_on_after_a_pause_of_years(day: Day) -> None:
    for dt in ("2024-02-28", "2024-02-29", "2026-11-22", DT):
        day.mart(row("a"), dt=dt)
        day.load(dt, keep=Keep(older="nothing"))
    assert day.sql("SELECT count(*) FROM parts_master WHERE extracted_at < '2026-01-01'") == [(0,)]


def test_today_is_not_a_clock_of_its_own(day: Day) -> None:
    day.mart(row("a"), dt="2020-01-01")
    day.load("2020-01-01")
    assert day.sql("SELECT extracted_at FROM parts_master") == [(date(2020, 1, 1),)]
