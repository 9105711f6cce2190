"""Says what a change breaks for users, and which version it asks for: `python -m tools.breaking [BASE]`.

The contract is compared by oasdiff and the package's public names by griffe, which does not look at types: those are
compared here. BASE is a commit, a branch or a tag: `origin/main` if there is one, else the last tag. The exit status is
1 when info.version or CHANGELOG.md do not follow.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

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
    for breaks, text in [*contract_changes(old / "openapi.yaml", new / "openapi.yaml"), *package_changes(old, new)]:
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
        values = f": {breakage.old_value} became {breakage.new_value}" if breakage.new_value is not None else ""
        yield (
            True,
            f"package, {breakage.obj.path}: {breakage.kind.value.lower().removeprefix('public object ')}{values}",
        )
    types_before, types = dict(names(before)), dict(names(after))
    for name, annotation in types.items():
        if name not in types_before:
            parent = name.rpartition(".")[0]
            if ": " not in name and (parent in types_before or parent not in types):
                yield False, f"package, {name}: new"
        elif annotation != types_before[name]:
            yield True, f"package, {name}: its type {types_before[name]} became {annotation}"


def load(checkout: Path) -> griffe.Module:
    package = griffe.load(PACKAGE, search_paths=[checkout / "generated"], resolve_aliases=True, allow_inspection=False)
    assert isinstance(package, griffe.Module)
    for name, member in package.members.items():
        if isinstance(member, griffe.Module):
            member.public = name in PUBLIC_MODULES
    return package


def names(item: griffe.Object | griffe.Alias) -> Iterator[tuple[str, str]]:
    """Each public name below the item, and its type as written: an attribute's, a parameter's, or what is returned."""
    for member in item.all_members.values():
        if member.is_public and member.name != "__version__":
            leaf = member.is_function or member.is_attribute
            yield member.canonical_path, str(getattr(member, "annotation", None)) if leaf else ""
            for parameter in getattr(member, "parameters", ()) if member.is_function else ():
                yield f"{member.canonical_path}: {parameter.name}", str(parameter.annotation)
            if not leaf:
                yield from names(member)


def version_in(text: str) -> Version:
    if not (numbers := re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", text)):
        raise SystemExit(f"{text!r} is not a version such as 1.2.3; fix info.version in openapi.yaml.")
    return int(numbers[1]), int(numbers[2]), int(numbers[3])


def contract_version(checkout: Path) -> Version:
    return version_in(str(read_from_filename(str(checkout / "openapi.yaml"))[0]["info"]["version"]))


def section(changelog: str, version: str) -> str:
    """What a changelog says below the heading of a version."""
    found = re.search(rf"^## \[{re.escape(version)}\].*?$(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


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
    return git("describe", "--tags", "--abbrev=0", "--match=v*", commit)


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
    if not (changes.breaking or changes.compatible):
        print("\nNothing changes for users in the contract or in the package's public names.")
        return

    needed, has = changes.asks_for(released), contract_version(ROOT)
    words = [".".join(map(str, version)) for version in (released, needed, has)]
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
