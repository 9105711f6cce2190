# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The name of the HTTP library. To replace it, change it here, and that of httpcore in `addresses`."""

import httpx as httpx

LIBRARIES = (httpx.__name__, httpx.__name__.replace("httpx", "httpcore"))
"""The top-level names of httpx and httpcore."""

LOGGERS = (
    LIBRARIES[0],
    *(f"{LIBRARIES[1]}.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")),
    *("hpack.hpack", "hpack.table"),
)
"""The loggers that may log requests and responses, headers included."""

MAX_CONNECTIONS = 100
"""Connections that a client opens at most, in each process and event loop."""

POOL_RACES = (OSError, TypeError, ValueError)
"""What httpcore's pool raises when one thread looks at a connection that another thread is using or closing."""

__all__ = ["LIBRARIES", "LOGGERS", "MAX_CONNECTIONS", "POOL_RACES", "httpx"]
