"""Measures: who is asked what, interleaved, and what they answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import IO, NamedTuple

from tools import ROOT

from .contenders import KEY, Contender, Task

# A child runs what is installed, as it is; nothing of the environment bends it.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "STABLECOG")) and not name.lower().endswith("_proxy")
}

ENOUGH = 30  # seconds

Values = dict[str, list[float]]  # by contender, a value a round


class Measure(NamedTuple):
    """What was measured of each contender.

    Attributes:
        title: What.
        unit: "s", "calls/s", "MiB" or "MB".
        values: By contender, in the order of the rounds.
        base: The contender that ratios refer to.
    """

    title: str
    unit: str
    values: Values
    base: str = "httpx"

    def middle(self, name: str) -> float:
        return median(self.values[name])

    def ratio(self, name: str) -> tuple[float, float, float]:
        """The median of the rounds' ratios to the base, and the quartiles around it."""
        ratios = [mine / base for mine, base in zip(self.values[name], self.values[self.base], strict=True)]
        if len(ratios) < 2:
            return ratios[0], ratios[0], ratios[0]
        low, middle, high = quantiles(ratios, n=4, method="inclusive")
        return middle, low, high


def interleaved(names: Sequence[str], rounds: int, once: Callable[[str], float]) -> Values:
    """Every contender once a round, the order turned round each time so that a drift favours nobody.

    On a slow machine there are fewer rounds: no further one begins after `ENOUGH`.
    """
    values: Values = {name: [] for name in names}
    start = time.monotonic()
    for number in range(rounds):
        if number and time.monotonic() - start > ENOUGH:
            break
        for name in names if number % 2 else reversed(names):
            values[name].append(once(name))
    return values


class Workers:
    """A process for each contender, that times what it is asked to while the others rest."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._running: dict[str, subprocess.Popen[str]] = {}

    def timing(self, task: Task) -> Callable[[str], float]:
        """What asks a worker, by name, to do a task."""

        def ask(name: str) -> float:
            sink, source = _pipes(self._running[name])
            print(json.dumps(task._asdict()), file=sink, flush=True)
            if not (line := source.readline()):
                raise SystemExit(f"benchmarks.worker {name} failed at {task}; its own words are above")
            return float(line)

        return ask

    def __enter__(self) -> Workers:
        for name in self._names:
            self._running[name] = _started("benchmarks.worker", name)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._running.values():
            worker.communicate()


def _started(module: str, argument: str) -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-m", module, argument], subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdin=pipe, stdout=pipe, text=True)


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


@contextmanager
def servers() -> Generator[tuple[str, str]]:
    """The server's http and https addresses. Children trust it besides the usual authorities."""
    import certifi
    import trustme

    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as folder:
        certificate, bundle = Path(folder, "server.pem"), Path(folder, "trusted.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
        bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + authority.cert_pem.bytes())
        ENVIRONMENT["SSL_CERT_FILE"] = ENVIRONMENT["REQUESTS_CA_BUNDLE"] = str(bundle)
        with _started("benchmarks.server", str(certificate)) as server:
            sink, source = _pipes(server)
            plain, secure = json.loads(source.readline())
            try:
                yield plain, secure
            finally:
                sink.close()  # it stops when its input ends


def seconds(*command: str | Path) -> float:
    """What a whole process takes."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def program(contender: Contender, url: str) -> str:
    return f"url, key = {url!r}, {KEY!r}\n{contender.imports}\n{contender.program}\n"


PEAK = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"


def peak(contender: Contender, url: str) -> float:
    """The most memory that a whole program holds, in MiB."""
    command = [sys.executable, "-c", program(contender, url) + PEAK]
    return int(subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True).stdout) / 2**10
