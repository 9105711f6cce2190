"""Keep secrets out of recordings: redact header values, refuse bodies.

A body is never edited, because a recording is exactly what the server sent. If it might hold a secret,
`UnsafeRecordingError` is raised and nothing is written.
"""

import base64
import re
from http.client import responses
from urllib.parse import unquote_to_bytes

# Headers whose values identify neither the account, the client nor the connection. All other values are redacted.
KEPT_HEADERS = {
    *("access-control-allow-origin", "allow", "cache-control", "connection", "content-encoding", "content-length"),
    *("content-type", "date", "retry-after", "strict-transport-security", "transfer-encoding", "vary"),
    *("x-content-type-options", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
}
REDACTED = "<redacted>"
PIECE = 8  # consecutive characters of the key that count as a leak
# Of IPv4, in the short form of IPv6, or in the long one; not a loopback or an unspecified one. A time has two colons.
REMOTE_ADDRESS = re.compile(r"(?<![\da-fA-F])(?:(?!127\.|0\.0\.0\.0)\d+(?:\.\d+){3}|[\da-fA-F]+::|(?:[\da-fA-F]+:){7})")


class UnsafeRecordingError(Exception):
    """Raised for a response that might hold a secret; the message gives the reason without the secret."""


def redact_headers(response: bytes) -> bytes:
    """Return a raw HTTP/1.1 response with the values of its headers redacted, except `KEPT_HEADERS`.

    Raises:
        UnsafeRecordingError: The status line or a header is not in the plain, standard form.
    """
    head, end, body = response.partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    parts = re.fullmatch(r"HTTP/1\.[01] (\d{3})(?: (.*))?", status.decode("latin-1"))
    if not parts or (parts[2] and responses.get(int(parts[1])) != parts[2]):
        raise UnsafeRecordingError("the status line is not one of HTTP/1.1 with the standard reason phrase")
    for index, line in enumerate(headers):
        if not re.fullmatch(rb"[A-Za-z0-9-]+:[ -~]*", line):
            raise UnsafeRecordingError("a header line is not `Name: value` in printable ASCII")
        name, _, value = line.decode().partition(":")
        if name.lower() not in KEPT_HEADERS and value.strip():
            headers[index] = f"{name}: {REDACTED}".encode()
    return b"\r\n".join([status, *headers]) + end + body


def ensure_no_secret(content: bytes, key: str) -> None:
    """Search for the key (whole or in part, plain, base64 or URL-encoded), network addresses and e-mail addresses.

    Raises:
        UnsafeRecordingError: The content contains one of them.
    """
    # The base64 of the key depends on the number of bytes before it, which affect the first four characters.
    in_base64 = [base64.b64encode(bytes(before) + key.encode()).decode()[4 if before else 0 :] for before in range(3)]
    needles = [_letters_and_digits(encoded) for encoded in (key, *in_base64)]
    pieces = {needle[start : start + PIECE] for needle in needles for start in range(len(needle) - PIECE + 1)}
    unescaped = re.sub(rb"\\u00([0-9a-fA-F]{2})", lambda escape: bytes.fromhex(escape[1].decode()), content)  # of JSON
    for reading in {content, unescaped, unquote_to_bytes(content), unquote_to_bytes(unquote_to_bytes(content))}:
        text = reading.decode("latin-1")
        letters = _letters_and_digits(text)
        if any(letters[start : start + PIECE] in pieces for start in range(len(letters) - PIECE + 1)):
            raise UnsafeRecordingError("it holds the key or a piece of it")
        if REMOTE_ADDRESS.search(text):
            raise UnsafeRecordingError("it holds a network address")
        if re.search(r"[\w.+-]@[\w-]+\.\w", text):  # one character before the @, as a + would take quadratic time
            raise UnsafeRecordingError("it holds an e-mail address")


def _letters_and_digits(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
