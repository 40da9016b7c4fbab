"""One warm Lambda worker: imports a handler once, then answers events, one at a time, until its input closes.

Run as a plain script by `workers.py`, with the function's own package first on the path; it knows nothing of this project.
Events come on standard input and answers go to standard output, a JSON document a line each; what the handler itself
prints goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, Any], Any]


class Context:
    """The second argument of a handler."""

    def __init__(self, request_id: str, deadline: float) -> None:
        name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.aws_request_id = request_id
        self.function_name = name
        self.function_version = "$LATEST"
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.invoked_function_arn = os.environ["LOCAL_FUNCTION_ARN"]
        self.log_group_name = f"/aws/lambda/{name}"
        self.log_stream_name = str(os.getpid())
        self.identity = None
        self.client_context = None
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.time()) * 1000))


def error_of(error: BaseException) -> dict[str, Any]:
    """An exception in Lambda's form."""
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": frames}


def load(name: str) -> Handler:
    """The handler `package.module.function`. Raises `InitFailedError` in Lambda's words."""
    module_name, _, function_name = name.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise InitFailedError("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        raise InitFailedError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"
        ) from error
    handler: Handler | None = getattr(module, function_name, None)
    if handler is None:
        raise InitFailedError("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return handler


class InitFailedError(Exception):
    """The handler cannot be loaded."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def answer(handler: Handler, request: dict[str, Any]) -> dict[str, Any]:
    try:
        result = handler(request["event"], Context(request["id"], request["deadline"]))
    except Exception as error:
        traceback.print_exc()
        return {"error": error_of(error)}
    try:
        return {"body": json.dumps(result, ensure_ascii=False)}
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return {"error": {"errorMessage": message, "errorType": "Runtime.MarshalError", "stackTrace": []}}


def end_with_parent() -> None:
    """Ends this process when the parent goes away while a handler still works."""
    while os.getppid() == PARENT:
        time.sleep(0.5)
    os._exit(1)


PARENT = os.getppid()


def main() -> int:
    events, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        handler = load(os.environ["_HANDLER"])
        failure = None
    except InitFailedError as error:
        traceback.print_exc()
        handler, failure = None, {"errorMessage": str(error), "errorType": error.kind, "stackTrace": []}
    except Exception as error:
        traceback.print_exc()
        handler, failure = None, error_of(error)
    answers.write("ready\n")
    answers.flush()
    for line in events:
        request = json.loads(line)
        said = {"error": failure} if handler is None else answer(handler, request)
        sys.stdout.flush()
        sys.stderr.flush()
        answers.write(json.dumps(said) + "\n")
        answers.flush()
        if handler is None:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
