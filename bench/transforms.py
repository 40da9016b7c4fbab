"""The reference day from raw to mart, process start included: our jobs on Sail and on JVM Spark, a Polars script of the same rules
whose rows must be the same, and five spark-submits in the shape of the reference implementation.

Seconds of one machine mean little; the ratios are of one run. `cpu_s` and `peak_mib` are of all processes that took part.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil

from bench.transforms_day import build_days

ROOT = Path(__file__).resolve().parent.parent
KEYS = {
    "clean/offers": "clean_offers", "clean/rejected": "rejected", "mart/price_set_aside": "price_set_aside",
    "mart/part_price_band": "part_price_band", "mart/part_no_canonical_name": "part_no_canonical_name",
    "mart/name_price_summary": "name_price_summary",
}  # fmt: skip


def run(many: int = 16, pages: dict[str, int] | None = None) -> dict[str, Any]:
    """One day on every engine, many days on Sail and in Polars."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        days = build_days(root, many, pages)
        first = days[:1]
        polars = best_of_two(lambda: polars_script(root, first), root / "polars")
        sail = best_of_two(lambda: on_sail(root, first), root / "clean", root / "mart")
        refuse_differences("Sail", root, root, first[0])
        spark = best_of_two(lambda: on_jvm(root, first), root / "jvm")
        reference = measure(lambda: reference_shape(root, first[0]))
        refuse_differences("JVM Spark", root, root / "jvm", first[0])
        remove(root / "clean", root / "mart", root / "polars")
        sail_many, polars_many = measure(lambda: on_sail(root, days)), measure(lambda: polars_script(root, days))
        refuse_differences("Sail", root, root, days[-1])
    return {
        "one day": {"sail": sail, "polars": polars, "jvm spark": spark, "five spark-submits": reference},
        f"{many} days": {"sail": sail_many, "polars": polars_many},
        "ratios": {
            "reference / sail": ratio(reference, sail), "reference / jvm spark": ratio(reference, spark),
            "sail / polars": ratio(sail, polars), f"sail / polars, {many} days": ratio(sail_many, polars_many),
            f"sail, {many} days / 1 day": ratio(sail_many, sail),
        },
    }  # fmt: skip


def ratio(one: dict[str, float], other: dict[str, float]) -> float:
    return round(one["seconds"] / other["seconds"], 2)


def best_of_two(work: Callable[[], None], *results: Path) -> dict[str, float]:
    """The first turn on a machine has to write bytecode and the JVM's classes and to read every library from the disk."""
    turns = []
    for _ in range(2):
        remove(*results)
        turns.append(measure(work))
    return min(turns, key=lambda turn: turn["seconds"])


def remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def measure(work: Callable[[], None]) -> dict[str, float]:
    """Wall and processor seconds and the highest memory of the work's processes together."""
    started, used = time.monotonic(), _children_cpu()
    with sampled_peak() as peak:
        work()
    return {
        "seconds": round(time.monotonic() - started, 1), "cpu_s": round(_children_cpu() - used, 1), "peak_mib": max(peak) >> 20,
    }  # fmt: skip


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system


@contextmanager
def sampled_peak() -> Iterator[list[int]]:
    found, over = [0], Event()

    def sample() -> None:
        while not over.wait(0.2):
            found.append(sum(_resident(child) for child in psutil.Process().children(recursive=True)))

    sampler = Thread(target=sample)
    sampler.start()
    try:
        yield found
    finally:
        over.set()
        sampler.join()


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def on_sail(root: Path, days: list[str]) -> None:
    """Each job once for all days, on a server that is started for it, as `make transform` does."""
    from local.jobs import Jobs
    from local.sail import Sail

    words = ["--lake", str(root), "--dt", days[0], "--until", days[-1]]
    with Jobs(2) as jobs, Sail(root / "sail.log") as sail:
        for job in ("clean_offers", "build_marts"):
            with (root / f"{job}.log").open("wb") as log:
                done = jobs.run([f"jobs/{job}.py", *words], env={"SPARK_REMOTE": sail.url}, stdout=log, stderr=log)
            refuse_failure(job, done.returncode, Path(log.name).read_text(encoding="utf-8"))


def on_jvm(root: Path, days: list[str]) -> None:
    """With the classes that the first run kept."""
    from local.jvm import spark_submit

    layers = ["--raw", f"{root}/raw", "--clean", f"{root}/jvm/clean", "--mart", f"{root}/jvm/mart"]
    words = [*layers, "--dt", days[0], "--until", days[-1]]
    for job in ("clean_offers", "build_marts"):
        _run(["--master", "local[2]", f"jobs/{job}.py", *words], spark_submit)


def reference_shape(root: Path, dt: str) -> None:
    steps = [["clean", source] for source in ("partsro", "hyunki_store", "hyunki_market")] + [["normalise"], ["mart"]]
    for step in steps:
        _run([*_submit(), "bench/transforms_reference.py", str(root), dt, *step])


def polars_script(root: Path, days: list[str]) -> None:
    _run([sys.executable, "-m", "bench.transforms_polars", str(root), *days])


def _submit(*words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("spark-submit")), "--master", "local[2]", *words]


def _run(
    command: list[str], run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run, **environment: str
) -> None:
    known = {"PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    done = run(command, cwd=ROOT, env=os.environ | known | environment, capture_output=True, text=True)
    told = done.stdout + done.stderr  # spark-submit prints the errors of its Python to stdout
    refuse_failure(" ".join(command[:2]), done.returncode, told)


def refuse_failure(what: str, status: int, told: str) -> None:
    if status:
        raise RuntimeError(f"{what} failed, so there is nothing to measure:\n{told[-3000:]}")


def refuse_differences(engine: str, root: Path, lake: Path, dt: str) -> None:
    """Times of different answers are not worth comparing: every table's rows of the day must be those of the Polars script."""
    differing = [table for table, name in KEYS.items() if not _equal(root, lake, dt, table, name)]
    if differing:
        raise AssertionError(f"{engine} and Polars differ on {dt} in {', '.join(differing)}.")


def _equal(root: Path, lake: Path, dt: str, table: str, name: str) -> bool:
    import polars as pl

    theirs = pl.read_parquet(root / "polars" / name / f"{dt}.parquet")
    ours = pl.read_delta(str(lake / table)).filter(pl.col("dt") == dt).select(theirs.columns)
    return ours.sort(theirs.columns).equals(theirs.sort(theirs.columns))
