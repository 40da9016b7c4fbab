"""S3 objects as plain files: `<folder>/<bucket>/<key>`, written before the request is answered and read when asked for.

What a file cannot hold (content type, metadata, tags) is forgotten at the end of the process. Versioning is not kept.
"""

from __future__ import annotations

import hashlib
import itertools
import mimetypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.exceptions import InvalidArgumentError
from moto.s3.models import FakeBucket, FakeKey, S3Backend, s3_backends
from moto.s3.responses import S3Response
from moto.s3.utils import _VersionedKeyStore

from local.cloud.settings import REGION
from local.errors import logging_storage_errors

# Stands for a part of a key that no file system takes as a name: nothing at all, `.` or `..`.
MARK = "\N{SYMBOL FOR NULL}"
_numbers = itertools.count()


class FileContent:
    """What `FakeKey` needs of its buffer, on a file that is opened for each use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def seek(self, position: int) -> None:
        self._at = position

    def read(self, size: int = -1) -> bytes:
        with self._path.open("rb") as file:
            file.seek(self._at)
            content = file.read(size)
            self._at = file.tell()
            return content

    def close(self) -> None:
        """Nothing is open between two uses."""


class StoredKey(FakeKey):  # type: ignore[misc]
    """An object found on disk: its content is not read before somebody asks for it."""

    def __init__(self, name: str, bucket: str, path: Path) -> None:
        super().__init__(name, b"", DEFAULT_ACCOUNT_ID, REGION, bucket_name=bucket, version_id="null")
        found = path.stat()
        # An ETag need not be a checksum, and to make one every file would have to be read.
        self._etag = hashlib.md5(f"{found.st_mtime_ns} {found.st_size}".encode(), usedforsecurity=False).hexdigest()
        self.last_modified = datetime.fromtimestamp(found.st_mtime, UTC).replace(tzinfo=None)
        self._metadata["Content-Type"] = mimetypes.guess_type(name)[0] or "binary/octet-stream"
        self.contentsize = found.st_size
        put_on_disk(self, path)


def put_on_disk(key: FakeKey, path: Path) -> None:
    """From now on the content of the object is that of the file."""
    with key.lock:
        key._value_buffer.close()
        key._value_buffer = FileContent(path)


class DiskKeys(_VersionedKeyStore):  # type: ignore[misc]
    """The keys of one bucket; what becomes or stops being a key's object does so on disk first."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        super().__init__()
        self._folder, self._scratch, self._lock = folder, scratch, threading.RLock()
        folder.mkdir(parents=True, exist_ok=True)
        for path, name in _files(folder):
            dict.__setitem__(self, name, [StoredKey(name, folder.name, path)])

    def setlist(self, key: str, list_: Any) -> None:
        versions = list_ if isinstance(list_, list) else [list_]
        newest, path = versions[-1], path_of(self._folder, key)
        unfinished = self._scratch / str(next(_numbers))
        try:
            with logging_storage_errors(self._folder):
                unfinished.write_bytes(newest.value)
            str(newest.etag)  # worked out now, while the content is in memory
            with self._lock:
                self._keep_for_readers(key)
                path.parent.mkdir(parents=True, exist_ok=True)
                unfinished.replace(path)
                super().setlist(key, versions)
                put_on_disk(newest, path)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            text = "Here a key cannot be both an object and the folder of other objects."
            raise InvalidArgumentError(text, "key", key) from error
        finally:
            unfinished.unlink(missing_ok=True)

    def pop(self, key: str) -> None:
        path = path_of(self._folder, key)
        with self._lock:
            self._keep_for_readers(key)
            path.unlink(missing_ok=True)
            _remove_empty(path.parent, self._folder)
            super().pop(key)

    def _keep_for_readers(self, key: str) -> None:
        """An object that is about to lose its file takes its content with it, for those who are half-way through it."""
        for version in self.getlist(key, []):
            if isinstance(version, FakeKey) and isinstance(version._value_buffer, FileContent):
                with version.lock, suppress(FileNotFoundError):
                    version._value_buffer.seek(0)
                    version._value_buffer = BytesIO(version._value_buffer.read())


def path_of(folder: Path, key: str) -> Path:
    """The file of a key: the same path, except for parts that are no file names."""
    if MARK in key:
        raise InvalidArgumentError(f"Here a key cannot contain {MARK}.", "key", key)
    return folder.joinpath(*(MARK + part if part in ("", ".", "..") else part for part in key.split("/")))


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            parts = path.relative_to(folder).parts
            yield path, "/".join(part.removeprefix(MARK) for part in parts)


def _remove_empty(folder: Path, top: Path) -> None:
    with suppress(OSError):  # not empty, or gone already
        while folder != top:
            folder.rmdir()
            folder = folder.parent


class Locks:
    """A lock for each object (strictly, for each of 256 groups of them)."""

    def __init__(self) -> None:
        self._locks = [threading.RLock() for _ in range(256)]

    @contextmanager
    def of(self, bucket: str, key: str) -> Iterator[None]:
        with self._locks[hash((bucket, key)) % len(self._locks)]:
            yield


def install(folder: Path) -> None:
    """Has moto's S3 keep its objects in a folder, and finds what is there."""
    scratch = folder.parent / "s3.unfinished"
    scratch.mkdir(parents=True, exist_ok=True)
    for left_over in scratch.iterdir():
        left_over.unlink()
    make_bucket: Callable[..., None] = FakeBucket.__init__

    def init(bucket: FakeBucket, name: str, *arguments: Any, **options: Any) -> None:
        make_bucket(bucket, name, *arguments, **options)
        bucket.keys = DiskKeys(folder / name, scratch)

    FakeBucket.__init__ = init
    _remove_folder_with_bucket(folder)
    _isolate_conditional_writes()
    folder.mkdir(parents=True, exist_ok=True)
    for place in sorted(folder.iterdir()):
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(place.name, REGION)


def _remove_folder_with_bucket(folder: Path) -> None:
    delete: Callable[..., Any] = S3Backend.delete_bucket

    def delete_bucket(backend: S3Backend, bucket_name: str) -> Any:
        deleted = delete(backend, bucket_name)
        if deleted:
            with suppress(FileNotFoundError):
                (folder / bucket_name).rmdir()
        return deleted

    S3Backend.delete_bucket = delete_bucket


def _isolate_conditional_writes() -> None:
    """moto looks at `If-None-Match` and then writes, without a lock: two committers of a Delta table could both win."""
    locks = Locks()

    def isolated(method: Callable[..., Any]) -> Callable[..., Any]:
        def run(response: S3Response, *arguments: Any, **options: Any) -> Any:
            with locks.of(response.bucket_name, response.parse_key_name()):
                return method(response, *arguments, **options)

        return run

    for name in ("put_object", "copy_object", "delete_object", "_key_response_post"):
        setattr(S3Response, name, isolated(getattr(S3Response, name)))
