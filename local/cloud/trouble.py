"""Remembers why the server could not keep something, so that the user reads a sentence and not `InternalServerError`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.errors import REASONS, storage_sentence

LOG = logging.getLogger(__name__)
_sentences: list[str] = []


@contextmanager
def noting_trouble(path: Path) -> Iterator[None]:
    """An `OSError` about storage goes on to the client as a failure of the service; its sentence stays here."""
    try:
        yield
    except OSError as error:
        if error.errno in REASONS:
            _sentences.append(storage_sentence(error, path))
            LOG.error("%s", _sentences[-1])
        raise


def last_trouble(asked: dict[str, str]) -> str:
    """The latest sentence, or nothing."""
    return _sentences[-1] if _sentences else ""
