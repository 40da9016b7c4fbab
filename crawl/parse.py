"""Reads one saved page the way a worker would: `python -m crawl.parse --supplier partsro --file page.html`.

Prints one JSON object with the raw fields, or the named reason why the page is no offer (exit status 1).
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import re
import sys
import zlib
from pathlib import Path

from conf.settings import suppliers_folder
from conf.supplier import Supplier, SupplierError, load_suppliers
from crawl.answers import GZIP
from crawl.offer import PageError
from crawl.reading import read_bytes
from crawl.text import decode_page

_ADDRESS = re.compile(
    r"""<(?:link[^>]+rel=["']canonical["'][^>]+href|meta[^>]+property=["']og:url["'][^>]+content)=["'](https?://[^"']+)""",
    re.I,
)


def parse_saved(body: bytes, supplier: Supplier, url: str | None = None) -> dict[str, str | None]:
    """The raw fields of a page's bytes as they came, also of a kept sample's. Raises `PageError`."""
    if body.startswith(GZIP):
        body = gzip.decompress(body)
    address = url or _address(decode_page(body)) or supplier.base_url
    return {"source": supplier.id, "url": address, **read_bytes(body, None, address, supplier).__dict__}


def _address(text: str) -> str | None:
    """The address that the page itself gives, if it is one; the category is read from it."""
    found = _ADDRESS.search(text)
    return html.unescape(found.group(1)) if found else None


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="crawl.parse", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--supplier", required=True, help="the id of a file in the suppliers folder")
    parser.add_argument("--file", required=True, help="the saved page, bytes as they came")
    parser.add_argument("--url", help="the page's address, where it does not say it itself")
    parser.add_argument("--suppliers", type=Path, default=suppliers_folder(), help="folder of the supplier files")
    chosen = parser.parse_args(words)
    missing = next((name for name in ("supplier", "file") if not getattr(chosen, name)), None)
    if missing:
        print(f"{missing.upper()} is missing: SUPPLIER=partsro FILE=page.html, for example.", file=sys.stderr)
        return 2
    try:
        supplier = load_suppliers(chosen.suppliers, only=chosen.supplier)[chosen.supplier]
        offer = parse_saved(Path(chosen.file).read_bytes(), supplier, chosen.url)
    except (SupplierError, OSError, EOFError, zlib.error) as error:
        said = (
            error
            if isinstance(error, SupplierError)
            else f"FILE: '{chosen.file}' cannot be read: {getattr(error, 'strerror', None) or error}. Name a saved page."
        )
        print(said, file=sys.stderr)
        return 2
    except PageError as error:
        print(f"{error.reason}: {error.detail}", file=sys.stderr)
        return 1
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(json.dumps(offer, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
