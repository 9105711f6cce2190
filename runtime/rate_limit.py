"""Keeping to the server's limit: a number of requests in a sliding window.

The contract says the limit; the answers say how much room is left below it. While there is room
nobody waits. Where there is none, requests go out one by one, evenly and a little slower than the
limit allows, and slower still while the server refuses some because others use the same limit.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from threading import Lock

RESERVE = 2  # of the room that an answer shows, left alone: it may be gone when the next request arrives
SLOWER, FASTER = 1.5, 0.97  # the space between requests after one that was refused, and one that was not
LOOK_AGAIN = 0.02  # seconds after which one that waits looks whether there is room now


class RateLimit:
    """What is known of a limit, for all calls of a client."""

    def __init__(self, requests: int, seconds: float, remaining: str) -> None:
        self._requests = requests
        self._window = seconds
        self._header = remaining  # that says how many are left
        self._shortest = seconds / max(1, requests - 1)  # as if one fewer: room for the server's rounding
        self._lock = Lock()
        self._enforced = True  # until an answer shows that the server does not count
        self._room = requests  # how many may go at once
        self._in_flight = 0
        self._spacing = self._shortest
        self._next = 0.0  # when one may go where there is no room, by the monotonic clock
        self._slowed = 0.0  # when `_spacing` last grew
        self._sent = deque[float](maxlen=requests)
        self._passed = deque[float](maxlen=2 * requests + 1)  # more than any server lets pass that keeps to the limit

    def take_turn(self) -> float:
        """0, and the request that goes now is counted; or seconds after which to ask again."""
        with self._lock:
            now = time.monotonic()
            if self._sent and now - self._sent[-1] >= 2 * self._window:  # the server has forgotten them by now
                self._sent.clear()
                self._room, self._spacing = self._requests - self._in_flight, self._shortest
            if self._room > 0:
                self._room -= 1
            elif self._enforced and now < self._next:
                return min(self._next - now, LOOK_AGAIN)
            self._in_flight += 1
            self._sent.append(now)
            self._next = now + self._spacing
            if len(self._sent) == self._requests:
                self._next = max(self._next, self._sent[0] + self._window + self._spacing)
            return 0.0

    def unanswered(self) -> None:
        """A request got no answer, or one that the limit had no part in: as if it had not gone."""
        with self._lock:
            self._in_flight -= 1
            self._room = min(self._room + 1, self._requests)

    def answered(self, status_code: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer."""
        if status_code == 429:
            self._refused()
            return
        try:
            remaining = int(headers[self._header])
        except (KeyError, ValueError):
            with self._lock:  # only a success tells: other answers may come from something in between
                self._enforced = self._enforced and status_code >= 300
            self.unanswered()
            return
        with self._lock:
            now = time.monotonic()
            self._in_flight -= 1
            self._room = max(0, remaining - self._in_flight - RESERVE)
            self._spacing = max(self._shortest, self._spacing * FASTER)
            self._passed.append(now)
            if len(self._passed) == self._passed.maxlen and now - self._passed[0] < self._window:
                self._enforced = False

    def _refused(self) -> None:
        with self._lock:
            now = time.monotonic()
            self._enforced = True
            self._in_flight -= 1
            self._room = 0
            if now - self._slowed > self._window / 5:  # several at once are one piece of news
                self._slowed = now
                self._spacing = min(self._spacing * SLOWER, self._window)
            self._next = max(self._next, now + self._spacing)

    @property
    def lets_pass(self) -> bool:
        """Whether a request passed lately: one that the limit refused will pass in its turn."""
        with self._lock:
            return bool(self._passed) and time.monotonic() - self._passed[-1] < 2 * self._window
