"""Builds the reference day as raw offers: 242,864 pages of three shops in the proportions of a real day, about 725,000 rows
once car lists are split, over 20,000 distinct car texts. Deterministic, so that every engine reads the same bytes.
"""

from __future__ import annotations

import gzip
import json
import re
from datetime import date, timedelta
from pathlib import Path
from random import Random

from local.shops.cars import all_cars, write_cars
from local.shops.catalogue import Shop

PAGES = {"partsro": 48_744, "hyunki_store": 139_999, "hyunki_market": 54_121}
CAR_TEXTS = 21_000
PAGES_A_FILE = 5_000
FIRST_DAY = date(2026, 11, 1)


def days(count: int) -> list[str]:
    return [(FIRST_DAY + timedelta(days=number)).isoformat() for number in range(count)]


def build(root: Path, dt: str, pages: dict[str, int] | None = None) -> int:
    """Writes one day below `root/raw` and returns its pages."""
    texts = car_texts()
    wanted = pages or PAGES
    for source, count in wanted.items():
        _write_shop(root, Shop(source, dt, count, False), texts)
    return sum(wanted.values())


def build_days(root: Path, count: int, pages: dict[str, int] | None = None) -> list[str]:
    """Writes that many days: the first as `build` makes it, the others from it, with 3 in 100 prices a tenth higher."""
    wanted = days(count)
    build(root, wanted[0], pages)
    for source in pages or PAGES:
        offers = root / "raw" / source / "offers"
        for file in (offers / f"dt={wanted[0]}" / "run_id=bench").iterdir():
            lines = gzip.decompress(file.read_bytes()).decode().splitlines()
            for number, dt in enumerate(wanted[1:]):
                later = offers / f"dt={dt}" / "run_id=bench" / file.name
                later.parent.mkdir(parents=True, exist_ok=True)
                _write(later, [_next_day(line, place, number, wanted[0], dt) for place, line in enumerate(lines)])
    return wanted


def _next_day(line: str, place: int, number: int, first: str, dt: str) -> str:
    moved = line.replace(first, dt)
    if place % 33 > number:
        return moved
    return _PLAIN_PRICE.sub(lambda found: f'"price_text": "{int(found[1].replace(",", "")) * 11 // 10:,}원"', moved)


_PLAIN_PRICE = re.compile(r'"price_text": "([0-9,]+)원"')


def car_texts() -> list[str | None]:
    """Cells of one to eight cars, as the shops write them."""
    dice = Random("car texts")  # noqa: S311
    cells = []
    for number in range(CAR_TEXTS):
        count = dice.choices((1, 2, 3, 4, 6, 8), (18, 26, 24, 14, 11, 7))[0]
        lines = write_cars(tuple(dice.sample(all_cars(), count)), dice, tuple(PAGES)[number % 3]).lines
        cells.append("\n".join(lines) or None)
    return cells


def _write_shop(root: Path, shop: Shop, texts: list[str | None]) -> None:
    folder = root / "raw" / shop.source / "offers" / f"dt={shop.dt}" / "run_id=bench"
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for number, product in enumerate(shop):
        dice = Random(product.part_numbers[0])  # noqa: S311  # a part fits the same cars wherever it is sold
        offer = product.offer._asdict() | {"applicable_text": dice.choice(texts)}
        page = {
            "source": shop.source, "url": f"https://{shop.source}.example{product.paths[0]}", "dt": shop.dt, "run_id": "bench",
            "attempt": 1, "fetched_at": f"{shop.dt}T00:00:00+00:00", **offer,
        }  # fmt: skip
        lines.append(json.dumps(page, ensure_ascii=False))
        if len(lines) == PAGES_A_FILE:
            _write(folder / f"part-{number // PAGES_A_FILE:05d}.jsonl.gz", lines)
    if lines:
        _write(folder / "part-last.jsonl.gz", lines)


def _write(path: Path, lines: list[str]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        file.write("\n".join(lines) + "\n")
    lines.clear()
