# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The base of `Client`, which sends calls. `async_client` is the asynchronous twin."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Self, TypeVar
from weakref import WeakSet

from ..types import Response
from . import environment
from .api_request import APIRequest
from .call import FAULTS, NO_AUTH, Call
from .client_base import ClientBase, ClientState
from .config import ClientConfig
from .failures import is_raised_by_hook, without_secrets
from .http_library import POOL_RACES, httpx, limit_reuse
from .timing import current_exchange, now

T = TypeVar("T")


class SyncState(ClientState[httpx.Client]):
    """The state that the threads of one process share."""

    def __init__(self, config: ClientConfig[httpx.Client], parent: SyncState | None) -> None:
        super().__init__(config, parent)
        self.lock = threading.RLock()  # a signal handler may close the client while its thread holds this
        self.rate_limit_lock = threading.Lock()  # held by the call that waits for it; others queue behind
        # Not an event and a semaphore, which are in Python: an interrupt may leave them locked.
        self.closing = SimpleQueue[None]()  # holds an item from when the client is closed
        self.connection_slots: SimpleQueue[None]  # set with `http`; holds an item for each connection that may be used
        self.http: httpx.Client | None = None
        self.opened = WeakSet[httpx.Client]()  # those that are ours, with any that an interrupt replaced


class SyncAPIClient(ClientBase[httpx.Client, SyncState]):
    """Sends calls with `httpx.Client`; many threads may share it."""

    _state_type = SyncState

    def _send(self, request: APIRequest[T]) -> Response[T]:
        """Make a call, retries included.

        Raises:
            APIError: The call failed; see `errors` for the subclasses.
        """
        active = sys.exception()  # what the caller is handling: it stays as it is
        try:
            state = self._state
            state.check_open()
            call = Call(state, self._options, request, self._prepare(request))
            try:
                while True:
                    if state.rate_limit_lock.locked() or call.try_acquire() > 0:  # calls that wait already go first
                        _wait_for_rate_limit(call, state)
                    try:
                        self._exchange(call, state)
                    except BaseException as error:
                        call.on_error(error)
                    if (response := call.result()) is not None:
                        return response
                    _wait(state, call.delay)
            except BaseException:
                call.release()
                raise
        except BaseException as error:  # the frames of network code hold the key, or what the server sent
            raise without_secrets(error, active, self._config.redact)  # noqa: B904

    def _exchange(self, call: Call[Any], state: SyncState) -> None:
        """Send a request and read the response."""
        request = call.next_request()
        http = state.http or self._ensure_http_client(state)
        slots = state.connection_slots  # after that, because a new HTTP client has its own
        try:
            slots.get(timeout=request.extensions["timeout"]["pool"])
        except Empty:
            raise httpx.PoolTimeout("all connections are in use") from None
        outer = current_exchange.ends_at, current_exchange.connection  # of a call whose event hook makes this one
        current_exchange.ends_at, current_exchange.connection = call.ends_at, None
        try:
            response = http.send(request, stream=True, auth=NO_AUTH, follow_redirects=False)
            try:
                _read(response, call)
            finally:
                # If the client was closed or replaced during the request, its pool no longer closes this connection.
                is_abandoned = state.closed or http is not state.http
                limit_reuse(response, is_last=is_abandoned and http is not self._config.http_client)
                try:
                    response.close()
                except POOL_RACES:
                    if http is self._config.http_client:
                        raise
        except BaseException as error:
            from .custom_client import discard_lost_connections  # not at the top: it imports httpcore

            if not isinstance(error, FAULTS) and http is not self._config.http_client:
                state.http = None  # what a signal handler raised may leave a connection locked: begin with new ones
            discard_lost_connections(http, request.url)  # which are closed already
            is_of_hook = isinstance(error, httpx.HTTPStatusError) or is_raised_by_hook(error)
            if current_exchange.connection is not None and not is_of_hook:
                current_exchange.connection.close()  # httpcore leaves it open when a handshake of SOCKS fails
            raise
        finally:
            current_exchange.ends_at, current_exchange.connection = outer
            slots.put(None)

    def _ensure_http_client(self, state: SyncState) -> httpx.Client:
        """Return the HTTP client of this process; create it on first use. It opens connections on demand."""
        config = self._config
        with state.lock:
            state.check_open()
            if state.http is not None:
                return state.http
            if (http := config.http_client) is not None:
                from .custom_client import install_deadline_backend

                state.register_http_client(http)
                install_deadline_backend(http)
            else:
                from .network import HTTPClient, Transport

                transport = Transport(environment.tls_context_for(config.base_url), state.environment_proxy())
                http = HTTPClient(transport=transport, trust_env=False)
                state.opened.add(http)
            slots = SimpleQueue[None]()
            for _ in range(state.max_connections):
                slots.put(None)
            state.connection_slots, state.http = slots, http
            return http

    def close(self) -> None:
        """Close the connections. Calls in progress fail, and further ones are refused.

        An `http_client` that was passed in stays open: its owner closes it. A client of `with_options` closes nothing.
        """
        if not self._owns_connections:
            return
        state = self._state
        with state.lock:
            state.closed = True
            opened = list(state.opened)
        state.closing.put(None)
        for http in opened:
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _read(response: httpx.Response, call: Call[Any]) -> None:
    """Read the body of a response up to the limit for its status."""
    if (body := call.on_head(response)) is None:
        return
    stream: Any = response.stream
    for chunk in stream:
        if not body.feed(chunk):
            break
        if now() > call.ends_at:
            raise TimeoutError


def _wait(state: SyncState, seconds: float) -> None:
    """Wait, or return early when the client is closed: the item is put back for the others."""
    with suppress(Empty):
        state.closing.put(state.closing.get(timeout=seconds))


def _wait_for_rate_limit(call: Call[Any], state: SyncState) -> None:
    """Wait until the rate limit allows a request: one call waits for it, the others queue behind."""
    if not state.rate_limit_lock.acquire(timeout=call.remaining):
        call.raise_rate_limited()
    try:
        while delay := call.try_acquire():
            time.sleep(delay)
    finally:
        state.rate_limit_lock.release()
