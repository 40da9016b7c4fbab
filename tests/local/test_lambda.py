"""Lambda's ways to succeed and to fail, against real worker processes."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.support import Aws, wait_until


def test_event_comes_in_and_result_goes_out(aws: Aws) -> None:
    name = aws.function(
        """
        import os

        def handle(event, context):
            left = context.get_remaining_time_in_millis()
            return {"event": event, "name": context.function_name, "in time": 0 < left <= 20_000,
                    "endpoint": os.environ["AWS_ENDPOINT_URL"]}
        """
    )
    error, result = aws.invoke(name, {"car": "쏘나타(DN8)"})
    assert error is None
    endpoint = aws.cloud.environment()["AWS_ENDPOINT_URL"]
    assert result == {"event": {"car": "쏘나타(DN8)"}, "name": name, "in time": True, "endpoint": endpoint}


def test_worker_stays_warm_and_sees_only_its_own_package(aws: Aws) -> None:
    name = aws.function(
        """
        import importlib.util, os
        calls = 0

        def handle(event, context):
            global calls
            calls += 1
            return [os.getpid(), calls, importlib.util.find_spec("local") is None]
        """
    )
    first, second = aws.invoke(name)[1], aws.invoke(name)[1]
    assert (first[0], second[1], second[2]) == (second[0], 2, True)


def test_exception_is_a_function_error(aws: Aws) -> None:
    name = aws.function(
        """
        def handle(event, context):
            raise LookupError("없는 부품")
        """
    )
    error, body = aws.invoke(name)
    assert (error, body["errorType"], body["errorMessage"]) == ("Unhandled", "LookupError", "없는 부품")
    assert any("in handle" in frame for frame in body["stackTrace"])
    assert "LookupError: 없는 부품" in (aws.logs / "lambda" / f"{name}.log").read_text(encoding="utf-8")


def test_time_limit_ends_the_worker(aws: Aws) -> None:
    name = aws.function(
        """
        import os, time

        def handle(event, context):
            if event:
                time.sleep(60)
            return os.getpid()
        """,
        timeout=1,
    )
    worker = aws.invoke(name)[1]
    started = time.monotonic()
    error, body = aws.invoke(name, "sleep")
    assert time.monotonic() - started < 5
    assert (error, body["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert body["errorMessage"].endswith("Task timed out after 1.00 seconds")
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert aws.invoke(name)[1] != worker


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        pytest.param("def other(): ...", "Runtime.HandlerNotFound", "'handle' missing", id="no handler"),
        pytest.param("import nowhere", "Runtime.ImportModuleError", "No module named 'nowhere'", id="import fails"),
        pytest.param("def (", "Runtime.UserCodeSyntaxError", "Syntax error", id="syntax error"),
        pytest.param("raise KeyError('x')", "KeyError", "'x'", id="fails while importing"),
        pytest.param("def handle(e, c): return {1, 2}", "Runtime.MarshalError", "not JSON", id="no JSON"),
        pytest.param("import os\ndef handle(e, c): os._exit(3)", "Runtime.ExitError", "exit status 3", id="exits"),
        pytest.param("import os\ndef handle(e, c): os.kill(os.getpid(), 9)", "Runtime.ExitError", "signal: 9", id="killed"),
        pytest.param("def handle(e, c): raise SystemExit(4)", "Runtime.ExitError", "exit status 4", id="sys.exit"),
    ],
)  # fmt: skip
def test_other_failures_are_named_as_in_aws(aws: Aws, code: str, kind: str, message: str) -> None:
    error, body = aws.invoke(aws.function(code))
    assert (error, body["errorType"]) == ("Unhandled", kind)
    assert message in body["errorMessage"]


def test_what_a_handler_prints_is_not_its_answer(aws: Aws) -> None:
    name = aws.function("import sys\ndef handle(e, c):\n  print('to the log')\n  return sys.stdin.read()")
    assert aws.invoke(name) == (None, "")
    assert "to the log" in (aws.logs / "lambda" / f"{name}.log").read_text(encoding="utf-8")


def test_reserved_concurrency_throttles(aws: Aws) -> None:
    name = aws.function("import time\ndef handle(e, c): time.sleep(e)")
    aws.lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(aws.invoke, name, 4)
        time.sleep(1)
        with pytest.raises(aws.lambdas.exceptions.TooManyRequestsException) as refused:
            aws.invoke(name, 0)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert running.result() == (None, None)
    assert aws.invoke(name, 0) == (None, None)


def test_more_events_than_workers_wait_their_turn(aws: Aws) -> None:
    name = aws.function("import time\ndef handle(e, c):\n  time.sleep(0.1)\n  return e")
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda n: aws.invoke(name, n)[1], range(40))) == list(range(40))


def test_too_large_payload_is_refused(aws: Aws) -> None:
    name = aws.function("def handle(e, c): return e")
    with pytest.raises(ClientError) as refused:
        aws.invoke(name, "x" * 6 * 1024 * 1024)
    assert refused.value.response["Error"]["Code"] == "RequestTooLargeException"
    assert aws.invoke(name, "x" * 1_000_000)[1] == "x" * 1_000_000


def test_unknown_function(aws: Aws) -> None:
    with pytest.raises(aws.lambdas.exceptions.ResourceNotFoundException):
        aws.invoke("nobody")


def test_new_code_takes_effect(aws: Aws) -> None:
    from tests.local.support import zipped

    name = aws.function("def handle(e, c): return 'old'")
    assert aws.invoke(name)[1] == "old"
    aws.lambdas.update_function_code(FunctionName=name, ZipFile=zipped(module="def handle(e, c): return 'new'"))
    assert aws.invoke(name)[1] == "new"


def test_event_invocation_does_not_wait(aws: Aws, tmp_path: Any) -> None:
    name = aws.function("import pathlib\ndef handle(e, c): pathlib.Path(e).write_text('done')")
    target = tmp_path / "done"
    answer = aws.lambdas.invoke(FunctionName=name, InvocationType="Event", Payload=f'"{target}"'.encode())
    assert answer["StatusCode"] == 202
    wait_until(target.exists)
