# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The clock of deadlines and waits, and the deadline of the current call.

A test that freezes time does not stop the clock, so that no call hangs.
"""

import threading
import time
from functools import partial
from math import inf
from types import BuiltinFunctionType

now = partial(time.monotonic)  # not the function itself: freezegun replaces every name bound to it
"""Return seconds by the monotonic clock."""


def is_frozen() -> bool:
    """Return whether a test has replaced the clock, so that the timers of an event loop do not end."""
    return not isinstance(time.monotonic, BuiltinFunctionType)


class _Deadline(threading.local):
    ends_at = inf


current_deadline = _Deadline()
"""When the network operations of the current thread must end: `ends_at`, infinite between calls.

httpx applies its timeout to each read on its own, so a server that sends a byte now and then never times out.
"""
