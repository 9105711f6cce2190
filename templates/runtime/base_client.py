"""How the clients send: `BaseClient` with threads in mind, `BaseAsyncClient` on event loops."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, NoReturn, Self, TypeVar

import httpx

from . import retries, transport
from .call import Answer, Call, without_secrets
from .errors import APIResponseValidationError, UsageError
from .rate_limit import RateLimit
from .request import API, Request
from .types import Response

T = TypeVar("T")
H = TypeVar("H", httpx.Client, httpx.AsyncClient)

TIMEOUT = 10.0
DEADLINE = 30.0
MAX_RETRIES = 5

# What sending and reading can raise, that a further attempt or an error of ours answers.
FAULTS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, APIResponseValidationError)


class Options(Generic[H]):
    """Options, and what all calls of a client share."""

    def __init__(
        self,
        api: API,
        api_key: str | None,
        base_url: str | None,
        timeout: float,
        deadline: float,
        max_retries: int,
        allow_http: bool,
        http_client: H | None,
    ) -> None:
        self._api = api
        self.timeout = _seconds("timeout", timeout)
        self.deadline = _seconds("deadline", deadline)
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"max_retries: expected a whole number of at least 0, got {max_retries!r}")
        self.max_retries = max_retries
        self.base_url = self._checked_base_url(base_url, allow_http)
        self._key, self._redact = self._checked_key(api_key)
        self.budget = retries.Budget()
        self.rate_limit = RateLimit(*api.rate_limit) if api.rate_limit else None
        self._given: H | None = http_client
        self.closed = False

    def url(self, request: Request[Any]) -> httpx.URL:
        if self.closed:
            raise UsageError("the client is closed; make a new one")
        if request.security is not None and self._key is None:
            raise UsageError(self._key_advice("no API key was given"))
        return self.base_url.copy_with(raw_path=self.base_url.raw_path.rstrip(b"/") + request.target().encode())

    def http_request(self, request: Request[Any], url: httpx.URL, extensions: dict[str, Any]) -> httpx.Request:
        arguments = request.arguments()
        headers, params, cookies = arguments["headers"], arguments["params"], arguments["cookies"]
        headers["user-agent"] = self._api.user_agent
        headers["accept-encoding"] = transport.ACCEPT_ENCODING
        if request.security is not None and self._key is not None:
            place = {"header": headers, "query": params, "cookie": cookies}[request.security.place]
            place[request.security.name] = request.security.credentials(self._key())
        if not params:
            arguments["params"] = None
        return httpx.Request(request.method, url, extensions=extensions, **arguments)

    def redact(self, text: str) -> str:
        """The text without the key, should the server have sent it back."""
        return self._redact(text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={without_secrets(self.base_url)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be pickled or copied: it holds connections and a key")

    def _checked_base_url(self, base_url: str | None, allow_http: bool) -> httpx.URL:
        variable = f"{self._api.environment}_BASE_URL"
        given = base_url if base_url is not None else os.environ.get(variable) or self._api.base_url
        if not given:
            raise UsageError(f"base_url: none was given, and the contract names no server; set it or {variable}")
        try:
            url = httpx.URL(given)
        except (httpx.InvalidURL, TypeError) as error:
            raise UsageError(f"base_url: expected a URL such as https://api.example.com ({error})") from None
        if url.scheme not in {"http", "https"} or not url.host:
            raise UsageError("base_url: expected an http or https URL with a host, such as https://api.example.com")
        if url.userinfo:
            raise UsageError("base_url: a user or password in it would go astray; pass api_key instead")
        if url.scheme == "http" and not allow_http and not _is_loopback(url.host):
            raise UsageError(
                "base_url: http:// would send the API key unencrypted; use https://, or pass allow_http=True"
            )
        return url

    def _checked_key(self, api_key: str | None) -> tuple[Callable[[], str] | None, Callable[[str], str]]:
        """What tells the key, and what strikes it from a text. No attribute holds it."""
        if api_key is None:
            api_key = os.environ.get(f"{self._api.environment}_API_KEY")
        if api_key is None:
            if self._api.key_required:
                raise UsageError(self._key_advice("no API key was given"))
            return None, lambda text: text
        key = api_key
        if problem := _key_problem(key):
            del api_key, key
            raise UsageError(self._key_advice(problem))
        return lambda: key, lambda text: text.replace(key, "<redacted>")

    def _key_advice(self, problem: str) -> str:
        return f"api_key: {problem}; pass api_key=... or set {self._api.environment}_API_KEY"


class BaseClient(Options[httpx.Client]):
    """Sends with `httpx.Client`; many threads may share it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._http: httpx.Client | None = self._given
        self._lock = threading.Lock()
        self._gate = threading.Semaphore(self.rate_limit.requests if self.rate_limit else 1)
        self._pid = os.getpid()
        if self._given is not None:
            transport.hold_to_time_limits(self._given)

    def send(self, request: Request[T]) -> Response[T]:
        """Make a call.

        Raises:
            APIError: One of the errors of `errors`.
        """
        call = Call(self, request)
        while True:
            while turn := call.turn():
                time.sleep(turn.delay)
                if turn.is_valid():
                    break
            try:
                answer = self._exchange(call)
            except FAULTS as error:
                delay = call.failed(error)
            else:
                outcome = call.answered(answer)
                if isinstance(outcome, Response):
                    return outcome
                delay = outcome
            time.sleep(delay)

    def _exchange(self, call: Call[Any]) -> Answer:
        gated = self.rate_limit is not None and self.rate_limit.enforced
        if gated and not self._gate.acquire(timeout=call.left):
            call.out_of_turn()
        try:
            response = self._client().send(call.http_request(), stream=True, follow_redirects=False)
            try:
                body = call.body(response)
                for chunk in response.iter_raw():
                    if not body.feed(chunk):
                        break
                    call.check_deadline()
                return Answer(response.status_code, response.headers, body.finish())
            finally:
                response.close()
        finally:
            if gated:
                self._gate.release()

    def _client(self) -> httpx.Client:
        if self._http is None or (self._given is None and self._pid != os.getpid()):
            with self._lock:  # after a fork too: processes must not share connections
                if self._http is None or self._pid != os.getpid():
                    self._http = httpx.Client(verify=transport.tls_for(self.base_url), timeout=self.timeout)
                    transport.hold_to_time_limits(self._http)
                    self._pid = os.getpid()
        return self._http

    def close(self) -> None:
        """Close the connections. Calls under way fail, and further ones are refused.

        An `http_client` that was passed in stays open: it is its owner's to close.
        """
        self.closed = True
        if self._http is not None and self._given is None:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Loop:
    """What belongs to one event loop: connections and the gate."""

    def __init__(self, http: httpx.AsyncClient, width: int) -> None:
        self.http = http
        self.gate = asyncio.Semaphore(width)


class BaseAsyncClient(Options[httpx.AsyncClient]):
    """Sends with `httpx.AsyncClient`; many tasks may share it, and each event loop has connections of its own."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._loops: dict[asyncio.AbstractEventLoop, _Loop] = {}
        self._pid = os.getpid()

    async def send(self, request: Request[T]) -> Response[T]:
        """Make a call.

        Raises:
            APIError: One of the errors of `errors`.
        """
        call = Call(self, request)
        while True:
            while turn := call.turn():
                await asyncio.sleep(turn.delay)
                if turn.is_valid():
                    break
            try:
                async with asyncio.timeout(call.left):
                    answer = await self._exchange(call)
            except FAULTS as error:
                delay = call.failed(error)
            else:
                outcome = call.answered(answer)
                if isinstance(outcome, Response):
                    return outcome
                delay = outcome
            await asyncio.sleep(delay)

    async def _exchange(self, call: Call[Any]) -> Answer:
        loop = self._loop()
        gated = self.rate_limit is not None and self.rate_limit.enforced
        if gated:
            await loop.gate.acquire()
        try:
            response = await loop.http.send(call.http_request(), stream=True, follow_redirects=False)
            try:
                body = call.body(response)
                async for chunk in response.aiter_raw():
                    if not body.feed(chunk):
                        break
                return Answer(response.status_code, response.headers, body.finish())
            finally:
                await response.aclose()
        finally:
            if gated:
                loop.gate.release()

    def _loop(self) -> _Loop:
        running = asyncio.get_running_loop()
        if (found := self._loops.get(running)) is not None and self._pid == os.getpid():
            return found
        width = self.rate_limit.requests if self.rate_limit else 1
        if self._pid != os.getpid():  # a fork must not share connections
            self._loops, self._pid = {}, os.getpid()
        self._loops = {loop: state for loop, state in self._loops.items() if not loop.is_closed()}
        if self._given is None:
            http = httpx.AsyncClient(verify=transport.tls_for(self.base_url), timeout=self.timeout)
        elif not self._loops:
            http = self._given
        else:
            raise UsageError("http_client: its connections belong to another event loop; use a client for each loop")
        return self._loops.setdefault(running, _Loop(http, width))

    async def close(self) -> None:
        """Close the connections. Calls under way fail, and further ones are refused.

        An `http_client` that was passed in stays open: it is its owner's to close.
        """
        self.closed = True
        state = self._loops.pop(asyncio.get_running_loop(), None)
        if state is not None and self._given is None:
            await state.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


def _key_problem(key: object) -> str | None:
    if not isinstance(key, str):
        return f"expected a string, got {type(key).__name__}"
    if not key.strip():
        return "the key is blank"
    if "\n" in key or "\r" in key:
        return "the key has a line break in it, was it read from a file?"
    if key != key.strip():
        return "the key has white space around it"
    if any(character.isspace() for character in key):
        return "the key has white space inside it"
    if not key.isascii():
        return "the key has a character outside ASCII"
    if not key.isprintable():
        return "the key has a control character in it"
    return None


def _seconds(option: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"{option}: expected a positive number of seconds, got {value!r}")
    return float(value)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
