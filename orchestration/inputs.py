"""Stage 1: fixes the day and the run, and writes what the crawl of each source needs to know."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from conf.days import day_in_seoul, parse_day
from conf.lake import Lake
from conf.supplier import Supplier
from expectations.accepted import MART
from expectations.storage import split
from orchestration.installation import Installation


def refuse_other_words(asked: Iterable[str]) -> None:
    """A day or a shop under a mistyped name would be passed over, and another day be run. Raises `ValueError`."""
    unknown = sorted(set(asked) - {"dt", "accept"})
    if unknown:
        raise ValueError(f"A run is told dt and accept, and nothing of the name {', '.join(map(repr, unknown))}.")


def choose_day(asked: str | None, instant: datetime) -> str:
    """The day of the run: the one a manual run asks for, else the day in Seoul at the run's own instant."""
    return parse_day(asked).isoformat() if asked else day_in_seoul(instant)


def choose_accepted(asked: object, sources: Iterable[str]) -> list[str]:
    """What a manual run says is right although it looks wrong: shops by name, or `mart`. Raises `ValueError`."""
    known = [*sources, MART]
    if not isinstance(asked, list) or any(name not in known for name in asked):
        raise ValueError(f"accept: {asked!r} is no list of {', '.join(known)}.")
    return asked


def run_id_of(dt: str, instant: datetime) -> str:
    """`<yyyymmdd>_<logical time>`: the same for every try of a run, another for every run."""
    return f"{dt.replace('-', '')}_{instant:%Y%m%dT%H%M%S}"


def crawl_inputs(
    suppliers: Iterable[Supplier], installation: Installation, dt: str, run_id: str
) -> dict[str, dict[str, Any]]:
    """The crawl input of each source by its place in the lake (`s3://…`)."""
    return {
        f"{installation.lake.raw}/{supplier.id}/inputs/dt={dt}/{run_id}.json": {
            "source": supplier.id,
            "dt": dt,
            "run_id": run_id,
            "supplier": _with_code(supplier.model_dump(mode="json"), installation.supplier_code),
            "table": installation.ddb_table,
            "raw": installation.lake.raw,
            "max_pages": installation.max_pages,
            "count": installation.crawl_count,
        }
        for supplier in suppliers
    }


def write_inputs(s3: Any, inputs: dict[str, dict[str, Any]]) -> None:
    """Puts each input at its `s3://bucket/key`; writing them again changes nothing."""
    for uri, value in inputs.items():
        bucket, key = split(uri)
        body = json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")


def machine_input(
    inputs: dict[str, dict[str, Any]], dt: str, run_id: str, mode: str, max_rounds: int
) -> dict[str, Any]:
    """What the state machine is started with, for the crawl (`mode="crawl"`) and for healing (`mode="heal"`)."""
    sources = [{"source": value["source"], "input": uri} for uri, value in inputs.items()]
    return {"dt": dt, "run_id": run_id, "mode": mode, "max_rounds": max_rounds, "sources": sources}


def clean_step(lake: Lake, code: str, dt: str) -> list[dict[str, Any]]:
    """The EMR step that makes clean offers of the raw ones."""
    return [_spark_step("clean_offers", lake, code, dt)]


def mart_step(lake: Lake, code: str, dt: str, held_back: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The EMR step that makes the marts of the clean offers, without those of the sources held back."""
    sick = sorted(held_back)
    return [_spark_step("build_marts", lake, code, dt, *(["--hold-back", ",".join(sick)] if sick else []))]


def _spark_step(job: str, lake: Lake, code: str, dt: str, *more: str) -> dict[str, Any]:
    """A failed step cancels those behind it and leaves the cluster up."""
    submit = ["spark-submit", "--deploy-mode", "client", "--py-files", f"{code}/parts.zip"]
    return {
        "Name": f"{job} {dt}",
        "ActionOnFailure": "CANCEL_AND_WAIT",
        "HadoopJarStep": {
            "Jar": "command-runner.jar",
            "Args": [*submit, f"{code}/jobs/{job}.py", *lake.arguments(), "--dt", dt, *more],
        },
    }


def _with_code(supplier: dict[str, Any], code: str | None) -> dict[str, Any]:
    return supplier | {"listing": supplier["listing"] | {"supplier_code": code}} if code else supplier
