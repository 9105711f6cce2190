# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The connections of an event loop. They are closed with it, from another loop, or when their client is dropped."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, Coroutine, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import anyio
from anyio import from_thread
from anyio.lowlevel import current_token

from .clock import is_frozen
from .http_library import httpx


class LoopState:
    """What the tasks of one event loop share.

    Args:
        http: What sends their requests.
        max_connections: How many requests may be sent at once.
    """

    def __init__(self, http: httpx.AsyncClient, max_connections: int) -> None:
        self.http = http
        self.connections = anyio.Semaphore(max_connections)
        self.wait_lock = anyio.Lock()  # held by the call that waits for the rate limit; others queue behind it
        self.closing = anyio.Event()
        self._loop: Any = current_token().native_token
        self._ended = False
        self._lifetime: AsyncGenerator[None] | None = None

    async def own_connections(self, owner: object) -> None:
        """Close the connections when the event loop ends, or when the owner is dropped."""
        self._finalizer = weakref.finalize(owner, self.close_soon)
        self._finalizer.atexit = False
        self._lifetime = self._until_closed()
        await anext(self._lifetime)

    async def _until_closed(self) -> AsyncGenerator[None]:
        try:
            yield  # an event loop closes its generators before it ends
        finally:
            self._ended = True
            self._finalizer.detach()
            await self.http.aclose()

    @property
    def has_ended(self) -> bool:
        """Whether the event loop has ended."""
        return self._ended or getattr(self._loop, "is_closed", bool)()

    async def close(self) -> None:
        """End the calls in progress, and close the connections unless they are the caller's."""
        self.closing.set()
        if self._lifetime is not None:
            await self._lifetime.aclose()

    def close_soon(self) -> None:
        """Close from another event loop, from a thread or from the garbage collector."""
        with suppress(RuntimeError):  # the event loop has ended
            if hasattr(self._loop, "call_soon_threadsafe"):  # of asyncio
                self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self.close()))
            else:
                import trio

                self._loop.run_sync_soon(trio.lowlevel.spawn_system_task, self.close)


async def to_the_end(closing: Coroutine[Any, Any, None]) -> None:
    """Await a coroutine that ends even if this task is cancelled: httpcore would lose a connection."""
    with anyio.CancelScope(shield=True):
        if hasattr(current_token().native_token, "call_soon_threadsafe"):  # asyncio's tasks ignore that shield
            await asyncio.shield(closing)
        else:
            await closing


def move_on_after(seconds: float) -> AbstractContextManager[object]:
    """Cancel the block after some seconds, also while a test has stopped the clock."""
    if is_frozen():
        return _move_on_after_by_thread(seconds)
    return anyio.CancelScope(deadline=anyio.current_time() + seconds)


@contextmanager
def _move_on_after_by_thread(seconds: float) -> Generator[None]:
    token = current_token()
    with anyio.CancelScope() as scope:

        def cancel() -> None:
            with suppress(RuntimeError):  # the event loop is closed
                from_thread.run_sync(scope.cancel, token=token)

        timer = threading.Timer(seconds, cancel)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
