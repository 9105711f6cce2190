"""Run Python in a process of its own, fork this one, measure its memory."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tools import ROOT

F = TypeVar("F", bound=Callable[..., None])
T = TypeVar("T")


def python(*arguments: str | Path, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in a folder, with the package at hand; what came of it."""
    command = [sys.executable, "-B", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generated"), **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=120)  # noqa: S603


def output(*arguments: str | Path, folder: Path = ROOT, **environment: str) -> str:
    """What it prints; it must neither fail nor complain."""
    done = python(*arguments, folder=folder, **environment)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def needs_fork(test: F) -> F:
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")(test)
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")(test)  # which marks it in place
    return test


@contextmanager
def forked(call: Callable[[], T]) -> Generator[Callable[[], T]]:
    """Fork, and call this in the child; what gives its result, or raises its exception."""
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()

    def run() -> None:
        try:
            results.put((call(), None))
        except Exception as error:
            results.put((None, error))

    def outcome() -> T:
        result: T
        result, error = results.get(timeout=60)
        if error is not None:
            raise error
        return result

    child = context.Process(target=run, daemon=True)
    child.start()
    yield outcome
    child.join()
    assert child.exitcode == 0


def peak_memory(call: Callable[[], object]) -> int:
    """Return the bytes that a call allocates at most."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
