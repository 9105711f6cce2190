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

from tools.generate import ROOT, generate

PACKAGE = "stablecog_client"
KNOWN = ROOT / "tests" / "mutants.txt"

# What decides without waiting for anything. The rest needs tests that take minutes for each change.
MUTATED = ["decoding", "errors", "rate_limit", "request", "retries", "transport", "models/*"]
TESTS = [
    *("test_decoding", "test_models", "test_properties", "test_recordings", "test_generality"),
    *("test_faults_bodies", "test_faults_connection", "test_faults_retries", "test_faults_status", "test_rate_limit"),
]
# Of these, what takes long, judges the package from outside, or does the same again with the other clients.
LEFT_OUT = [
    *("Tasks", "mypy", "pyright", "imported_first", "in_json_without", "bounded_memory", "cut_off_and", "429-"),
    *("test_200_calls_at_once", "another_client", "not_slowed_down", "20_calls", "refused_call_waits", "no_sense"),
    *("a_server_that", "once_the_server", "earned_back", "acted_on", "for_good", "could_not_be_sent", "encoded_back"),
    *("breaks", "connection_is_an_error", "comes_up", "not_resolve", "while_idle", "moment_of_reuse"),
]

SETTINGS = """
[tool.mutmut]
source_paths = ["{package}"]
only_mutate = {mutated}
also_copy = ["tools", "openapi.yaml", "generator-config.yaml", "templates", "workshop"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:cacheprovider", "--hypothesis-seed=0", "-k", "{wanted}"]
timeout_multiplier = 3.0
timeout_constant = 3.0

[tool.pytest.ini_options]
pythonpath = ["."]
filterwarnings = ["error", "ignore:.*multi-threaded.*fork:DeprecationWarning"]
"""

# The workshop of test_generality, made once, and sharing the modules that are mutated.
GENERATE = """
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def generate(spec, config, templates, output):
    shutil.copytree(ROOT / "workshop", output)
"""
SHARED = "import sys\nimport {package}.{module}\nsys.modules[__name__] = {package}.{module}\n"


def prepare(folder: Path) -> None:
    """Lay out in a folder what mutmut needs."""
    shutil.copytree(ROOT / "generated" / PACKAGE, folder / PACKAGE)
    for name in "tests", "tools", "templates":
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in "openapi.yaml", "generator-config.yaml":
        shutil.copy(ROOT / name, folder)
    config = folder / "workshop.yaml"
    config.write_text((ROOT / "generator-config.yaml").read_text("utf-8").replace("stablecog", "workshop"), "utf-8")
    generate(ROOT / "tests" / "specs" / "workshop.yaml", config, ROOT / "templates", folder / "workshop")
    for module in [*MUTATED[:-1], "types"]:
        shared = SHARED.format(package=PACKAGE, module=module)
        (folder / "workshop" / "workshop_client" / f"{module}.py").write_text(shared, "utf-8")
    (folder / "tools" / "generate.py").write_text(GENERATE, "utf-8")
    settings = SETTINGS.format(
        package=PACKAGE,
        mutated=json.dumps([f"{PACKAGE}/{module}.py" for module in MUTATED]),
        tests=json.dumps([f"tests/{name}.py" for name in TESTS]),
        wanted=" and ".join(f"not {name}" for name in LEFT_OUT),
    )
    (folder / "pyproject.toml").write_text(settings, "utf-8")


def mutmut(folder: Path, *arguments: str, quiet: bool = True) -> str:
    """Run mutmut in the folder; what it prints, if it is to be quiet."""
    environment = {**os.environ, "PYTHONPATH": "", "TMPDIR": str(folder)}
    command = [Path(sys.executable).with_name("mutmut"), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE if quiet else None, text=True)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"mutmut {arguments[0]} failed; what it worked on is in {folder}.")
    return done.stdout or ""


def change(folder: Path, mutant: str) -> str:
    """A mutant in one line that outlives changes elsewhere: where it is, what was there and what it became."""
    module, _, function = mutant.removeprefix(f"{PACKAGE}.").rpartition(".")
    name = re.sub(r"^x_?|__mutmut_\d+$", "", function).replace("ǁ", ".").lstrip(".")
    lines = mutmut(folder, "show", mutant).splitlines()
    before, after = (
        " ".join(line[1:].strip() for line in lines if re.match(rf"{re.escape(sign)}(?!{re.escape(sign * 2)})", line))
        for sign in "-+"
    )
    return f"{module}.{name}: {before}  ->  {after}"


def unnoticed(folder: Path) -> list[str]:
    mutants = re.findall(r"^\s*(\S+): (?:survived|no tests|suspicious)$", mutmut(folder, "results"), re.MULTILINE)
    return [change(folder, mutant) for mutant in mutants]


def main() -> None:
    known = [line for line in KNOWN.read_text("utf-8").splitlines() if line and line[0] not in "# "]
    with tempfile.TemporaryDirectory(prefix="mutants-", delete=False) as name:
        folder = Path(name)
    folder.mkdir(exist_ok=True)
    prepare(folder)
    mutmut(folder, "run", "--max-children", "1", quiet=False)
    found = unnoticed(folder)
    for line in found:
        if line not in known:
            print(line)


if __name__ == "__main__":
    main()
