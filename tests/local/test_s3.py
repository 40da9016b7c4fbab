"""S3 with its contents on disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.local.support import Aws

MB = 1024 * 1024


@pytest.fixture
def bucket(aws: Aws) -> str:
    return aws.bucket()


def read(aws: Aws, bucket: str, key: str) -> bytes:
    body: bytes = aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


@pytest.mark.parametrize(
    "key",
    ["plain.txt", "raw/파츠로/dt=2026-11-23/run_id=1/part-0.jsonl.gz", "with space/a+b&c=d%20e#?.txt", "t/dt%3D1/x"],
)
def test_object_is_a_plain_file(aws: Aws, bucket: str, key: str) -> None:
    aws.s3.put_object(Bucket=bucket, Key=key, Body="가격".encode())
    assert aws.cloud.object_path(f"s3://{bucket}/{key}").read_text(encoding="utf-8") == "가격"
    assert read(aws, bucket, key).decode() == "가격"
    assert [entry["Key"] for entry in aws.s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    aws.s3.delete_object(Bucket=bucket, Key=key)
    assert list(aws.cloud.object_path(f"s3://{bucket}").iterdir()) == []


@pytest.mark.parametrize("key", ["folder/", "a//b", "../../escape", "./x"])
def test_key_that_is_no_file_name(aws: Aws, bucket: str, key: str) -> None:
    """boto3 tidies some of these up before it sends them; whatever arrives stays below the bucket."""
    aws.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    (entry,) = aws.s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert read(aws, bucket, entry["Key"]) == b"1"
    assert len([path for path in aws.cloud.object_path(f"s3://{bucket}").rglob("*") if path.is_file()]) == 1


def test_key_cannot_be_an_object_and_a_folder(aws: Aws, bucket: str) -> None:
    aws.s3.put_object(Bucket=bucket, Key="a/b", Body=b"1")
    for key in ("a", "a/b/c"):
        with pytest.raises(ClientError, match="both an object and the folder"):
            aws.s3.put_object(Bucket=bucket, Key=key, Body=b"2")
    assert read(aws, bucket, "a/b") == b"1"


def test_overwriting_and_ranges(aws: Aws, bucket: str) -> None:
    for body in (b"long content", b"short"):
        aws.s3.put_object(Bucket=bucket, Key="k", Body=body)
        assert read(aws, bucket, "k") == body
    assert aws.s3.get_object(Bucket=bucket, Key="k", Range="bytes=1-2")["Body"].read() == b"ho"


def test_readers_of_an_object_that_changes_see_one_or_the_other(aws: Aws, bucket: str) -> None:
    bodies = {b"a" * 300_000, b"b" * 10}
    aws.s3.put_object(Bucket=bucket, Key="k", Body=b"b" * 10)
    with ThreadPoolExecutor(4) as pool:
        writes = [
            pool.submit(aws.s3.put_object, Bucket=bucket, Key="k", Body=body) for _ in range(15) for body in bodies
        ]
        reads = [pool.submit(read, aws, bucket, "k") for _ in range(30)]
        assert {each.result() for each in reads} <= bodies
        assert all(each.result() for each in writes)


def test_one_of_many_conditional_puts_wins(aws: Aws, bucket: str) -> None:
    refusals: list[str] = []

    def commit(number: int) -> int | None:
        try:
            aws.s3.put_object(Bucket=bucket, Key="_delta_log/0.json", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as error:
            refusals.append(error.response["Error"]["Code"])
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(commit, range(24)) if number is not None]
    assert len(winners) == 1
    assert refusals == ["PreconditionFailed"] * 23
    assert read(aws, bucket, "_delta_log/0.json") == b"%d" % winners[0]


def test_multipart_upload_copy_and_delete(aws: Aws, bucket: str) -> None:
    upload = aws.s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": aws.s3.upload_part(
                Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=bytes([number]) * size
            )["ETag"],
        }
        for number, size in ((1, 5 * MB), (2, 10))
    ]
    aws.s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    aws.s3.copy_object(Bucket=bucket, Key="copy/of/big", CopySource={"Bucket": bucket, "Key": "big"})
    aws.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "big"}]})
    assert read(aws, bucket, "copy/of/big") == bytes([1]) * 5 * MB + bytes([2]) * 10
    assert not aws.cloud.object_path(f"s3://{bucket}/big").exists()
    with pytest.raises(aws.s3.exceptions.NoSuchKey):
        read(aws, bucket, "big")


def test_bucket_goes_with_its_folder(aws: Aws, bucket: str) -> None:
    aws.s3.put_object(Bucket=bucket, Key="a/b", Body=b"1")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        aws.s3.delete_bucket(Bucket=bucket)
    aws.s3.delete_object(Bucket=bucket, Key="a/b")
    aws.s3.delete_bucket(Bucket=bucket)
    assert not aws.cloud.object_path(f"s3://{bucket}").exists()
