"""The packages are the same bytes for the same sources, and hold what runs in the cloud and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import package
from infra.package import build_jobs_zip, build_lambda_zip


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (
        build_lambda_zip(tmp_path / name, with_dependencies=False).read_bytes() for name in ("a.zip", "b.zip")
    )
    assert first == second


def test_lambda_package_has_code_and_no_suppliers(tmp_path: Path) -> None:
    found = names(build_lambda_zip(tmp_path / "crawl.zip", with_dependencies=False))
    assert {"crawl/handlers.py", "conf/supplier.py"} <= found
    assert not [
        name
        for name in found
        if name.endswith((".yaml", ".pyc", ".example")) or not name.startswith(("conf/", "crawl/"))
    ]


def test_only_the_installation_is_held_to_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A uv that has never read setup.cfg builds this project's metadata to resolve it; --only-binary refuses that."""
    ran: list[list[str]] = []
    monkeypatch.setattr(package, "_run", ran.append)
    monkeypatch.setattr(package, "find_uv", lambda: "uv")
    build_lambda_zip(tmp_path / "crawl.zip", with_dependencies=True)
    assert [(words[2], "--only-binary" in words) for words in ran] == [("compile", False), ("install", True)]


def test_jobs_read_their_data_inside_the_zip(tmp_path: Path) -> None:
    archive = build_jobs_zip(tmp_path / "한글 folder" / "parts.zip")
    code = "from importlib import resources; print(resources.files('conf').joinpath('car_types.csv').read_text('utf-8')[:9])"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(archive)!r}); {code}"],
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().startswith("canonical")
