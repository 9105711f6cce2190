"""Report what a change breaks for users, and which version it requires: `python -m tools.breaking [BASE]`.

oasdiff compares the API descriptions, griffe the public names of the package, and this module the rest. BASE is a
commit, a branch or a tag; the default is `origin/main`, or the last tag if nothing was committed since. The exit status
is 1 until info.version and CHANGELOG.md describe the change.
"""

import argparse
import json
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import griffe

from generator import project
from tools import ROOT, run_tool

WARNING = 2  # oasdiff's level: from here on, a client that validates may break
Version = tuple[int, ...]
Change = tuple[bool, str]  # whether it breaks users, and its description


@dataclass
class Changes:
    """Descriptions of breaking and of compatible changes."""

    breaking: list[str] = field(default_factory=list[str])
    compatible: list[str] = field(default_factory=list[str])

    def required_version(self, released: Version) -> Version:
        """Return the lowest version that may have these changes: before 1.0.0, a minor version may break users."""
        major, minor, patch = released
        if self.breaking:
            return (major + 1, 0, 0) if major else (0, minor + 1, 0)
        if self.compatible:
            return (major, minor + 1, 0) if major else (0, minor, patch + 1)
        return released


def compare(old: Path, new: Path) -> Changes:
    """Return the changes between two checkouts."""
    found = [*description_changes(old, new), *package_changes(old, new), *other_changes(old, new)]
    return Changes([text for breaks, text in found if breaks], [text for breaks, text in found if not breaks])


def description_changes(old: Path, new: Path) -> Iterator[Change]:
    """Yield the changes of the API description."""
    try:
        found = run_tool("oasdiff", "changelog", "--format", "json", old / "openapi.yaml", new / "openapi.yaml")
    except FileNotFoundError:
        raise SystemExit("oasdiff is missing, so nothing was compared; rm .venv/.go-tools, make breaking") from None
    for change in json.loads(found):
        if change["section"] != "info":
            where = " ".join(change[name] for name in ("operation", "path") if name in change) or change["section"]
            yield change["level"] >= WARNING, f"API, {where}: {change['text']}"


def package_changes(old: Path, new: Path) -> Iterator[Change]:
    """Yield the changes of the public names of the package and of their types."""
    before, after = load(old), load(new)
    for breakage in griffe.find_breaking_changes(before, after):
        values = [str(value) for value in (breakage.old_value, breakage.new_value) if value is not None]
        kind = breakage.kind.value.lower().removeprefix("public object ")
        detail = f": {' became '.join(values)}" if breakage.new_value is not None else ""
        yield True, f"package, {breakage.obj.path}: {kind}{detail}"
    old_types, types = dict(public_types(before)), dict(public_types(after))
    for name, (what, now) in types.items():
        if name not in old_types:
            parent = name.rpartition(".")[0]
            if ": " not in name and (parent in old_types or parent not in types):
                yield False, f"package, {name}: new"
        elif (was := old_types[name][1]) != now:
            yield True, f"package, {name}: its {what} {was} became {now}"


def other_changes(old: Path, new: Path) -> Iterator[Change]:
    """Yield the changes of the settings."""
    before, after = settings(old), settings(new)
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was != now:
            breaks = was is not None and name not in {"API, x-rate-limit", "package, dependencies"}
            yield breaks, f"{name}: {was or 'nothing'} became {now or 'nothing'}"


def settings(checkout: Path) -> dict[str, object]:
    """Return the server, the rate limit and the package's requirements."""
    document = project.load(checkout / "openapi.yaml")
    package = tomllib.loads((checkout / "generated" / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "API, server": [server["url"] for server in document.get("servers", [])][:1],
        "API, x-rate-limit": document.get("x-rate-limit"),
        "package, requires-python": package["requires-python"],
        "package, dependencies": package["dependencies"],
        **{f"package, extra {name}": needs for name, needs in package.get("optional-dependencies", {}).items()},
    }


def load(checkout: Path) -> griffe.Object | griffe.Alias:
    """Return the package of a checkout."""
    folder = checkout / "generated"
    return griffe.load("stablecog_client", search_paths=[folder], resolve_aliases=True, allow_inspection=False)


def public_types(item: griffe.Object | griffe.Alias) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each public name below the item, and each parameter, with its type, its bases, or a constant's value."""
    for member in item.all_members.values():
        if member.is_public and member.name != "__version__":
            path = f"{item.canonical_path}.{member.name}" if member.inherited else member.canonical_path
            annotation = getattr(member, "annotation", None)
            if member.is_attribute and annotation is None:  # a member of an enum, for example
                yield path, ("value", str(getattr(member, "value", None)))
            elif member.is_function or member.is_attribute:
                yield path, ("type", str(annotation))
            else:
                yield path, ("bases", str([str(base) for base in getattr(member, "bases", ())]))
                yield from public_types(member)
            for parameter in getattr(member, "parameters", ()) if member.is_function else ():
                yield f"{path}: {parameter.name}", ("type", str(parameter.annotation))


def parse_version(text: str) -> Version:
    """Return a version as numbers, or exit if it is malformed."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise SystemExit(f"{text!r} is not a version such as 1.2.3; fix info.version in openapi.yaml.")
    return tuple(map(int, text.split(".")))


def changelog_section(checkout: Path, version: str) -> str:
    """Return the text about a version in CHANGELOG.md, without headings; an empty string if there is none."""
    file = checkout / "CHANGELOG.md"
    sections = re.split(r"^## \[", file.read_text("utf-8") if file.exists() else "", flags=re.MULTILINE)
    text = next((section for section in sections if section.startswith(f"{version}]")), "")
    return "\n".join(line for line in text.split("\n")[1:] if line and not line.startswith("#"))


def git(*arguments: str) -> str:
    """Return the output of git, or an empty string if it fails."""
    try:
        return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True).stdout.strip()  # noqa: S603, S607
    except FileNotFoundError:
        raise SystemExit("git is missing, so nothing was compared.") from None


def find_base(name: str) -> str:
    """Return the commit at which the current branch left the base; for the default, preferably an earlier one."""
    if not (head := git("rev-parse", "HEAD")):
        raise SystemExit("This folder is not a git repository with a commit, so nothing was compared.")
    names = [name] if name else ["origin/main", last_tag("HEAD")]
    commits = [commit for base in names if (commit := git("merge-base", base, "HEAD"))]
    if commits:
        return next((commit for commit in commits if commit != head), head)
    raise SystemExit(f"There is no {name or 'origin/main, and no tag'} to compare with; try make breaking BASE=main")


def last_tag(commit: str) -> str:
    """Return the last version tag before a commit, or an empty string."""
    return git("describe", "--tags", "--abbrev=0", "--match=v[0-9]*.[0-9]*.[0-9]*", "--exclude=*-*", commit)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Report what a change breaks for users.")
    parser.add_argument("base", nargs="?", default="", help="a commit, a branch or a tag to compare with")
    base = find_base(parser.parse_args().base)
    tag = last_tag(base)
    with tempfile.TemporaryDirectory() as folder:
        archive, old = Path(folder, "base.tar"), Path(folder, "base")
        git("archive", f"--output={archive}", base)
        shutil.unpack_archive(archive, old, filter="data")
        if not (old / "generated" / "pyproject.toml").exists():
            raise SystemExit(f"The commit {base[:10]} has no package in generated/ to compare with; name a later one.")
        changes = compare(old, ROOT)
        old_version, version = (str(project.load(each / "openapi.yaml")["info"]["version"]) for each in (old, ROOT))
        old_section, section = (changelog_section(checkout, version) for checkout in (old, ROOT))

    print(f"Compared with {git('log', '-1', '--format=%h (%s)', base)}:")
    for title, texts in (("Breaks users", changes.breaking), ("Compatible", changes.compatible)):
        if texts:
            print(f"\n{title}:", *texts, sep="\n  - ")
    released = tag.removeprefix("v") or old_version
    if parse_version(version) < parse_version(released):
        raise SystemExit(f"info.version in openapi.yaml is {version}, lower than {released} before.")
    if changes == Changes():
        print("\nNothing changes for users in the API description or in the package's public names.")
        return
    required = ".".join(map(str, changes.required_version(parse_version(released))))
    source = tag or "no version tag found; this is the version of the base"
    print(f"\nReleased: {released} ({source}). Required now: {required}; info.version is {version}.")
    if parse_version(version) < parse_version(required):
        raise SystemExit(
            f"Set info.version in openapi.yaml to {required}, run make generate, and describe the change in "
            f"CHANGELOG.md, below ## [{required}]."
        )
    if section in {"", old_section}:
        raise SystemExit(f"Describe in CHANGELOG.md, below ## [{version}], what changes for users.")
    print("CHANGELOG.md describes a change.")


if __name__ == "__main__":
    main()
