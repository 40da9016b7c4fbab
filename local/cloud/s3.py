"""Keeps what S3 holds on disk: every object is a plain file at `<bucket>/<key>`, written before S3 says that it has it."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from moto.s3.models import S3Backend, s3_backends
from moto.s3.responses import S3Response

from local.cloud.settings import ACCOUNT, REGION

UNFINISHED = ".unfinished"


def install(folder: Path) -> None:
    """Loads what is on disk and writes through from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    _load(folder, s3_backends[ACCOUNT]["aws"])
    _write_through(folder)
    _make_conditions_atomic()


def _load(folder: Path, backend: S3Backend) -> None:
    for bucket in sorted(path for path in folder.iterdir() if path.is_dir()):
        backend.create_bucket(bucket.name, REGION)
        for file in sorted(path for path in bucket.rglob("*") if path.is_file()):
            if file.name.endswith(UNFINISHED):
                file.unlink()
                continue
            key = backend.put_object(bucket.name, file.relative_to(bucket).as_posix(), file.read_bytes())
            key.last_modified = datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None)


def _write_through(folder: Path) -> None:
    create, put, copy, delete = (
        S3Backend.create_bucket, S3Backend.put_object, S3Backend.copy_object, S3Backend.delete_object,
    )  # fmt: skip

    def create_bucket(self: Any, bucket_name: str, *rest: Any, **named: Any) -> Any:
        made = create(self, bucket_name, *rest, **named)
        (folder / bucket_name).mkdir(exist_ok=True)
        return made

    def put_object(self: Any, bucket_name: str, key_name: str, value: bytes, *rest: Any, **named: Any) -> Any:
        _save(folder / bucket_name, key_name, value)
        return put(self, bucket_name, key_name, value, *rest, **named)

    def copy_object(
        self: Any, src_key: Any, dest_bucket_name: str, dest_key_name: str, *rest: Any, **named: Any
    ) -> Any:
        _save(folder / dest_bucket_name, dest_key_name, src_key.value)
        return copy(self, src_key, dest_bucket_name, dest_key_name, *rest, **named)

    def delete_object(self: Any, bucket_name: str, key_name: str, *rest: Any, **named: Any) -> Any:
        answer = delete(self, bucket_name, key_name, *rest, **named)
        _remove(folder / bucket_name, key_name)
        return answer

    S3Backend.create_bucket, S3Backend.put_object = create_bucket, put_object
    S3Backend.copy_object, S3Backend.delete_object = copy_object, delete_object


def _make_conditions_atomic() -> None:
    """`If-None-Match: *` looks and then writes; Delta's commits count on nobody writing in between."""
    locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
    S3Response.put_object = _one_at_a_time(S3Response.put_object, locks)


def _one_at_a_time(method: Callable[..., Any], locks: dict[str, threading.Lock]) -> Callable[..., Any]:
    def put_object(self: Any) -> Any:
        if not (self.headers.get("If-None-Match") or self.headers.get("If-Match")):
            return method(self)
        with locks[self.bucket_name]:
            return method(self)

    return put_object


def _save(bucket: Path, key: str, value: bytes) -> None:
    """The whole file or the old one, whenever this process is killed. A key like `folder/` has no file of its own."""
    if key.endswith("/"):
        return
    file = bucket / key
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{uuid4().hex}{UNFINISHED}")
    unfinished.write_bytes(value)
    unfinished.replace(file)


def _remove(bucket: Path, key: str) -> None:
    file = bucket / key
    if not file.is_file():
        return
    file.unlink()
    for folder in file.parents:
        if folder == bucket:
            return
        try:
            os.rmdir(folder)  # noqa: PTH106
        except OSError:
            return
