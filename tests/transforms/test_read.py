"""`make read` for the person who extends the tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conf.tables import TableError
from transforms import read as read_module
from transforms.read import main


def read(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], kind: str, text: str) -> list[dict[str, object]]:
    file = tmp_path / "텍스트.txt"
    file.write_text(text, encoding="utf-8")
    assert main(["--kind", kind, "--file", str(file)]) == 0
    return [json.loads(line) for line in capfdbinary.readouterr().out.decode().splitlines()]


def test_car(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    one, two, empty = read(tmp_path, capfdbinary, "car", "투싼 2018\n그랜저 IG/HG\n\n")
    assert list(one)[:3] == ["text", "car_type", "car_type_match"]
    assert (one["model"], one["generation_code"], one["years"]) == ("투싼", "TL", [2018, 2018])
    assert [car["car_type"] for car in two["cars"]] == ["그랜저(IG)", "그랜저(HG)"]  # type: ignore[attr-defined]
    assert empty["car_type"] == "all"


def test_part_no_and_price(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (part,) = read(tmp_path, capfdbinary, "part_no", "2741025000x4")
    assert (part["part_no"], part["quantity"], part["reason"]) == ("2741025000", 4, None)
    (price,) = read(tmp_path, capfdbinary, "price", "품절")
    assert price == {"text": "품절", "price_krw": None, "reason": "price_sold_out"}


@pytest.mark.parametrize(
    ("kind", "file", "word"),
    [("bus", "x.txt", "KIND"), ("car", "없음.txt", "FILE: '없음.txt'"), ("car", "", "FILE is missing")],
)
def test_sentence_for_a_mistake(kind: str, file: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--kind", kind, "--file", file]) == 2
    assert capsys.readouterr().err.startswith(word)


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 0, "is empty: one text a line"),
        ("투싼\n".encode("utf-16"), 2, "is no UTF-8 text: .* iconv -f utf-16 -t utf-8 changes it"),
        ("투싼\n".encode("cp949"), 2, "is no UTF-8 text: .* iconv -f cp949 -t utf-8 changes it"),
        (None, 2, "cannot be read: Is a directory. Name a file"),
    ],
    ids=["empty", "utf-16", "cp949", "a folder"],
)
def test_odd_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, status: int, said: str
) -> None:
    file = tmp_path / "texts.txt"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    assert main(["--kind", "price", "--file", str(file)]) == status
    assert re.match(f"FILE: '{file}' {said}", capsys.readouterr().err)


def test_every_end_of_a_line_ends_a_text(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = tmp_path / "texts.txt"
    file.write_bytes("\ufeff투싼\r\n쏘나타\r그랜저\u2028IG\n".encode())
    assert main(["--kind", "car", "--file", str(file)]) == 0
    told = [json.loads(line)["text"] for line in capfdbinary.readouterr().out.decode().split("\n") if line]
    assert told == ["투싼", "쏘나타", "그랜저\u2028IG"]


def test_unmatched_texts_are_counted_with_the_files_to_extend(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("투싼\n외계차\n쏘나타 LF, 외계차\n볼트\n", encoding="utf-8")
    assert main(["--kind", "car", "--file", str(file)]) == 0
    said = capfdbinary.readouterr().err.decode()
    assert said.startswith("2 of 4 texts")
    assert "conf/car_aliases.csv" in said


@pytest.mark.parametrize("kind", ["car", "price"])
def test_mistake_in_the_tables_is_told(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken() -> None:
        raise TableError("conf/car_types.csv, line 3: first_year is '20x6'")

    monkeypatch.setattr(read_module, "car_table", mistaken)
    file = tmp_path / "texts.txt"
    file.write_text("투싼\n", encoding="utf-8")
    assert main(["--kind", kind, "--file", str(file)]) == 2
    assert capsys.readouterr().err == "conf/car_types.csv, line 3: first_year is '20x6'\n"
