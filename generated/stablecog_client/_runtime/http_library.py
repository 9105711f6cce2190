# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The name of the HTTP library. To replace it, change it here, and that of httpcore in `addresses`.

httpcore is not imported here: httpx, too, imports it on first use.
"""

import httpx as httpx

POOL_RACES = (OSError, TypeError, ValueError)
"""Exceptions of httpcore's pool when one thread looks at a connection that another thread is using or closing."""

__all__ = ["POOL_RACES", "httpx"]
