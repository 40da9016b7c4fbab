"""Starts Airflow with a session that an MFA code has opened. The code comes from the terminal without echo or from stdin, never
from an argument; the session goes into the environment of `docker compose` and nowhere else.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import sys
from typing import Any, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as NotConnectedError

from infra.package import ROOT

COMPOSE_UP = [
    "docker",
    "compose",
    "up",
    "-d",
    "--force-recreate",
    "airflow-init",
    "api-server",
    "scheduler",
    "dag-processor",
    "triggerer",
]
# AWS gives a user's session at most 36 hours.
LONGEST_HOURS = 36
QUICK = Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 2})


class MfaError(Exception):
    """Airflow was not started; the message says why and what to do."""


def main(arguments: list[str]) -> int:
    try:
        hours = _hours(arguments)
        _check_prerequisites()
        session = open_session(hours)
    except MfaError as error:
        sys.stderr.write(f"Airflow was not started. {error}\n")
        return 1
    except (KeyboardInterrupt, EOFError):  # Ctrl-C, or Ctrl-D in place of the code
        sys.stderr.write("\nStopped; nothing was started.\n")
        return 130
    return become_compose(session)


def become_compose(session: dict[str, Any]) -> NoReturn:
    """This process turns into `docker compose`, so that no copy of the session stays behind."""
    until = f"{session['Expiration'].astimezone():%Y-%m-%d %H:%M %Z}"
    sys.stderr.write(f"The session lasts until {until}; then run this again.\n")
    sys.stderr.flush()
    os.chdir(ROOT)
    os.execvpe(COMPOSE_UP[0], COMPOSE_UP, environment_with(session))  # noqa: S606


def open_session(hours: int) -> dict[str, Any]:
    """The temporary credentials that AWS gives for the device's code."""
    try:
        sts = boto3.client("sts", config=QUICK)
        serial = os.environ.get("AWS_MFA_SERIAL", "").strip() or _only_device(sts, boto3.client("iam", config=QUICK))
        asked = {"DurationSeconds": hours * 3600, "SerialNumber": serial, "TokenCode": _read_code(serial)}
        credentials: dict[str, Any] = sts.get_session_token(**asked)["Credentials"]
    except NoCredentialsError as error:
        raise MfaError(
            "No AWS credentials found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from error
    except ClientError as error:
        raise MfaError(_explain(error)) from error
    except (NotConnectedError, HTTPClientError) as error:
        raise MfaError(f"AWS could not be reached: {error}") from error
    except BotoCoreError as error:  # a profile that is none, half of a pair of keys, no region
        said = str(error).rstrip(".")
        raise MfaError(
            f"AWS was not asked: {said}. Look at AWS_PROFILE, AWS_MFA_SERIAL, AWS_DEFAULT_REGION and ~/.aws/config."
        ) from error
    return credentials


def environment_with(session: dict[str, Any]) -> dict[str, str]:
    """This environment with the session in place of the user's own keys."""
    kept = {name: value for name, value in os.environ.items() if name not in ("AWS_PROFILE", "AWS_MFA_SERIAL")}
    region = boto3.session.Session().region_name
    return kept | ({"AWS_DEFAULT_REGION": region} if region else {}) | {
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }  # fmt: skip


def _hours(arguments: list[str]) -> int:
    text = arguments[0] if arguments else "12"
    if len(arguments) > 1 or not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= LONGEST_HOURS:
        raise MfaError(
            f"'{' '.join(arguments)}' is not a number of hours: write one from 1 to {LONGEST_HOURS}, or nothing for 12."
        )
    return int(text)


def _check_prerequisites() -> None:
    """A code is good for one try: what would stop `docker compose` behind it is found out before."""
    if shutil.which("docker") is None:
        raise MfaError("docker is not on PATH: install Docker with its compose plugin.")
    if not (ROOT / ".env").exists():
        raise MfaError("There is no .env: copy conf/airflow.env.example to .env and fill it in.")
    looked = subprocess.run(
        ["docker", "compose", "ps", "--quiet"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if looked.returncode != 0:
        raise MfaError(f"'docker compose ps' says: {looked.stderr.strip() or looked.stdout.strip()}")


def _only_device(sts: Any, iam: Any) -> str:
    caller = str(sts.get_caller_identity()["Arn"])
    _, is_user, name = caller.partition(":user/")
    if not is_user:
        raise MfaError(
            f"{caller} is not a user, and only a user has an MFA device: set AWS_PROFILE to your user's keys."
        )
    listed = iam.list_mfa_devices(UserName=name.rsplit("/", 1)[-1])["MFADevices"]
    devices = [device["SerialNumber"] for device in listed if ":u2f/" not in device["SerialNumber"]]
    if len(devices) != 1:
        raise MfaError(
            f"Your user needs one MFA device that shows codes, no security key, and has: {', '.join(devices) or 'none'}. "
            "Name the one to use in AWS_MFA_SERIAL."
        )
    return str(devices[0])


def _read_code(serial: str) -> str:
    asked = f"MFA code of {serial}: "
    code = (getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not re.fullmatch(r"[0-9]{6}", code):
        raise MfaError("An MFA code has six digits.")
    return code


def _explain(error: ClientError) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code == "AccessDenied" and "MultiFactorAuthentication" in message and "serial number" in message:
        return (
            "AWS knows no such MFA device of your user: look at AWS_MFA_SERIAL, or leave it out if you have one device."
        )
    if code == "AccessDenied" and "session credentials" in message:
        return "Your keys are a session's already, which opens no other: set AWS_PROFILE to your user's own keys and unset AWS_SESSION_TOKEN."
    if code == "AccessDenied" and "ListMFADevices" in message:
        return "You may not list your MFA devices: name yours in AWS_MFA_SERIAL, such as arn:aws:iam::123456789012:mfa/name."
    if code == "AccessDenied" and "MultiFactorAuthentication" in message:
        return "AWS does not accept the code: it is mistyped, too old, or was used before. Wait for the next one and try again."
    if code in ("InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken"):
        return f"AWS does not accept your keys ({code}): look at AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN."
    return f"AWS refused ({code}): {message}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
