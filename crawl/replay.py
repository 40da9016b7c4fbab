"""Reads the kept samples of failed pages again, to see what a mended parser makes of them: before and after, without asking the shop.

python -m crawl.replay --raw s3://bucket/raw --supplier partsro --dt 2026-11-23
python -m crawl.replay --folder samples/ --supplier partsro
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from conf.days import parse_day
from conf.settings import suppliers_folder
from conf.supplier import Supplier, SupplierError, load_suppliers
from crawl.offer import PageError
from crawl.reading import read_bytes
from crawl.reasons import Reason
from crawl.refusals import refuse_another
from crawl.samples import read_sample
from crawl.storage import Places, Store


class Replayed(NamedTuple):
    """One page's fate then and now; `now` is `success` or a reason."""

    url: str
    before: str
    now: str
    detail: str


def replay(packed_pages: Iterable[tuple[str, bytes]], supplier: Supplier) -> Iterator[Replayed]:
    """Every sample through today's parser; `packed_pages` are their places and bytes."""
    for place, packed in packed_pages:
        try:
            about, body = read_sample(packed)
        except ValueError as error:
            yield Replayed(place, "sample", "unreadable", str(error))
        else:
            yield _again(about, body, supplier)


def _again(about: dict[str, str], body: bytes, supplier: Supplier) -> Replayed:
    try:
        refuse_another(about["url"], body)
        fields = read_bytes(body, None, about["url"], supplier)
    except PageError as error:
        return Replayed(about["url"], about["reason"], error.reason.value, error.detail)
    except Exception as error:
        # As for a worker: what breaks the parser is kept as a sample, and must not hide the other ones.
        return Replayed(about["url"], about["reason"], Reason.PARSE_ERROR.value, f"{type(error).__name__}: {error}")
    found = ", ".join(f"{name}={text!r}" for name, text in fields.__dict__.items() if text)
    return Replayed(about["url"], about["reason"], "success", found)


def _from_s3(raw: str, source: str, dt: str) -> Iterator[tuple[str, bytes]]:
    if not raw.startswith("s3://"):
        raise ValueError(f"--raw: '{raw}' is no s3:// address: name a local copy with --folder.")
    store = Store()
    for uri, _ in store.names(Places(raw, source, parse_day(dt).isoformat(), "").samples()):
        yield uri, store.read(uri)


def _from_folder(folder: Path, source: str) -> Iterator[tuple[str, bytes]]:
    """The folder's samples; of a copy of the whole raw/ those of this supplier."""
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}.")
    own = folder / source / "samples"
    found = (own if own.is_dir() else folder).rglob("*.html.gz")
    yield from ((str(path), path.read_bytes()) for path in sorted(found))


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="crawl.replay", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--supplier", required=True)
    parser.add_argument("--raw", default="", help="the raw root in S3, with --dt")
    parser.add_argument("--dt", default="")
    parser.add_argument("--folder", type=Path, help="a local copy of the samples instead")
    parser.add_argument("--suppliers", type=Path, default=suppliers_folder())
    chosen = parser.parse_args(words)
    if not chosen.folder and not (chosen.raw and chosen.dt):
        parser.error("say --raw and --dt, or --folder")
    try:
        supplier = load_suppliers(chosen.suppliers, only=chosen.supplier)[chosen.supplier]
        pages = (
            _from_folder(chosen.folder, supplier.id) if chosen.folder else _from_s3(chosen.raw, supplier.id, chosen.dt)
        )
        results = list(replay(pages, supplier))
    except (SupplierError, ClientError, BotoCoreError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    for each in results:
        print(f"{each.before} -> {each.now}\t{each.url}\t{each.detail}")
    mended = sum(each.now == "success" for each in results)
    print(f"{len(results)} samples: {mended} are read now, {len(results) - mended} still fail.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
