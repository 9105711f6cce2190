"""Update the pinned versions and show what upstream changed in replaced templates: `python -m tools.upgrade`.

The first line of a template names the upstream template that it replaces, and its version. If upstream has not changed
that template since, the version is updated. Otherwise the difference is shown, and a test fails until the version is
updated by hand.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from functools import cache
from pathlib import Path

from tools import ROOT, run_tool

TEMPLATES = ROOT / "generator" / "templates"
GENERATOR = "openapi-python-client"
HEAD = re.compile(rf"Replaces (?P<template>\S+) of {GENERATOR} (?P<version>[\d.]+\d)")
COMPILE = (
    "pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "
    "--no-annotate"
)


def move_pins() -> None:
    """Pin the newest compatible versions."""
    run_tool("uv", *COMPILE.split(), "requirements.in", "--output-file=requirements.txt")
    for name in ("benchmarks/requirements", "requirements-httpx2"):
        files = (f"{name}.in", f"--output-file={name}.txt")
        run_tool("uv", *COMPILE.split(), "--constraints=requirements.txt", *files)
    requirements = ROOT / "requirements-go.txt"
    lines: list[str] = []
    for name in (line.partition("@")[0] for line in requirements.read_text("utf-8").split()):
        module = "/".join(name.split("/")[:3])
        version = run_tool("go", "list", "-m", "-f", "{{.Version}}", f"{module}@latest").strip()
        lines.append(f"{name}@{version}\n")
    requirements.write_text("".join(lines), "utf-8")


def generator_version() -> str:
    """Return the pinned version of the generator."""
    [version] = re.findall(rf"^{GENERATOR}==(\S+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    return str(version)


@cache
def upstream_templates(version: str) -> dict[str, str]:
    """Return upstream's templates of a version, by name."""
    with tempfile.TemporaryDirectory() as folder:
        run_tool("pip", "download", "--quiet", "--no-deps", "--dest", folder, f"{GENERATOR}=={version}")
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            names = [name for name in wheel.namelist() if "/templates/" in name and name.endswith(".jinja")]
            return {name.partition("/templates/")[2]: wheel.read(name).decode() for name in names}


def heads() -> Iterator[tuple[Path, re.Match[str]]]:
    """Yield our templates that replace one of upstream's, each with the match of `HEAD`."""
    for template in sorted(TEMPLATES.glob("*.jinja")):
        if head := HEAD.search(template.read_text("utf-8")):
            yield template, head


def follow(template: Path, head: re.Match[str], old: Mapping[str, str], new: Mapping[str, str], version: str) -> str:
    """Update the version in our template, or return the difference if upstream changed its own."""
    name = head["template"]
    was, now = old.get(name, ""), new.get(name, "")
    if was == now:
        text = template.read_text("utf-8")
        template.write_text(text.replace(head[0], f"Replaces {name} of {GENERATOR} {version}"), "utf-8")
    labels = (f"{name} of {head['version']}", f"{name} of {version}" if now else f"gone from {version}")
    return "".join(unified_diff(was.splitlines(keepends=True), now.splitlines(keepends=True), *labels))


def main() -> None:
    """Run the command line."""
    before = generator_version()
    move_pins()
    version = generator_version()
    old, new = upstream_templates(before), upstream_templates(version)
    for template, head in heads():
        if difference := follow(template, head, upstream_templates(head["version"]), new, version):
            print(f"\nBeneath {template.name}, upstream changed; look at it, then write {version} into the first line:")
            print(f"\n{difference}")
    for name in sorted(old.keys() ^ new.keys()):
        print(f"Upstream {'removed' if name in old else 'added'} the template {name}.")
    print(f"The pins moved, see git diff; {GENERATOR} is at {version}.")


if __name__ == "__main__":
    main()
