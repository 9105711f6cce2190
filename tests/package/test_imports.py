"""Names that are imported on first use can be used by several threads at once, in a fresh process."""

from __future__ import annotations

from tests.support.faults import FaultServer, ok
from tests.support.processes import output

RACE = """
import sys, threading
import stablecog_client as package

start = threading.Barrier({count})

def run(code):
    start.wait()
    exec(code, {{"package": package, "url": sys.argv[1]}})
    sys.stdout.write("done\\n")

threads = [threading.Thread(target=run, args=(code,)) for code in {codes!r}]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""

A_CALL = "package.Client('sc-test', base_url=url).credits.list()"
CODES = [
    A_CALL,
    "package.AsyncClient",
    "package.TCredit",
    "package.ErrorResponse",
    "import stablecog_client.models",
] * 2


def test_first_uses_in_threads_do_not_deadlock() -> None:
    """Python would raise _DeadlockError where a package and one of its modules are imported at the same time."""
    with FaultServer(ok) as server:
        for _ in range(5):
            assert output("-c", RACE.format(count=len(CODES), codes=CODES), server.url).split() == ["done"] * len(CODES)


def test_clients_load_httpcore_when_they_call() -> None:
    """It takes longer to import than the rest; httpx, too, imports it with the first connection."""
    program = "import sys; from stablecog_client import AsyncClient, Client; print('httpcore' in sys.modules)"
    assert output("-c", program) == "False\n"
