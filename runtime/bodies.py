"""Bodies that stay small: collected as they come, their content encoding undone, up to a limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import httpx

from .errors import APIResponseValidationError

MAX_BODY = 16 * 2**20  # bytes of a decoded body; more is refused
MAX_ERROR_BODY = 64 * 2**10  # bytes of an error's body; more is cut off
ACCEPT_ENCODING = "gzip, deflate"

_OVERHEAD = 64 * 2**10  # bytes by which a packed body may be larger than what comes of it

_GZIP, _ZLIB, _RAW = 31, 15, -15  # what zlib calls its formats


class BoundedBody:
    """Collects a body as it comes, undoes its content encoding, and never holds more than `limit`."""

    def __init__(self, headers: httpx.Headers, limit: int, *, cut: bool) -> None:
        self._limit = limit
        self._cut = cut  # cut a body that is too large off, rather than refuse it
        self._came = 0  # bytes received, before decoding: nothing need come of them
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
        self._came += len(chunk)
        for piece in self._decoded(chunk, self._decoders) if self._decoders else (chunk,):
            self._size += len(piece)
            if self._size > self._limit:
                if not self._cut:
                    self._too_large()
                self._chunks.append(piece[: self._limit - self._size])
                return False
            self._chunks.append(piece)
        if self._came > self._limit + _OVERHEAD:
            if not self._cut:
                self._too_large()
            return False
        return True

    def finish(self) -> bytes:
        """The body."""
        if not self._cut and self._came and any(not decoder.eof for decoder in self._decoders):
            raise APIResponseValidationError("a compressed body", "one that was cut short")
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)

    def _decoded(self, chunk: bytes, decoders: list[Any]) -> Iterator[bytes]:
        decoder, *others = decoders
        while chunk:
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
        return _Gzip()
    if encoding == "deflate":
        return _Deflate()
    raise APIResponseValidationError(f"a content encoding of {ACCEPT_ENCODING}", repr(encoding[:40]))


class _Gzip:
    """The gzip format, of one member or of several."""

    unconsumed_tail = b""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(_GZIP)

    @property
    def eof(self) -> bool:
        return self._decoder.eof and not self.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._decoder.eof:
            if data[0] != 0x1F:  # no further member: what follows a body is left out
                self.unconsumed_tail = b""
                return b""
            self._decoder = zlib.decompressobj(_GZIP)
        piece = self._decoder.decompress(data, max_length)
        self.unconsumed_tail = self._decoder.unused_data or self._decoder.unconsumed_tail
        return piece


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
