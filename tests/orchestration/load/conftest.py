"""A real PostgreSQL, a new database for every test, and marts written row by row."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from conf.lake import Lake
from orchestration.load import Limits, LoadCounts, load_day

DT = "2026-11-23"
SCHEMA = pa.schema(
    [
        ("dt", pa.string()),
        ("part_official_name", pa.string()),
        ("car_type", pa.string()),
        ("extracted_at", pa.date32()),
        *[(name, pa.int32()) for name in ("min_price", "max_price", "median_price", "offer_count", "source_count")],
    ]
)
Row = tuple[Any, ...]


def row(part: str | None, car: str | None = "all", low: int | None = 100, high: int | None = 300, **other: Any) -> Row:
    middle = other.get("median", None if low is None or high is None else (low + high) // 2)
    return part, car, other.get("day"), low, high, middle, other.get("offers", 3), other.get("sources", 2)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """TEST_DATABASE_URL names a server of your own; otherwise the embedded one is started."""
    if own := os.environ.get("TEST_DATABASE_URL"):
        yield own
        return
    from local.postgres import Postgres

    with Postgres(tmp_path_factory.mktemp("postgres")) as postgres:
        yield postgres.dsn("postgres")


@pytest.fixture
def dsn(server: str) -> Iterator[str]:
    name = f"load_{uuid4().hex[:12]}"
    admin = psycopg2.connect(server)
    admin.autocommit = True
    admin.cursor().execute(f"CREATE DATABASE {name}")
    yield psycopg2.extensions.make_dsn(server, dbname=name)
    admin.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


class Day:
    """A lake and a database, and the shortest way to write a mart, load it, and look."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.lake = Lake.at(str(folder / "lake 부품"))
        self.dsn = dsn

    def connect(self) -> Any:
        return psycopg2.connect(self.dsn)

    def mart(self, *rows: Row, dt: str = DT, drop: tuple[str, ...] = ()) -> None:
        dated = [(dt, part, car, day or date.fromisoformat(dt), *numbers) for part, car, day, *numbers in rows]
        table = pa.Table.from_pylist([dict(zip(SCHEMA.names, r, strict=True)) for r in dated], SCHEMA)
        write_deltalake(
            self.lake.mart_table("name_price_summary"), table.drop_columns(list(drop)),
            mode="overwrite", partition_by=["dt"], predicate=f"dt = '{dt}'" if self._exists() else None,
        )  # fmt: skip

    def _exists(self) -> bool:
        return Path(self.lake.mart_table("name_price_summary")).exists()

    def load(self, dt: str = DT, **options: Any) -> LoadCounts:
        options.setdefault("limits", Limits(other_load=0.5, lock=2))
        options.setdefault("connect", self.connect)
        return load_day(options.pop("connect"), self.lake, dt, run_id=options.pop("run_id", "run-1"), **options)

    def sql(self, query: str, *values: Any) -> list[Row]:
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def rows(self, dt: str = DT) -> list[Row]:
        return self.sql(
            """SELECT part_official_name, car_type, extracted_at::text, min_price, max_price, median_price, offer_count,
                      source_count, updated_at FROM parts_master WHERE extracted_at = %s ORDER BY 1, 2""", dt
        )  # fmt: skip

    def names(self, dt: str = DT) -> list[str]:
        return [r[0] for r in self.rows(dt)]

    def leftovers(self) -> list[Row]:
        return self.sql("SELECT relname FROM pg_class WHERE relname LIKE 'load_stage%%' AND relkind = 'r'")


@pytest.fixture
def day(tmp_path: Path, dsn: str) -> Day:
    return Day(tmp_path, dsn)


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.load.day.PAUSES_S", (0.0, 0.0))
