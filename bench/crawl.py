"""Pages per CPU-second of our worker, Scrapy and requests + BeautifulSoup on the same shop, and what a day costs on Lambda.

The shop server and the emulated AWS have one core, the crawler under test has the other. Ours is called through its Lambda handler and
does all that it does in production: robots, pacing, gzip lines to S3, conditional status writes. For all three, CPU is that of the
crawling process without its imports. They take turns, and the best turn of each counts, because a busy machine only makes a turn slower.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DT, TABLE, BUCKET = "2026-11-23", "status", "lake"
TURNS = 3
# Products of the supplier's reference day.
DAY = 48_744
LATENCY_S, MEMORY_GB, PRICE_GB_SECOND, PRICE_REQUEST = 0.3, 0.5, 0.0000133334, 0.0000002
# As many connections as Scrapy is given, and like Scrapy no pause between requests.
FREE = {"max_rps": 500, "max_concurrency": 16, "max_workers": 1}
NO_PAUSE_RPS = 100_000


def run(pages: int = 1200) -> dict[str, Any]:
    """Each crawler on the same pages; then Lambda's bill and memory at a slow shop; then the whole day on the local cloud."""
    from bench import crawl_scale

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _aws(folder) as environment:
            with _shop(pages, 0, folder) as urls:
                turns = [_turn(urls, number, folder, environment) for number in range(TURNS)]
                plain = _child(["bench.crawl_rivals", "requests_bs4"], urls[:120], folder, environment)
            with _shop(1000, LATENCY_S, folder) as urls:
                configured = _child(["bench.crawl", "ours", "configured", "2026-11-11"], urls, folder, environment)
                free = _child(["bench.crawl", "ours", "free", "2026-11-12"], urls, folder, environment)
    best = {name: max(turn[name] for turn in turns) for name in turns[0]} | {"requests_bs4": _rate(plain)}
    return {
        "pages": pages,
        "pages_per_cpu_s": best,
        "turns": turns,
        "times_scrapy": round(best["ours"] / best["scrapy"], 2),
        "times_requests_bs4": round(best["ours"] / best["requests_bs4"], 1),
        "per_100000_pages_at_300_ms": {
            "at the budget of partsro.yaml": _cost(configured),
            "with 16 connections to a shop without a limit": _cost(free),
        },
        "peak_mib_of_a_worker": {"two batches": configured["peak_mib"], "without a limit": free["peak_mib"]},
        "reference_day": crawl_scale.run(),
    }


def _turn(urls: list[str], number: int, folder: Path, environment: dict[str, str]) -> dict[str, float]:
    ours = _child(["bench.crawl", "ours", "free", f"2026-11-{number + 1:02}"], urls, folder, environment)
    return {"ours": _rate(ours), "scrapy": _rate(_child(["bench.crawl_rivals", "scrapy"], urls, folder, environment))}


def _rate(measured: dict[str, Any]) -> float:
    return round(float(measured["pages"] / measured["cpu_s"]), 1)


def _cost(measured: dict[str, Any]) -> dict[str, float]:
    """Lambda seconds and dollars (arm64, 512 MB), what that is on the clock, and how much of a core a worker needs meanwhile."""
    times = 100_000 / measured["pages"]
    seconds = measured["seconds"] * times
    return {
        "lambda_seconds": round(seconds),
        "dollars": round(seconds * MEMORY_GB * PRICE_GB_SECOND + measured["batches"] * times * PRICE_REQUEST, 3),
        "workers": measured["workers"],
        "minutes": round(seconds / measured["workers"] / 60, 1),
        "cpu_share": round(measured["cpu_s"] / measured["seconds"], 2),
    }


def _child(words: list[str], urls: list[str], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    asked, out = folder / "urls.json", folder / "out.json"
    asked.write_text(json.dumps(urls), encoding="utf-8")
    command = [*_pinned(1), sys.executable, "-m", *words, str(asked), str(out)]
    subprocess.run(command, check=True, env=environment)
    measured: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return measured


def _pinned(core: int) -> list[str]:
    return ["taskset", "-c", str(core)] if (os.cpu_count() or 1) > 1 else []


@contextmanager
def _shop(pages: int, latency_s: float, folder: Path) -> Iterator[list[str]]:
    """The demo shop partsro in a process of its own, each answer so much later; gives the addresses of its pages."""
    from local.shops.catalogue import build

    ready = folder / f"shop-{pages}-{latency_s}.txt"
    command = ["-m", "bench.crawl", "shop", str(pages), str(latency_s), str(ready)]
    with subprocess.Popen([*_pinned(0), sys.executable, *command]) as server:
        _await(ready.exists)
        origin = ready.read_text(encoding="utf-8")
        yield [origin + product.paths[0] for product in build(DT, pages, False)["partsro"]]
        server.terminate()


@contextmanager
def _aws(folder: Path) -> Iterator[dict[str, str]]:
    ready = folder / "aws.txt"
    with subprocess.Popen([*_pinned(0), sys.executable, "-m", "bench.crawl", "aws", str(ready)]) as server:
        _await(ready.exists)
        endpoint = ready.read_text(encoding="utf-8")
        keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "ap-northeast-2"}
        yield os.environ | keys | {"AWS_ENDPOINT_URL": endpoint}
        server.terminate()


def _await(true: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("a server of the bench did not start within a minute")
        time.sleep(0.1)


# --- what the child processes do ------------------------------------------------------------------------------------------


def _serve_aws(ready: str) -> None:
    import logging

    from moto.server import ThreadedMotoServer

    from local.cloud.dynamodb import install

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    install(Path(ready).with_name("dynamodb"))
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    Path(ready).write_text(f"http://{host}:{port}", encoding="utf-8")
    while True:
        time.sleep(60)


async def _serve_shop(pages: int, latency_s: float, ready: Path) -> None:
    from aiohttp import web

    from local.shops.catalogue import build
    from local.shops.server import ShopServer

    shop = ShopServer(build(DT, pages, False)["partsro"])

    async def late(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(latency_s)
        return await shop.handle(request)

    runner = web.ServerRunner(web.Server(late, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ready.write_text(f"http://127.0.0.1:{runner.addresses[0][1]}", encoding="utf-8")
    await asyncio.Event().wait()


class _Context:
    """What Lambda hands to a function."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def _prepare(urls: list[str], budget: dict[str, Any], dt: str) -> tuple[dict[str, Any], int, int]:
    """What the plan leaves for a worker: its order, its share, the ledger. Gives the event, the pages of a batch and the workers."""
    import boto3

    from conf.settings import CONF
    from conf.supplier import Supplier, load_supplier
    from crawl.job import Job
    from crawl.plan import Listing, _write_batches
    from local.shops.server import ROBOTS

    s3, db = boto3.client("s3"), boto3.client("dynamodb")
    if not s3.list_buckets()["Buckets"]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
        db.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
    real = load_supplier(CONF / "suppliers" / "partsro.yaml").model_dump(mode="json")
    base_url = urls[0].split("/product/")[0]
    here = {"base_url": base_url, "hosts": [base_url.removeprefix("http://")], "budget": real["budget"] | budget}
    order: dict[str, Any] = {
        "source": "partsro",
        "dt": dt,
        "run_id": "bench",
        "table": TABLE,
        "raw": f"s3://{BUCKET}/raw",
    }
    order |= {"supplier": Supplier.model_validate(real | here).model_dump(mode="json")}
    s3.put_object(Bucket=BUCKET, Key="input.json", Body=json.dumps(order).encode())
    event = {"source": "partsro", "input": f"s3://{BUCKET}/input.json", "run_id": "bench", "mode": "crawl", "round": 0}
    job, robots = Job.of(event), {"status": 200, "text": ROBOTS}
    job.ledger.plan(urls, "bench")
    # A day of this supplier's size decides how many workers share the budget, in which batches.
    plan = _write_batches(job, Listing(robots=robots), [f"{base_url}/product/a/{number}/" for number in range(DAY)])
    if budget == FREE:
        plan["share"]["rps"] = NO_PAUSE_RPS
    job.store.write_json(job.places.plan("crawl", 0), plan | {"robots": robots})
    return event, -(-DAY // plan["batches"]), plan["workers"]


def _work(urls: list[str], way: str, dt: str) -> dict[str, Any]:
    """Fetches the addresses in the plan's batches through the worker's own entry point, in one process as a warm Lambda does."""
    from crawl import handlers

    event, size, workers = _prepare(urls, FREE if way == "free" else {}, dt)
    batches = max(1, round(len(urls) / size))
    size = -(-len(urls) // batches)
    done, cpu, wall = 0, time.process_time(), time.monotonic()
    for number in range(0, len(urls), size):
        batch = {"batch": number, "urls": urls[number : number + size]}
        done += handlers.fetch(event | {"batch": batch}, _Context()).get("succeeded", 0)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    assert done == len(urls)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    measured = {"pages": done, "batches": batches, "workers": workers, "cpu_s": cpu, "seconds": wall}
    return measured | {"peak_mib": round(peak, 1)}


def main(role: str, *words: str) -> None:
    if role == "aws":
        _serve_aws(words[0])
    elif role == "shop":
        asyncio.run(_serve_shop(int(words[0]), float(words[1]), Path(words[2])))
    else:
        way, dt, asked, out = words
        measured = _work(json.loads(Path(asked).read_text(encoding="utf-8")), way, dt)
        Path(out).write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
