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
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus

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

PHRASES = {(b"%d" % status, status.phrase.encode()) for status in HTTPStatus}

# So many characters of the key in a row, other characters between them or not, are taken for a piece of it.
PIECE = 8

# The digits of base85, as Adobe has them and as RFC 1924 has them.
BASE85 = (
    "".join(map(chr, range(ord("!"), ord("u") + 1))),
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
)
MAX_INFLATED = 4096


class DoubtError(Exception):
    """Something must not be written, or cannot be told from what must not. The text says why, without quoting it."""


def scrub_head(head: bytes) -> bytes:
    """The status line and headers, each value gone that is not known to be harmless."""
    status, *headers = head.split(b"\r\n")
    parts = re.fullmatch(rb"HTTP/1\.[01] (\d{3})(?: (.*))?", status)
    if not parts:
        raise DoubtError("its status line is not one of HTTP/1.1")
    if parts[2] and parts.groups() not in PHRASES:
        raise DoubtError("the phrase in its status line is not the standard one")
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
    for text in {content.decode("utf-8", "replace"), content.decode("latin-1")}:
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
        yield from _of_base85(text)
        unescaped = re.sub(r"(?:\\x|\\u00|0x)([0-9a-fA-F]{2})", lambda escape: chr(int(escape[1], 16)), text)
        unslashed = re.sub(r"\\([\"/\\])", r"\1", text)
        for spelling in {urllib.parse.unquote(text), html.unescape(text), unescaped, unslashed} - {text}:
            yield from _readings(spelling, depth - 1)
        for content in _decoded(text):
            yield from _readings(content.decode("latin-1"), depth - 1)
            if inflated := _inflated(content):
                yield from _readings(inflated.decode("latin-1"), depth - 1)


def _decoded(text: str) -> Iterator[bytes]:
    """What its numbers may mean as the codes of characters, and its words in base64, base32 or hexadecimal digits,
    whatever stands before it in the word."""
    codes = [int(code) for code in re.findall(r"(?<![0-9])[0-9]{2,3}(?![0-9])", text)]
    if len(visible := bytes(code for code in codes if ord("!") <= code <= ord("~"))) >= PIECE:
        yield visible
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


def _try(decode: Callable[[str], bytes], word: str, group: int) -> bytes:
    return decode(word[: len(word) // group * group])


def _of_base85(text: str) -> Iterator[str]:
    """What its words may mean in base85. As almost any text is that too, nothing is looked for beneath it."""
    for digits in BASE85:
        values = {digit: value for value, digit in enumerate(digits)}
        for word in re.findall(f"[{re.escape(digits)}]{{10,}}", re.sub(r"\s", "", text)):
            numbers = [values[digit] for digit in word]
            for start in range(5):
                groups = zip(*[iter(numbers[start:])] * 5, strict=False)
                sums = ((((a * 85 + b) * 85 + c) * 85 + d) * 85 + e for a, b, c, d, e in groups)
                yield b"".join((each % 2**32).to_bytes(4, "big") for each in sums).decode("latin-1")


def _inflated(content: bytes) -> bytes:
    """The beginning of what stands in it as gzip or zlib have it, or nothing."""
    if packed := re.search(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]", content):
        with suppress(zlib.error):
            return zlib.decompressobj(wbits=47).decompress(content[packed.start() :], MAX_INFLATED)
    return b""


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
