"""EMR steps that run: one after the other, with EMR's states, and what they print kept."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto.core.utils import utcnow
from moto.emr.exceptions import InvalidRequestException
from moto.emr.models import Cluster, ElasticMapReduceBackend, Step
from moto.emr.responses import ElasticMapReduceResponse

from local.cloud.settings import Places
from local.cloud.spark_submit import Submission, SubmitError

ENDED = ("TERMINATED", "TERMINATED_WITH_ERRORS", "TERMINATING")


class Runner:
    """The steps of all clusters; each cluster has one thread while it has steps to run."""

    def __init__(self, places: Places, environment: dict[str, str]) -> None:
        self._logs, self._scratch, self._environment = places.logs / "emr", places.steps, environment
        self._lock = threading.RLock()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._working: set[str] = set()
        self._s3: Any = None
        shutil.rmtree(self._scratch, ignore_errors=True)

    def add(self, cluster: Cluster, wanted: list[dict[str, Any]]) -> list[Step]:
        """Appends steps and sees to it that they run."""
        if cluster.state in ENDED:
            raise InvalidRequestException(f"A job flow that is shutting down, terminated, or finished: {cluster.id}")
        with self._lock:
            steps = append(cluster, wanted)
            self.run(cluster)
        return steps

    def run(self, cluster: Cluster) -> None:
        """Starts the cluster's thread if it has steps to run and none does it yet."""
        with self._lock:
            if cluster.id not in self._working and any(step.state == "PENDING" for step in cluster.steps):
                self._working.add(cluster.id)
                cluster.state = "RUNNING"
                threading.Thread(target=self._run_all, args=(cluster,), name=cluster.id, daemon=True).start()

    def cancel(self, cluster: Cluster, step_ids: list[str], interrupt: bool) -> list[dict[str, str]]:
        """Takes pending steps out; a running one is ended if asked for, as by SEND_INTERRUPT or TERMINATE_PROCESS."""
        answers = []
        with self._lock:
            for step in (step for step in cluster.steps if step.id in step_ids):
                if step.state == "PENDING":
                    _end(step, "CANCELLED", "Cancelled by user request")
                    answers.append({"StepId": step.id, "Status": "SUBMITTED", "Reason": ""})
                elif step.state == "RUNNING" and interrupt:
                    step.cancelled = True
                    self._kill(step.id)
                    answers.append({"StepId": step.id, "Status": "SUBMITTED", "Reason": ""})
                else:
                    reason = f"Step is {step.state} and cannot be cancelled."
                    answers.append({"StepId": step.id, "Status": "FAILED", "Reason": reason})
        return answers

    def stop(self, cluster: Cluster) -> None:
        """Ends what runs on a cluster that is terminated."""
        with self._lock:
            for step in cluster.steps:
                if step.state == "PENDING":
                    _end(step, "CANCELLED", "Job flow was terminated")
                elif step.state == "RUNNING":
                    step.cancelled = True
                    self._kill(step.id)

    def _run_all(self, cluster: Cluster) -> None:
        while (step := self._next(cluster)) is not None:
            failure = self._run(cluster, step)
            with self._lock:
                if getattr(step, "cancelled", False):
                    _end(step, "CANCELLED", "Cancelled by user request")
                elif failure is None:
                    _end(step, "COMPLETED", "")
                else:
                    step.failure_details = failure
                    _end(step, "FAILED", failure["Message"])
                    self._act_on_failure(cluster, step)

    def _next(self, cluster: Cluster) -> Step | None:
        with self._lock:
            for step in cluster.steps:
                if step.state == "PENDING":
                    step.state = "RUNNING"
                    step.start()
                    return step
            self._working.discard(cluster.id)
            if cluster.state not in ENDED:
                cluster.state = "WAITING"
                if not cluster.keep_job_flow_alive_when_no_steps:
                    cluster.terminate()
            return None

    def _act_on_failure(self, cluster: Cluster, failed: Step) -> None:
        if failed.action_on_failure == "CONTINUE":
            return
        for step in cluster.steps:
            if step.state == "PENDING":
                _end(step, "CANCELLED", f"Cancelled because step {failed.id} failed")
        if failed.action_on_failure in ("TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW"):
            cluster.terminate()
            cluster.state = "TERMINATED_WITH_ERRORS"
            cluster.last_state_change_reason = f"Step {failed.id} failed"

    def _run(self, cluster: Cluster, step: Step) -> dict[str, str] | None:
        """Runs one step to its end. Returns EMR's `FailureDetails`, or nothing when it went well."""
        logs, folder = self._logs / step.id, self._scratch / step.id
        logs.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            status = self._execute(step, folder, logs)
        except (SubmitError, ClientError, OSError) as error:
            (logs / "stderr").write_text(f"{error}\n", encoding="utf-8")
            status = 1
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self._keep_in_s3(cluster, step, logs)
        if status == 0:
            return None
        return {"Reason": "Unknown Error.", "Message": last_line(logs / "stderr"), "LogFile": str(logs / "stderr")}

    def _execute(self, step: Step, folder: Path, logs: Path) -> int:
        if step.jar != "command-runner.jar":
            raise SubmitError(f"Only command-runner.jar runs here, not '{step.jar}'.")
        command, path = Submission.parse(step.args).command(sys.executable, folder, self._download)
        variables = {**os.environ, **self._environment, "PYTHONPATH": path, "PYSPARK_PYTHON": sys.executable}
        variables |= {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
        if not variables.get("SPARK_REMOTE"):
            variables.pop("SPARK_REMOTE", None)
        with (logs / "stdout").open("wb") as stdout, (logs / "stderr").open("wb") as stderr:
            with self._lock:
                if getattr(step, "cancelled", False):
                    return 1
                process = subprocess.Popen(
                    command,
                    env=variables,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    start_new_session=True,
                )
                self._running[step.id] = process
            try:
                return process.wait()
            finally:
                del self._running[step.id]

    def _kill(self, step_id: str) -> None:
        process = self._running.get(step_id)
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _client(self) -> Any:
        if self._s3 is None:
            variables = self._environment
            self._s3 = boto3.Session(
                variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name=variables["AWS_REGION"]
            ).client("s3", endpoint_url=variables["AWS_ENDPOINT_URL"])
        return self._s3

    def _download(self, uri: str, path: Path) -> None:
        bucket, _, key = uri.partition("://")[2].partition("/")
        try:
            self._client().download_file(bucket, key, str(path))
        except ClientError as error:
            raise SubmitError(f"{uri} cannot be read: {error.response['Error']['Message']}") from error

    def _keep_in_s3(self, cluster: Cluster, step: Step, logs: Path) -> None:
        """Where EMR puts them: `<log uri>/<cluster>/steps/<step>/stderr.gz`."""
        if not (cluster.log_uri or "").startswith("s3"):
            return
        bucket, _, prefix = cluster.log_uri.partition("://")[2].partition("/")
        for log in logs.iterdir():
            key = "/".join(filter(None, [prefix.strip("/"), cluster.id, "steps", step.id, f"{log.name}.gz"]))
            self._client().put_object(Bucket=bucket, Key=key, Body=gzip.compress(log.read_bytes()))


def append(cluster: Cluster, wanted: list[dict[str, Any]]) -> list[Step]:
    """New pending steps."""
    steps = [Step(state="PENDING", **step) for step in wanted]
    cluster.steps.extend(steps)
    return steps


def _end(step: Step, state: str, reason: str) -> None:
    step.last_state_change_reason = reason
    step.end_date_time = utcnow()
    step.state = state


def last_line(log: Path) -> str:
    """The last line that says something: of a Python traceback, the error itself."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "It ended without a word."


def install(places: Places, environment: dict[str, str]) -> None:
    """Has moto's clusters run their steps here."""
    runner = Runner(places, environment)
    status_of: Callable[[Step], dict[str, Any]] = Step.status.fget
    terminate: Callable[[Cluster], None] = Cluster.terminate
    make: Callable[..., Cluster] = ElasticMapReduceBackend.run_job_flow

    def status(step: Step) -> dict[str, Any]:
        details = getattr(step, "failure_details", None)
        return status_of(step) | ({"FailureDetails": details} if details else {})

    def add_job_flow_steps(backend: Any, job_flow_id: str, steps: list[dict[str, Any]]) -> list[Step]:
        return runner.add(backend.describe_cluster(job_flow_id), steps)

    def cancel_steps(response: Any) -> Any:
        from moto.core.responses import ActionResult

        cluster = response.backend.describe_cluster(response._get_param("ClusterId"))
        interrupt = response._get_param("StepCancellationOption") in ("SEND_INTERRUPT", "TERMINATE_PROCESS")
        answers = runner.cancel(cluster, response._get_param("StepIds", []), interrupt)
        return ActionResult({"CancelStepsInfoList": answers})

    def stop_and_terminate(cluster: Cluster) -> None:
        terminate(cluster)
        runner.stop(cluster)

    def run_job_flow(backend: Any, **wanted: Any) -> Cluster:
        cluster = make(backend, **wanted)
        runner.run(cluster)
        return cluster

    Step.status = property(status)
    Cluster.add_steps = append
    ElasticMapReduceBackend.run_job_flow = run_job_flow
    Cluster.terminate = stop_and_terminate
    ElasticMapReduceBackend.add_job_flow_steps = add_job_flow_steps
    ElasticMapReduceResponse.cancel_steps = cancel_steps
