"""The suites: what must hold (`description`), why the bound is where it is (`notes`), and whether a breach stops the
load (critical) or is reported (warning). Both texts appear on the Data Docs pages."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING

from expectations.batches import COLUMNS
from expectations.rules import MARKUP, NO_NAME, at_least, bounded, critical, filled, key_text, seldom, warning
from expectations.tables import OFFERS
from transforms.car_table import car_labels

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations import Expectation


def price_bounds() -> tuple[int, int]:
    """The bounds that cleaning keeps, with their reasons, are in conf/prices.toml: nothing outside can come from it."""
    bounds = tomllib.loads(resources.files("conf").joinpath("prices.toml").read_text(encoding="utf-8"))
    return bounds["lowest_krw"], bounds["highest_krw"]


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
        warning(
            "ColumnValuesToNotBeInSet",
            "at most 95% of rows are for no named car",
            "A few parts fit every car; when nearly all do, the pages' car texts were lost.",
            column="car_type",
            value_set=["all", "unknown"],
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
    mixed_up = "One shop's slip is a warning; in a quarter of the rows a whole shop's fields were mixed up."
    rules = [
        critical(
            "TableRowCountToBeBetween",
            "there is at least one row",
            "An empty day is a state of its own and never loaded; earlier days give the real minimum.",
            min_value=1,
        ),
        *key_text(name),
        filled("car_type", "It is part of the key; PostgreSQL refuses a null key."),
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
        *seldom(name, "HTML", MARKUP, "A name with a tag or an entity is a page, not a name.", 0.25, mixed_up),
        *seldom(name, "address, number or code", NO_NAME, "A name is words, not another field's text.", 0.25, mixed_up),
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
            regex=r"^[0-9A-Z]{5,20}\z",
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
        critical(
            "ColumnValuesToMatchRegex",
            "source is the id of a supplier's file",
            "A shop in two spellings would count as two shops that agree.",
            column="source",
            regex=r"^[a-z][a-z0-9_]{1,40}\z",
        ),
        *(
            rule(
                "CompoundColumnsToBeUnique",
                f"an offer stands once for each part and car{most}",
                because,
                column_list=["source", "url", "part_no", "car_type"],
                mostly=mostly,
            )
            for rule, most, because, mostly in (
                (warning, "", "A doubled offer gives its price twice the weight in the median.", 1.0),
                (critical, " in 99% of rows", "More were written twice: every offer_count would say too much.", 0.99),
            )
        ),
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
        warning(
            "ColumnValuesToBeInSet",
            f"99% of pages were fetched after {dt} began in Seoul",
            "A page that was fetched before shows an earlier day's price: a copy of that day, or a day run ahead of time.",
            column="fetched_when",
            value_set=["on the day or later"],
            mostly=0.99,
        ),
    ]
    return gx.ExpectationSuite(name="raw_offers", expectations=rules)


def measured(name: str, title: str) -> ExpectationSuite:
    """A table of figures of ours, one a row, each with its own limits: comparison with earlier days and with the offers."""
    import great_expectations as gx

    because = f"The row's `why` says where its limit comes from. {title}"
    rules = [
        at_least(larger, smaller, because, rule)
        for rule, prefix in ((critical, "stop"), (warning, "warn"))
        for larger, smaller in (("found", f"{prefix}_below"), (f"{prefix}_above", "found"))
    ]
    return gx.ExpectationSuite(name=name, expectations=rules)
