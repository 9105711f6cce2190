# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The clock of deadlines and waits. A test that freezes time does not stop it, so that no call hangs."""

import time
from functools import partial
from types import BuiltinFunctionType

now = partial(time.monotonic)  # freezegun replaces each name of the function itself
"""Return seconds by the monotonic clock."""


def is_frozen() -> bool:
    """Return whether a test has replaced the clock, so that the timers of an event loop do not end."""
    return not isinstance(time.monotonic, BuiltinFunctionType)
