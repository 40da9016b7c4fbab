"""The distinct texts of a day and what the parsers read from them, as small tables to join. The parsers, which are Python, run once for
each distinct text, and only for those that a plain pattern in Spark cannot read; a test checks that patterns and parsers agree.
"""

from __future__ import annotations

from concurrent.futures import Executor
from itertools import accumulate
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.pandas.types import from_arrow_schema

from transforms import names
from transforms.cars import CarReading, read_cell
from transforms.part_numbers import read_part_numbers
from transforms.prices import bounds, read_price
from transforms.reasons import Reject

_CAR = pa.struct(
    [("car_type", pa.string()), ("car_type_match", pa.string()), ("car_text", pa.string()), ("first_year", pa.int32()), ("last_year", pa.int32())]
)  # fmt: skip
PARTS = pa.schema(
    [("part_cell", pa.string()), ("read_part_no", pa.string()), ("quantity", pa.int32()), ("superseded_by", pa.string()),
     ("part_reason", pa.string())]
)  # fmt: skip
# As transforms/part_numbers.py reads them: without I and O, which would be a mistyped digit, and without XX at the end or XXX.
# `$` would let a line break behind them on JVM Spark, which then cannot make a number of a price.
_ANY, _NO_X = "[0-9A-HJ-NP-Z]", "[0-9A-HJ-NP-WYZ]"
PLAIN_PART_NO = (
    rf"^{_ANY}[0-9]{{4}}-?(?:{_ANY}{{2}}{_NO_X}{_ANY}{{2}}|{_ANY}{_NO_X}X{_ANY}{{2}}|{_NO_X}XX{_NO_X}{_ANY})\z"
)
SECOND_HALF_HAS_A_DIGIT = "[1-9][0-9A-Z-]*[0-9](?:[A-Z]?|[A-Z]{0,2}(?:[A-Z][A-WYZ]|[A-WYZ]X))$"
PLAIN_PHONE = "^0(2[1-9][0-9]|[3-6][1-5][1-9])[0-9]{6}$"
PLAIN_PRICE = r"^[1-9][0-9]{0,2}(,[0-9]{3}){0,2}원\z"
_SLICE = 500  # texts that a process takes at once
CARS = pa.schema([("car_cell", pa.string()), ("cars", pa.list_(_CAR))])
PRICES = pa.schema([("price_cell", pa.string()), ("read_krw", pa.int32()), ("price_reason", pa.string())])


def with_cells(lines: DataFrame) -> DataFrame:
    """Puts the three texts that are to be read in the place of their fields, and adds what the plain patterns read from them.

    A 부품번호 field wins over a number in the title, which only stands in for a missing one: an empty field, or a dash.
    """
    field = F.when(F.col("part_no").rlike(names.LETTER), F.col("part_no"))
    cells = lines.withColumns(
        {
            "car_cell": F.coalesce("applicable_text", F.lit("")),
            "part_cell": F.coalesce(field, F.col("official_name"), F.col("name"), F.lit("")),
            "price_cell": F.coalesce("price_text", F.lit("")),
        }
    )
    return cells.drop("part_no", "price_text", "applicable_text").withColumns(
        {"plain_part_no": plain_part_no(F.col("part_cell")), "plain_krw": plain_price(F.col("price_cell"))}
    )


def plain_part_no(cell: Column) -> Column:
    """The number of a cell that is nothing else (19 of 20 are), null for every other cell."""
    is_plain = cell.rlike(PLAIN_PART_NO) & cell.rlike(SECOND_HALF_HAS_A_DIGIT) & ~cell.rlike(PLAIN_PHONE)
    return F.when(is_plain, _without(cell, "-"))


def _without(cell: Column, sign: str) -> Column:
    return F.replace(cell, F.lit(sign), F.lit(""))


def plain_price(cell: Column) -> Column:
    """The won of `12,000원`, null for every other shape and beyond the bounds."""
    limits = bounds()
    is_plain = cell.rlike(PLAIN_PRICE)
    amount = F.when(is_plain, _without(_without(cell, ","), "원")).cast("int")
    return F.when(amount.between(limits.lowest_krw, limits.highest_krw), amount)


def count_texts(cells: DataFrame) -> DataFrame:
    """`kind, text, pages`: every car text, and the part and price texts that Python has to read."""
    return (
        cells.select(
            F.explode(
                F.array(
                    F.struct(F.lit("car").alias("kind"), F.col("car_cell").alias("text")),
                    F.struct(F.lit("part").alias("kind"), F.when(F.col("plain_part_no").isNull(), F.col("part_cell")).alias("text")),
                    F.struct(F.lit("price").alias("kind"), F.when(F.col("plain_krw").isNull(), F.col("price_cell")).alias("text")),
                )
            ).alias("cell")
        )
        .groupBy("cell.kind", "cell.text")
        .agg(F.count(F.lit(1)).alias("pages"))
    )  # fmt: skip


class Texts:
    """The distinct texts of a day, as the parsers read them. Cars take longest: `reader`, a second process, begins with them at once."""

    def __init__(self, counted: list[tuple[str, str | None, int]], reader: Executor) -> None:
        self.pages = sum(pages for kind, _, pages in counted if kind == "car")
        self._texts = {
            kind: [t for k, t, _ in counted if k == kind and t is not None] for kind in ("car", "part", "price")
        }
        self._cars = [(texts, reader.submit(_read_cars, texts)) for texts in _slices(self._texts["car"])]

    def cars(self, spark: SparkSession) -> DataFrame:
        """This process takes the slices from the end that `reader`, which works from the beginning, has not begun."""
        read = [_read_cars(texts) if begun.cancel() else begun.result() for texts, begun in reversed(self._cars)]
        return _frame(spark, pa.concat_tables([CARS.empty_table(), *read]))

    def parts(self, spark: SparkSession) -> DataFrame:
        return _frame(spark, _table(PARTS, _columns([_part_row(text) for text in self._texts["part"]], PARTS)))

    def prices(self, spark: SparkSession) -> DataFrame:
        rows = [(text, *read_price(text)) for text in self._texts["price"]]
        return _frame(spark, _table(PRICES, _columns(rows, PRICES)))


def _slices(texts: list[str]) -> list[list[str]]:
    return [texts[begin : begin + _SLICE] for begin in range(0, len(texts), _SLICE)]


def _read_cars(texts: list[str]) -> pa.Table:
    """Most cars are in several cells: each is made once and put where it belongs."""
    cells = [read_cell(text) for text in texts]
    places: dict[CarReading, int] = {}
    placed = pa.array([places.setdefault(car, len(places)) for cell in cells for car in cell], pa.int32())
    fields = [pa.array([getattr(car, field.name) for car in places], field.type) for field in _CAR]
    ends = pa.array(accumulate((len(cell) for cell in cells), initial=0), pa.int32())
    cars = pa.ListArray.from_arrays(ends, pa.StructArray.from_arrays(fields, fields=list(_CAR)).take(placed))
    return pa.Table.from_arrays([pa.array(texts, pa.string()), cars], schema=CARS)


def _columns(rows: list[tuple[Any, ...]], schema: pa.Schema) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]


def _part_row(text: str) -> tuple[Any, ...]:
    """A cell of one part; several are a reason of their own."""
    found = read_part_numbers(text)
    if len(found.parts) == 1:
        return text, *found.parts[0], None
    return text, None, None, None, found.reason or Reject.PART_NO_SEVERAL


def _table(schema: pa.Schema, columns: list[list[Any]]) -> pa.Table:
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _frame(spark: SparkSession, table: pa.Table) -> DataFrame:
    if not table.num_rows:  # Spark Connect infers even a schema that it is given, and finds no rows to do it from
        return spark.createDataFrame([], from_arrow_schema(table.schema))
    return spark.createDataFrame(table)
