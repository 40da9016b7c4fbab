"""Where moto's state machine engine differs from AWS, or spends time for nothing."""

from __future__ import annotations

import functools
import json
import logging
import threading
from contextlib import suppress
from typing import Any

from local.cloud.settings import REGION

LOG = logging.getLogger(__name__)


def install(port: int) -> None:
    """Call it before anything else of moto's step functions is imported: the engine takes its clients by name."""
    _share_clients(port)
    from local.cloud import distributed_map

    distributed_map.install()
    _read_whole_percentages()
    _tell_start_time_as_text()
    _log_failures_briefly()


def _share_clients(port: int) -> None:
    """One client a service. moto makes one for every task, 30 ms each, and asks for `localhost`, which may be IPv6."""
    import boto3
    from botocore.config import Config
    from moto.stepfunctions.parser.asl.utils import boto_client

    making = threading.Lock()
    settings = Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        connect_timeout=60,
        read_timeout=86_400,
        max_pool_connections=200,
    )

    @functools.cache
    def make(region: str, service: str) -> Any:
        session = boto3.Session("local", "local", region_name=region)
        return session.client(service, endpoint_url=f"http://127.0.0.1:{port}", config=settings)

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        with making:
            return make(region or REGION, service)

    boto_client.boto_client_for = boto_client_for


def _read_whole_percentages() -> None:
    """`"ToleratedFailurePercentage": 50` is as good as `50.0`; moto's grammar takes only the latter."""
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

    parse = AmazonStateLanguageParser.parse

    def with_fractions(value: Any) -> Any:
        if isinstance(value, list):
            return [with_fractions(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            key: float(each) if key == "ToleratedFailurePercentage" and isinstance(each, int) else with_fractions(each)
            for key, each in value.items()
        }

    # An execution parses its machine again each time; the tree is stateless, so one parse of a definition will do.
    @functools.lru_cache(maxsize=8)
    def parse_fixed(definition: str) -> Any:
        with suppress(ValueError):  # the grammar has the better message
            definition = json.dumps(with_fractions(json.loads(definition)))
        return parse(definition)

    AmazonStateLanguageParser.parse = staticmethod(parse_fixed)


def _tell_start_time_as_text() -> None:
    """`$$.Execution.StartTime` is a string on AWS. As a `datetime` in an output it breaks DescribeExecution."""
    from moto.stepfunctions.parser.backend.execution import Execution

    details_of = Execution.get_start_execution_details

    def get_start_execution_details(execution: Any) -> Any:
        details = details_of(execution)
        details.start_time = execution.start_date.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        return details

    Execution.get_start_execution_details = get_start_execution_details


def _log_failures_briefly() -> None:
    """A failure may be caught or retried, and else the execution tells it; moto prints the whole state, 5 kB a time."""
    from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent

    def log_failure(component: Any, failure_event_exception: Any) -> None:
        error, cause = failure_event_exception.extract_error_cause_pair() or ("", "")
        LOG.info("%s: %s: %s", type(component).__name__, error, cause)

    EvalComponent._log_failure_event_exception = log_failure
    # It says that tolerated failures have no effect, which is no longer true.
    logging.getLogger("moto.stepfunctions.parser.asl.parse.preprocessor").setLevel(logging.ERROR)
