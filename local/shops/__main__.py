"""Runs the demo shops as a process: `python -m local.shops --dt 2026-11-23 --products 400 --faults on --ports-file ports.json`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import select
import signal
import stat
import sys
from pathlib import Path

from conf.days import parse_day
from local.files import write_json
from local.shops.catalogue import build
from local.shops.server import serving


def _day(text: str) -> str:
    try:
        return parse_day(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of products: write a whole number from 1.")
    return int(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.shops", description="Serve the three demo shops.")
    parser.add_argument("--dt", type=_day, required=True, help="the day whose prices are shown, YYYY-MM-DD")
    parser.add_argument("--products", type=_count, default=400, help="products of each shop")
    parser.add_argument("--faults", choices=("on", "off"), default="on")
    parser.add_argument(
        "--ports-file", type=Path, required=True, help="gets {source: port} as JSON once the shops answer"
    )
    parser.add_argument(
        "--ports", type=json.loads, default={}, help="{source: port} as JSON; a shop without one gets a free port"
    )
    return parser.parse_args()


async def _until_told(stop: asyncio.Event) -> None:
    """Ends on SIGTERM and SIGINT, and when stdin closes: a parent that holds the other end of a pipe has died."""
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    if _stdin_can_close():
        loop.add_reader(sys.stdin.fileno(), _read_stdin, loop, stop)
    await stop.wait()


def _stdin_can_close() -> bool:
    """A pipe or socket of a parent. A terminal or /dev/null says nothing about one."""
    with contextlib.suppress(OSError, ValueError):
        mode = os.fstat(sys.stdin.fileno()).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return False


def _read_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    if select.select([sys.stdin], [], [], 0)[0] and not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        stop.set()


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    async with serving(build(arguments.dt, arguments.products, arguments.faults == "on"), arguments.ports) as ports:
        write_json(arguments.ports_file, ports)
        await _until_told(stop)


def main() -> None:
    asyncio.run(_serve(_arguments()))


if __name__ == "__main__":
    main()
