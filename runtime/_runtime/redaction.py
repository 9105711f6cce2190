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
    patterns: list[tuple[re.Pattern[str], list[list[str]]]] = []

    def redact(text: str) -> str:
        if not patterns:  # not before: most clients never redact anything
            patterns[:] = [_pattern(secret) for secret in (key, b64encode(key.encode()).decode())]  # all at once
        for start, rest in patterns:
            text = _without(start, rest, text)
        return text

    _redactors.append(ref(redact, _redactors.remove))
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_redact_record)  # has no effect if it is there already
    return redact


def _pattern(secret: str) -> tuple[re.Pattern[str], list[list[str]]]:
    """Return a pattern of the first eight characters of a secret, and the forms of each of the others."""
    forms = [_forms(character) for character in secret]
    return re.compile("".join(f"(?:{'|'.join(map(re.escape, each))})" for each in forms[:8])), forms[8:]


def _forms(character: str) -> list[str]:
    """Return what stands for a character in JSON, in URLs and in plain text."""
    code = ord(character)
    escapes = [f"\\u{code:04x}", f"\\u{code:04X}", f"%{code:02x}", f"%{code:02X}"]
    return [*escapes, json.dumps(character)[1:-1], character]


def _without(start: re.Pattern[str], rest: list[list[str]], text: str) -> str:
    """Redact each occurrence of a secret, or of its first characters and those that follow them."""
    pieces: list[str] = []
    end = 0
    while found := start.search(text, end):
        pieces += [text[end : found.start()], "<redacted>"]
        end = found.end()
        for forms in rest:
            if (form := next((form for form in forms if text.startswith(form, end)), None)) is None:
                break
            end += len(form)
    return "".join([*pieces, text[end:]])


def _redact_record(record: logging.LogRecord) -> bool:
    """Redact the keys of all clients in a log record, and let it pass."""
    message = original = record.getMessage()
    for reference in list(_redactors):
        if (redact := reference()) is not None:
            message = redact(message)
    if message != original:
        record.msg, record.args = message, ()
    return True
