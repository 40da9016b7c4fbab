"""S3 as the crawl uses it: JSON objects and gzip lines at `s3://bucket/key`, and where each of them lies below the raw root."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# One retry mode for all AWS calls of the crawl: throttled calls wait and try again instead of costing a batch its results.
# Checking every parameter of a hundred puts costs as much as sending them; the shapes are ours and tested.
AWS = Config(
    retries={"mode": "adaptive", "max_attempts": 8}, connect_timeout=5, read_timeout=30, parameter_validation=False
)


@cache
def aws_client(service: str) -> Any:
    """One client of a service for each process: making it takes as long as ten pages, and a new one has no open connections."""
    return boto3.client(service, config=AWS)


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket or not key:
        raise ValueError(f"'{uri}' is not an address such as s3://bucket/key.")
    return bucket, key


class Store:
    """Reads and writes whole objects by their address."""

    def __init__(self, client: Any | None = None) -> None:
        self._s3 = client or aws_client("s3")

    def read(self, uri: str) -> bytes:
        bucket, key = split_uri(uri)
        body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def read_json(self, uri: str) -> Any:
        return json.loads(self.read(uri))

    def find_json(self, uri: str) -> Any:
        """What `read_json` gives, or None where there is no such object."""
        try:
            return self.read_json(uri)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
                raise
            return None

    def write(self, uri: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        bucket, key = split_uri(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)

    def write_json(self, uri: str, value: Any) -> None:
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        self.write(uri, body, "application/json")

    def names(self, uri_prefix: str) -> Iterator[tuple[str, Any]]:
        """Addresses below a prefix with the instant each was written."""
        bucket, prefix = split_uri(uri_prefix)
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield f"s3://{bucket}/{entry['Key']}", entry["LastModified"]


def gzip_lines(rows: list[dict[str, Any]]) -> bytes:
    """JSON Lines as one gzip member. Members may follow each other in one object, so results can grow by appending."""
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


@dataclass(frozen=True)
class Places:
    """Where the crawl of one source and day keeps its objects."""

    raw: str
    source: str
    dt: str
    run_id: str

    def _of(self, kind: str) -> str:
        return f"{self.raw.rstrip('/')}/{self.source}/{kind}/dt={self.dt}"

    def plan(self, mode: str, round_no: int) -> str:
        return f"{self._of('plans')}/{self.run_id}/{mode}-{round_no}.json"

    def batches(self, mode: str, round_no: int) -> str:
        return f"{self._of('plans')}/{self.run_id}/{mode}-{round_no}-batches.json"

    def latest_listing(self) -> str:
        """What the day's newest list of the shop said; healing goes on from it."""
        return f"{self._of('plans')}/listing.json"

    def offers(self, part: str) -> str:
        return f"{self._of('offers')}/run_id={self.run_id}/part-{part}.jsonl.gz"

    def sample(self, reason: str, name: str) -> str:
        return f"{self._of('samples')}/{reason}/{name}.html.gz"

    def samples(self) -> str:
        return self._of("samples") + "/"

    def summary(self) -> str:
        return f"{self._of('summary')}/{self.run_id}.json"

    def summaries(self, dt: str) -> str:
        return f"{self.raw.rstrip('/')}/{self.source}/summary/dt={dt}/"
