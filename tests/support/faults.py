"""What a server can do to a client, a fault a function.

A fault takes the `Connection` on which a request has come, and answers it as it likes. `FaultServer`
plays the first fault for the first request, and so on; the last one meets all that follow.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Iterable
from typing import NamedTuple, Self
from urllib.parse import parse_qsl

from tools.replay import RECORDINGS

KEY = "sc-" + "0123456789abcdef" * 4  # what a real one looks like

TWO_CREDITS = (RECORDINGS / "200-two-credits.http").read_bytes().partition(b"\r\n\r\n")[2]


class ReceivedRequest(NamedTuple):
    """A request as it came over the wire, the values of a header that came twice joined by a comma."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, request: bytes) -> Self:
        head, _, body = request.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ")
        path, _, query = target.partition("?")
        headers: dict[str, str] = {}
        for field in fields:
            name, _, value = field.partition(": ")
            name = name.lower()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return cls(method, path, parse_qsl(query, True), headers, body)


class Connection:
    """The server's end of a connection.

    Attributes:
        request: The request that has come.
    """

    def __init__(self, socket: socket.socket, stopped: threading.Event) -> None:
        self._socket = socket
        self._stopped = stopped
        self.request = b""

    def next_request(self) -> bool:
        """Wait for a request; whether one came."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (received := self._socket.recv(65536)):
                return False
            data += received
            if data.startswith(b"\x16"):  # a client that speaks TLS, which most servers answer so
                self.send(head(400))
                return False
        self.request = data
        size = data.index(b"\r\n\r\n") + 4 + int(self.header("content-length") or 0)
        while len(self.request) < size:
            self.request += self._socket.recv(65536)
        return True

    def header(self, name: str) -> str | None:
        """A header of the request."""
        return ReceivedRequest.of(self.request).headers.get(name)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def drip(self, data: Iterable[bytes], pause: float) -> None:
        """Send piece by piece, until the client or the test has enough."""
        for piece in data:
            self.send(piece)
            self.wait(pause)

    def wait(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise ConnectionAbortedError("the test is over")

    def close(self) -> None:
        """End the connection in order."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def reset(self) -> None:
        """End the connection with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


Fault = Callable[[Connection], None]


class FaultServer:
    """Plays faults on a free port of the loopback interface.

    Attributes:
        url: Where it listens.
        requests: The bytes of each request that came, in order.
        connections: How many connections were made.
        closed: How many of them have ended.
    """

    def __init__(self, *faults: Fault, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._faults = faults
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="faults", daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                connected, _ = self._socket.accept()
            except OSError:  # closed
                return
            self.connections += 1
            threading.Thread(target=self._attend, args=(connected,), daemon=True).start()

    def _attend(self, connected: socket.socket) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            if self._tls:
                connected = self._tls.wrap_socket(connected, server_side=True)
            with self._lock:
                self._open.add(connected)
            connection = Connection(connected, self._stopped)
            while connection.next_request():
                with self._lock:
                    fault = self._faults[min(len(self.requests), len(self._faults) - 1)]
                    self.requests.append(connection.request)
                fault(connection)
        with self._lock:
            self._open.discard(connected)
            self.closed += 1
        connected.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            left = list(self._open)
        for connected in left:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
        self._thread.join()


# Answers


def head(status: int | str, *headers: str) -> bytes:
    """The head of an answer."""
    phrase = f"{status} Some Phrase" if isinstance(status, int) else status
    return "\r\n".join([f"HTTP/1.1 {phrase}", *headers, "", ""]).encode("latin-1")


def answer(
    status: int = 200, body: bytes = TWO_CREDITS, content_type: str = "application/json", *headers: str
) -> bytes:
    """A whole answer."""
    if status not in {204, 304}:
        headers = (f"Content-Length: {len(body)}", *headers)
    return head(status, f"Content-Type: {content_type}", *headers) + body


def respond(
    status: int = 200, body: bytes = TWO_CREDITS, content_type: str = "application/json", *headers: str
) -> Fault:
    """Send a whole answer, after which the connection stays open."""
    raw = answer(status, body, content_type, *headers)

    def fault(connection: Connection) -> None:
        connection.send(raw)

    return fault


ok = respond()


def raw(data: bytes) -> Fault:
    """These bytes and nothing more."""

    def fault(connection: Connection) -> None:
        connection.send(data)
        connection.close()

    return fault


def text(status: int, words: str = "Something is wrong.", *headers: str) -> Fault:
    """An answer as the server's router and middlewares give it."""
    return respond(status, words.encode(), "text/plain; charset=utf-8", *headers)


def encoded(encoding: str, body: bytes) -> Fault:
    """A body under a Content-Encoding."""
    return respond(200, body, "application/json", f"Content-Encoding: {encoding}")


def login_page(connection: Connection) -> None:
    """What a captive portal answers to everything."""
    respond(200, b"<!doctype html><title>Log in</title>", "text/html")(connection)


def redirect(location: str, status: int = 302) -> Fault:
    return text(status, "Over there.", f"Location: {location}")


# Connection


def close_before_first_byte(connection: Connection) -> None:
    connection.close()


def reset_before_first_byte(connection: Connection) -> None:
    connection.reset()


def reset_in_mid_body(connection: Connection) -> None:
    connection.send(head(200, "Content-Type: application/json", "Content-Length: 500") + TWO_CREDITS[:100])
    connection.wait(0.05)  # for the client to read it before the reset discards it
    connection.reset()


def body_shorter_than_its_length(connection: Connection) -> None:
    connection.send(head(200, "Content-Type: application/json", "Content-Length: 5000") + TWO_CREDITS)
    connection.close()


def cut_chunked_body(connection: Connection) -> None:
    size = f"{len(TWO_CREDITS):x}\r\n".encode()
    connection.send(head(200, "Content-Type: application/json", "Transfer-Encoding: chunked") + size + TWO_CREDITS)
    connection.close()


BREAKING = [
    close_before_first_byte,
    reset_before_first_byte,
    reset_in_mid_body,
    body_shorter_than_its_length,
    cut_chunked_body,
]


def ok_then_close_while_idle(connection: Connection) -> None:
    """Keep the connection alive, as far as the answer says, and close it."""
    ok(connection)
    connection.close()


# Time


def say_nothing(connection: Connection) -> None:
    connection.wait(3600)


def drip_headers(connection: Connection) -> None:
    lines = (f"X-Slow-{n}: {n}\r\n".encode() for n in range(1_000_000))
    connection.send(b"HTTP/1.1 200 OK\r\n")
    connection.drip((bytes([byte]) for line in lines for byte in line), 0.05)


def drip_body(connection: Connection) -> None:
    connection.send(head(200, "Content-Type: application/json", "Content-Length: 100000"))
    connection.drip((b" " for _ in range(100_000)), 0.05)


def stall_in_error_body(connection: Connection) -> None:
    connection.send(head(401, "Content-Type: application/json", "Content-Length: 100000") + b'{"error":"Unau')
    connection.wait(3600)


def drip_error_body(connection: Connection) -> None:
    connection.send(head(401, "Content-Type: application/json", "Content-Length: 100000") + b'{"error":"Unau')
    connection.drip((b" " for _ in range(99_000)), 0.05)


def respond_after(seconds: float) -> Fault:
    def fault(connection: Connection) -> None:
        connection.wait(seconds)
        ok(connection)

    return fault


def respond_when(allowed: threading.Event) -> Fault:
    def fault(connection: Connection) -> None:
        allowed.wait()
        ok(connection)

    return fault


# Attacks


def respond_twice(connection: Connection) -> None:
    """Send another response behind the one that was asked for, in one packet."""
    connection.send(answer() + answer(body=b'{"total_remaining_credits": 666, "credits": []}'))


def gzip_bomb(connection: Connection) -> None:
    """A gigabyte of spaces in a megabyte."""
    connection.send(head(200, "Content-Type: application/json", "Content-Encoding: gzip", "Transfer-Encoding: chunked"))
    zipper = zlib.compressobj(9, wbits=31)
    for _ in range(1024):
        if packed := zipper.compress(b" " * 2**20):
            connection.send(f"{len(packed):x}\r\n".encode() + packed + b"\r\n")
    packed = zipper.flush()
    connection.send(f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n")


def endless_body(connection: Connection, status: int = 200) -> None:
    connection.send(head(status, "Content-Type: application/json", "Connection: close"))
    connection.drip((b" " * 65536 for _ in iter(int, 1)), 0)


def endless_error(connection: Connection) -> None:
    endless_body(connection, 500)


def endless_headers(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\n")
    connection.drip((b"X-More: " + b"a" * 1000 + b"\r\n" for _ in iter(int, 1)), 0)


def endless_interim_responses(connection: Connection) -> None:
    connection.drip((b"HTTP/1.1 103 Early Hints\r\nX-More: more\r\n\r\n" for _ in iter(int, 1)), 0)


def terabyte_announced(connection: Connection) -> None:
    connection.send(head(200, "Content-Type: application/json", f"Content-Length: {10**12}"))
    connection.wait(3600)


# Echoes of the key


def echo_in(status: int) -> Fault:
    """The key in everything that a server can send."""

    def fault(connection: Connection) -> None:
        said = connection.header("authorization") or ""
        key = said.removeprefix("Bearer ")
        body = f'{{"error":"{said}","total_remaining_credits":"{key}"}}'.encode()
        headers = (f"X-Echo: {said}", f"{key}: x", f"Location: http://{key}.example/{key}?k={key}")
        respond(status, body, "application/json", *headers)(connection)

    return fault


def echo_in_place_of_http(connection: Connection) -> None:
    """Bytes that are no HTTP, and hold the key."""
    connection.send((connection.header("authorization") or "").encode() + b"\r\n\r\n")
    connection.close()


# Addresses


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port: int = reserved.getsockname()[1]
        return port
