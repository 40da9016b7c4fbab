"""Python's garbage collector, which looks for garbage after every 700 new objects."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """For a process that ends soon. Importing pandas, Airflow or Great Expectations makes up to a million objects and no garbage, and a
    day's texts leave 300 objects of it; yet looking for it took a fifth of those imports and a tenth of the reading."""
    gc.set_threshold(1_000_000)
