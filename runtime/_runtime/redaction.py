"""Redaction of API keys in texts and logs: a server may send a key back, in a header or in a body."""

from __future__ import annotations

import json
import logging
import re
from base64 import b64encode
from collections.abc import Callable
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
    """Return a function that redacts a key in a text: as it is or in base64, escaped as in JSON or a URL, truncated."""
    patterns: list[re.Pattern[str]] = []

    def redact(text: str) -> str:
        if not patterns:  # not before: most clients never redact anything
            patterns[:] = [_pattern(secret) for secret in (key, b64encode(key.encode()).decode())]  # all at once
        for pattern in patterns:
            text = pattern.sub("<redacted>", text)
        return text

    _redactors.append(ref(redact, _redactors.remove))
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_redact_record)  # has no effect if it is there already
    return redact


def _pattern(secret: str) -> re.Pattern[str]:
    """Return a pattern of the first eight characters of a secret, and as many of its others as may follow.

    The others may come in any order: a pattern of their order would take long to compile for a long key.
    """
    start, others = secret[:8], secret[8:]
    return re.compile("".join(map(_one_of, start)) + f"{_one_of(others)}{{0,{len(others)}}}")


def _one_of(characters: str) -> str:
    """Return a pattern of what stands for one of these characters in JSON, in URLs and in plain text."""
    codes = "|".join({f"{ord(character):02x}" for character in characters})
    texts = {text for character in characters for text in (json.dumps(character)[1:-1], character)}
    texts |= {r"\/"} if "/" in characters else set()  # as some servers write JSON
    longest_first = sorted(texts, reverse=True)  # of those that begin alike
    return rf"(?:(?i:(?:\\u00|%)(?:{codes}))|{'|'.join(map(re.escape, longest_first))})"


def _redact_record(record: logging.LogRecord) -> bool:
    """Redact the keys of all clients in a log record, and let it pass."""
    message = original = record.getMessage()
    for reference in list(_redactors):
        if (redact := reference()) is not None:
            message = redact(message)
    if message != original:
        record.msg, record.args = message, ()
    return True
