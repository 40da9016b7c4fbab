"""The ledger balances whatever dies, and running again fetches only what is missing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp import web
from botocore.exceptions import ClientError

from crawl import handlers
from crawl.fetch import run_batch
from crawl.job import Job
from crawl.status import FAILED, PENDING, SUCCESS, Ledger, UrlStatus
from crawl.storage import Store
from tests.crawl import shop as bad
from tests.crawl.conftest import DAY, TABLE, Context, Crawl, balances
from tests.crawl.shop import BadShop, serving


@pytest.fixture
def ledger(aws: Any) -> Ledger:
    return Ledger(TABLE, "badshop", DAY)


def line(status: str, reason: str = "", attempt: int = 1) -> UrlStatus:
    return UrlStatus("https://a/product/x/1/", status, reason, 200, attempt, "run1")


def test_a_success_is_never_undone(ledger: Ledger) -> None:
    ledger.plan(["https://a/product/x/1/"], "run1")
    assert ledger.succeed([line(SUCCESS)]) == 1
    assert ledger.fail([line(FAILED, "timeout", attempt=9)]) == 0
    assert ledger.lose([line(PENDING)], "run1") == 0
    assert [each.status for each in ledger.read()] == [SUCCESS]


def test_an_earlier_attempt_does_not_replace_a_later_one(ledger: Ledger) -> None:
    assert ledger.fail([line(FAILED, "http_5xx", attempt=2)]) == 1
    assert ledger.fail([line(FAILED, "timeout", attempt=1)]) == 0
    assert [each.reason for each in ledger.read()] == ["http_5xx"]


def test_one_refused_line_does_not_cost_the_others_theirs(ledger: Ledger) -> None:
    ledger.succeed([line(SUCCESS)])
    others = [UrlStatus(f"https://a/product/x/{number}/", FAILED, "timeout", 0, 1, "run1") for number in range(2, 40)]
    assert ledger.fail([line(FAILED, "timeout"), *others]) == 38


def test_a_worker_that_dies_leaves_its_pages_lost_and_healing_gets_them(aws: Any) -> None:
    with serving(BadShop(list(range(1, 31)))) as shop:
        supplier = shop.supplier(budget={"max_rps": 500, "max_concurrency": 4, "batch_size": 15, "max_workers": 2})
        crawl = Crawl(aws, supplier, before_batch=lambda batch: batch["batch"] != 1)
        first = crawl.crawl()
        crawl.before_batch = lambda batch: True
        healed = crawl.heal()
    assert balances(first)
    assert first["failed"] == {"lost": 15}
    assert first["retryable"] == 15
    assert (healed["succeeded"], healed["failed"]) == (30, {})
    assert max(shop.tries(number) for number in range(1, 31)) == 1


def test_a_worker_killed_between_storing_and_recording_loses_nothing(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(Exception):
        pass

    def die(*_: Any) -> int:
        raise KilledError

    with serving(BadShop(list(range(1, 6)))) as shop:
        crawl = Crawl(aws, shop.supplier())
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "succeed", die)
            with pytest.raises(KilledError):
                crawl.crawl()
        assert {each.status for each in crawl.ledger().values()} == {PENDING}
        summary = crawl.heal()
    assert summary["succeeded"] == 5
    assert len({offer["url"] for offer in crawl.offers()}) == 5


def test_a_planner_killed_amid_the_ledger_loses_no_address(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = Ledger._put_batch, [2]

    def dies(ledger: Ledger, puts: list[dict[str, Any]]) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise SystemError
        return real(ledger, puts)

    with serving(BadShop(list(range(1, 101)))) as shop:
        crawl = Crawl(aws, shop.supplier())
        event = crawl.event("crawl", 0)
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "_put_batch", dies)
            with pytest.raises(SystemError):
                handlers.plan(event, Context())
        first = handlers.reduce(event | {"error": {"Error": "Sandbox.Timedout", "Cause": ""}}, Context())
        healed = crawl.heal()
    assert first["planned"] == first["failed"]["lost"] < 100
    assert f"a list has 100 products, and only {first['planned']} are in the ledger" in first["error"]
    assert (healed["planned"], healed["succeeded"], healed["error"]) == (100, 100, None)


def refused(operation: str, code: str = "InternalServerError") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


@pytest.mark.parametrize("step", ["put_object", "transact_write_items"])
def test_an_error_of_aws_midway_costs_no_result(aws: Any, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    real, left = (Store.write, Ledger.succeed)[step != "put_object"], [2]

    def breaks(*words: Any) -> Any:
        if "batches" not in str(words[1]) and left[0] > 0:
            left[0] -= 1
            raise refused(step)
        return real(*words)

    with serving(BadShop(list(range(1, 13)))) as shop:
        crawl = Crawl(aws, shop.supplier(budget={"max_rps": 20, "max_concurrency": 2, "max_workers": 1}))
        event = crawl.event("crawl", 0)
        handlers.plan(event, Context())
        monkeypatch.setattr("crawl.fetch.FLUSH_RESULTS", 3)
        monkeypatch.setattr(
            Store if step == "put_object" else Ledger, "write" if step == "put_object" else "succeed", breaks
        )
        handlers.fetch(
            event | {"batch": {"batch": 0, "urls": [shop.url(number) for number in range(1, 13)]}}, Context()
        )
        summary = handlers.reduce(event, Context())
    assert left == [0]
    assert (summary["succeeded"], summary["failed"]) == (12, {})
    assert len(crawl.offers()) == 12


def test_two_workers_on_one_batch_agree(aws: Any) -> None:
    with serving(BadShop(list(range(1, 31)), {7: bad.status(404)})) as shop:
        crawl = Crawl(aws, shop.supplier())
        event = crawl.event("crawl", 0)
        handlers.plan(event, Context())
        order = event | {"batch": {"batch": 0, "urls": [shop.url(number) for number in range(1, 31)]}}
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: handlers.fetch(order, Context()), range(2)))
        summary = handlers.reduce(event, Context())
    assert (summary["planned"], summary["succeeded"], summary["failed"]) == (30, 29, {"not_found": 1})


def test_a_second_execution_that_plans_meanwhile_undoes_no_success(aws: Any) -> None:
    """The orchestrator tries again while the first one goes on: the second reads the lists, the first is through with the pages."""
    with serving(BadShop(list(range(1, 11)))) as shop:
        first, second = Crawl(aws, shop.supplier()), Crawl(aws, shop.supplier(), run_id="run2")
        summaries: list[dict[str, Any]] = []

        async def lists(shop: BadShop, request: web.Request) -> web.StreamResponse:
            shop.list_handler = None
            summaries.append(await asyncio.to_thread(first.crawl))
            return shop.list(request)

        shop.list_handler = lists
        plan = handlers.plan(second.event("crawl", 0), Context())
        ledger = second.ledger()
    assert summaries[0]["succeeded"] == 10
    assert {line.status for line in ledger.values()} == {SUCCESS}
    assert plan["batches"] == 0


def test_a_summary_balances_while_a_second_execution_plans(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Ledger.lose

    def lose(ledger: Ledger, lines: Any, run_id: str) -> int:
        lost = real(ledger, lines, run_id)
        ledger.plan(["https://a/product/x/99/"], "run2")
        return lost

    with serving(BadShop(list(range(1, 6)))) as shop:
        crawl = Crawl(aws, shop.supplier(), before_batch=lambda batch: False)
        monkeypatch.setattr(Ledger, "lose", lose)
        summary = crawl.crawl()
    assert balances(summary)
    assert (summary["planned"], summary["failed"], summary["retryable"]) == (6, {"lost": 6}, 6)


def test_a_line_in_another_workers_transaction_is_waited_for(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.succeed([line(SUCCESS)])
    other = UrlStatus("https://a/product/x/2/", FAILED, "timeout", 0, 1, "run1")
    real, busy = ledger._db.put_item, [2]

    def put(**words: Any) -> Any:
        if busy[0]:
            busy[0] -= 1
            raise refused("PutItem", "TransactionConflictException")
        return real(**words)

    monkeypatch.setattr(ledger._db, "put_item", put)
    assert ledger.fail([line(FAILED, "timeout", attempt=9), other]) == 1


def test_a_killed_process_leaves_its_pages_known(aws: Any) -> None:
    """SIGKILL, as Lambda ends a worker: no finally, no flush. Pages that come slowly are stored before a group of them is full."""
    with serving(BadShop(list(range(1, 21)))) as shop:
        crawl = Crawl(aws, shop.supplier(budget={"max_rps": 8, "max_concurrency": 2, "max_workers": 1}))
        event = crawl.event("crawl", 0)
        handlers.plan(event, Context())
        order = event | {"batch": {"batch": 0, "urls": [shop.url(number) for number in range(1, 21)]}}
        script = (
            "import json, sys, crawl.fetch, crawl.handlers as h; from tests.crawl.conftest import Context; "
            "crawl.fetch.FLUSH_RESULTS = 3; crawl.fetch.READ_AT_ONCE = 100; h.fetch(json.loads(sys.argv[1]), Context())"
        )
        worker = subprocess.Popen([sys.executable, "-c", script, json.dumps(order)])
        while not any(each.status == SUCCESS for each in crawl.ledger().values()):
            assert worker.poll() is None
        worker.kill()
        worker.wait()
        summary = handlers.reduce(event, Context())
        crawl.supplier = shop.supplier()
        healed = crawl.heal()
    assert balances(summary)
    assert 1 <= summary["failed"]["lost"] == summary["retryable"] == 20 - summary["succeeded"] < 20
    assert (healed["succeeded"], healed["failed"]) == (20, {})
    assert {offer["url"] for offer in crawl.offers()} == set(crawl.ledger())


def test_slow_pages_leave_time_for_storing(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from crawl import cafe24

    real, left = cafe24.read_page, [100.0]

    def slow(page: Any, url: str, supplier: Any) -> Any:
        left[0] -= 30
        return real(page, url, supplier)

    monkeypatch.setattr(cafe24, "read_page", slow)
    with serving(BadShop(list(range(1, 9)))) as shop:
        crawl = Crawl(aws, shop.supplier())
        event = crawl.event("crawl", 0)
        handlers.plan(event, Context())
        order = event | {"batch": {"batch": 0, "urls": [shop.url(number) for number in range(1, 9)]}}
        counts = run_batch(Job.of(order), order, lambda: left[0])
    assert counts == {"succeeded": 3, "deadline": 5}
    assert balances(handlers.reduce(event, Context()))


def test_crawling_again_fetches_only_what_has_no_success(aws: Any) -> None:
    with serving(BadShop([1, 2, 3], {2: bad.status(404)})) as shop:
        crawl = Crawl(aws, shop.supplier())
        crawl.crawl()
        before = crawl.ledger()
        crawl.run_id = "run2"
        second = crawl.crawl()
    assert (shop.tries(1), shop.tries(3)) == (1, 1)
    assert (second["planned"], second["already_done"], second["fetched"]) == (3, 2, 1)
    assert {url: each for url, each in crawl.ledger().items() if each.status == SUCCESS} == {
        url: each for url, each in before.items() if each.status == SUCCESS
    }


def test_the_last_failure_of_a_page_stands_in_the_ledger(aws: Any) -> None:
    """Its worker has to know of the earlier one: only a later attempt may take its place."""
    with serving(BadShop([1], {1: bad.status(503)})) as shop:
        crawl = Crawl(aws, shop.supplier())
        crawl.crawl()
        shop.behaviours[1] = bad.status(404)
        healed = crawl.heal()
    assert healed["failed"] == {"not_found": 1}
    assert [(line.reason, line.attempt) for line in crawl.ledger().values()] == [("not_found", 2)]


def test_a_worker_stops_before_lambda_does(aws: Any) -> None:
    with serving(BadShop(list(range(1, 9)))) as shop:
        crawl = Crawl(aws, shop.supplier(budget={"max_rps": 2, "max_concurrency": 1, "max_workers": 1}))
        event = crawl.event("crawl", 0)
        handlers.plan(event, Context())
        batch = {"batch": 0, "urls": [shop.url(number) for number in range(1, 9)]}
        counts = handlers.fetch(event | {"batch": batch}, Context(seconds=16.8))
        summary = handlers.reduce(event, Context())
    assert counts["deadline"] >= 4
    assert summary["succeeded"] >= 2
    assert balances(summary)
    assert summary["failed"] == {"deadline": counts["deadline"]}


def test_a_parser_that_breaks_on_one_page_costs_no_other(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from crawl import cafe24

    real = cafe24.read_page

    def breaks(page: Any, url: str, supplier: Any) -> Any:
        if "/2/" in url:
            raise ZeroDivisionError
        return real(page, url, supplier)

    monkeypatch.setattr(cafe24, "read_page", breaks)
    with serving(BadShop([1, 2, 3])) as shop:
        summary = Crawl(aws, shop.supplier()).crawl()
    assert summary["failed"] == {"parse_error": 1}
    assert summary["succeeded"] == 2
