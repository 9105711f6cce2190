# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The HTTP library. To replace it, change the import here, and that of httpcore in `network`.

httpcore is not imported here: httpx, too, imports it on first use.
"""

import httpx as httpx

LIBRARIES = (httpx.__name__, httpx.__name__.replace("httpx", "httpcore"))
"""The top-level names of httpx and httpcore."""

POOL_RACES = (OSError, TypeError, ValueError)
"""Exceptions of httpcore's pool when one thread looks at a connection that another thread is using or closing."""

CALLER_OF_HOOKS = "_send_handling_redirects"
"""The function of httpx that calls event hooks."""
