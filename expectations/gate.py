"""Judges one day's mart before it may be loaded. `python -m expectations.gate --lake ROOT --dt D` prints the verdict and
ends with 0 (passed, perhaps with warnings), 1 (failed) or 3 (empty)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from conf.days import parse_day
from conf.lake import Lake, add_arguments
from expectations import measures, pages
from expectations.batches import KEYS, TYPES, count_rows, pandas_batch, spark_batch
from expectations.raw import read_raw
from expectations.reconcile import against_offers
from expectations.samples import with_offers
from expectations.sources import held_back, sentences_about
from expectations.tables import (
    OFFERS,
    RAW,
    SUMMARY,
    LakeError,
    MissingTableError,
    Options,
    column_types,
    open_table,
    path_of,
)
from expectations.verdict import Finding, Verdict, status_of

MOST_ROWS = 5_000_000  # in one process: a million clean offers take about 1 GB in pandas
EXIT = {"passed": 0, "warned": 0, "failed": 1, "empty": 3}


def judge_day(lake: Lake, dt: str, *, run_id: str, storage_options: Options = None, spark: Any = None) -> Verdict:
    """Validates a day, publishes its Data Docs, and records the verdict in the lake. With a Spark session the rows stay on
    the cluster. Problems of the lake are part of the verdict; only what is not a day raises (`ValueError`)."""
    parse_day(dt)
    judgement = Judgement(lake, dt, storage_options, spark)
    with tempfile.TemporaryDirectory() as folder:
        verdict = judgement.verdict(run_id, Path(folder))
        report = pages.Report(verdict, judgement.findings, judgement.figures)
        pages.publish(report, Path(folder), lake, storage_options)
    try:
        measures.record(lake, verdict, judgement.found, storage_options)
    except LakeError as error:
        verdict = replace(verdict, warnings=[*verdict.warnings, f"The verdict could not be kept. {error}"])
    pages.publish_index(lake, storage_options)
    return verdict


class Judgement:
    """One judging of one day: collects rows, findings and figures as it goes."""

    def __init__(self, lake: Lake, dt: str, options: Options, spark: Any) -> None:
        self.lake, self.dt, self.options, self.spark = lake, dt, options, spark
        self.findings: list[Finding] = []
        self.figures: list[dict[str, Any]] = []
        self.found: measures.Measures = {}
        self.rows: dict[str, int] = {}
        self.sick: dict[str, str] = {}
        self.version: int | None = None

    def verdict(self, run_id: str, folder: Path) -> Verdict:
        empty = False
        try:
            self._count()
            empty = not self.findings and self.rows.get(SUMMARY) == 0
            if not self.findings and not empty:
                self._examine(run_id, folder)
        except LakeError as error:
            self._stop(SUMMARY, str(error))
        return Verdict(
            dt=self.dt,
            run_id=run_id,
            status="empty" if empty else status_of(self.findings),
            failures=[finding.sentence for finding in self.findings if finding.critical],
            warnings=[finding.sentence for finding in self.findings if not finding.critical],
            rows=self.rows,
            held_back=self.sick,
            docs=f"{pages.run_folder(self.lake, self.dt, run_id)}/index.html",
            version=self.version,
        )

    def _stop(self, table: str, sentence: str) -> None:
        self.findings.append(Finding(True, table, sentence))

    def _count(self) -> None:
        """Rows and structure of the price summary; its absence and its damage are findings."""
        self.sick = held_back(self.lake, self.dt, self.options)
        delta = open_table(path_of(self.lake, SUMMARY), self.options)
        self.version = delta.version()
        self._check_structure(SUMMARY, delta)
        if not self.findings:
            self.rows[SUMMARY] = count_rows(SUMMARY, self.dt, self.lake, self.options)

    def _check_structure(self, table: str, delta: Any) -> None:
        found = column_types(delta)
        for column, kind in TYPES[table].items():
            if column not in found:
                self._stop(table, f"{table}: the column {column} is missing; it has {', '.join(found)}.")
            elif found[column] != kind:
                self._stop(table, f"{table}: the column {column} is of type {found[column]}, it must be {kind}.")

    def _examine(self, run_id: str, folder: Path) -> None:
        from expectations import checkpoint, suites

        batches = [self._batch(SUMMARY, suites.price_summary(self.dt, self._published_count()))]
        offers = self._offers()
        if offers:
            batches.append(self._batch(OFFERS, suites.clean_offers(self.dt)))
        batches += self._raw()
        self.figures += self._compare(list(offers) if offers else None)
        if offers:
            self.figures += against_offers(self.lake, self.dt, list(self.sick), self.options)
        measured = [row for row in self.figures if row["found"] is not None]
        batches.append(
            checkpoint.Batch("figures", suites.measured("figures", "Figures of the day."), _frame(measured), ["what"])
        )
        context = checkpoint.quiet_context(folder / "great_expectations")
        found = checkpoint.run_batches(context, batches, dt=self.dt, run_id=pages.safe_name(run_id))
        found = [finding for finding in found if finding.table != "figures"] + measures.findings(measured)
        self.findings += with_offers(found, self.lake, self.dt, self.options)
        self.findings += [Finding(False, "sources", sentence) for sentence in self.sick.values()]
        self.findings += [Finding(False, "sources", s) for s in sentences_about(self.lake, self.dt, self.options)]
        context.build_data_docs()

    def _batch(self, table: str, suite: Any) -> Any:
        from expectations.checkpoint import Batch

        if self.spark is not None:
            return Batch(table, suite, spark_batch(table, self.dt, self.lake, self.spark), KEYS[table])
        if self.rows[table] > MOST_ROWS:
            raise LakeError(
                f"{table} has {self.rows[table]:,} rows on {self.dt}, more than the {MOST_ROWS:,} that one process judges: "
                "use jobs/validate_mart.py."
            )
        delta = open_table(path_of(self.lake, table), self.options)
        return Batch(table, suite, pandas_batch(table, self.dt, delta), KEYS[table])

    def _offers(self) -> dict[str, int]:
        """Clean offers of the published shops; empty (and reported) where the lake has none for this day."""
        try:
            delta = open_table(path_of(self.lake, OFFERS), self.options)
        except MissingTableError as error:
            self.findings.append(Finding(False, OFFERS, f"{error} The mart could not be compared with its offers."))
            return {}
        before = len(self.findings)
        self._check_structure(OFFERS, delta)
        if any(finding.critical for finding in self.findings[before:]):
            return {}
        counts = measures.offers_by_source(self.lake, self.dt, self.options)
        self.rows[OFFERS] = sum(counts.values())
        published = {source: n for source, n in counts.items() if source not in self.sick}
        if not published:
            self._stop(OFFERS, f"The mart has rows for {self.dt}, and no shop has offers that it could be made from.")
        return published

    def _raw(self) -> list[Any]:
        """The raw offers' batch, always in this process: one row a page. A lake may keep them elsewhere, or no longer."""
        from expectations import suites
        from expectations.checkpoint import Batch

        rows, troubles = read_raw(self.lake, self.dt, self.options)
        self.findings += [Finding(False, RAW, sentence) for sentence in troubles]
        if not rows.num_rows:
            return []
        self.rows[RAW] = rows.num_rows
        return [Batch(RAW, suites.raw_offers(self.dt), rows.to_pandas(), ["source", "url"])]

    def _published_count(self) -> int | None:
        try:
            counts = measures.offers_by_source(self.lake, self.dt, self.options)
        except LakeError:
            return None  # the offers' own state is a finding of `_offers`
        return len([source for source in counts if source not in self.sick]) or None

    def _compare(self, published: list[str] | None) -> list[dict[str, Any]]:
        self.found = measures.measure_day(self.lake, self.dt, published, self.options)
        earlier = measures.good_days(self.lake, self.dt, self.options)
        share = measures.usual_share(self.lake, self.dt, list(self.sick), self.options)
        return measures.compare(self.found, [day["measures"] for day in earlier], share)


def _frame(rows: list[dict[str, Any]]) -> Any:
    import pandas as pd

    numbers = ["found", "stop_below", "warn_below", "warn_above", "stop_above"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, "float64"))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m expectations.gate", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--dt", required=True, help="the day, as YYYY-MM-DD")
    parser.add_argument("--run-id", default="by-hand", help="names this run's Data Docs")
    given = parser.parse_args(arguments)
    try:
        verdict = judge_day(Lake.from_arguments(given), given.dt, run_id=given.run_id)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    print("\n".join(verdict.sentences()), f"Data Docs: {verdict.docs}", sep="\n")  # noqa: T201
    return EXIT[verdict.status]


if __name__ == "__main__":
    sys.exit(main())
