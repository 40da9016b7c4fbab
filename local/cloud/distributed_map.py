"""Distributed Maps that fail when their children do, as on AWS: moto counts failed children and carries on."""

from __future__ import annotations

import logging
from typing import Any

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker as moto_worker,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError, ProgramStopped
from moto.stepfunctions.parser.asl.eval.states import ItemData, MapData

LOG = logging.getLogger(__name__)
Worker = moto_worker.DistributedItemProcessorWorker


class NoOutput:
    """The output of a child whose failure is tolerated: it has no place in the Map's result."""


def install() -> None:
    Worker._eval_job = run_child
    Worker.eval = run_children
    DistributedIterationComponent._map_run = _without_failed(DistributedIterationComponent._map_run)


def run_children(worker: Any) -> None:
    """Takes one child after the other until none is left or the Map has failed. (moto does it by recursion, which ends
    at Python's recursion limit when few workers have many children.)
    """
    pool = worker._job_pool
    while (job := pool.next_job()) is not None:
        try:
            frame = worker._env.open_inner_frame()
            worker._eval_job(frame, job)
            worker._env.delete_frame(frame)
        except Exception as error:  # an unfinished child would keep its Map waiting for ever
            LOG.exception("Child %d of a Map could not be run", job.job_index)
            job.job_output = error
        pool.close_job(job)
        if isinstance(job.job_output, Exception) or worker.stopped():
            return


def run_child(worker: Any, env: Any, job: Any) -> None:
    """Runs one child and counts how it ended; its output is an error when the Map has to fail now."""
    items, executions = worker._map_run_record.item_counter, worker._map_run_record.execution_counter
    for counter in (items, executions):
        counter.total.count()
        counter.running.count()
    outcome, reason = _evaluate(worker, env, job)
    for counter in (items, executions):
        getattr(counter, outcome).count()
        counter.running.offset(-1)
    if outcome == "succeeded":
        items.results_written.count()
        executions.results_written.count()
        job.job_output = env.states.get_input()
        return
    failed, children = items.failed.get() + items.timed_out.get(), worker._job_pool._jobs_number
    too_many = outcome != "aborted" and failed > tolerated(worker._map_run_record, children)
    job.job_output = _map_failure(env, failed, children, reason) if too_many else NoOutput


def tolerated(record: Any, children: int) -> float:
    """How many children may fail: none, unless a count or a percentage is given; the lower of the two where both are."""
    limits = []
    if record.tolerated_failure_count:
        limits.append(float(record.tolerated_failure_count))
    if record.tolerated_failure_percentage:
        limits.append(children * record.tolerated_failure_percentage / 100)
    return min(limits, default=0.0)


def _evaluate(worker: Any, env: Any, job: Any) -> tuple[str, str]:
    """How a child ended, as the name of its counter, and why."""
    env.states.context_object.context_object_data["Map"] = MapData(
        Item=ItemData(Index=job.job_index, Value=job.job_input)
    )
    env.states.reset(job.job_input)
    env.stack.append(env.states.get_input())
    try:
        worker._eval_input(env_frame=env)
        job.job_program.eval(env)
    except moto_worker.EvalTimeoutError as error:
        return "timed_out", str(error)
    except FailureEventException as error:
        return "failed", ": ".join(filter(None, error.extract_error_cause_pair() or ()))
    except Exception as error:  # whatever it is, it ended this child and no other
        return "failed", f"{type(error).__name__}: {error}"
    state = env.program_state()
    if isinstance(state, ProgramEnded):
        return "succeeded", ""
    if isinstance(state, ProgramStopped):
        return "aborted", ""
    if isinstance(state, ProgramError):
        return "failed", ": ".join(str(state.error[key]) for key in ("error", "cause") if state.error.get(key))
    return "timed_out", "States.Timeout"


def _map_failure(env: Any, failed: int, children: int, reason: str) -> FailureEventException:
    kind = StatesErrorNameType.StatesExceedToleratedFailureThreshold
    cause = (
        "The specified tolerated failure threshold was exceeded: "
        f"{failed} of {children} child executions failed, the last one with {reason or 'no reason'}"
    )
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=kind),
            event_type=HistoryEventType.MapRunFailed,
            event_details=EventDetails(
                executionFailedEventDetails=ExecutionFailedEventDetails(error=kind.to_name(), cause=cause)
            ),
        )
    )


def _without_failed(map_run: Any) -> Any:
    def run(component: Any, env: Any, eval_input: Any) -> None:
        map_run(component, env, eval_input)
        env.stack.append([output for output in env.stack.pop() if output is not NoOutput])

    return run
