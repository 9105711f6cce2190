# Made by `make generate` from openapi.yaml. Do not edit: change that file or templates/, and run it again.
"""Over the network: TLS set up once, transports, bodies that stay small."""

from __future__ import annotations

import os
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeVar, cast

import httpx

from .errors import APIResponseValidationError, UsageError

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

MAX_BODY = 16 * 2**20  # bytes of a decoded body; more is refused
MAX_ERROR_BODY = 64 * 2**10  # bytes of an error's body; more is cut off
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=5.0)
ACCEPT_ENCODING = "gzip, deflate"

_GZIP, _ZLIB, _RAW = 31, 15, -15  # what zlib calls its formats


class _TLS:
    """The process's TLS context: reading the trust store takes longer than a call.

    It is read in a thread of its own from the first https client on, while the rest is imported.
    """

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def unlock(self) -> None:
        """After a fork: the thread that held the lock is not here."""
        self._lock = threading.Lock()

    def prepare(self) -> None:
        if self._context is None:
            threading.Thread(target=self._prepare, name="trust store", daemon=True).start()

    def _prepare(self) -> None:
        with suppress(UsageError):  # the call that needs it says so
            self.context()

    def context(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                try:
                    self._context = httpx.create_ssl_context()
                except OSError as error:
                    message = f"SSL_CERT_FILE or SSL_CERT_DIR: expected certificates in PEM form ({error})"
                    raise UsageError(message) from None
            return self._context


tls = _TLS()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=tls.unlock)


def tls_for(url: httpx.URL) -> ssl.SSLContext:
    """What a client of this server needs."""
    if url.scheme == "https":
        return tls.context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, quick to make, and trusts nobody


def new_client(kind: type[H], url: httpx.URL, trust_env: bool) -> H:
    """A client of our own for this server, with the proxies of the environment if it is to be trusted.

    Raises:
        UsageError: The environment asks for a proxy or for certificates that cannot be had.
    """
    context = tls_for(url)
    try:
        return kind(verify=context, limits=LIMITS, trust_env=trust_env)
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        reason = str(error).partition("URL")[0] if "@" in str(error) else str(error)  # a proxy's password is secret
        raise UsageError(f"HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: expected http://host:port ({reason})") from None


class TimeLimit(float):
    """Seconds that one network operation may take, and when all of them must have ended.

    httpx and httpcore carry it, as the float that it is, from a request to the socket. They would
    allow its seconds for every single read; `_Stream` asks `left` instead.
    """

    __slots__ = ("ends_at",)

    ends_at: float

    def __new__(cls, seconds: float, ends_at: float) -> TimeLimit:
        self = super().__new__(cls, max(0.0, min(seconds, ends_at - time.monotonic())))
        self.ends_at = ends_at
        return self


def transport_for(client: httpx.Client, url: httpx.URL) -> httpx.BaseTransport:
    """The transport that a client would use, proxies of the environment among them.

    Ours alone are sent over it directly: what `httpx.Client.send` adds (cookies, redirects, authentication, event
    hooks) our calls do not use, and it is a quarter of their time.
    """
    return cast("httpx.BaseTransport", cast("Any", client)._transport_for_url(url))


def async_transport_for(client: httpx.AsyncClient, url: httpx.URL) -> httpx.AsyncBaseTransport:
    """The same for an async client; aiohttp's where it is installed and no proxy stands between."""
    inside = cast("Any", client)
    if inside._transport_for_url(url) is inside._transport:
        with suppress(ImportError):  # the extra is not installed
            from .aiohttp_transport import AiohttpTransport

            inside._transport = AiohttpTransport(tls_for(url), LIMITS)
    return cast("httpx.AsyncBaseTransport", inside._transport_for_url(url))


class BoundedBody:
    """Collects a body as it comes, undoes its content encoding, and never holds more than `limit`."""

    def __init__(self, headers: httpx.Headers, limit: int, *, cut: bool) -> None:
        self._limit = limit
        self._cut = cut  # cut a body that is too large off, rather than refuse it
        self._fed = False
        self._size = 0
        self._chunks: list[bytes] = []
        try:
            self._decoders = [_decoder(name) for name in _encodings(headers)]
        except APIResponseValidationError:
            if not cut:
                raise
            self._decoders = []  # an error is told by its status, whatever its body is packed in
        length = headers.get("content-length", "")
        if not cut and length.isdecimal() and int(length[:20]) > limit:
            self._too_large()

    def feed(self, chunk: bytes) -> bool:
        """Take a chunk; whether more is wanted."""
        self._fed = True
        for piece in self._decoded(chunk, self._decoders) if self._decoders else (chunk,):
            self._size += len(piece)
            if self._size > self._limit:
                if not self._cut:
                    self._too_large()
                self._chunks.append(piece[: self._limit - self._size])
                return False
            self._chunks.append(piece)
        return True

    def finish(self) -> bytes:
        """The body."""
        if not self._cut and self._fed and any(not decoder.eof for decoder in self._decoders):
            raise APIResponseValidationError("a compressed body", "one that was cut short")
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)

    def _decoded(self, chunk: bytes, decoders: list[Any]) -> Iterator[bytes]:
        decoder, *others = decoders
        while chunk and not decoder.eof:
            try:
                piece = decoder.decompress(chunk, 65536)  # a little at a time: a bomb never unfolds
            except zlib.error as error:
                if self._cut:
                    return
                raise APIResponseValidationError("a compressed body", f"a corrupt one ({error})") from None
            chunk = decoder.unconsumed_tail
            if piece and others:
                yield from self._decoded(piece, others)
            elif piece:
                yield piece

    def _too_large(self) -> None:
        raise APIResponseValidationError(f"a body of at most {self._limit} bytes", "a larger one")


def _encodings(headers: httpx.Headers) -> list[str]:
    """The content encodings of a body, the last applied first."""
    value = headers.get("content-encoding")
    if value is None:
        return []
    names = [name.strip().lower() for name in value.split(",")]
    applied = [name for name in reversed(names) if name not in {"", "identity"}]
    if len(applied) > 2:  # each one multiplies what a small body can unfold to
        raise APIResponseValidationError("at most two content encodings", str(len(applied)))
    return applied


def _decoder(encoding: str) -> Any:
    if encoding in {"gzip", "x-gzip"}:
        return zlib.decompressobj(_GZIP)
    if encoding == "deflate":
        return _Deflate()
    raise APIResponseValidationError(f"a content encoding of {ACCEPT_ENCODING}", repr(encoding[:40]))


class _Deflate:
    """The zlib format, as HTTP says, or bare deflate, as some servers send."""

    eof = False
    unconsumed_tail = b""

    def __init__(self) -> None:
        self._decoder: Any = None

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._decoder is None:
            self._decoder = zlib.decompressobj(_ZLIB if data[0] & 0x0F == 8 else _RAW)
        piece: bytes = self._decoder.decompress(data, max_length)
        self.eof, self.unconsumed_tail = self._decoder.eof, self._decoder.unconsumed_tail
        return piece
