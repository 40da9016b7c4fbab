"""The local cloud's process: moto's server with our Lambda, EMR, Step Functions, S3 and DynamoDB in place of its own."""

from __future__ import annotations

import argparse
import faulthandler
import fcntl
import functools
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs

from local.cloud.settings import PROGRESS, Places, aws_environment
from local.files import write_json

Answer = Iterable[bytes]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Answer]


def with_progress(app: WsgiApp, progress: Callable[[str], Any]) -> WsgiApp:
    """Answers what asks for a day's progress itself and hands everything else on."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Answer:
        if environ["PATH_INFO"] != PROGRESS:
            return app(environ, start_response)
        (dt,) = parse_qs(environ["QUERY_STRING"])["dt"]
        body = json.dumps(progress(dt)).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def hold(state: Path) -> IO[str]:
    """Takes the state folder for this process. A server that was just killed with its parent gets a moment to end."""
    lock = (state / "lock").open("a", encoding="ascii")
    for _ in range(60):
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        time.sleep(0.05)
    sys.exit(f"Another local cloud is using {state}. Stop it, or give this one another folder.")


def serve(places: Places, sail_url: str) -> None:
    """Runs until SIGTERM. Writes the address file when everything is loaded and the port is open."""
    lock = hold(places.state)
    # moto reads these when it is imported.
    os.environ |= {"MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "true", "MOTO_DOCKER_NETWORK_MODE": "none"}
    from moto.core import responses
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    from local.cloud import dynamodb, emr, lambdas, s3, step_functions

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}

    class Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]
        @functools.cache  # noqa: B019 - there is one, and it lives as long as the process
        def get_backend_for_host(self, host: str | None) -> Any:
            """moto reads its own package folder for the answer, at each request."""
            return super().get_backend_for_host(host)

    # Looked up by inspection at each request, too.
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)

    class QuietHandler(MotoRequestHandler):  # type: ignore[misc]
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """A line for each of thousands of requests would cost more than it tells."""

    app = with_progress(Dispatcher(create_backend_app), dynamodb.progress)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    setattr(server, "daemon_threads", True)  # noqa: B010
    os.environ["MOTO_PORT"] = str(server.server_port)
    environment = aws_environment(server.server_port, places.state / "aws_config")
    step_functions.install(server.server_port)
    s3.install(places.objects)
    dynamodb.install(places.tables)
    lambdas.install(places, environment)
    emr.install(places, environment | {"SPARK_REMOTE": sail_url})
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    write_json(places.address, {"port": server.server_port})
    server.serve_forever(poll_interval=0.1)
    lock.close()
    # Threads of unfinished executions have nothing to save, since everything that counts is on disk already.
    os._exit(0)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--logs", type=Path, required=True)
    options = parser.parse_args()
    faulthandler.register(signal.SIGUSR1)  # kill -USR1 shows what every thread is doing, in the log
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    serve(Places(options.state, options.logs), os.environ.get("SPARK_REMOTE", ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
