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


# What a webhook answers, by the last part of its address: status, headers and body.
ODD_ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "hour": (429, {"Retry-After": "3600"}, b""),
    "date": (429, {"Retry-After": "Mon, 23 Nov 2026 07:28:00 GMT"}, b""),
    "cp949": (404, {}, "없음".encode("cp949")),
    "charset": (200, {"Content-Type": "text/plain; charset=odd"}, b"ok"),
    "login": (200, {}, b"<html><title>Sign in to the network</title>"),
}


@contextmanager
def slack_that_answers(*statuses: int) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A webhook that gives one status after another, the last one for ever; its address and what it was told."""
    posts: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            usual = statuses[min(len(posts), len(statuses)) - 1], {"Retry-After": "0"}, b"ok"
            status, headers, body = ODD_ANSWERS.get(self.path.rpartition("/")[2], usual)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

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


# Airflow keeps global state and takes seconds to import, so its hook is called in a process of its own, once for all addresses.
SEND = """
import json, logging, os, sys
import airflow.settings
from orchestration import slack
logging.basicConfig(stream=sys.stderr, level=logging.INFO, force=True)
for address in sys.argv[1:]:
    connection = {"conn_type": "slackwebhook", "host": "http://127.0.0.1", "password": address}
    os.environ["AIRFLOW_CONN_SLACK_WEBHOOK_DEFAULT"] = json.dumps(connection)
    for required in (False, True):
        try:
            slack.send(slack.message("Prices of 2026-11-24 are published", ["Pages: 3 of 3 planned"]), required=required)
        except Exception as problem:
            print("became", type(problem).__name__)
        else:
            print("became", "sent")
"""


def send(home: Path, *addresses: str) -> tuple[list[str], str]:
    """What became of a message to each address, first of one that may be missed, then of a required one; and the log."""
    environment = os.environ | {"AIRFLOW_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SEND, *addresses],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("became ")], done.stderr


def test_message_arrives_although_slack_stumbles(tmp_path: Path) -> None:
    with slack_that_answers(502, 429, 503, 200) as (url, posts):
        became, logged = send(tmp_path, f"{url}/secret")
    assert became == ["sent", "sent"]
    assert "could not be told" not in logged
    assert [post["text"] for post in posts] == ["Prices of 2026-11-24 are published"] * 5


def test_only_a_required_message_fails_its_task_whatever_slack_answers(tmp_path: Path) -> None:
    with slack_that_answers(404) as (url, posts):
        answers = [f"{url}/services/T0/B0/{name}" for name in ("secret", *ODD_ANSWERS)]
        none = [f"{url}/a blank", f"{url}/비밀", "ftp://127.0.0.1"]
        became, logged = send(tmp_path, *answers, *none)
    assert became[::2] == ["sent"] * len(answers + none)
    assert became[1] == "AirflowException"
    assert "sent" not in became[1::2]
    assert len(posts) == 2 * len(answers)
    assert logged.count("Slack could not be told 'Prices of 2026-11-24 are published'") == len(answers + none)
    assert "secret" not in logged
