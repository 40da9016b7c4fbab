"""The gate on a lake in S3: verdict, pages, CSV copy, clean-up, with the keys handed over as an Airflow worker has them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from deltalake import DeltaTable

from conf.lake import Lake
from expectations import docs, gate, storage
from expectations.causes import is_unreached
from expectations.csv_copy import csv_path, write_csv_copy
from expectations.gate import judge_day
from expectations.tables import LakeError, open_table
from local.processes import Child, free_port, wait_for_port
from orchestration.cleanup import cleanup_empty_mart_outputs
from tests.expectations import marts
from tests.expectations.marts import DAY


@pytest.fixture
def options(tmp_path: Path) -> Iterator[dict[str, str]]:
    # A process of its own: delta-rs waits for the answer inside Rust, and a thread of ours could not give it.
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    program = Path(sys.executable).with_name("moto_server")
    with Child([program, "-H", "127.0.0.1", "-p", str(port)], name="moto", log=tmp_path / "moto.log") as server:
        wait_for_port(server, port, 60)
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "ap-northeast-2"}
        place = {"LocationConstraint": "ap-northeast-2"}
        boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket="parts", CreateBucketConfiguration=place)
        yield {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "ap-northeast-2",
        }


def test_a_day_in_s3(tmp_path: Path, options: dict[str, str]) -> None:
    here, lake = Lake.at(str(tmp_path / "lake")), Lake.at("s3://parts/lake")
    marts.put_day(here, marts.offers())
    storage.upload(tmp_path / "lake", "s3://parts/lake", options)
    verdict = judge_day(lake, DAY, run_id="r", storage_options=options)
    assert verdict.status == "passed", verdict.sentences()
    assert {verdict.docs, f"{lake.docs}/index.html"} <= set(storage.under(lake.docs, options))
    assert storage.download(lake.docs, tmp_path / "docs", options) == len(storage.under(lake.docs, options))
    assert write_csv_copy(lake, DAY, options) == csv_path(lake, DAY)
    assert cleanup_empty_mart_outputs(lake, DAY, options) == []
    DeltaTable(lake.mart_table("name_price_summary"), storage_options=options).delete(f"dt = '{DAY}'")
    assert judge_day(lake, DAY, run_id="r2", storage_options=options).status == "empty"
    assert csv_path(lake, DAY) in cleanup_empty_mart_outputs(lake, DAY, options)
    assert storage.under(f"{lake.mart}/csv", options) == []


def test_a_store_that_does_not_answer_is_no_damage() -> None:
    """Whoever moved the history away because the network was down would be told the same of the next day."""
    options = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "AWS_ALLOW_HTTP": "true", "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "ap-northeast-2", "max_retries": "0",
    }  # fmt: skip
    with pytest.raises(LakeError) as told:
        open_table("s3://parts/mart/gate_verdict", options)
    said = str(told.value)
    assert said.startswith("The table at s3://parts/mart/gate_verdict cannot be reached: ")
    assert said.isprintable()
    assert "Connection refused (os error 111). Nothing is known of it: see that the store answers" in said


@pytest.mark.parametrize(
    "said",
    [
        "Object Store error: Generic S3 error: Error performing GET http://s3/x.parquet in 2 s, after 1 retries, max_retries: 1, "
        "retry_timeout: 3s - Server returned non-2xx status code: 503 Service Unavailable: <Code>SlowDown</Code>",
        "in 21 ms - Server returned non-2xx status code: 403 Forbidden: <Code>ExpiredToken</Code>",
        "Kernel error\n ↳ The operation lacked the necessary privileges to complete for path mart/x/_delta_log/_last_checkpoint",
        "Object Store error: Generic S3 error: HTTP error: request or response body error",
        "Kernel error\n ↳ Generic S3 error\n ↳ HTTP error\n ↳ error sending request\n ↳ connection closed",
    ],
    ids=["slow down", "expired keys", "no right", "cut answer", "dropped"],
)
def test_what_the_store_says_is_not_the_table_s_fault(said: str) -> None:
    assert is_unreached(Exception(said))


@pytest.mark.parametrize(
    "said",
    [
        "non-2xx status code: 404 Not Found",
        "Server returned non-2xx status code: 416 Requested range was invalid",
        "Parquet error: failed to fill whole buffer in part-503.parquet",
        "No such file or directory (os error 2)",
    ],
)
def test_what_is_lost_or_cut_is(said: str) -> None:
    assert not is_unreached(Exception(said))


def test_s3_s_own_error_names_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    options = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "AWS_REGION": "ap-northeast-2", "AWS_ACCESS_KEY_ID": "a",
               "AWS_SECRET_ACCESS_KEY": "b"}  # fmt: skip
    for act, what in (
        (lambda: storage.write("s3://parts/docs/index.html", b"", options), "docs/index.html cannot be written"),
        (lambda: storage.read("s3://parts/docs/index.html", options), "docs/index.html cannot be read"),
        (lambda: storage.under("s3://parts/raw", options), "raw cannot be listed"),
        (lambda: storage.folders("s3://parts/raw", options), "raw cannot be listed"),
        (lambda: storage.remove("s3://parts/mart/csv", options), "mart/csv cannot be listed"),
    ):
        with pytest.raises(storage.StorageError, match=rf"^s3://parts/{what}: Could not connect"):
            act()


def test_a_store_s_own_error_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9/parts")

    monkeypatch.setattr(gate, "judge_day", refuse)
    assert gate.main(["--lake", str(tmp_path), "--dt", DAY]) == 2
    assert capsys.readouterr().err == 'Could not connect to the endpoint URL: "http://127.0.0.1:9/parts"\n'
    monkeypatch.setattr(storage, "download", refuse)
    assert docs.main(["--docs", "s3://parts/docs"]) == 1
