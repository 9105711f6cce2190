# Made by `make generate` from openapi.yaml. Do not edit: change that file or templates/, and run it again.
"""Keeping to the server's limit: a number of requests in a sliding window.

The contract says the limit; the answers say how much of it is left and when the window ends. Below
the limit nobody waits. Once an answer says that it is used up, calls go out evenly, a little slower
than the limit allows, until none has gone out for a window.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Lock
from typing import NamedTuple


class Turn(NamedTuple):
    """When a request may go out."""

    limit: RateLimit
    starts_at: float  # by the monotonic clock
    pauses: int

    @property
    def delay(self) -> float:
        """Seconds until then."""
        return max(0.0, self.starts_at - time.monotonic())

    def is_valid(self) -> bool:
        """Whether it still stands: each pause voids the turns given before it."""
        return self.limit.pauses == self.pauses


class RateLimit:
    """The requests of one client against one limit.

    As many requests as the limit may be on their way at once, so that a first burst learns from its
    answers before it goes over: clients hold a gate of that width while the server enforces a limit.
    """

    def __init__(self, requests: int, seconds: float) -> None:
        self.requests = requests
        self._window = seconds
        self._spacing = seconds / max(1, requests - 1)  # one fewer: room for the server's rounding
        self._next = 0.0  # when the next request may go out, by the monotonic clock
        self._lock = Lock()
        self.enforced = True  # until an answer says otherwise
        self.pauses = 0

    def turn(self) -> Turn | None:
        """The next turn, or None while nobody need wait."""
        if not self._pressed():
            return None
        with self._lock:
            starts_at = max(self._next, time.monotonic())
            self._next = starts_at + self._spacing
            return Turn(self, starts_at, self.pauses)

    def answered(self, status_code: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer."""
        if status_code == 429:
            self.enforced = True
        elif status_code < 300:
            self.enforced = "x-ratelimit-remaining" in headers
        if status_code == 429 or (headers.get("x-ratelimit-remaining") == "0" and not self._pressed()):
            with self._lock:
                self.pauses += 1
                self._next = time.monotonic() + self._until_reset(headers) + self._spacing

    def _pressed(self) -> bool:
        """Whether requests go out evenly now, because the limit is used up."""
        return bool(self._next) and time.monotonic() < self._next + self._window

    def _until_reset(self, headers: Mapping[str, str]) -> float:
        """Seconds until the server's window ends, at most a window whatever its clock shows."""
        try:
            seconds = float(headers["x-ratelimit-reset"]) - time.time()
        except (KeyError, ValueError):
            return self._window
        return min(max(0.0, seconds), self._window)
