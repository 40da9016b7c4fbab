"""`make airflow`: the same DAG in a real Airflow with scheduler, triggerer and UI, on the local cloud, until Ctrl-C."""

from __future__ import annotations

import argparse
import secrets
import signal
import socket
import sys
import time
import webbrowser
from contextlib import ExitStack
from datetime import UTC, datetime

import psycopg2
from rich.console import Console

from conf.days import day_in_seoul
from local.display import Display
from local.errors import LocalCloudError
from local.processes import Child
from local.run import PRODUCTS, migrate_database, one_of, products
from local.world import LOGS, ROOT, World, is_free, shown

PARTS = {
    "api-server": ["api-server", "--host", "127.0.0.1", "--workers", "1"],
    "scheduler": ["scheduler"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer"],
}


def main() -> int:
    console = Console() if sys.stdout.isatty() else Console(width=120)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", default="8080")
    parser.add_argument("--products", default="")
    parser.add_argument("--faults", default="")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return serve(asked, Display(console))
    except LocalCloudError as problem:
        console.print(f"[red]Airflow was not started.[/] {problem}", soft_wrap=True, highlight=False)
        return 2
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 0


def serve(asked: argparse.Namespace, display: Display) -> int:
    port, faults = free_port(asked.port), one_of("FAULTS", asked.faults or "on", ("on", "off")) == "on"
    wanted = products(asked.products or str(PRODUCTS))
    dt = day_in_seoul(datetime.now(UTC))
    display.say("  starting PostgreSQL, Spark, AWS, shops and Slack on this machine …")
    with World(dt, wanted, faults, False, display.slack) as world, ExitStack() as stack:
        environment = world.environment | settings(world, port)
        display.say("  preparing Airflow's database in PostgreSQL …")
        migrate_database(environment)
        children = start(port, environment, stack)
        display.say(
            f"Airflow: http://127.0.0.1:{port}/dags/parts_pipeline (no password). Today's run starts by itself, once; "
            'for another day trigger the DAG with {"dt": "2026-11-23"}. Ctrl-C stops everything.'
        )
        if sys.stdout.isatty():
            webbrowser.open(f"http://127.0.0.1:{port}/dags/parts_pipeline")
        while all(child.running for child in children):
            time.sleep(0.5)
        raise LocalCloudError(f"A part of Airflow ended; the logs are in {shown(LOGS)}.")


def start(port: int, environment: dict[str, str], stack: ExitStack) -> list[Child]:
    """Airflow's parts, one after another: a task that the scheduler starts before the API server answers loses its first try."""
    children: list[Child] = []
    for name, words in PARTS.items():
        log = LOGS / f"{name}.log"
        child = Child(command(words, port), name=name, log=log, folder=ROOT, environment=environment)
        children.append(stack.enter_context(child))
        if name == "api-server":
            wait_for(port, children)
    return children


def command(words: list[str], port: int) -> list[str]:
    extra = ["--port", str(port)] if words[0] == "api-server" else []
    return [sys.executable, "-m", "airflow", *words, *extra]


def settings(world: World, port: int) -> dict[str, str]:
    """Airflow on PostgreSQL with LocalExecutor, as in docker-compose.yaml; everybody who reaches this loopback port is admin."""
    make_database(world, "airflow")
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": world.postgres.dsn("airflow").replace(
            "postgresql://", "postgresql+psycopg2://"
        ),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        # `airflow api-server` signs the workers' tokens with this; it lives as long as the process.
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
    }


def make_database(world: World, name: str) -> None:
    connection = psycopg2.connect(world.postgres.dsn("postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{name}"')
    finally:
        connection.close()


def free_port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise LocalCloudError(f"PORT: '{text}' is not a port number from 1 to 65535.")
    if not is_free(int(text)):
        raise LocalCloudError(f"Port {text} is taken by another program. Name another one: make airflow PORT=8081")
    return int(text)


def wait_for(port: int, children: list[Child]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and all(child.running for child in children):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise LocalCloudError(f"Airflow did not start within two minutes; the logs are in {shown(LOGS)}.")


if __name__ == "__main__":
    sys.exit(main())
