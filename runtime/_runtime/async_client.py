"""The base of `AsyncClient`, which sends calls. `sync_client` is the synchronous twin.

It is a module of its own, because anyio and asyncio take longer to import than all of this package.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Coroutine, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Literal, Self, TypeVar

import anyio
from anyio import from_thread
from anyio.lowlevel import current_token

from ..errors import UsageError
from ..types import Response
from . import environment
from .api_request import APIRequest
from .call import NO_AUTH, Call
from .client_base import ClientBase, ClientState
from .config import CallOptions, ClientConfig
from .failures import without_secrets
from .http_library import httpx, limit_reuse
from .timing import is_frozen

T = TypeVar("T")

TransportName = Literal["httpx", "aiohttp"]

_DISTRIBUTION = __name__.partition(".")[0].replace("_", "-")


class LoopState:
    """The state that the tasks of one event loop share, with the connections.

    Args:
        http: What sends their requests.
        max_connections: How many requests may be sent at once.
    """

    def __init__(self, http: httpx.AsyncClient, max_connections: int) -> None:
        self.http = http
        self.connection_slots = anyio.Semaphore(max_connections)
        self.rate_limit_lock = anyio.Lock()  # held by the call that waits for it; others queue behind
        self.closing = anyio.Event()
        self._loop: Any = current_token().native_token
        self._lifetime: AsyncGenerator[None] | None = None

    async def close_with_loop(self, owner: object) -> None:
        """Close the connections when the event loop ends, or when the owner is dropped."""
        self._finalizer = weakref.finalize(owner, self.close_soon)
        self._finalizer.atexit = False
        self._lifetime = self._until_closed()
        await anext(self._lifetime)

    async def _until_closed(self) -> AsyncGenerator[None]:
        try:
            yield  # an event loop closes its generators before it ends
        finally:
            self._finalizer.detach()
            await self.http.aclose()

    @property
    def has_ended(self) -> bool:
        """Whether the event loop has ended."""
        return self.http.is_closed or (isinstance(self._loop, asyncio.AbstractEventLoop) and self._loop.is_closed())

    async def close(self) -> None:
        """End the calls in progress, and close the connections unless they are the caller's."""
        self.closing.set()
        if self._lifetime is not None and not self.http.is_closed:  # else it is being closed already
            await self._lifetime.aclose()

    def close_soon(self) -> None:
        """Close from another event loop, from a thread or from the garbage collector."""
        with suppress(RuntimeError):  # the event loop has ended
            if isinstance(self._loop, asyncio.AbstractEventLoop):
                self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self.close()))
            else:
                self._loop.run_sync_soon(self._close_on_trio)

    def _close_on_trio(self) -> None:
        import trio

        with suppress(RuntimeError):  # the run is about to end, and then closes its generators
            trio.lowlevel.spawn_system_task(self.close)


class AsyncState(ClientState[httpx.AsyncClient]):
    """The state that the event loops of one process share; each has connections of its own."""

    def __init__(self, config: ClientConfig[httpx.AsyncClient], parent: AsyncState | None) -> None:
        super().__init__(config, parent)
        self.loops: dict[object, LoopState] = {}


class AsyncAPIClient(ClientBase[httpx.AsyncClient, AsyncState]):
    """Sends calls with `httpx.AsyncClient`; many tasks may share it, on asyncio or trio."""

    _state_type = AsyncState

    def __init__(self, config: ClientConfig[httpx.AsyncClient], options: CallOptions, transport: TransportName) -> None:
        self._transport_name = _checked_transport(transport, config.http_client)
        super().__init__(config, options)

    async def _send_async(self, request: APIRequest[T]) -> Response[T]:
        """Make a call, retries included.

        Raises:
            APIError: The call failed; see `errors` for the subclasses.
        """
        active = sys.exception()  # what the caller is handling: it stays as it is
        try:
            state = self._state
            state.check_open()
            call = Call(state, self._options, request, self._prepare(request))
            loop = state.loops.get(current_token().native_token) or await self._new_loop_state(state)
            try:
                while True:
                    if loop.rate_limit_lock.locked() or call.try_acquire() > 0:  # calls that wait already go first
                        await _wait_for_rate_limit(call, loop)
                    try:
                        await self._exchange(call, state, loop)
                    except BaseException as error:
                        call.on_error(error)
                    if (response := call.result()) is not None:
                        return response
                    with _move_on_after(call.delay):
                        await loop.closing.wait()  # ends early when the client is closed
            except BaseException:
                call.release()
                raise
        except BaseException as error:  # the frames of network code hold the key, or what the server sent
            raise without_secrets(error, active, self._config.redact)  # noqa: B904

    async def _exchange(self, call: Call[Any], state: AsyncState, loop: LoopState) -> None:
        """Send a request and read the response."""
        request = call.next_request()
        await _acquire_connection(loop, request)
        try:
            with _move_on_after(call.remaining):
                response = await loop.http.send(request, stream=True, auth=NO_AUTH, follow_redirects=False)
                try:
                    return await _read(response, call)
                finally:
                    # If the client was closed during the request, its pool no longer closes this connection.
                    limit_reuse(response, is_last=state.closed and loop.http is not self._config.http_client)
                    # Closing a response of aiohttp does not suspend, so nothing can cancel it.
                    await (response.aclose() if self._transport_name == "aiohttp" else _shielded(response.aclose()))
            raise TimeoutError
        except BaseException:
            from .custom_client import discard_lost_connections  # not at the top: it imports httpcore

            for connection in discard_lost_connections(loop.http, request.url):
                await _shielded(connection.aclose())
            raise
        finally:
            loop.connection_slots.release()

    async def _new_loop_state(self, state: AsyncState) -> LoopState:
        """Create and return the state of the running event loop."""
        http_client = self._config.http_client
        if http_client is not None and state.loops:
            raise UsageError("http_client: its connections belong to another event loop; use a client for each loop")
        for token in [token for token, loop in list(state.loops.items()) if loop.has_ended]:
            state.loops.pop(token, None)
        if http_client is not None:
            state.register_http_client(http_client)
            loop = LoopState(http_client, state.max_connections)
        else:
            from .network import AsyncHTTPClient

            http = AsyncHTTPClient(transport=self._new_transport(state), trust_env=False)
            loop = LoopState(http, state.max_connections)
            await loop.close_with_loop(state)
        state.loops[current_token().native_token] = loop
        return loop

    async def close(self) -> None:
        """Close the connections. Calls in progress fail, and further ones are refused.

        An `http_client` that was passed in stays open: its owner closes it. A client of `with_options` closes nothing.
        """
        if not self._owns_connections:
            return
        state = self._state
        state.closed = True
        own = state.loops.pop(current_token().native_token, None)
        for loop in list(state.loops.values()):
            loop.close_soon()
        if own is not None:
            await own.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def aclose(self) -> None:
        """Close the connections, as `close` does."""
        await self.close()

    def _new_transport(self, state: AsyncState) -> httpx.AsyncBaseTransport:
        tls_context, proxy = environment.tls_context_for(self._config.base_url), state.environment_proxy()
        if self._transport_name == "aiohttp":
            if not isinstance(current_token().native_token, asyncio.AbstractEventLoop):
                raise UsageError('transport: "aiohttp" needs asyncio; use "httpx" on trio')
            if proxy is not None and proxy.url.scheme.startswith("socks"):
                raise UsageError('transport: "aiohttp" does not support SOCKS proxies; use "httpx", or set NO_PROXY')
            try:
                from .aiohttp_transport import AiohttpTransport
            except OSError as error:  # aiohttp sets up TLS when it is imported
                raise environment.tls_error(error) from None
            return AiohttpTransport(tls_context, proxy)
        from .network import AsyncTransport

        return AsyncTransport(tls_context, proxy)


async def _read(response: httpx.Response, call: Call[Any]) -> None:
    """Read the body of a response up to the limit for its status."""
    if (body := call.on_head(response)) is None:
        return
    stream: Any = response.stream
    async for chunk in stream:
        if not body.feed(chunk):
            break


async def _acquire_connection(loop: LoopState, request: httpx.Request) -> None:
    """Wait until a connection may be used."""
    try:
        loop.connection_slots.acquire_nowait()
    except anyio.WouldBlock:
        with _move_on_after(request.extensions["timeout"]["pool"]):
            await loop.connection_slots.acquire()
            return
        raise httpx.PoolTimeout("all connections are in use") from None


async def _wait_for_rate_limit(call: Call[Any], loop: LoopState) -> None:
    """Wait until the rate limit allows a request: one call waits for it, the others queue behind."""
    with _move_on_after(call.remaining):
        async with loop.rate_limit_lock:
            while delay := call.try_acquire():
                with _move_on_after(delay):
                    await anyio.sleep_forever()
            return
    call.raise_rate_limited()


def _checked_transport(transport: TransportName, http_client: httpx.AsyncClient | None) -> TransportName:
    if transport not in ("httpx", "aiohttp"):  # not a set: what is passed may not be hashable
        raise UsageError(f'transport: expected "httpx" or "aiohttp", got {transport!r:.40}')
    if transport == "aiohttp":
        if http_client is not None:
            raise UsageError('pass either transport="aiohttp" or http_client, not both')
        if not environment.is_installed("aiohttp"):
            raise UsageError(f'transport: "aiohttp" needs `pip install "{_DISTRIBUTION}[aiohttp]"`')
    return transport


async def _shielded(closing: Coroutine[Any, Any, None]) -> None:
    """Await a coroutine that ends even if this task is cancelled: httpcore would lose a connection."""
    with anyio.CancelScope(shield=True):
        if isinstance(current_token().native_token, asyncio.AbstractEventLoop):
            await asyncio.shield(closing)  # which task.cancel() does not stop either
        else:
            await closing


def _move_on_after(seconds: float) -> AbstractContextManager[object]:
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
