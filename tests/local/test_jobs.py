"""The interpreters that wait for jobs on Sail."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.jobs import ROOT, Jobs

SCRIPT = """
import os, sys
from pathlib import Path
print(Path(sys.argv[0]).name, sys.argv[1:], os.environ["SAID"], __name__, "pandas" in sys.modules)
sys.exit("it went wrong")
"""


def test_a_job_runs_as_by_itself_and_the_others_end(tmp_path: Path) -> None:
    script, out, errors = tmp_path / "job.py", tmp_path / "out", tmp_path / "errors"
    script.write_text(SCRIPT)
    with Jobs(2) as jobs, out.open("wb") as stdout, errors.open("wb") as stderr:
        done = jobs.run([str(script), "--dt", "하루"], env={"SAID": "yes"}, stdout=stdout, stderr=stderr)
        (waiting,) = jobs._waiting
        assert waiting.poll() is None
    assert (done.returncode, waiting.returncode) == (1, 0)
    assert out.read_text() == "job.py ['--dt', '하루'] yes __main__ True\n"
    assert errors.read_text() == "it went wrong\n"


def test_ctrl_c_ends_one_that_waits_without_a_word() -> None:
    waiting = subprocess.Popen(
        [sys.executable, "-m", "local.jobs"], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(2)
    waiting.send_signal(signal.SIGINT)
    assert waiting.communicate(timeout=10)[1] == b""
    assert waiting.returncode == -signal.SIGINT
