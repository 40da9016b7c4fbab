"""Where the time of a whole day goes: `make run` in a state folder of its own, afresh and once more for the same day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PRODUCTS = 400


def run() -> dict[str, Any]:
    """Seconds of the whole command, of each stage's own work, and of everything around it, for 3 shops with 400 products each, faults on."""
    with tempfile.TemporaryDirectory() as folder:
        return {"products": 3 * PRODUCTS, "first": _day(Path(folder)), "again": _day(Path(folder))}


def _day(state: Path) -> dict[str, Any]:
    started = time.monotonic()
    command = [sys.executable, "-m", "local.run", "--dt=2026-11-23", f"--products={PRODUCTS}"]
    environment = os.environ | {"LOCAL_STATE": str(state)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The day failed, so there is nothing to measure:\n{done.stdout[-2000:]}")
    report = json.loads((state / "last_run.json").read_text(encoding="utf-8"))
    stages = {name: round(stage["seconds"], 2) for name, stage in report["stages"].items()}
    return {"total": round(time.monotonic() - started, 1), "work of the stages": stages, "clock": report["clock"]}
