"""One call from request to result: what to send, when to send it again, what to make of the answers.

It decides without input or output; `BaseClient` and `BaseAsyncClient` send, read and sleep as it says.
"""

from __future__ import annotations

import logging
import sys
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

import httpx

from . import bodies, faults, retries
from .errors import APIConnectionError, APIError, APIResponseValidationError, APITimeoutError, status_error
from .request import Request, without_secrets
from .types import Response

if TYPE_CHECKING:
    from .shared import Shared

T = TypeVar("T")

MAX_REDIRECTS = 5
STATUSES = frozenset(HTTPStatus)

_logger = logging.getLogger(__package__)

# What sending and reading can raise, that a further attempt or an error of ours answers.
FAULTS = (
    *(httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, APIResponseValidationError),
    RuntimeError,  # httpx: "the client has been closed"; Python: "can't start new thread"
)

# What keeps a request from being sent.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

# What may cut a body short: an error still has its status, a success without its body is none.
CUT_OFF = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.TimeoutException, TimeoutError)


class TimeLimit(float):
    """Seconds that one network operation may take, and when all of them must have ended.

    httpx and httpcore carry it, as the float that it is, from a request to the socket. They would
    allow its seconds for every single read; `time_limits` holds each read to the end.
    """

    __slots__ = ("ends_at",)

    ends_at: float

    def __new__(cls, seconds: float, ends_at: float) -> TimeLimit:
        self = super().__new__(cls, max(0.0, min(seconds, ends_at - time.monotonic())))
        self.ends_at = ends_at
        return self


class Answer:
    """An answer, read. It shows nothing of itself in a traceback: the server may have sent the key back."""

    def __init__(self, status_code: int, headers: httpx.Headers, content: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content


class Call(Generic[T]):
    """One call: the requests that it sends, and what becomes of their answers.

    For each request, a client calls `take_turn`, `http_request` and, when a response begins, `body`; then `answered`
    with the whole answer, or `unanswered` and `failed` where none came. These two say how long to wait for the next.
    """

    def __init__(self, shared: Shared[Any], request: Request[T]) -> None:
        self._shared = shared
        self._options = shared.options
        self._request = request
        self._ends_at = time.monotonic() + shared.options.deadline
        self._sent = 0
        self._redirects = 0
        self._spent = 0  # retries, of the budget
        self._head: Answer  # of the last answer of which a body was to be read
        self._refusal: APIError | None = None  # of the last request, by the rate limit
        # What the caller is handling: Python links it to the errors raised here, but it is not their cause.
        self._handled = sys.exception()
        self._url, self._make = shared.prepare(request)

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self._ends_at - time.monotonic())

    def check_deadline(self) -> None:
        if time.monotonic() > self._ends_at:
            raise TimeoutError

    def take_turn(self) -> float:
        """0, and the request is to be sent now; or seconds after which to ask again.

        Raises:
            APIConnectionError: The client was closed.
            APITimeoutError: The deadline has passed.
        """
        if self._shared.is_closed:
            self._raise(APIConnectionError("the client was closed during the call"))
        delay = self._shared.rate_limit.take_turn() if self._shared.rate_limit else 0.0
        if delay and delay >= self.left:
            self.no_turn_in_time()
        return delay

    def http_request(self) -> httpx.Request:
        """The request to send now."""
        self._sent += 1
        limit = TimeLimit(self._options.timeout, self._ends_at)
        extensions = {"timeout": {"connect": limit, "read": limit, "write": limit, "pool": limit}}
        return self._make(self._url, extensions)

    def body(self, response: httpx.Response) -> bodies.BoundedBody:
        """What collects the body of this response."""
        self._head = Answer(response.status_code, response.headers, b"")
        if response.is_success:
            return bodies.BoundedBody(response.headers, bodies.MAX_BODY, cut=False)
        return bodies.BoundedBody(response.headers, bodies.MAX_ERROR_BODY, cut=True)

    def judged(self, error: httpx.HTTPStatusError) -> Answer:
        """The answer that an event hook took for an error: what it is, is ours to say."""
        if error.request.url != self._url:  # the answer to a request of the hook's own
            self.unanswered()
            raise error
        response = error.response
        content = response.content if response.is_stream_consumed else b""
        return Answer(response.status_code, response.headers, content)

    def unanswered(self) -> None:
        """The request got no whole answer."""
        if self._shared.rate_limit:
            self._shared.rate_limit.unanswered()

    def answered(self, answer: Answer) -> Response[T] | float:
        """The result, or seconds to wait before the next request.

        Raises:
            APIStatusError: The status is not 2xx.
            APIResponseValidationError: The body, or which 2xx it is, is not what the contract says.
        """
        status = answer.status_code
        if self._shared.rate_limit:
            self._shared.rate_limit.answered(status, answer.headers)
        if not 200 <= status < 300:
            return self._refused(answer)
        responses = self._request.responses
        decode = responses.get(str(status)) or responses.get("2XX") or responses.get("default")
        try:
            if decode is None or status not in STATUSES:
                expected = " or ".join(responses)
                raise APIResponseValidationError(f"a documented status ({expected})", str(status))
            parsed = decode(answer.content, answer.headers.get("content-type", ""))
        except APIResponseValidationError as error:
            self._raise(self._with_answer(error, answer), error.__cause__)
        self._shared.budget.earn(self._spent)
        return Response(HTTPStatus(status), answer.headers, answer.content, parsed)

    def failed(self, error: Exception) -> float:
        """Seconds to wait before the next request, after this one got no whole answer.

        Raises:
            APIConnectionError: There is no next one.
        """
        if isinstance(error, APIResponseValidationError):  # the body was too large, or not decodable
            self._raise(self._with_answer(error, self._head))
        if self._shared.is_closed:
            self._raise(APIConnectionError("the client was closed during the call"), error)
        timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
        sent = not isinstance(error, UNSENT)
        causes = faults.causes(error, self._handled)
        told = faults.line(self._options.redact(faults.told(causes)))
        if (self._safe or not sent) and faults.may_pass(causes):
            delay = retries.backoff(self._tried)
            # The server may have closed a connection that was kept alive, which is no news of how it is.
            paid = sent and not timed_out and self._shared.budget.spend_connection()
            if self._retry(delay, told, paid=paid):
                return delay
        doubt = self._doubt if sent else ""
        if not timed_out and self.left > 0:
            advice = faults.advice(causes, self._shared.proxy)
            self._raise(APIConnectionError(f"no answer: {told}; {advice}{doubt}"), error)
        option, seconds = ("timeout", self._options.timeout) if self.left > 0 else ("deadline", self._options.deadline)
        message = f"no {'answer' if sent else 'connection'} within the {option} of {seconds:g} s"
        advice = f"check the network and the server, or raise `{option}` to wait longer"
        self._raise(APITimeoutError(f"{message}; {advice}{doubt}"), error)

    def no_turn_in_time(self) -> NoReturn:
        """The deadline comes before the call's turn under the rate limit."""
        if self._refusal is not None:
            self._raise(self._refusal)
        message = f"the rate limit leaves no room within the deadline of {self._options.deadline:g} s; make fewer calls"
        self._raise(APITimeoutError(message))

    @property
    def _tried(self) -> int:
        """How often the request was made; to follow a redirect is not to try again."""
        return self._sent - self._redirects

    @property
    def _safe(self) -> bool:
        return self._request.method in retries.SAFE_METHODS

    @property
    def _doubt(self) -> str:
        """What to say besides, where nobody knows what became of the request."""
        return "" if self._safe else "; it may have been acted on: look before you send it again"

    def _retry(self, delay: float, reason: str, *, paid: bool) -> bool:
        """Whether there is a next request after this delay; if so, the budget has it, unless it is paid for."""
        if self._tried > self._options.max_retries or delay >= self.left:
            return False
        next_step = f"trying again in {delay:.2f} s"
        again = paid or self._shared.budget.spend()
        if not again:
            next_step = "not tried again, as the budget of retries is spent"
        elif not paid:
            self._spent += 1
        _logger.debug("%s %s: %s; %s", self._request.method, self._shown_url, reason, next_step)
        return again

    def _refused(self, answer: Answer) -> float:
        status = answer.status_code
        if 300 <= status < 400 and (location := answer.headers.get("location")):
            return self._redirected(answer, location)
        asked_for = retries.retry_after(answer.headers.get("retry-after"))
        error = self._status_error(answer, asked_for)
        self._refusal = error if status == 429 else None
        if retries.worth_retrying(status, safe=self._safe):
            delay = max(asked_for or 0.0, retries.backoff(self._tried))
            # While others pass, the rate limit paces the retries, and the budget need not.
            in_turn = status == 429 and self._shared.rate_limit is not None and self._shared.rate_limit.lets_pass
            if self._retry(delay, faults.status_line(status), paid=in_turn):
                return delay
        self._raise(error)

    def _status_error(self, answer: Answer, asked_for: float | None) -> APIError:
        status, text = answer.status_code, self._text(answer)
        advice = faults.status_advice(status, answer.headers.get("content-type", ""))
        message = f"{faults.status_line(status)}: {faults.quote(text)}; {advice}"
        if asked_for:
            message += f"; the server asks to wait {asked_for:g} s"
        if status == 408 or status >= 500:
            message += self._doubt
        return status_error(status, message, text=text, headers=self._headers(answer), retry_after=asked_for)

    def _redirected(self, answer: Answer, location: str) -> float:
        """Follow a redirect where the key may go: to the same origin."""
        too_many = self._redirects >= MAX_REDIRECTS
        try:
            target = self._url.join(location).copy_with(username=None, password=None, fragment=None)
            same_origin = _origin(target) == _origin(self._url)
        except (httpx.InvalidURL, ValueError):
            target, same_origin = self._url, False
        if same_origin and self._safe and not too_many:
            self._redirects += 1
            self._url = target
            return 0.0
        if too_many:
            reason = f"more than {MAX_REDIRECTS} redirects"
        else:
            reason = f"a redirect to {faults.quote(self._options.redact(location))}, which is not followed"
        message = f"{faults.status_line(answer.status_code)}: {reason}; check `base_url`"
        if answer.status_code <= 303:  # how forms are answered; 307 and 308 ask for the same request elsewhere
            message += self._doubt
        attributes = {"text": self._text(answer), "headers": self._headers(answer)}
        self._raise(status_error(answer.status_code, message, **attributes))

    def _with_answer(self, error: APIResponseValidationError, answer: Answer) -> APIResponseValidationError:
        error.status_code, error.headers, error.text = answer.status_code, self._headers(answer), self._text(answer)
        redact = self._options.redact
        error.got = redact(error.got)
        error.steps = tuple(redact(step) if isinstance(step, str) else step for step in error.steps)
        return error

    def _text(self, answer: Answer) -> str:
        content = answer.content[: bodies.MAX_ERROR_BODY]
        return self._options.redact(content.decode("utf-8", "replace"))

    def _headers(self, answer: Answer) -> httpx.Headers:
        """The answer's headers, without the key if the server sent it back."""
        redact = self._options.redact
        items = [(redact(name), redact(value)) for name, value in answer.headers.multi_items()]
        return httpx.Headers(items, encoding=answer.headers.encoding)

    def _raise(self, error: APIError, cause: BaseException | None = None) -> NoReturn:
        error.method, error.url, error.attempts = self._request.method, self._shown_url, self._tried
        if cause is not None:
            error.__cause__ = cause
        self._strip(error)
        raise error

    @property
    def _shown_url(self) -> str:
        return self._options.redact(without_secrets(self._url))

    def _strip(self, error: APIError) -> None:
        """Take from an error's causes what holds the key: frames of network code, requests, all of aiohttp's."""
        for cause in faults.causes(error, self._handled):
            cause.__traceback__ = None
            cause.args = tuple(self._options.redact(arg) if isinstance(arg, str) else arg for arg in cause.args)
            cause.__dict__.pop("_request", None)
            for link in ("__cause__", "__context__"):
                if type(getattr(cause, link)).__module__.startswith("aiohttp"):
                    setattr(cause, link, None)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
