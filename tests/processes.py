"""One way to run Python in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools import ROOT


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
