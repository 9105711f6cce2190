"""One contender in a process of its own: reads tasks from standard input, writes what each took.

A number a line: seconds a call, or MiB for the task `peak`.
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
    """The median: what other processes do meanwhile hits few calls."""
    took: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return median(took)


async def timed_at_once(call: AsyncCall, at_once: int, times: int) -> float:
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
    """What to time, warm, and roughly what it takes."""
    call = contender.sync(url) if what == "sync" else contender.decode(body(number))
    timed(call, 20)
    return call, timed(call, 20)


@cache
def async_call(url: str) -> AsyncCall:
    return contender.asynchronous(url)


@cache
def connected(url: str, at_once: int) -> None:
    runner.run(timed_at_once(async_call(url), at_once, at_once))


def second_client(url: str, *, called: bool) -> float:
    """One more client in a process that has one: made, and its first call too if asked for."""
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
    contender.client(url)[0]()


def peak() -> float:
    """The most memory that this process has held, in MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 2**10 for line in status if line.startswith("VmHWM"))


def run(task: Task) -> float:
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
os._exit(0)  # connections need no goodbye
