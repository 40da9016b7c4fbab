from pathlib import Path


def install(folder: Path) -> None: ...
