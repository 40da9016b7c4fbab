"""One day of the mart as a stream of PostgreSQL COPY text.

DataFusion, inside the `deltalake` package, reads the Parquet and writes each row's line; Python only joins a batch
of lines. pyarrow or pandas in this process would cost more memory than the whole load.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import TableNotFoundError

from conf.lake import Lake
from expectations.causes import TRY_AGAIN, cause_of, is_unreached
from orchestration.load.errors import LakeError, RefusedError

TABLE = "name_price_summary"
INTEGERS = ("byte", "short", "integer", "long")
TYPES = {
    "part_official_name": ("string",),
    "car_type": ("string",),
    "extracted_at": ("date",),
    "min_price": INTEGERS,
    "max_price": INTEGERS,
    "median_price": INTEGERS,
    "offer_count": INTEGERS,
    "source_count": INTEGERS,
}
OPTIONAL = ("median_price", "offer_count", "source_count")  # the reference's mart has five columns
# One batch is in memory at a time. A text that is too long for any key is cut to a length that is still too long.
BATCH_ROWS = 2048
MAX_TEXT = 3000
# delta-rs counts up to the asked version one by one: with a mistyped number that would take days.
MOST_VERSION = 10_000_000


@dataclass(frozen=True)
class MartDay:
    """A day at one version of the mart."""

    table: DeltaTable
    dt: str
    uri: str

    @property
    def version(self) -> int:
        return self.table.version()

    def rows(self, *, by_key: bool = False) -> int:
        """Rows of the day, or of each key one. Counted, as the log's own counts are of rows that deletion vectors took away as well."""
        which = "distinct part_official_name, car_type" if by_key else "1"
        query = f"select arrow_cast(count(*), 'Int64') from (select {which} from mart where dt = '{self.dt}')"  # noqa: S608
        return sum(sum(batch.column(0).to_pylist()) for batch in self._answer(query, {}))

    def lines(self) -> Iterator[bytes]:
        """COPY text in the order of TYPES, a few thousand rows at a time."""
        settings = {
            "datafusion.execution.batch_size": str(BATCH_ROWS),
            "datafusion.execution.target_partitions": "1",
        }
        for batch in self._answer(self._query(), settings):
            yield b"".join(batch.column(0).to_pylist())

    def _answer(self, query: str, settings: dict[str, str]) -> Iterator[Any]:
        try:
            yield from QueryBuilder(settings).register("mart", self.table).execute(query)
        except Exception as error:  # the engine raises many kinds, and each means that the lake could not be read
            what = f"{self.dt} of {self.uri}, version {self.version}, cannot be read"
            raise _lake_error(
                error, what, "Build the mart of that day again, then load, or name another --version."
            ) from error

    def _query(self) -> str:
        here = {field.name for field in self.table.schema().fields}
        values = [_field(name, types, name in here) for name, types in TYPES.items()]
        line = "concat(" + ", chr(9), ".join(values) + ", chr(10))"
        # Bytes: as text, Python would decode every line and encode it again.
        return f"select arrow_cast({line}, 'Binary') from mart where dt = '{self.dt}'"  # noqa: S608  (dt went through parse_day)


def open_day(lake: Lake, dt: str, version: int | None = None, storage_options: dict[str, str] | None = None) -> MartDay:
    """Opens the mart, at an earlier version if one is named, and checks that its columns are the contract's."""
    uri = lake.mart_table(TABLE)
    table = _open(uri, dt, storage_options) if version is None else _open_at(uri, dt, version, storage_options)
    _check_columns(table, uri)
    return MartDay(table, dt, uri)


def _open(uri: str, dt: str, storage_options: dict[str, str] | None) -> DeltaTable:
    try:
        return DeltaTable(uri, storage_options=storage_options)
    except TableNotFoundError as error:
        raise LakeError(f"There is no mart table at {uri}. Build the marts of {dt} first.") from error
    except Exception as error:
        advice = f"Where its log is damaged, move its folder away, and build the marts of {dt} again."
        raise _lake_error(error, f"The mart table {uri} cannot be opened", advice) from error


def _open_at(uri: str, dt: str, version: int, storage_options: dict[str, str] | None) -> DeltaTable:
    """The newest version is only looked up to say why another one cannot be had: it may be the damaged one."""
    try:
        if version > MOST_VERSION:
            raise OverflowError(version)
        return DeltaTable(uri, version=version, storage_options=storage_options)
    except Exception as error:
        newest = _open(uri, dt, storage_options).version()
        if not 0 <= version <= newest:
            raise LakeError(f"The mart table {uri} has no version {version}: its newest is {newest}.") from error
        advice = f"Its log may have been cleaned up that far; its newest version is {newest}."
        raise _lake_error(error, f"The mart table {uri} cannot be opened at version {version}", advice) from error


def _lake_error(error: Exception, what: str, advice: str) -> LakeError:
    """A store that does not answer says nothing about the mart, and nobody should build it again for that."""
    return LakeError(f"{what}: {cause_of(error)}. Nothing was changed. {TRY_AGAIN if is_unreached(error) else advice}")


def _check_columns(table: DeltaTable, uri: str) -> None:
    types = {field.name: str(getattr(field.type, "type", field.type)) for field in table.schema().fields}
    wrong = [
        f"{name} is {types.get(name, 'missing')} instead of {' or '.join(wanted)}"
        for name, wanted in {"dt": ("string",), **TYPES}.items()
        if types.get(name) not in wanted and not (name in OPTIONAL and name not in types)
    ]
    if wrong:
        raise RefusedError(f"The mart {uri} does not have the contract's columns: {'; '.join(wrong)}.")


def _field(name: str, types: tuple[str, ...], is_here: bool) -> str:
    if not is_here:
        return r"'\N'"
    written = _text if types == ("string",) else _date if types == ("date",) else _number
    return rf"coalesce({written(name)}, '\N')"


def _number(name: str) -> str:
    return f"cast({name} as varchar)"


def _date(name: str) -> str:
    """Null where the year has not four digits, which PostgreSQL does not read as it is written here: no day that can be loaded."""
    return f"case when {name} between date '0001-01-01' and date '9999-12-31' then cast({name} as varchar) end"


def _text(name: str) -> str:
    """COPY's escapes. PostgreSQL cannot store NUL: it becomes U+0001, which the clean-up rejects by name."""
    text = f"left({name}, {MAX_TEXT})"
    for code, written in ((92, r"\\"), (9, r"\t"), (10, r"\n"), (13, r"\r")):
        text = f"replace({text}, chr({code}), '{written}')"
    text = f"replace({text}, decode('00', 'hex')::varchar, chr(1))"
    # Nearly every text is as it is to be written, and one look tells.
    is_plain = rf"octet_length({name}) <= {MAX_TEXT} and not regexp_like({name}, '[\\\x00\t\n\r]')"
    return f"case when {is_plain} then {name} else {text} end"
