"""A day finds out at its start what is wrong with its words and its database, and not hours later at its load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MISSING, EMPTY = "is missing, or the text in AIRFLOW_CONN_RDS_DEFAULT is no Connection", "has neither host nor login"
# The text of the Connection, and what is said of it.
TEXTS = {
    "": MISSING,
    " ": MISSING,
    '{"conn_type": "postgres", "host": "db"': MISSING,
    '{"conn_type": "postgres", "hostt": "db"}': MISSING,
    '{"conn_type": "postgres", "host": "", "port": 5432, "login": "", "password": "", "schema": "parts"}': EMPTY,
    '{"conn_type": "postgres", "host": "db", "login": "loader", "password": "pa$$", "schema": "parts"}': "well",
    '{"conn_type": "postgres", "extra": {"service": "parts"}}': "well",
    "postgresql://loader:secret@db:5432/parts": "well",
}
CHECK = """
import json, os, sys
from orchestration.airflow_tasks import check_database
for text in json.loads(sys.argv[1]):
    os.environ["AIRFLOW_CONN_RDS_DEFAULT"] = text
    try:
        check_database()
    except ValueError as problem:
        print("@" + str(problem))
    else:
        print("@well")
"""


def test_connection_that_is_none_is_told_at_the_start(tmp_path: Path) -> None:
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHECK, json.dumps(list(TEXTS))]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    told = [line[1:] for line in done.stdout.splitlines() if line.startswith("@")]
    assert [part in said for said, part in zip(told, TEXTS.values(), strict=True)] == [True] * len(TEXTS), told


START = """
import json, os, sys
from datetime import UTC, datetime
from types import SimpleNamespace
from orchestration.airflow_tasks import prepare_inputs
for asked, database in json.loads(sys.argv[1]):
    os.environ["AIRFLOW_CONN_RDS_DEFAULT"] = database
    try:
        prepare_inputs(SimpleNamespace(logical_date=datetime.now(UTC), conf=asked))
    except Exception as problem:
        print(f"@{type(problem).__name__}: {problem}")
"""


def test_first_task_fails_for_good_where_a_word_or_the_database_is_wrong(tmp_path: Path) -> None:
    names = ("DATA_BUCKET", "DDB_TABLE", "MASTER_SFN_ARN", "EMR_CLUSTER_ID")
    variables = {f"AIRFLOW_VAR_{name}": "set" for name in names}
    environment = os.environ | variables | {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    runs = [({"day": "2026-11-20"}, "postgresql://loader@db/parts"), ({}, "")]
    command = [sys.executable, "-c", START, json.dumps(runs)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    words, database = [line[1:] for line in done.stdout.splitlines() if line.startswith("@")]
    assert words.startswith("AirflowFailException: A run is told dt and accept")
    assert database.startswith("AirflowFailException: ")
    assert MISSING in database
