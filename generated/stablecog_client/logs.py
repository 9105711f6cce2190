# Made by `make generate` from openapi.yaml. Do not edit: change that file or templates/, and run it again.
"""Keeps the keys out of what the network code logs at DEBUG: a server may send one back, in a header or elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Callable
from weakref import ref

_HTTPCORE = ("connection", "http11", "http2", "proxy", "socks")
_LOGGERS = ("httpx", "hpack.hpack", "hpack.table", *(f"httpcore.{name}" for name in _HTTPCORE))

_redactions: list[ref[Callable[[str], str]]] = []  # not a WeakSet: clients are made while others log


def redact_with(redact: Callable[[str], str]) -> None:
    """Pass what is logged through this, for as long as it lives."""
    _redactions.append(ref(redact, _redactions.remove))


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = told = record.getMessage()
        for reference in list(_redactions):
            if (redact := reference()) is not None:
                message = redact(message)
        if message != told:
            record.msg, record.args = message, ()
        return True


for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_Redacting())
