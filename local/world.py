"""Everything a day needs, on this machine: database, Spark engine, emulated AWS, demo shops and a Slack to write to."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from conf.settings import CONF
from local.cloud import Cloud
from local.demo_suppliers import write_demo_suppliers
from local.errors import LocalCloudError, require_writable
from local.files import write_json
from local.postgres import Postgres
from local.processes import Child
from local.sail import Sail
from local.shops.catalogue import SOURCES
from local.webhook import Webhook

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("LOCAL_STATE") or ROOT / ".local")
LOGS = STATE / "logs"
# A day on the local cloud writes some 100 MB; half a GB leaves room for the database's own files.
NEEDED_BYTES = 500 * 1024 * 1024
SHOPS_READY_SECONDS = 60


class World:
    """Starts the services in order and stops them in reverse, whatever happens; one world at a time in a folder."""

    def __init__(self, dt: str, products: int, faults: bool, live: bool, on_message: Callable[[dict[str, Any]], None]):
        self.dt, self.products, self.faults, self.live = dt, products, faults, live
        self.on_message = on_message
        self.stack = ExitStack()

    def __enter__(self) -> World:
        with self.stack:
            self._start()
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def _start(self) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.stack.callback(hold_folder(STATE).close)
        require_writable(STATE, NEEDED_BYTES)
        self.postgres = self.stack.enter_context(Postgres(STATE / "postgres", guest=False))
        self.webhook = self.stack.enter_context(Webhook(self.on_message))
        suppliers = CONF / "suppliers" if self.live else self._start_shops()
        self.sail = Sail(LOGS / "sail.log")
        self.cloud = self.stack.enter_context(Cloud(STATE / "cloud", sail_url=self.sail.url, logs=LOGS))
        self.stack.callback(self.sail.stop)
        self.sail.environment.update(self.cloud.environment())
        self.sail.start()
        self.deployment = self.cloud.deploy()
        self.environment = self._environment(suppliers)

    def _start_shops(self) -> Path:
        ports_file = STATE / "shops" / "ports.json"
        ports_file.parent.mkdir(parents=True, exist_ok=True)
        ports_file.unlink(missing_ok=True)
        wanted = json.dumps(shop_addresses(STATE / "shops" / "addresses.json"))
        command = [sys.executable, "-m", "local.shops", "--dt", self.dt, "--products", str(self.products)]
        command += ["--faults", "on" if self.faults else "off", "--ports-file", str(ports_file), "--ports", wanted]
        shops = self.stack.enter_context(Child(command, name="The demo shops", log=LOGS / "shops.log", folder=ROOT))
        deadline = time.monotonic() + SHOPS_READY_SECONDS
        while not ports_file.exists():
            if not shops.running or time.monotonic() > deadline:
                raise LocalCloudError(f"The demo shops did not start; {LOGS / 'shops.log'} says why.")
            time.sleep(0.02)
        target = STATE / "shops" / "suppliers"
        write_demo_suppliers(CONF / "suppliers", target, json.loads(ports_file.read_text(encoding="utf-8")))
        return target

    def _environment(self, suppliers: Path) -> dict[str, str]:
        """What a process needs to be Airflow on this world: AWS's own variables, Connections, Variables and settings."""
        aws, rds, made = self.cloud.environment(), self.postgres.environment(), self.deployment
        connections = {
            "AWS_DEFAULT": {
                "conn_type": "aws",
                "login": aws["AWS_ACCESS_KEY_ID"],
                "password": aws["AWS_SECRET_ACCESS_KEY"],
                "extra": {"region_name": aws["AWS_DEFAULT_REGION"], "endpoint_url": aws["AWS_ENDPOINT_URL"]},
            },
            "RDS_DEFAULT": {
                "conn_type": "postgres",
                "host": rds["PGHOST"],
                "port": int(rds["PGPORT"]),
                "login": rds["PGUSER"],
                "password": rds.get("PGPASSWORD", ""),
                "schema": "parts",
            },
            "SLACK_WEBHOOK_DEFAULT": {
                "conn_type": "slackwebhook",
                "host": self.webhook.url,
                "password": "services/local",
            },
        }
        variables = {
            "DATA_BUCKET": made.bucket,
            "DDB_TABLE": made.table,
            "MASTER_SFN_ARN": made.state_machine_arn,
            "EMR_CLUSTER_ID": made.cluster_id,
            "CODE_S3_PREFIX": made.code_prefix,
            "DDB_RETRY_MAX_ATTEMPTS": "2",
            "DOCS_URL": "http://127.0.0.1:8000",  # where `make docs` serves them
            "MAX_PAGES": os.environ.get("MAX_PAGES", "1" if self.live else ""),
            "CRAWL_COUNT": os.environ.get("CRAWL_COUNT", "20" if self.live else ""),
        }
        return {
            **os.environ,
            **aws,
            **rds,
            **{f"AIRFLOW_CONN_{name}": json.dumps(value) for name, value in connections.items()},
            **{f"AIRFLOW_VAR_{name}": value for name, value in variables.items()},
            **airflow_settings(),
            "SUPPLIERS_DIR": str(suppliers),
            "PIPELINE_POLL_SECONDS": "1",
            "PYTHONPATH": str(ROOT),
        }


def shop_addresses(kept: Path) -> dict[str, int]:
    """The ports of the demo shops, the same in every run: a page's address is what the crawl knows it by."""
    if kept.exists():
        ports: dict[str, int] = json.loads(kept.read_text(encoding="utf-8"))
        for source, port in ports.items():
            if not is_free(port):
                raise LocalCloudError(
                    f"Port {port}, where the demo shop {source} has been so far, is taken by another program. "
                    "Stop that program, or begin afresh with `make clean`, and try again."
                )
        return ports
    candidates = (port for port in range(20_000 + os.getpid() % 5_000, 30_000) if is_free(port))
    ports = dict(zip(SOURCES, candidates, strict=False))
    write_json(kept, ports)
    return ports


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def shown(path: Path) -> str:
    """A path as the terminal shows it: short where it is in the project."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def airflow_settings() -> dict[str, str]:
    """Airflow's own settings on this machine; everything it writes is below `.local/airflow`."""
    return {
        "AIRFLOW_HOME": str(STATE / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "orchestration" / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # A local fault does not go away by waiting five minutes.
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(LOGS / "airflow"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GX_ANALYTICS_ENABLED": "False",
        "NO_PROXY": "127.0.0.1,localhost",
        # The day is one process on this machine: asking for its user agent's details costs a look-up a task.
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def hold_folder(state: Path) -> Any:
    """Takes the folder for this process until the returned file is closed; the lock goes with the process, even if killed."""
    state.mkdir(parents=True, exist_ok=True)
    lock = (state / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        lock.close()
        raise LocalCloudError(
            "Another run is using this folder's .local/. Wait for it to end, or stop it, and try again."
        ) from problem
    return lock
