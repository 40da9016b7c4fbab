"""Writes and removes plain files of the lake, in a folder or in S3, for what is not a table: pages and the CSV copy."""

from __future__ import annotations

import mimetypes
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from expectations.tables import Options


class StorageError(OSError):
    """S3 did not answer, or did not let us; the message says what could not be done."""


def client(options: Options) -> Any:
    """An S3 client. Options are delta-rs' own names, which a worker has from its Connection; else the environment's."""
    return _client(tuple(sorted(options.items()))) if options else _client.__wrapped__(())


@lru_cache(maxsize=4)
def _client(options: tuple[tuple[str, str], ...]) -> Any:
    """Kept for as long as the keys are the same: to make one takes longer than to read a file with it."""
    import boto3

    given = {name.upper().removeprefix("AWS_"): value for name, value in options}
    return boto3.client(
        "s3",
        endpoint_url=given.get("ENDPOINT_URL") or given.get("ENDPOINT"),
        aws_access_key_id=given.get("ACCESS_KEY_ID"),
        aws_secret_access_key=given.get("SECRET_ACCESS_KEY"),
        aws_session_token=given.get("SESSION_TOKEN"),
        region_name=given.get("REGION") or given.get("DEFAULT_REGION"),
    )


def is_trouble(error: Exception) -> bool:
    """Whether an error is the disk's or S3's: somebody at a terminal is told it in a sentence."""
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] in ("boto3", "botocore", "s3transfer")


@contextmanager
def _told(what: str) -> Iterator[None]:
    """S3's own errors name neither the bucket nor the file."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) or not is_trouble(error):
            raise
        raise StorageError(f"{what}: {error}") from error


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an `s3://` address."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def is_s3(uri: str) -> bool:
    return uri.startswith("s3://")


def write(uri: str, content: bytes, options: Options = None) -> None:
    """Writes a file so that a reader sees the old one or the new one, never half."""
    if is_s3(uri):
        bucket, key = split(uri)
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        text = kind.startswith("text/") or kind == "application/json"
        with _told(f"{uri} cannot be written"):
            client(options).put_object(
                Bucket=bucket, Key=key, Body=content, ContentType=f"{kind}; charset=utf-8" if text else kind
            )
        return
    path = Path(uri)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def upload(folder: Path, uri: str, options: Options = None) -> None:
    """Copies a folder of pages to the lake, its index last: who sees the index finds every page it links."""
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda p: p == folder / "index.html")
    for path in files:
        write(f"{uri}/{path.relative_to(folder).as_posix()}", path.read_bytes(), options)


def under(uri: str, options: Options = None) -> list[str]:
    """The files below a folder, sorted."""
    if is_s3(uri):
        bucket, prefix = split(uri)
        with _told(f"{uri} cannot be listed"):
            pages = client(options).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
            return sorted(f"s3://{bucket}/{item['Key']}" for page in pages for item in page.get("Contents", []))
    return sorted(str(path) for path in Path(uri).rglob("*") if path.is_file())


def folders(uri: str, options: Options = None) -> list[str]:
    """The names of the folders right below one, sorted."""
    if is_s3(uri):
        bucket, prefix = split(uri)
        with _told(f"{uri} cannot be listed"):
            pages = client(options).get_paginator("list_objects_v2")
            found = pages.paginate(Bucket=bucket, Prefix=f"{prefix}/", Delimiter="/")
            return sorted(
                item["Prefix"].rstrip("/").rpartition("/")[2]
                for page in found
                for item in page.get("CommonPrefixes", [])
            )
    return sorted(path.name for path in Path(uri).iterdir() if path.is_dir()) if Path(uri).is_dir() else []


def read(uri: str, options: Options = None) -> bytes:
    if is_s3(uri):
        bucket, key = split(uri)
        with _told(f"{uri} cannot be read"):
            content: bytes = client(options).get_object(Bucket=bucket, Key=key)["Body"].read()
        return content
    return Path(uri).read_bytes()


def remove(uri: str, options: Options = None) -> list[str]:
    """Removes a folder with what is in it, or one file. Returns what was removed; nothing there is nothing to do."""
    if is_s3(uri):
        bucket, _ = split(uri)
        s3 = client(options)
        with _told(f"{uri} cannot be removed"):
            gone = [file for file in {*under(uri, options), uri} if _exists(s3, *split(file))]
            for file in gone:
                s3.delete_object(Bucket=bucket, Key=split(file)[1])
        return sorted(gone)
    path = Path(uri)
    if path.is_file():
        path.unlink()
        return [uri]
    if not path.is_dir():
        return []
    gone = under(uri)
    shutil.rmtree(path)
    return gone or [uri]


def _exists(s3: Any, bucket: str, key: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True


def download(uri: str, folder: Path, options: Options = None) -> int:
    """Copies what is below an `s3://` folder to a local one. Returns how many files."""
    files = under(uri, options)
    for file in files:
        target = folder / file.removeprefix(f"{uri}/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(read(file, options))
    return len(files)
