"""Builds the wheel and the sdist: `python -m tools.build [--tag TAG]`.

The same sources give the same bytes: the backend is pinned beside this interpreter, and nothing else has a say, neither
the time nor what lies around the package. With a tag, it refuses one that is not the package's version, or of which
CHANGELOG.md says nothing or no date.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tools import ROOT

# 2020-02-02, the backend's own default; anything that zip can hold will do.
EPOCH = "1580601600"


def build(package: Path, folder: Path) -> list[Path]:
    """Put the wheel and the sdist of the package into the folder, in place of what it held."""
    with tempfile.TemporaryDirectory(prefix="build-") as name:
        # A copy, so that the backend leaves nothing behind, and finds nothing that we left.
        source = shutil.copytree(package, Path(name, "package"), ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(Path(name, "dist")), str(source)]
        done = subprocess.run(command, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}, capture_output=True, text=True)  # noqa: S603
        if done.returncode:
            raise SystemExit(
                f"{done.stdout}{done.stderr}The package cannot be built; fix generator/templates/pyproject.toml.jinja."
            )
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(Path(name, "dist"), folder)
    return sorted(folder.iterdir())


def check_tag(tag: str, version: str, changelog: str) -> None:
    if tag != f"v{version}":
        raise SystemExit(f"The tag is {tag}, the package's version {version}; tag v{version}, or change info.version.")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}$", changelog, re.MULTILINE):
        raise SystemExit(f"CHANGELOG.md has no dated ## [{version}]; write there what changes for users, and the day.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the wheel and the sdist.")
    parser.add_argument("--tag", help="refuse, unless it is the package's version")
    options = parser.parse_args()
    package = ROOT / "generated"
    if options.tag:
        version = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]["version"]
        check_tag(options.tag, version, (ROOT / "CHANGELOG.md").read_text("utf-8"))
    for file in build(package, ROOT / "dist"):
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  dist/{file.name}")


if __name__ == "__main__":
    main()
