"""Types that operations and models share."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, BinaryIO, Final, Generic, Literal, NamedTuple, TypeVar

T = TypeVar("T")


class Unset:
    """The type of `UNSET`: an optional field or parameter that was left out, which null is not."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"  # one object in each process, pickled and copied by name


UNSET: Final = Unset()
"""An optional field or parameter that was left out."""

FileTypes = tuple[str | None, IO[bytes] | bytes | str, str | None]
"""What httpx takes as a file in a multipart body: name, content, media type."""


class File:
    """Binary content: a file to upload, or the body of an answer that is not JSON."""

    payload: BinaryIO
    """The open file, in binary mode."""
    file_name: str | None
    """The name that the server is told."""
    mime_type: str | None
    """The media type that the server is told."""

    def __init__(self, payload: BinaryIO, file_name: str | None = None, mime_type: str | None = None) -> None:
        self.payload = payload
        self.file_name = file_name
        self.mime_type = mime_type

    def to_tuple(self) -> FileTypes:
        """The file as httpx takes it in a multipart body."""
        return self.file_name, self.payload, self.mime_type


class Response(NamedTuple, Generic[T]):
    """An answer that is what the contract says."""

    status_code: HTTPStatus
    """The HTTP status."""
    headers: Mapping[str, str]
    """The answer's headers; names in any case."""
    content: bytes
    """The body's bytes, with its content encoding undone."""
    parsed: T
    """The body, decoded and validated."""


__all__ = ["UNSET", "File", "FileTypes", "Response", "Unset"]
