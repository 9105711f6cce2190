"""Types that operations and models share."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import IO, BinaryIO, Final, Generic, Literal, NamedTuple, TypeVar

T = TypeVar("T")


class Unset(Enum):
    """The type of `UNSET`: an enum, so that type checkers understand `is UNSET`."""

    UNSET = "UNSET"
    """The only value."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    __str__ = __repr__


UNSET: Final = Unset.UNSET
"""Marks an optional field or parameter as left out, which is different from null."""

FileTypes = tuple[str | None, IO[bytes] | bytes | str, str | None]
"""A file in the form that httpx expects in a multipart body: name, content, media type."""


class File:
    """A file to upload, or a binary response body.

    Args:
        payload: The open file, in binary mode.
        file_name: The name to send, or None for `upload`: servers take a part without a name for text.
        mime_type: The media type to send, or None.
    """

    payload: BinaryIO
    """The open file, in binary mode."""
    file_name: str | None
    """The name to send, or None for `upload`."""
    mime_type: str | None
    """The media type to send, or None."""

    def __init__(self, payload: BinaryIO, file_name: str | None = None, mime_type: str | None = None) -> None:
        self.payload = payload
        self.file_name = file_name
        self.mime_type = mime_type

    def to_tuple(self) -> FileTypes:
        """Return the file in the form that httpx expects in a multipart body."""
        return self.file_name or "upload", self.payload, self.mime_type


class Response(NamedTuple, Generic[T]):
    """A response that matches the API description."""

    status_code: HTTPStatus
    """The HTTP status."""
    headers: Mapping[str, str]
    """The headers; names are case-insensitive."""
    content: bytes
    """The body, with its content encoding decoded."""
    parsed: T
    """The body, parsed and validated."""


__all__ = ["UNSET", "File", "FileTypes", "Response", "Unset"]
