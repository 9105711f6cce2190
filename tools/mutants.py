"""Measures the tests: changes the code in small ways, and lists what no test notices: `python -m tools.mutants`.

mutmut works on a copy of the package, with the quick tests alone. tests/mutants.txt lists the changes that are known to
go unnoticed, with the reason of each; the run fails when there are others.
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
KNOWN = ROOT / "tests" / "mutants.txt"

# What decides without waiting for anything. The rest needs tests that take minutes for each change.
MODULES = [
    *("bodies", "call", "decoding", "errors", "faults", "options"),
    *("rate_limit", "redaction", "request", "retries", "shared", "transport"),
]
MUTATED = [*MODULES, "models/*"]
TESTS = [
    *("test_decoding", "test_models", "test_properties", "test_recordings", "test_generality", "test_options"),
    *("test_faults_bodies", "test_faults_connection", "test_faults_retries", "test_faults_secret"),
    *("test_faults_sharing", "test_faults_status", "test_faults_time", "test_given_http_client", "test_rate_limit"),
]
# Of these, what takes long, judges the package from outside, or does the same again with the other clients.
LEFT_OUT = [
    *("Tasks", "mypy", "pyright", "completion_offers", "imported_first", "in_json_without", "bounded_memory"),
    *("test_200_calls_at_once", "another_client", "not_slowed_down", "20_calls", "refused_call_waits", "no_sense"),
    *("encoded_back", "comes_up", "honoured", "nothing_behind", "not_kept", "fork_while", "after_a_fork_both"),
]

# Lines whose text no caller sees, and types.
UNMUTATED = [r"\bcast\(", r"threading\.Thread\(", r"raise ValueError\(\"a leap"]

SETTINGS = """
[tool.mutmut]
source_paths = ["{package}"]
only_mutate = {mutated}
do_not_mutate_patterns = {unmutated}
also_copy = ["conftest.py", "tools", "openapi.yaml", "generator-config.yaml", "generator", "workshop"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:cacheprovider", "--hypothesis-seed=0", "-k", "{wanted}"]
timeout_multiplier = 3.0
timeout_constant = 3.0

[tool.pytest.ini_options]
pythonpath = ["."]
filterwarnings = ["error", "ignore:.*multi-threaded.*fork:DeprecationWarning"]
"""

# The quickest tests first: the first that fails decides.
ORDER = """
from mutmut.state import state


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: state().duration_by_test.get(item.nodeid, 0))
"""

# The workshop of test_generality, made once, and sharing the modules that are mutated.
GENERATE = """
import shutil

from tools import ROOT


def generate(spec, config, output):
    shutil.copytree(ROOT / "workshop", output)
"""
SHARED = "import sys\nimport {package}.{module}\nsys.modules[__name__] = {package}.{module}\n"


def prepare(folder: Path) -> None:
    """Lay out in a folder what mutmut needs."""
    shutil.copytree(ROOT / "generated" / PACKAGE, folder / PACKAGE)
    for name in "tests", "tools", "generator":
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in "openapi.yaml", "generator-config.yaml":
        shutil.copy(ROOT / name, folder)
    config = folder / "workshop.yaml"
    config.write_text((ROOT / "generator-config.yaml").read_text("utf-8").replace("stablecog", "workshop"), "utf-8")
    generate(ROOT / "tests" / "specs" / "workshop.yaml", config, folder / "workshop")
    for module in [*MODULES, "types"]:
        shared = SHARED.format(package=PACKAGE, module=module)
        (folder / "workshop" / "workshop_client" / f"{module}.py").write_text(shared, "utf-8")
    (folder / "generator" / "project.py").write_text(GENERATE, "utf-8")
    (folder / "conftest.py").write_text(ORDER, "utf-8")
    settings = SETTINGS.format(
        package=PACKAGE,
        mutated=json.dumps([f"{PACKAGE}/{module}.py" for module in MUTATED]),
        unmutated=json.dumps(UNMUTATED),
        tests=json.dumps([f"tests/{name}.py" for name in TESTS]),
        wanted=" and ".join(f"not {name}" for name in LEFT_OUT),
    )
    (folder / "pyproject.toml").write_text(settings, "utf-8")


def mutmut(folder: Path, *arguments: str, shown: bool = False) -> str:
    """Run mutmut in the folder; what it prints, unless it is shown."""
    environment = {**os.environ, "PYTHONPATH": "", "TMPDIR": str(folder)}
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=None if shown else subprocess.PIPE, text=True)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{done.stdout or ''}mutmut {arguments[0]} failed; fix what is named above.")
    return done.stdout or ""


def change(folder: Path, mutant: str) -> str:
    """A mutant in one line that outlives changes elsewhere: where it is, what was there and what it became."""
    module, _, function = mutant.removeprefix(f"{PACKAGE}.").rpartition(".")
    name = re.sub(r"^xǁ|^x_|__mutmut_\d+$", "", function).replace("ǁ", ".")
    lines = mutmut(folder, "show", mutant).splitlines()
    removed = " ".join(line[1:].strip() for line in lines if line.startswith("-") and not line.startswith("---"))
    added = " ".join(line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++"))
    return f"{module}.{name}: {removed}  ->  {added}"


def main() -> None:
    known = {line for line in KNOWN.read_text("utf-8").splitlines() if line and not line.startswith("#")}
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name)
        prepare(folder)
        mutmut(folder, "run", "--max-children", str(os.cpu_count()), shown=True)
        results = mutmut(folder, "results", "--all", "true")
        mutants = re.findall(r"^\s*(\S+): (.+)$", results, re.MULTILINE)
        found = {change(folder, mutant) for mutant, result in mutants if result in {"survived", "no tests"}}
    print(f"\n{len(mutants)} changes, of which no test notices {len(found)}.")
    for line in sorted(known - found):
        print(f"Noticed by now, or not there any more: {line}")
    for line in sorted(found - known):
        print(f"Not noticed: {line}")
    if known != found:
        raise SystemExit("Fix the tests, or tests/mutants.txt, which lists what may go unnoticed and why.")


if __name__ == "__main__":
    main()
