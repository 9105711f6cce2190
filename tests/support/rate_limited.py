"""A server with the rate limit of the real one, on the loopback interface."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import Counter
from typing import Self

from tests.support.faults import TWO_CREDITS

LIMIT = 20


class SlidingSecond:
    """Counts requests as the real server does; `phase` shifts where its seconds begin."""

    def __init__(self, phase: float = 0.0) -> None:
        self._phase = phase
        self._accepted: Counter[int] = Counter()

    def admit(self, now: float) -> tuple[bool, int, int]:
        """Whether a request at this time is accepted; what remains then, and when the second ends."""
        second = math.floor(now + self._phase)
        passed = now + self._phase - second
        level = round(self._accepted[second - 1] * (1 - passed) + self._accepted[second])
        if level + 1 > LIMIT:
            return False, 0, second + 1
        self._accepted[second] += 1
        return True, LIMIT - level - 1, second + 1


class RateLimitedServer:
    """Serves two credits, or refuses.

    Attributes:
        url: Where it listens.
        seen: How many requests came.
        refused: How many of them were over the limit.
    """

    def __init__(self, latency: float = 0.0, *, counts: bool = True) -> None:
        self._latency = latency
        self._count = SlidingSecond() if counts else None
        self.seen = 0
        self.refused = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, name="rate limited", daemon=True)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._attend, "127.0.0.1", 0, backlog=1024)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._started.set()
        async with server:
            await self._stop.wait()
        for writer in list(self._open):
            writer.close()
        if attending := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(attending)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(self._latency)
                writer.write(self._response())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    def _response(self) -> bytes:
        self.seen += 1
        accepted, limits = True, ""
        if self._count:
            accepted, remaining, reset = self._count.admit(time.time())
            limits = (
                f"X-Ratelimit-Limit: {LIMIT}\r\nX-Ratelimit-Remaining: {remaining}\r\nX-Ratelimit-Reset: {reset}\r\n"
            )
        if accepted:
            start, body = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", TWO_CREDITS
        else:
            self.refused += 1
            start = "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 1\r\n"
            body = b"Too Many Requests\n"
        return f"{start}{limits}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
