"""What a healthy call costs, counted: modules, function calls, requests. Counts, unlike times, never flicker.

The ceilings lie a little above what was counted. Lower them when a count falls; raise one only for what a caller gets.
`make bench` has the times.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import httpx
import pytest
from stablecog_client import Client, CreditsResponse
from stablecog_client._runtime import bodies

from benchmarks.server import Server, body
from tests.support.certificates import serving, trusted
from tests.support.faults import KEY
from tests.support.processes import output
from tests.support.proxies import ProxyServer

PACKAGE = str(Path(bodies.__file__).parent.parent)

# Modules that neither httpx nor attrs load: at import, and by the first call.
BY_A_CALL = {"platform"}

OWN_CALLS = 45  # of functions of this package, in a call that reads two credits
SHARE_OF_HTTPX = 0.72  # of the functions that run when httpx does the same, untyped
CALLS_A_CREDIT = 3  # of Python functions
C_CALLS_A_CREDIT = 7


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(KEY, base_url=server.url) as client:
        client.credits.list()  # connections and lazy imports
        yield client


def modules(program: str) -> set[str]:
    """The modules that a process has loaded at the end of a program, but for this package's own."""
    program += "\nimport sys\nprint(*sys.modules)"
    return {name for name in output("-c", program).split() if name.partition(".")[0] != "stablecog_client"}


def calls(action: Callable[[], object], *, of: str = "", event: str = "call") -> int:
    """Calls of Python functions, those in files below `of`, or with `event="c_call"` of built-in ones."""
    counted = 0

    def count(frame: FrameType, happened: str, argument: object) -> None:
        nonlocal counted
        if happened == event and frame.f_code.co_filename.startswith(of):
            counted += 1

    action()
    enabled = gc.isenabled()
    gc.disable()  # finalisers of other tests are not this action's
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(None)
        if enabled:
            gc.enable()
    return counted


def test_import_loads_httpx_and_attrs_alone() -> None:
    """And what they load."""
    more = modules("import stablecog_client") - modules("import httpx, attrs, queue")
    assert not more, f"loaded by the import, and not needed there: {sorted(more)}"


def test_call_loads_little_beside_httpx(server: Server) -> None:
    """Compared with the same call by httpx."""
    ours = modules(f"import stablecog_client\nstablecog_client.Client({KEY!r}, base_url={server.url!r}).credits.list()")
    theirs = modules(f"import attrs, httpx\nhttpx.Client().get('{server.url}/v1/credits').json()")
    assert server.requests == 2
    more = ours - theirs
    assert more <= BY_A_CALL, f"loaded by a healthy call, and not needed for it: {sorted(more - BY_A_CALL)}"


def test_call_runs_few_functions(client: Client) -> None:
    """Of this package."""
    counted = calls(client.credits.list, of=PACKAGE)
    assert 0 < counted <= OWN_CALLS


def test_call_runs_fewer_functions_than_httpx(client: Client, server: Server) -> None:
    """For the same request, untyped."""
    with httpx.Client(headers={"Authorization": f"Bearer {KEY}"}) as plain:
        theirs = calls(lambda: plain.get(f"{server.url}/v1/credits").json())
    ours = calls(client.credits.list)
    assert ours <= SHARE_OF_HTTPX * theirs, f"{ours} calls, httpx {theirs}"


def test_hundred_calls_need_one_connection(server: Server) -> None:
    """And a hundred requests."""
    with Client(KEY, base_url=server.url) as client:
        for _ in range(100):
            client.credits.list()
    assert (server.requests, server.connections) == (100, 1)


def test_cost_of_a_credit_does_not_grow() -> None:
    """It costs the same among many."""
    decode = bodies.json_body(CreditsResponse.from_dict)

    def counted(number: int, event: str) -> int:
        content = body(number)
        assert len(decode(content, "application/json").credits) == number
        return calls(lambda: decode(content, "application/json"), event=event)

    for event, most in ("call", CALLS_A_CREDIT), ("c_call", C_CALLS_A_CREDIT):
        ten, hundred, thousand = (counted(number, event) for number in (10, 100, 1000))
        a_credit = (hundred - ten) / 90
        assert a_credit == (thousand - hundred) / 900, event
        assert a_credit <= most, event


def test_trust_store_is_read_once() -> None:
    """For all clients of a process, and for a proxy."""
    program = """
import gc, ssl, sys
from stablecog_client import Client
clients = [Client(sys.argv[1], base_url=sys.argv[2]) for _ in range(3)]
for client in clients:
    client.credits.list()
contexts = [found for found in gc.get_objects() if isinstance(found, ssl.SSLContext)]
print(sum(context.cert_store_stats()["x509_ca"] > 0 for context in contexts))
"""
    with trusted(), Server(serving()) as server, ProxyServer(tls=serving()) as proxy:
        for url in "", proxy.url("https"):
            assert output("-c", program, KEY, server.url, HTTPS_PROXY=url).split() == ["1"]
        assert server.requests == 6
        assert len(proxy.targets) == 3
