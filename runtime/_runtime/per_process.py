"""Values that do not survive a fork: locks that another thread held, connections that two processes would share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """A value that each process makes for itself.

    The values of parent processes are kept, because closing their connections would disturb the parent.

    Args:
        make: Creates the value, given that of the parent process, or None in the first process.
    """

    def __init__(self, make: Callable[[T | None], T]) -> None:
        self._make = make
        self._values = {os.getpid(): make(None)}

    def get(self) -> T:
        """Return the value of this process."""
        pid = os.getpid()
        value = self._values.get(pid)
        if value is None:
            parent = list(self._values.values())[-1]
            value = self._values.setdefault(pid, self._make(parent))  # threads that race here get the same one
        return value
