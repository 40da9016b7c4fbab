"""A second process for work in pure Python: one process would use one core for it and leave the others idle."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread


@contextmanager
def second_process() -> Iterator[Executor]:
    """Forked, so that it has all imports at once. To be called before a Spark session is made: a fork does not get the threads of one."""
    with ProcessPoolExecutor(1, get_context("fork"), initializer=_begin) as process:
        process.submit(int).result()
        yield process


def _begin() -> None:
    gc.freeze()  # otherwise the garbage collector touches, and so copies, all memory that the two processes share
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both, and the parent ends this one
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent would leave this process waiting for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
