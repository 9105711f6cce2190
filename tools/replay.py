"""A server that plays recordings byte for byte: `python -m tools.replay RECORDING [RECORDING ...]`.

It answers the first request with the first recording, and so on; the last one answers all that follow.
Tests and `make demo` share it.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

RECORDINGS = Path(__file__).resolve().parent.parent / "tests" / "recordings"


class ReplayServer:
    """Plays recordings on a free port of the loopback interface, one connection an answer, as recorded.

    Attributes:
        url: Where it listens.
        requests: The raw head of each request that came, in order.
    """

    def __init__(self, *answers: bytes) -> None:
        self._answers: Sequence[bytes] = answers
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests: list[bytes] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="replay", daemon=True)

    @classmethod
    def of(cls, *names: str) -> Self:
        """A server that plays the recordings of these file names."""
        return cls(*((RECORDINGS / name).read_bytes() for name in names))

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (received := connection.recv(65536)):
                    return
                head += received
            with self._lock:
                answer = self._answers[min(len(self.requests), len(self._answers) - 1)]
                self.requests.append(head)
            connection.sendall(answer)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


def main(names: Sequence[str]) -> None:
    if not names:
        raise SystemExit(f"name at least one recording: {', '.join(sorted(p.name for p in RECORDINGS.glob('*.http')))}")
    with ReplayServer.of(*names) as server:
        print(f"playing {', '.join(names)} at {server.url}; stop with Ctrl-C", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main(sys.argv[1:])
