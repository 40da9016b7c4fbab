"""start_with_mfa.sh against an emulated STS and IAM over HTTP, with a `docker` that only notes how it was called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest
from botocore.exceptions import ClientError

from infra import mfa

ROOT = Path(__file__).resolve().parents[2]
SERIAL = "arn:aws:iam::123456789012:mfa/engineer"
FAKE_DOCKER = """#!/bin/sh
if [ -n "$ENGINE" ]; then echo "$ENGINE" >&2; exit 125; fi
printf "%s\\n" "$*" > "$NOTES/words"
env > "$NOTES/environment"
"""


@pytest.fixture
def place(tmp_path: Path, moto_server: str) -> dict[str, str]:
    """An environment with keys, a filled-in .env and a docker of our own; the project is a copy of what the script needs."""
    for name in ("infra", "start_with_mfa.sh"):
        (tmp_path / name).symlink_to(ROOT / name)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(FAKE_DOCKER, encoding="utf-8")
    docker.chmod(0o755)
    keys = {"AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "own-secret", "AWS_DEFAULT_REGION": "ap-northeast-2"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | keys | {
        "AWS_ENDPOINT_URL": moto_server, "AWS_MFA_SERIAL": SERIAL, "NOTES": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true",
        "PATH": f"{docker.parent}:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT),
    }  # fmt: skip


def start(environment: dict[str, str], code: str, *words: str, dotenv: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs what the shell script runs, with the project's root swapped for the test's folder."""
    folder = Path(environment["NOTES"])
    if dotenv:
        (folder / ".env").touch()
    run = f"import sys; from pathlib import Path; from infra import mfa; mfa.ROOT = Path({str(folder)!r}); sys.exit(mfa.main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", run, *words],
        env=environment,
        input=f"{code}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_compose_gets_the_session_and_not_the_own_keys(place: dict[str, str], tmp_path: Path) -> None:
    done = start(place, "123456")
    assert done.returncode == 0, done.stderr
    assert "The session lasts until " in done.stderr
    words = (tmp_path / "words").read_text(encoding="utf-8")
    assert words.startswith("compose up -d --force-recreate")
    environment = dict(
        line.partition("=")[::2] for line in (tmp_path / "environment").read_text(encoding="utf-8").splitlines()
    )
    assert environment["AWS_SESSION_TOKEN"]
    assert environment["AWS_ACCESS_KEY_ID"] != "own"
    assert environment["AWS_SECRET_ACCESS_KEY"] != "own-secret"
    assert "123456" not in words + done.stdout + done.stderr


def test_device_is_asked_from_iam(place: dict[str, str], moto_server: str) -> None:
    iam = boto3.client(
        "iam",
        endpoint_url=moto_server,
        region_name="us-east-1",
        aws_access_key_id="own",
        aws_secret_access_key="own-secret",
    )
    place.pop("AWS_MFA_SERIAL")
    iam.create_user(UserName="moto")
    assert "has: none" in start(place, "123456").stderr
    iam.enable_mfa_device(
        UserName="moto", SerialNumber=SERIAL, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    assert start(place, "123456").returncode == 0


@pytest.mark.parametrize(
    ("changes", "code", "words", "sentence"),
    [
        ({}, "12345", (), "six digits"),
        ({}, "123456", ("99",), "'99' is not a number of hours"),
        ({"PATH": "/nowhere"}, "123456", (), "docker is not on PATH"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "123456", (), "No AWS credentials found"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "123456", (), "AWS could not be reached"),
        (
            {"AWS_PROFILE": " dev"},
            "123456",
            (),
            "AWS was not asked: The config profile ( dev) could not be found. Look at",
        ),
        ({"AWS_MFA_SERIAL": "iphone"}, "123456", (), "AWS was not asked: Parameter validation failed"),
        ({"ENGINE": "unknown shorthand flag: 'd' in -d"}, "", (), "says: unknown shorthand flag"),
    ],
    ids=["code", "hours", "docker", "credentials", "network", "profile", "serial", "compose"],
)
def test_trouble_is_told_in_a_sentence(
    place: dict[str, str], changes: dict[str, str], code: str, words: tuple[str, ...], sentence: str
) -> None:
    done = start(place | changes, code, *words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("key", [KeyboardInterrupt, EOFError])
def test_who_gives_no_code_is_told_that_nothing_was_started(
    key: type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def give_up(_: int) -> NoReturn:
        raise key

    monkeypatch.setattr(mfa, "_check_prerequisites", lambda: None)
    monkeypatch.setattr(mfa, "open_session", give_up)
    assert mfa.main([]) == 130
    assert capsys.readouterr().err == "\nStopped; nothing was started.\n"


def test_missing_dotenv_is_told(place: dict[str, str]) -> None:
    assert "copy conf/airflow.env.example to .env" in start(place, "123456", dotenv=False).stderr


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("MultiFactorAuthentication failed with invalid MFA one time pass code. ", "Wait for the next one"),
        (
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid "
            "and associated with this user.",
            "no such MFA device",
        ),
        ("Cannot call GetSessionToken with session credentials", "unset AWS_SESSION_TOKEN"),
        (
            "User: … is not authorized to perform: iam:ListMFADevices on resource: user x",
            "name yours in AWS_MFA_SERIAL",
        ),
    ],
    ids=["code", "device", "session", "list"],
)
def test_what_aws_refuses_is_told_with_what_to_do(message: str, advice: str) -> None:
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "GetSessionToken")
    assert advice in mfa._explain(error)


def test_security_keys_show_no_codes_and_are_no_choice() -> None:
    class Iam:
        def list_mfa_devices(self, **_: str) -> dict[str, Any]:
            key = "arn:aws:iam::123456789012:u2f/user/engineer/key"
            return {"MFADevices": [{"SerialNumber": key}, {"SerialNumber": SERIAL}]}

    class Sts:
        def get_caller_identity(self) -> dict[str, str]:
            return {"Arn": "arn:aws:iam::123456789012:user/team/engineer"}

    assert mfa._only_device(Sts(), Iam()) == SERIAL
