"""Change the code in small ways and report which changes no test notices: `python -m tools.mutants`.

mutmut works on a copy of the package and runs only the quick tests. tests/mutants.txt lists the changes that are known
to go unnoticed, each with its reason. The exit status is 1 if there are others.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

from generator.project import generate
from tools import ROOT, run_tool

PACKAGE = "stablecog_client"


def prepare(folder: Path) -> None:
    """Copy the package and its tests into the folder, and write the settings of mutmut."""
    shutil.copytree(ROOT / "generated" / PACKAGE, folder / PACKAGE)
    for name in "tests", "tools", "generator", "runtime":
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in "openapi.yaml", "generator-config.yaml":
        shutil.copy(ROOT / name, folder)
    config = folder / "workshop.yaml"
    config.write_text((ROOT / "generator-config.yaml").read_text("utf-8").replace("stablecog", "workshop"), "utf-8")
    generate(ROOT / "tests" / "specs" / "workshop.yaml", config, folder / "workshop")
    shutil.copy(ROOT / "tests" / "support" / "mutants_conftest.py", folder / "conftest.py")
    shutil.copy(ROOT / "tests" / "mutants.toml", folder / "pyproject.toml")


def mutmut(folder: Path, *arguments: str, show: bool = False) -> str:
    """Run mutmut in the folder; return its output, or show it."""
    environment = {**os.environ, "PYTHONPATH": "", "TMPDIR": str(folder)}
    return run_tool("mutmut", *arguments, cwd=folder, env=environment, show=show)


def describe(folder: Path, mutant: str) -> str:
    """Return a mutant in one line: its function, the old and the new code. Other changes do not affect the line."""
    module, _, function = mutant.removeprefix(f"{PACKAGE}.").rpartition(".")
    name = re.sub(r"^xǁ|^x_|__mutmut_\d+$", "", function).replace("ǁ", ".")
    lines = mutmut(folder, "show", mutant).splitlines()
    old, new = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign) and not line.startswith(sign * 3))
        for sign in "-+"
    )
    return f"{module}.{name}: {old}  ->  {new}"


def main() -> None:
    """Run the command line."""
    lines = (ROOT / "tests" / "mutants.txt").read_text("utf-8").splitlines()
    known = {line for line in lines if line and not line.startswith("#")}
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name)
        prepare(folder)
        mutmut(folder, "run", "--max-children", str(os.cpu_count()), show=True)
        mutants = re.findall(r"^\s*(\S+): (.+)$", mutmut(folder, "results", "--all", "true"), re.MULTILINE)
        found = {describe(folder, mutant) for mutant, result in mutants if result in {"survived", "no tests"}}
    print(f"\n{len(mutants)} changes, {len(found)} of them unnoticed.")
    for line in sorted(known - found):
        print(f"Noticed now, or gone: {line}")
    for line in sorted(found - known):
        print(f"Unnoticed: {line}")
    if known != found:
        raise SystemExit("Fix the tests, or update tests/mutants.txt, which says why a change may go unnoticed.")


if __name__ == "__main__":
    main()
