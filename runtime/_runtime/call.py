# pyright: reportPrivateUsage=false
"""A call from its first request to its result: it decides when to send, retry, return or raise.

It does no I/O; `SyncAPIClient` and `AsyncAPIClient` send, read and wait as it says.
"""

from __future__ import annotations

import logging
import socket
import ssl
import sys
from http import HTTPStatus
from math import isfinite
from typing import Any, Generic, NoReturn, TypeVar

from ..errors import APIConnectionError, APIError, APIResponseValidationError, APITimeoutError, status_line
from ..types import Response
from . import failures, timing
from .api_request import APIRequest
from .bodies import MAX_BODY, MAX_ERROR_BODY, BoundedBody, RawResponse, is_page, refuse_page
from .client_base import ClientState, Prepared
from .config import CallOptions
from .http_library import httpx
from .timing import now

T = TypeVar("T")

MAX_REDIRECTS = 5

_logger = logging.getLogger(__name__.partition(".")[0])

# What the HTTP libraries and sockets raise when there is no complete response, or a body is refused. httpx raises
# RuntimeError when its client is closed.
FAULTS = (
    *(httpx.HTTPError, httpx.InvalidURL, APIResponseValidationError),
    *(ConnectionError, TimeoutError, socket.gaierror, ssl.SSLError, RuntimeError),
)

# Failures before the request was sent.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

# What may truncate a body.
_TRUNCATIONS = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.TimeoutException, TimeoutError)

_UNKNOWN_OUTCOME = "; the server may have acted on it: check before you send it again"

_STATUSES = {status.value: status for status in HTTPStatus}

# The timeout that each exception is about; others are about `read`.
_TIMEOUT_NAMES: dict[type[BaseException], str] = {
    httpx.ConnectTimeout: "connect",
    httpx.PoolTimeout: "pool",
    httpx.WriteTimeout: "write",
}

NO_AUTH = httpx.Auth()
"""Tells httpx to add no authentication of its own."""


class Call(Generic[T]):
    """The requests of a call and what follows from their responses.

    For each request, a client calls `try_acquire`, `next_request` and, when a response begins, `on_head`; `on_error` if
    anything is raised meanwhile; then `result`. If there is neither a result nor an error, it waits for `delay` and
    begins again.

    Args:
        state: What the calls of the client share.
        options: Timeout, deadline and retries of this call.
        request: The operation and its arguments.
        prepared: Where to send the first request, and a factory of the HTTP requests.
    """

    def __init__(
        self, state: ClientState[Any], options: CallOptions, request: APIRequest[T], prepared: Prepared
    ) -> None:
        self.ends_at = now() + options.deadline  # by the monotonic clock
        self.delay = 0.0  # seconds to wait before the next request
        self._state = state
        self._options = options
        self._request = request
        self._url, self._factory = prepared
        self._redact = state.config.redact
        self._is_safe = request.method in timing.SAFE_METHODS
        self._unknown_outcome_hint = "" if self._is_safe else _UNKNOWN_OUTCOME
        self._holds_place = False  # under the rate limit
        self._raw: RawResponse | None = None  # the current response: None before it begins, and before a retry
        self._attempts = 0
        self._redirects = 0
        self._follows_redirect = False  # the next request, which is not an attempt of its own
        self._charged_retries = 0  # to the retry budget
        self._budget_hint = ""  # for the error, if the budget allowed no further retry
        self._last_429: APIError | None = None  # the error of the last response, if that was its status
        # What the caller is handling: Python links it to errors raised here, but it is not their cause.
        self._active_exception = sys.exception()

    @property
    def remaining(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.ends_at - now())

    def try_acquire(self) -> float:
        """Return 0 if the request may be sent now; otherwise seconds after which to ask again.

        Raises:
            APIConnectionError: The client was closed.
            APITimeoutError: The deadline comes before the rate limit allows the request.
            RateLimitError: The same, but the last response was a 429.
        """
        if self._state.is_closed:
            self._raise(APIConnectionError("the client was closed during the call"))
        delay = self._state.rate_limit.try_acquire() if self._state.rate_limit else 0.0
        if delay and delay >= self.remaining:
            self.raise_rate_limited()
        self._holds_place = not delay
        return delay

    def release(self) -> None:
        """Release the place under the rate limit, if the call holds one."""
        if self._holds_place and self._state.rate_limit:
            self._holds_place = False
            self._state.rate_limit.release()

    def next_request(self) -> httpx.Request:
        """Return the request to send now."""
        self._attempts += not self._follows_redirect
        self._follows_redirect = False
        self._raw = None
        remaining = max(0.0, self.ends_at - now())  # not the property, which would add a function call to each request
        timeouts = {name: min(seconds, remaining) for name, seconds in self._options.timeouts.items()}
        return self._factory(self._url, {"timeout": timeouts})

    def on_head(self, response: httpx.Response) -> BoundedBody | None:
        """Return what collects the body of a response, or None if an event hook or a test double has read it."""
        raw = self._raw = RawResponse(response, self._redact)
        if not response.is_stream_consumed:  # the body of an error is truncated rather than refused
            limit = MAX_BODY if raw.is_success else MAX_ERROR_BODY
            raw.body = BoundedBody(raw.fields, limit, truncate=not raw.is_success)
        return raw.body

    def result(self) -> Response[T] | None:
        """Return the result, or None to send another request after `delay`; update the rate limit and the retry budget.

        Raises:
            APIStatusError: The status is not 2xx.
            APIResponseValidationError: The status or the body does not match the API description.
        """
        if (raw := self._raw) is None:
            return None
        status = raw.status_code
        self._holds_place = False
        if self._state.rate_limit:
            self._state.rate_limit.on_response(status, raw.fields)
        try:
            if raw.body is not None:
                raw.content = raw.body.finish()
            if not raw.is_success:
                self._on_status(raw)
                return None
            responses, http_status = self._request.responses, _STATUSES.get(status)
            decode = responses.get(str(status)) or responses.get("2XX") or responses.get("default")
            if decode is None or http_status is None:
                documented = " or ".join(responses) or "no success"
                problem = f"the API description documents only {documented}"
                if decode is not None:
                    problem = "it is not a standard status"
                raise APIResponseValidationError(expected=documented, got=str(status), problem=problem)
            content_type = raw.fields.get("content-type", "")
            if "html" in content_type.lower() and is_page(raw.content, content_type):
                refuse_page(decode, self._request.accept)
            parsed = decode(raw.content, content_type)
        except APIResponseValidationError as error:
            self._raise(error)
        self._state.retry_budget.record_success(self._charged_retries)
        return Response(http_status, raw.headers, raw.content, parsed)

    def on_error(self, error: BaseException) -> None:
        """Handle what was raised instead of a complete response.

        Afterwards, `result` judges the response if it is usable: a truncated error, or one that an event hook raised.
        Otherwise `delay` is set, and `result` returns None.

        Raises:
            APIConnectionError: The call is not retried. `APITimeoutError` if it timed out.
            APIResponseValidationError: The body of the response was refused.
            BaseException: Anything else, unchanged: an interrupt, a cancellation, or an error of a signal handler, an
                event hook or a test double of the caller's.
        """
        if (raised := failures.raised_by_signal_handler(error, self._active_exception)) is not None:
            raise raised from raised.__cause__  # not from what network code made of it
        if (transport_error := failures.transport_error_for(error)) is not None:
            transport_error.__cause__ = error
            error = transport_error
        is_closed = self._state.is_closed
        is_fault = isinstance(error, FAULTS) and not failures.is_callers_error(error, is_closed=is_closed)
        if is_fault and isinstance(error, httpx.HTTPStatusError):  # raised by an event hook of the caller's
            self._raw = RawResponse(error.response, self._redact)
            return
        raw = self._raw
        if raw and raw.body and not raw.is_success and isinstance(error, _TRUNCATIONS):
            return  # a truncated error is still reported
        self.release()
        if not is_fault:
            raise error
        self._retry_or_raise(error)

    def _retry_or_raise(self, error: BaseException) -> None:
        """Set `delay` for another request, after this one got no complete response, or raise an error."""
        if isinstance(error, APIResponseValidationError):  # the body was refused
            self._raise(error)
        if self._state.is_closed:
            self._raise(APIConnectionError("the client was closed during the call"), error)
        timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
        sent = not isinstance(error, _UNSENT)
        causes = failures.informative_causes_of(error, self._active_exception)
        reason = failures.one_line(self._redact(failures.describe(causes, self._state.proxy or self._url.host)))
        may_retry = (self._is_safe or not sent) and failures.is_transient(causes)
        may_be_stale = sent and not timed_out  # a stale keep-alive connection says nothing about the server's health
        if may_retry and self._plan_retry(timing.backoff(self._attempts), reason, may_be_stale=may_be_stale):
            self._raw = None
            return
        hint = self._unknown_outcome_hint if sent else ""
        if not timed_out and self.remaining > 0:
            advice = failures.advice(causes, self._state.proxy, self._state.proxy_source)
            what = "no response" if self._raw is None else "incomplete response"
            self._raise(APIConnectionError(f"{what}: {reason}; {advice}{hint}"), error)
        option, seconds = "deadline", self._options.deadline
        if self.remaining > 0:
            option, seconds = "timeout", self._options.timeouts[_TIMEOUT_NAMES.get(type(error), "read")]
        what = "no connection" if not sent else "no response" if self._raw is None else "no complete response"
        what += f" within the {option} of {seconds:g} s" if isfinite(seconds) else " in time"
        advice = f"check the network and the server, or raise `{option}` to wait longer"
        self._raise(APITimeoutError(f"{what}; {advice}{hint}"), error)

    def raise_rate_limited(self) -> NoReturn:
        """Raise the error for a call whose deadline comes before the rate limit allows its request."""
        if self._last_429 is not None:
            self._raise(self._last_429)
        limit = f"the rate limit allows no request within the deadline of {self._options.deadline:g} s"
        self._raise(APITimeoutError(f"{limit}; make fewer calls, or raise `deadline`"))

    def _plan_retry(self, delay: float, reason: str, *, exempt: bool = False, may_be_stale: bool = False) -> bool:
        """Log the failure, and return whether to retry after `delay`. The retry budget is charged unless exempt."""
        if self._attempts > self._options.max_retries or delay >= self.remaining:
            return False
        cost = 0 if exempt else self._state.retry_budget.acquire(may_be_stale=may_be_stale)
        if cost is None:
            next_step = self._budget_hint = "; not retrying: the retry budget is used up"
        else:
            next_step = f"; retrying in {delay:.2f} s"
            self._charged_retries += cost
        _logger.info(
            "%s %s: attempt %d failed: %s%s", self._request.method, self._shown_url, self._attempts, reason, next_step
        )
        self.delay = delay
        return cost is not None

    def _on_status(self, raw: RawResponse) -> None:
        """Set `delay` for another request, or raise the error of a status that is not 2xx."""
        status = raw.status_code
        if 300 <= status < 400 and (location := raw.fields.get("location")):
            self._on_redirect(raw, location)
            return
        retry_after = timing.retry_after(raw.fields)
        content_type = raw.fields.get("content-type", "")
        message = failures.status_message(status, content_type, raw.text, retry_after)
        if status == 408 or status >= 500:
            message += self._unknown_outcome_hint
        body = None if is_page(raw.content, content_type) else self._request.parse_error(status, raw.text)
        error = failures.status_error(raw, message, body, retry_after)
        self._last_429 = error if status == 429 else None
        if timing.is_retryable_status(status, safe=self._is_safe):
            delay = max(retry_after or 0.0, timing.backoff(self._attempts))
            # While the server admits other requests, the rate limit paces retries, so they are not charged.
            exempt = status == 429 and self._state.rate_limit is not None and self._state.rate_limit.recently_admitted
            if self._plan_retry(delay, status_line(status), exempt=exempt):
                return
        self._raise(error)

    def _on_redirect(self, raw: RawResponse, location: str) -> None:
        """Follow a redirect, or raise the error of one that the client does not follow."""
        if self._redirects >= MAX_REDIRECTS:
            reason = f"more than {MAX_REDIRECTS} redirects"
        elif self._is_safe and (target := _same_origin_target(self._url, location)):
            self._redirects += 1
            self._follows_redirect = True
            self._url = target
            self.delay = 0.0
            return
        else:
            reason = f"redirects to {failures.one_line(self._redact(location))!r}, which the client does not follow"
        message = f"{status_line(raw.status_code)}: {reason}; check `base_url`"
        if raw.status_code <= 303:  # the server may have processed a POST; 307 and 308 mean that it did not
            message += self._unknown_outcome_hint
        self._raise(failures.status_error(raw, message))

    def _raise(self, error: APIError, cause: BaseException | None = None) -> NoReturn:
        if isinstance(error, APIResponseValidationError) and (raw := self._raw) is not None:
            error._set_response(raw.status_code, raw.redacted_headers, raw.text, self._redact)
        error.message += self._budget_hint
        error._set_request(self._request.method, self._shown_url, self._attempts)
        if cause is not None:
            error.__cause__ = cause
        raise error

    @property
    def _shown_url(self) -> str:
        return self._redact(failures.url_without_secrets(self._url))


def _same_origin_target(url: httpx.URL, location: str) -> httpx.URL | None:
    """Return where a redirect leads, or None if that is another origin: the key must not go there."""
    try:
        target = url.join(location).copy_with(username=None, password=None, fragment=None)
        is_same = (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port)
    except (httpx.InvalidURL, ValueError):
        return None
    return target if is_same else None
