"""Serves a lake's Data Docs on this machine: `python -m expectations.docs --docs ROOT --port 8000`. A root in S3 is copied to a
temporary folder first, because a browser cannot open `s3://`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from expectations import storage


class DocsError(Exception):
    """The pages cannot be served; the message is a sentence for the user."""


def server(root: Path, port: int) -> ThreadingHTTPServer:
    """A server on the loopback address; port 0 takes a free one. Raises `DocsError`."""
    if not (root / "index.html").is_file():
        raise DocsError(f"There are no Data Docs in {root}: validate a day first (make validate, or make run).")
    handler = partial(SimpleHTTPRequestHandler, directory=str(root))
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        raise DocsError(
            f"Port {port} cannot be used ({error}): name another one with --port (make docs PORT=8001)."
        ) from error


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise DocsError(f"PORT: '{text}' is no port: write a number from 1 to 65535, for example PORT=8001.")
    return int(text)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m expectations.docs", description=__doc__)
    parser.add_argument("--docs", required=True, help="the folder or s3:// address of the pages, such as lake/docs")
    parser.add_argument("--port", default="8000")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            root = Path(given.docs)
            if storage.is_s3(given.docs):
                root = Path(folder)
                storage.download(given.docs.rstrip("/"), root)
            with server(root, _port(given.port)) as running:
                print(f"Data Docs: http://127.0.0.1:{running.server_port}/ (stop with Ctrl-C)", flush=True)  # noqa: T201
                running.serve_forever()
        except Exception as error:
            if not (isinstance(error, DocsError) or storage.is_trouble(error)):
                raise
            print(error, file=sys.stderr)  # noqa: T201
            return 1
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
