"""Lambda functions that run, with Lambda's own ways to fail."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import threading
import zipfile
from pathlib import Path
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.config import default_user_config

from local.cloud.settings import Places
from local.cloud.workers import Function, Outcome, Pool

LARGEST_PAYLOAD = 6 * 1024 * 1024


class TooManyRequestsError(LambdaClientError):  # type: ignore[misc]
    """The function already has as many events as its reserved concurrency allows."""

    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


class PayloadTooLargeError(LambdaClientError):  # type: ignore[misc]
    code = 413

    def __init__(self, size: int) -> None:
        text = (
            f"{size} byte payload is too large for the RequestResponse invocation type (limit {LARGEST_PAYLOAD} bytes)"
        )
        super().__init__("RequestTooLargeException", text)


class Runner:
    """Finds the code of a function, unpacks it once and has a worker handle the event."""

    def __init__(self, places: Places, environment: dict[str, str]) -> None:
        self._folder, self._environment = places.functions, environment
        self._pool = Pool(places.logs / "lambda")
        self._unpacking = threading.Lock()
        shutil.rmtree(self._folder, ignore_errors=True)

    def invoke(self, function: LambdaFunction, body: bytes, headers: Any, response_headers: dict[str, str]) -> bytes:
        """The payload of the answer. An error of the function is an answer too, told apart by a header."""
        if len(body) > LARGEST_PAYLOAD:
            raise PayloadTooLargeError(len(body))
        event, runnable = json.loads(body or b"{}"), self._runnable(function)
        reserved = function.reserved_concurrency
        if not self._pool.admit(runnable.name, None if reserved is None else int(reserved)):
            raise TooManyRequestsError
        if headers.get("X-Amz-Invocation-Type") == "Event":
            threading.Thread(target=self._pool.run, args=(runnable, event), daemon=True).start()
            return b""
        outcome: Outcome = self._pool.run(runnable, event)
        if outcome.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        return outcome.body.encode()

    def _runnable(self, function: LambdaFunction) -> Function:
        variables = {**self._environment, **(function.environment_vars or {})}
        return Function(
            name=function.function_name,
            arn=function.function_arn,
            handler=function.handler,
            folder=self._unpack(function.code_bytes),
            timeout=float(function.timeout),
            memory=int(function.memory_size),
            environment=tuple(sorted(variables.items())),
        )

    def _unpack(self, code: bytes) -> Path:
        folder = self._folder / hashlib.sha256(code).hexdigest()[:16]
        with self._unpacking:
            if not folder.exists():
                unfinished = folder.with_suffix(".new")
                shutil.rmtree(unfinished, ignore_errors=True)
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    archive.extractall(unfinished)
                unfinished.rename(folder)
        return folder


def install(places: Places, environment: dict[str, str]) -> None:
    """Has moto's Lambda run its functions here instead of in Docker."""
    default_user_config["lambda"] = {"use_docker": False}
    runner = Runner(places, environment)

    def invoke(
        backend: LambdaBackend, name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
    ) -> bytes:
        function = backend.get_function(name, qualifier)
        raw = body.encode() if isinstance(body, str) else body or b""
        return runner.invoke(function, raw, headers, response_headers)

    LambdaSimpleBackend.invoke = invoke
