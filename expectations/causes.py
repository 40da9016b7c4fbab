"""What an error of delta-rs or its query engine says, in one sentence, and whether the store said it. Imports nothing heavy: the
loader asks too."""

from __future__ import annotations

import re

DUMP = re.compile(r" 0: <unknown>|: ParsedLogPath ")  # a stack, or a value as its programmer sees it
COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # written for a terminal
# What keeps a table from being reached says nothing about the table. A range that cannot be had (416) is a cut file.
UNREACHED = re.compile(
    r"error sending request|response body error|timed out|dns error|[Cc]redential|Permission ?denied|necessary privileges"
    r"|status(?: code:)? (?:401|403|407|408|429|5\d\d)|[Uu]nauthenticated|valid authentication|Too many open files"
)
TRY_AGAIN = "Nothing is known of it: see that the store answers and lets us in, then try again."


def cause_of(error: Exception) -> str:
    """It begins with where and ends with why; between is the path, often twice."""
    said = " ".join(DUMP.split(COLOUR.sub("", str(error)))[0].split()).rstrip(".") or type(error).__name__
    return said if len(said) <= 400 else f"{said[:200]} … {said[-200:]}"


def is_unreached(error: Exception) -> bool:
    """Whether the store did not answer, or did not let us in."""
    return UNREACHED.search(str(error)) is not None
