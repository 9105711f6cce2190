"""How `AsyncClient` sends; many tasks may share it. base_client.py is its twin.

Apart from it because asyncio takes longer to import than all of this package.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import httpx

from . import transport
from .call import CUT_OFF, FAULTS, Answer, Call
from .errors import APIError, UsageError
from .request import Request
from .shared import WithShared
from .types import Response

T = TypeVar("T")


class _LoopState:
    """What belongs to one event loop: connections, what sends over them, and where calls wait for their turn."""

    def __init__(self, handle: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> None:
        self.handle = handle
        self.turnstile = asyncio.Lock()
        self.closing = asyncio.Event()
        self.connections: AsyncGenerator[_LoopState] | None = None


class BaseAsyncClient(WithShared[httpx.AsyncClient]):
    """Sends with `httpx.AsyncClient`; many tasks may share it, and each event loop has connections of its own."""

    _kind = httpx.AsyncClient

    def _start(self) -> None:
        self._inherited = getattr(self, "_loops", None)  # kept: to let go of them would disturb the process that forked
        self._loops: dict[asyncio.AbstractEventLoop, _LoopState] = {}

    async def send(self, request: Request[T]) -> Response[T]:
        """Make the call of an operation's module.

        Raises:
            APIError: One of the errors of `errors`.
        """
        try:
            call = Call(self._shared, request)
            state = self._loops.get(asyncio.get_running_loop()) or await self._connect()
            while True:
                if state.turnstile.locked() or call.take_turn():  # whoever waits there goes first
                    await self._queue(call, state)
                try:
                    answer = await self._exchange(call, state)
                except FAULTS as error:
                    delay = call.failed(error)
                else:
                    outcome = call.answered(answer)
                    if isinstance(outcome, Response):
                        return outcome
                    delay = outcome
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await state.closing.wait()
        except (APIError, asyncio.CancelledError) as error:
            # The frames below hold the key, or what the server said.
            raise error.with_traceback(None)  # noqa: B904

    async def _queue(self, call: Call[Any], state: _LoopState) -> None:
        """Wait for the call's turn under the rate limit: one looks out for it, the others stand behind."""
        try:
            async with asyncio.timeout(call.left), state.turnstile:
                while delay := call.take_turn():
                    await asyncio.sleep(delay)
        except TimeoutError:
            call.no_turn_in_time()

    async def _exchange(self, call: Call[Any], state: _LoopState) -> Answer:
        try:
            async with asyncio.timeout(call.left):
                response = await state.handle(call.http_request())
            try:
                if response.is_stream_consumed:  # by an event hook of the caller's
                    return Answer(response.status_code, response.headers, response.content)
                body = call.body(response)
                try:
                    async with asyncio.timeout(call.left):
                        async for chunk in cast("httpx.AsyncByteStream", response.stream):
                            if not body.feed(chunk):
                                break
                except CUT_OFF:
                    if response.is_success:
                        raise
                return Answer(response.status_code, response.headers, body.finish())
            finally:
                await response.aclose()
        except httpx.HTTPStatusError as error:  # raised by an event hook of the caller's
            return call.judged(error)
        except BaseException as error:
            call.unanswered()
            if type(error).__module__.startswith("aiohttp."):  # of an http_client over aiohttp
                raise httpx.RemoteProtocolError(str(error)) from error
            raise

    async def _connect(self) -> _LoopState:
        """What belongs to the running event loop, made now."""
        given = self._shared.options.http_client
        if given is not None and self._shared.connected:
            raise UsageError("http_client: its connections belong to another event loop; use a client for each loop")
        for loop in [loop for loop in list(self._loops) if loop.is_closed()]:
            self._loops.pop(loop, None)
        if given is None:
            connections = self._connections()
            state = await anext(connections)
            state.connections = connections
        else:
            self._shared.note_connections(given)
            state = _LoopState(partial(given.send, stream=True, auth=None, follow_redirects=False))
        self._loops[asyncio.get_running_loop()] = state
        return state

    async def _connections(self) -> AsyncGenerator[_LoopState]:
        """Connections for one event loop, closed with it: asyncio ends a loop's generators before the loop."""
        options = self._shared.options
        http = transport.new_client(httpx.AsyncClient, options.base_url, options.trust_env)
        self._shared.note_connections(http)
        try:
            yield _LoopState(transport.async_transport_for(http, options.base_url).handle_async_request)
        finally:
            await http.aclose()

    async def close(self) -> None:
        """Close the connections. Calls under way fail, and further ones are refused.

        An `http_client` that was passed in stays open: it is its owner's to close.
        """
        self._shared.closed = True
        state = self._loops.pop(asyncio.get_running_loop(), None)
        if state is not None:
            state.closing.set()
            if state.connections is not None:
                await state.connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
