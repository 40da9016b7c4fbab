"""The local Spark: Sail's Spark Connect server as a child process, in place of an EMR cluster's Spark."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Self

from local.processes import Child, free_port, wait_for_port

ROOT = Path(__file__).resolve().parent.parent


class Sail:
    """A Spark Connect server on a free port; `url` is for SPARK_REMOTE. `environment` may be filled until `start`."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.environment: dict[str, str] = {}
        self._child: Child | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"sc://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Returns once the server accepts connections."""
        words = ["spark", "server", "--ip", "127.0.0.1", "--port", str(self.port)]
        self._child = Child(
            [sys.executable, "-m", "local.sail_server", *words],
            name="Sail",
            log=self._log,
            # UDFs run in Sail's own interpreter; it must find the same packages as the jobs.
            environment=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | self.environment,
        )
        try:
            wait_for_port(self._child, self.port, 60)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
