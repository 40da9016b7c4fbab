"""Pages per CPU-second of our worker, Scrapy and requests + BeautifulSoup on the same shop, and what a big day costs.

The shop server and the emulated AWS have one core, the crawler under test has the other. Ours does all that it does in production: robots,
pacing, gzip lines to S3, conditional status writes. CPU is that of the crawling process, imports left out, for all three.
"""

from __future__ import annotations

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
LATENCY_S, PRICE_GB_SECOND, PRICE_REQUEST = 0.3, 0.0000133334, 0.0000002


def run(pages: int = 1200) -> dict[str, Any]:
    """Each crawler on the same pages; then latency, memory and planning."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _shop(pages, folder) as port, _aws(folder) as environment:
            urls = _urls(port, pages)
            speeds = {
                "ours": _speed("ours", urls, folder, environment),
                "scrapy": _speed("scrapy", urls, folder, environment),
                "requests_bs4": _speed("requests_bs4", urls[:120], folder, environment),
            }
            patient = _child(["bench.crawl", "patient"], urls[:300], folder, environment)
            plans = [_child(["bench.crawl", "plan", str(count)], [], folder, environment) for count in (15_000, 30_000)]
    ours = speeds["ours"]["pages_per_cpu_s"]
    return {
        "pages": pages,
        "speeds": speeds,
        "times_scrapy": round(ours / speeds["scrapy"]["pages_per_cpu_s"], 2),
        "times_requests_bs4": round(ours / speeds["requests_bs4"]["pages_per_cpu_s"], 1),
        "per_100000_pages_at_300_ms": _cost(patient),
        "peak_mib_of_a_batch": patient["peak_mib"],
        "ledger": plans,
        "ledger_growth_for_twice_the_urls": round(plans[1]["seconds"] / plans[0]["seconds"], 2),
    }


def _cost(patient: dict[str, Any]) -> dict[str, float]:
    """Lambda seconds and dollars (arm64 prices, 512 MB, one call for each hundred pages) of 100,000 pages."""
    seconds = patient["seconds"] / patient["pages"] * 100_000
    return {
        "lambda_seconds": round(seconds),
        "dollars": round(seconds * 0.5 * PRICE_GB_SECOND + 1000 * PRICE_REQUEST, 3),
    }


def _speed(name: str, urls: list[str], folder: Path, environment: dict[str, str]) -> dict[str, float]:
    module = ["bench.crawl", "ours"] if name == "ours" else ["bench.crawl_rivals", name]
    measured = _child(module, urls, folder, environment)
    return {"pages": measured["pages"], "pages_per_cpu_s": round(measured["pages"] / measured["cpu_s"], 1)}


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
def _shop(pages: int, folder: Path) -> Iterator[int]:
    ports = folder / "ports.json"
    command = ["-m", "local.shops", "--dt", DT, "--products", str(pages), "--faults", "off", "--ports-file", str(ports)]
    with subprocess.Popen([*_pinned(0), sys.executable, *command], stdin=subprocess.PIPE) as server:
        _await(ports.exists)
        yield int(json.loads(ports.read_text(encoding="utf-8"))["partsro"])
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


def _urls(port: int, pages: int) -> list[str]:
    from local.shops.catalogue import build

    shop = build(DT, pages, False)["partsro"]
    return [f"http://127.0.0.1:{port}{product.paths[0]}" for product in shop]


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


def _job(base_url: str, **changes: Any) -> tuple[Any, dict[str, Any]]:
    """An order in S3 for a worker that may use the whole budget, and the event that points at it."""
    import boto3

    from conf.settings import CONF
    from conf.supplier import Supplier, load_supplier
    from crawl.job import Job

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
    here = {
        "base_url": base_url,
        "hosts": [base_url.removeprefix("http://")],
        "budget": {"max_rps": 500, "max_concurrency": 16},
    }
    supplier = Supplier.model_validate(real | here | changes).model_dump(mode="json")
    order = {
        "source": "partsro",
        "dt": DT,
        "run_id": "bench",
        "supplier": supplier,
        "table": TABLE,
        "raw": f"s3://{BUCKET}/raw",
    }
    s3.put_object(Bucket=BUCKET, Key="input.json", Body=json.dumps(order).encode())
    event = {"source": "partsro", "input": f"s3://{BUCKET}/input.json", "run_id": "bench", "mode": "crawl", "round": 0}
    return Job.of(event), event


def _work(urls: list[str], rps: float, concurrency: int, prefix: str = "") -> dict[str, Any]:
    """Fetches the addresses in batches of a hundred through the worker's own entry point."""
    from crawl.fetch import run_batch
    from crawl.robots import RobotsAnswer

    job, event = _job(urls[0].split("/product/")[0])
    plan = {
        "share": {"rps": rps, "concurrency": concurrency},
        "robots": RobotsAnswer(200, "User-agent: *\nDisallow: /admin").to_json(),
    }
    job.store.write_json(job.places.plan("crawl", 0), plan)
    job.ledger.plan(urls, "bench")
    done, cpu, wall = 0, time.process_time(), time.monotonic()
    for number in range(0, len(urls), 100):
        batch = {"batch": number, "urls": urls[number : number + 100]}
        done += run_batch(job, event | {"batch": batch}, lambda: 800.0).get("succeeded", 0)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    assert done == len(urls)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"pages": done, "cpu_s": cpu, "seconds": wall, "peak_mib": round(peak, 1)}


def _work_patiently(urls: list[str]) -> dict[str, Any]:
    """At a shop that takes 300 ms to answer each request, sixteen of them at a time."""
    from crawl import http

    real = http.Client._request

    async def late(self: Any, *words: Any) -> Any:
        import asyncio

        await asyncio.sleep(LATENCY_S)
        return await real(self, *words)

    http.Client._request = late  # type: ignore
    fresh = [url + "?again=1" for url in urls]
    return _work(fresh, 500, 16)


def _plan(count: int) -> dict[str, Any]:
    """Notes so many addresses in the ledger, reads them back as the summary does, and cuts them into batches."""
    job, _ = _job("http://127.0.0.1:9")
    from crawl.plan import Listing, _write_batches
    from crawl.status import Ledger

    ledger = Ledger(TABLE, f"plan{count}", DT)
    urls = [f"https://m.partsro.com/product/부품/{number}/category/177/display/1/" for number in range(count)]
    started = time.monotonic()
    ledger.plan(urls, "bench")
    noted = time.monotonic()
    assert sum(1 for _ in ledger.read()) == count
    read = time.monotonic()
    _write_batches(job, Listing(robots={"status": 404, "text": ""}), urls)
    done = time.monotonic()
    parts = {"noted_s": round(noted - started, 1), "read_s": round(read - noted, 1), "batches_s": round(done - read, 2)}
    return {"urls": count, "seconds": round(done - started, 1)} | parts


def main(role: str, *words: str) -> None:
    if role == "aws":
        _serve_aws(words[0])
    *options, asked, out = words
    urls = json.loads(Path(asked).read_text(encoding="utf-8"))
    roles = {
        "plan": lambda: _plan(int(options[0])),
        "ours": lambda: _work(urls, 500, 16),
        "patient": lambda: _work_patiently(urls),
    }
    measured = roles[role]()
    Path(out).write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
