"""Calls against the state machine `Call`, with a clock and a server of the tests' own: no sockets, no waiting."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
from stablecog_client import APIError, Client, CreditsResponse, Response
from stablecog_client._runtime import failures
from stablecog_client._runtime.api_request import APIRequest
from stablecog_client._runtime.call import FAULTS, Call
from stablecog_client._runtime.responses import RawResponse
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
        return httpx.Response(self.status, headers=raw, request=request)


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
        return self.client._states.get()  # pyright: ignore[reportPrivateUsage]

    def list(self) -> CreditsResponse:
        """`client.credits.list()`."""
        response: Response[CreditsResponse] = self.send(GET_CREDITS)
        return response.parsed

    def send(self, request: APIRequest[Any]) -> Response[Any]:
        """Make a call, as `SyncAPIClient._send` does."""
        active = sys.exception()
        try:
            client: Any = self.client
            call = Call[Any](self.state, client._options, request, *client._prepare(request))
            while True:
                while delay := call.try_acquire():
                    self.clock.now += delay
                try:
                    raw = self._exchange(call)
                except FAULTS as error:
                    if call.is_callers_error(error):
                        raise
                    error.__traceback__ = None  # frames of this module, in place of those of an HTTP library
                    call.on_error(error)
                else:
                    if (response := call.on_response(raw)) is not None:
                        return response
                self.waits.append(call.delay)
                self.clock.now += call.delay
        except APIError as error:
            raise failures.strip_network_frames(error, active).with_traceback(None)  # noqa: B904

    def _exchange(self, call: Call[Any]) -> RawResponse:
        request = call.next_request()
        event = self._events[min(len(self.requests), len(self._events) - 1)]
        self.requests.append(request)
        try:
            if isinstance(event, Exception):
                raise event
            reply = event if isinstance(event, Reply) else event(request)
            timeout: float = request.extensions["timeout"]["read"]
            if reply.seconds > timeout:
                self.clock.now += timeout
                raise httpx.ReadTimeout("")
            self.clock.now += reply.seconds
            raw = call.on_head(reply.of(request))
            body = raw.new_body()
            if body.feed(reply.body) and reply.truncated_by and raw.is_success:
                raise reply.truncated_by
            raw.content = body.finish()
            return raw
        except httpx.HTTPStatusError as error:
            return call.response_from_status_error(error)
        except BaseException:
            call.on_no_response()
            raise
