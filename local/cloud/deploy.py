"""Sets the pipeline up in the local cloud, from the same files and through the same APIs as in AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config

from infra.package import build_jobs_zip, build_lambda_zip
from local.cloud.settings import REGION, ROOT

BUCKET, TABLE, STATE_MACHINE, CLUSTER, CODE = "car-parts", "parts-urls", "parts-crawl", "parts-spark", "code"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {
                "Service": ["lambda.amazonaws.com", "states.amazonaws.com", "elasticmapreduce.amazonaws.com"]
            },
        }
    ],
}


@dataclass(frozen=True)
class Deployment:
    """Where everything is, as the DAG's Variables want it."""

    bucket: str
    table: str
    state_machine_arn: str
    cluster_id: str
    code_prefix: str


def clients(environment: Mapping[str, str]) -> Any:
    """A session whose clients talk to the cloud of this environment and to no other."""
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=environment["AWS_SESSION_TOKEN"],
        region_name=REGION,
    )
    settings = Config(retries={"max_attempts": 2}, connect_timeout=5, read_timeout=60)

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"], config=settings)

    return client


def deploy(environment: Mapping[str, str]) -> Deployment:
    """Makes what is missing and updates what differs."""
    client = clients(environment)
    role = _role(client("iam"))
    _bucket_and_code(client("s3"))
    _table(client("dynamodb"))
    functions = _functions(client("lambda"), role)
    return Deployment(
        bucket=BUCKET,
        table=TABLE,
        state_machine_arn=_state_machine(client("stepfunctions"), role, functions),
        cluster_id=_cluster(client("emr")),
        code_prefix=CODE,
    )


def _role(iam: Any) -> str:
    try:
        found = iam.get_role(RoleName="parts-local")
    except iam.exceptions.NoSuchEntityException:
        found = iam.create_role(RoleName="parts-local", AssumeRolePolicyDocument=json.dumps(TRUST))
    arn: str = found["Role"]["Arn"]
    return arn


def _bucket_and_code(s3: Any) -> None:
    if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    with TemporaryDirectory() as folder:
        package = build_jobs_zip(Path(folder) / "parts.zip")
        s3.put_object(Bucket=BUCKET, Key=f"{CODE}/parts.zip", Body=package.read_bytes())
    for job in sorted((ROOT / "jobs").glob("*.py")):
        if job.name != "__init__.py":
            s3.put_object(Bucket=BUCKET, Key=f"{CODE}/jobs/{job.name}", Body=job.read_bytes())


def _table(dynamodb: Any) -> None:
    if TABLE in dynamodb.list_tables()["TableNames"]:
        return
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )
    dynamodb.update_time_to_live(TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})


def _functions(lambdas: Any, role: str) -> dict[str, str]:
    """The functions of infra/functions.json from the real package. Returns their addresses by name."""
    wanted = json.loads((ROOT / "infra" / "functions.json").read_text(encoding="utf-8"))
    with TemporaryDirectory() as folder:
        code = build_lambda_zip(Path(folder) / "crawl.zip", with_dependencies=False).read_bytes()
    present = {function["FunctionName"] for function in lambdas.list_functions()["Functions"]}

    def make(function: dict[str, Any]) -> str:
        name, shape = function["name"], {"Handler": function["handler"], "Timeout": function["timeout"]}
        shape |= {"MemorySize": function["memory"], "Runtime": "python3.11", "Role": role}
        if name in present:
            lambdas.update_function_code(FunctionName=name, ZipFile=code)
            arn: str = lambdas.update_function_configuration(FunctionName=name, **shape)["FunctionArn"]
        else:
            arn = lambdas.create_function(FunctionName=name, Code={"ZipFile": code}, **shape)["FunctionArn"]
        return arn

    with ThreadPoolExecutor(2) as pool:
        return dict(zip([function["name"] for function in wanted], pool.map(make, wanted), strict=True))


def _state_machine(stepfunctions: Any, role: str, functions: dict[str, str]) -> str:
    text = (ROOT / "infra" / "state_machine.asl.json").read_text(encoding="utf-8")
    names = {f"{name.rpartition('-')[2].capitalize()}FunctionArn": arn for name, arn in functions.items()}
    # Only `${Name}` is ours; `$.path` is JSONPath.
    definition = re.sub(r"\$\{(\w+)\}", lambda found: names[found[1]], text)
    for machine in stepfunctions.list_state_machines()["stateMachines"]:
        if machine["name"] == STATE_MACHINE:
            arn: str = machine["stateMachineArn"]
            stepfunctions.update_state_machine(stateMachineArn=arn, definition=definition, roleArn=role)
            return arn
    made: str = stepfunctions.create_state_machine(name=STATE_MACHINE, definition=definition, roleArn=role)[
        "stateMachineArn"
    ]
    return made


def _cluster(emr: Any) -> str:
    for cluster in emr.list_clusters(ClusterStates=["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"])["Clusters"]:
        if cluster["Name"] == CLUSTER:
            found: str = cluster["Id"]
            return found
    made: str = emr.run_job_flow(
        Name=CLUSTER,
        ReleaseLabel="emr-spark-8.1.0",
        Instances={"MasterInstanceType": "local", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True},
        LogUri=f"s3://{BUCKET}/logs/emr/",
        JobFlowRole="parts-local",
        ServiceRole="parts-local",
    )["JobFlowId"]
    return made
