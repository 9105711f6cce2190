# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The deadline of the current call of a thread, by which all its network operations end.

httpx applies its timeout to each read on its own, so a server that sends a byte now and then never times out.
"""

import threading
from math import inf


class _Deadline(threading.local):
    ends_at = inf  # by the monotonic clock


current_deadline = _Deadline()
"""The deadline of the current thread: `ends_at`, infinite between calls."""
