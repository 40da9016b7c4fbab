"""Judges a mart that is too large for one process: the gate's own suites, run where Spark is.

spark-submit --py-files parts.zip jobs/validate_mart.py --lake ROOT --dt 2026-11-23

The machine that submits it needs the `expectations` extra. Ends with the gate's codes: 0 passed, 1 failed, 3 empty. It names
the version that it judged; jobs/stage_mart.py says how to load that one.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":  # a fresh clone is not installed; under --py-files the packages are found in the zip
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

    from conf.garbage import collect_seldom

    collect_seldom()

from expectations import gate
from jobs.session import session


def main(arguments: list[str] | None = None) -> int:
    return gate.main(arguments, "validate_mart.py", __doc__, lambda: session("validate_mart"))


if __name__ == "__main__":
    sys.exit(main())
