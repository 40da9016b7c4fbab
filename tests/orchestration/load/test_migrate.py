"""Migrations: applied once, in order, by whoever comes first; and a table that is there already is taken over."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from orchestration import migrate
from orchestration.load import DatabaseError
from orchestration.load.database import Table

from .conftest import DT, Day, row
from .test_reader import HYBRID, band

REFERENCE = """CREATE TABLE parts_master (part_official_name {text}, extracted_at date, min_price integer,
    max_price integer, car_type {text}, PRIMARY KEY (part_official_name, car_type, extracted_at))"""


@pytest.mark.parametrize("text", ["text", "varchar", "varchar(255)"])
def test_the_reference_table_is_taken_over_without_losing_a_row(day: Day, text: str) -> None:
    day.sql(REFERENCE.format(text=text))
    day.sql("INSERT INTO parts_master VALUES ('필터 에어 클리너', '2026-11-20', 5810, 7000, '엑센트(RB)')")
    day.mart(row("긴 이름 " * 60))
    assert day.load().inserted == 1
    assert band(day, "필터 에어 클리너", "엑센트(RB)") == ["엑센트(RB)", "car", "2026-11-20", 3, 5810, 7000]
    assert day.sql("SELECT count(*) FROM parts_master") == [(2,)]


def test_another_kind_of_table_is_not_touched(day: Day) -> None:
    day.sql("CREATE TABLE parts_master (part_official_name text PRIMARY KEY, extracted_at text)")
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match=r"cannot be taken over: .*extracted_at is text, not date; .*primary key"):
        day.load()


def test_a_deferrable_key_is_refused_before_it_meets_a_conflict(day: Day) -> None:
    day.sql(REFERENCE.format(text="text").replace("extracted_at))", "extracted_at) DEFERRABLE)"))
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match=r"cannot be taken over: its primary key is not .*, or is deferrable"):
        day.load()


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (REFERENCE.replace("CREATE", "CREATE UNLOGGED"), "public.parts_master"),
        (
            REFERENCE + " PARTITION BY RANGE (extracted_at);"
            'CREATE UNLOGGED TABLE "old Days" PARTITION OF parts_master DEFAULT',
            'public."old Days"',
        ),
    ],
    ids=["table", "partition"],
)
def test_a_table_that_a_crash_would_empty_is_refused(day: Day, made: str, name: str) -> None:
    day.sql(made.format(text="text"))
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match=rf"^{name} is UNLOGGED: .* ALTER TABLE {name} SET LOGGED"):
        day.load()
    day.sql(f"ALTER TABLE {name} SET LOGGED")
    assert day.load().inserted == 1


def test_rows_of_other_tables_are_refused(day: Day) -> None:
    """And a redirecting trigger would make the counts those of nothing."""
    day.sql(REFERENCE.format(text="text"))
    day.sql("CREATE TABLE november () INHERITS (parts_master)")
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match=r"rows of november are its rows too, by INHERITS"):
        day.load()


def test_a_collation_that_takes_two_names_for_one_is_refused(day: Day) -> None:
    """The server of the tests has none; it is told that this is one."""
    day.sql("CREATE COLLATION loose (provider = builtin, locale = 'C.UTF-8')")
    day.sql(REFERENCE.format(text="text COLLATE loose"))
    day.sql("UPDATE pg_collation SET collisdeterministic = false WHERE collname = 'loose'")
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match=r"collation loose of column car_type takes different texts for one"):
        day.load()


@pytest.mark.parametrize("encoding", ["EUC_KR", "SQL_ASCII"])
def test_a_database_of_another_encoding_is_refused(day: Day, encoding: str) -> None:
    name = f"{parse_dsn(day.dsn)['dbname']}_{encoding.lower()}"
    admin = day.connect()
    admin.autocommit = True
    admin.cursor().execute(
        f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'"
    )
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match=f"encoding is {encoding}, .* made with ENCODING 'UTF8'"):
        day.load(connect=lambda: psycopg2.connect(make_dsn(day.dsn, dbname=name)))
    admin.cursor().execute(f"DROP DATABASE {name}")
    admin.close()


def test_migrations_are_applied_once_and_cars_follow_the_file(day: Day) -> None:
    connection = day.connect()
    assert len(migrate.migrate(connection)) == 6
    day.sql("DELETE FROM car_types WHERE model = '그랜저'")
    assert migrate.migrate(connection) == []
    assert day.sql("SELECT model FROM car_types WHERE canonical = %s", HYBRID) == [("그랜저",)]
    assert migrate.migrate(connection, "other_table") != []
    assert day.sql("SELECT count(*) FROM pg_proc WHERE proname IN ('price_band', 'other_table_price_band')") == [(2,)]
    connection.close()


@pytest.mark.parametrize(
    ("column", "outcome"),
    [
        ("note text", ""),
        ("median_price text", "median_price is text, not integer"),
        ("note text NOT NULL", '"note".* Give that column a default'),
        ("updated_at timestamp NOT NULL", ""),
        ("median_price int GENERATED ALWAYS AS (min_price) STORED", r"generated column\. .* DROP EXPRESSION"),
        ("UNIQUE (extracted_at)", r"\(extracted_at\)=\(2026-11-23\) already exists\. Only the table's primary key"),
        ("CHECK (min_price < 100)", r"Failing row contains \(.*\)\. Where the row is right, change that constraint"),
    ],
)
def test_odd_columns_are_kept_or_named(day: Day, column: str, outcome: str) -> None:
    day.sql(REFERENCE.format(text="text").replace("PRIMARY KEY", f"{column}, PRIMARY KEY"))
    day.mart(row("a"), row("b"))
    if outcome:
        with pytest.raises(DatabaseError, match=outcome):
            day.load()
    else:
        assert day.load().inserted == 2


@pytest.mark.parametrize("kind", ["numeric(5,0)", "numeric(12,-3)", "numeric(12,2)", "numeric"])
def test_prices_are_stored_as_they_are(day: Day, kind: str) -> None:
    """Five digits hold no dear part, and a scale below zero rounds without a word."""
    day.sql(REFERENCE.format(text="text").replace("integer", kind))
    day.mart(row("a", low=123, high=2_000_000_123))
    assert [day.load()[:3] for _ in range(2)] == [(1, 0, 0), (0, 0, 1)]
    assert day.sql("SELECT min_price, max_price FROM parts_master") == [(123, 2_000_000_123)]
    assert band(day, "a", "all")[4:] == [123, 2_000_000_123]


def test_rows_of_another_table_that_point_here_are_named(day: Day) -> None:
    day.mart(row("a"), row("b"))
    day.load()
    day.sql("CREATE TABLE quotes (p text, c text, d date, FOREIGN KEY (p, c, d) REFERENCES parts_master)")
    day.sql("INSERT INTO quotes VALUES ('b', 'all', %s)", DT)
    day.mart(row("a"))
    with pytest.raises(
        DatabaseError, match=r'\(b, all, 2026-11-23\) is still referenced from table "quotes"\. The load'
    ):
        day.load()
    assert day.names() == ["a", "b"]


def test_postgresql_s_own_advice_is_handed_on(day: Day) -> None:
    day.mart(row("a"))
    day.load()
    day.sql("ALTER TABLE parts_master REPLICA IDENTITY NOTHING")
    day.sql("CREATE PUBLICATION copies FOR TABLE parts_master")
    day.mart(row("a", low=120))
    with pytest.raises(DatabaseError, match=r"publishes updates\. To enable .* set REPLICA IDENTITY using ALTER TABLE"):
        day.load()


def test_large_and_missing_prices_of_a_taken_over_table(day: Day) -> None:
    day.sql(REFERENCE.format(text="text").replace("integer", "bigint"))
    day.sql(
        "INSERT INTO parts_master VALUES ('big', '2026-11-20', 1, 3000000000, 'all'), ('x', '2026-11-21', NULL, NULL, 'all')"
    )
    day.sql("INSERT INTO parts_master VALUES ('x', '2026-11-20', 5, 7, 'all')")
    day.mart(row("a"))
    assert day.load().inserted == 1
    assert band(day, "big", "all")[4:] == [1, 2_147_483_647]
    assert band(day, "x", "all") == ["all", "car", "2026-11-20", 3, 5, 7]


def test_a_view_in_the_way_is_named(day: Day) -> None:
    day.sql(REFERENCE.format(text="varchar(255)"))
    day.sql("CREATE VIEW dashboard AS SELECT part_official_name FROM parts_master")
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match=r"part_official_name .* is character varying\(255\).*view dashboard"):
        day.load()
    day.sql("DROP VIEW dashboard")
    assert day.load().inserted == 1


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ("ALTER TABLE parts_master ADD label text GENERATED ALWAYS AS (car_type || '!') STORED", "generated column"),
        ("CREATE POLICY named ON parts_master USING (car_type <> 'x')", "policy named"),
    ],
)
def test_what_needs_a_column_as_it_is_is_named(day: Day, made: str, why: str) -> None:
    day.sql(REFERENCE.format(text="varchar(20)"))
    day.sql(made)
    day.mart(row("a"))
    with pytest.raises(
        DatabaseError, match=rf"{why} [^.]*\. Drop what needs it as it is, migrate, and make that again"
    ):
        day.load()


def test_a_key_that_divides_the_table_keeps_its_limit(day: Day) -> None:
    day.sql(REFERENCE.format(text="varchar(20)") + " PARTITION BY LIST (car_type)")
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match=r"cannot be made text: cannot alter column .* part of the partition key"):
        day.load()


@pytest.mark.parametrize(
    "lost",
    [
        "TABLE load_history",
        "TABLE car_types",
        "FUNCTION price_band",
        "VIEW parts_master_latest",
        "INDEX parts_master_extracted_at",
    ],
)
def test_what_a_restored_database_lacks_is_made_again(day: Day, lost: str) -> None:
    day.mart(row("a"))
    day.load()
    day.load(table="other_table")
    day.sql(f"DROP {lost} CASCADE")
    assert (day.load().unchanged, day.load(table="other_table").unchanged) == (1, 1)
    assert band(day, "a", "all") == ["all", "car", DT, 0, 100, 300]
    assert day.sql("SELECT count(*) FROM parts_master_latest") == [(1,)]
    assert day.sql("SELECT to_regclass('parts_master_extracted_at') IS NOT NULL") == [(True,)]
    migrate_again = migrate.migrate(connection := day.connect())
    connection.close()
    assert migrate_again == []


def test_a_table_that_was_restored_without_its_key_is_refused(day: Day) -> None:
    """A new day could be added to it, and the first correction would fail."""
    day.mart(row("a"))
    day.load()
    day.sql("ALTER TABLE parts_master DROP CONSTRAINT parts_master_pkey")
    day.mart(row("a"), dt="2026-11-24")
    with pytest.raises(DatabaseError, match="its primary key is not"):
        day.load("2026-11-24")


@pytest.mark.parametrize("where", ["parts_master", "november"], ids=["table", "partition"])
def test_a_trigger_of_a_partition_is_missed_too(day: Day, where: str) -> None:
    day.sql(REFERENCE.format(text="text") + " PARTITION BY RANGE (extracted_at)")
    day.sql("CREATE TABLE november PARTITION OF parts_master FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')")
    day.mart(row("a"), row("b"))
    day.load()
    day.sql("CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    day.sql(f"CREATE TRIGGER meddle BEFORE UPDATE ON {where} FOR EACH ROW EXECUTE FUNCTION meddle()")
    day.mart(row("a", low=120), row("b"))
    with pytest.raises(DatabaseError, match=f"has other values where 2 rows of {DT} were written"):
        day.load()


@pytest.mark.parametrize(
    ("event", "does", "found"),
    [
        ("BEFORE INSERT", "RETURN NULL", "1 rows"),
        ("BEFORE UPDATE", "RETURN NULL", "other values"),
        ("BEFORE DELETE", "RETURN NULL", "3 rows"),
        ("BEFORE INSERT OR UPDATE", "NEW.min_price = 7; RETURN NEW", "other values"),
        ("AFTER INSERT", "DELETE FROM parts_master WHERE part_official_name = NEW.part_official_name; RETURN NULL", "1 rows"),
    ],
    ids=["insert", "update", "delete", "values", "after"],
)  # fmt: skip
def test_what_a_trigger_takes_away_or_changes_is_missed(day: Day, event: str, does: str, found: str) -> None:
    day.mart(row("a"), row("b"))
    day.load()
    before = day.rows()
    day.sql(f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {does}; END'")
    day.sql(f"CREATE TRIGGER meddle {event} ON parts_master FOR EACH ROW EXECUTE FUNCTION meddle()")
    day.mart(row("a", low=120), row("c"))
    with pytest.raises(DatabaseError, match=f"has {found} where 2 rows of {DT} were written: look for a trigger"):
        day.load()
    assert day.rows() == before


@pytest.mark.parametrize(
    "keeps",
    [
        ["CREATE RULE keep AS ON DELETE TO parts_master DO INSTEAD NOTHING"],
        [
            "ALTER TABLE parts_master ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY reads ON parts_master FOR SELECT USING (true)",
            "CREATE POLICY writes ON parts_master FOR INSERT WITH CHECK (true)",
            "CREATE POLICY changes ON parts_master FOR UPDATE USING (true)",
        ],
    ],
    ids=["rule", "policy"],
)
def test_a_ghost_that_may_not_go_is_missed_beside_a_duplicate(day: Day, keeps: list[str]) -> None:
    """In the counts the one makes up for the other."""
    day.sql("DROP ROLE IF EXISTS loader; CREATE ROLE loader LOGIN PASSWORD 'loader'")
    day.mart(row("a"), row("b"))
    day.load()
    day.sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO loader; GRANT CREATE ON SCHEMA public TO loader")
    for statement in keeps:
        day.sql(statement)
    day.mart(row("a"), row("a"))
    with pytest.raises(
        DatabaseError, match=f"has 2 rows where 1 rows of {DT} were written: look for a trigger, a rule"
    ):
        day.load(connect=lambda: psycopg2.connect(day.dsn, user="loader", password="loader"))
    assert day.names() == ["a", "b"]


def test_a_trigger_that_only_looks_on_stands_in_nobody_s_way(day: Day) -> None:
    """And it finds its own tables where the user's search_path says."""
    day.mart(row("a"))
    day.load()
    day.sql("CREATE TABLE audit (name text)")
    day.sql(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO audit VALUES (NEW.part_official_name); RETURN NULL; END'"
    )
    day.sql("CREATE TRIGGER note AFTER INSERT OR UPDATE ON parts_master FOR EACH ROW EXECUTE FUNCTION note()")
    day.mart(row("a", low=120), row("c"))
    assert day.load()[:4] == (1, 1, 0, 0)
    assert day.sql("SELECT name FROM audit ORDER BY 1") == [("a",), ("c",)]


@pytest.mark.parametrize(
    ("policies", "hides"),
    [
        (["USING (part_official_name <> 'b')"], True),
        (["FOR SELECT TO loader USING (true)"], False),
        (["USING (true)", "AS RESTRICTIVE FOR SELECT USING (car_type <> 'x')"], True),
        (["FOR SELECT TO pg_monitor USING (true)"], True),
        ([], True),
    ],
    ids=["by name", "none", "a restrictive one", "another's", "no policy"],
)
def test_rows_that_a_policy_hides_would_stay_for_readers(day: Day, policies: list[str], hides: bool) -> None:
    day.sql("DROP ROLE IF EXISTS loader; CREATE ROLE loader LOGIN PASSWORD 'loader'")
    day.mart(row("a"), row("b"))
    day.load()
    day.sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO loader; GRANT CREATE ON SCHEMA public TO loader")
    day.sql("ALTER TABLE parts_master ENABLE ROW LEVEL SECURITY")
    day.sql("CREATE POLICY writes ON parts_master FOR INSERT WITH CHECK (true)")
    day.sql("CREATE POLICY changes ON parts_master FOR UPDATE USING (true)")
    day.sql("CREATE POLICY removes ON parts_master FOR DELETE USING (true)")
    for number, policy in enumerate(policies):
        day.sql(f"CREATE POLICY p{number} ON parts_master {policy}")
    day.mart(row("a"), row("c"))

    def load() -> object:
        return day.load(connect=lambda: psycopg2.connect(day.dsn, user="loader", password="loader"))

    if hides:
        with pytest.raises(DatabaseError, match=r"row policy of public\.parts_master may hide rows.*BYPASSRLS"):
            load()
        assert day.names() == ["a", "b"]
    else:
        load()
        assert day.names() == ["a", "c"]
    assert day.load()[:4] in ((1, 0, 1, 1), (0, 0, 2, 0)), "the owner sees every row"


def test_another_owner_s_table_is_refused_and_lent_rights_are_enough(day: Day) -> None:
    day.sql(REFERENCE.format(text="text"))
    day.sql("DROP ROLE IF EXISTS lender")
    day.sql("CREATE ROLE lender LOGIN PASSWORD 'lender'")
    day.sql("GRANT CREATE ON SCHEMA public TO lender")
    day.sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO lender")
    day.mart(row("a"))

    def lent() -> object:
        return psycopg2.connect(day.dsn, user="lender", password="lender")

    with pytest.raises(
        DatabaseError, match=r"must be owner of table parts_master\. The database user lacks this right"
    ):
        day.load(connect=lent)
    migrate.migrate(connection := day.connect())
    connection.close()
    day.sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO lender")
    assert day.load(connect=lent).inserted == 1


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("parts", ("public", "parts")),
        ("test.parts", ("test", "parts")),
        ('"test"."Parts"', ("test", "Parts")),
        ("Prices.parts master", ("Prices", "parts master")),
    ],
)
def test_a_table_s_name_with_and_without_quotes(name: str, meant: tuple[str, str]) -> None:
    assert Table.named(name) == Table(*meant)


@pytest.mark.parametrize("name", ["", ".x", "x.", " x", "a.b.c", 'a"b', '"a', "a\0b", "a%b", '"a%".b'])
def test_what_is_no_table_s_name(name: str) -> None:
    with pytest.raises(DatabaseError, match=r"write it as table or schema\.table"):
        Table.named(name)


def test_a_newer_database_and_a_changed_file_are_refused(
    day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day.mart(row("a"))
    day.load()
    folder = shutil.copytree(migrate.FOLDER, tmp_path / "migrations")
    monkeypatch.setattr(migrate, "FOLDER", folder)
    with (folder / "002_day_index_and_history.sql").open("a") as file:
        file.write("-- another thought\n")
    with pytest.raises(DatabaseError, match=r"002_day_index_and_history\.sql was changed after .* public.parts_master"):
        day.load()
    shutil.copy(Path(migrate.__file__).parent / "migrations" / "002_day_index_and_history.sql", folder)
    (folder / "004_bands_of_any_table.sql").unlink()
    with pytest.raises(DatabaseError, match=r"database is newer than this program: 004_bands_of_any_table\.sql"):
        day.load()
    assert day.names() == ["a"]


def test_a_log_from_before_checksums_is_read(day: Day) -> None:
    migrate.migrate(connection := day.connect())
    day.sql("ALTER TABLE schema_migrations DROP COLUMN checksum")
    assert migrate.migrate(connection) == []
    day.sql("DELETE FROM schema_migrations WHERE file LIKE '004%%'")
    assert migrate.migrate(connection) == ["004_bands_of_any_table.sql"]
    connection.close()


def test_many_at_once_apply_each_file_once(day: Day) -> None:
    command = [sys.executable, "-m", "orchestration.migrate"]
    all_ = [
        subprocess.Popen(command, env={"DATABASE_URL": day.dsn}, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = sorted(process.communicate(timeout=60)[0] for process in all_)
    assert [line.partition(" ")[0] for line in said] == ["Applied", "Nothing", "Nothing"]


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ("CREATE VIEW parts_master AS SELECT 1 AS a", "a view"),
        ("CREATE MATERIALIZED VIEW parts_master AS SELECT 1 AS a", "a materialized view"),
        ("CREATE SEQUENCE parts_master", "a sequence"),
        ("CREATE TYPE parts_master AS (a int)", "a type"),
    ],
    ids=["view", "materialized view", "sequence", "type"],
)
def test_what_has_the_table_s_name_and_is_none(day: Day, made: str, kind: str) -> None:
    day.sql(made)
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match=f"^public.parts_master is {kind}, not a table. Rename it"):
        day.load()


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE schema_migrations (version text)",
        "CREATE TABLE load_history (x int)",
        "CREATE TABLE car_types (x int)",
        "CREATE TABLE parts_master_latest (x int)",
        "CREATE FUNCTION price_band(text, text, date) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
    ids=lambda made: made.split()[2].partition("(")[0],
)
def test_another_program_s_object_is_told_with_the_way_out(day: Day, made: str) -> None:
    day.sql(made)
    day.mart(row("a"))
    with pytest.raises(DatabaseError, match="name a table in a schema of its own"):
        day.load()
    assert day.load(table="prices.parts_master").inserted == 1


def test_a_name_that_postgresql_would_cut_off(day: Day) -> None:
    with pytest.raises(DatabaseError, match="too long for a table's name: it may have 50 bytes"):
        day.load(table="부품" * 9)
