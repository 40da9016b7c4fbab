"""Children that cannot outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from local.errors import ChildError, StateError, require_writable, storage_sentence
from local.processes import Child, wait_for_port
from tests.local.support import wait_until

ROOT = Path(__file__).resolve().parents[2]
# A shell that ignores SIGTERM, with a child of its own; both numbers go to a file.
STUBBORN = ["sh", "-c", 'trap "" TERM; sleep 300 & echo $$ $! > "$0"; wait; wait']


def pids_in(file: Path, count: int) -> list[int]:
    wait_until(lambda: file.exists() and len(file.read_text().split()) == count)
    return [int(word) for word in file.read_text().split()]


def gone(pids: list[int]) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


def test_output_and_status(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os, sys; print(sys.stdin.read(), os.environ['X']); sys.exit(3)"]
    with Child(
        command, name="it", log=tmp_path / "a b" / "it.log", environment={"X": "값", "PYTHONUTF8": "1"}
    ) as child:
        assert child._process.stdin is not None
        child._process.stdin.close()
        assert child.wait(10) in (3, 143)  # its input ended, so it ends by itself or is ended


def test_failure_tells_the_last_line(tmp_path: Path) -> None:
    log = tmp_path / "it.log"
    log.write_text("an earlier run\n")
    with Child(["sh", "-c", "echo first; echo the reason; exit 1"], name="It", log=log) as child:
        assert child.wait(10) == 1
        with pytest.raises(ChildError, match=r"It ended while starting: the reason \(log: .*it.log\)"):
            wait_for_port(child, 1, 5)
        assert child.output() == "first\nthe reason"


def test_command_that_does_not_exist(tmp_path: Path) -> None:
    with Child(["/nowhere/program"], name="It", log=tmp_path / "it.log") as child:
        assert child.wait(10) != 0
        assert "No such file" in str(child.failure("failed"))


def test_stop_ends_the_stubborn_and_their_children(tmp_path: Path) -> None:
    with Child([*STUBBORN, str(tmp_path / "pids")], name="it", log=tmp_path / "log", grace=0.3) as child:
        pids = pids_in(tmp_path / "pids", 2)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert not child.running
    assert gone(pids)


def test_polite_command_gets_its_stop_signal(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: print('bye')"]
    with Child(command, name="it", log=tmp_path / "log", stop_signal=signal.SIGINT) as child:
        time.sleep(0.3)
    assert child.output() == "bye"


@pytest.mark.parametrize("victim", ["parent", "guard"])
def test_kill_9_takes_the_children_along(tmp_path: Path, victim: str) -> None:
    program = f"""
        import time
        from pathlib import Path
        from local.processes import Child
        child = Child({[*STUBBORN, str(tmp_path / "pids")]!r}, name="it", log=Path({str(tmp_path / "log")!r}), grace=0.2)
        Path({str(tmp_path / "guard")!r}).write_text(str(child.pid))
        time.sleep(300)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT) as parent:
        pids = pids_in(tmp_path / "pids", 2)
        (guard,) = pids_in(tmp_path / "guard", 1)
        os.kill(parent.pid if victim == "parent" else guard, signal.SIGKILL)
        # Without its guard, the command itself goes; what it started is beyond reach of anybody but its own process.
        wait_until(lambda: gone(pids if victim == "parent" else pids[:1]), 5)
        parent.kill()
    if not gone(pids):
        os.kill(pids[1], signal.SIGKILL)


def test_full_disk_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"MB are needed\. Please free some space"):
        require_writable(tmp_path / "state", needed=1 << 60)
    full = OSError(28, "No space left on device")
    assert storage_sentence(full, Path("/x")) == (
        "Cannot write to /x: the disk is full. Please free some space, then run the same command again."
    )


def test_state_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    for folder in (tmp_path / "state", tmp_path / "state" / "below"):
        with pytest.raises(StateError, match="something else has that name"):
            require_writable(folder)
    with pytest.raises(StateError, match="something else has that name"):
        Child(["true"], name="it", log=tmp_path / "state" / "logs" / "it.log")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_state_folder_of_somebody_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateError, match="this user may not write there"):
        require_writable(tmp_path / "state")
