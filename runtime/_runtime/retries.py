"""Decisions on retries: whether to retry, and how long to wait first.

stamina and httpx-retries do not suffice: the calls of a client share one retry budget, a wait never exceeds the
deadline of its call, and incomplete responses are retried, which a transport cannot see.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import isfinite
from threading import Lock

from .config import MAX_CONNECTIONS

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
        self._lock = Lock()

    def acquire(self) -> bool:
        """Take one retry out of the budget; return whether there was one."""
        with self._lock:
            if self._remaining < 1:
                return False
            self._remaining -= 1
            return True

    def acquire_for_stale_connection(self) -> bool:
        """Take a free retry: the server may have closed the connection. Return whether there was one."""
        with self._lock:
            if not self._free_retries:
                return False
            self._free_retries -= 1
            return True

    def record_success(self, acquired: int) -> None:
        """Return to the budget what a successful call acquired, and a tenth."""
        if self._remaining < self.SIZE or self._free_retries < self.MAX_FREE_RETRIES:
            with self._lock:
                self._remaining = min(self.SIZE, self._remaining + acquired + 0.1)
                self._free_retries = min(self.MAX_FREE_RETRIES, self._free_retries + 1)
