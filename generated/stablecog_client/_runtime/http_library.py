# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The name of the HTTP library. To replace it, change it here, and that of httpcore in `network`."""

import httpx as httpx

LOGGERS = (
    *("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks"),
    *("hpack.hpack", "hpack.table"),
)
"""The loggers that may log requests and responses, headers included."""

__all__ = ["LOGGERS", "httpx"]
