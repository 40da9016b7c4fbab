"""`make transform`, `make validate` and `make load`: one stage by itself, with the very steps and functions of the DAG."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2

from conf.days import parse_day
from conf.lake import Lake
from expectations.tables import LakeError
from expectations.verdict import WHAT_NOW
from local import jvm
from local.errors import LocalCloudError
from local.jobs import Jobs
from local.postgres import Postgres
from local.sail import Sail
from local.world import LOGS, ROOT, STATE, hold_folder, shown
from orchestration import stages
from orchestration.inputs import clean_step, mart_step
from orchestration.load import LoadError
from orchestration.slack import TABLE_COUNTS

Runner = Callable[..., subprocess.CompletedProcess[Any]]


def main() -> int:
    try:
        asked = options(sys.argv[1:])
        return STAGES[asked.stage](asked)
    except (LocalCloudError, LakeError, LoadError, ValueError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped. The same command again does the stage anew.")
        return 130


def options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=sorted(STAGES))
    parser.add_argument("--lake", default="")
    parser.add_argument("--dt", default="")
    parser.add_argument("--engine", default="sail")
    found = parser.parse_args(words)
    if not found.lake:
        raise LocalCloudError(
            "LAKE is missing: name the folder that holds raw/, clean/ or mart/, for example LAKE=lake."
        )
    if not any(Path(found.lake, layer).is_dir() for layer in ("raw", "clean", "mart")):
        raise LocalCloudError(
            f"LAKE: '{found.lake}' is no folder that holds raw/, clean/ or mart/. Name the one that does."
        )
    if found.engine not in ("sail", "spark"):
        raise LocalCloudError(f"ENGINE: '{found.engine}' is neither sail nor spark.")
    if not found.dt:
        raise LocalCloudError("DT is missing: name the day, for example DT=2026-11-23.")
    try:
        found.dt = parse_day(found.dt).isoformat()
    except ValueError as problem:
        raise LocalCloudError(f"DT: {problem}") from problem
    found.lake = str(Path(found.lake).resolve())
    return found


def say(text: str) -> None:
    """A sign of life, beside the answers on stdout."""
    print(text, file=sys.stderr, flush=True)


def transform(asked: argparse.Namespace) -> int:
    """Runs the steps that the DAG submits to EMR, one after the other; the first that fails ends it."""
    if not any(Path(asked.lake, "raw").glob(f"*/offers/dt={asked.dt}")):
        say(f"raw/ has no offers of {asked.dt}: its tables will be empty.")
    with plain_link(Path(asked.lake)) as folder:
        return transform_lake(Lake.at(folder), asked)


@contextmanager
def plain_link(folder: Path) -> Iterator[str]:
    """The folder by a name in plain ASCII: Sail takes a blank or a Korean letter in a local path for a piece of a URL."""
    with TemporaryDirectory(prefix="lake-") as here:
        link = Path(here, "lake")
        link.symlink_to(folder, target_is_directory=True)
        yield str(link)


def transform_lake(lake: Lake, asked: argparse.Namespace) -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    if asked.engine == "spark":
        return clean_and_build(lake, asked.dt, jvm.spark_submit, environment)
    with Jobs(2) as jobs, Sail(LOGS / "sail.log") as sail:
        return clean_and_build(lake, asked.dt, jobs.run, environment | {"SPARK_REMOTE": sail.url})


def clean_and_build(lake: Lake, dt: str, run: Runner, environment: dict[str, str]) -> int:
    try:
        run_steps(clean_step(lake, "", dt), run, environment)
    except LocalCloudError as problem:
        raise LocalCloudError(" ".join([str(problem), *damaged_files(lake, dt)])) from problem
    sick = stages.judge_sources(lake, dt)
    for sentence in sick.values():
        print(sentence)
    return run_steps(mart_step(lake, "", dt, sick), run, environment)


def damaged_files(lake: Lake, dt: str) -> list[str]:
    """The raw files that the gate would warn of: Sail does not say which one it could not read."""
    from expectations.raw import read_raw

    return [said.replace(lake.raw, "raw") for said in read_raw(lake, dt, None)[1]]


def run_steps(steps: list[dict[str, object]], run: Runner, environment: dict[str, str]) -> int:
    for step in steps:
        started = time.monotonic()
        words = step["HadoopJarStep"]["Args"]  # type: ignore[index]
        log = LOGS / f"{str(step['Name']).split()[0]}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        say(f"{step['Name']} …")
        with log.open("wb") as errors:
            done = run(script_of(words), env=environment, stderr=errors)
        if done.returncode:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise LocalCloudError(f"{step['Name']} failed: {last[0]} Log: {shown(log)}")
        print(f"{step['Name']}: done in {time.monotonic() - started:.1f} s")
    return 0


def script_of(submit: list[str]) -> list[str]:
    """The script and its words out of a step's `spark-submit`; the packages are found where they are."""
    script = next(number for number, word in enumerate(submit) if word.endswith(".py"))
    return [str(ROOT / submit[script].lstrip("/")), *submit[script + 1 :]]


def validate(asked: argparse.Namespace) -> int:
    """The gate's verdict in words; status 1 when it stops the mart, 3 when there is none."""
    say(f"validate {asked.dt} …")
    verdict = stages.validate(Lake.at(asked.lake), asked.dt, "by-hand")
    print(f"{asked.dt}: {verdict['status']} in {verdict['seconds']:.1f} s")
    said = [f"stopped: {sentence}" for sentence in verdict["failures"]]
    said += [f"warning: {sentence}" for sentence in verdict["warnings"]]
    said += [WHAT_NOW] if verdict["status"] == "failed" else []
    for sentence in said:
        print(f"  {sentence}")
    if any(re.search("lear (build_marts|clean_offers)", sentence) for sentence in said):
        print(f"  To clear build_marts or clean_offers is here: make transform LAKE={quote(asked.lake)} DT={asked.dt}")
    if verdict["status"] == "empty":
        print("  The day has no rows: there is nothing to load.")
    print(f"Data Docs: {verdict['docs']}")
    return {"failed": 1, "empty": 3}.get(verdict["status"], 0)


def load(asked: argparse.Namespace) -> int:
    """Loads into the local database, which runs only for as long as this takes."""
    with hold_folder(STATE), Postgres(STATE / "postgres", guest=False) as postgres:
        counts = stages.load(
            lambda: psycopg2.connect(postgres.dsn("parts")), Lake.at(asked.lake), asked.dt, "by-hand", "parts_master"
        )
    print(f"{asked.dt}: " + ", ".join(f"{name}={counts[name]}" for name in TABLE_COUNTS))
    return 0


STAGES = {"transform": transform, "validate": validate, "load": load}

if __name__ == "__main__":
    sys.exit(main())
