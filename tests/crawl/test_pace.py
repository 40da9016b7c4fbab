"""A supplier's budget over its workers: used up, never exceeded, and no batch longer than Lambda's time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conf.supplier import Budget
from crawl import handlers
from crawl.pace import share_out, workers_for
from tests.crawl.conftest import Context, Crawl
from tests.crawl.shop import BadShop, serving


@pytest.mark.parametrize(
    ("budget", "batches", "workers", "rps", "concurrency"),
    [
        ({"max_rps": 30, "max_concurrency": 30}, 98, 2, 15, 15),
        ({"max_rps": 60, "max_concurrency": 60}, 280, 3, 20, 20),
        ({"max_rps": 60, "max_concurrency": 60, "max_workers": 2}, 280, 2, 30, 30),
        ({"max_rps": 60, "max_concurrency": 60}, 1, 1, 60, 60),
        ({"max_rps": 500, "max_concurrency": 500}, 1000, 25, 20, 20),
        ({"max_rps": 2, "max_concurrency": 4}, 500, 1, 2, 4),
        ({"max_rps": 0.1, "max_concurrency": 1}, 500, 1, 0.1, 1),
        ({"max_rps": 100, "max_concurrency": 7}, 500, 1, 100, 7),
        ({"max_rps": 30, "max_concurrency": 31}, 500, 1, 30, 31),
        ({"max_rps": 30, "max_concurrency": 30}, 0, 1, 30, 30),
    ],
    ids=["two", "three", "max_workers", "one batch", "many", "slow", "very slow", "few connections", "odd", "nothing"],
)
def test_a_budget_is_shared_by_few_busy_workers(
    budget: dict[str, Any], batches: int, workers: int, rps: float, concurrency: int
) -> None:
    assert workers_for(Budget(**budget), batches) == workers
    share = share_out(Budget(**budget), workers)
    assert share.rps == pytest.approx(rps)
    assert share.concurrency == concurrency


@pytest.mark.parametrize("rps", [0.5, 7, 33, 97, 250.5, 500])
@pytest.mark.parametrize("concurrency", [1, 2, 7, 20, 31, 97, 499, 500])
@pytest.mark.parametrize("most", [1, 3, 50, 1000])
def test_the_shares_never_exceed_the_budget(rps: float, concurrency: int, most: int) -> None:
    budget = Budget(max_rps=rps, max_concurrency=concurrency, max_workers=most)
    workers = workers_for(budget, 10_000)
    share = share_out(budget, workers)
    assert 1 <= workers <= most
    assert share.rps * workers == pytest.approx(rps)
    assert concurrency - workers < share.concurrency * workers <= concurrency


@pytest.mark.parametrize(
    ("budget", "pages", "sizes", "workers"),
    [
        ({"max_rps": 30, "max_concurrency": 30}, 1200, [300] * 4, 2),
        ({"max_rps": 30, "max_concurrency": 30}, 800, [400, 400], 2),
        ({"max_rps": 30, "max_concurrency": 30}, 90, [90], 1),
        ({"max_rps": 1, "max_concurrency": 30}, 700, [234, 234, 232], 1),
        ({"max_rps": 30, "max_concurrency": 1}, 100, [34, 34, 32], 1),
        ({"max_rps": 30, "max_concurrency": 30, "batch_size": 30}, 70, [18, 18, 18, 16], 2),
    ],
    ids=["even", "one each", "not worth two", "slow rate", "one connection", "small"],
)
def test_batches_end_together_and_in_time(
    aws: Any, budget: dict[str, Any], pages: int, sizes: list[int], workers: int
) -> None:
    with serving(BadShop(list(range(1, pages + 1)))) as shop:
        supplier = shop.supplier(budget=budget, timeouts={"list_s": 2, "detail_s": 20})
        crawl = Crawl(aws, supplier)
        plan = handlers.plan(crawl.event("crawl", 0), Context())
    assert [len(batch["urls"]) for batch in crawl.batches(plan)] == sizes
    assert plan["workers"] == workers
    slowest = max(max(sizes) / plan["share"]["rps"], max(sizes) * 20 / plan["share"]["concurrency"])
    assert slowest <= 800


def test_a_batch_fits_into_what_step_functions_hands_over(aws: Any) -> None:
    numbers = list(range(1, 201))

    def rows(cate_no: int, page: int) -> dict[str, Any]:
        links = [f"/product/{'부품' * 420}/{number}/category/{cate_no}/display/1/" for number in numbers]
        return {"rtn_code": "1000", "rtn_data": {"data": [{"link_product_detail": link} for link in links], "end": "T"}}

    with serving(BadShop(numbers)) as shop:
        shop.list_answer = rows
        crawl = Crawl(aws, shop.supplier())
        event = crawl.event("crawl", 0)
        batches = crawl.batches(handlers.plan(event, Context()))
    sizes = [len(json.dumps(event | {"batch": batch})) for batch in batches]
    assert max(sizes) < 262_144
    assert min(sizes[:-1]) > 200_000
    assert [url.split("/")[5] for batch in batches for url in batch["urls"]] == [str(number) for number in numbers]
