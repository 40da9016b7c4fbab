"""Judges a mart that is too large for one process: the gate's own suites, run where Spark is.

spark-submit --py-files parts.zip jobs/validate_mart.py --lake ROOT --dt 2026-11-23

The machine that submits it needs the `expectations` extra. Ends with the gate's codes: 0 passed, 1 failed, 3 empty. It names
the version that it judged; jobs/stage_mart.py says how to load that one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":  # a fresh clone is not installed; under --py-files the packages are found in the zip
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

from conf.lake import Lake, add_arguments
from expectations import storage
from expectations.gate import EXIT, judge_day
from jobs.session import session


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--dt", required=True, help="the day, as YYYY-MM-DD")
    parser.add_argument("--run-id", default="by-hand", help="names this run's Data Docs")
    given = parser.parse_args(arguments)
    try:
        verdict = judge_day(Lake.from_arguments(given), given.dt, run_id=given.run_id, spark=session("validate_mart"))
    except Exception as error:
        if not (isinstance(error, ValueError) or storage.is_trouble(error)):
            raise
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    print("\n".join(verdict.sentences()), f"Data Docs: {verdict.docs}", sep="\n")  # noqa: T201
    return EXIT[verdict.status]


if __name__ == "__main__":
    sys.exit(main())
