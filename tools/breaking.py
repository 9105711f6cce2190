"""Says what a change breaks for users, and which version it asks for: `python -m tools.breaking [BASE]`.

The contract is compared by oasdiff and the package's public names by griffe. What neither looks at is compared here:
types and bases, the server, the rate limit, and what the package requires. BASE is a commit, a branch or a tag:
`origin/main` if there is one, else the last tag. The exit status is 1 when info.version or CHANGELOG.md do not follow.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import griffe
from openapi_spec_validator.readers import read_from_filename

from tools import ROOT

PACKAGE = "stablecog_client"
# Modules that the package keeps to itself; their classes count where a public name leads to them.
PUBLIC_MODULES = {"api", "errors", "models", "types"}
# What oasdiff calls an error or a warning; both refuse or surprise a client that is as strict as ours.
BREAKING = 2

Version = tuple[int, int, int]


@dataclass
class Changes:
    breaking: list[str] = field(default_factory=list[str])
    compatible: list[str] = field(default_factory=list[str])

    def asks_for(self, released: Version) -> Version:
        """The lowest version that may hold the changes. Before 1.0.0 the second number stands in for the first."""
        major, minor, patch = released
        stable = major > 0
        if self.breaking:
            return (major + 1, 0, 0) if stable else (0, minor + 1, 0)
        if self.compatible:
            return (major, minor + 1, 0) if stable else (0, minor, patch + 1)
        return released


def compare(old: Path, new: Path) -> Changes:
    """What changed between two checkouts."""
    changes = Changes()
    found = (
        contract_changes(old / "openapi.yaml", new / "openapi.yaml"),
        package_changes(old, new),
        other_changes(old, new),
    )
    for breaks, text in chain.from_iterable(found):
        (changes.breaking if breaks else changes.compatible).append(text)
    return changes


def contract_changes(old: Path, new: Path) -> Iterator[tuple[bool, str]]:
    oasdiff = Path(sys.executable).with_name("oasdiff")
    try:
        done = subprocess.run([oasdiff, "changelog", old, new, "--format", "json"], capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError:
        raise SystemExit("oasdiff is missing: run rm .venv/.go-tools, then make breaking, which builds it.") from None
    if done.returncode:
        raise SystemExit(f"The contracts could not be compared: {done.stderr.strip()}")
    for change in json.loads(done.stdout):
        if change["section"] != "info":
            where = " ".join(change[name] for name in ("operation", "path") if name in change) or change["section"]
            yield change["level"] >= BREAKING, f"contract, {where}: {change['text']}"


def package_changes(old: Path, new: Path) -> Iterator[tuple[bool, str]]:
    before, after = load(old), load(new)
    for breakage in griffe.find_breaking_changes(before, after):
        values = [str(value) for value in (breakage.old_value, breakage.new_value) if value is not None]
        kind = breakage.kind.value.lower().removeprefix("public object ")
        said = f": {' became '.join(values)}" if breakage.new_value is not None else ""
        yield True, f"package, {breakage.obj.path}: {kind}{said}"
    types_before, types = dict(names(before)), dict(names(after))
    for name, annotation in types.items():
        if name not in types_before:
            parent = name.rpartition(".")[0]
            if ": " not in name and (parent in types_before or parent not in types):
                yield False, f"package, {name}: new"
        elif annotation != types_before[name]:
            what = "bases" if annotation.startswith("[") else "type"
            yield True, f"package, {name}: its {what} {types_before[name]} became {annotation}"


def other_changes(old: Path, new: Path) -> Iterator[tuple[bool, str]]:
    before, after = others(old), others(new)
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was != now:
            breaks = was is not None and name not in {"contract, x-rate-limit", "package, dependencies"}
            yield breaks, f"{name}: {was or 'nothing'} became {now or 'nothing'}"


def others(checkout: Path) -> dict[str, object]:
    """Where the client sends and how often, and what the package requires."""
    document = contract(checkout)
    project = tomllib.loads((checkout / "generated" / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "contract, server": [server["url"] for server in document.get("servers", [])][:1],
        "contract, x-rate-limit": document.get("x-rate-limit"),
        "package, requires-python": project["requires-python"],
        "package, dependencies": project["dependencies"],
        **{f"package, extra {name}": needs for name, needs in project.get("optional-dependencies", {}).items()},
    }


def load(checkout: Path) -> griffe.Module:
    package = griffe.load(PACKAGE, search_paths=[checkout / "generated"], resolve_aliases=True, allow_inspection=False)
    assert isinstance(package, griffe.Module)
    for name, member in package.members.items():
        if isinstance(member, griffe.Module):
            member.public = name in PUBLIC_MODULES
    return package


def names(item: griffe.Object | griffe.Alias) -> Iterator[tuple[str, str]]:
    """Each public name below the item, and its type as written: of what it holds, takes or returns, or its bases."""
    for member in item.all_members.values():
        if member.is_public and member.name != "__version__":
            path = f"{item.canonical_path}.{member.name}" if member.inherited else member.canonical_path
            leaf = member.is_function or member.is_attribute
            kind = getattr(member, "annotation", None) if leaf else [str(base) for base in getattr(member, "bases", ())]
            yield path, str(kind)
            for parameter in getattr(member, "parameters", ()) if member.is_function else ():
                yield f"{path}: {parameter.name}", str(parameter.annotation)
            if not leaf:
                yield from names(member)


def version_in(text: str) -> Version:
    if not (numbers := re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", text)):
        raise SystemExit(f"{text!r} is not a version such as 1.2.3; fix info.version in openapi.yaml.")
    return int(numbers[1]), int(numbers[2]), int(numbers[3])


def dotted(version: Version) -> str:
    return ".".join(map(str, version))


def contract_version(checkout: Path) -> Version:
    return version_in(str(contract(checkout)["info"]["version"]))


def contract(checkout: Path) -> Mapping[str, Any]:
    return read_from_filename(str(checkout / "openapi.yaml"))[0]


def section(changelog: str, version: str) -> str:
    """What a changelog says below the heading of a version, but for headings."""
    found = re.search(rf"^## \[{re.escape(version)}\].*?$(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return "\n".join(line for line in found[1].split("\n") if line and not line.startswith("#")) if found else ""


def git(*arguments: str) -> str:
    """What git prints, or nothing if it fails."""
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True).stdout.strip()  # noqa: S603, S607


def find_base(given: str) -> str:
    """The commit that this one departed from."""
    base = given or next(filter(None, (git("rev-parse", "--verify", "-q", "origin/main"), last_tag("HEAD"))), "")
    if not (commit := git("merge-base", base, "HEAD")):
        raise SystemExit(
            f"There is no {base or 'origin/main, and no tag'} to compare with; name one: make breaking BASE=main"
        )
    return commit


def last_tag(commit: str) -> str:
    return git("describe", "--tags", "--abbrev=0", "--match=v[0-9]*.[0-9]*.[0-9]*", "--exclude=*-*", commit)


def check_out(commit: str, folder: Path) -> None:
    paths = [path for path in ("openapi.yaml", "generated", "CHANGELOG.md") if git("ls-tree", commit, path)]
    archive = subprocess.run(["git", "-C", ROOT, "archive", commit, *paths], capture_output=True, check=True)  # noqa: S603, S607
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")


def main() -> None:
    base = find_base("".join(sys.argv[1:]))
    with tempfile.TemporaryDirectory() as name:
        old = Path(name)
        check_out(base, old)
        changes = compare(old, ROOT)
        tag = last_tag(base)
        released = version_in(tag) if tag else contract_version(old)
        changelogs = [
            path.read_text("utf-8") if path.exists() else "" for path in (old / "CHANGELOG.md", ROOT / "CHANGELOG.md")
        ]

    print(f"Compared with {git('log', '-1', '--format=%h (%s)', base)}:")
    for title, texts in (("Breaks users", changes.breaking), ("New, or harmless to users", changes.compatible)):
        if texts:
            print(f"\n{title}:", *texts, sep="\n  - ")
    has = contract_version(ROOT)
    if has < released:
        raise SystemExit(f"info.version in openapi.yaml is {dotted(has)}, and {dotted(released)} was there before.")
    if not (changes.breaking or changes.compatible):
        print("\nNothing changes for users in the contract or in the package's public names.")
        return

    needed = changes.asks_for(released)
    words = [dotted(version) for version in (released, needed, has)]
    source = tag or "no version is tagged, so that of the base counts"
    print(f"\nReleased: {words[0]} ({source}). This asks for {words[1]}; info.version is {words[2]}.")
    was, now = (section(text, words[2]) for text in changelogs)
    if has < needed:
        raise SystemExit(
            f"Set info.version in openapi.yaml to {words[1]}, run make generate, and say in CHANGELOG.md, "
            f"below ## [{words[1]}], what changes for users."
        )
    if not now or now == was:
        raise SystemExit(f"Say in CHANGELOG.md, below ## [{words[2]}], what changes for users.")
    print("CHANGELOG.md mentions it.")


if __name__ == "__main__":
    main()
