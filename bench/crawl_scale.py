"""A reference day through the real state machine, functions and ledger on the local cloud: does twice the day cost twice as much?

The shops' lists are served over HTTP and read as in production; only the pages are made up by the fetch function itself, since fetching
them is measured elsewhere. Everything else of a batch happens: its statuses are read, its offers stored, its results recorded.
"""

from __future__ import annotations

import asyncio
import io
import json
import math
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from conf.settings import CONF
from conf.supplier import Supplier, load_supplier

# Products of the reference day, 2026-02-21.
DAY = {"partsro": 48_744, "hyunki_store": 139_999, "hyunki_market": 54_121}
DT = "2026-11-23"
# The whole day takes ten minutes on two cores: `python -m bench.crawl_scale 0.25 0.5 1` measures it.
SHARES = (1 / 32, 1 / 16, 1 / 8)
MADE_UP = Path(__file__).with_name("crawl_made_up.py")


def run(shares: tuple[float, ...] = SHARES) -> dict[str, Any]:
    """Seconds and CPU seconds of a crawl and of the same crawl again, for growing parts of the day."""
    days = [_day(share) for share in shares]
    growth = days[-1]["pages"] / days[0]["pages"]
    return {
        "days": days,
        "times_the_pages": round(growth, 2),
        "times_the_cpu": round(days[-1]["crawl_cpu_s"] / days[0]["crawl_cpu_s"], 2),
        "times_the_cpu_again": round(days[-1]["again_cpu_s"] / days[0]["again_cpu_s"], 2),
    }


def _day(share: float) -> dict[str, Any]:
    from local.cloud.client import Cloud

    counts = {source: round(count * share) for source, count in DAY.items()}
    with (
        tempfile.TemporaryDirectory() as name,
        _lists(counts) as ports,
        Cloud(Path(name) / "cloud") as cloud,
    ):
        state_machine = _deploy(cloud)
        first = _execute(cloud, state_machine, counts, ports, "first")
        again = _execute(cloud, state_machine, counts, ports, "again")
    return {
        "pages": sum(counts.values()),
        **{f"crawl_{key}": value for key, value in first.items()},
        **{f"again_{key}": value for key, value in again.items()},
    }


def _deploy(cloud: Any) -> str:
    """The pipeline as it is, with the pages of the fetch function made up."""
    from infra.package import build_lambda_zip
    from local.cloud.deploy import clients

    deployment, client = cloud.deploy(), clients(cloud.environment())
    with tempfile.TemporaryDirectory() as folder:
        package = io.BytesIO(build_lambda_zip(Path(folder) / "crawl.zip", with_dependencies=False).read_bytes())
    with zipfile.ZipFile(package, "a") as archive:
        archive.write(MADE_UP, MADE_UP.name)
    client("lambda").update_function_code(FunctionName="parts-crawl-fetch", ZipFile=package.getvalue())
    client("lambda").update_function_configuration(FunctionName="parts-crawl-fetch", Handler=f"{MADE_UP.stem}.fetch")
    machine: str = deployment.state_machine_arn
    return machine


def _execute(cloud: Any, machine: str, counts: dict[str, int], ports: dict[str, int], run_id: str) -> dict[str, float]:
    from local.cloud.deploy import BUCKET, TABLE, clients

    client = clients(cloud.environment())
    for source in counts:
        order: dict[str, Any] = {
            "source": source,
            "dt": DT,
            "run_id": run_id,
            "table": TABLE,
            "raw": f"s3://{BUCKET}/raw",
        }
        order |= {"supplier": _supplier(source, ports[source]).model_dump(mode="json")}
        client("s3").put_object(Bucket=BUCKET, Key=f"inputs/{run_id}/{source}.json", Body=json.dumps(order).encode())
    sources = [{"source": source, "input": f"s3://{BUCKET}/inputs/{run_id}/{source}.json"} for source in counts]
    event = {"mode": "crawl", "dt": DT, "run_id": run_id, "max_rounds": 2, "sources": sources}
    cpu, started = _cpu(cloud), time.monotonic()
    engine = client("stepfunctions")
    execution = engine.start_execution(stateMachineArn=machine, name=run_id, input=json.dumps(event))["executionArn"]
    while (ended := engine.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(1)
    seconds, cpu = time.monotonic() - started, _cpu(cloud) - cpu
    assert ended["status"] == "SUCCEEDED", ended
    found = {summary["source"]: summary for summary in json.loads(ended["output"])["sources"]}
    assert {source: (each["planned"], each["succeeded"]) for source, each in found.items()} == {
        source: (count, count) for source, count in counts.items()
    }, found
    return {"s": round(seconds, 1), "cpu_s": round(cpu, 1)}


def _cpu(cloud: Any) -> float:
    """CPU seconds so far of the cloud and of its Lambda workers, also of those that have ended."""
    process = psutil.Process(cloud._child.pid)
    return sum(sum(each.cpu_times()[:4]) for each in [process, *process.children(recursive=True)])


def _supplier(source: str, port: int) -> Supplier:
    """The shop as it is configured, but for its address, and as fast as the list can be read."""
    real = load_supplier(CONF / "suppliers" / f"{source}.yaml").model_dump(mode="json")
    address = {"base_url": f"http://127.0.0.1:{port}", "hosts": [f"127.0.0.1:{port}"]}
    return Supplier.model_validate(real | address | {"budget": real["budget"] | {"max_rps": 500}})


# --- the shops' lists -----------------------------------------------------------------------------------------------------


@contextmanager
def _lists(counts: dict[str, int]) -> Iterator[dict[str, int]]:
    command = [sys.executable, "-m", "bench.crawl_scale", "lists", json.dumps(counts)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.terminate()


async def _serve(counts: dict[str, int]) -> None:
    from aiohttp import web

    ports = {}
    for source, count in counts.items():
        runner = web.ServerRunner(web.Server(_shop(source, count), access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports[source] = runner.addresses[0][1]
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


def _shop(source: str, count: int) -> Any:
    """Lists of so many products, spread over the shop's categories."""
    from aiohttp import web

    categories = [each.cate_no for each in load_supplier(CONF / "suppliers" / f"{source}.yaml").categories]
    size = math.ceil(count / len(categories))

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        query = request.rel_url.query
        cate_no, page, asked = (int(query[name]) for name in ("cate_no", "page", "count"))
        first = categories.index(cate_no) * size
        stop = min(first + size, count)
        start = first + (page - 1) * asked
        links = [_link(number, cate_no) for number in range(start, min(start + asked, stop))]
        document = {"rtn_code": "1000", "rtn_data": {"data": links, "end": start + asked >= stop}}
        return web.json_response(document)

    return answer


def _link(number: int, cate_no: int) -> dict[str, str]:
    slug = "%ED%95%84%ED%84%B0-%EC%96%B4%EC%85%88%EB%B8%94%EB%A6%AC"
    return {"link_product_detail": f"/product/{slug}/{number + 1}/category/{cate_no}/display/1/"}


def main(words: list[str]) -> None:
    if words[:1] == ["lists"]:
        asyncio.run(_serve(json.loads(words[1])))
    else:
        print(json.dumps(run(tuple(map(float, words)) or SHARES), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
