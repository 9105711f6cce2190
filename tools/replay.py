"""A server that plays recordings byte for byte: `python -m tools.replay RECORDING [RECORDING ...]`.

It answers the first request with the first recording, and so on; the last one answers all that follow.
Tests and `make demo` share it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any, Self

from tools import ROOT

RECORDINGS = ROOT / "tests" / "recordings"


class ReplayServer(ThreadingTCPServer):
    """Plays recordings on a free port of the loopback interface, one connection an answer, as recorded.

    Attributes:
        url: Where it listens.
        requests: The bytes of each request that came, in order.
    """

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, *answers: bytes) -> None:
        super().__init__(("127.0.0.1", 0), BaseRequestHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests: list[bytes] = []
        self._answers = answers
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), name="replay", daemon=True)

    @classmethod
    def of(cls, *names: str) -> Self:
        """A server that plays the recordings of these file names."""
        return cls(*((RECORDINGS / name).read_bytes() for name in names))

    def finish_request(self, request: Any, client_address: Any) -> None:
        with suppress(ConnectionError):  # the client may go away when it likes
            received = b""
            while b"\r\n\r\n" not in received:
                if not (part := request.recv(65536)):
                    return
                received += part
            with self._lock:
                answer = self._answers[min(len(self.requests), len(self._answers) - 1)]
                self.requests.append(received)
            request.sendall(answer)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


def main(names: Sequence[str]) -> None:
    recordings = sorted(path.name for path in RECORDINGS.glob("*.http"))
    if not names or not set(names) <= set(recordings):
        raise SystemExit("Name one or more of these recordings:\n  " + "\n  ".join(recordings))
    with ReplayServer.of(*names) as server:
        print(f"Playing {', '.join(names)}; stop with Ctrl-C. In another shell:", flush=True)
        print(f"export STABLECOG_API_KEY=sc-test STABLECOG_BASE_URL={server.url}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
