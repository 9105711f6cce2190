"""Keeps secrets out of recordings: header values that might tell one are replaced, bodies that might are refused.

A body is never edited, as a recording is what the server sent. So whoever is in doubt raises `DoubtError`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import ipaddress
import re
import urllib.parse
from collections.abc import Callable, Iterator

# Headers whose values say nothing about the account, the client or the connection.
HARMLESS = {
    "access-control-allow-origin",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "retry-after",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
}
REDACTED = b"<redacted>"

# So many characters of the key in a row, other characters between them or not, are taken for a piece of it.
PIECE = 8


class DoubtError(Exception):
    """Something must not be written, or cannot be told from what must not. The text says why, without quoting it."""


def scrub_head(head: bytes) -> bytes:
    """The status line and headers, each value gone that is not known to be harmless."""
    status, *headers = head.split(b"\r\n")
    if not re.fullmatch(rb"HTTP/1\.[01] \d{3} [ -~]*", status):
        raise DoubtError("its status line is not one of HTTP/1.1")
    return b"\r\n".join([status, *map(_scrub_header, headers)])


def _scrub_header(line: bytes) -> bytes:
    parts = re.fullmatch(rb"([A-Za-z0-9-]+):([ -~]*)", line)
    if not parts:
        raise DoubtError("one of its header lines is not `Name: value` in plain characters")
    name, value = parts.groups()
    return line if name.decode().lower() in HARMLESS or not value.strip() else name + b": " + REDACTED


def ensure_clean(content: bytes, key: str) -> None:
    """Raise `DoubtError` if the content holds a piece of the key, however written, or anybody's address."""
    needles = [_squashed(text) for text in (key, key[::-1], *_digests(key))]
    pieces = {needle[start : start + PIECE] for needle in needles for start in range(len(needle) - PIECE + 1)}
    for text in (content.decode("utf-8", "replace"), content.decode("latin-1")):
        for reading in _readings(text):
            squashed = _squashed(reading)
            if any(squashed[start : start + PIECE] in pieces for start in range(len(squashed) - PIECE + 1)):
                raise DoubtError("it holds the key, a piece of it or a hash of it")
        for spelling in (text, urllib.parse.unquote(text)):
            if any(map(_is_address_of_another, re.findall(r"[0-9a-fA-F.:]+", spelling))):
                raise DoubtError("it holds a network address")
            if re.search(r"[\w.+-]+@[\w-]+\.\w", spelling):
                raise DoubtError("it holds an e-mail address")


def _squashed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _digests(key: str) -> list[str]:
    return [hashlib.new(name, key.encode()).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")]


def _readings(text: str, depth: int = 3) -> Iterator[str]:
    """The text, and all that it may mean with the usual encodings undone, one over another."""
    yield text
    if depth:
        unescaped = re.sub(r"\\(?:x|u00)([0-9a-fA-F]{2})", lambda escape: chr(int(escape[1], 16)), text)
        for spelling in {urllib.parse.unquote(text), html.unescape(text), unescaped} - {text}:
            yield from _readings(spelling, depth - 1)
        for meaning in _decoded(text):
            yield from _readings(meaning, depth - 1)


def _decoded(text: str) -> Iterator[str]:
    """What its words may mean in base64, base32 or hexadecimal digits, whatever stands before it in the word."""
    words = set(re.findall(r"[A-Za-z0-9+/_-]{12,}", text + "\n" + re.sub(r"\s", "", text)))
    for word in words:
        for start in range(4):
            yield _try(base64.b64decode, word[start:].translate(str.maketrans("-_", "+/")), 4)
    for word in re.findall(r"[a-z2-7]{12,}", _squashed(text)):
        for start in range(8):
            yield _try(base64.b32decode, word[start:].upper(), 8)
    for word in re.findall(r"[0-9a-f]{12,}", _squashed(text)):
        for start in range(2):
            yield _try(bytes.fromhex, word[start:], 2)


def _try(decode: Callable[[str], bytes], word: str, group: int) -> str:
    return decode(word[: len(word) // group * group]).decode("latin-1")


def _is_address_of_another(token: str) -> bool:
    """Whether it is an IP address other than this machine's own to itself."""
    candidates = {token.strip("."), token.strip(".").partition(":")[0]}
    for candidate in candidates:
        try:
            address = ipaddress.ip_address(candidate)
        except ValueError:
            continue
        if not (address.is_loopback or address.is_unspecified):
            return True
    return False
