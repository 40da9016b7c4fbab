"""What the summary says of a day that is not like the others."""

from __future__ import annotations

from typing import Any

import pytest

from crawl.checks import _failing, judge
from tests.crawl.conftest import BUCKET, Crawl
from tests.crawl.shop import BadShop, body, product_page, serving


def summary(planned: int, succeeded: int) -> dict[str, Any]:
    failed = {"removed": planned - succeeded} if planned > succeeded else {}
    return {"planned": planned, "succeeded": succeeded, "failed": failed, "coverage": {}}


@pytest.mark.parametrize(
    ("today", "before", "error", "warning"),
    [
        (summary(1000, 990), [summary(1000, 995)], "", ""),
        (
            summary(1000, 900),
            [summary(1000, 995)],
            "",
            "90.0% of the pages could be read, 99.5% on the days before (100 removed)",
        ),
        (summary(1000, 400), [], "40.0% of 1,000 pages could be read (600 removed)", ""),
        (summary(9, 2), [summary(9, 9)], "", ""),
        (summary(50, 20), [], "", "40.0% of 50 pages could be read (30 removed)"),
        (summary(9, 0), [], "not one of 9 pages could be read (9 removed)", ""),
    ],
    ids=["as usual", "worse", "most fail", "too few to tell", "most of some", "none"],
)
def test_failing_pages(today: dict[str, Any], before: list[dict[str, Any]], error: str, warning: str) -> None:
    errors, warnings = _failing("s", today, before)
    assert (bool(errors), bool(warnings)) == (bool(error), bool(warning))
    assert error in "".join(errors)
    assert warning in "".join(warnings)


def test_a_layout_that_loses_a_field_is_called_out(aws: Any) -> None:
    with serving(BadShop(list(range(1, 11)))) as shop:
        supplier = shop.supplier()
        Crawl(aws, supplier, dt="2026-11-22").crawl()
        shop.behaviours = {number: body(product_page(part_no="").encode()) for number in range(1, 6)}
        drifted = Crawl(aws, supplier).crawl()
    assert drifted["coverage"]["part_no"] == 0.5
    said = "50.0% of the pages show part_no, 100.0% on the days before: the layout may have changed"
    assert any(said in sentence for sentence in drifted["warnings"])


@pytest.mark.parametrize("damage", ['{"planned": 5', "[]", '{"planned": 5, "categories": {}}'])
def test_a_damaged_summary_of_an_earlier_day_costs_no_later_one(aws: Any, damage: str) -> None:
    with serving(BadShop(list(range(1, 21)))) as shop:
        Crawl(aws, shop.supplier(), dt="2026-11-22").crawl()
        place = "raw/badshop/summary/dt=2026-11-22/run2.json"
        aws.put_object(Bucket=BUCKET, Key=place, Body=damage.encode())
        shop.products = list(range(1, 11))
        today = Crawl(aws, shop.supplier()).crawl()
    assert (today["succeeded"], today["error"]) == (10, None)
    assert f"s3://{BUCKET}/{place} is no summary of a crawl" in today["warnings"][0]
    assert "10 products, 20 on the days before (-50%)" in today["warnings"][1]


def test_a_failed_step_comes_first() -> None:
    errors, _ = judge(_job(), None, summary(0, 0), "s: the plan failed.")
    assert errors == ["s: the plan failed."]
    assert "could not be read" in judge(_job(), None, summary(0, 0), None)[0][0]


def _job() -> Any:
    class Job:
        supplier = type("Supplier", (), {"id": "s"})

    return Job()
