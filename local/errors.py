"""What goes wrong on a laptop, told in one sentence each, so that the terminal shows the sentence and no traceback.

LocalCloudError
├── ChildError           a helper process did not start, or ended before its time
└── StateError           the state folder cannot be written: full disk, missing permission
"""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "this user may not write there",
    errno.EPERM: "this user may not write there",
    errno.EROFS: "the file system is read-only",
    errno.EEXIST: "something else has that name",
    errno.ENOTDIR: "something else has that name",
}
REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EEXIST: "move it away",
    errno.ENOTDIR: "move it away",
}
ENOUGH_BYTES = 200 * 1024 * 1024


class LocalCloudError(Exception):
    """The local cloud cannot do what was asked; the message is meant for the user."""


class ChildError(LocalCloudError):
    """A helper process did not start, or ended before its time."""


class StateError(LocalCloudError):
    """The state folder cannot be written."""


def storage_sentence(error: OSError, path: Path) -> str:
    """Why a path cannot be written, and what to do about it."""
    why = REASONS.get(error.errno or 0, error.strerror or str(error))
    todo = REMEDIES.get(error.errno or 0, "see to its disk, its owner and its permissions")
    return f"Cannot write to {path}: {why}. Please {todo}, then run the same command again."


@contextmanager
def telling_storage_errors(path: Path) -> Iterator[None]:
    """Turns an `OSError` about the state folder into a sentence; any other error passes."""
    try:
        yield
    except OSError as error:
        if error.errno not in REASONS:
            raise
        raise StateError(storage_sentence(error, path)) from error


@contextmanager
def logging_storage_errors(path: Path) -> Iterator[None]:
    """For a server: its client only reads `InternalServerError`, so the sentence goes into the log; the error passes."""
    try:
        yield
    except OSError as error:
        if error.errno in REASONS:
            logging.getLogger(__name__).error("%s", storage_sentence(error, path))
        raise


def require_writable(folder: Path, needed: int = ENOUGH_BYTES) -> None:
    """Makes the folder, writes into it and asks for some free space, before anything half-done is left behind."""
    with telling_storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_bytes(b"x")
        probe.unlink()
    if not has_free(folder, needed):
        raise StateError(
            f"Only {shutil.disk_usage(folder).free // 1024**2} MB are free on the disk of {folder}; "
            f"{needed // 1024**2} MB are needed. Please free some space, then run the same command again."
        )


def has_free(folder: Path, needed: int) -> bool:
    """Whether the disk of a folder has so many bytes left for this user."""
    return shutil.disk_usage(folder).free >= needed
