"""Builds what the cloud runs: the Lambda package and the jobs' `parts.zip`. The same sources give the same bytes, so an
unchanged program is not deployed again.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAMBDA_PACKAGES = ("conf", "crawl")
JOBS_PACKAGES = ("conf", "transforms", "jobs", "expectations")
# uv's names of the machines that Lambda offers. The Python 3.11 runtime is Amazon Linux 2 (glibc 2.26), hence 2014.
PLATFORMS = {"x86_64": "x86_64-manylinux2014", "arm64": "aarch64-manylinux2014"}
# Published without a wheel, but plain Python: building one here gives the same on every machine.
SOURCE_ONLY = ("jstyleson",)
# Zip cannot say a time before 1980, and any other time would make two builds of the same sources differ.
EPOCH = (1980, 1, 1, 0, 0, 0)
# The Lambda limit: code and layers together, unpacked.
UNPACKED_LIMIT = 250 * 1024 * 1024


class PackageError(Exception):
    """A package cannot be built; the message says what to do."""


def build_lambda_zip(path: Path, with_dependencies: bool, architecture: str = "arm64") -> Path:
    """Writes the Lambda package: `crawl/` and the code and tables of `conf/`, no supplier YAML (suppliers come with
    each run's input). With dependencies it has the wheels of requirements.lock for Lambda's Linux as well.
    """
    sources = list(_files(ROOT, LAMBDA_PACKAGES, _in_lambda))
    if not with_dependencies:
        return _write_zip(path, sources)
    with tempfile.TemporaryDirectory(prefix="lambda-") as folder:
        target = Path(folder)
        _install_dependencies(target, architecture)
        installed = [(name, file) for name, file in _files(target, ("",), _is_used_at_run_time)]
        _check_unpacked_size(sources + installed)
        return _write_zip(path, sources + installed)


def build_jobs_zip(path: Path) -> Path:
    """Writes `parts.zip`, the `--py-files` of every Spark step: the packages and their data files."""
    return _write_zip(path, list(_files(ROOT, JOBS_PACKAGES, _is_used_at_run_time)))


def jobs_requirements(path: Path) -> Path:
    """Writes what the cluster's nodes install: the locked versions of the jobs' packages, without the Spark that EMR brings."""
    chosen = [
        "--extra",
        "jobs",
        "--constraint",
        "requirements.lock",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-annotate",
        "--no-header",
    ]
    spark = [word for name in ("pyspark", "py4j") for word in ("--no-emit-package", name)]
    platform = ["--python-version", "3.11", "--python-platform", PLATFORMS["arm64"]]
    _run([find_uv(), "pip", "compile", "setup.cfg", *chosen, *spark, *platform, "--quiet", "--output-file", str(path)])
    return path


def find_uv() -> str:
    """The `uv` on PATH, or the one that `make` keeps in .local/uv."""
    kept = ROOT / ".local" / "uv" / "bin" / "uv"
    found = shutil.which("uv") or (str(kept) if kept.exists() else None)
    if found is None:
        raise PackageError("uv is neither on PATH nor in .local/uv: run 'local/setup.sh' once, then try again.")
    return found


def _files(root: Path, folders: tuple[str, ...], wanted: Callable[[Path], bool]) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        for file in sorted((root / folder).rglob("*")):
            relative = file.relative_to(root)
            if file.is_file() and wanted(relative):
                yield relative.as_posix(), file


def _is_used_at_run_time(file: Path) -> bool:
    return "__pycache__" not in file.parts and file.suffix != ".pyc" and file.parts[0] != "bin" and file.name != ".lock"


def _in_lambda(file: Path) -> bool:
    return _is_used_at_run_time(file) and file.suffix not in {".yaml", ".yml", ".example", ".md"}


def _write_zip(path: Path, files: list[tuple[str, Path]]) -> Path:
    """Whole or not at all: a reader never meets half a package under the final name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as unfinished:
        try:
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, file in sorted(files):
                    archive.writestr(_entry(name, file), file.read_bytes())
        except BaseException:
            Path(unfinished.name).unlink()
            raise
    Path(unfinished.name).chmod(0o644)
    Path(unfinished.name).replace(path)
    return path


def _entry(name: str, file: Path) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    # Lambda runs as another user than the one that unpacks: everybody must be able to read.
    info.external_attr = (0o755 if file.stat().st_mode & 0o100 else 0o644) << 16
    return info


def _install_dependencies(target: Path, architecture: str) -> None:
    """Exactly the locked versions with their hashes, as wheels: nothing of this machine leaks in."""
    uv, wanted = find_uv(), target.parent / f"{target.name}.txt"
    machine = ["--python-version", "3.11", "--python-platform", PLATFORMS[architecture]]
    chosen = ["--extra", "crawl", "--constraint", "requirements.lock", "--generate-hashes", "--no-emit-index-url"]
    # Only here: reading setup.cfg builds this project's own metadata, which uv refuses where wheels alone are allowed.
    wheels = ["--only-binary", ":all:", *(word for name in SOURCE_ONLY for word in ("--no-binary", name))]
    files = ["--require-hashes", "-r", str(wanted), "--target", str(target), "--quiet"]
    try:
        _run([uv, "pip", "compile", "setup.cfg", *chosen, *machine, "--quiet", "--output-file", str(wanted)])
        _run([uv, "pip", "install", *files, *machine, *wheels])
    finally:
        wanted.unlink(missing_ok=True)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise PackageError(f"'{' '.join(command[:3])}' failed: {done.stderr.strip()}")


def _check_unpacked_size(files: list[tuple[str, Path]]) -> None:
    size = sum(file.stat().st_size for _, file in files)
    if size > UNPACKED_LIMIT:
        raise PackageError(
            f"The Lambda package is {size:,} bytes unpacked and Lambda takes {UNPACKED_LIMIT:,}: "
            "take something out of the extra 'crawl' in setup.cfg."
        )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.package", description="Build the packages that AWS runs.")
    parser.add_argument("--into", type=Path, default=ROOT / "build", metavar="FOLDER")
    parser.add_argument("--architecture", choices=sorted(PLATFORMS), default="arm64")
    chosen = parser.parse_args(arguments)
    try:
        built = [
            build_lambda_zip(chosen.into / "crawl.zip", with_dependencies=True, architecture=chosen.architecture),
            build_jobs_zip(chosen.into / "parts.zip"),
        ]
    except PackageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for package in built:
        sys.stdout.write(f"{package} {package.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
