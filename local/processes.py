"""Child processes that cannot outlive us: each runs under `guard.py`, which ends it when we end, however we end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

import psutil

from local.errors import ChildError, storage_sentence, telling_storage_errors

GUARD = Path(__file__).with_name("guard.py")
Identity = Literal["same", "namespace", "nobody"]


class Child:
    """A running command. Its output goes to `log`; `stop()` or the end of this process ends it and what it started."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        name: str,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace: float = 1.5,
        identity: Identity = "same",
    ) -> None:
        self.name, self.log, self._grace = name, log, grace
        guard = [sys.executable, "-I", "-S", str(GUARD), "--identity", identity, "--grace", str(grace)]
        guard += ["--stop-signal", str(int(stop_signal))]
        with telling_storage_errors(log.parent):
            log.parent.mkdir(parents=True, exist_ok=True)
            output = log.open("ab")
        with output:
            self._log_start = output.tell()
            self._process = subprocess.Popen(
                [*guard, "--", *map(str, command)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                start_new_session=True,  # Ctrl-C in the terminal reaches us alone; we stop the children in order
            )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The guard's process id; the command itself is its child."""
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int:
        """The command's exit status, once it ended by itself. Raises `subprocess.TimeoutExpired`."""
        status = self._process.wait(timeout)
        self._let_go()
        return status

    def stop(self) -> None:
        """Ends the command now: its stop signal first, after the grace -9 for it and all that it started."""
        self._let_go()
        try:
            self._process.wait(self._grace + 3)
        except subprocess.TimeoutExpired:
            self._process.kill()  # on Linux this takes the command with it
            self._process.wait()

    def _let_go(self) -> None:
        """Closes our end of the pipe; a guard that still runs takes it as the word to stop."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def output(self) -> str:
        """The last 20 lines that this start of the command wrote to its log."""
        with self.log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start, size - 16_384))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-20:])

    def failure(self, what: str) -> ChildError:
        """The error to raise when this command let us down."""
        text = self.output()
        if "No space left on device" in text:
            return ChildError(storage_sentence(OSError(28, "No space left on device"), self.log.parent))
        last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
        return ChildError(f"{self.name} {what}: {last} (log: {self.log})")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(child: Child, port: int, timeout: float) -> None:
    """Returns once something accepts connections on the port, or raises what the child said when it ended."""
    deadline = time.monotonic() + timeout
    while True:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if not child.running:
            raise child.failure("ended while starting")
        if time.monotonic() > deadline:
            raise child.failure(f"did not answer on port {port} within {timeout:.0f} s")
        time.sleep(0.03)


def end_processes(
    processes: Sequence[psutil.Process], grace: float = 2.0, first: signal.Signals = signal.SIGTERM
) -> None:
    """A polite signal, and -9 for those that are still there after the grace. Never hits a reused process number."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(first)
    _, alive = psutil.wait_procs(processes, timeout=grace)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=2)
