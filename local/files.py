"""Files that others read while they are written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file whole or not at all, whatever is killed meanwhile."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(value, ensure_ascii=False, indent=2, default=str), encoding="utf-8")
    unfinished.replace(path)
