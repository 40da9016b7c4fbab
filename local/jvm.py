"""JVM Spark on this machine. A run spends an eighth of its processor time on reading the same Java classes: the first run keeps them in
an archive in the form that they have in memory (Java's class data sharing), and later runs load that.

The tests do without it: making the archive takes as long as two of them would gain."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyspark

from local.errors import LocalCloudError
from local.world import ROOT, STATE

SETTINGS = ROOT / "conf/spark-local.conf"
JARS = Path(pyspark.__file__).with_name("jars")
# What is kept takes 200 MB. The JVM ends with an error where it cannot write it, although the job is done.
NEEDED_BYTES = 1024**3


def spark_submit(words: list[str], **how: Any) -> subprocess.CompletedProcess[Any]:
    """Runs it with the settings of one machine. Each run writes its archive in a folder of its own: a JVM that loads half a file dies."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(f"{home}/bin/java" if home else "java")
    if java is None:
        where = f"in JAVA_HOME={home}" if home else "on PATH, and JAVA_HOME is not set"
        raise LocalCloudError(
            f"ENGINE: spark needs Java 17, and there is none {where}. Install it, or take ENGINE=sail."
        )
    STATE.mkdir(parents=True, exist_ok=True)
    kept = STATE / f"spark-{_fingerprint(java)}.jsa"
    if kept.exists():
        return _run([f"-XX:SharedArchiveFile={kept}"], words, how)
    if shutil.disk_usage(STATE).free < NEEDED_BYTES:
        return _run([], words, how)
    with TemporaryDirectory(dir=STATE, prefix="spark-") as folder:
        made = Path(folder, kept.name)
        done = _run([f"-XX:ArchiveClassesAtExit={made}"], words, how)
        if done.returncode == 0 and made.exists():
            for old in STATE.glob("spark-*.jsa"):
                old.unlink(missing_ok=True)
            made.replace(kept)
    return done


def _run(options: list[str], words: list[str], how: dict[str, Any]) -> subprocess.CompletedProcess[Any]:
    # Otherwise the JVM writes a line to stdout for every class that it cannot keep.
    quoted = " ".join(f'"{option}"' for option in [*options, "-Xlog:disable"])
    java = ["--conf", f"spark.driver.defaultJavaOptions={quoted}"]
    command = [str(Path(sys.executable).with_name("spark-submit")), "--properties-file", str(SETTINGS), *java, *words]
    return subprocess.run(command, check=False, **how)


def _fingerprint(java: str) -> str:
    """Changes with Java, Spark's jars and our settings; the JVM itself refuses classes of other jars."""
    version = subprocess.run([java, "-version"], capture_output=True, check=False).stderr
    facts = [version, str(JARS.resolve()).encode(), str(JARS.stat().st_mtime_ns).encode(), SETTINGS.read_bytes()]
    return hashlib.sha256(b"\0".join(facts)).hexdigest()[:16]
