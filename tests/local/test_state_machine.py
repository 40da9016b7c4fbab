"""What the state machine engine does with Lambdas that succeed and fail; distributed Maps above all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.local.support import ROLE, Aws, wait_until

INFRA = Path(__file__).resolve().parents[2] / "infra"
FAILS_FOR_SOME = """
def handle(event, context):
    if event["item"] in event["bad"]:
        raise ValueError(f"item {event['item']}")
    return event["item"]
"""


def task(function: str, **more: Any) -> dict[str, Any]:
    parameters = {"FunctionName": function, "Payload.$": "$"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": parameters,
        "OutputPath": "$.Payload",
        "End": True,
    } | more


def distributed_map(aws: Aws, items: Any, child: dict[str, Any], bad: list[int], **more: Any) -> dict[str, Any]:
    bucket = aws.bucket()
    aws.s3.put_object(Bucket=bucket, Key="items.json", Body=json.dumps(items).encode())
    state = {
        "Type": "Map",
        "MaxConcurrency": 4,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": bucket, "Key": "items.json"},
        },
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "bad": bad},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Child",
            "States": {"Child": child},
        },
        "End": True,
    } | more
    return {"StartAt": "Map", "States": {"Map": state}}


def test_distributed_map_keeps_the_order_of_its_items(aws: Aws) -> None:
    items = list(range(60))
    ended = aws.execute(distributed_map(aws, items, task(aws.function(FAILS_FOR_SOME)), []))
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == items


def test_empty_list_of_items(aws: Aws) -> None:
    ended = aws.execute(distributed_map(aws, [], task(aws.function(FAILS_FOR_SOME)), []))
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", "[]")


def test_failed_child_fails_the_map(aws: Aws) -> None:
    ended = aws.execute(distributed_map(aws, list(range(10)), task(aws.function(FAILS_FOR_SOME)), [3]))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert "1 of 10 child executions failed" in ended["cause"]
    assert "item 3" in ended["cause"]


@pytest.mark.parametrize(
    ("tolerance", "bad", "succeeds"),
    [
        ({"ToleratedFailurePercentage": 20}, [1, 2], True),
        ({"ToleratedFailurePercentage": 19.9}, [1, 2], False),
        ({"ToleratedFailurePercentage": 100}, list(range(10)), True),
        ({"ToleratedFailureCount": 2}, [1, 2], True),
        ({"ToleratedFailureCount": 1}, [1, 2], False),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 50}, [1, 2], False),
    ],
    ids=str,
)
def test_tolerated_failures(aws: Aws, tolerance: dict[str, Any], bad: list[int], succeeds: bool) -> None:
    child = task(aws.function(FAILS_FOR_SOME))
    ended = aws.execute(distributed_map(aws, list(range(10)), child, bad, **tolerance))
    assert ended["status"] == ("SUCCEEDED" if succeeds else "FAILED")
    if succeeds:
        assert json.loads(ended["output"]) == [item for item in range(10) if item not in bad]


def test_childs_own_catch_saves_the_map(aws: Aws) -> None:
    child = task(aws.function(FAILS_FOR_SOME), Catch=[{"ErrorEquals": ["ValueError"], "Next": "Note"}])
    definition = distributed_map(aws, [1, 2, 3], child, [2])
    definition["States"]["Map"]["ItemProcessor"]["States"]["Note"] = {"Type": "Pass", "Result": "bad", "End": True}
    ended = aws.execute(definition)
    assert json.loads(ended["output"]) == [1, "bad", 3]


def test_many_children_for_one_worker(aws: Aws) -> None:
    """moto took the next child by recursion, and gave up at Python's limit."""
    items = list(range(1200))
    definition = distributed_map(aws, items, {"Type": "Pass", "End": True}, [], MaxConcurrency=1)
    ended = aws.execute(definition)
    assert ended["status"] == "SUCCEEDED"
    assert len(json.loads(ended["output"])) == 1200


def test_throttle_is_retried_and_reported(aws: Aws) -> None:
    function = aws.function("def handle(e, c): return 1")
    aws.lambdas.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    retry = {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1, "MaxAttempts": 1}
    ended = aws.execute({"StartAt": "T", "States": {"T": task(function, Retry=[retry])}})
    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.TooManyRequestsException")
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() >= 1


def test_time_limit_of_a_function_can_be_caught(aws: Aws) -> None:
    function = aws.function("import time\ndef handle(e, c): time.sleep(60)", timeout=1)
    caught = task(function, Catch=[{"ErrorEquals": ["Sandbox.Timedout"], "Next": "After"}])
    ended = aws.execute({"StartAt": "T", "States": {"T": caught, "After": {"Type": "Pass", "End": True}}})
    assert json.loads(ended["output"])["Error"] == "Sandbox.Timedout"


def test_choice_wait_parallel_and_inline_map(aws: Aws) -> None:
    leaf = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    definition = {
        "StartAt": "Big?",
        "States": {
            "Big?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Wait"}]},
            "Wait": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Both"},
            "Both": {"Type": "Parallel", "Branches": [leaf, leaf], "Next": "Each"},
            "Each": {"Type": "Map", "ItemsPath": "$[*].n", "ItemProcessor": leaf, "End": True},
        },
    }
    assert json.loads(aws.execute(definition, {"n": 2, "wait": 0})["output"]) == [2, 2]
    assert aws.execute(definition, {"n": 1, "wait": 0})["status"] == "FAILED"


def test_start_time_can_be_described(aws: Aws) -> None:
    passed = {"Type": "Pass", "Parameters": {"at.$": "$$.Execution.StartTime"}, "End": True}
    ended = aws.execute({"StartAt": "P", "States": {"P": passed}})
    assert json.loads(ended["output"])["at"].endswith("Z")


def test_name_of_an_execution_is_used_once(aws: Aws) -> None:
    definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    machine = aws.machines.create_state_machine(name=aws.name(), definition=definition, roleArn=ROLE)["stateMachineArn"]
    arn = aws.machines.start_execution(stateMachineArn=machine, name="once", input="{}")["executionArn"]
    wait_until(lambda: aws.machines.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
    with pytest.raises(aws.machines.exceptions.ExecutionAlreadyExists):
        aws.machines.start_execution(stateMachineArn=machine, name="once", input='{"other": 1}')


PLANS = """
def handle(event, context):
    again = event["mode"] == "heal" and event["round"] < 3
    return {"batches": 0, "workers": 1, "wait_s": 0, "again": again, "bucket": "b", "key": "k"}
"""


@pytest.mark.parametrize(("mode", "rounds"), [("heal", 3), ("crawl", 0)])
def test_the_crawl_plans_again_while_lists_may_come_back(aws: Aws, mode: str, rounds: int) -> None:
    text = (INFRA / "state_machine.asl.json").read_text(encoding="utf-8")
    text = text.replace("${PlanFunctionArn}", aws.function(PLANS))
    text = text.replace("${ReduceFunctionArn}", aws.function("def handle(e, c): return {'round': e['round']}"))
    order = {"mode": mode, "dt": "2026-11-23", "run_id": "r", "max_rounds": 3}
    ended = aws.execute(json.loads(text), order | {"sources": [{"source": "s", "input": "s3://b/k"}]})
    assert json.loads(ended["output"])["sources"] == [{"round": rounds}]
