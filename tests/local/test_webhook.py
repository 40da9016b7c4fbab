"""The stand-in for Slack's incoming webhooks."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.webhook import Webhook

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "3 shops"}}


def post(webhook: Webhook, body: bytes) -> tuple[int, str]:
    connection = http.client.HTTPConnection(webhook.url.removeprefix("http://"), timeout=5)
    try:
        connection.request("POST", "/services/local", body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_message_is_kept_and_handed_on() -> None:
    heard: list[dict[str, Any]] = []
    with Webhook(heard.append) as webhook:
        message = {"text": "크롤 끝", "blocks": [SECTION]}
        assert post(webhook, json.dumps(message).encode()) == (200, "ok")
        assert webhook.messages == heard == [message]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"not json", "invalid_payload"),
        (b"[]", "invalid_payload"),
        (b"{}", "no_text"),
        (b'{"text": ""}', "no_text"),
        (b'{"text": 5}', "invalid_payload"),
        (b'{"blocks": [{"text": "x"}]}', "invalid_blocks"),
        (json.dumps({"blocks": [SECTION] * 51}).encode(), "invalid_blocks"),
        (json.dumps({"blocks": [{"type": "section", "text": {"text": "x" * 3001}}]}).encode(), "invalid_blocks"),
    ],
    ids=["text", "array", "empty", "empty text", "number", "no type", "too many", "too long"],
)
def test_what_slack_refuses(body: bytes, answer: str) -> None:
    with Webhook() as webhook:
        assert post(webhook, body) == (400, answer)
        assert webhook.messages == []


def test_messages_come_one_at_a_time() -> None:
    heard: list[dict[str, Any]] = []

    def slowly(message: dict[str, Any]) -> None:
        before = len(heard)
        heard.append(message)
        assert len(heard) == before + 1

    with Webhook(slowly) as webhook, ThreadPoolExecutor(8) as pool:
        bodies = [json.dumps({"text": str(n)}).encode() for n in range(40)]
        assert {status for status, _ in pool.map(lambda body: post(webhook, body), bodies)} == {200}
    assert sorted(int(message["text"]) for message in heard) == list(range(40))


def test_port_is_free_again_afterwards() -> None:
    with Webhook() as webhook:
        pass
    with pytest.raises(ConnectionRefusedError):
        post(webhook, b"{}")
