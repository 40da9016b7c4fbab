"""Folders of a lake, on disk or in S3, and the paths that Spark is given for them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

_LINKS: list[tempfile.TemporaryDirectory[str]] = []


def folders(root: str) -> list[str]:
    """The names of the folders right below `root`, in order; none if it does not exist."""
    if "://" in root:
        return sorted(_s3_folders(root))
    here = Path(root)
    return sorted(child.name for child in here.iterdir() if child.is_dir()) if here.is_dir() else []


def has_files(root: str, suffix: str) -> bool:
    """Whether a file below `root`, at any depth, has this ending."""
    if "://" in root:
        return any(key.endswith(suffix) for key in _s3_keys(root))
    return any(path.is_file() for path in Path(root).rglob(f"*{suffix}"))


def remove(root: str) -> None:
    """Removes a folder and all that is in it; one that is not there is no error."""
    if "://" not in root:
        shutil.rmtree(root, ignore_errors=True)
        return
    client, bucket, _ = _s3(root)
    for key in list(_s3_keys(root)):
        client.delete_object(Bucket=bucket, Key=key)


def engine_path(path: str) -> str:
    """The path as it is handed to Spark: absolute, since a Spark Connect server has a folder of its own.

    Sail writes a table of `a b/offers` to a new folder `a%20b/offers`, and JVM Spark takes `run[1]` for a pattern; such a folder
    goes by a link with a plain name.
    """
    if "://" in path:
        return path
    table = Path(path).absolute()
    if _is_plain(str(table)):
        return str(table)
    if _is_plain(table.name):
        return str(Path(_link_to(table.parent), table.name))
    return _link_to(table)


def _is_plain(path: str) -> bool:
    return quote(path, safe="/=") == path


@cache
def _link_to(folder: Path) -> str:
    """A link that lasts as long as this process."""
    folder.mkdir(parents=True, exist_ok=True)
    here = tempfile.TemporaryDirectory(prefix="lake-")
    _LINKS.append(here)
    link = Path(here.name, "lake")
    link.symlink_to(folder, target_is_directory=True)
    return str(link)


def _s3(root: str) -> tuple[Any, str, str]:
    import boto3  # a lake on disk does without it, and it takes half a second

    address = urlsplit(root)
    return boto3.client("s3"), address.netloc, f"{address.path.strip('/')}/".lstrip("/")


def _s3_folders(root: str) -> Iterator[str]:
    client, bucket, prefix = _s3(root)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
        for found in page.get("CommonPrefixes", ()):
            yield found["Prefix"].removeprefix(prefix).strip("/")


def _s3_keys(root: str) -> Iterator[str]:
    client, bucket, prefix = _s3(root)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            yield found["Key"]
