"""A mistake in a file that people extend is told with its file, line, field and value, before anything is read with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conf.settings import CONF
from conf.tables import TableError, read_car_tables, read_price_bounds, words

Edit = Callable[[str, int, str], None]
FILES = ("car_types.csv", "car_aliases.csv", "car_other_brands.csv", "prices.toml")


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Replaces a line of a copy of the files."""
    for name in FILES:
        shutil.copy(CONF / name, tmp_path)
    monkeypatch.setattr("conf.tables.resources.files", lambda _: tmp_path)

    def replace(name: str, number: int, line: str) -> None:
        lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
        lines[number - 1] = line
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    return replace


@pytest.mark.parametrize(
    ("name", "number", "line", "told"),
    [
        ("car_types.csv", 3, "새차(X9),새차,X9,ICE,20x6,,x", "line 3: first_year is '20x6'"),
        ("car_types.csv", 3, "새차(X9),새차,X9,ICE,2026,2020,x", "line 3: last_year is '2020'"),
        ("car_types.csv", 3, "새차(X9),새차,x9,ICE,2026,,x", "line 3: generation_code is 'x9'"),
        ("car_types.csv", 3, "새차(X8),새차,X9,ICE,2026,,x", "line 3: canonical is '새차(X8)'"),
        ("car_types.csv", 3, "새차(X9),,X9,ICE,2026,,x", "line 3: model is empty"),
        ("car_types.csv", 3, "새차(X9),새차,X9,HYBRID,2026,,x", "line 3: powertrain is 'HYBRID'"),
        ("car_types.csv", 3, "새차(X9),새차", "line 3: has 2 fields: 7 are expected"),
        ("car_types.csv", 3, "EQ900(HI),새차,HI,ICE,2026,,x", "line 3: 'EQ900(HI)' has another meaning on line 2"),
        ("car_types.csv", 1, "canonical;model", "line 1: canonical,model,"),
        ("car_aliases.csv", 3, "modell,쏘나,쏘나타,,,x", "line 3: kind is 'modell'"),
        ("car_aliases.csv", 3, "model,쏘나,쏘나따,,,x", "line 3: value is '쏘나따'"),
        ("car_aliases.csv", 3, "model,--,쏘나타,,,x", "line 3: words is '--'"),
        ("car_aliases.csv", 3, "edition,새 이름,쏘나타,DN9,,x", "line 3: generation_code is 'DN9'"),
        ("car_aliases.csv", 3, "code,DN8 2,쏘나타,DN8,,x", "line 3: words is 'DN8 2'"),
        ("car_aliases.csv", 3, "powertrain,연료,,,GAS,x", "line 3: powertrain is 'GAS'"),
        ("car_aliases.csv", 3, "brand,새회사,,,,x", "line 3: value is empty"),
        ("car_aliases.csv", 3, "telling,새 이름,쏘나타,DN8,,x", "line 3: generation_code is 'DN8'"),
        ("car_aliases.csv", 3, "word,새말,쏘나타,,,x", "line 3: value is '쏘나타'"),
        ("car_aliases.csv", 3, "model,쏘나,쏘나타,,,a, b", "line 3: has 7 fields: 6 are expected"),
        ("car_aliases.csv", 3, 'model,"쏘나,쏘나타,,,x', "line 3: a double quote is not closed"),
        ("car_aliases.csv", 3, "model,sonata,그랜저,,,x", "line 4: 'SONATA' has another meaning on line 3"),
        ("car_other_brands.csv", 3, ",새차,새차,", "line 3: brand is empty"),
        ("car_other_brands.csv", 3, "기아,새차,새차||뉴새차,", "line 3: words is '새차||뉴새차'"),
        ("car_other_brands.csv", 3, "기아,새차,모닝,", "line 3: '모닝' has another meaning on line 2"),
        ("car_other_brands.csv", 3, "기아,쏘나타,쏘나타,", "line 3: '쏘나타' is a car of conf/car_types.csv or"),
        ("car_other_brands.csv", 3, "기아,새차,새차|sonata,", "line 3: 'sonata' is a car of conf/car_types.csv or"),
    ],
)
def test_a_mistake_in_a_table_of_cars_is_told(edit: Edit, name: str, number: int, line: str, told: str) -> None:
    edit(name, number, line)
    with pytest.raises(TableError) as error:
        read_car_tables()
    assert f"conf/{name}, {told}" in str(error.value)


def test_another_encoding_is_told(tmp_path: Path, edit: Edit) -> None:
    (tmp_path / "car_aliases.csv").write_bytes("kind,쏘나타".encode("cp949"))
    with pytest.raises(TableError, match=r"conf/car_aliases\.csv: is not UTF-8 text"):
        read_car_tables()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('lowest_krw = "10"', "lowest_krw is '10'"),
        ("lowest = 10", "lowest is none of its fields"),
        ("lowest_krw 10", "at line 4"),
        ("lowest_krw = 200_000_000", "more than lowest_krw is expected"),
    ],
)
def test_a_mistake_in_the_bounds_is_told(edit: Edit, line: str, told: str) -> None:
    edit("prices.toml", 4, line)
    with pytest.raises(TableError) as error:
        read_price_bounds()
    assert str(error.value).startswith("conf/prices.toml: ")
    assert told in str(error.value)


def test_a_spelling_is_taken_apart_as_texts_are() -> None:
    assert words("포터Ⅱ") == ("포터", "II")
    assert words("아이오닉5 n-line") == ("아이오닉", "5", "N", "LINE")
