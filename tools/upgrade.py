"""Moves the pins and shows what upstream changed beneath our templates: `python -m tools.upgrade`.

A template of ours names in its head the template that it replaces, and of which version. Where upstream has not touched
that since, the head moves on; where it has, the difference is shown and the head stays, for whoever has looked at it
to move: a test fails until then.
"""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools import ROOT

GENERATOR = "openapi-python-client"
HEAD = re.compile(rf"Replaces (?P<template>\S+) of {GENERATOR} (?P<version>[\d.]+\d)")
COMPILE = (
    "pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate"
)


def tool(name: str, *arguments: str | Path) -> str:
    """What a tool of the virtual environment prints."""
    command = [Path(sys.executable).with_name(name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)  # noqa: S603
    if done.returncode:
        raise SystemExit(
            f"{done.stderr}{name} failed; what was moved so far is in git diff. Fix that, and run make upgrade again."
        )
    return done.stdout


def move_pins() -> None:
    """Put the newest versions that go together into the requirements."""
    wanted = (ROOT / "requirements.in").read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        loose = Path(folder, "requirements.in")
        loose.write_text(re.sub(r"==\S+", "", wanted), "utf-8")
        pins = tool("uv", *COMPILE.split(), "--quiet", loose)
    before = (ROOT / "requirements.txt").read_text("utf-8")
    print(*moved(before, pins), sep="\n")
    (ROOT / "requirements.txt").write_text(pins, "utf-8")
    (ROOT / "requirements.in").write_text(pinned(wanted, pins), "utf-8")
    compared = ("--quiet", "--upgrade", "--constraints", "requirements.txt", "benchmarks/requirements.in")
    tool("uv", *COMPILE.split(), *compared, "--output-file", "benchmarks/requirements.txt")
    tools = (ROOT / "requirements-go.txt").read_text("utf-8").split()
    newest = [f"{name}@{newest_of_go(name)}" for name in (line.partition("@")[0] for line in tools)]
    (ROOT / "requirements-go.txt").write_text("\n".join(newest) + "\n", "utf-8")


def moved(before: str, pins: str) -> Iterator[str]:
    """What moved, a line each."""
    was, now = versions_in(before), versions_in(pins)
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            yield f"{name}: {was.get(name, 'new')} -> {now.get(name, 'gone')}"


def versions_in(pins: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", pins, re.MULTILINE))


def pinned(wanted: str, pins: str) -> str:
    """The wanted requirements, those with a pin at the version of the pins."""
    versions = versions_in(pins)
    return re.sub(r"^([\w.-]+)==\S+", lambda pin: f"{pin[1]}=={versions[pin[1]]}", wanted, flags=re.MULTILINE)


def newest_of_go(name: str) -> str:
    module = "/".join(name.split("/")[:3])
    return tool("go", "list", "-m", "-f", "{{.Version}}", f"{module}@latest").strip()


def upstream(version: str) -> dict[str, str]:
    """The generator's own templates at a version, by name."""
    with tempfile.TemporaryDirectory() as folder:
        tool("pip", "download", "--quiet", "--no-deps", "--dest", folder, f"{GENERATOR}=={version}")
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            templates = [name for name in wheel.namelist() if "/templates/" in name and name.endswith(".jinja")]
            return {name.partition("/templates/")[2]: wheel.read(name).decode() for name in templates}


def follow(template: Path, old: Mapping[str, str], new: Mapping[str, str], version: str) -> str:
    """Move the head of our template on to the version, or say what upstream changed beneath it."""
    text = template.read_text("utf-8")
    head = HEAD.search(text)
    assert head is not None
    name = head["template"]
    was, now = old.get(name, ""), new.get(name, "")
    if was == now:
        template.write_text(text.replace(head[0], f"Replaces {name} of {GENERATOR} {version}"), "utf-8")
        return ""
    labels = (f"{name} of {head['version']}", f"{name} of {version}" if now else f"gone from {version}")
    return "".join(difflib.unified_diff(was.splitlines(keepends=True), now.splitlines(keepends=True), *labels))


def heads() -> Iterator[tuple[Path, re.Match[str]]]:
    """Our templates that replace one of the generator's, and what their heads say."""
    for template in sorted((ROOT / "generator" / "templates").glob("*.jinja")):
        if head := HEAD.search(template.read_text("utf-8")):
            yield template, head


def generator_version() -> str:
    found = re.search(rf"^{GENERATOR}==(\S+)", (ROOT / "requirements.in").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def main() -> None:
    move_pins()
    version = generator_version()
    trees = {number: upstream(number) for number in {version, *(head["version"] for _, head in heads())}}
    new = trees[version]
    differences = {template: follow(template, trees[head["version"]], new, version) for template, head in heads()}
    for template, difference in differences.items():
        if difference:
            print(f"\nBeneath generator/templates/{template.name}, upstream changed:\n\n{difference}")
    before = {name for number, tree in trees.items() if number != version for name in tree} or set(new)
    for change, names in (("has a new", set(new) - before), ("no longer has the", before - set(new))):
        for name in sorted(names):
            print(f"Upstream {change} template {name}.")
    touched = [template.name for template, difference in differences.items() if difference]
    print(f"{GENERATOR} is at {version}; ", end="")
    print(
        f"look at {', '.join(touched)}, then write that version at their heads."
        if touched
        else "nothing changed beneath our templates."
    )


if __name__ == "__main__":
    main()
