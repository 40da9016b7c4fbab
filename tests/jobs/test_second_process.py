"""The second process does work, tells what went wrong, and never outlives the first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from jobs.second_process import second_process

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, time
from jobs.second_process import second_process
with second_process() as other:
    print(other.submit(os.getpid).result(), flush=True)
    other.submit(time.sleep, 60)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_another_process_works() -> None:
    with second_process() as other:
        assert other.submit(os.getpid).result() != os.getpid()
        with pytest.raises(ValueError, match="invalid literal"):
            other.submit(int, "no number").result()


def test_a_killed_first_one_leaves_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    try:
        psutil.Process(int(done.stdout)).wait(20)
    except psutil.NoSuchProcess:
        return
