"""Reads one saved page the way a worker would: `python -m crawl.parse --supplier partsro --file page.html`.

Prints one JSON object with the raw fields, or the named reason why the page is no offer (exit status 1).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from conf.settings import suppliers_folder
from conf.supplier import Supplier, SupplierError, load_suppliers
from crawl import cafe24
from crawl.offer import PageError
from crawl.text import decode_page

_ADDRESS = re.compile(
    r"""<(?:link[^>]+rel=["']canonical["'][^>]+href|meta[^>]+property=["']og:url["'][^>]+content)=["']([^"']+)""", re.I
)


def parse_saved(body: bytes, supplier: Supplier, url: str | None = None) -> dict[str, str | None]:
    """The raw fields of a page's bytes as they came. Raises `PageError`."""
    text = decode_page(body)
    address = url or _address(text) or supplier.base_url
    return {"source": supplier.id, "url": address, **cafe24.read_page(text, address, supplier).__dict__}


def _address(text: str) -> str | None:
    """The address that the page itself gives; the category is read from it."""
    found = _ADDRESS.search(text)
    return found.group(1) if found else None


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="crawl.parse", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--supplier", required=True, help="the id of a file in the suppliers folder")
    parser.add_argument("--file", required=True, type=Path, help="the saved page, bytes as they came")
    parser.add_argument("--url", help="the page's address, where it does not say it itself")
    parser.add_argument("--suppliers", type=Path, default=suppliers_folder(), help="folder of the supplier files")
    chosen = parser.parse_args(words)
    try:
        supplier = load_suppliers(chosen.suppliers, only=chosen.supplier)[chosen.supplier]
        offer = parse_saved(chosen.file.read_bytes(), supplier, chosen.url)
    except (SupplierError, OSError) as error:
        print(error if isinstance(error, SupplierError) else f"{chosen.file}: {error.strerror}.", file=sys.stderr)
        return 2
    except PageError as error:
        print(f"{error.reason}: {error.detail}", file=sys.stderr)
        return 1
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(json.dumps(offer, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
