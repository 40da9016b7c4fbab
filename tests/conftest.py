"""Fixtures that several areas share; an area's own are in its own folder. Whole days begin first, as they take longest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("day") is None)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The address of an emulated AWS."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session on a Sail of the test file's own, which `jobs.session` finds as well."""
    from pyspark.sql import SparkSession

    from local.sail import Sail

    with Sail(tmp_path_factory.mktemp("sail") / "sail.log") as sail, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_REMOTE", sail.url)
        session = SparkSession.builder.remote(sail.url).getOrCreate()
        yield session
        session.stop()
