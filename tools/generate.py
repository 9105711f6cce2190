"""Makes the client package from the contract: `python -m tools.generate [--check] [--spec FILE] [--output FOLDER]`.

A thin wrapper of openapi-python-client's command line. It adds what that has no option for: names that
the spec uses stay as they are unless Python or attrs needs them, and the old output stays until the new
one is whole.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import sys
import tempfile
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import openapi_python_client.cli
from openapi_python_client import strings

from tools import ROOT

# The generator reserves every builtin of the interpreter that it happens to run on: `type` would become
# `type_`, and `credits`, which `site` adds to the builtins, `credits_`. These alone are taken in our templates,
# by the members of a model and by what an operation's module imports.
RESERVED_WORDS = {
    *("self", "classmethod", "from_dict", "to_dict", "additional_properties"),
    *("Any", "AsyncClient", "Client", "File", "Literal", "Mapping", "Request", "Response", "Security", "Self", "Unset"),
    *("APIResponseValidationError", "TYPE_CHECKING", "UNSET", "UUID"),
}


def generate(spec: Path, config: Path, templates: Path, output: Path) -> None:
    """Replace `output` by what the generator makes of `spec`, or leave it as it is and raise SystemExit."""
    strings.RESERVED_WORDS = RESERVED_WORDS
    # The post-hooks find the formatter that is pinned beside this interpreter.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    output.parent.mkdir(parents=True, exist_ok=True)
    with locked(output.parent), tempfile.TemporaryDirectory(prefix=".generate-", dir=output.parent) as folder:
        new, old = Path(folder, "new"), Path(folder, "old")
        arguments = [
            "generate",
            f"--path={spec}",
            f"--config={config}",
            f"--custom-template-path={templates}",
            f"--output-path={new}",
            "--meta=uv",
            "--fail-on-warning",
        ]
        try:
            with redirect_stdout(io.StringIO()):  # it names a folder that is about to move; errors go to stderr
                failed = openapi_python_client.cli.app(arguments, standalone_mode=False)
        except Exception as error:  # a file that is not there, a template that does not render
            frames = traceback.extract_tb(error.__traceback__)
            where = next((frame for frame in reversed(frames) if frame.filename.endswith(".jinja")), frames[-1])
            print(f"{where.filename}, line {where.lineno}: {type(error).__name__}: {error}", file=sys.stderr)
            failed = 1
        if failed:
            print(*syntax_errors(new), sep="\n", file=sys.stderr)
            print(f"{output} is as it was. Fix what is named above, then run `make generate` again.", file=sys.stderr)
            raise SystemExit(failed)
        if output.exists():
            output.rename(old)
        try:
            new.rename(output)
        except BaseException:
            if old.exists():
                old.rename(output)
            raise


def syntax_errors(folder: Path) -> Iterator[str]:
    """Where the output is no Python, over which a post-hook stumbles without a word."""
    for path in sorted(folder.rglob("*.py")):
        try:
            compile(path.read_text("utf-8"), path, "exec")
        except SyntaxError as error:
            yield f"{path.relative_to(folder)}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}"


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Wait until no other run makes something in this folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def check(spec: Path, config: Path, templates: Path, output: Path) -> None:
    """Raise SystemExit unless `output` is, file by file, what the generator makes."""
    with tempfile.TemporaryDirectory(prefix="generate-") as folder:
        fresh = Path(folder, output.name)
        generate(spec, config, templates, fresh)
        made, there = contents(fresh), contents(output)
    if differing := sorted(path for path in made.keys() | there.keys() if made.get(path) != there.get(path)):
        files = "\n  ".join(differing)
        raise SystemExit(
            f"{output} is not what the generator makes; run `make generate` and commit. What was edited there by hand "
            f"belongs in openapi.yaml or templates/, and will be lost:\n  {files}"
        )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for what Python leaves behind when it imports."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the client package from the contract.")
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi.yaml")
    parser.add_argument("--output", type=Path, default=ROOT / "generated")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the output would change")
    options = parser.parse_args()
    config, templates = ROOT / "generator-config.yaml", ROOT / "templates"
    if options.check:
        check(options.spec, config, templates, options.output)
    else:
        generate(options.spec, config, templates, options.output)
        print(f"{options.output.name}/ is made from {options.spec.name}.")


if __name__ == "__main__":
    main()
