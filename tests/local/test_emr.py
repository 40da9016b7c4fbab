"""Steps that run, fail and are cancelled."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from itertools import pairwise
from typing import Any

import pytest

from local.cloud.spark_submit import Submission, SubmitError
from tests.local.support import Aws, wait_until

FAILS = "import sys\nprint('before')\nraise ValueError('나쁜 가격')"
TERMINAL = ("COMPLETED", "FAILED", "CANCELLED")


class Cluster:
    """One cluster with a bucket for its scripts and logs."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.bucket = aws, aws.bucket()
        self.id = aws.emr.run_job_flow(
            Name=self.bucket,
            Instances={"MasterInstanceType": "local", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True},
            LogUri=f"s3://{self.bucket}/logs/",
            JobFlowRole="test",
            ServiceRole="test",
        )["JobFlowId"]

    def step(self, script: str, *arguments: str, on_failure: str = "CANCEL_AND_WAIT") -> dict[str, Any]:
        key = f"code/{self.aws.name()}.py"
        self.aws.s3.put_object(Bucket=self.bucket, Key=key, Body=script.encode())
        return submit(f"s3://{self.bucket}/{key}", *arguments, on_failure=on_failure)

    def add(self, *steps: dict[str, Any]) -> list[str]:
        ids: list[str] = self.aws.emr.add_job_flow_steps(JobFlowId=self.id, Steps=list(steps))["StepIds"]
        return ids

    def status(self, step_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.aws.emr.describe_step(ClusterId=self.id, StepId=step_id)["Step"]["Status"]
        return found

    def run(self, *steps: dict[str, Any]) -> list[dict[str, Any]]:
        ids = self.add(*steps)
        wait_until(lambda: all(self.status(each)["State"] in TERMINAL for each in ids), 40)
        return [self.status(each) for each in ids]

    def states(self, *steps: dict[str, Any]) -> list[str]:
        return [status["State"] for status in self.run(*steps)]

    @property
    def state(self) -> str:
        return str(self.aws.emr.describe_cluster(ClusterId=self.id)["Cluster"]["Status"]["State"])


def submit(*words: str, on_failure: str = "CANCEL_AND_WAIT") -> dict[str, Any]:
    jar = {"Jar": "command-runner.jar", "Args": ["spark-submit", "--deploy-mode", "client", *words]}
    return {"Name": "step", "ActionOnFailure": on_failure, "HadoopJarStep": jar}


@pytest.fixture
def cluster(aws: Aws) -> Cluster:
    return Cluster(aws)


def test_step_runs_its_script_with_its_words_and_py_files(cluster: Cluster) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("rules/__init__.py", "from importlib import resources\ntext = resources.files('rules')"
                         ".joinpath('자료.csv').read_text('utf-8')")  # fmt: skip
        archive.writestr("rules/자료.csv", "그랜저")
    cluster.aws.s3.put_object(Bucket=cluster.bucket, Key="code/parts.zip", Body=package.getvalue())
    script = "import os, sys, rules\nprint(rules.text, sys.argv[1:], 'PYSPARK_PYTHON' in os.environ)"
    step = cluster.step(script, "--dt", "2026-11-23")
    step["HadoopJarStep"]["Args"][3:3] = ["--py-files", f"s3://{cluster.bucket}/code/parts.zip"]
    ids = cluster.add(step)
    wait_until(lambda: cluster.status(ids[0])["State"] in TERMINAL)
    assert cluster.status(ids[0])["State"] == "COMPLETED"
    printed = "그랜저 ['--dt', '2026-11-23'] True\n"
    assert (cluster.aws.logs / "emr" / ids[0] / "stdout").read_text(encoding="utf-8") == printed
    kept = cluster.aws.s3.get_object(
        Bucket=cluster.bucket, Key=f"logs/{cluster.id}/steps/{ids[0]}/stdout.gz"
    )["Body"].read()  # fmt: skip
    assert gzip.decompress(kept).decode() == printed


def test_steps_run_one_after_the_other_in_order(cluster: Cluster) -> None:
    steps = [cluster.step("import time; time.sleep(0.2)") for _ in range(3)]
    timelines = [status["Timeline"] for status in cluster.run(*steps)]
    for before, after in pairwise(timelines):
        assert before["EndDateTime"] <= after["StartDateTime"]
    assert cluster.state == "WAITING"


def test_step_goes_through_pending_and_running(cluster: Cluster) -> None:
    slow = cluster.step("import time; time.sleep(0.6)")
    first, second = cluster.add(slow, slow)
    wait_until(lambda: cluster.status(first)["State"] == "RUNNING")
    assert (cluster.status(second)["State"], cluster.state) == ("PENDING", "RUNNING")
    wait_until(lambda: cluster.status(second)["State"] == "COMPLETED")


def test_failed_step_says_why_and_cancels_the_rest(cluster: Cluster) -> None:
    good = cluster.step("print(1)")
    statuses = cluster.run(good, cluster.step(FAILS), good)
    assert [status["State"] for status in statuses] == ["COMPLETED", "FAILED", "CANCELLED"]
    assert statuses[1]["FailureDetails"]["Message"] == "ValueError: 나쁜 가격"
    assert statuses[1]["FailureDetails"]["LogFile"].endswith("stderr")
    assert cluster.state == "WAITING"
    assert cluster.states(good) == ["COMPLETED"]


def test_continue_goes_on_after_a_failure(cluster: Cluster) -> None:
    assert cluster.states(cluster.step(FAILS, on_failure="CONTINUE"), cluster.step("print(1)")) == [
        "FAILED",
        "COMPLETED",
    ]


def test_terminate_cluster_ends_everything(cluster: Cluster) -> None:
    good = cluster.step("print(1)")
    assert cluster.states(cluster.step(FAILS, on_failure="TERMINATE_CLUSTER"), good) == ["FAILED", "CANCELLED"]
    assert cluster.state == "TERMINATED_WITH_ERRORS"
    with pytest.raises(cluster.aws.emr.exceptions.InvalidRequestException, match="terminated"):
        cluster.add(good)


def test_running_and_pending_steps_can_be_cancelled(cluster: Cluster) -> None:
    slow = cluster.step("import time; time.sleep(60)")
    running, pending, last = cluster.add(slow, slow, cluster.step("print(1)"))
    wait_until(lambda: cluster.status(running)["State"] == "RUNNING")
    time.sleep(0.2)
    cluster.aws.emr.cancel_steps(
        ClusterId=cluster.id, StepIds=[running, pending], StepCancellationOption="TERMINATE_PROCESS"
    )
    wait_until(lambda: cluster.status(last)["State"] == "COMPLETED")
    assert [cluster.status(each)["State"] for each in (running, pending)] == ["CANCELLED", "CANCELLED"]


def test_cluster_that_is_terminated_ends_its_step(cluster: Cluster) -> None:
    (running,) = cluster.add(cluster.step("import time; time.sleep(60)"))
    wait_until(lambda: cluster.status(running)["State"] == "RUNNING")
    time.sleep(0.2)
    cluster.aws.emr.terminate_job_flows(JobFlowIds=[cluster.id])
    wait_until(lambda: cluster.status(running)["State"] == "CANCELLED")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (submit("s3://nowhere/job.py"), "s3://nowhere/job.py cannot be read"),
        (submit("/nowhere/job.py"), "The file /nowhere/job.py does not exist."),
        (submit("--py-files"), "spark-submit's option --py-files lacks its value."),
        (submit("--conf", "a=b"), "names no Python script"),
    ],
    ids=["no such object", "no such file", "no value", "no script"],
)
def test_step_that_cannot_run_says_why(cluster: Cluster, step: dict[str, Any], message: str) -> None:
    (status,) = cluster.run(step)
    assert status["State"] == "FAILED"
    assert message in status["FailureDetails"]["Message"]


def test_submission_is_read_like_spark_submit_does() -> None:
    words = "spark-submit --verbose --master yarn --conf a=b --py-files=s3://b/x.zip,s3://b/y.zip s3://b/job.py --dt 1"
    read = Submission.parse(words.split())
    assert read == Submission("s3://b/job.py", ["--dt", "1"], ["s3://b/x.zip", "s3://b/y.zip"])
    with pytest.raises(SubmitError, match="Only spark-submit"):
        Submission.parse(["hadoop", "fs"])
