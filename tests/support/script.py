"""Calls against the state machine `Call`, with a clock and a server of the tests' own: no sockets, no waiting."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
from stablecog_client import APIError, Client, CreditsResponse, Response
from stablecog_client._runtime import failures
from stablecog_client._runtime.api_request import APIRequest
from stablecog_client._runtime.call import Call
from stablecog_client.api.credits import list_credits

from tests.support.faults import KEY, TWO_CREDITS

URL = "https://api.example.com"
LIST = f"GET {URL}/v1/credits"  # what errors and logs call the request

GET_CREDITS: APIRequest[CreditsResponse] = vars(list_credits)["_REQUEST"]


class Clock:
    """Stands for the module `time`. Only what waits moves it on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_795_000_000.0 + self.now


class Reply(NamedTuple):
    """A response.

    Attributes:
        headers: Its headers besides the media type.
        seconds: How long the server takes to begin it.
        truncated_by: What is raised after its body.
    """

    status: int = 200
    body: bytes = TWO_CREDITS
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    truncated_by: Exception | None = None

    def of(self, request: httpx.Request) -> httpx.Response:
        headers = [("content-type", self.content_type)] if self.content_type else []
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in [*headers, *self.headers]]
        return httpx.Response(self.status, headers=raw, request=request, stream=httpx.SyncByteStream())  # unread


OK = Reply()


def text(status: int, words: str = "Something is wrong.", *headers: tuple[str, str]) -> Reply:
    """A response as the server's router and middlewares give it."""
    return Reply(status, words.encode(), "text/plain; charset=utf-8", headers)


def redirect(location: str, status: int = 302) -> Reply:
    return text(status, "Over there.", ("Location", location))


# What follows a request: a response, no response, or one that depends on the request.
Event = Reply | Exception | Callable[[httpx.Request], Reply]


class ScriptedClient:
    """A client whose requests meet one event after the other; the last one meets all that follow.

    Attributes:
        requests: The requests that were sent.
        waits: Seconds between attempts.
    """

    def __init__(self, clock: Clock, *events: Event, **options: Any) -> None:
        self.client = Client(options.pop("api_key", KEY), base_url=URL, **options)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        self.clock = clock
        self._events = events

    @property
    def state(self) -> Any:
        """What the calls of the client share."""
        return self.client._state  # pyright: ignore[reportPrivateUsage]

    def list(self) -> CreditsResponse:
        """`client.credits.list()`."""
        response: Response[CreditsResponse] = self.send(GET_CREDITS)
        return response.parsed

    def send(self, request: APIRequest[Any]) -> Response[Any]:
        """Make a call, as `SyncAPIClient._send` does."""
        active = sys.exception()
        client: Any = self.client
        try:
            call = Call[Any](self.state, client._options, request, client._prepare(request))
            while True:
                while delay := call.try_acquire():
                    self.clock.now += delay
                try:
                    self._exchange(call)
                except Exception as error:
                    error.__traceback__ = None  # frames of this module, in place of those of an HTTP library
                    call.on_error(error)
                if (response := call.result()) is not None:
                    return response
                self.waits.append(call.delay)
                self.clock.now += call.delay
        except APIError as error:
            raise failures.without_secrets(error, active, client._config.redact).with_traceback(None)  # noqa: B904

    def _exchange(self, call: Call[Any]) -> None:
        request = call.next_request()
        event = self._events[min(len(self.requests), len(self._events) - 1)]
        self.requests.append(request)
        if isinstance(event, Exception):
            raise event
        reply = event if isinstance(event, Reply) else event(request)
        timeout: float = request.extensions["timeout"]["read"]
        if reply.seconds > timeout:
            self.clock.now += timeout
            raise httpx.ReadTimeout("")
        self.clock.now += reply.seconds
        body = call.on_head(reply.of(request))
        if body is not None and body.feed(reply.body) and reply.truncated_by:
            raise reply.truncated_by
