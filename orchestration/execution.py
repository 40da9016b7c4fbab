"""Starts the crawl's state machine for a task, but never a second execution beside one that the task left running."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from airflow.providers.amazon.aws.hooks.step_function import StepFunctionHook


class ExecutionHook(StepFunctionHook):  # type: ignore[misc]
    """`name` ends in the number of the try, so the names of the earlier tries are known without a list."""

    def start_execution(
        self, state_machine_arn: str, name: str, state_machine_input: str, is_redrive_execution: bool = False
    ) -> str:
        """The ARN of the run's execution: of the one that a killed or cleared try left running, else of a new one."""
        stem, _, tries = name.rpartition("-")
        for number in range(int(tries), 0, -1):
            arn = f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{stem}-{number}"
            if self._is_running(arn, state_machine_input):
                self.log.info("The execution %s still runs, so this try waits for it and starts no other.", arn)
                return arn
        try:
            return str(super().start_execution(state_machine_arn, name, state_machine_input))
        except self.conn.exceptions.ExecutionAlreadyExists:
            # The run was deleted and made again, or another one has the same second: AWS keeps names for 90 days.
            other = f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
            self.log.info("The name %s is taken by an execution that ended; the new one is %s.", name, other)
            return str(super().start_execution(state_machine_arn, other, state_machine_input))

    def _is_running(self, arn: str, wanted: str) -> bool:
        """Whether the execution is there, unfinished, and one of the same run."""
        try:
            found: dict[str, Any] = self.describe_execution(arn)
        except self.conn.exceptions.ExecutionDoesNotExist:
            return False
        return bool(
            found["status"] == "RUNNING" and json.loads(found["input"])["run_id"] == json.loads(wanted)["run_id"]
        )
