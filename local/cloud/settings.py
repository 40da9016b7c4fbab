"""What the two sides of the local cloud agree on: names, credentials, and where things lie below its state folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REGION = "ap-northeast-2"
PROGRESS = "/_local/progress"


@dataclass(frozen=True)
class Places:
    """The folders of one local cloud."""

    state: Path
    logs: Path

    @property
    def objects(self) -> Path:
        """S3: `<bucket>/<key>` as plain files."""
        return self.state / "s3"

    @property
    def tables(self) -> Path:
        """DynamoDB: one journal a table."""
        return self.state / "dynamodb"

    @property
    def functions(self) -> Path:
        """Unpacked Lambda packages."""
        return self.state / "functions"

    @property
    def steps(self) -> Path:
        """What running EMR steps downloaded."""
        return self.state / "steps"

    @property
    def address(self) -> Path:
        """The port, once the server listens."""
        return self.state / "server.json"


def aws_environment(port: int, config_file: Path) -> dict[str, str]:
    """The variables by which boto3, Sail and delta-rs reach the server at a port, and nothing else on earth."""
    endpoint = f"http://127.0.0.1:{port}"
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        # The user's own profiles, sign-ins and credential helpers stay out of it.
        "AWS_CONFIG_FILE": str(config_file),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def write_config(path: Path) -> None:
    """A profile file with nothing in it, except the profile that AWS_PROFILE names: boto3 insists on finding that one."""
    profile = os.environ.get("AWS_PROFILE", "")
    lines = ["[default]", f"region = {REGION}"]
    lines += [f"[profile {profile}]", f"region = {REGION}"] if profile not in ("", "default") else []
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
