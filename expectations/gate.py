"""Judges one day's mart before it may be loaded. `python -m expectations.gate --lake ROOT --dt D` prints the verdict and
ends with 0 (passed, perhaps with warnings), 1 (failed) or 3 (empty)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conf.days import parse_day
from conf.garbage import collect_seldom
from conf.lake import Lake, add_arguments
from expectations import measures, movements, pages, storage
from expectations.accepted import MART, baselines
from expectations.batches import INTEGERS, KEYS, TYPES, as_frame, count_rows, pandas_batch, spark_batch
from expectations.raw import read_raw
from expectations.reconcile import against_offers, one_in_the_database
from expectations.samples import with_offers
from expectations.sources import are_judged, beside_usual, changed_since, held_back, judge_sources, sentences_about
from expectations.tables import (
    ASIDE,
    NAMES,
    OFFERS,
    RAW,
    SUMMARY,
    LakeError,
    MissingTableError,
    Options,
    UnreachableTableError,
    column_types,
    open_table,
    path_of,
    remake,
)
from expectations.verdict import Finding, Verdict, status_of

if TYPE_CHECKING:
    from deltalake import DeltaTable

MOST_ROWS = 5_000_000  # in one process: a million clean offers take about 1 GB in pandas
EXIT = {"passed": 0, "warned": 0, "failed": 1, "empty": 3}


def judge_day(lake: Lake, dt: str, *, run_id: str, storage_options: Options = None, spark: Any = None) -> Verdict:
    """Validates a day, publishes its Data Docs, and records the verdict in the lake. With a Spark session the rows stay on
    the cluster. Problems of the lake are part of the verdict. What is not a day raises (`ValueError`), and so does a store that
    cannot be reached (`UnreachableTableError`, or its client's own error): nothing is known of the day, and a retry may help."""
    parse_day(dt)
    judgement = Judgement(lake, dt, storage_options, spark)
    with tempfile.TemporaryDirectory() as folder:
        verdict = judgement.verdict(run_id, Path(folder))
        report = pages.Report(verdict, judgement.findings, judgement.figures, judgement.shops)
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
        self.shops: list[dict[str, Any]] = []
        self.found: measures.Measures = {}
        self.rows: dict[str, int] = {}
        self.sick: dict[str, str] = {}
        # Each opened once: what is written while the gate looks is of a later version, and not judged.
        self.tables: dict[str, DeltaTable] = {}

    def verdict(self, run_id: str, folder: Path) -> Verdict:
        empty = False
        try:
            self._count()
            empty = not self._stopped and self.rows.get(SUMMARY) == 0
            if empty:
                self._tell_what_it_could_be_made_of()
            if not self._stopped and not empty:
                self._examine(run_id, folder)
        except UnreachableTableError:
            raise
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
            version=self.tables[SUMMARY].version() if SUMMARY in self.tables else None,
        )

    @property
    def _stopped(self) -> bool:
        return any(finding.critical for finding in self.findings)

    def _stop(self, table: str, sentence: str) -> None:
        self.findings.append(Finding(True, table, sentence))

    def _warn(self, table: str, sentence: str) -> None:
        self.findings.append(Finding(False, table, sentence))

    def _count(self) -> None:
        """Rows and structure of the price summary; its absence and its damage are findings."""
        self.sick = held_back(self.lake, self.dt, self.options)
        self.findings += [Finding(False, "sources", sentence) for sentence in self.sick.values()]
        self.shops = beside_usual(self.lake, self.dt, self.options)
        self.tables[SUMMARY] = open_table(path_of(self.lake, SUMMARY), self.options)
        if self._check_structure(SUMMARY, self.tables[SUMMARY]):
            self.rows[SUMMARY] = count_rows(self.tables[SUMMARY], self.dt)

    def _check_structure(self, table: str, delta: DeltaTable) -> bool:
        """Whether a table has the columns that are judged; what it has not is a finding that stops the load."""
        found, wanted = column_types(delta), TYPES[table]
        fit = {name: found.get(name) == kind or {found.get(name), kind} <= INTEGERS for name, kind in wanted.items()}
        wrong = [_difference(name, wanted[name], found) for name in wanted if not fit[name]]
        if wrong:
            columns = ", ".join(found)[:500]
            self._stop(table, f"{table}: {'; '.join(wrong)}. It has {columns}. {remake(path_of(self.lake, table))}")
        wide = [f"{name} is {found[name]}" for name in wanted if fit[name] and found[name] != wanted[name]]
        if wide:
            told = "whole numbers of another width than integer, judged and loaded as they are"
            self._warn(table, f"{table}: {told}: {', '.join(wide)}.")
        extra = sorted(found.keys() - TYPES[table].keys()) if table == SUMMARY else []
        if extra:
            self._warn(table, f"{table}: unknown columns, which are not loaded: {', '.join(extra)}.")
        return not wrong

    def _examine(self, run_id: str, folder: Path) -> None:
        from expectations import checkpoint

        context = checkpoint.quiet_context(folder / "great_expectations")
        # Great Expectations works in Python on one core; the lake is read and queried beside it, one thing after another,
        # because each takes the memory of a day's offers.
        with ThreadPoolExecutor(1) as beside:
            batches = self._batches(beside)
            found = checkpoint.run_batches(context, batches, dt=self.dt, run_id=pages.safe_name(run_id))
        found = [finding for finding in found if finding.table != "figures"] + measures.findings(self.figures, self.dt)
        self.findings += with_offers(found, self.lake, self.dt, self.options)
        self.findings += [Finding(False, "sources", s) for s in sentences_about(self.lake, self.dt, self.options)]
        checkpoint.escape_texts(context)
        context.build_data_docs()

    def _batches(self, beside: ThreadPoolExecutor) -> Iterator[Any]:
        """Each batch is made when the one before has been judged, so that only one of them is in memory."""
        from expectations import suites
        from expectations.checkpoint import Batch

        offers = self._offers()
        tables = self._beside_offers() if offers else {}
        compared = beside.submit(self._compare, sum(offers.values()) if offers else None)
        raw = beside.submit(read_raw, self.lake, self.dt, self.options)
        again = (
            beside.submit(against_offers, tables, self.dt, list(self.sick))
            if tables
            else beside.submit(one_in_the_database, self.tables[SUMMARY], self.dt)
        )
        yield self._batch(SUMMARY, suites.price_summary(self.dt, len(offers) or None))
        if offers:
            yield self._batch(OFFERS, suites.clean_offers(self.dt))
        yield from self._raw(*raw.result())
        self.found, self.figures = compared.result()
        self.findings += self._accepted()
        self.figures += again.result()
        yield Batch("figures", suites.measured("figures", "Figures of the day."), _frame(self.figures), ["what"])

    def _tell_what_it_could_be_made_of(self) -> None:
        """An empty mart of a day with offers is a fault of ours, and no day off of the shops."""
        try:
            counts = measures.offers_by_source(open_table(path_of(self.lake, OFFERS), self.options), self.dt)
        except LakeError as error:
            self._warn(OFFERS, str(error))
            return
        published = self._published(counts)
        if published:
            sentence = f"The mart has no row of {self.dt}, and {', '.join(published)} have {sum(published.values()):,} offers of it."
            self._warn(SUMMARY, f"{sentence} Clear build_marts.")

    def _batch(self, table: str, suite: Any) -> Any:
        from expectations.checkpoint import Batch

        if self.spark is not None:
            frame = spark_batch(table, self.dt, self.lake, self.tables[table], self.spark)
            return Batch(table, suite, frame, KEYS[table])
        if self.rows[table] > MOST_ROWS:
            raise LakeError(
                f"{table} has {self.rows[table]:,} rows on {self.dt}, more than the {MOST_ROWS:,} that one process judges: "
                "use jobs/validate_mart.py."
            )
        return Batch(table, suite, pandas_batch(table, self.dt, self.tables[table]), KEYS[table])

    def _offers(self) -> dict[str, int]:
        """Clean offers of the published shops; empty (and reported) where the lake has none for this day."""
        try:
            self.tables[OFFERS] = open_table(path_of(self.lake, OFFERS), self.options)
        except MissingTableError as error:
            self._warn(OFFERS, f"{error} The mart could not be compared with its offers.")
            return {}
        if not self._check_structure(OFFERS, self.tables[OFFERS]):
            return {}
        if are_judged(self.lake, self.dt, self.options):
            others = changed_since(self.tables[OFFERS], self.lake, self.dt, self.options)
            self.findings += [Finding(True, "sources", sentence) for sentence in others]
        else:  # a mart that was made by hand
            sick = judge_sources(self.lake, self.dt, storage_options=self.options, in_mart=True)
            is_accepted = baselines(self.lake, self.dt, self.options).get(MART) == self.dt
            self.findings += [Finding(not is_accepted, "sources", sentence) for sentence in sick.values()]
            self.shops = beside_usual(self.lake, self.dt, self.options)
        counts = measures.offers_by_source(self.tables[OFFERS], self.dt)
        self.rows[OFFERS] = sum(counts.values())
        published = self._published(counts)
        if not published:
            sentence = f"The mart has rows for {self.dt}, and no shop has offers that it could be made from."
            self._stop(OFFERS, f"{sentence} Clear build_marts, or clean_offers where the day has raw offers.")
        return published

    def _published(self, counts: dict[str, int]) -> dict[str, int]:
        """Without the shops held back, and without offers of no shop, which the suite stops."""
        return {source: counts[source] for source in sorted(filter(None, counts)) if source not in self.sick}

    def _beside_offers(self) -> dict[str, DeltaTable]:
        """The tables that the mart is worked out again from, by their short names; none where one of them has other columns.
        Without set-aside offers every offer counts; without names the comparison is a looser one, and that is told."""
        found, fit = {"m": self.tables[SUMMARY], "o": self.tables[OFFERS]}, True
        for short, table in (("n", NAMES), ("a", ASIDE)):
            try:
                found[short] = open_table(path_of(self.lake, table), self.options)
            except MissingTableError as error:
                if table == NAMES:
                    self._warn(table, f"{table}: {error} The mart was compared with its offers car by car only.")
            else:
                fit = self._check_structure(table, found[short]) and fit
        return found if fit else {}

    def _raw(self, rows: Any, troubles: list[str]) -> Iterator[Any]:
        """The raw offers' batch, always in this process: one row a page. A lake may keep them elsewhere, or no longer."""
        from expectations import suites
        from expectations.checkpoint import Batch

        self.findings += [Finding(False, RAW, sentence) for sentence in troubles]
        if rows.num_rows:
            self.rows[RAW] = rows.num_rows
            frame = as_frame(rows, plain=("source", "folder"))
            yield Batch(RAW, suites.raw_offers(self.dt), frame, ["source", "url"])

    def _compare(self, offers: int | None) -> tuple[measures.Measures, list[dict[str, Any]]]:
        """The day's measures; beside those of earlier days, and what moved since the last of them."""
        found = measures.measure_day(self.tables[SUMMARY], self.dt, offers)
        earlier = measures.good_days(self.lake, self.dt, self.options)
        share, growth = measures.shops_beside(self.lake, self.dt, [day["dt"] for day in earlier], self.options)
        figures = measures.compare(found, [day["measures"] for day in earlier], share, growth)
        figures += measures.commonest(self.tables[SUMMARY], self.dt)
        return found, figures + (self._moved(earlier[0]["dt"], bool(offers)) if earlier else [])

    def _moved(self, before: str, has_offers: bool) -> list[dict[str, Any]]:
        """Compares with the last good day, without the shops that are not comparable: held back then or now, or accepted since."""
        if not has_offers:
            return movements.since_mart(self.tables[SUMMARY], self.dt, before)
        accepted = [shop for shop, day in baselines(self.lake, self.dt, self.options).items() if day > before]
        left_out = [*self.sick, *held_back(self.lake, before, self.options), *accepted]
        return movements.since(self.tables[OFFERS], self.dt, before, left_out)

    def _accepted(self) -> list[Finding]:
        names = [name for name, day in baselines(self.lake, self.dt, self.options).items() if day == self.dt]
        whose = ["The figures" if name == MART else f"The offers of {name}" for name in sorted(names)]
        told = f"of {self.dt} were accepted by hand: later days are compared with them, not with earlier ones."
        return [Finding(False, "figures", f"{what} {told}") for what in whose]


def _difference(column: str, wanted: str, found: dict[str, str]) -> str:
    if column not in found:
        return f"the column {column} is missing"
    return f"the column {column} is of type {found[column]}, it must be {wanted}"


def _frame(rows: list[dict[str, Any]]) -> Any:
    import pandas as pd

    numbers = ["found", "stop_below", "warn_below", "warn_above", "stop_above"]
    return pd.DataFrame(rows).drop(columns=["samples", "advice"]).astype(dict.fromkeys(numbers, "float64"))


def main(
    arguments: list[str] | None = None,
    program: str = "python -m expectations.gate",
    description: str | None = __doc__,
    session: Callable[[], Any] = lambda: None,
) -> int:
    """Also the command of jobs/validate_mart.py: its `session` gives a Spark session to judge on; without, the day is judged
    in this process."""
    parser = argparse.ArgumentParser(
        prog=program, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    parser.add_argument("--dt", required=True, help="the day, as YYYY-MM-DD")
    parser.add_argument("--run-id", default="by-hand", help="names this run's Data Docs")
    given = parser.parse_args(arguments)
    try:
        verdict = judge_day(Lake.from_arguments(given), given.dt, run_id=given.run_id, spark=session())
    except Exception as error:
        if not (isinstance(error, ValueError | LakeError) or storage.is_trouble(error)):
            raise
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    print("\n".join(verdict.sentences()), f"Data Docs: {verdict.docs}", sep="\n")  # noqa: T201
    return EXIT[verdict.status]


if __name__ == "__main__":
    collect_seldom()
    sys.exit(main())
