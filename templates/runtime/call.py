"""One call from request to result: what to send, when to send it again, what to make of the answers.

It decides without input or output; `BaseClient` and `BaseAsyncClient` send, read and sleep as it says.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

import httpx

from . import bodies, retries, transport
from .errors import APIConnectionError, APIError, APIResponseValidationError, APITimeoutError, status_error
from .request import Request, without_secrets
from .types import Response

if TYPE_CHECKING:
    from .options import Options

T = TypeVar("T")

MAX_REDIRECTS = 5

_logger = logging.getLogger(__package__)

# What sending and reading can raise, that a further attempt or an error of ours answers.
FAULTS = (
    *(httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, APIResponseValidationError),
    RuntimeError,  # httpx: "the client has been closed"; Python: "can't start new thread"
)

# What may cut a body off. An error is told by its status then, and a success is none.
CUT_OFF = (httpx.NetworkError, httpx.RemoteProtocolError)


class Answer:
    """An answer, read. It shows nothing of itself in a traceback: the server may have sent the key back."""

    def __init__(self, status_code: int, headers: httpx.Headers, content: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content


class Call(Generic[T]):
    """One call: the requests that it sends, and what becomes of their answers."""

    def __init__(self, options: Options[Any], request: Request[T]) -> None:
        self._options = options
        self.request = request
        self.ends_at = time.monotonic() + options.deadline
        self.attempts = 0
        self.redirects = 0
        self._head: Answer  # of the last answer of which a body was to be read
        self._refusal: APIError | None = None  # of the last request, by the rate limit
        self.url, self._make = options.prepare(request)

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.ends_at - time.monotonic())

    def check_deadline(self) -> None:
        if time.monotonic() > self.ends_at:
            raise TimeoutError

    def take_turn(self) -> float:
        """0, and the request is to be sent now; or seconds after which to ask again.

        Raises:
            APIConnectionError: The client was closed.
            APITimeoutError: The deadline has passed.
        """
        if self._options.is_closed:
            self._raise(APIConnectionError("the client was closed during the call"))
        delay = self._options.rate_limit.take_turn() if self._options.rate_limit else 0.0
        if delay and delay >= self.left:
            self.no_turn_in_time()
        return delay

    def http_request(self) -> httpx.Request:
        """The request to send now."""
        self.attempts += 1
        limit = transport.TimeLimit(self._options.timeout, self.ends_at)
        extensions = {"timeout": {"connect": limit, "read": limit, "write": limit, "pool": limit}}
        return self._make(self.url, extensions)

    def body(self, response: httpx.Response) -> bodies.BoundedBody:
        """What collects the body of this response."""
        self._head = Answer(response.status_code, response.headers, b"")
        if response.is_success:
            return bodies.BoundedBody(response.headers, bodies.MAX_BODY, cut=False)
        return bodies.BoundedBody(response.headers, bodies.MAX_ERROR_BODY, cut=True)

    def judged(self, response: httpx.Response) -> Answer:
        """The answer that an event hook took for an error: what it is, is ours to say."""
        content = response.content if response.is_stream_consumed else b""
        return Answer(response.status_code, response.headers, content)

    def unanswered(self) -> None:
        """The request got no whole answer."""
        if self._options.rate_limit:
            self._options.rate_limit.unanswered()

    def answered(self, answer: Answer) -> Response[T] | float:
        """The result, or seconds to wait before the next request.

        Raises:
            APIStatusError: The status is no documented success.
            APIResponseValidationError: The body is not what the contract says.
        """
        status = answer.status_code
        if self._options.rate_limit:
            self._options.rate_limit.answered(status, answer.headers)
        responses = self.request.responses
        decode = responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")
        if not 200 <= status < 300:
            return self._refused(answer)
        try:
            if decode is None:
                expected = " or ".join(responses)
                raise APIResponseValidationError(f"a documented status ({expected})", str(status))
            parsed = decode(answer.content, answer.headers.get("content-type", ""))
        except APIResponseValidationError as error:
            self._raise(self._with_answer(error, answer), error.__cause__)
        self._options.budget.earn()
        return Response(HTTPStatus(status), answer.headers, answer.content, parsed)

    def failed(self, error: Exception) -> float:
        """Seconds to wait before the next request, after this one got no whole answer.

        Raises:
            APIConnectionError: There is no next one.
        """
        if isinstance(error, APIResponseValidationError):  # the body was too large, or not decodable
            self._raise(self._with_answer(error, self._head))
        if self._options.is_closed:
            self._raise(APIConnectionError("the client was closed during the call"), error)
        timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
        kind = APITimeoutError if timed_out else APIConnectionError
        sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        if (self._safe or not sent) and _may_pass(error):
            delay = retries.backoff(self.attempts)
            # The server may have closed a connection that was kept alive, which is no news of how it is.
            if self._retry(delay, paid=sent and not timed_out and self._options.budget.spend_connection()):
                return delay
        if self.left <= 0:
            message = f"no answer within the deadline of {self._options.deadline:g} s; raise `deadline` to wait longer"
            self._raise(APITimeoutError(message), error)
        if timed_out:
            message = f"no answer within {self._options.timeout:g} s; raise `timeout` to wait longer"
        else:
            message = f"no answer: {self._describe(error)}; {_advice(error, self._options.proxied)}"
        self._raise(kind(message), error)

    def no_turn_in_time(self) -> NoReturn:
        """The deadline comes before the call's turn under the rate limit."""
        if self._refusal is not None:
            self._raise(self._refusal)
        message = f"the rate limit leaves no room within the deadline of {self._options.deadline:g} s; make fewer calls"
        self._raise(APITimeoutError(message))

    @property
    def _safe(self) -> bool:
        return self.request.method in retries.SAFE_METHODS

    def _retry(self, delay: float, *, paid: bool = False) -> bool:
        """Whether there is a next request after this delay; if so, the budget has it, unless it is paid for."""
        if self.attempts > self._options.max_retries or delay >= self.left:
            return False
        if not paid and not self._options.budget.spend():
            return False
        _logger.debug("%s %s: trying again in %.2f s", self.request.method, self._shown_url, delay)
        return True

    def _refused(self, answer: Answer) -> float:
        status = answer.status_code
        if 300 <= status < 400 and (location := answer.headers.get("location")):
            return self._redirected(answer, location)
        asked_for = retries.retry_after(answer.headers.get("retry-after"))
        self._refusal = self._status_error(answer, asked_for) if status == 429 else None
        if retries.worth_retrying(status, safe=self._safe):
            delay = max(asked_for or 0.0, retries.backoff(self.attempts))
            # Where others pass, the pace of the rate limit does what the budget is for.
            in_turn = status == 429 and self._options.rate_limit is not None and self._options.rate_limit.lets_pass
            if self._retry(delay, paid=in_turn):
                return delay
        self._raise(self._status_error(answer, asked_for))

    def _status_error(self, answer: Answer, asked_for: float | None) -> APIError:
        status, text = answer.status_code, self._text(answer)
        message = f"{status} {_phrase(status)}: {_quote(text)}"
        advice = _ADVICE.get(status) or _ADVICE[max(100, min(status // 100 * 100, 500))]
        if asked_for:
            advice += f"; the server asks to wait {asked_for:g} s"
        message += f"; {advice}"
        return status_error(status, message, text=text, headers=self._headers(answer), retry_after=asked_for)

    def _redirected(self, answer: Answer, location: str) -> float:
        """Follow a redirect where the key may go: to the same origin."""
        self.redirects += 1
        try:
            target = self.url.join(location).copy_with(username=None, password=None, fragment=None)
            same_origin = _origin(target) == _origin(self.url)
        except (httpx.InvalidURL, ValueError):
            target, same_origin = None, False
        if same_origin and target is not None and self._safe and self.redirects <= MAX_REDIRECTS:
            self.url = target
            return 0.0
        if self.redirects > MAX_REDIRECTS:
            reason = f"more than {MAX_REDIRECTS} redirects"
        else:
            reason = f"a redirect to {_quote(self._options.redact(location))}, which is not followed"
        message = f"{answer.status_code} {_phrase(answer.status_code)}: {reason}; check `base_url`"
        attributes = {"text": self._text(answer), "headers": self._headers(answer)}
        self._raise(status_error(answer.status_code, message, **attributes))

    def _with_answer(self, error: APIResponseValidationError, answer: Answer) -> APIResponseValidationError:
        error.status_code, error.headers, error.text = answer.status_code, self._headers(answer), self._text(answer)
        error.got = self._options.redact(error.got)
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
        error.method, error.url, error.attempts = self.request.method, self._shown_url, self.attempts
        raise error from self._without_secrets(cause)

    @property
    def _shown_url(self) -> str:
        return self._options.redact(without_secrets(self.url))

    def _describe(self, error: Exception) -> str:
        if "ConnectionRefusedError" in _kinds(error):  # for which each transport has words of its own
            return "connection refused"
        said = next((text for cause in _causes(error) if (text := str(cause))), type(error).__name__)
        return _line(self._options.redact(said)).rstrip(".")

    def _without_secrets(self, cause: BaseException | None) -> BaseException | None:
        """The cause, and what caused that, without what holds the key: frames of network code, requests, aiohttp's."""
        seen = [] if cause is None else [cause]
        for error in seen:
            error.__traceback__ = None
            error.args = tuple(self._options.redact(arg) if isinstance(arg, str) else arg for arg in error.args)
            error.__dict__.pop("_request", None)
            for link in ("__cause__", "__context__"):
                linked = getattr(error, link)
                if type(linked).__module__.startswith("aiohttp"):
                    setattr(error, link, None)
                elif linked is not None and linked not in seen:
                    seen.append(linked)
        return cause


# Faults that will be there the next time, too.
_LASTING = frozenset(
    {"InvalidURL", "LocalProtocolError", "RuntimeError", "SSLCertVerificationError", "UnsupportedProtocol"}
)

_ADVICE = {
    100: "check `base_url`",
    300: "check `base_url`",
    400: "the server does not take the request as it is",
    401: "check the API key: it is unknown or switched off",
    403: "this API key may not do this",
    404: "check `base_url`",
    428: "the server's rate limiter is down, try again later",
    429: "make fewer calls, or try again later",
    500: "the server failed, try again later",
}


def _causes(error: Exception) -> Iterator[BaseException]:
    """The error, what caused it, and so on."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _kinds(error: Exception) -> set[str]:
    """The names of the classes of an error and its causes: by them ssl need not be loaded."""
    return {type(cause).__name__ for cause in _causes(error)}


def _may_pass(error: Exception) -> bool:
    """Whether the next request may fare better."""
    return _LASTING.isdisjoint(_kinds(error))


def _advice(error: Exception, proxied: bool) -> str:
    """What the caller can do where no answer came."""
    kinds = _kinds(error)
    if "SSLCertVerificationError" in kinds:
        return "the certificate is not trusted: set SSL_CERT_FILE if it is your company's, or check `base_url`"
    if "SSLError" in kinds:
        return "there is no TLS to be spoken: check scheme and port of `base_url`"
    if proxied or "ProxyError" in kinds:
        return "check the proxy, which HTTPS_PROXY or `http_client` names, the server and `base_url`"
    return "check the network, the server and `base_url`"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "status"


def _quote(text: str) -> str:
    """What a server said."""
    return repr(line) if (line := _line(text)) else "no text"


def _line(text: str) -> str:
    """A text in one line, in part, and without control characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:500]).split())
    return line if len(line) <= 200 else line[:197] + "..."


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
