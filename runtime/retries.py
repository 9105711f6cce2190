"""When to try again, and how long to wait before.

A loop of our own, not stamina or httpx-retries: all calls of a client share one budget, a wait ends
with the call's deadline, and a body cut short is a fault like any other. stamina has no budget and
brings tenacity; httpx-retries sits in the transport, which cannot see a body.
"""

from __future__ import annotations

import random
import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import isfinite, ldexp
from threading import Lock

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

FIRST_DELAY = 0.1  # seconds before the first retry, doubled for each further one
LONGEST_DELAY = 5.0


_is_number = re.compile(r"\d+(\.\d*)?", re.ASCII).fullmatch


def backoff(attempt: int) -> float:
    """Seconds to wait after the attempt of this number, from 1, failed."""
    return min(LONGEST_DELAY, ldexp(FIRST_DELAY, attempt - 1)) * random.uniform(0.5, 1.0)


def worth_retrying(status_code: int, *, safe: bool) -> bool:
    """Whether to ask again. A request that the limit refused was not acted on, whatever its method."""
    return status_code == 429 or (safe and (status_code == 408 or status_code >= 500))


def retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, which is a number or an HTTP date."""
    if value is None:
        return None
    if _is_number(value):
        seconds = float(value)
        return seconds if isfinite(seconds) else None
    try:
        date = parsedate_to_datetime(value)
        return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


class Budget:
    """Retries that the calls of a client may still make, together.

    Each retry costs one; a call that succeeds gives back what its retries cost, and a tenth. So a
    server that is down sees few more requests than there are calls, and one that stumbles is asked
    again. Each success leaves a connection behind, too: a retry where that may have been closed
    meanwhile costs nothing.
    """

    SIZE = 30.0
    CONNECTIONS = 70  # with SIZE, the 100 that a client keeps alive at most

    def __init__(self) -> None:
        self._left = self.SIZE
        self._connections = 0
        self._lock = Lock()

    def spend(self) -> bool:
        """Whether a retry may be made; if so, it is counted."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def spend_connection(self) -> bool:
        """Whether the request may have been lost with a connection that was kept alive; if so, that is counted."""
        with self._lock:
            if not self._connections:
                return False
            self._connections -= 1
            return True

    def earn(self, spent: int) -> None:
        """A call succeeded, on which so many retries were spent."""
        if self._left < self.SIZE or self._connections < self.CONNECTIONS:
            with self._lock:
                self._left = min(self.SIZE, self._left + spent + 0.1)
                self._connections = min(self.CONNECTIONS, self._connections + 1)
