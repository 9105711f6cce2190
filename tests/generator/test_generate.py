"""What `make generate` promises."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generator.project import contents
from tests.support.processes import output
from tools import ROOT

HANG = 300
"""Seconds that a run takes only if it hangs, on a slow and busy machine as well."""

OPERATION = """
  /v1/added-by-a-test/{credit_id}:
    get:
      tags: [credits]
      operationId: fetch_credits
      parameters:
        - { name: credit_id, in: path, required: true, schema: { type: string } }
      responses:
        "200":
          description: One credit.
          content: { application/json: { schema: { $ref: "#/components/schemas/TCredit" } } }
"""


class Checkout:
    """A copy of what `make generate` needs, to be changed at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "generated"
        folder.mkdir(parents=True)
        for name in ("openapi.yaml", "generator-config.yaml", "LICENSE"):
            shutil.copy(ROOT / name, folder)
        for name in ("generator", "runtime", "generated"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "dist"))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def start(self, *options: str, cwd: Path | None = None, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "generator", *options],
            cwd=cwd or self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def generate(self, *options: str, cwd: Path | None = None, **environment: str) -> tuple[int, str, str]:
        run = self.start(*options, cwd=cwd, **environment)
        out, err = run.communicate(timeout=HANG)
        return run.returncode, out, err


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


def everything(folder: Path) -> set[str]:
    """Every file and folder, hidden ones as well."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def committed() -> dict[str, bytes]:
    """The files of generated/ that git has or, where there is no repository, that are there."""
    if shutil.which("git") is None:
        return contents(ROOT / "generated")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT / "generated", capture_output=True, text=True)  # noqa: S607
    if listed.returncode:
        return contents(ROOT / "generated")
    return {name: (ROOT / "generated" / name).read_bytes() for name in listed.stdout.splitlines()}


def test_committed_code_is_up_to_date(checkout: Checkout) -> None:
    """What is committed is what the generator makes."""
    shutil.rmtree(checkout.output)
    assert checkout.generate() == (0, "generated/ is made from openapi.yaml.\n", "")
    assert contents(checkout.output) == committed(), "commit generated/"


def test_run_leaves_nothing_behind(checkout: Checkout) -> None:
    """It keeps no old file, either."""
    before = everything(checkout.folder)
    stale = checkout.output / "stablecog_client" / "models" / "removed_model.py"
    stale.write_text("")
    assert checkout.generate()[0] == 0
    assert everything(checkout.folder) == before


def test_removed_model_and_operation_are_gone(checkout: Checkout) -> None:
    """After the next run."""
    before = everything(checkout.output)
    checkout.edit("openapi.yaml", "\npaths:\n", f"\npaths:{OPERATION}")
    checkout.edit("openapi.yaml", "\n    TCredit:", "\n    Extra: { type: object }\n    TCredit:")
    assert checkout.generate()[0] == 0
    added = everything(checkout.output) - before
    assert added == {f"stablecog_client/{name}.py" for name in ("api/credits/fetch_credits", "models/extra")}
    shutil.copy(ROOT / "openapi.yaml", checkout.folder)
    assert checkout.generate()[0] == 0
    assert everything(checkout.output) == before


def test_added_operation_needs_nothing_else(checkout: Checkout) -> None:
    """It is a method of both clients."""
    checkout.edit("openapi.yaml", "\npaths:\n", f"\npaths:{OPERATION}")
    assert checkout.generate()[0] == 0
    script = (
        "import inspect, stablecog_client as package\n"
        "for kind in (package.Client, package.AsyncClient):\n"
        "    print(inspect.signature(kind('sc-0').credits.fetch))\n"
    )
    assert output("-c", script, folder=checkout.output) == "(credit_id: 'str') -> 'TCredit'\n" * 2


def test_every_file_says_what_made_it() -> None:
    """In its first line."""
    for path, content in contents(ROOT / "generated").items():
        assert "Made by `make generate` from openapi.yaml. Do not edit" in content.decode().splitlines()[0], path


FAULTS = {
    "no-paths": ("openapi.yaml", "\npaths:", "\npats:", r"openapi.yaml: \$.paths: there are no paths"),
    "a-template": (
        *("generator/templates/client.py.jinja", "{{", "{{ nothing.at_all }}{{"),
        r"client.py.jinja, line \d+: UndefinedError: 'nothing' is undefined",
    ),
    "no-python": (
        "generator/templates/api_init.py.jinja",
        '"""The',
        'def """The',
        "api/__init__.py, line ",
    ),
    "no-python-in-the-runtime": ("runtime/_runtime/timing.py", "def backoff(", "def (", "_runtime/timing.py, line "),
    "a-hook-fails": ("generator-config.yaml", "post_hooks:", "post_hooks:\n  - ls no-such-file", "ls failed"),
    "a-hook-is-missing": ("generator-config.yaml", "post_hooks:", "post_hooks:\n  - no-such-tool", "not in PATH"),
    "not-a-config": ("generator-config.yaml", "post_hooks:", "post_hooks: [", "Unable to parse config"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_failing_run_leaves_the_old_output(checkout: Checkout, fault: str) -> None:
    """The error says where it is and what to do."""
    name, old, new, told = FAULTS[fault]
    checkout.edit(name, old, new)
    files, found = contents(checkout.output), everything(checkout.folder)
    code, out, err = checkout.generate()
    assert (code, out.strip()) == (1, "")
    assert re.search(told, err)
    assert err.splitlines()[-1].endswith("is unchanged. Fix what is named above, then run `make generate` again.")
    assert contents(checkout.output) == files
    assert everything(checkout.folder) == found


def test_same_bytes_wherever_it_is_run(tmp_path: Path) -> None:
    """Folder, time zone, locale and hash seed have no influence."""
    outside = tmp_path / "build" / "venv"
    other = Checkout(outside / "a folder with spaces, é")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*\n")
    (outside / "pyproject.toml").write_text("[tool.ruff.format]\nquote-style = 'single'\n")
    shutil.rmtree(other.output)
    code, _, err = other.generate(cwd=tmp_path, PYTHONHASHSEED="1", TZ="Asia/Tokyo", LC_ALL="C", TMPDIR=str(tmp_path))
    assert code == 0, err
    assert contents(other.output) == contents(ROOT / "generated")


def test_reserved_words_do_not_depend_on_python(checkout: Checkout) -> None:
    """What `site` adds to the builtins has no influence on names."""
    # `site` is what adds `credits` to the builtins; without it the generator knows other words.
    checkout.edit(
        "generator/__init__.py",
        "from pathlib import Path\n",
        "import builtins\nfrom pathlib import Path\nbuiltins.remaining_amount = builtins.api = None\n",
    )
    assert checkout.generate()[0] == 0
    assert contents(checkout.output) == contents(ROOT / "generated")


def test_runs_at_once_do_not_disturb_each_other(checkout: Checkout) -> None:
    """They take turns."""
    # A hook that fails if another run is at it, too.
    hook = "post_hooks:\n  - mkdir ../../busy && sleep 0.3 && rmdir ../../busy"
    checkout.edit("generator-config.yaml", "post_hooks:", hook)
    found = everything(checkout.folder)
    runs = [checkout.start() for _ in range(3)]
    assert [(*run.communicate(timeout=HANG), run.returncode) for run in runs] == [
        ("generated/ is made from openapi.yaml.\n", "", 0)
    ] * 3
    assert everything(checkout.folder) == found
    assert contents(checkout.output) == contents(ROOT / "generated")


def test_drift_is_reported_file_by_file(checkout: Checkout) -> None:
    """With what to do about it; `--spec` names the document to compare with."""
    assert checkout.generate("--check")[0] == 0
    package = checkout.output / "stablecog_client"
    (package / "extra.py").write_text("")
    (package / "types.py").unlink()
    (package / "errors.py").write_text("# by hand\n")
    spec = checkout.folder / "elsewhere" / "openapi.yaml"
    spec.parent.mkdir()
    (checkout.folder / "openapi.yaml").rename(spec)
    code, _, err = checkout.generate("--check", f"--spec={spec}")
    assert code == 1
    assert [line.strip() for line in err.splitlines()[1:]] == [
        "stablecog_client/errors.py",
        "stablecog_client/extra.py",
        "stablecog_client/types.py",
    ]
    assert "run `make generate` and commit" in err
