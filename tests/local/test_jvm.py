"""The classes of JVM Spark are kept by the first run that ends well, and taken by the next ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from local import jvm
from local.errors import LocalCloudError

SUBMIT = r"""#!/bin/sh
for word; do
    case $word in *ArchiveClassesAtExit=*) made=${word#*AtExit=}; echo classes > "${made%%\"*}"; echo made;; esac
    case $word in *SharedArchiveFile=*) used=${word#*ArchiveFile=}; cat "${used%%\"*}";; esac
done
for last; do :; done
exit "$last"
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `spark-submit` that says what it does with classes and ends with its last word; a Java to name."""
    put(tmp_path / "venv/spark-submit", SUBMIT)
    put(tmp_path / "java/bin/java", "#!/bin/sh\necho 17 >&2\n")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv/python"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    monkeypatch.setattr(jvm, "STATE", tmp_path / "its state")
    return tmp_path / "its state"


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def said(status: str = "0") -> str:
    done = jvm.spark_submit([status], capture_output=True, text=True)
    assert str(done.returncode) == status, done.stderr
    return str(done.stdout).strip()


def test_the_first_run_keeps_classes_for_the_next(state: Path) -> None:
    assert [said(), said(), said("3")] == ["made", "classes", "classes"]
    assert len(list(state.iterdir())) == 1


def test_another_java_has_classes_of_its_own(state: Path) -> None:
    said()
    put(state.parent / "java/bin/java", "#!/bin/sh\necho 21 >&2\n")
    assert [said(), said()] == ["made", "classes"]
    assert len(list(state.iterdir())) == 1


def test_a_run_that_failed_keeps_nothing(state: Path) -> None:
    assert [said("1"), said()] == ["made", "made"]


def test_without_room_it_runs_as_it_is(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "NEEDED_BYTES", 2**63)
    assert said() == ""


@pytest.mark.parametrize(
    ("home", "told"), [("/nowhere", "in JAVA_HOME=/nowhere"), ("", "on PATH, and JAVA_HOME is not set")]
)
def test_a_missing_java_is_told(state: Path, monkeypatch: pytest.MonkeyPatch, home: str, told: str) -> None:
    monkeypatch.setenv("JAVA_HOME", home)
    monkeypatch.setenv("PATH", str(state))
    with pytest.raises(LocalCloudError, match=f"^ENGINE: spark needs Java 17, and there is none {told}"):
        jvm.spark_submit([])
