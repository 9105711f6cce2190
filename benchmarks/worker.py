"""The process of one contender: reads tasks from standard input and writes one number a line.

The number is seconds per call, or MiB for the task `peak`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from functools import cache
from statistics import median

from .contenders import CONTENDERS, AsyncCall, Call, Task
from .server import body

contender = CONTENDERS[sys.argv[1]]
runner = asyncio.Runner()


def timed(call: Call, times: int) -> float:
    """Return the median time of a call in seconds, which other processes influence little."""
    took: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return median(took)


async def timed_at_once(call: AsyncCall, at_once: int, times: int) -> float:
    """Return the total time divided by the number of calls, in seconds, with `at_once` calls in flight."""
    left = times

    async def caller() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await call()

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    return (time.perf_counter() - start) / times


@cache
def sync_call(what: str, url: str, number: int) -> tuple[Call, float]:
    """Return a warm call to measure, and its approximate time in seconds."""
    call = contender.sync(url) if what == "sync" else contender.decode(body(number))
    timed(call, 20)
    return call, timed(call, 20)


@cache
def async_call(url: str) -> AsyncCall:
    """Return the asynchronous call to measure."""
    return contender.asynchronous(url)


@cache
def connected(url: str, at_once: int) -> None:
    """Open the connections, once."""
    runner.run(timed_at_once(async_call(url), at_once, at_once))


def second_client(url: str, *, called: bool) -> float:
    """Return the seconds to create a second client in this process, with its first call if `called`."""
    first_client(url)
    start = time.perf_counter()
    call, close = contender.client(url)
    if called:
        call()
    took = time.perf_counter() - start
    close()
    return took


@cache
def first_client(url: str) -> None:
    """Create the first client and make its first call, once."""
    contender.client(url)[0]()


def peak() -> float:
    """Return the peak memory of this process in MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 2**10 for line in status if line.startswith("VmHWM"))


def run(task: Task) -> float:
    """Run a task; return its result."""
    match task.what:
        case "async":
            connected(task.url, task.at_once)
            return runner.run(timed_at_once(async_call(task.url), task.at_once, task.calls))
        case "second-made" | "second-called":
            return second_client(task.url, called=task.what == "second-called")
        case "peak":
            return peak()
        case _:
            call, took = sync_call(task.what, task.url, task.number)
            return timed(call, max(1, round(task.seconds / took)))


for line in sys.stdin:
    print(run(Task(**json.loads(line))), flush=True)
os._exit(0)  # without closing the connections, which takes time
