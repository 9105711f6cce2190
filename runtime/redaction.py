"""Keeps API keys out of texts and logs: a server may send one back, in a header or elsewhere."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote
from weakref import ref

Redact = Callable[[str], str]

_HTTPCORE = ("connection", "http11", "http2", "proxy", "socks")
_LOGGERS = ("httpx", "hpack.hpack", "hpack.table", *(f"httpcore.{name}" for name in _HTTPCORE))

_redactions: list[ref[Redact]] = []  # not a WeakSet: clients are made while others log


def redactor(key: str) -> Redact:
    """What strikes a key from a text: in each spelling that it is sent or told in, and where the text was cut."""
    basic = b64encode(key.encode()).decode()
    spellings = dict.fromkeys([key, json.dumps(key)[1:-1], quote(key, safe=""), basic])

    def redact(text: str) -> str:
        for spelling in spellings:
            text = _without(spelling, text)
        return text

    _redactions.append(ref(redact, _redactions.remove))
    return redact


def _without(key: str, text: str) -> str:
    """The text with each occurrence of the key, or of its first eight characters and what follows them, struck out."""
    pieces: list[str] = []
    end = 0
    while (start := text.find(key[:8], end)) >= 0:
        pieces += [text[end:start], "<redacted>"]
        end = start
        while (character := key[end - start : end - start + 1]) and text.startswith(character, end):
            end += 1
    return "".join([*pieces, text[end:]])


class _Redacting(logging.Filter):
    """Strikes the keys of all clients from what the network code logs at DEBUG."""

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
