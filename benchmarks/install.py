"""Install the generated clients as pip would, compiled, and measure the size of what is installed."""

from __future__ import annotations

import compileall
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path
from sysconfig import get_path

from tools import ROOT

from .contenders import CONTENDERS, Contender

SITE = Path(get_path("purelib"))
DOCUMENT = ROOT / "openapi.yaml"


def install_clients() -> list[str]:
    """Generate and install every client; return the names of the available contenders."""
    absent: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        shutil.copytree(ROOT / "generated" / "stablecog_client", made / "stablecog_client")
        _default_output(made / "default_client")
        if not _openapi_generator(made):
            absent.add("openapi-generator")
        for package in {contender.folder for contender in CONTENDERS.values() if contender.folder}:
            shutil.rmtree(SITE / package, ignore_errors=True)
            if (made / package).exists():
                shutil.copytree(made / package, SITE / package, ignore=shutil.ignore_patterns("__pycache__"))
                compileall.compile_dir(SITE / package, quiet=1)
    return [name for name in CONTENDERS if name not in absent]


def default_output_command(output: Path) -> list[str]:
    """Return the command that runs the generator with its default settings, except for the name of the package."""
    config, beside = output.parent / "config.yaml", Path(sys.executable).parent
    config.write_text(
        "package_name_override: default_client\n"
        f"post_hooks: [{beside}/ruff check . --fix-only --quiet, {beside}/ruff format . --quiet]\n"
    )
    arguments = ["generate", "--path", DOCUMENT, "--config", config, "--output-path", output]
    return [str(beside / "openapi-python-client"), *map(str, arguments), "--meta", "none", "--overwrite"]


def _default_output(output: Path) -> None:
    subprocess.run(default_output_command(output), check=True, capture_output=True)


def _openapi_generator(folder: Path) -> bool:
    java = shutil.which("java")
    if java is None:
        print("Java is not installed: the openapi-generator client is left out.", flush=True)
        return False
    jar = files("openapi_generator_cli") / "openapi-generator.jar"
    arguments = [
        "generate",
        "-g",
        "python",
        "--package-name",
        "openapi_client",
        "-i",
        DOCUMENT,
        "-o",
        folder / "project",
    ]
    subprocess.run([java, "-jar", str(jar), *map(str, arguments)], check=True, capture_output=True)
    shutil.move(folder / "project" / "openapi_client", folder)
    return True


def installed_size(contender: Contender) -> float:
    """Return the size of a contender on disk in MB, with all its requirements."""
    size = sum(_size(name) for name in _required(contender.packages))
    if contender.folder:
        size += sum(path.stat().st_size for path in (SITE / contender.folder).rglob("*.py"))
    return size / 1e6


def _required(packages: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    left = list(packages)
    while left:
        name = re.split(r"[^\w.-]", left.pop(), maxsplit=1)[0].lower()
        if name in found:
            continue
        try:
            requirements = distribution(name).requires or []
        except PackageNotFoundError:  # required on another Python or system only
            continue
        found.add(name)
        left += [requirement for requirement in requirements if "extra ==" not in requirement]
    return found


def _size(name: str) -> int:
    paths = (Path(str(file.locate())) for file in distribution(name).files or [] if file.suffix != ".pyc")
    return sum(path.stat().st_size for path in paths if path.exists())
