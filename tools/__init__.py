"""Commands that the Makefile runs."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run_tool(
    name: str, *arguments: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None, show: bool = False
) -> str:
    """Run a tool of the virtual environment; return its output, or show it. Exit with its errors if it fails."""
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=not show, text=True)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{done.stdout or ''}{done.stderr or ''}{name} failed; fix what it says, and try again.")
    return done.stdout or ""
