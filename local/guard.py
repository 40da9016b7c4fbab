"""Runs one command and ends it, with everything it started, as soon as this process's standard input closes.

The input is a pipe that only the parent holds, so the command ends with its parent even when that is killed with -9.
Run as a plain script with `python -I -S`: it imports nothing of the project and starts in 20 ms.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWUSER = 0x10000000
NOBODY = 65534


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def enter_namespace() -> None:
    """Makes this process, run by root, `nobody` in its own eyes, while it still opens the files that root may open."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1", encoding="ascii")


def become_nobody() -> None:
    """Gives up root for good."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


IDENTITIES: dict[str, Callable[[], None]] = {
    "same": lambda: None,
    "namespace": enter_namespace,
    "nobody": become_nobody,
}


def _in_the_child(identity: str) -> Callable[[], None]:
    def prepare() -> None:
        os.setpgid(0, 0)
        IDENTITIES[identity]()
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # last: a change of identity clears it

    return prepare


def _descendants() -> list[int]:
    """What this process adopted (see PR_SET_CHILD_SUBREAPER), directly or further down. Linux only."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, queue = [], [os.getpid()]
    while queue:
        queue.extend(below := children.get(queue.pop(), []))
        found.extend(below)
    return found


def _kill_everything(group: int) -> None:
    for _ in range(5):  # something may be starting a process at this very moment
        victims = _descendants() if sys.platform == "linux" else []
        for kill, target in [(os.killpg, group), *((os.kill, pid) for pid in victims)]:
            try:
                kill(target, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        if not victims:
            return
        time.sleep(0.02)


def _wait(child: subprocess.Popen[bytes], timeout: float | None, *, watch_input: bool) -> bool:
    """Until the child ended (True), our input closed or the time is over (False). A signal to us counts as closing."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while child.poll() is None:
        if watch_input and STOP:
            return False
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return False
        ready, _, _ = select.select([WAKE[0], *([0] if watch_input else [])], [], [], left)
        if WAKE[0] in ready:
            os.read(WAKE[0], 4096)
        if 0 in ready and not os.read(0, 4096):
            return False
    return True


WAKE: tuple[int, int] = (-1, -1)
STOP: list[int] = []


def _listen_for_signals() -> None:
    global WAKE
    WAKE = os.pipe()
    os.set_blocking(WAKE[1], False)
    signal.set_wakeup_fd(WAKE[1])
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: STOP.append(received))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--identity", choices=sorted(IDENTITIES), default="same")
    parser.add_argument("--stop-signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--grace", type=float, default=1.5)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    _listen_for_signals()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    child = subprocess.Popen(options.command, preexec_fn=_in_the_child(options.identity))
    if not _wait(child, None, watch_input=True):
        child.send_signal(options.stop_signal)
        _wait(child, options.grace, watch_input=False)
    _kill_everything(child.pid)
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
