"""Stands in for Slack's incoming webhooks: takes the same posts over HTTP, answers like Slack and passes them on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from local.processes import free_port

MOST_BYTES = 1024 * 1024


class BadMessageError(ValueError):
    """Slack would refuse this post; the text is the word that Slack answers with."""


def read_message(body: bytes) -> dict[str, Any]:
    """The message of a post, checked the way Slack checks it."""
    try:
        message = json.loads(body)
    except ValueError as error:
        raise BadMessageError("invalid_payload") from error
    if not isinstance(message, dict):
        raise BadMessageError("invalid_payload")
    text, blocks, attachments = (message.get(key) for key in ("text", "blocks", "attachments"))
    if not (text or blocks or attachments):
        raise BadMessageError("no_text")
    if text is not None and not isinstance(text, str):
        raise BadMessageError("invalid_payload")
    if blocks is not None and not _are_blocks(blocks):
        raise BadMessageError("invalid_blocks")
    return message


def _are_blocks(blocks: object) -> bool:
    """At most 50 objects with a type; a section's text has at most 3,000 characters."""
    if not isinstance(blocks, list) or len(blocks) > 50:
        return False
    for block in blocks:
        if not isinstance(block, dict) or not isinstance(block.get("type"), str):
            return False
        text = block.get("text")
        if block["type"] == "section" and isinstance(text, dict) and not 0 < len(str(text.get("text", ""))) <= 3000:
            return False
    return True


class Webhook:
    """Listens on a free port of this machine. `messages` keeps every message; `on_message` gets each, one at a time."""

    def __init__(self, on_message: Callable[[dict[str, Any]], None] | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        self._on_message = on_message
        self._one_at_a_time = threading.Lock()
        self._port = free_port()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Returns once the port is open."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                if length > MOST_BYTES:
                    self._answer(413, "payload_too_large")
                    return
                try:
                    message = read_message(self.rfile.read(length))
                except BadMessageError as error:
                    self._answer(400, str(error))
                    return
                receiver._take(message)
                self._answer(200, "ok")

            def _answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode("ascii"))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """The messages themselves are what the user sees; a line per request would only be in the way."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="webhook", daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _take(self, message: dict[str, Any]) -> None:
        with self._one_at_a_time:
            self.messages.append(message)
            if self._on_message is not None:
                self._on_message(message)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
