"""Change the code in small ways and report which changes no test notices: `python -m tools.mutants`.

mutmut works on a copy of the package and runs only the quick tests. tests/mutants.txt lists the changes that are known
to go unnoticed, each with its reason. The exit status is 1 if there are others.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from generator.project import generate
from tools import ROOT

PACKAGE = "stablecog_client"
# Modules that the quick tests cover, as paths in the package. Tests of the others take minutes for each change.
MODULES = [
    "errors",
    *("_runtime/api_request", "_runtime/bodies", "_runtime/call", "_runtime/client_base", "_runtime/client_state"),
    *("_runtime/codec", "_runtime/config", "_runtime/environment", "_runtime/failures", "_runtime/per_process"),
    *("_runtime/rate_limit", "_runtime/redaction", "_runtime/responses", "_runtime/retries"),
]
TESTS = [
    *("unit", "contract/test_recordings.py", "generator/test_workshop.py"),
    *("sockets/test_bodies.py", "sockets/test_connections.py", "sockets/test_custom_client.py"),
    *("sockets/test_deadlines.py", "sockets/test_rate_limit.py", "sockets/test_retries.py"),
    *("sockets/test_secrets.py", "sockets/test_sharing.py", "sockets/test_statuses.py"),
]
# Tests to leave out: they are slow, check the package from outside, or repeat others for another client.
DESELECTED = [
    *("Tasks", "mypy", "pyright", "completion_offers", "imported_first", "bare_document", "bounded_memory"),
    *("calls_at_once_all_succeed", "another_client", "nothing_behind", "not_kept", "fork_while", "processes_get"),
    "these_are_all",  # it reads the source, which is changed
]
KNOWN = ROOT / "tests" / "mutants.txt"

SETTINGS = f"""
[tool.mutmut]
source_paths = ["{PACKAGE}"]
only_mutate = {json.dumps([*(f"{PACKAGE}/{module}.py" for module in MODULES), f"{PACKAGE}/models/*.py"])}
# Code for type checkers, and texts that no caller sees.
do_not_mutate_patterns = ['\\bcast\\(', 'threading\\.Thread\\(', 'raise ValueError\\("a leap']
also_copy = ["conftest.py", "tools", "openapi.yaml", "generator-config.yaml", "generator", "workshop"]
pytest_add_cli_args_test_selection = {json.dumps([f"tests/{name}" for name in TESTS])}
pytest_add_cli_args = ["-p", "no:cacheprovider", "--hypothesis-seed=0", "-k", "not ({" or ".join(DESELECTED)})"]
timeout_multiplier = 3.0
timeout_constant = 3.0

[tool.pytest.ini_options]
pythonpath = ["."]
filterwarnings = ["error", "ignore:.*multi-threaded.*fork:DeprecationWarning"]
"""

# Run the quickest tests first, because mutmut stops at the first failure. test_workshop gets a package that was
# generated once and uses the mutated runtime.
CONFTEST = """
import shutil

import generator.project
import tools
from mutmut.state import state

generator.project.generate = lambda spec, config, output: shutil.copytree(tools.ROOT / "workshop", output)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: state().duration_by_test.get(item.nodeid, 0))
"""
ALIAS = "import sys\nimport {module}\nsys.modules[__name__] = {module}\n"


def prepare(folder: Path) -> None:
    """Copy the package and its tests into the folder, and write the settings of mutmut."""
    shutil.copytree(ROOT / "generated" / PACKAGE, folder / PACKAGE)
    for name in "tests", "tools", "generator":
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in "openapi.yaml", "generator-config.yaml":
        shutil.copy(ROOT / name, folder)
    config = folder / "workshop.yaml"
    config.write_text((ROOT / "generator-config.yaml").read_text("utf-8").replace("stablecog", "workshop"), "utf-8")
    generate(ROOT / "tests" / "specs" / "workshop.yaml", config, folder / "workshop")
    for module in [*MODULES, "types"]:
        alias = ALIAS.format(module=f"{PACKAGE}.{module.replace('/', '.')}")
        (folder / "workshop" / "workshop_client" / f"{module}.py").write_text(alias, "utf-8")
    (folder / "conftest.py").write_text(CONFTEST, "utf-8")
    (folder / "pyproject.toml").write_text(SETTINGS, "utf-8")


def mutmut(folder: Path, *arguments: str) -> str:
    """Run mutmut in the folder; return its output. The progress of `run` is shown instead."""
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    environment = {**os.environ, "PYTHONPATH": "", "TMPDIR": str(folder)}
    output = None if arguments[0] == "run" else subprocess.PIPE
    done = subprocess.run(command, cwd=folder, env=environment, stdout=output, text=True)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{done.stdout or ''}mutmut {arguments[0]} failed; fix what is named above.")
    return done.stdout or ""


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
    known = {line for line in KNOWN.read_text("utf-8").splitlines() if line and not line.startswith("#")}
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name)
        prepare(folder)
        mutmut(folder, "run", "--max-children", str(os.cpu_count()))
        results = mutmut(folder, "results", "--all", "true")
        mutants = re.findall(r"^\s*(\S+): (.+)$", results, re.MULTILINE)
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
