"""The jobs give the same tables on Sail and on a Spark cluster that has only `parts.zip`, whatever the order and the number of
the raw files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conf.lake import Lake
from infra.package import build_jobs_zip
from local.sail import Sail
from tests.jobs.lakes import Line, everything, page, put
from tests.jvm import conf, needs_java_17, spark_submit

DAYS = ["2026-11-21", "2026-11-22"]
# One day comes late, so the history is put together from both.
WORKS = [
    f"clean_offers {DAYS[0]} --until {DAYS[1]}",
    f"build_marts {DAYS[1]} --hold-back hyunki_store",
    f"build_marts {DAYS[0]}",
]
ODD = ["", " ", "\u3000", "\0", "😀", '"', "'", "\\", "\n", "a\tb", "가" * 300, "NaN", "null", "0", "{", "é", "ﬁ", "Ⅱ"]
odd = st.sampled_from(ODD) | st.text(alphabet="0123456789,원만천xX()/- 가그랜저IG\0😀\"'\\", max_size=12)


def field(*usual: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(usual) | st.sampled_from(usual) | odd | st.none()


PAGES = st.builds(
    page,
    number=st.integers(1, 25),
    source=st.sampled_from(["partsro", "hyunki_store"]),
    price_text=field(
        "12,000원", "12,500원", "120,000원", "₩12,000", "1만2천원", "0원", "9원", "10원", "100,000,000원", "100,000,001원", "품절",
        "999,999,999원", "99999999999999999999원", "12,000원 13,200원", "5,000~6,000원",
    ),
    part_no=field("2741025000", "27410-25000", "2741025000x4", "2741025000x7", "865110X010", "단종되어 921021R100 로 대체",
                  "2741025000, 2741025010", "(RH)921021R000"),
    applicable_text=field("그랜저 IG", "전차종", "그랜저 IG (2016~2019) / 그랜저 HG", "투싼 16,19년식", "HOSE ASSY", "기아 K5", "코나 EV\n포터2"),
    name=field("필터 (281131R100)", "현대 순정 필터 281131R100", '볼트 3/8"', "필터\u200b\u00a0에어\U000e0041", 7, True, 1.5),
    official_name=field("필터", "볼트"),
    category=field("엔진", 3),
    fetched_at=field("2026-11-21T00:00:00+00:00", "2026-11-21T01:00:00+00:00"),
    attempt=st.sampled_from([1, 2, "3", "x", None, 99999999999]),
    run_id=field("r1", "r2"),
)  # fmt: skip
BROKEN = st.sampled_from(["no json", "[]", "{}", '"text"', "null", "{", '{"url": ""}', '{"url": 5, "name": "x"}', "  "])
# No JSON, although a page can be read from its beginning.
NEARLY = [
    '{"url": "u", "name": "x"} {"url": "v", "name": "y"}', '{"url": "u", "name": "x"}{"url": "v"}', '{"url": "u", "name": "x"} more',
    "{'url': 'u', 'name': 'x'}", '{"url": "u", "name": NaN}', '{"url": "u", "name": "x"} // more', '{"url": "u", "name": "x"}\u2028',
]  # fmt: skip


@pytest.fixture(scope="module")
def days() -> list[list[Line]]:
    """The lines of each day, from the last examples drawn: the first ones are the simplest, one page many times over."""
    drawn: list[list[Line]] = []

    @settings(max_examples=3 * len(DAYS), derandomize=True, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.lists(PAGES, min_size=70, max_size=90), st.lists(BROKEN, max_size=8))
    def draw(pages: list[dict[str, Any]], broken: list[str]) -> None:
        drawn.append([*pages, *broken])

    draw()
    return drawn[-len(DAYS) :]


def fill(root: Path, days: list[list[Line]], **how: Any) -> Path:
    for place, (dt, lines) in enumerate(zip(DAYS, days, strict=True)):
        usual: list[Line] = [
            page(number, source, dt, price_text=f"{1000 * number + 10 * place:,}원", part_no=f"28113{number:05d}")
            for number in range(30, 42)
            for source in ("partsro", "hyunki_store")
        ]
        typo: list[Line] = [
            page(30, "hyunki_store", dt, url="https://x.example/typo", price_text="300,000원", part_no="2811300030")
        ]
        crowd: list[Line] = [
            page(number, "partsro", dt, price_text=f"{9000 + 7 * number}원", part_no="2811300043")
            for number in range(43, 49)
        ]
        # Java lets a line break behind the end of a pattern, and runs out of stack in thousands of words.
        java: list[Line] = [
            page(51, dt=dt, price_text="51,000원\u2028"), page(52, dt=dt, part_no="2811300052\n"), page(53, dt=dt, official_name="가 " * 20_000),
            page(54, dt=dt, official_name="순정 " * 20_000), page(55, dt=dt, official_name="필터" + "-" * 100_000 + "가"),
        ]  # fmt: skip
        put(
            root,
            dt,
            [
                *usual,
                *typo,
                *crowd,
                *java,
                *NEARLY,
                *(line if isinstance(line, str) else line | {"dt": dt} for line in lines),
            ],
            **how,
        )
    return root


@pytest.fixture(scope="module")
def on_sail(tmp_path_factory: pytest.TempPathFactory, days: list[list[Line]]) -> dict[str, list[str]]:
    root = fill(tmp_path_factory.mktemp("sail"), days)
    with Sail(log=root / "sail.log") as sail:
        program = [sys.executable, "-m", "tests.jobs.on_engine", str(root), *WORKS]
        subprocess.run(program, env=os.environ | {"SPARK_REMOTE": sail.url}, check=True, timeout=200)
    return everything(Lake.at(str(root)))


def test_the_days_have_what_they_should(on_sail: dict[str, list[str]]) -> None:
    assert all(on_sail.values()), {name: len(rows) for name, rows in on_sail.items()}


@pytest.mark.jvm
@needs_java_17
@pytest.mark.timeout(900)
def test_a_spark_cluster_gives_the_same(tmp_path: Path, days: list[list[Line]], on_sail: dict[str, list[str]]) -> None:
    """The executor is a JVM of its own; `make bench` compares a whole day on `local[2]`."""
    root = fill(tmp_path / "lake", days, files=3, seed=7)
    script = shutil.copy(Path(__file__).with_name("on_engine.py"), tmp_path)
    wanted = conf(
        "spark.sql.shuffle.partitions=5",
        "spark.ui.enabled=false",
        "spark.executor.extraJavaOptions=-XX:TieredStopAtLevel=1",
    )
    package = build_jobs_zip(tmp_path / "parts.zip")
    words = ["--master", "local-cluster[1,2,1024]", *wanted, "--py-files", package, script, root, *WORKS]
    spark_submit(*words, folder=tmp_path)
    found = everything(Lake.at(str(root)))
    for name, rows in on_sail.items():
        assert found[name] == rows, name
