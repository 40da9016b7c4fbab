"""`make bench`: measures side by side and writes `bench/results.json`; `ONLY=crawl` measures one area."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
AREAS = ("day", "accuracy", "crawl", "load", "gate", "transforms")
MODULES = {"accuracy": "transforms_accuracy"}  # an area without one is named like its module


def main(asked: list[str]) -> int:
    unknown = sorted(set(asked) - set(AREAS))
    if unknown:
        print(f"ONLY: '{unknown[0]}' is none of {', '.join(AREAS)}.", file=sys.stderr)
        return 2
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results["machine"] = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    for area in asked or AREAS:
        print(f"{area} …", flush=True)
        results[area] = importlib.import_module(f"bench.{MODULES.get(area, area)}").run()
        print(json.dumps(results[area], ensure_ascii=False, indent=2), flush=True)
        RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
