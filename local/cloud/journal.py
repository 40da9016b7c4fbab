"""A file of JSON lines that is only ever appended to; a line cut off by kill -9 counts as never written."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# Marks what JSON cannot hold.
BYTES = "$bytes"


class Journal:
    """One file. The caller sees to it that only one thread writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self.torn = False

    def read(self) -> Iterator[dict[str, Any]]:
        """The entries in order. Without a newline at its end, the last one is incomplete (`torn`) and left out."""
        with self._path.open("rb") as lines:
            for line in lines:
                self.torn = not line.endswith(b"\n")
                if not self.torn:
                    yield json.loads(line, object_hook=_bytes_back if BYTES.encode() in line else None)

    def append(self, entry: dict[str, Any]) -> None:
        """Writes an entry. When this returns, kill -9 cannot undo it; when it raises, nothing was written."""
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        size, rest = os.fstat(self._file).st_size, memoryview(_line(entry))
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, size)
            raise

    def rewrite(self, entries: Iterable[dict[str, Any]]) -> None:
        """Replaces everything, or leaves everything as it was."""
        unfinished = self._path.with_suffix(".new")
        with unfinished.open("wb") as file:
            file.writelines(map(_line, entries))
        self.close()
        unfinished.replace(self._path)

    def delete(self) -> None:
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"), default=_as_text).encode() + b"\n"


def _as_text(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {BYTES: base64.b64encode(value).decode("ascii")}
    raise TypeError(f"{value!r} has no place in a journal")


def _bytes_back(value: dict[str, Any]) -> Any:
    return base64.b64decode(value[BYTES]) if value.keys() == {BYTES} else value
