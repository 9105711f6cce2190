"""A proxy for HTTP and SOCKS 5, and a server that sends raw bytes."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Self
from urllib.parse import urlsplit


class ProxyServer:
    """A proxy on a free port of the loopback interface: forwards http://, tunnels CONNECT, speaks SOCKS 5.

    It resolves every name below `.test` to this machine.

    Args:
        credentials: The user and password that it asks for, separated by a colon.
        tls: The TLS context for connections to the proxy itself.

    Attributes:
        port: Where it listens.
        targets: What it was asked for, in order: `GET http://host/path`, `CONNECT host:port` or `SOCKS host:port`.
        heads: The bytes of the requests that it was asked with.
    """

    def __init__(self, credentials: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._credentials = credentials
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.targets: list[str] = []
        self.heads: list[bytes] = []
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def url(self, scheme: str, userinfo: str = "") -> str:
        """Return the URL of the proxy as variables of the environment have it."""
        return f"{scheme}://{userinfo and f'{userinfo}@'}127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._attend, sock=self._socket, ssl=self._tls)
        await self._stopped.wait()
        server.close()

    async def _attend(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                first = await reader.readexactly(1)
                await (self._socks(reader, writer) if first == b"\x05" else self._http(first, reader, writer))
            finally:
                writer.close()

    async def _http(self, first: bytes, reader: StreamReader, writer: StreamWriter) -> None:
        head = first + await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        line, *fields = head.removesuffix(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, target, version = line.split(" ")
        self.targets.append(f"{method} {target}")
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        if self._credentials is not None:
            expected = f"Basic {b64encode(self._credentials.encode()).decode()}"
            if headers.get("proxy-authorization") != expected:
                challenge = b'Proxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n'
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n" + challenge)
                await writer.drain()
                return
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            upstream = await _connect(host.strip("[]"), int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            url = urlsplit(target)
            upstream = await _connect(url.hostname or "", url.port or 80)
            kept = [field for field in fields if not field.lower().startswith("proxy-")]
            upstream[1].write("\r\n".join([f"{method} {url.path} {version}", *kept, "", ""]).encode("latin-1"))
        await _relay((reader, writer), upstream)

    async def _socks(self, reader: StreamReader, writer: StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        method = b"\x00" if self._credentials is None else b"\x02"
        if method not in methods:
            writer.write(b"\x05\xff")
            await writer.drain()
            return
        writer.write(b"\x05" + method)
        if self._credentials is not None:
            await reader.readexactly(1)
            user, password = [await _counted(reader), await _counted(reader)]
            is_right = b"%b:%b" % (user, password) == self._credentials.encode()
            writer.write(b"\x01\x00" if is_right else b"\x01\x01")
            await writer.drain()
            if not is_right:
                return
        kind = (await reader.readexactly(4))[3]
        if kind == 3:
            host = (await _counted(reader)).decode()
        else:
            family, size = {1: (socket.AF_INET, 4), 4: (socket.AF_INET6, 16)}[kind]
            host = socket.inet_ntop(family, await reader.readexactly(size))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.targets.append(f"SOCKS {host}:{port}")
        address = b"\x00\x01" + bytes(6)
        try:
            upstream = await _connect(host, port)
        except ConnectionRefusedError:
            writer.write(b"\x05\x05" + address)
            await writer.drain()
            return
        writer.write(b"\x05\x00" + address)
        await _relay((reader, writer), upstream)


async def _counted(reader: StreamReader) -> bytes:
    return await reader.readexactly((await reader.readexactly(1))[0])


async def _connect(host: str, port: int) -> tuple[StreamReader, StreamWriter]:
    return await asyncio.open_connection("127.0.0.1" if host.endswith(".test") else host, port)


async def _relay(one: tuple[StreamReader, StreamWriter], other: tuple[StreamReader, StreamWriter]) -> None:
    async def copy(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    await asyncio.gather(copy(one[0], other[1]), copy(other[0], one[1]))


@contextmanager
def raw_server(said: bytes, dripped: bytes = b"") -> Generator[int]:
    """Answer whatever comes with these bytes and close, or drip other bytes for ever. Yields the port."""
    stopped = threading.Event()

    def attend(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(said)
            while dripped and not stopped.wait(0.05):
                connection.sendall(dripped)

    def serve() -> None:
        with suppress(OSError):  # closed
            while True:
                threading.Thread(target=attend, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        stopped.set()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
