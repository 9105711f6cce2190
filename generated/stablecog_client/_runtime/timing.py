# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""When to send a request: the clock, the deadline of the current thread, retries and the server's rate limit.

stamina and httpx-retries do not suffice: the calls of a client share one retry budget, a wait never exceeds the
deadline of its call, and incomplete responses are retried, which a transport cannot see.
"""

from __future__ import annotations

import random
import re
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from math import inf, isfinite
from threading import RLock, local
from types import BuiltinFunctionType
from typing import Any

from .config import MAX_CONNECTIONS

now = partial(time.monotonic)  # not the function itself: freezegun replaces every name bound to it
"""Return seconds by the monotonic clock. A test that freezes time does not stop it, so that no call hangs."""


def is_frozen() -> bool:
    """Return whether a test has replaced the clock, so that the timers of an event loop do not end."""
    return not isinstance(time.monotonic, BuiltinFunctionType)


class _Exchange(local):
    ends_at = inf
    connection: Any = None


current_exchange = _Exchange()
"""The request that the current thread sends: when it must end, and the connection that was opened for it last.

httpx applies its timeout to each read on its own, so a server that sends a byte now and then never times out.
"""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

INITIAL_DELAY = 0.1  # seconds before the first retry; doubled for each further retry
MAX_DELAY = 5.0

_LOGIN_REQUIRED = 511  # by the network, not by the server: a retry does not help

_is_number = re.compile(r"\d+(\.\d*)?", re.ASCII).fullmatch


def backoff(attempt: int) -> float:
    """Return seconds to wait after a failed attempt; the first has the number 1."""
    return min(MAX_DELAY, INITIAL_DELAY * 2.0 ** min(attempt - 1, 15)) * random.uniform(0.5, 1.0)


def is_retryable_status(status_code: int, *, safe: bool) -> bool:
    """Return whether to retry after this status. A 429 is retried for every method: the server did not act on it."""
    if status_code == 429:
        return True
    return safe and (status_code == 408 or status_code >= 500) and status_code != _LOGIN_REQUIRED


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, in `retry-after-ms` or in `retry-after`, or None."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        numbers = [number.strip() for number in headers.get(name, "").split(",")]  # two proxies may each have added one
        if all(map(_is_number, numbers)):
            seconds = max(map(float, numbers)) / unit
            return seconds if isfinite(seconds) else None
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


class RetryBudget:
    """The number of retries that the calls of a client may still make together.

    A retry costs one. A successful call returns the cost of its own retries, plus 0.1. So a server that is down gets
    only few more requests than there are calls, and a server that fails now and then still gets its retries. A success
    also allows one free retry, for when the server has closed the connection that was kept alive.
    """

    SIZE = 30.0
    MAX_FREE_RETRIES = MAX_CONNECTIONS - int(SIZE)  # with SIZE, one for each connection that is kept alive

    def __init__(self) -> None:
        self._remaining = self.SIZE
        self._free_retries = 0
        self._lock = RLock()  # a signal handler may make a call while its thread holds this

    def acquire(self, *, may_be_stale: bool = False) -> int | None:
        """Take a retry; return its cost, 0 or 1, or None if there was none.

        Args:
            may_be_stale: Whether the server may have closed the connection: a free retry is taken if there is one.
        """
        with self._lock:
            if may_be_stale and self._free_retries:
                self._free_retries -= 1
                return 0
            if self._remaining < 1:
                return None
            self._remaining -= 1
            return 1

    def record_success(self, acquired: int) -> None:
        """Return to the budget what a successful call acquired, and a tenth."""
        if self._remaining < self.SIZE or self._free_retries < self.MAX_FREE_RETRIES:
            with self._lock:
                self._remaining = min(self.SIZE, self._remaining + acquired + 0.1)
                self._free_retries = min(self.MAX_FREE_RETRIES, self._free_retries + 1)


HEADROOM = 2  # requests left unused of those that a response reports: others may take them first
BACKOFF_FACTOR, RECOVERY_FACTOR = 1.5, 0.97  # for the interval between requests, after a refusal and after a success
POLL_INTERVAL = 0.02  # seconds after which a waiting call looks again


class RateLimit:
    """A client-side limiter for the server's rate limit, which all calls of a client share.

    The API description states the limit, and response headers say how many requests are left. While some are left, no
    call waits. When none are, requests go out one by one, evenly and slightly slower than the limit allows, and slower
    still while the server refuses some because other clients share the limit.

    Args:
        requests: Requests that the server allows in a window.
        seconds: Length of the window.
        remaining_header: The response header with the number of requests left, or an empty string if there is none.
    """

    def __init__(self, requests: int, seconds: float, remaining_header: str) -> None:
        self._requests = requests
        self._window = seconds
        self._remaining_header = remaining_header.lower()
        self._min_interval = seconds / max(1, requests - 1)  # one request fewer than allowed, because the server rounds
        self._lock = RLock()
        self._enforced = True  # until a response shows that the server does not count
        self._available = requests  # how many may be sent at once
        self._remaining = float(requests)  # how many the server had left by its responses, and when that was
        self._remaining_at = 0.0
        self._in_flight = 0
        self._interval = self._min_interval
        self._next_at = 0.0  # when one may be sent if none is available, by the monotonic clock
        self._slowed_at = 0.0  # when the interval last grew
        self._sent = deque[float](maxlen=requests)
        self._admitted = deque[float](maxlen=2 * requests + 1)  # more than a server that enforces the limit admits

    def try_acquire(self) -> float:
        """Return 0 if a request may be sent now, and count it; otherwise seconds after which to ask again."""
        with self._lock:
            current = now()
            if self._sent and current - self._sent[-1] >= 2 * self._window:  # the server has forgotten them by now
                self._sent.clear()
                self._available, self._interval = self._requests - self._in_flight, self._min_interval
            if self._available > 0:
                self._available -= 1
            elif self._enforced and current < self._next_at:
                return min(self._next_at - current, POLL_INTERVAL)
            self._in_flight += 1
            self._sent.append(current)
            self._next_at = current + self._interval
            if len(self._sent) == self._requests:  # the oldest of them must leave the window first
                self._next_at = max(self._next_at, self._sent[0] + self._window + self._interval)
            return 0.0

    def release(self) -> None:
        """Release the place of a request without a complete response, which the server may not have counted."""
        with self._lock:
            self._in_flight -= 1
            self._available = min(self._available + 1, self._requests)

    def on_response(self, status_code: int, headers: Mapping[str, str]) -> None:
        """Update the limiter from a response, whose headers have lowercase names."""
        try:
            remaining: int | None = max(0, int(headers[self._remaining_header]))
        except (KeyError, ValueError):
            remaining = None
        with self._lock:
            current = now()
            self._in_flight -= 1
            if status_code == 429:
                self._on_refusal(current)
                return
            if remaining is not None:
                # An earlier response may come later: the server has no more left than have become free since the last.
                freed = (current - self._remaining_at) * self._requests / self._window
                self._remaining, self._remaining_at = min(remaining, self._remaining + freed), current
                self._available = max(0, int(self._remaining) - self._in_flight - HEADROOM)
            elif self._remaining_header or status_code >= 300:
                # An error may come from a proxy, so it does not show that the server has no limit.
                self._enforced = self._enforced and status_code >= 300
                self._available = min(self._available + 1, self._requests)
                return
            self._interval = max(self._min_interval, self._interval * RECOVERY_FACTOR)
            self._admitted.append(current)
            if len(self._admitted) == self._admitted.maxlen and current - self._admitted[0] < self._window:
                self._enforced = False

    def _on_refusal(self, current: float) -> None:
        self._enforced = True
        self._available = 0
        if current - self._slowed_at > self._window / 5:  # treat a burst of 429s as one signal
            self._slowed_at = current
            self._interval = min(self._interval * BACKOFF_FACTOR, self._window)
        self._next_at = max(self._next_at, current + self._interval)

    @property
    def recently_admitted(self) -> bool:
        """Whether the server admitted a request in the last two windows, so that it will soon admit a refused one."""
        return bool(self._admitted) and now() - self._admitted[-1] < 2 * self._window  # no lock: it is never emptied
