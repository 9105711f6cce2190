"""Run the contenders in turn and collect their results."""

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

# Child processes run the installed packages; no variable of the environment changes their behaviour.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "STABLECOG")) and not name.lower().endswith("_proxy")
}

MAX_DURATION = 30  # seconds for one benchmark

Values = dict[str, list[float]]  # by contender, one value for each round


class Measure(NamedTuple):
    """The results of one benchmark.

    Attributes:
        title: The name of the benchmark.
        unit: "s", "calls/s", "MiB" or "MB".
        values: The values by contender, in the order of the rounds.
        base: The contender that ratios refer to.
    """

    title: str
    unit: str
    values: Values
    base: str = "httpx"

    def middle(self, name: str) -> float:
        """Return the median of a contender."""
        return median(self.values[name])

    def ratio(self, name: str) -> tuple[float, float, float]:
        """Return the median of the rounds' ratios to the base, then the lower and the upper quartile."""
        ratios = [mine / base for mine, base in zip(self.values[name], self.values[self.base], strict=True)]
        if len(ratios) < 2:
            return ratios[0], ratios[0], ratios[0]
        low, middle, high = quantiles(ratios, n=4, method="inclusive")
        return middle, low, high


def interleaved(names: Sequence[str], rounds: int, once: Callable[[str], float]) -> Values:
    """Run every contender once in each round, in alternating order so that a drift favours none.

    A slow machine runs fewer rounds: no round starts after `MAX_DURATION`.
    """
    values: Values = {name: [] for name in names}
    start = time.monotonic()
    for number in range(rounds):
        if number and time.monotonic() - start > MAX_DURATION:
            break
        for name in names if number % 2 else reversed(names):
            values[name].append(once(name))
    return values


class Workers:
    """One process for each contender; while one works, the others are idle."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._running: dict[str, subprocess.Popen[str]] = {}

    def timing(self, task: Task) -> Callable[[str], float]:
        """Return a function that runs a task in the worker of a contender, given by name."""

        def ask(name: str) -> float:
            sink, source = _pipes(self._running[name])
            print(json.dumps(task._asdict()), file=sink, flush=True)
            if not (line := source.readline()):
                raise SystemExit(f"benchmarks.worker {name} failed at {task}; see its output above")
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
    """Start the server and yield its http and https URLs; child processes trust its certificate."""
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
                sink.close()  # the server stops at the end of its input


def seconds(*command: str | Path) -> float:
    """Run a process; return the seconds that it took."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def program(contender: Contender, url: str) -> str:
    """Return a whole program that makes one call."""
    return f"url, key = {url!r}, {KEY!r}\n{contender.imports}\n{contender.program}\n"


PEAK = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"


def peak(contender: Contender, url: str) -> float:
    """Return the peak memory of a whole program in MiB."""
    command = [sys.executable, "-c", program(contender, url) + PEAK]
    return int(subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True).stdout) / 2**10
