"""Runs suites in Great Expectations and turns what it says into findings. The library is imported here, inside
functions only: the import takes ten seconds."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.verdict import LOOKED_AT, Finding, printable

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

SAMPLES = 20  # failing rows kept for each rule: enough to see the pattern, small enough for a page


@dataclass(frozen=True)
class Batch:
    """A frame (pandas or Spark), the suite it must meet, and the columns that name a row to a reviewer."""

    table: str
    suite: ExpectationSuite
    frame: Any
    keys: list[str]


def quiet_context(pages: Path) -> Any:
    """A context in memory whose Data Docs go to a folder. Analytics are off before the import: it would call out."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # The library logs two hundred lines about what it does not document, and they would fill the task's log.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations as gx

    from expectations import distinct, remembered  # noqa: F401  replace parts of the library

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    for site in list(context.variables.data_docs_sites or {}):
        context.delete_data_docs_site(site)
    context.add_data_docs_site(
        "pages",
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(pages)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    return context


def run_batches(context: Any, batches: Iterable[Batch], *, dt: str, run_id: str) -> list[Finding]:
    """Validates every batch. The run's time in the Data Docs is the day judged: the gate has no clock of its own."""
    from great_expectations.core.run_identifier import RunIdentifier

    run = RunIdentifier(run_name=run_id, run_time=datetime.fromisoformat(dt).replace(tzinfo=UTC))
    return [finding for batch in batches for finding in _run(context, batch, run)]


def escape_texts(context: Any) -> None:
    """To be called before the pages are built: Great Expectations writes sample values into them unescaped, and a shop's markup must
    be shown as text. (The pages' policy against scripts stops neither a form nor a redirection.)"""
    results = context.validation_results_store
    for key in results.list_keys():
        place = key.to_tuple()
        kept = json.loads(results.store_backend.get(place))
        results.store_backend.set(place, json.dumps(_escaped(kept), ensure_ascii=False), allow_update=True)


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, dict):
        return {name: _escaped(part) for name, part in value.items()}
    return [_escaped(part) for part in value] if isinstance(value, list) else value


def _run(context: Any, batch: Batch, run: Any) -> list[Finding]:
    import great_expectations as gx

    from expectations.remembered import configurations

    slug = batch.table.replace(" ", "_")
    spark = not hasattr(batch.frame, "iloc")
    sources = context.data_sources
    source = sources.add_spark(slug) if spark else sources.add_pandas(slug)
    data = source.add_dataframe_asset(slug).add_batch_definition_whole_dataframe("day")
    suite = context.suites.add(batch.suite)
    validation = context.validation_definitions.add(gx.ValidationDefinition(name=slug, data=data, suite=suite))
    # Without a checkpoint, which would add nothing but a second look at each suite for changes, a second long.
    with configurations():
        results = validation.run(
            batch_parameters={"dataframe": batch.frame},
            result_format={
                "result_format": "SUMMARY",
                "partial_unexpected_count": SAMPLES,
                "unexpected_index_column_names": batch.keys,
                "return_unexpected_index_query": False,  # the place of every failing row, which no page shows
            },
            run_id=run,
        )
    return [_finding(batch, result) for result in results.results if not result.success]


def _finding(batch: Batch, result: Any) -> Finding:
    config, found = result.expectation_config, result.result or {}
    crash = _crash(result.exception_info)
    critical = crash != "" or getattr(config.severity, "value", config.severity) == "critical"
    reason = config.notes if isinstance(config.notes, str) else " ".join(config.notes or [])
    samples = _samples(found)
    row = samples[0] if samples and "column_list" not in config.kwargs else {}
    whose = _whose(row, config.kwargs.get("column"), batch.keys)
    sentence = f"{batch.table}: the rule '{config.description}' does not hold{crash or _extent(found, whose)}."
    return Finding(critical, batch.table, sentence, reason, samples)


def _crash(exception_info: dict[str, Any] | None) -> str:
    """Great Expectations reports a rule that could not be worked out as `exception_info`, flat or by metric."""
    info = exception_info or {}
    for entry in [info, *(value for value in info.values() if isinstance(value, dict))]:
        if entry.get("raised_exception"):
            return f"; it could not be worked out: {' '.join(str(entry.get('exception_message')).split())[:200]}"
    return ""


def _whose(row: dict[str, Any], column: str | None, keys: list[str]) -> str:
    """The row of the first example, unless the example itself says which one it is."""
    named = {name: value for name, value in row.items() if name in keys and value is not None}
    return (
        ""
        if column in named
        else ", ".join(f"{name} {printable(str(value)[:LOOKED_AT])[:100]}" for name, value in named.items())
    )


def _extent(found: dict[str, Any], whose: str) -> str:
    if "unexpected_count" not in found:
        return f" (found {found['observed_value']})" if "observed_value" in found else ""
    examples = [_shown(value) for value in found.get("partial_unexpected_list", [])[:3] if not _null(value)]
    if whose:
        examples = [f"{examples[0]} ({whose})", *examples[1:]] if examples else [whose]
    tail = f", for example {'; '.join(examples)}" if examples else ""
    return f" in {found['unexpected_count']:,} of {found.get('element_count', 0):,} rows{tail}"


def _null(value: Any) -> bool:
    """Null is None on Spark and NaN, which is unlike itself, in pandas."""
    return value is None or value != value


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return printable(", ".join(map(_figure, value.values()))[:LOOKED_AT])[:100]
    if isinstance(value, tuple):
        return " and ".join(map(_figure, value))
    return printable(_figure(value)[:LOOKED_AT])[:60]


def _figure(value: Any) -> str:
    """Beside a null pandas makes a whole number a float."""
    plain = _plain(value)
    return f"{plain:.10g}" if isinstance(plain, float) else str(plain)


def _samples(found: dict[str, Any]) -> list[dict[str, Any]]:
    rows = found.get("partial_unexpected_index_list") or []
    return [{name: _plain(value) for name, value in row.items()} for row in rows if isinstance(row, dict)][:SAMPLES]


def _plain(value: Any) -> Any:
    """A value as Python has it: null is None, whatever the engine makes of it."""
    if _null(value):
        return None
    item = getattr(value, "item", None)
    return item() if callable(item) else value
