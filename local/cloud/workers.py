"""Lambda's execution environments: worker processes that stay warm, take one event at a time and end on a time limit."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORKER = Path(__file__).with_name("worker.py")
# Importing the handler does not count against its time limit. AWS gives it 10 s; a busy laptop may need more.
INIT_SECONDS = 60
# Handlers wait for shops most of the time; more of them at once than this would only take memory from each other.
MOST_AT_WORK = max(6, 3 * (os.cpu_count() or 1))
# Those that wait for their function's turn are kept beside them: starting one takes more than a second of a core.
MOST_WORKERS = 2 * MOST_AT_WORK


@dataclass(frozen=True)
class Function:
    """What a worker needs to know; two workers of equal functions are interchangeable."""

    name: str
    arn: str
    handler: str
    folder: Path
    timeout: float
    memory: int
    environment: tuple[tuple[str, str], ...] = ()


@dataclass
class Outcome:
    """What came of one event: a JSON body, and whether it is an error."""

    body: str
    failed: bool = False


class Worker:
    """One process of one function."""

    def __init__(self, function: Function, log: Path) -> None:
        self.function = function
        self._rest, self._ready = b"", False
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-u", WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=function.folder,
                env=_worker_environment(function),
                bufsize=0,
            )
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._events, self._answers = self._process.stdin, self._process.stdout

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def handle(self, event: Any) -> Outcome:
        """Sends one event and waits for its answer, as long as the function's time limit allows."""
        request_id, limit = str(uuid.uuid4()), self.function.timeout
        try:
            if not self._ready:
                self._read_line(time.monotonic() + INIT_SECONDS)
                self._ready = True
            line = json.dumps({"id": request_id, "event": event, "deadline": time.time() + limit})
            self._send(line.encode() + b"\n")
            answer = self._read_line(time.monotonic() + limit)
        except TimeoutError:
            self.kill()
            return _error(request_id, "Sandbox.Timedout", f"Task timed out after {limit:.2f} seconds")
        except BrokenPipeError:
            status = self._process.wait()
            how = f"signal: {-status}" if status < 0 else f"exit status {status}"
            return _error(request_id, "Runtime.ExitError", f"Runtime exited with error: {how}")
        said = json.loads(answer)
        if "error" in said:
            return Outcome(json.dumps(said["error"], ensure_ascii=False), failed=True)
        return Outcome(said["body"])

    def kill(self) -> None:
        self._process.kill()
        self.close()

    def close(self) -> None:
        """Ends the process: it reads the end of its input."""
        with suppress(BrokenPipeError):
            self._events.close()
        self._answers.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, line: bytes) -> None:
        """The whole line; a pipe without buffer may take it in pieces."""
        rest = memoryview(line)
        while rest:
            rest = rest[self._events.write(rest) :]

    def _read_line(self, deadline: float) -> bytes:
        """One answer. Raises `TimeoutError`, or `BrokenPipeError` when the process ended without one."""
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        while b"\n" not in self._rest:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError
            chunk = self._answers.read(1 << 20)
            if not chunk:
                raise BrokenPipeError
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        return line


def _worker_environment(function: Function) -> dict[str, str]:
    inherited = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
    return {
        **{name: os.environ[name] for name in inherited if name in os.environ},
        "PYTHONPATH": str(function.folder),
        "PYTHONUTF8": "1",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(function.folder),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "LOCAL_FUNCTION_ARN": function.arn,
        **dict(function.environment),
    }


def _error(request_id: str, kind: str, message: str) -> Outcome:
    body = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    return Outcome(json.dumps(body), failed=True)


@dataclass
class Pool:
    """All workers. An event takes an idle worker of its function or, if there is room, a new one; else it waits."""

    logs: Path
    at_work: int = MOST_AT_WORK
    workers: int = MOST_WORKERS
    _idle: list[Worker] = field(default_factory=list)
    _busy: dict[str, int] = field(default_factory=dict)
    _working: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def busy(self, name: str) -> int:
        """How many events of a function are being handled or wait."""
        return self._busy.get(name, 0)

    def admit(self, name: str, most: int | None) -> bool:
        """Counts an event in, unless its function already has as many as it may."""
        with self._changed:
            if most is not None and self.busy(name) >= most:
                return False
            self._busy[name] = self.busy(name) + 1
            return True

    def run(self, function: Function, event: Any) -> Outcome:
        """Handles one admitted event."""
        worker = None
        try:
            worker = self._take(function)
            started = time.monotonic()
            outcome = worker.handle(event)
            self._report(function, started, outcome)
            return outcome
        finally:
            self._give_back(function, worker)

    def _take(self, function: Function) -> Worker:
        worker, evicted = self._choose(function)
        if evicted is not None:
            evicted.close()
        if worker is not None:
            return worker
        try:
            return Worker(function, self._log(function))
        except BaseException:
            self._leave_room()
            raise

    def _choose(self, function: Function) -> tuple[Worker | None, Worker | None]:
        """An idle worker, or none and room for a new one; the room may be that of an idle worker to be ended first."""
        with self._changed:
            while self._working >= self.at_work:
                self._changed.wait()
            self._working += 1
            for worker in reversed(self._idle):
                if worker.function == function and worker.alive:
                    self._idle.remove(worker)
                    return worker, None
            if self._working + len(self._idle) <= self.workers:
                return None, None
            return None, self._idle.pop(0)  # somebody else's, and the one that was idle for longest

    def _leave_room(self) -> None:
        with self._changed:
            self._working -= 1
            self._changed.notify()

    def _give_back(self, function: Function, worker: Worker | None) -> None:
        reusable = worker is not None and worker.alive
        if worker is not None and not reusable:
            worker.close()
        with self._changed:
            self._busy[function.name] -= 1
            if worker is not None:
                self._leave_room()
                if reusable:
                    self._idle.append(worker)

    def _log(self, function: Function) -> Path:
        return self.logs / f"{function.name}.log"

    def _report(self, function: Function, started: float, outcome: Outcome) -> None:
        took = (time.monotonic() - started) * 1000
        how = f"failed: {outcome.body}" if outcome.failed else "ok"
        with self._log(function).open("a", encoding="utf-8") as log:
            log.write(f"REPORT {function.name} {took:.0f} ms {how}\n")
