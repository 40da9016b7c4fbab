"""Judges a day's crawl against the supplier's bounds and the days before: silent caps, shrunken categories, drifting layouts."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median
from typing import Any

from crawl.job import Job
from crawl.plan import Listing

DAYS_BACK = 7
# Shares of fewer pages than this say little; so many points below the days before are worth a look.
ENOUGH_PAGES, WORSE = 100, 0.02
# Where most of so many fail, a person should look all the same.
SOME_PAGES = 10


def judge(
    job: Job, listing: Listing | None, summary: dict[str, Any], failure: str | None
) -> tuple[list[str], list[str]]:
    """Sentences about what is broken, `failure` of an earlier step first, and about what somebody should look at."""
    source = job.supplier.id
    errors = [failure] if failure else []
    if listing is None:
        return errors or [f"{source}: the shop's lists could not be read."], []
    errors, warnings = [*errors, *listing.errors], list(listing.warnings)
    warnings += _caps(source, listing)
    earlier, damaged = _earlier_summaries(job)
    warnings += damaged
    if not listing.limited:
        errors += _missing(source, listing, summary["planned"])
        errors += _too_few(job, listing)
        warnings += _too_many(job, listing)
        warnings += _moved(job, listing, [day for day in earlier if not day.get("limited")])
    warnings += _coverage(job, summary, earlier)
    failing_errors, failing_warnings = _failing(source, summary, earlier)
    errors, warnings = errors + failing_errors, warnings + failing_warnings
    if not summary["planned"] and not errors:
        errors.append(f"{source}: the lists hold no product.")
    return errors, warnings


def _missing(source: str, listing: Listing, planned: int) -> list[str]:
    """The ledger holds every product of every list, so it can be no shorter than the longest of them."""
    longest = max(listing.categories.values(), default=0)
    return (
        [f"{source}: a list has {longest:,} products, and only {planned:,} are in the ledger."]
        if planned < longest
        else []
    )


def _caps(source: str, listing: Listing) -> list[str]:
    """A round number of products or rows is more often a server's ceiling than a shop's size."""
    sentences = []
    for name, count in listing.categories.items():
        capped = next((each for each in (count, listing.rows.get(name, 0)) if _is_round(each)), None)
        if capped is not None:
            what = "products" if capped == count else "rows in its list"
            sentences.append(
                f"{source}: category {name} has {capped:,} {what}, a round number: probably a cap of the list, not its end."
            )
    return sentences


def _is_round(count: int) -> bool:
    return (count >= 1000 and count % 1000 == 0) or (count >= 9999 and (count + 1) % 10_000 == 0)


def _too_few(job: Job, listing: Listing) -> list[str]:
    sentences = []
    for category in job.supplier.categories:
        count = listing.categories.get(category.name)
        if count is not None and category.name not in listing.failed and count < category.minimum:
            sentences.append(
                f"{job.supplier.id}: category {category.name} has {count:,} products, expected at least {category.minimum:,}."
            )
    total = sum(listing.categories.values())
    if total < job.supplier.bounds.minimum and not listing.failed:
        sentences.append(
            f"{job.supplier.id}: the lists hold {total:,} products, expected at least {job.supplier.bounds.minimum:,}."
        )
    return sentences


def _too_many(job: Job, listing: Listing) -> list[str]:
    counts = [
        (f"category {each.name}", listing.categories.get(each.name, 0), each.maximum)
        for each in job.supplier.categories
    ]
    counts.append(("the shop", sum(listing.categories.values()), job.supplier.bounds.maximum))
    return [
        f"{job.supplier.id}: {what} has {count:,} products, expected at most {maximum:,}."
        for what, count, maximum in counts
        if maximum is not None and count > maximum
    ]


def _moved(job: Job, listing: Listing, earlier: list[dict[str, Any]]) -> list[str]:
    sentences = []
    for name, count in listing.categories.items():
        past = [day["categories"][name] for day in earlier if day["categories"].get(name)]
        usual = median(past) if past else 0
        if name not in listing.failed and usual and abs(count - usual) > max(job.supplier.bounds.change * usual, 2):
            sentences.append(
                f"{job.supplier.id}: category {name} has {count:,} products, {usual:,.0f} on the days before "
                f"({count / usual - 1:+.0%})."
            )
    return sentences


def _failing(source: str, summary: dict[str, Any], earlier: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """A shop that sends most of its pages elsewhere, or many more than before, is sick however well the rest is read."""
    planned, succeeded = summary["planned"], summary["succeeded"]
    if not planned:
        return [], []
    share, why = succeeded / planned, ", ".join(f"{count:,} {reason}" for reason, count in summary["failed"].items())
    if not succeeded:
        return [f"{source}: not one of {planned:,} pages could be read ({why})."], []
    if share < 0.5 and planned >= SOME_PAGES:
        said = [f"{source}: {share:.1%} of {planned:,} pages could be read ({why})."]
        return (said, []) if planned >= ENOUGH_PAGES else ([], said)
    past = [day["succeeded"] / day["planned"] for day in earlier if day.get("planned")]
    if planned >= ENOUGH_PAGES and past and median(past) - share > WORSE:
        return [], [f"{source}: {share:.1%} of the pages could be read, {median(past):.1%} on the days before ({why})."]
    return [], []


def _coverage(job: Job, summary: dict[str, Any], earlier: list[dict[str, Any]]) -> list[str]:
    if not summary["succeeded"]:
        return []
    bounds, sentences = job.supplier.bounds, []
    for name, share in summary["coverage"].items():
        minimum = bounds.coverage.get(name, 0.0)
        past = [day["coverage"][name] for day in earlier if day.get("succeeded") and name in day.get("coverage", {})]
        if share < minimum:
            sentences.append(
                f"{job.supplier.id}: {share:.1%} of the pages show {name}, expected at least {minimum:.1%}."
            )
        elif past and median(past) - share > bounds.coverage_drop:
            sentences.append(
                f"{job.supplier.id}: {share:.1%} of the pages show {name}, {median(past):.1%} on the days before: "
                f"the layout may have changed (python -m crawl.replay tries the kept samples)."
            )
    return sentences


def _earlier_summaries(job: Job) -> tuple[list[dict[str, Any]], list[str]]:
    """The last good summary of each of the days before, and a sentence about each object that is none."""
    today = date.fromisoformat(job.dt)
    found, damaged = [], []
    for back in range(1, DAYS_BACK + 1):
        written = job.store.names(job.places.summaries((today - timedelta(days=back)).isoformat()))
        for uri, _ in sorted(written, key=lambda name: (name[1], name[0]), reverse=True):
            day = _summary(job, uri)
            if day is None:
                damaged.append(
                    f"{job.supplier.id}: {uri} is no summary of a crawl, so it is left out: mend or delete it."
                )
            elif not day.get("error"):
                found.append(day)
                break
    return found, damaged


def _summary(job: Job, uri: str) -> dict[str, Any] | None:
    """An earlier run's summary; None for an object that is damaged or somebody's own. One of them must not cost a week of days."""
    try:
        day = job.store.read_json(uri)
    except ValueError:
        return None
    parts = {"planned": int, "succeeded": int, "categories": dict, "coverage": dict}
    return (
        day if isinstance(day, dict) and all(isinstance(day.get(name), kind) for name, kind in parts.items()) else None
    )
