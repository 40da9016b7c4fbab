"""docker-compose.yaml means what it says: commands that Airflow has, settings that Airflow knows, and no secret."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("api-server", "scheduler", "dag-processor", "triggerer")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))["services"]
    return found


def test_every_part_runs_after_init_with_a_health_check(services: dict[str, Any]) -> None:
    assert set(services) == {"postgres", "airflow-init", *PARTS}
    for part in PARTS:
        assert services[part]["command"] == part
        assert services[part]["healthcheck"]
        assert services[part]["depends_on"]["airflow-init"] == {"condition": "service_completed_successfully"}


def airflow_knows(code: str) -> str:
    """Asked of a process of its own: importing Airflow sets up a home folder and logging."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    return done.stdout


def test_airflow_has_every_setting_and_command(services: dict[str, Any]) -> None:
    settings = [name for name in services["scheduler"]["environment"] if name.startswith("AIRFLOW__")]
    pairs = [name.removeprefix("AIRFLOW__").lower().split("__") for name in settings]
    code = (
        "from airflow.configuration import conf\nfrom airflow.cli.cli_parser import get_parser\n"
        f"print([pair for pair in {pairs!r} if pair[1] not in conf.configuration_description.get(pair[0], {{}}).get('options', {{}})])\n"
        f"parser = get_parser()\n[parser.parse_args([part]) for part in {PARTS!r}]\n"
        "parser.parse_args(['db', 'migrate'])\n"
        "parser.parse_args(['jobs', 'check', '--job-type', 'TriggererJob', '--hostname', 'here'])\n"
    )
    assert len(settings) > 8
    assert airflow_knows(code).strip().splitlines()[-1] == "[]"


def test_session_comes_from_the_shell(services: dict[str, Any]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert services["scheduler"]["environment"][name] is None


def test_secrets_have_no_value_in_any_file() -> None:
    compose = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    example = (ROOT / "conf" / "airflow.env.example").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(AIRFLOW_\w+):\?", compose))
    assert asked == {"AIRFLOW_FERNET_KEY", "AIRFLOW_SECRET_KEY", "AIRFLOW_DB_PASSWORD", "AIRFLOW_ADMIN_PASSWORD"}
    for name in asked:
        assert f"\n{name}=\n" in example


def test_mounted_folders_exist_and_are_read_only(services: dict[str, Any]) -> None:
    for volume in services["scheduler"]["volumes"][:-1]:
        source, _, mode = volume.split(":")
        assert (ROOT / source).is_dir()
        assert mode == "ro"


def test_no_task_is_started_before_the_api_server_answers(services: dict[str, Any]) -> None:
    assert services["scheduler"]["depends_on"]["api-server"] == {"condition": "service_healthy"}


def test_links_in_slack_lead_to_the_port_of_this_installation(services: dict[str, Any]) -> None:
    port = services["api-server"]["ports"][0].partition(":")[2].rpartition(":")[0]
    assert (
        services["scheduler"]["environment"]["AIRFLOW__API__BASE_URL"] == f"${{AIRFLOW_URL:-http://127.0.0.1:{port}}}"
    )


def test_no_password_is_a_word_of_a_command(services: dict[str, Any]) -> None:
    """Everybody on the machine sees the words of a command; `printf` is no process."""
    (script,) = services["airflow-init"]["command"][1:]
    assert "--password" not in script
    assert script.count("ADMIN_PASSWORD") == 2
    assert script.splitlines()[1].startswith("printf ")
