"""Runs jobs in one Spark application, as spark-submit starts them: `on_engine.py LAKE "clean_offers DT" "build_marts DT …"`.

It lies beside the package, so that under spark-submit everything it imports comes from `--py-files`."""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    lake, *works = sys.argv[1:]
    for work in works:
        job, dt, *more = work.split()
        importlib.import_module(f"jobs.{job}").main(["--lake", lake, "--dt", dt, *more])


if __name__ == "__main__":
    main()
