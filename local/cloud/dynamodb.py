from pathlib import Path


def install(folder: Path) -> None: ...


def progress(asked: dict[str, str]) -> dict[str, dict[str, int]]:
    return {}
