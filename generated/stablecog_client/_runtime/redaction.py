# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""Redaction of API keys in texts and logs: a server may send a key back, in a header or in a body."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote
from weakref import ref

from .http_library import LIBRARIES

Redact = Callable[[str], str]

# The loggers that may log requests and responses, headers included.
_LOGGERS = (
    LIBRARIES[0],
    *(f"{LIBRARIES[1]}.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")),
    *("hpack.hpack", "hpack.table"),
)

_redactors: list[ref[Redact]] = []  # not a WeakSet: clients are made while other threads log


def redactor(key: str) -> Redact:
    """Return a function that redacts a key in a text: in each encoding that occurs, also truncated."""
    basic = b64encode(key.encode()).decode()
    encodings = dict.fromkeys([key, json.dumps(key)[1:-1], quote(key, safe=""), basic])

    def redact(text: str) -> str:
        for encoding in encodings:
            text = _without(encoding, text)
        return text

    _redactors.append(ref(redact, _redactors.remove))
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_filter)  # has no effect if it is there already
    return redact


def _without(key: str, text: str) -> str:
    """Redact each occurrence of a key, or of its first eight characters and those that follow them."""
    pieces: list[str] = []
    end = 0
    while (start := text.find(key[:8], end)) >= 0:
        pieces += [text[end:start], "<redacted>"]
        end = start
        while (character := key[end - start : end - start + 1]) and text.startswith(character, end):
            end += 1
    return "".join([*pieces, text[end:]])


class _RedactingFilter(logging.Filter):
    """Redacts the keys of all clients."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = original = record.getMessage()
        for reference in list(_redactors):
            if (redact := reference()) is not None:
                message = redact(message)
        if message != original:
            record.msg, record.args = message, ()
        return True


_filter = _RedactingFilter()
