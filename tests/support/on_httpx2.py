"""A pytest plugin that lets httpx2, the maintained fork, stand in for httpx: `pytest -p tests.support.on_httpx2`.

Processes that the tests start still use httpx.
"""

from importlib import import_module

import_module("httpx2").alias_httpx()  # before anything imports httpx
