"""`make run`: one whole day on the local cloud, through the production DAG."""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from rich.console import Console

from conf.days import day_in_seoul, parse_day
from conf.supplier import SupplierError, load_suppliers
from expectations.accepted import MART
from local.display import Display
from local.errors import LocalCloudError, has_free, storage_sentence
from local.files import write_json
from local.processes import Child
from local.world import LOGS, ROOT, STATE, World, airflow_settings, shown
from orchestration.slack import TABLE_COUNTS

PRODUCTS, MOST_PRODUCTS = 400, 20_000
ACCEPTABLE = re.compile(r'"accept": \["([^"]+)"')
# With less than this PostgreSQL, SQLite and the logs cannot go on, whichever of them noticed first.
FULL_DISK_BYTES = 16 * 1024 * 1024


def main() -> int:
    console = Console() if sys.stdout.isatty() else Console(width=120)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run(options(sys.argv[1:]), Display(console))
    except (LocalCloudError, SupplierError) as problem:
        console.print(f"[red]Nothing was run.[/] {problem}", highlight=False, soft_wrap=True)
        return 2
    except OSError as problem:
        console.print(
            f"[red]The run stopped.[/] {storage_sentence(problem, Path(problem.filename or STATE))}", soft_wrap=True
        )
        return 1
    except KeyboardInterrupt:
        console.print(
            "\nStopped. Everything that was started is stopped too; `make run` takes the day up where it was."
        )
        return 130


def options(words: list[str]) -> argparse.Namespace:
    """Reads the command's words; a wrong one ends the program with a sentence and status 2."""
    parser = argparse.ArgumentParser(
        prog="make run",
        usage="make run [DT=2026-11-23] [PRODUCTS=400] [FAULTS=on|off] [SHOPS=demo|live] [ACCEPT=partsro,mart]",
    )
    parser.add_argument("--dt", default="")
    parser.add_argument("--products", default="")
    parser.add_argument("--faults", default="")
    parser.add_argument("--shops", default="")
    parser.add_argument("--accept", default="")
    found = parser.parse_args(words)
    try:
        found.dt = parse_day(found.dt).isoformat() if found.dt else day_in_seoul(datetime.now(UTC))
    except ValueError as problem:
        raise LocalCloudError(f"DT: {problem}") from problem
    found.products = products(found.products or str(PRODUCTS))
    found.faults = one_of("FAULTS", found.faults or "on", ("on", "off")) == "on"
    found.live = one_of("SHOPS", found.shops or "demo", ("demo", "live")) == "live"
    return found


def run(asked: argparse.Namespace, display: Display) -> int:
    """Runs the day and shows it; the exit status."""
    _check_accepted(asked.accept, [*load_suppliers(ROOT / "conf" / "suppliers"), MART])
    shops = "the suppliers' own shops" if asked.live else f"3 demo shops with {asked.products:,} products each"
    display.say(f"[bold]One day of car-part prices[/]: {asked.dt}, {shops}, faults {'on' if asked.faults else 'off'}")
    marks = {"began": datetime.now(UTC)}
    migrate_airflow(display)
    marks["database"] = datetime.now(UTC)
    display.say("  starting PostgreSQL, Spark, AWS, shops and Slack on this machine …")
    with World(asked.dt, asked.products, asked.faults, asked.live, display.slack) as world:
        marks["world"] = datetime.now(UTC)
        outcome = follow_day(world, asked, display)
        if outcome is None or outcome["state"] != "success":
            status = tell_failure(outcome, display)
        else:
            status = tell_success(world, outcome["report"] | {"clock": clock(marks, outcome["tasks"])}, display)
        tell_how_to_accept((outcome or {}).get("report") or {}, asked, display)
        return status


def tell_how_to_accept(report: dict[str, Any], asked: argparse.Namespace, display: Display) -> None:
    """Slack says what to trigger in Airflow; here the same day is run again by another word."""
    gate = report.get("gate", {})
    names = ACCEPTABLE.findall(" ".join([*gate.get("held_back", {}).values(), *gate.get("failures", [])]))
    if not names:
        return
    words = [f"DT={asked.dt}"]
    words += [f"PRODUCTS={asked.products}"] if asked.products != PRODUCTS else []
    words += [] if asked.faults else ["FAULTS=off"]
    words += ["SHOPS=live"] if asked.live else []
    accepted = [name for name in map(str.strip, asked.accept.split(",")) if name]
    display.say(f"Where such a change is right: make run {' '.join(words)} ACCEPT={','.join([*accepted, *names])}")


def clock(marks: dict[str, datetime], tasks: dict[str, Any]) -> dict[str, float]:
    """Where the time of a run went, in seconds, beside the work of its stages: the starts, each task, and between the tasks."""
    first = min(datetime.fromisoformat(task["started"]) for task in tasks.values() if task["started"])
    took = {
        "Airflow's database": marks["database"] - marks["began"],
        "start of the local cloud": marks["world"] - marks["database"],
        "import of Airflow and the DAG": first - marks["world"],
    }
    seconds = {name: span.total_seconds() for name, span in took.items()}
    seconds |= {f"task {name}": task["seconds"] for name, task in tasks.items() if task["seconds"]}
    whole = (datetime.now(UTC) - marks["began"]).total_seconds()
    return {
        name: round(value, 2) for name, value in (seconds | {"between tasks": whole - sum(seconds.values())}).items()
    }


def migrate_airflow(display: Display) -> None:
    """Makes Airflow's own database, once; the stamp is written last, so that an interrupted one is made again."""
    home = STATE / "airflow"
    stamp = home / "migrated"
    lock_file = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    version = next(line for line in lock_file.splitlines() if line.startswith("apache-airflow=="))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == version:
        return
    display.say("  preparing Airflow's database (once) …")
    LOGS.mkdir(parents=True, exist_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    migrate_database(os.environ | airflow_settings())
    stamp.write_text(version, encoding="utf-8")


def migrate_database(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    with (LOGS / "airflow-migrate.log").open("wb") as log:
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False)
    if done.returncode:
        raise LocalCloudError(f"Airflow's database could not be made; {shown(LOGS / 'airflow-migrate.log')} says why.")


def follow_day(world: World, asked: argparse.Namespace, display: Display) -> dict[str, Any] | None:
    """Starts the DAG and says what happens until it ends; `None` when it died without a word."""
    result = STATE / "airflow" / "outcome.json"
    result.unlink(missing_ok=True)
    command = [sys.executable, "-m", "local.dag_day", "--dt", asked.dt, "--accept", asked.accept]
    command += ["--result", str(result)]
    since = datetime.now(UTC)
    with Child(command, name="The DAG", log=LOGS / "dag.log", folder=ROOT, environment=world.environment) as day:
        while day.running:
            display.stage_states(task_states(STATE / "airflow" / "airflow.db", since))
            display.crawl_progress(world.cloud.progress(asked.dt))
            time.sleep(0.25)
    display.stage_states(task_states(STATE / "airflow" / "airflow.db", since))
    found: dict[str, Any] | None = json.loads(result.read_text(encoding="utf-8")) if result.exists() else None
    return found


def task_states(database: Path, since: datetime) -> dict[str, tuple[str, float | None]]:
    """How the tasks of the run that started after `since` stand, from Airflow's own database."""
    query = "SELECT t.task_id, t.state, t.duration FROM task_instance t JOIN dag_run r USING (dag_id, run_id) WHERE r.run_after >= ?"
    with sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=5) as connection:
        rows = connection.execute(query, (since.strftime("%Y-%m-%d %H:%M:%S.%f"),)).fetchall()
    return {task: (state, seconds) for task, state, seconds in rows if state}


def tell_failure(outcome: dict[str, Any] | None, display: Display) -> int:
    """The stage, the cause in one sentence, and where to read on."""
    tasks = (outcome or {}).get("tasks", {})
    failed = [name for name, task in tasks.items() if task["state"] == "failed" and name != "final_report"]
    stage = failed[0] if failed else ("final_report" if outcome else "the DAG")
    report = (outcome or {}).get("report") or {}
    cause = display.cause() or next(iter(report.get("problems", [])), "it ended without saying why")
    if not has_free(STATE, FULL_DISK_BYTES):
        cause = storage_sentence(OSError(errno.ENOSPC, ""), STATE)
    elif report:
        write_json(STATE / "last_run.json", report)
    if report:
        display.summary(report)
    # The last task fails where the day did; on a day that had nothing to publish nothing else has failed.
    what = "Nothing was published" if report.get("outcome") == "empty" else f"{stage} failed"
    display.say(f"[red]{what}:[/] {cause}")
    display.say(f"Log: {shown(LOGS / 'dag.log')}; the steps' and Lambdas' own logs are beside it.")
    return 1


def tell_success(world: World, report: dict[str, Any], display: Display) -> int:
    """The counts, five prices, the Data Docs and what to try next."""
    docs = local_path(world, report["data_docs"])
    report["data_docs"] = docs
    write_json(STATE / "last_run.json", report)
    display.summary(report)
    columns, prices = example_prices(world, report["dt"])
    display.prices(columns, prices)
    load = ", ".join(f"{name}={report['load'][name]}" for name in TABLE_COUNTS)
    display.say(f"Database: {load}")
    display.say(f"Data Docs: {docs}")
    display.say(
        "Next: `make run` again (nothing changes), `make airflow` (the same in Airflow's UI), `make docs`, `make help`."
    )
    display.say(f'Ask: make sql Q="{question(prices, report["dt"])}"')
    return 0


def question(prices: list[tuple[Any, ...]], dt: str) -> str:
    """A query that answers something, fit to be pasted into a shell."""
    for part, car, *_ in prices:
        if not set(part + car) & set("\"'`$\\!"):
            return f"select * from price_band('{part}', '{car}', '{dt}')"  # noqa: S608 -- shown, not executed
    return "select * from parts_master limit 5"


def local_path(world: World, uri: str) -> str:
    """Where on this disk an object of the emulated S3 is."""
    if not uri.startswith("s3://"):
        return uri
    return shown(world.cloud.object_path(uri))


def example_prices(world: World, dt: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Five parts of the day that several shops sell."""
    query = """SELECT part_official_name AS part, car_type AS car, min_price AS min, median_price AS median,
                      max_price AS max, offer_count AS offers, source_count AS shops
               FROM parts_master WHERE extracted_at = %s
               ORDER BY source_count DESC, offer_count DESC, part_official_name, car_type LIMIT 5"""
    connection = psycopg2.connect(world.postgres.dsn("parts"))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query, (dt,))
            return [column.name for column in cursor.description or ()], cursor.fetchall()
    finally:
        connection.close()


def products(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_PRODUCTS:
        raise LocalCloudError(f"PRODUCTS: '{text}' is not a whole number from 1 to {MOST_PRODUCTS:,}.")
    return int(text)


def _check_accepted(text: str, known: list[str]) -> None:
    wrong = [name for name in map(str.strip, text.split(",")) if name and name not in known]
    if wrong:
        raise LocalCloudError(f"ACCEPT: '{wrong[0]}' is none of {', '.join(known)}.")


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise LocalCloudError(f"{name}: '{value}' is neither {' nor '.join(allowed)}.")
    return value


if __name__ == "__main__":
    sys.exit(main())
