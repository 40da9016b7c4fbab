"""Starts and stops the local cloud's server, and tells what it holds."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self

from local.cloud.deploy import Deployment, deploy
from local.cloud.settings import PROGRESS, ROOT, Places, aws_environment, write_config
from local.errors import LocalCloudError, require_writable, telling_storage_errors
from local.processes import Child

READY_SECONDS = 60


class Cloud:
    """A context: the server runs inside it, one for a state folder. What S3 and DynamoDB hold stays in `state` for the next one."""

    def __init__(self, state: Path, *, sail_url: str = "", logs: Path | None = None) -> None:
        self.places = Places(state.absolute(), (logs or state.parent / "logs").absolute())
        self.port = 0
        self._sail_url = sail_url
        self._child: Child | None = None

    @property
    def _config_file(self) -> Path:
        return self.places.state / "aws_config"

    def environment(self) -> dict[str, str]:
        """The AWS_* variables of a process that is to use this cloud."""
        return aws_environment(self.port, self._config_file)

    def start(self) -> Self:
        """Returns once the server answers."""
        places = self.places
        require_writable(places.state)
        with telling_storage_errors(places.state):
            write_config(self._config_file)
            places.address.unlink(missing_ok=True)
        self._child = Child(
            [sys.executable, "-m", "local.cloud.server", "--state", places.state, "--logs", places.logs],
            name="The local cloud",
            log=places.logs / "cloud.log",
            environment={**os.environ, "SPARK_REMOTE": self._sail_url, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            folder=ROOT,
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def _wait_until_ready(self) -> None:
        assert self._child is not None  # noqa: S101
        deadline = time.monotonic() + READY_SECONDS
        while not self.places.address.exists():
            if not self._child.running:
                raise self._child.failure("ended while starting")
            if time.monotonic() > deadline:
                raise self._child.failure(f"was not ready within {READY_SECONDS} s")
            time.sleep(0.02)
        self.port = json.loads(self.places.address.read_text(encoding="ascii"))["port"]

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    def deploy(self) -> Deployment:
        """Makes or updates everything the pipeline needs in its cloud. Doing it twice changes nothing."""
        return deploy(self.environment())

    def progress(self, dt: str) -> dict[str, dict[str, int]]:
        """`{source: {planned, succeeded, failed}}` of a day, from counters: asking is cheap."""
        address = f"http://127.0.0.1:{self.port}{PROGRESS}?dt={dt}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                found: dict[str, dict[str, int]] = json.load(answer)
        except OSError as error:
            raise LocalCloudError(
                f"The local cloud does not answer (log: {self.places.logs / 'cloud.log'})."
            ) from error
        return found

    def object_path(self, uri: str) -> Path:
        """The file that holds an object, or the folder of a prefix."""
        return self.places.objects / uri.removeprefix("s3://")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
