"""`make read`: how the parsers read each line of a file, one JSON object a line with `text` first.

A line with several cars has the first one's fields at the top and all of them in `cars`; one with several part numbers
likewise in `parts`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conf.tables import TableError
from transforms.car_table import car_table
from transforms.cars import Match, read_cell
from transforms.part_numbers import read_part_numbers
from transforms.prices import bounds, read_price


def car(text: str) -> dict[str, Any]:
    readings = read_cell(text)
    several = {"cars": [_car_fields(reading) for reading in readings]} if len(readings) > 1 else {}
    return _car_fields(readings[0]) | several


def _car_fields(reading: Any) -> dict[str, Any]:
    fields: dict[str, Any] = reading._asdict()
    first, last = fields.pop("first_year"), fields.pop("last_year")
    fields["years"] = None if (first, last) == (None, None) else [first, last]
    order = ("car_type", "car_type_match", "model", "generation_code", "powertrain", "years", "brand", "car_text")
    return {name: fields[name] for name in order}


def part_no(text: str) -> dict[str, Any]:
    found = read_part_numbers(text)
    parts = [part._asdict() for part in found.parts]
    first = parts[0] if parts else {"part_no": None, "quantity": None, "superseded_by": None}
    several = {"parts": parts} if len(parts) > 1 else {}
    return first | {"replaced": list(found.replaced), "reason": found.reason} | several


def price(text: str) -> dict[str, Any]:
    return read_price(text)._asdict()


READERS: dict[str, Callable[[str], dict[str, Any]]] = {"car": car, "part_no": part_no, "price": price}


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="How a parser reads each line of a file.")
    parser.add_argument("--kind", required=True, help="car, part_no or price")
    parser.add_argument("--file", required=True, help="UTF-8 text, one text a line")
    given = parser.parse_args(words)
    if given.kind not in READERS:
        return _sorry(f"KIND: '{given.kind}' is none of {', '.join(READERS)}.")
    if not given.file:
        return _sorry("FILE is missing: name a file of texts, one a line, for example FILE=texts.txt.")
    try:
        content = Path(given.file).read_bytes()
        lines = re.split("\r\n|\r|\n", content.decode("utf-8-sig"))
    except OSError as error:
        return _sorry(f"FILE: '{given.file}' cannot be read: {error.strerror}. Name a file of texts, one a line.")
    except UnicodeDecodeError as error:
        now = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "cp949"
        return _sorry(
            f"FILE: '{given.file}' is no UTF-8 text: {error}. Another encoding? iconv -f {now} -t utf-8 changes it."
        )
    if lines[-1] == "":
        lines.pop()
    if not lines:
        _sorry(f"FILE: '{given.file}' is empty: one text a line is expected.")
    try:
        car_table(), bounds()
    except TableError as error:
        return _sorry(str(error))
    read = [{"text": text} | READERS[given.kind](text) for text in lines]
    sys.stdout.buffer.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in read).encode())
    if given.kind == "car":
        _say_where_to_add(read)
    return 0


def _say_where_to_add(read: list[dict[str, Any]]) -> None:
    unmatched = sum(any(car["car_type_match"] == Match.UNMATCHED for car in row.get("cars", [row])) for row in read)
    if unmatched:
        print(  # noqa: T201
            f"{unmatched} of {len(read)} texts have something unmatched: spellings, codes and editions go into conf/car_aliases.csv,"
            " cars of other makers into conf/car_other_brands.csv.",
            file=sys.stderr,
        )


def _sorry(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main())
