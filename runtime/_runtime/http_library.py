"""The HTTP library by name: here, and in `network` for its lower half, httpcore. To replace it, change these lines."""

import httpx as httpx

LIBRARIES = (httpx.__name__, httpx.__name__.replace("httpx", "httpcore"))
"""The top-level names of httpx and httpcore."""

LOGGERS = (
    LIBRARIES[0],
    *(f"{LIBRARIES[1]}.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")),
    *("hpack.hpack", "hpack.table"),
)
"""The loggers that may log requests and responses, headers included."""

__all__ = ["LIBRARIES", "LOGGERS", "httpx"]
