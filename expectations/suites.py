"""The suites: what must hold (`description`), why the bound is where it is (`notes`), and whether a breach stops the
load (critical) or is reported (warning). Both texts appear on the Data Docs pages."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

from expectations.batches import COLUMNS
from expectations.tables import OFFERS, SUMMARY
from transforms.car_table import car_labels

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations import Expectation

# Written as escapes that Python, Java and Rust read alike, because the same suites run on pandas, JVM Spark and Sail.
CONTROL = r"[\u0000-\u001f\u007f-\u009f\u2028\u2029]"
INVISIBLE = r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufffd\ufffe\uffff]"
DECOMPOSED_HANGUL = r"[\u1100-\u11ff]"
SPACE = r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]"
BLANK = rf"^{SPACE}*$"
UNTRIMMED = rf"^{SPACE}|{SPACE}$|{SPACE}{SPACE}"
STAND_INS = r"^(?:nan|NaN|NAN|none|None|NONE|null|Null|NULL|NA|N/A|n/a|undefined|\?+|-+|\.+|<NA>)$"
MARKUP = r"<[a-zA-Z/!][^>]*>|&(?:amp|lt|gt|quot|nbsp|#[0-9]+);"
MISREAD_UTF8 = r"[\u00c3\u00c2\u00ea\u00eb\u00ec\u00ed][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]"


def price_bounds() -> tuple[int, int]:
    """The bounds that cleaning keeps, with their reasons, are in conf/prices.toml: nothing outside can come from it."""
    bounds = tomllib.loads(resources.files("conf").joinpath("prices.toml").read_text(encoding="utf-8"))
    return bounds["lowest_krw"], bounds["highest_krw"]


def critical(kind: str, must: str, because: str, **arguments: Any) -> Expectation:
    return _expectation(kind, must, because, "critical", arguments)


def warning(kind: str, must: str, because: str, **arguments: Any) -> Expectation:
    return _expectation(kind, must, because, "warning", arguments)


def _expectation(kind: str, must: str, because: str, severity: str, arguments: dict[str, Any]) -> Expectation:
    import great_expectations.expectations as gxe

    expectation: Expectation = getattr(gxe, f"Expect{kind}")(
        description=must, notes=because, severity=severity, **arguments
    )
    return expectation


def filled(column: str, because: str) -> Expectation:
    return critical("ColumnValuesToNotBeNull", f"{column} is never null", because, column=column)


def free_of(column: str, what: str, regex: str, because: str, *, tolerated: float | None = None) -> Expectation:
    """A text rule. With `tolerated`, that share of rows may break it before the load stops; without, the first one does."""
    mostly = {} if tolerated is None else {"mostly": 1 - tolerated}
    most = "" if tolerated is None else f" in more than {tolerated:.1%} of rows"
    must = f"{column} has no {what}{most}"
    return critical("ColumnValuesToNotMatchRegex", must, because, column=column, regex=regex, **mostly)


def reported(column: str, what: str, regex: str, because: str) -> Expectation:
    return warning("ColumnValuesToNotMatchRegex", f"{column} has no {what}", because, column=column, regex=regex)


def key_text(column: str, longest: int) -> list[Expectation]:
    """The rules for a text that a reader looks up exactly."""
    return [
        filled(column, "It is part of the key; PostgreSQL refuses a null key."),
        free_of(column, "blank value", BLANK, "A blank key answers no question."),
        free_of(column, "stand-in for nothing", STAND_INS, "A null that was turned into text is still no name."),
        free_of(column, "control character", CONTROL, "PostgreSQL refuses NUL, and no name has tabs or line ends."),
        reported(column, "invisible character", INVISIBLE, "The reader looks names up exactly and cannot type these."),
        free_of(
            column,
            "invisible character",
            INVISIBLE,
            "One shop's slip is a warning; in one row of a hundred it is our own decoding.",
            tolerated=0.01,
        ),
        free_of(
            column,
            "decomposed Hangul",
            DECOMPOSED_HANGUL,
            "Names are composed (NFC): the same name in two spellings makes two keys.",
        ),
        free_of(
            column,
            "misread UTF-8",
            MISREAD_UTF8,
            "Korean read as Latin-1; a real accent is rare, so one row in a thousand is too many.",
            tolerated=0.001,
        ),
        reported(column, "outer or double space", UNTRIMMED, "The reader looks names up exactly."),
        critical(
            "ColumnValueLengthsToBeBetween",
            f"{column} has at most {longest} characters",
            "The longest seen is under 100; past about 2,700 bytes PostgreSQL cannot index the key.",
            column=column,
            max_value=longest,
        ),
    ]


def bounded(column: str, low: float, high: float, because: str) -> Expectation:
    must = f"{column} is between {low:,} and {high:,}"
    return critical("ColumnValuesToBeBetween", must, because, column=column, min_value=low, max_value=high)


def at_least(larger: str, smaller: str, because: str) -> Expectation:
    return critical(
        "ColumnPairValuesAToBeGreaterThanB",
        f"{larger} is never below {smaller}",
        because,
        column_A=larger,
        column_B=smaller,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    )


def car_rules() -> list[Expectation]:
    return [
        critical(
            "ColumnValuesToBeInSet",
            "car_type is a car of conf/car_types.csv, its model, a brand outside it, all or unknown",
            "The reader asks for the labels of that table; any other label is never found.",
            column="car_type",
            value_set=sorted(car_labels()),
        ),
        warning(
            "ColumnValuesToNotBeInSet",
            "at most 60% of rows are for an unknown car",
            "Every Kia part is outside the table, about 45% of the shops' offers; 60% leaves room for a shop's own mix.",
            column="car_type",
            value_set=["unknown"],
            mostly=0.4,
        ),
        critical(
            "ColumnValuesToNotBeInSet",
            "at most 95% of rows are for an unknown car",
            "Beyond that the car parser or its table is broken, whatever the shops sold.",
            column="car_type",
            value_set=["unknown"],
            mostly=0.05,
        ),
    ]


def day_is(column: str, dt: str) -> Expectation:
    must, because = f"{column} is {dt} in every row", "A price is published for the day it was read on, and no other."
    return critical("ColumnValuesToBeInSet", must, because, column=column, value_set=[dt])


def prices(*columns: str) -> list[Expectation]:
    because = "The bounds of conf/prices.toml: cleaning rejects what is outside, so a price that is was changed later."
    return [
        rule
        for column in columns
        for rule in (
            filled(column, "A price that is not known has no row."),
            bounded(column, *price_bounds(), because),
        )
    ]


def price_summary(dt: str, sources: int | None = None) -> ExpectationSuite:
    """The table that is loaded. `sources`: how many shops have offers on that day, where it is known."""
    import great_expectations as gx

    name = "part_official_name"
    most = {} if sources is None else {"max_value": sources}
    rules = [
        critical(
            "TableRowCountToBeBetween",
            "there is at least one row",
            "An empty day is a state of its own and never loaded; earlier days give the real minimum.",
            min_value=1,
        ),
        *key_text(name, 300),
        *key_text("car_type", 60),
        *car_rules(),
        filled("extracted_at", "It is part of the key."),
        day_is("extracted_at", dt),
        day_is("dt", dt),
        critical(
            "CompoundColumnsToBeUnique",
            "name, car and day are unique together",
            "They are the primary key of the serving table.",
            column_list=[name, "car_type", "extracted_at"],
        ),
        *prices("min_price", "median_price", "max_price"),
        at_least("median_price", "min_price", "A median outside its range was worked out on other rows."),
        at_least("max_price", "median_price", "A median outside its range was worked out on other rows."),
        at_least("max_price", "min_price", "A turned range would call every fair price overcharged."),
        filled("offer_count", "It says how much a range is worth."),
        filled("source_count", "It says how much a range is worth."),
        critical(
            "ColumnValuesToBeBetween",
            "source_count is at least 1 and at most the number of shops with offers",
            "A range without a shop, or with more shops than published that day, was not made from offers.",
            column="source_count",
            min_value=1,
            **most,
        ),
        at_least("offer_count", "source_count", "Each shop that counts has at least one offer."),
        critical(
            "ColumnValuesToBeInSet",
            "a row of one offer has one price",
            "One offer cannot have a range.",
            column="lone_offer_spread",
            value_set=[0],
        ),
        reported(name, "HTML", MARKUP, "A name with a tag or an entity is a page, not a name."),
        warning(
            "ColumnValuesToBeBetween",
            "max_price is at most 200 times min_price in 99% of rows",
            "Generic names (bolt, bracket) run from tens to tens of thousands of won, and are few.",
            column="band_width",
            max_value=200,
            mostly=0.99,
        ),
    ]
    return gx.ExpectationSuite(name="price_summary", expectations=rules)


def clean_offers(dt: str) -> ExpectationSuite:
    """The rows that the mart was made from."""
    import great_expectations as gx

    rules = [
        *(
            filled(column, "Every offer says who, what, where and for which car.")
            for column in COLUMNS[OFFERS]
            if column != "name"
        ),
        day_is("dt", dt),
        bounded("price_krw", *price_bounds(), "The bounds of conf/prices.toml, which cleaning keeps."),
        *car_rules(),
        critical(
            "ColumnValuesToMatchRegex",
            "part_no is 5 to 20 capital letters and digits",
            "Hyundai and Kia numbers have 10 characters, with a colour 12 to 15; shops' own sets are shorter or longer.",
            column="part_no",
            regex="^[0-9A-Z]{5,20}$",
            mostly=0.99,
        ),
        critical(
            "ColumnValuesToMatchRegex",
            "url begins with http:// or https://",
            "It is what a reviewer opens to see the offer; a few odd ones are a warning elsewhere.",
            column="url",
            regex="^https?://",
            mostly=0.99,
        ),
        warning(
            "CompoundColumnsToBeUnique",
            "an offer stands once for each part and car",
            "A doubled offer gives its price twice the weight in the median.",
            column_list=["source", "url", "part_no", "car_type"],
        ),
        reported("name", "control character", CONTROL, "The mart refuses it: better seen here, beside its URL."),
        reported("name", "HTML", MARKUP, "A name with a tag or an entity is a page, not a name."),
    ]
    return gx.ExpectationSuite(name="clean_offers", expectations=rules)


def raw_offers(dt: str) -> ExpectationSuite:
    """What the shops' pages said. A page is not a promise: cleaning rejects what is wrong, row by row and by name, so that
    most of this warns; pages of another day or shop in more than 1% of rows mean that the crawl wrote to the wrong place."""
    import great_expectations as gx

    pages = "A few pages of a shop lack a field on any day; in one of ten the shop's layout has changed."
    rules = [
        *(
            filled(column, "A row without it cannot be told apart from others.")
            for column in ("source", "url", "fetched_at")
        ),
        critical(
            "ColumnValuesToBeInSet",
            f"dt is {dt} in 99% of rows",
            "A page of another day has that day's price.",
            column="dt",
            value_set=[dt],
            mostly=0.99,
        ),
        critical(
            "ColumnPairValuesToBeEqual",
            "source is the shop whose folder the row is in, in 99% of rows",
            "One shop's page in another's folder would count twice, or as the wrong shop.",
            column_A="source",
            column_B="folder",
            mostly=0.99,
            ignore_row_if="either_value_is_missing",
        ),
        *(
            warning("ColumnValuesToNotBeNull", f"{column} is there on 90% of pages", pages, column=column, mostly=0.9)
            for column in ("name", "part_no", "price_text")
        ),
        warning(
            "ColumnValuesToMatchRegex",
            "fetched_at is an instant in UTC",
            "The newest fetch of a page wins, and text in one form sorts as time does.",
            column="fetched_at",
            regex="^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.0-9]*(?:Z|[+]00:00)$",
        ),
    ]
    return gx.ExpectationSuite(name="raw_offers", expectations=rules)


def measured(name: str, title: str) -> ExpectationSuite:
    """A table of figures of ours, one a row, each with its own limits: comparison with earlier days and with the offers."""
    import great_expectations as gx

    because = f"The row's `why` says where its limit comes from. {title}"
    rules = [
        rule(
            "ColumnPairValuesAToBeGreaterThanB",
            f"{larger} is never below {smaller}",
            because,
            column_A=larger,
            column_B=smaller,
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        )
        for rule, prefix in ((critical, "stop"), (warning, "warn"))
        for larger, smaller in (("found", f"{prefix}_below"), (f"{prefix}_above", "found"))
    ]
    return gx.ExpectationSuite(name=name, expectations=rules)


SUITES = {OFFERS: clean_offers, SUMMARY: price_summary}
