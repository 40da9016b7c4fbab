"""Jobs on Sail. Their interpreters start beside it and import what every job needs, which takes as long as a tenth of a large day: the
second job begins as soon as the first one has ended."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Self

from conf.garbage import collect_seldom

ROOT = Path(__file__).resolve().parent.parent
_NEEDED = ("jobs.clean_offers", "jobs.build_marts", "pyspark.sql.connect.session", "pyspark.sql.connect.dataframe")


class Jobs:
    """Runs up to `number` jobs, one after the other, each in a process of its own as `python` would."""

    def __init__(self, number: int) -> None:
        command = [sys.executable, "-m", "local.jobs"]
        self._waiting = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) for _ in range(number)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Those that had no job end by themselves."""
        for process in self._waiting:
            process.communicate()

    def run(self, words: list[str], *, env: Mapping[str, str], **files: IO[bytes]) -> subprocess.CompletedProcess[Any]:
        """`words` are the script and its arguments; `files` may hold `stdout` and `stderr`."""
        asked = {"words": words, "environment": dict(env), "files": {name: file.name for name, file in files.items()}}
        process = self._waiting.pop(0)
        process.communicate(json.dumps(asked).encode())
        return subprocess.CompletedProcess(words, process.returncode)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends one that waits without a traceback
    collect_seldom()
    for module in _NEEDED:
        import_module(module)
    told = sys.stdin.read()
    if not told:
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = json.loads(told)
    os.environ.update(asked["environment"])
    for stream, name in asked["files"].items():
        os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), getattr(sys, stream).fileno())
    sys.argv = asked["words"]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
