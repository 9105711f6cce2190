"""How `Client` sends; many threads may share it. base_async_client.py is its twin."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import httpx

from . import transport
from .call import CUT_OFF, FAULTS, Answer, Call
from .errors import APIError
from .request import Request
from .shared import WithShared
from .types import Response

T = TypeVar("T")


class BaseClient(WithShared[httpx.Client]):
    """Sends with `httpx.Client`; many threads may share it."""

    _kind = httpx.Client

    def _start(self) -> None:
        self._inherited = getattr(self, "_http", None)  # kept: to let go of it would disturb the process that forked
        self._http: httpx.Client | None = None
        self._handle: Callable[[httpx.Request], httpx.Response] | None = None
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._turnstile = threading.Lock()

    def send(self, request: Request[T]) -> Response[T]:
        """Make the call of an operation's module.

        Raises:
            APIError: One of the errors of `errors`.
        """
        try:
            call = Call(self._shared, request)
            while True:
                if self._turnstile.locked() or call.take_turn():  # whoever waits there goes first
                    self._queue(call)
                try:
                    answer = self._exchange(call)
                except FAULTS as error:
                    delay = call.failed(error)
                else:
                    outcome = call.answered(answer)
                    if isinstance(outcome, Response):
                        return outcome
                    delay = outcome
                self._closing.wait(delay)
        except (APIError, KeyboardInterrupt) as error:
            # The frames below hold the key, or what the server said.
            raise error.with_traceback(None)  # noqa: B904

    def _queue(self, call: Call[Any]) -> None:
        """Wait for the call's turn under the rate limit: one looks out for it, the others stand behind."""
        if not self._turnstile.acquire(timeout=call.left):
            call.no_turn_in_time()
        try:
            while delay := call.take_turn():
                time.sleep(delay)
        finally:
            self._turnstile.release()

    def _exchange(self, call: Call[Any]) -> Answer:
        try:
            response = self._open()(call.http_request())
            try:
                if response.is_stream_consumed:  # by an event hook of the caller's
                    return Answer(response.status_code, response.headers, response.content)
                body = call.body(response)
                try:
                    for chunk in cast("httpx.SyncByteStream", response.stream):
                        if not body.feed(chunk):
                            break
                        call.check_deadline()
                except CUT_OFF:
                    if response.is_success:
                        raise
                return Answer(response.status_code, response.headers, body.finish())
            finally:
                response.close()
        except httpx.HTTPStatusError as error:  # raised by an event hook of the caller's
            return call.judged(error)
        except BaseException:
            call.unanswered()
            raise

    def _open(self) -> Callable[[httpx.Request], httpx.Response]:
        """What sends a request, over connections that are opened when they are first needed."""
        if self._handle is None:
            with self._lock:
                self._shared.check_open()
                if self._handle is None:
                    self._handle = self._opened()
        return self._handle

    def _opened(self) -> Callable[[httpx.Request], httpx.Response]:
        from .time_limits import hold_to_time_limits

        options = self._shared.options
        http = options.http_client or transport.new_client(httpx.Client, options.base_url, options.trust_env)
        hold_to_time_limits(http)
        self._shared.note_connections(http)
        if http is options.http_client:
            return partial(http.send, stream=True, auth=None, follow_redirects=False)
        self._http = http
        direct: httpx.BaseTransport = transport.transport_for(http, options.base_url)
        return direct.handle_request

    def close(self) -> None:
        """Close the connections. Calls under way fail, and further ones are refused.

        An `http_client` that was passed in stays open: it is its owner's to close.
        """
        with self._lock:
            self._shared.closed = True
        self._closing.set()
        if self._http is not None:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
