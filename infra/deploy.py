"""Creates or updates everything on AWS: `python -m infra.deploy --stack parts-prices [--what-if]`.

Builds the packages, shows what would change, changes it, uploads the Spark code, and prints the Airflow Variables to import.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from infra.package import ROOT, PackageError, build_jobs_zip, build_lambda_zip, jobs_requirements

INFRA = ROOT / "infra"
CODE_PREFIX = "code"
NOT_ASKED = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.ProfileNotFound,
    exceptions.NoRegionError,
)
WHO_ASKS = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; and AWS_DEFAULT_REGION where the profile names none."
VARIABLES = {
    "DataBucket": "DATA_BUCKET",
    "UrlStatus": "DDB_TABLE",
    "StateMachine": "MASTER_SFN_ARN",
    "Cluster": "EMR_CLUSTER_ID",
}
# Those that no stack knows, as an installation starts out; conf/airflow.env.example explains each.
FIRST_VALUES = {
    "RAW_S3_PREFIX": "raw", "CLEAN_S3_PREFIX": "clean", "MART_S3_PREFIX": "mart", "CODE_S3_PREFIX": CODE_PREFIX, "SUPPLIER_CODE": "",
    "MAX_PAGES": "", "CRAWL_COUNT": "", "RDS_TABLE": "parts_master", "RDS_KEEP_DAYS": "31", "RDS_KEEP_OLDER": "changes",
    "DDB_RETRY_MAX_ATTEMPTS": "2", "DOCS_URL": "",
}  # fmt: skip


class DeployError(Exception):
    """The stack was not deployed; the message says why and what to do."""


@dataclass(frozen=True)
class Artifacts:
    """Files that the template points at, under keys that name their contents: an unchanged file changes no resource."""

    bucket: str
    files: dict[str, tuple[str, Path]]

    def parameters(self) -> dict[str, str]:
        return {"ArtifactsBucket": self.bucket} | {name: key for name, (key, _) in self.files.items()}


@dataclass(frozen=True)
class Readers:
    """Who may open the Data Docs without keys; nobody, unless told at every deployment."""

    vpc_endpoint: str = ""
    cidr: str = ""


NOBODY = Readers()


def main(arguments: list[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    try:
        variables = deploy(
            chosen.stack,
            chosen.what_if,
            subnet=chosen.subnet,
            architecture=chosen.architecture,
            idle=chosen.emr_idle_seconds,
            docs=Readers(chosen.docs_vpc_endpoint, chosen.docs_cidr),
        )
    except (DeployError, PackageError) as error:
        _say(str(error))
        return 1
    except ClientError as error:
        _say(f"AWS refused: {error}")
        return 1
    except NOT_ASKED as error:
        _say(f"AWS was not asked: {str(error).rstrip('.')}. {WHO_ASKS}")
        return 1
    except BotoCoreError as error:
        _say(f"AWS could not be reached: {error}")
        return 1
    if variables:
        _say("Import these in Airflow: 'airflow variables import FILE', or as AIRFLOW_VAR_… in .env.")
        sys.stdout.write(json.dumps(variables, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description="Create or update the stack on AWS.")
    parser.add_argument("--stack", required=True, metavar="NAME")
    parser.add_argument("--what-if", action="store_true", help="show what would change, and change nothing")
    parser.add_argument("--subnet", default="", help="for the Spark cluster; default: one of the default VPC")
    parser.add_argument("--architecture", choices=("arm64", "x86_64"), default="arm64", help="of the Lambda functions")
    parser.add_argument(
        "--emr-idle-seconds", type=int, default=0, help="end the cluster when idle this long; 0 keeps it"
    )
    parser.add_argument("--docs-vpc-endpoint", default="", metavar="VPCE", help="an S3 endpoint that may read docs/")
    parser.add_argument("--docs-cidr", default="", metavar="RANGE", help="public addresses that may read docs/")
    return parser


def deploy(
    stack: str,
    what_if: bool,
    *,
    subnet: str = "",
    architecture: str = "arm64",
    idle: int = 0,
    docs: Readers = NOBODY,
) -> dict[str, str]:
    """The Airflow Variables of the deployed stack; nothing for a what-if."""
    cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")
    with tempfile.TemporaryDirectory(prefix="deploy-") as folder:
        artifacts = _build(_artifacts_bucket(stack), Path(folder), architecture)
        parameters = artifacts.parameters() | _cluster_parameters() | {
            "EmrSubnet": subnet or _default_subnet(), "LambdaArchitecture": architecture, "EmrIdleSeconds": str(idle),
            "DocsVpcEndpoint": docs.vpc_endpoint, "DocsCidr": docs.cidr,
        }  # fmt: skip
        if not what_if:
            _upload(s3, artifacts)
        _change(cloudformation, stack, parameters, what_if)
        return {} if what_if else _finish(cloudformation, s3, stack, Path(folder))


def _artifacts_bucket(stack: str) -> str:
    account = boto3.client("sts").get_caller_identity()["Account"]
    return f"{stack}-code-{account}-{boto3.session.Session().region_name}".lower()


def _cluster_parameters() -> dict[str, str]:
    cluster = json.loads((INFRA / "emr_cluster.json").read_text(encoding="utf-8"))
    names = {"EmrReleaseLabel": "ReleaseLabel", "EmrInstanceType": "InstanceType", "EmrCoreInstances": "CoreInstances"}
    return {parameter: str(cluster[name]) for parameter, name in names.items()}


def _default_subnet() -> str:
    filters = [{"Name": "default-for-az", "Values": ["true"]}]
    subnets = boto3.client("ec2").describe_subnets(Filters=filters)["Subnets"]
    if not subnets:
        raise DeployError("This region has no default subnet: name one for the Spark cluster with --subnet subnet-….")
    return str(min(subnet["SubnetId"] for subnet in subnets))


def _build(bucket: str, folder: Path, architecture: str) -> Artifacts:
    files = {
        "LambdaKey": build_lambda_zip(folder / "crawl.zip", with_dependencies=True, architecture=architecture),
        "RequirementsKey": jobs_requirements(folder / "jobs-requirements.txt"),
        "StateMachineKey": INFRA / "state_machine.asl.json",
        "BootstrapKey": INFRA / "emr_bootstrap.sh",
    }
    return Artifacts(bucket, {name: (_key(path), path) for name, path in files.items()})


def _key(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}/{path.name}"


def _upload(s3: Any, artifacts: Artifacts) -> None:
    _make_bucket(s3, artifacts.bucket)
    for key, path in artifacts.files.values():
        s3.upload_file(str(path), artifacts.bucket, key)


def _make_bucket(s3: Any, bucket: str) -> None:
    region = boto3.session.Session().region_name
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=bucket, **place)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        return
    closed = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=closed)


def _change(cloudformation: Any, stack: str, parameters: dict[str, str], what_if: bool) -> None:
    """One change set: looked at, then carried out or thrown away. Its name is new: an interrupted deployment leaves its own."""
    new = not _exists(cloudformation, stack)
    made = cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=f"deploy-{datetime.now(UTC):%Y%m%dT%H%M%S}",
        ChangeSetType="CREATE" if new else "UPDATE",
        TemplateBody=(INFRA / "template.yaml").read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    try:
        changes = _changes(cloudformation, stack, made["Id"])
    except DeployError:
        _forget(cloudformation, stack, made["Id"], new)
        raise
    _say("\n".join(changes) or "Nothing changes.")
    if what_if or not changes:
        _forget(cloudformation, stack, made["Id"], new)
        return
    cloudformation.execute_change_set(ChangeSetName=made["Id"], StackName=stack)
    _wait(cloudformation, stack, "stack_create_complete" if new else "stack_update_complete")


def _exists(cloudformation: Any, stack: str) -> bool:
    """A stack that was only ever looked at (REVIEW_IN_PROGRESS) does not exist yet."""
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return False
    status = found[0]["StackStatus"] if found else "REVIEW_IN_PROGRESS"
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        raise DeployError(
            f"The stack {stack} was never made whole ({status}), and AWS updates no such stack. Remove it with "
            f"'aws cloudformation delete-stack --stack-name {stack}', then deploy again."
        )
    return status != "REVIEW_IN_PROGRESS"


def _changes(cloudformation: Any, stack: str, change_set: str) -> list[str]:
    """`Add AWS::S3::Bucket DataBucket`, one line each. A change set that fails for want of changes is none."""
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName=change_set, StackName=stack)
    except WaiterError as error:
        reason = cloudformation.describe_change_set(ChangeSetName=change_set, StackName=stack).get("StatusReason", "")
        if "didn't contain changes" in reason or "No updates" in reason:
            return []
        raise DeployError(f"CloudFormation does not accept the template: {reason}") from error
    pages = cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set, StackName=stack)
    found = [change["ResourceChange"] for page in pages for change in page.get("Changes", [])]
    return [f"{each['Action']} {each['ResourceType']} {each['LogicalResourceId']}" for each in found]


def _forget(cloudformation: Any, stack: str, change_set: str, new: bool) -> None:
    cloudformation.delete_change_set(ChangeSetName=change_set, StackName=stack)
    if new:
        cloudformation.delete_stack(StackName=stack)


def _wait(cloudformation: Any, stack: str, waiter: str) -> None:
    _say("Working; a new Spark cluster takes some ten minutes ...")
    try:
        cloudformation.get_waiter(waiter).wait(StackName=stack)
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [each for each in events if each["ResourceStatus"].endswith("FAILED")]
        first = failed[-1] if failed else {}
        cause = f"{first.get('LogicalResourceId', stack)}: {first.get('ResourceStatusReason', 'no reason given')}"
        raise DeployError(f"The stack {stack} was rolled back. {cause}") from error


def _finish(cloudformation: Any, s3: Any, stack: str, folder: Path) -> dict[str, str]:
    """Uploads what the Spark steps run, and reads what the stack made."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    made = {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in resources}
    bucket = made["DataBucket"]
    _say(f"Attach to the user or role behind aws_default: {made['AirflowPolicy']}")
    s3.upload_file(str(build_jobs_zip(folder / "parts.zip")), bucket, f"{CODE_PREFIX}/parts.zip")
    for job in sorted((ROOT / "jobs").glob("*.py")):
        s3.upload_file(str(job), bucket, f"{CODE_PREFIX}/jobs/{job.name}")
    return {variable: made[name] for name, variable in VARIABLES.items()} | FIRST_VALUES


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
