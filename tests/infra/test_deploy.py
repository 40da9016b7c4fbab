"""`python -m infra.deploy` against an emulated CloudFormation, with a small package in place of the downloaded one."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest
from moto import mock_aws

from infra import deploy
from infra.package import ROOT, build_lambda_zip


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(deploy, "build_lambda_zip", lambda path, **_: build_lambda_zip(path, with_dependencies=False))
    monkeypatch.setattr(deploy, "jobs_requirements", _write_requirements)
    with mock_aws(), warnings.catch_warnings():
        # The emulator says that it does not know bucket policies.
        warnings.simplefilter("ignore")
        yield


def _write_requirements(path: Path) -> Path:
    path.write_text("", encoding="utf-8")
    return path


def test_what_if_shows_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main(["--stack", "parts-prices", "--what-if"]) == 0
    assert "Add AWS::S3::Bucket DataBucket" in capsys.readouterr().err
    assert boto3.client("s3").list_buckets()["Buckets"] == []


def test_deploy_prints_variables_and_uploads_the_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main(["--stack", "parts-prices"]) == 0
    said = capsys.readouterr()
    assert "Attach to the user or role behind aws_default: arn:aws:iam::" in said.err
    variables = json.loads(said.out)
    assert variables["MASTER_SFN_ARN"].endswith(":stateMachine:parts-prices-crawl")
    assert variables["EMR_CLUSTER_ID"].startswith("j-")
    found = boto3.client("s3").list_objects_v2(Bucket=variables["DATA_BUCKET"], Prefix=variables["CODE_S3_PREFIX"])
    assert "code/parts.zip" in [entry["Key"] for entry in found["Contents"]]


@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        ("AWS_DEFAULT_REGION", "You must specify a region. Set "),
        ("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY. Set "),
    ],
    ids=["region", "half the keys"],
)
def test_what_aws_needs_to_be_asked_is_named(
    lacking: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(lacking)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    assert deploy.main(["--stack", "parts-prices"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("AWS was not asked: ")
    assert told in said


def test_data_docs_are_opened_to_whom_the_command_names() -> None:
    assert deploy.main(["--stack", "parts-prices", "--docs-cidr", "203.0.113.0/24"]) == 0
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName="parts-prices")["Stacks"]
    found = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert (found["DocsCidr"], found["DocsVpcEndpoint"]) == ("203.0.113.0/24", "")


def test_variables_are_those_of_the_example() -> None:
    text = (ROOT / "conf" / "airflow.env.example").read_text(encoding="utf-8")
    names = {
        line.partition("=")[0].removeprefix("AIRFLOW_VAR_")
        for line in text.splitlines()
        if line.startswith("AIRFLOW_VAR_")
    }
    assert names == {*deploy.VARIABLES.values(), *deploy.FIRST_VALUES}


def test_region_without_default_subnet_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ec2 = boto3.client("ec2")
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    assert deploy.main(["--stack", "parts-prices"]) == 1
    assert "--subnet" in capsys.readouterr().err


def test_each_change_set_has_a_name_of_its_own_and_a_refused_one_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS refuses a name that is there, which a deployment that was interrupted left behind."""
    did: list[tuple[str, str]] = []

    class CloudFormation:
        def create_change_set(self, ChangeSetName: str, **_: Any) -> dict[str, str]:  # noqa: N803
            did.append(("create", ChangeSetName))
            return {"Id": f"arn:{ChangeSetName}"}

        def delete_change_set(self, ChangeSetName: str, **_: Any) -> None:  # noqa: N803
            did.append(("delete", ChangeSetName))

    def refuse(*_: Any) -> NoReturn:
        raise deploy.DeployError("CloudFormation does not accept the template")

    monkeypatch.setattr(deploy, "_exists", lambda *_: True)
    monkeypatch.setattr(deploy, "_changes", refuse)
    with pytest.raises(deploy.DeployError):
        deploy._change(CloudFormation(), "parts-prices", {}, what_if=True)
    (made, name), removed = did
    assert (made, removed) == ("create", ("delete", f"arn:{name}"))
    assert re.fullmatch(r"deploy-\d{8}T\d{6}", name)


def test_stack_that_was_never_made_whole_is_told_with_what_to_do() -> None:
    class CloudFormation:
        def describe_stacks(self, **_: str) -> dict[str, Any]:
            return {"Stacks": [{"StackStatus": "ROLLBACK_COMPLETE"}]}

    with pytest.raises(deploy.DeployError, match="aws cloudformation delete-stack --stack-name parts-prices"):
        deploy._exists(CloudFormation(), "parts-prices")
