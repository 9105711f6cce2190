"""Serve recordings byte for byte: `python -m tools.replay RECORDING [RECORDING ...]`.

The first request gets the first recording, and so on; all further requests get the last one.
"""

import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any, Self

from tools import ROOT

RECORDINGS = ROOT / "tests" / "recordings"


class ReplayServer(ThreadingTCPServer):
    """Sends raw responses from a free port of the loopback interface, one for each connection, in order.

    `url` is its base URL, and `requests` lists the bytes of each request received.
    """

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, *responses: bytes) -> None:
        super().__init__(("127.0.0.1", 0), BaseRequestHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests: list[bytes] = []
        self._responses = responses
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), name="replay", daemon=True)

    @classmethod
    def of(cls, *names: str) -> Self:
        """Return a server of the recordings with these file names."""
        return cls(*((RECORDINGS / name).read_bytes() for name in names))

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Read a request and send the response."""
        with suppress(ConnectionError):  # the client may disconnect at any time
            received = b""
            while b"\r\n\r\n" not in received:
                if not (data := request.recv(65536)):
                    return
                received += data
            with self._lock:
                response = self._responses[min(len(self.requests), len(self._responses) - 1)]
                self.requests.append(received)
            request.sendall(response)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


def main(names: Sequence[str]) -> None:
    """Serve recordings until Ctrl-C."""
    recordings = sorted(path.name for path in RECORDINGS.glob("*.http"))
    if not names or not set(names) <= set(recordings):
        raise SystemExit("Give the names of one or more recordings:\n  " + "\n  ".join(recordings))
    with ReplayServer.of(*names) as server:
        print(f"Serving {', '.join(names)}; stop with Ctrl-C. In another shell:", flush=True)
        print(f"export STABLECOG_API_KEY=sc-test STABLECOG_BASE_URL={server.url}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
