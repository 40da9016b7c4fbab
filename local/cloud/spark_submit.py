"""Turns the `spark-submit` arguments of an EMR step into a command that runs on Sail (or on what SPARK_REMOTE names)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Options without a value; every other `--option` takes the next word.
FLAGS = {"--verbose", "-v", "--supervise"}


class SubmitError(Exception):
    """The arguments cannot be run; the message says what is wrong with which."""


@dataclass(frozen=True)
class Submission:
    """What a step runs."""

    script: str
    arguments: list[str]
    py_files: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Submission:
        """Reads `spark-submit [options] script.py arguments`."""
        if not words or words[0] != "spark-submit":
            raise SubmitError(f"Only spark-submit steps run here, not '{' '.join(words) or 'nothing'}'.")
        rest, py_files = list(words[1:]), []
        while rest and rest[0].startswith("-"):
            option, _, value = rest.pop(0).partition("=")
            if option not in FLAGS and not value:
                if not rest:
                    raise SubmitError(f"spark-submit's option {option} lacks its value.")
                value = rest.pop(0)
            if option == "--py-files":
                py_files = [name for name in value.split(",") if name]
        if not rest or not rest[0].endswith(".py"):
            raise SubmitError(f"spark-submit names no Python script: {' '.join(words)}")
        return cls(rest[0], rest[1:], py_files)

    def command(self, python: str, folder: Path, download: Callable[[str, Path], None]) -> tuple[list[str], str]:
        """The words to run, and the PYTHONPATH for them. What lies in S3 is brought into the folder first."""
        local = [_fetch(name, folder, download) for name in (self.script, *self.py_files)]
        return [python, str(local[0]), *self.arguments], ":".join(map(str, local[1:]))


def _fetch(name: str, folder: Path, download: Callable[[str, Path], None]) -> Path:
    if not name.startswith("s3"):
        path = Path(name.removeprefix("file://"))
        if not path.is_file():
            raise SubmitError(f"The file {name} does not exist.")
        return path
    path = folder / name.rpartition("/")[2]
    download(name, path)
    return path
