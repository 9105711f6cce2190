"""The HTTP library. To replace it, change the import here, and that of httpcore in `network`.

httpcore is not imported here: httpx, too, imports it on first use.
"""

from typing import Any

import httpx as httpx

LIBRARIES = (httpx.__name__, httpx.__name__.replace("httpx", "httpcore"))
"""The top-level names of httpx and httpcore."""

POOL_RACES = (OSError, TypeError, ValueError)
"""Exceptions of httpcore's pool when one thread looks at a connection that another thread is using or closing."""

CALLER_OF_HOOKS = "_send_handling_redirects"
"""The function of httpx that calls event hooks."""


def limit_reuse(response: httpx.Response, *, is_last: bool) -> None:
    """Make `close` of a response close its connection, too, if it is the last one or if the server has sent more.

    httpcore would go on to read what came after the response.
    """
    part: Any = response.stream
    for name in ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state"):
        part = getattr(part, name, None)
    if part is not None and (is_last or part.trailing_data[0] != b""):
        part.send_failed()
