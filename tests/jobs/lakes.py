"""Small lakes for the jobs: raw pages in, the rows of every table out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

from deltalake import DeltaTable

from conf.lake import Lake

DAY = "2026-11-23"
TABLES = {
    "offers": "clean/offers", "rejected": "clean/rejected", "unmatched": "mart/unmatched_car_texts", "aside": "mart/price_set_aside",
    "bands": "mart/part_price_band", "names": "mart/part_no_canonical_name", "summary": "mart/name_price_summary",
    "changes": "mart/price_changes",
}  # fmt: skip
Line = dict[str, Any] | str


def page(number: int, source: str = "partsro", dt: str = DAY, **fields: Any) -> dict[str, Any]:
    """A page that gives a clean offer, unless `fields` say otherwise."""
    return {
        "source": source, "url": f"https://{source}.example/product/{number}", "dt": dt, "run_id": "r1", "attempt": 1,
        "fetched_at": f"{dt}T00:00:00+00:00", "category": "엔진", "name": f"필터 {number}", "official_name": f"필터 {number}",
        "part_no": f"27410{number:05d}", "price_text": "12,000원", "applicable_text": "그랜저 IG",
    } | fields  # fmt: skip


def put(root: Path, dt: str, lines: list[Line], *, files: int = 1, seed: int | None = None) -> None:
    """The raw day: lines without a shop of their own are partsro's. With a seed they come in another order."""
    by_source: dict[str, list[str]] = {}
    for line in lines:
        text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
        source = "partsro" if isinstance(line, str) else line["source"]
        by_source.setdefault("hyunki_store" if source == "hyunki_store" else "partsro", []).append(text)
    for source, texts in by_source.items():
        if seed is not None:
            Random(seed).shuffle(texts)  # noqa: S311
        folder = root / "raw" / source / "offers" / f"dt={dt}" / "run_id=r1"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for number in range(files):
            with gzip.open(folder / f"part-{number}.jsonl.gz", "wt", encoding="utf-8") as file:
                file.writelines(f"{text}\n" for text in texts[number::files])


def rows(lake: Lake, table: str, **equal: Any) -> list[dict[str, Any]]:
    root = lake.clean.removesuffix("/clean")
    found = DeltaTable(f"{root}/{TABLES[table]}").to_pyarrow_table().to_pylist()
    return [row for row in found if all(row[name] == value for name, value in equal.items())]


def everything(lake: Lake) -> dict[str, list[str]]:
    """Every row of every table, in an order of its own."""
    return {name: sorted(repr(sorted(row.items())) for row in rows(lake, name)) for name in TABLES}
