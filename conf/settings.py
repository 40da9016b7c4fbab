"""The settings of the pipeline that come from environment variables. What differs between installations is in Airflow's Connections and
Variables instead (orchestration/installation.py)."""

from __future__ import annotations

import os
from pathlib import Path

CONF = Path(__file__).parent


def suppliers_folder() -> Path:
    """The folder with one YAML file for each supplier; `SUPPLIERS_DIR` names another than `conf/suppliers`."""
    return Path(os.environ.get("SUPPLIERS_DIR") or CONF / "suppliers")


def poll_seconds() -> int:
    """How long a deferred task waits between two looks at AWS. Thirty seconds keep a day of polling within AWS's free quota."""
    return int(os.environ.get("PIPELINE_POLL_SECONDS", "30"))
