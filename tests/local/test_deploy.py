"""The pipeline's own set-up in the local cloud."""

from __future__ import annotations

import time

import boto3
import pytest

from local.cloud import Deployment
from local.cloud.deploy import clients
from local.cloud.settings import write_config
from tests.local.support import Aws
from tests.local.test_dynamodb import item, put_many


@pytest.fixture(scope="module")
def made(aws: Aws) -> Deployment:
    return aws.cloud.deploy()


def test_deploying_again_changes_nothing(aws: Aws, made: Deployment) -> None:
    assert aws.cloud.deploy() == made
    assert len(aws.machines.list_state_machines()["stateMachines"]) >= 1


def test_everything_is_there(aws: Aws, made: Deployment) -> None:
    code = {each["Key"] for each in aws.s3.list_objects_v2(Bucket=made.bucket, Prefix=made.code_prefix)["Contents"]}
    assert {"code/parts.zip", "code/jobs/clean_offers.py", "code/jobs/build_marts.py"} <= code
    definition = aws.machines.describe_state_machine(stateMachineArn=made.state_machine_arn)["definition"]
    assert "${" not in definition
    assert ":function:parts-crawl-fetch" in definition
    assert aws.emr.describe_cluster(ClusterId=made.cluster_id)["Cluster"]["Status"]["State"] == "WAITING"
    ttl = aws.db.describe_time_to_live(TableName=made.table)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_functions_run_the_real_package(aws: Aws, made: Deployment) -> None:
    """Without its input, `plan` fails in its own words, which shows that its package could be imported."""
    error, body = aws.invoke("parts-crawl-plan", {"source": "partsro"})
    assert error == "Unhandled"
    assert not body["errorType"].startswith("Runtime.")


def test_progress_counts_by_source_and_day(aws: Aws, made: Deployment) -> None:
    later = {"ttl": {"N": str(int(time.time()) + 900)}}
    rows = [("1", "PENDING"), ("2", "SUCCESS"), ("3", "SUCCESS"), ("4", "FAILED")]
    put_many(aws, made.table, [item(sk, "shop#dt=2020-01-01", status=status) | later for sk, status in rows])
    put_many(aws, made.table, [item("1", "shop#dt=2020-01-02", status="PENDING") | later])
    assert aws.cloud.progress("2020-01-01") == {"shop": {"planned": 4, "succeeded": 2, "failed": 1}}
    put_many(aws, made.table, [item("4", "shop#dt=2020-01-01", status="SUCCESS") | later])
    aws.db.delete_item(TableName=made.table, Key=item("1", "shop#dt=2020-01-01"))
    assert aws.cloud.progress("2020-01-01") == {"shop": {"planned": 3, "succeeded": 3, "failed": 0}}
    assert aws.cloud.progress("1999-01-01") == {}


def test_sessions_with_a_second_factor(aws: Aws) -> None:
    sts = clients(aws.cloud.environment())("sts")
    session = sts.get_session_token(SerialNumber="arn:aws:iam::123456789012:mfa/me", TokenCode="123456")
    assert session["Credentials"]["SessionToken"]
    assert sts.get_caller_identity()["Account"] == "123456789012"


def test_users_own_profile_does_not_matter(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.cloud.environment().items():
        monkeypatch.setenv(name, value)
    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
    monkeypatch.setenv("AWS_PROFILE", "work")
    write_config(aws.cloud.places.state / "aws_config")
    assert boto3.Session().client("sts").get_caller_identity()["Account"] == "123456789012"
