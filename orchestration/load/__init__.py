"""The load: one day of the mart into the serving table, in one transaction, any number of times with the same result."""

from orchestration.load.counts import LoadCounts
from orchestration.load.database import Limits
from orchestration.load.day import load_day
from orchestration.load.errors import BusyError, DatabaseError, LakeError, LoadError, PassingError, RefusedError
from orchestration.load.retention import Keep

__all__ = [
    "BusyError", "DatabaseError", "Keep", "LakeError", "Limits", "LoadCounts", "LoadError", "PassingError",
    "RefusedError", "load_day",
]  # fmt: skip
