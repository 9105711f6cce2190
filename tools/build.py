"""Build the wheel and the sdist into dist/: `python -m tools.build [--tag TAG]`.

The build is reproducible: it uses the pinned backend of this environment, a fixed time, and a clean copy of the
package. With a tag, the tag must match the package's version, and CHANGELOG.md must have a dated section for it.
"""

import argparse
import hashlib
import os
import re
import shutil
import tempfile
import tomllib
from pathlib import Path

from tools import ROOT, run_tool

EPOCH = "1580601600"  # 2020-02-02, the default of hatchling


def build(package: Path, folder: Path) -> list[Path]:
    """Build the wheel and the sdist of the package into a folder, which is replaced; return their paths."""
    with tempfile.TemporaryDirectory(prefix="build-") as name:
        # Build from a copy, so that the backend finds and leaves no other files.
        source = shutil.copytree(package, Path(name, "package"), ignore=shutil.ignore_patterns("__pycache__"))
        environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
        run_tool("pyproject-build", "--no-isolation", "--outdir", Path(name, "dist"), source, env=environment)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(Path(name, "dist"), folder)
    return sorted(folder.iterdir())


def check_tag(tag: str, version: str, changelog: str) -> None:
    """Exit unless the tag matches the version and the changelog has a dated section for it."""
    if tag != f"v{version}":
        raise SystemExit(f"The tag is {tag}, but the version is {version}; tag v{version}, or change info.version.")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}$", changelog, re.MULTILINE):
        raise SystemExit(f"CHANGELOG.md has no dated ## [{version}]; describe there what changes for users.")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Build the wheel and the sdist.")
    parser.add_argument("--tag", help="fail unless this is the version with a leading v")
    options = parser.parse_args()
    package = ROOT / "generated"
    if options.tag:
        version = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]["version"]
        check_tag(options.tag, version, (ROOT / "CHANGELOG.md").read_text("utf-8"))
    for file in build(package, ROOT / "dist"):
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  dist/{file.name}")


if __name__ == "__main__":
    main()
