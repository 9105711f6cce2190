"""Connections of an event loop are closed with it, from another loop, and with a client that is dropped."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from stablecog_client import APIConnectionError, AsyncClient

from tests.support.drivers import HANG, assert_ends, wait_until
from tests.support.faults import KEY, FaultServer, drip_body, ok, say_nothing
from tests.support.processes import output

PRELUDE = """
import asyncio, gc, os, sys, threading
import anyio
from stablecog_client import AsyncClient

def sockets():
    links = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    return sum(os.readlink(link).startswith("socket:") for link in links if os.path.lexists(link))

def client():
    options = {"transport": sys.argv[2]} if sys.argv[2] == "aiohttp" else {}
    return AsyncClient("sc-test", base_url=sys.argv[1], **options)

async def until(number):
    for _ in range(500):
        if sockets() == number:
            break
        await anyio.sleep(0.01)
    print(sockets() - number)
"""

DROPPED = """
async def main():
    before = sockets()
    dropped = client()
    await dropped.credits.list()
    del dropped
    gc.collect()
    await until(before)

asyncio.run(main())
"""

LOOP_ENDS = """
async def main():
    await kept.credits.list()

kept = client()
before = sockets()
for _ in range(3):
    asyncio.run(main())
print(sockets() - before)
"""

CLOSED_ELSEWHERE = """
async def first():
    before = sockets()
    await shared.credits.list()
    used.set()
    while not shared.is_closed:
        await asyncio.sleep(0.01)
    await until(before)

used = threading.Event()
shared = client()
thread = threading.Thread(target=lambda: asyncio.run(first()))
thread.start()
used.wait()
asyncio.run(shared.close())
thread.join()
"""

ON_TRIO = """
import trio

async def main():
    before = sockets()
    dropped = client()
    await dropped.credits.list()
    del dropped
    gc.collect()
    await until(before)
    kept = client()
    await kept.credits.list()

trio.run(main)
"""


TRIO_ENDS = """
import trio

async def use():
    await client().credits.list()

async def main():
    await use()
    gc.collect()

before = sockets()
trio.run(main)
print(sockets() - before)
"""

CLOSED_TWICE = """
async def main(steps):
    async with client() as shared:
        await shared.credits.list()
        thread = threading.Thread(target=lambda: asyncio.run(shared.aclose()))
        thread.start()
        thread.join()
        for _ in range(steps):
            await anyio.lowlevel.checkpoint()

before = sockets()
for backend in ["asyncio"] if sys.argv[2] == "aiohttp" else ["asyncio", "trio"]:
    for steps in range(6):
        anyio.run(main, steps, backend=backend)
print(sockets() - before)
"""


CLOSED_IN_A_CANCELLED_SCOPE = """
async def main():
    with anyio.CancelScope() as scope:
        async with client() as shared:
            await shared.credits.list()
            scope.cancel()

before = sockets()
for backend in ["asyncio"] if sys.argv[2] == "aiohttp" else ["asyncio", "trio"]:
    anyio.run(main, backend=backend)
print(sockets() - before)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize(
    ("transport", "program"),
    [
        *(("httpx", program) for program in (DROPPED, LOOP_ENDS, CLOSED_ELSEWHERE, ON_TRIO, TRIO_ENDS, CLOSED_TWICE)),
        ("httpx", CLOSED_IN_A_CANCELLED_SCOPE),
        *(("aiohttp", program) for program in (DROPPED, LOOP_ENDS, CLOSED_TWICE, CLOSED_IN_A_CANCELLED_SCOPE)),
    ],
    ids=[
        *("dropped", "loop-ends", "elsewhere", "trio", "trio-ends", "twice", "cancelled"),
        *("dropped-aiohttp", "loop-ends-aiohttp", "twice-aiohttp", "cancelled-aiohttp"),
    ],
)
def test_connections_are_closed_without_a_warning(transport: str, program: str) -> None:
    """The program prints how many sockets are left, and nothing else."""
    with FaultServer(ok) as server:
        printed = output("-W", "error", "-c", PRELUDE + program, server.url, transport)
    assert printed.split() == ["0"]


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
def test_close_ends_a_call_that_reads_a_body(transport: Any) -> None:
    """Even if the server goes on to send it."""

    async def main() -> None:
        client = AsyncClient(KEY, base_url=server.url, transport=transport, timeout=HANG, deadline=HANG)
        call = asyncio.create_task(client.credits.list())
        while not server.requests:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # until the body has begun
        await client.close()
        with pytest.raises(APIConnectionError, match="the client was closed during the call"):
            await call

    with FaultServer(drip_body) as server, assert_ends():
        asyncio.run(main())


def test_close_elsewhere_ends_the_calls_there() -> None:
    """An event loop that waits for nothing else is woken."""

    async def call() -> None:
        await client.credits.list()

    async def call_and_close() -> None:
        await client.credits.list()
        await client.close()

    with FaultServer(say_nothing, ok) as server, ThreadPoolExecutor(1) as pool, assert_ends():
        client = AsyncClient(KEY, base_url=server.url, timeout=HANG, deadline=HANG)
        called = pool.submit(lambda: asyncio.run(call()))
        wait_until(lambda: bool(server.requests))
        asyncio.run(call_and_close())
        with pytest.raises(APIConnectionError, match="the client was closed during the call"):
            called.result()
