"""JVM Spark for the tests that hold it to what the other engine gives; they are skipped where it cannot be had."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.jvm import SETTINGS


def java_17() -> bool:
    java = shutil.which("java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr if java else ""
    return bool(re.search(r'version "(1[7-9]|2\d)', said))


needs_java_17 = pytest.mark.skipif(not java_17(), reason="There is no Java 17 on PATH.")


def spark_submit(*words: str | Path, folder: Path | None = None, **variables: str) -> None:
    """Runs an application with the settings of one machine. It sees none of what Spark Connect or a test set for this process,
    and finds our packages where the script is, or in `--py-files`."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONPATH" and not name.startswith("SPARK_")
    }
    command = [Path(sys.executable).with_name("spark-submit"), "--properties-file", SETTINGS, *words]
    done = subprocess.run(
        [str(word) for word in command], env=environment | {"PYSPARK_PYTHON": sys.executable} | variables, cwd=folder,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode and "unresolved dependenc" in (done.stdout + done.stderr).lower():
        pytest.skip("Maven Central cannot be reached for Delta's jar.")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def conf(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("--conf", setting)]
