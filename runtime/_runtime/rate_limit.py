"""A client-side limiter for the server's rate limit: a number of requests in a sliding window.

The API description states the limit, and response headers say how many requests are left. While some are left, no call
waits. When none are, requests go out one by one, evenly and slightly slower than the limit allows, and slower still
while the server refuses some because other clients share the limit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from threading import Lock

from .clock import now as _now

HEADROOM = 2  # requests left unused of those that a response reports: others may take them first
BACKOFF_FACTOR, RECOVERY_FACTOR = 1.5, 0.97  # for the interval between requests, after a refusal and after a success
POLL_INTERVAL = 0.02  # seconds after which a waiting call looks again


class RateLimit:
    """A limiter that all calls of a client share.

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
        self._lock = Lock()
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
            now = _now()
            if self._sent and now - self._sent[-1] >= 2 * self._window:  # the server has forgotten them by now
                self._sent.clear()
                self._available, self._interval = self._requests - self._in_flight, self._min_interval
            if self._available > 0:
                self._available -= 1
            elif self._enforced and now < self._next_at:
                return min(self._next_at - now, POLL_INTERVAL)
            self._in_flight += 1
            self._sent.append(now)
            self._next_at = now + self._interval
            if len(self._sent) == self._requests:  # the oldest of them must leave the window first
                self._next_at = max(self._next_at, self._sent[0] + self._window + self._interval)
            return 0.0

    def release(self) -> None:
        """Release the place of a request that the server may not have counted: it got no response, or a proxy's."""
        with self._lock:
            self._in_flight -= 1
            self._available = min(self._available + 1, self._requests)

    def on_response(self, status_code: int, headers: Mapping[str, str]) -> None:
        """Update the limiter from a response, whose headers have lowercase names."""
        try:
            remaining: int | None = int(headers[self._remaining_header])
        except (KeyError, ValueError):
            remaining = None
        with self._lock:
            now = _now()
            self._in_flight -= 1
            if status_code == 429:
                self._on_refusal(now)
                return
            if remaining is not None:
                # An earlier response may come later: the server has no more left than have become free since the last.
                freed = (now - self._remaining_at) * self._requests / self._window
                self._remaining, self._remaining_at = min(remaining, self._remaining + freed), now
                self._available = max(0, int(self._remaining) - self._in_flight - HEADROOM)
            elif self._remaining_header or status_code >= 300:
                # An error may come from a proxy, so it does not show that the server has no limit.
                self._enforced = self._enforced and status_code >= 300
                self._available = min(self._available + 1, self._requests)
                return
            self._interval = max(self._min_interval, self._interval * RECOVERY_FACTOR)
            self._admitted.append(now)
            if len(self._admitted) == self._admitted.maxlen and now - self._admitted[0] < self._window:
                self._enforced = False

    def _on_refusal(self, now: float) -> None:
        self._enforced = True
        self._available = 0
        if now - self._slowed_at > self._window / 5:  # treat a burst of 429s as one signal
            self._slowed_at = now
            self._interval = min(self._interval * BACKOFF_FACTOR, self._window)
        self._next_at = max(self._next_at, now + self._interval)

    @property
    def recently_admitted(self) -> bool:
        """Whether the server admitted a request in the last two windows, so that it will soon admit a refused one."""
        return bool(self._admitted) and _now() - self._admitted[-1] < 2 * self._window  # no lock: it is never emptied
