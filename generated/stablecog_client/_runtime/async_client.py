# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""How `AsyncClient` sends its calls. `sync_client` is its synchronous twin.

It is a module of its own, because anyio and asyncio take longer to import than all of this package.
"""

from __future__ import annotations

import threading
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import anyio
from anyio import from_thread
from anyio.lowlevel import current_token

from ..errors import APIError, UsageError
from ..types import Response, Unset
from . import environment
from .api_request import APIRequest
from .bodies import BoundedBody
from .call import FAULTS, NO_AUTH, TRUNCATIONS, Call, RawResponse
from .client_base import ClientBase
from .client_state import ClientState
from .clock import is_frozen
from .config import APIConfig, ClientConfig, default_options
from .failures import is_aiohttp_error
from .http_library import httpx
from .per_process import PerProcess

T = TypeVar("T")

Transport = Literal["httpx", "aiohttp"]


class LoopState:
    """What the tasks of one event loop share."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.wait_lock = anyio.Lock()  # held by the call that waits for the rate limit; others queue behind it
        self.closing = anyio.Event()
        self.connections: AsyncGenerator[LoopState] | None = None


class AsyncState(ClientState[httpx.AsyncClient]):
    """What the event loops of one process share; each has connections of its own."""

    def __init__(
        self, config: ClientConfig[httpx.AsyncClient], transport: Transport, parent: AsyncState | None
    ) -> None:
        super().__init__(config, parent)
        self.transport = transport
        self.loops: dict[object, LoopState] = {}


class AsyncAPIClient(ClientBase[httpx.AsyncClient, AsyncState]):
    """Sends calls with `httpx.AsyncClient`; many tasks may share it, on asyncio or trio."""

    def __init__(
        self,
        api: APIConfig,
        *,
        api_key: str | None,
        base_url: str | None,
        timeout: float | Unset,
        deadline: float | Unset,
        max_retries: int | Unset,
        allow_http: bool,
        http_client: httpx.AsyncClient | None,
        transport: Transport,
    ) -> None:
        config = ClientConfig(api, api_key, base_url, allow_http, http_client, http_client_type=httpx.AsyncClient)
        options = default_options(http_client).changed(timeout, deadline, max_retries)
        transport = _checked_transport(transport, http_client)
        super().__init__(config, options, PerProcess(lambda parent: AsyncState(config, transport, parent)))

    async def _send(self, request: APIRequest[T]) -> Response[T]:
        """Make a call, retries included.

        Raises:
            APIError: One of the errors of `errors`.
        """
        try:
            state = self._state.get()
            state.check_open()
            call = Call(state, self._options, request, *self._prepare(request))
            loop = state.loops.get(current_token().native_token) or await self._connect(state)
            while True:
                if loop.wait_lock.locked() or call.try_acquire():  # calls that wait already go first
                    await _wait_for_slot(call, loop)
                try:
                    raw = await self._exchange(call, loop.http)
                except FAULTS as error:
                    if call.is_foreign(error):
                        raise
                    delay = call.on_error(error)
                else:
                    outcome = call.on_response(raw)
                    if isinstance(outcome, Response):
                        return outcome
                    delay = outcome
                with _move_on_after(delay):
                    await loop.closing.wait()
        except (APIError, anyio.get_cancelled_exc_class()) as error:
            # The frames below hold the key, or what the server sent.
            raise error.with_traceback(None)  # noqa: B904

    async def _exchange(self, call: Call[Any], http: httpx.AsyncClient) -> RawResponse:
        """Send a request and read the response."""
        body: BoundedBody | None = None
        try:
            with _move_on_after(call.remaining):
                request = call.next_request()
                response = await http.send(request, stream=True, auth=NO_AUTH, follow_redirects=False)
                try:
                    raw = call.on_head(response)
                    if response.is_stream_consumed:  # by an event hook of the caller's
                        raw.content = response.content
                        return raw
                    body = raw.new_body()
                    stream: Any = response.stream
                    try:
                        async for chunk in stream:
                            if not body.feed(chunk):
                                break
                    except TRUNCATIONS:
                        if raw.is_success:  # a truncated error is still reported
                            raise
                    raw.content = body.finish()
                    return raw
                finally:
                    await response.aclose()
            return call.response_at_deadline(body)
        except httpx.HTTPStatusError as error:  # raised by an event hook of the caller's
            return call.response_from_status_error(error)
        except BaseException as error:
            call.on_no_response()
            if is_aiohttp_error(error):  # from an http_client over aiohttp
                raise httpx.RemoteProtocolError(str(error)) from error
            raise

    async def _connect(self, state: AsyncState) -> LoopState:
        """Return the state of the running event loop, made now."""
        http_client = self._config.http_client
        if http_client is not None and state.loops:
            raise UsageError("http_client: its connections belong to another event loop; use a client for each loop")
        token = current_token().native_token
        for ended in [loop for loop in list(state.loops) if getattr(loop, "is_closed", bool)()]:
            state.loops.pop(ended, None)
        if http_client is not None:
            state.register_http_client(http_client)
            state.loops[token] = LoopState(http_client)
            return state.loops[token]
        connections = self._connections(state, token)
        loop = await anext(connections)
        loop.connections = connections
        return loop

    async def _connections(self, state: AsyncState, token: object) -> AsyncGenerator[LoopState]:
        """Open connections for one event loop. They are closed with it: a loop ends its generators before itself."""
        from .network import AsyncHTTPClient

        http = AsyncHTTPClient(self._new_transport(state))
        state.loops[token] = LoopState(http)
        try:
            yield state.loops[token]
        finally:
            state.loops.pop(token, None)
            await http.aclose()

    async def close(self) -> None:
        """Close the connections. Calls in progress fail, and further ones are refused.

        An `http_client` that was passed in stays open: its owner closes it.
        """
        if not self._owns_connections:
            return
        state = self._state.get()
        state.closed = True
        loop = state.loops.pop(current_token().native_token, None)
        if loop is not None:
            loop.closing.set()
            if loop.connections is not None:
                await loop.connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def aclose(self) -> None:
        """Close the connections, as `close` does."""
        await self.close()

    def _new_transport(self, state: AsyncState) -> httpx.AsyncBaseTransport:
        tls_context, proxy = environment.tls_context_for(self._config.base_url), state.environment_proxy()
        if state.transport == "aiohttp":
            if not isinstance(current_token().native_token, AbstractEventLoop):
                raise UsageError('transport: "aiohttp" needs asyncio; use "httpx" on trio')
            if proxy is not None and proxy.url.scheme.startswith("socks"):
                raise UsageError('transport: "aiohttp" does not support SOCKS proxies; use "httpx", or set NO_PROXY')
            from .aiohttp_transport import AiohttpTransport

            return AiohttpTransport(tls_context, proxy)
        from .network import AsyncTransport

        return AsyncTransport(tls_context, proxy)


async def _wait_for_slot(call: Call[Any], loop: LoopState) -> None:
    """Wait until the rate limit allows a request: one call waits for it, the others queue behind."""
    with _move_on_after(call.remaining):
        async with loop.wait_lock:
            while delay := call.try_acquire():
                with _move_on_after(delay):
                    await anyio.sleep_forever()
            return
    call.raise_no_slot()


def _move_on_after(seconds: float) -> AbstractContextManager[object]:
    """Cancel what is done inside after some seconds."""
    return _move_on_after_by_thread(seconds) if is_frozen() else anyio.move_on_after(seconds)


@contextmanager
def _move_on_after_by_thread(seconds: float) -> Generator[None]:
    """Cancel what is done inside after some seconds, also where the event loop's own timers never end."""
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


def _checked_transport(transport: Transport, http_client: httpx.AsyncClient | None) -> Transport:
    if transport not in {"httpx", "aiohttp"}:
        raise UsageError(f'transport: expected "httpx" or "aiohttp", got {transport!r:.40}')
    if transport == "aiohttp":
        if http_client is not None:
            raise UsageError('transport: "aiohttp" and an http_client exclude each other; pass one of them')
        if not environment.is_installed("aiohttp"):
            raise UsageError(f'transport: "aiohttp" needs `pip install "{_DISTRIBUTION}[aiohttp]"`')
    return transport


_DISTRIBUTION = __name__.partition(".")[0].replace("_", "-")
