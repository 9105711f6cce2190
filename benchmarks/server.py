"""A fast server of credits, with keep-alive connections.

`/v1/credits` returns the recording with two credits. A prefix changes the response: `/1000/v1/credits` returns a
thousand credits, `/unlimited/v1/credits` omits the headers of the rate limit.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import sys
import threading
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from uuid import UUID

from tools.replay import RECORDINGS

HEAD, BODY = (RECORDINGS / "200-two-credits.http").read_bytes().split(b"\r\n\r\n", 1)
NEVER = "2100-01-01T05:00:00Z"
TYPES = [
    ("Free", 100, "Base free credits for user.", NEVER),
    ("Starter", 3000, "Credits from the Starter subscription.", "2026-12-24T18:30:15.5Z"),
    ("Pro", 8000, "Credits from the Pro subscription.", "2027-11-23T07:05:09.123456Z"),
    ("Mega Pack", 15000, "One-time mega pack.", "2027-02-28T23:59:59Z"),
]


@cache
def body(number: int) -> bytes:
    """Return a body with this number of credits: the recorded one for two, otherwise a made-up one."""
    if number == 2:
        return BODY
    chance = random.Random(number)  # with a seed: the same bytes each time
    credits: list[dict[str, Any]] = []
    for index in range(number):
        name, amount, description, expires_at = TYPES[index % len(TYPES)]
        kind = {"id": str(UUID(int=index % len(TYPES))), "name": name, "amount": amount, "description": description}
        credits.append(
            {
                "id": str(UUID(int=chance.getrandbits(128))),
                "remaining_amount": chance.randrange(amount),
                "expires_at": expires_at,
                "type": kind,
            }
        )
    total = sum(credit["remaining_amount"] for credit in credits)
    return json.dumps({"total_remaining_credits": total, "credits": credits}, separators=(",", ":")).encode()


@cache
def response(target: bytes) -> bytes:
    """Return the raw response to a request for this target."""
    *options, version, resource = target.decode().strip("/").split("/")
    if (version, resource) != ("v1", "credits"):
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    content = body(next((int(option) for option in options if option.isdecimal()), 2))
    dropped: tuple[bytes, ...] = (b"connection:", b"content-length:")
    if "unlimited" in options:
        dropped += (b"x-ratelimit-",)
    lines = [line for line in HEAD.split(b"\r\n") if not line.lower().startswith(dropped)]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(content), b"", content])


class _Connection(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._server.connections += 1
        self._transport = cast("asyncio.Transport", transport)
        self._server.open.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        *requests, self._received = (self._received + data).split(b"\r\n\r\n")
        for request in requests:
            self._server.requests += 1
            self._transport.write(response(request.split(b" ", 2)[1]))


class Server:
    """A server in its own thread, on a free port of the loopback interface.

    Args:
        certificate: The TLS context for https, or None for http.

    Attributes:
        url: The base URL.
        connections: Number of connections opened so far.
        open: The open connections.
        requests: Number of requests received.
    """

    def __init__(self, certificate: ssl.SSLContext | None = None) -> None:
        self._certificate = certificate
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="server", daemon=True)
        self.connections = self.requests = 0
        self.open: set[asyncio.Transport] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        listen = self._loop.create_server(
            lambda: _Connection(self), "127.0.0.1", 0, ssl=self._certificate, backlog=2048
        )
        self._server = asyncio.run_coroutine_threadsafe(listen, self._loop).result()
        scheme = "https" if self._certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for transport in list(self.open):
            transport.abort()
        while self.open:
            await asyncio.sleep(0.001)


def main(certificate: Path) -> None:
    """Serve http and https until the end of standard input."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server() as plain, Server(context) as secure:
        print(json.dumps([plain.url, secure.url]), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
