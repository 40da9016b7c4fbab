"""Messages reach Slack over HTTP; a Slack that is down does not stop a day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def slack_that_answers(*statuses: int) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A webhook that gives one status after another, the last one for ever; its address and what it was told."""
    posts: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(statuses[min(len(posts), len(statuses)) - 1])
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to the terminal."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", posts
        finally:
            server.shutdown()
            thread.join()


# Airflow keeps global state, so its hook is called in a process of its own.
SEND = """
import logging, sys
import airflow.settings
from orchestration import slack
logging.basicConfig(stream=sys.stderr, level=logging.INFO, force=True)
try:
    slack.send(slack.message("Prices of 2026-11-24 are published", ["Pages: 3 of 3 planned"]), required=sys.argv[1] == "required")
except Exception as problem:
    print(type(problem).__name__)
else:
    print("went on")
"""


def send(url: str, home: Path, how: str = "") -> tuple[str, str]:
    """What became of one message, and what was logged."""
    environment = os.environ | {"AIRFLOW_HOME": str(home), "PYTHONPATH": str(ROOT)}
    connection = {"conn_type": "slackwebhook", "host": url, "password": "services/T0/B0/secret"}
    environment["AIRFLOW_CONN_SLACK_WEBHOOK_DEFAULT"] = json.dumps(connection)
    done = subprocess.run(
        [sys.executable, "-c", SEND, how], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1], done.stderr


def test_message_arrives_although_slack_stumbles(tmp_path: Path) -> None:
    with slack_that_answers(503, 429, 200) as (url, posts):
        became, _ = send(url, tmp_path)
    assert became == "went on"
    assert [post["text"] for post in posts] == ["Prices of 2026-11-24 are published"] * 3


def test_slack_that_refuses_stops_nothing_and_is_logged(tmp_path: Path) -> None:
    with slack_that_answers(404) as (url, posts):
        became, logged = send(url, tmp_path)
    assert (became, len(posts)) == ("went on", 1)
    assert "Slack could not be told 'Prices of 2026-11-24 are published'" in logged
    assert "secret" not in logged


def test_required_message_fails_its_task(tmp_path: Path) -> None:
    with slack_that_answers(404) as (url, _):
        assert send(url, tmp_path, "required")[0] == "AirflowException"
