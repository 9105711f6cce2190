"""`make breaking`: reports what a change breaks, and fails until version and changelog follow."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generator.project import generate
from tools import ROOT, breaking

pytestmark = pytest.mark.skipif(
    not Path(sys.executable).with_name("oasdiff").exists(), reason="needs oasdiff, see requirements-go.txt"
)

SPEC = (ROOT / "tests" / "specs" / "credits.yaml").read_text("utf-8")
CHANGELOG = "# Changelog\n\n## [0.1.0] - 2026-11-23\n\n- First.\n"


def checkout(folder: Path, *edits: tuple[str, str]) -> Path:
    """Write what another commit might hold: the API description with these edits, and the package generated from it."""
    text = SPEC
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "openapi.yaml").write_text(text, "utf-8")
    generate(folder / "openapi.yaml", ROOT / "generator-config.yaml", folder / "generated")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout(tmp_path_factory.mktemp("base"))


PARAMETER = "{ name: of, in: query, schema: { type: string }"
OPTIONAL_PARAMETER = ("      responses:", f"      parameters: [{PARAMETER} }}]\n      responses:")
REQUIRED = "required: [id, remaining_amount, expires_at, type]"
OPTIONAL_EXPIRY = (REQUIRED, REQUIRED.replace(" expires_at,", ""))  # breaks users


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            OPTIONAL_EXPIRY,
            ["TCredit.expires_at: its type datetime.datetime became", "`credits/items/expires_at` became optional"],
        ),
        (("TCreditType", "TKind"), ["package, stablecog_client.TCreditType: was removed"]),
        (("tags: [credits]", "tags: [money]"), ["package, stablecog_client.client.Client.credits: was removed"]),
        (("  /v1/credits:", "  /v2/credits:"), ["API, GET /v1/credits: api path removed"]),
        (("scheme: bearer", "scheme: basic"), ["http scheme changed from `bearer` to `basic`"]),
        (
            ("      responses:", f"      parameters: [{PARAMETER}, required: true }}]\n      responses:"),
            ["package, stablecog_client.api.credits.CreditsAPI.list: parameter was added as required"],
        ),
    ],
    ids=["optional", "class", "tag", "path", "scheme", "required"],
)
def test_a_breaking_change_is_described(edit: tuple[str, str], expected: list[str], base: Path, tmp_path: Path) -> None:
    """A change that breaks users is described in words."""
    changes = breaking.compare(base, checkout(tmp_path, edit))
    for words in expected:
        assert any(words in text for text in changes.breaking), changes


DEPENDENCIES = "package, dependencies: ['anyio>=4.16', "
EDITS = [
    ("pyproject.toml", '">=3.11"', '">=3.14"', "package, requires-python: >=3.11 became >=3.14"),
    ("pyproject.toml", '"anyio>=4.16",\n', '"anyio>=4.15",\n', DEPENDENCIES),
    ("pyproject.toml", "\naiohttp = ", "\nother = ", "package, extra aiohttp: ['aiohttp>=3.13.4'] became nothing"),
    (
        "stablecog_client/errors.py",
        "class APITimeoutError(APIConnectionError)",
        "class APITimeoutError(APIError)",
        "package, stablecog_client.errors.APITimeoutError: its bases ['APIConnectionError'] became ['APIError']",
    ),
    (
        "stablecog_client/client.py",
        "allow_http: bool",
        "allow_http: int",
        "package, stablecog_client.client.Client.__init__: allow_http: its type bool became int",
    ),
]


def test_another_value_of_an_enum_breaks_users(base: Path, tmp_path: Path) -> None:
    """The names of values that are no names are numbered, so their order counts."""
    size = "    TCredit:\n", "    Size:\n      type: string\n      enum: [{}]\n    TCredit:\n"
    sizes = [checkout(tmp_path / text[:1], (size[0], size[1].format(text))) for text in ("1x1, 2x2", "2x2, 1x1")]
    assert breaking.compare(*sizes).breaking == [
        f"package, stablecog_client.models.size.Size.VALUE_{number}: its value '{was}' became '{now}'"
        for number, was, now in ((0, "1x1", "2x2"), (1, "2x2", "1x1"))
    ]


def test_requirements_bases_and_types_break_users(base: Path, tmp_path: Path) -> None:
    """Another requirement, base class or type of a parameter breaks users; what pip installs with it does not."""
    other = shutil.copytree(base, tmp_path / "other")
    for name, old, new, _ in EDITS:
        file = other / "generated" / name
        assert old in file.read_text("utf-8")
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    changes = breaking.compare(base, other)
    assert sorted(changes.breaking) == sorted(expected for *_, expected in EDITS if expected != DEPENDENCIES)
    dependencies, extra = changes.compatible
    assert dependencies.startswith(DEPENDENCIES)
    assert extra == "package, extra other: nothing became ['aiohttp>=3.13.4']"


def test_a_server_breaks_users_a_limit_does_not(base: Path, tmp_path: Path) -> None:
    """Another server breaks users, another rate limit does not."""
    limit = "x-rate-limit: { requests: 5, seconds: 1 }\n\npaths:\n"
    other = checkout(tmp_path, ("https://api.credits.example", "https://other.example"), ("paths:\n", limit))
    changes = breaking.compare(base, other)
    assert "API, server: ['https://api.credits.example'] became ['https://other.example']" in changes.breaking
    assert "API, x-rate-limit: nothing became {'requests': 5, 'seconds': 1}" in changes.compatible


def test_a_compatible_change_is_described(base: Path, tmp_path: Path) -> None:
    """An optional parameter and an optional field are compatible."""
    field = "        remaining_amount:\n"
    added = "        colour: { type: string, description: Of the credit. }\n"
    changes = breaking.compare(base, checkout(tmp_path, OPTIONAL_PARAMETER, (field, added + field)))
    assert not changes.breaking
    assert any("added the new optional `query` request parameter `of`" in text for text in changes.compatible)
    assert not any(": of" in text for text in changes.compatible)  # again, for each function that has it
    assert "package, stablecog_client.models.t_credit.TCredit.colour: new" in changes.compatible


def test_a_new_schema_takes_one_line(base: Path, tmp_path: Path) -> None:
    """A new schema is one line, without its members."""
    added = "    Colour:\n      type: object\n      properties: { name: { type: string } }\n"
    changes = breaking.compare(base, checkout(tmp_path, ("    TCredit:\n", added + "    TCredit:\n")))
    assert [text for text in changes.compatible if "olour" in text] == ["package, stablecog_client.models.colour: new"]


def test_wording_and_version_are_no_change(base: Path, tmp_path: Path) -> None:
    """Another description, version or alternative server is no change for users."""
    server = "  - url: https://api.credits.example\n"
    edits = ("version: 0.1.0", "version: 3.0.0"), ("in a sentence", "in some words"), (server, server + server)
    other = checkout(tmp_path, *edits)
    assert breaking.compare(base, other) == breaking.Changes()


def test_a_private_module_is_no_change(base: Path, tmp_path: Path) -> None:
    """A module marked private by its underscore may go."""
    old = shutil.copytree(base, tmp_path / "old")
    (old / "generated/stablecog_client/_runtime/gone.py").write_text("class Gone:\n    size = 10\n", "utf-8")
    assert breaking.compare(old, base) == breaking.Changes()


def test_a_warning_of_oasdiff_breaks_users(tmp_path: Path) -> None:
    """A server may refuse a parameter that is gone."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, text in (old, SPEC.replace(*OPTIONAL_PARAMETER)), (new, SPEC):
        folder.mkdir()
        (folder / "openapi.yaml").write_text(text, "utf-8")
    told = "API, GET /v1/credits: deleted the `query` request parameter `of`"
    assert list(breaking.description_changes(old, new)) == [(True, told)]


def test_a_missing_oasdiff_is_one_line(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without oasdiff, one line says what to do."""
    monkeypatch.setattr("sys.executable", str(base / "python"))
    with pytest.raises(SystemExit, match=r"^oasdiff is missing, so nothing was compared; rm .*, make breaking$"):
        breaking.compare(base, base)


def test_a_version_is_three_numbers(tmp_path: Path) -> None:
    """Another text is refused, and a section of the changelog is that of the whole version."""
    assert breaking.parse_version("1.20.3") == (1, 20, 3)
    for text in "1.2.3-rc1", "1.2", "v1.2.3":
        with pytest.raises(SystemExit, match=f"^'{text}' is not a version such as 1.2.3; "):
            breaking.parse_version(text)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [0.1.10]\n\n- Ten.\n\n## [0.1.1]\n\n- One.\n", "utf-8")
    found = [breaking.changelog_section(tmp_path, version) for version in ("0.1.1", "0.1.10", "0.1")]
    assert found == ["- One.", "- Ten.", ""]


REQUIRED_VERSIONS: dict[tuple[breaking.Version, str], breaking.Version] = {
    ((0, 1, 3), "breaking"): (0, 2, 0),
    ((0, 1, 3), "compatible"): (0, 1, 4),
    ((1, 2, 3), "breaking"): (2, 0, 0),
    ((1, 2, 3), "compatible"): (1, 3, 0),
}


def test_the_version_that_a_change_requires() -> None:
    """Before 1.0.0 a breaking change requires a minor version, then a major one."""
    changes = {kind: breaking.Changes(**{kind: ["something"]}) for kind in ("breaking", "compatible")}
    required = {(released, kind): changes[kind].required_version(released) for released, kind in REQUIRED_VERSIONS}
    assert required == REQUIRED_VERSIONS


@pytest.fixture
def repository(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with one commit, in a folder with a space in its path, and let `breaking` use it."""
    if not shutil.which("git"):
        pytest.skip("needs git")
    folder = shutil.copytree(base, tmp_path / "a repository")
    (folder / "CHANGELOG.md").write_text(CHANGELOG, "utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    monkeypatch.setattr(breaking, "ROOT", folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "-c", "user.name=n", "-c", "user.email=e@localhost", "commit", "--quiet", "--message=Some change")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True)  # noqa: S603, S607


def verdict(monkeypatch: pytest.MonkeyPatch, base: str = "main") -> str:
    """Return the message that it fails with, or nothing."""
    monkeypatch.setattr("sys.argv", ["breaking", *([base] if base else [])])
    try:
        breaking.main()
    except SystemExit as failure:
        return str(failure)
    return ""


def test_no_change_requires_nothing(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a change, neither version nor changelog has to follow."""
    assert verdict(monkeypatch) == ""
    assert "Nothing changes for users" in capsys.readouterr().out


def test_version_and_changelog_must_follow(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails until the version, and then the changelog, follow the change."""
    checkout(repository, OPTIONAL_EXPIRY)
    assert "Set info.version in openapi.yaml to 0.2.0" in verdict(monkeypatch)
    checkout(repository, OPTIONAL_EXPIRY, ("version: 0.1.0", "version: 0.1.1"))
    assert "Set info.version in openapi.yaml to 0.2.0" in verdict(monkeypatch)
    checkout(repository, OPTIONAL_EXPIRY, ("version: 0.1.0", "version: 0.2.0"))
    assert verdict(monkeypatch) == "Describe in CHANGELOG.md, below ## [0.2.0], what changes for users."
    heading = "# Changelog\n\n## [0.2.0] - unreleased\n\n"
    (repository / "CHANGELOG.md").write_text(CHANGELOG.replace("# Changelog\n\n", heading), "utf-8")
    assert verdict(monkeypatch) == "Describe in CHANGELOG.md, below ## [0.2.0], what changes for users."
    (repository / "CHANGELOG.md").write_text(CHANGELOG.replace("# Changelog\n\n", heading + "### Added\n\n"), "utf-8")
    assert verdict(monkeypatch) == "Describe in CHANGELOG.md, below ## [0.2.0], what changes for users."
    (repository / "CHANGELOG.md").write_text(CHANGELOG.replace("# Changelog\n\n", heading + "- Gone.\n\n"), "utf-8")
    assert verdict(monkeypatch) == ""
    printed = capsys.readouterr().out
    assert "Released: 0.1.0 (no version tag found; this is the version of the base)." in printed
    assert "CHANGELOG.md describes a change." in printed


def test_the_last_tag_is_the_released_version(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last tag of a final version is what is released; versions are compared as numbers."""
    git(repository, "tag", "v9.0.0")
    (repository / "CHANGELOG.md").write_text(CHANGELOG + "\nSoon more.\n", "utf-8")
    commit(repository)
    for tag in "v10.0.0-rc1", "vendor-1":
        git(repository, "tag", tag)
    checkout(repository, OPTIONAL_EXPIRY, ("version: 0.1.0", "version: 9.1.0"))
    assert "Set info.version in openapi.yaml to 10.0.0" in verdict(monkeypatch)
    assert "Set info.version in openapi.yaml to 10.0.0" in verdict(monkeypatch, base="")  # the tag is the base, too


def test_the_default_base_is_an_earlier_commit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is `origin/main` on a branch, and the last tag on an up-to-date main, where a release is prepared."""
    checkout(repository, OPTIONAL_EXPIRY)
    commit(repository)
    git(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert verdict(monkeypatch, base="") == ""  # there is no tag yet
    git(repository, "tag", "v0.1.0", "HEAD~1")
    assert "Set info.version in openapi.yaml to 0.2.0" in verdict(monkeypatch, base="")
    assert verdict(monkeypatch, base="origin/main") == ""
    (repository / "CHANGELOG.md").write_text(CHANGELOG + "\nOn a branch.\n", "utf-8")
    commit(repository)
    assert verdict(monkeypatch, base="") == ""


def test_a_base_without_a_package_is_one_line(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit from before generated/ has nothing to compare with."""
    git(repository, "mv", "generated", "made")
    commit(repository)
    git(repository, "mv", "made", "generated")
    assert re.fullmatch(r"The commit [0-9a-f]{10} has no package in generated/ .*", verdict(monkeypatch, base="HEAD"))


def test_a_second_base_is_no_part_of_the_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused."""
    monkeypatch.setattr("sys.argv", ["breaking", "ma", "in"])
    with pytest.raises(SystemExit):
        breaking.main()
    assert "unrecognized arguments: in" in capsys.readouterr().err


def test_a_lower_version_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version lower than the released one is refused."""
    checkout(repository, ("version: 0.1.0", "version: 0.0.9"))
    assert verdict(monkeypatch) == "info.version in openapi.yaml is 0.0.9, lower than 0.1.0 before."


def test_an_unreleased_version_needs_its_change(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of an unreleased version needs its own text in the changelog."""
    git(repository, "tag", "v0.1.0")
    checkout(repository, ("version: 0.1.0", "version: 0.2.0"))
    (repository / "CHANGELOG.md").write_text(CHANGELOG + "## [0.2.0] - unreleased\n\n- One.\n", "utf-8")
    commit(repository)
    checkout(repository, OPTIONAL_EXPIRY, ("version: 0.1.0", "version: 0.2.0"))
    assert verdict(monkeypatch, "HEAD") == "Describe in CHANGELOG.md, below ## [0.2.0], what changes for users."
    (repository / "CHANGELOG.md").write_text(CHANGELOG + "## [0.2.0] - unreleased\n\n- One.\n- Two.\n", "utf-8")
    assert verdict(monkeypatch, "HEAD") == ""


def test_a_missing_base_is_one_line(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a base to compare with, one line says what to do."""
    assert "make breaking BASE=" in verdict(monkeypatch, base="")
    assert "There is no nowhere" in verdict(monkeypatch, base="nowhere")


def test_no_repository_is_one_line(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a repository, one line says that nothing was compared."""
    monkeypatch.setattr(breaking, "ROOT", base)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(base.parent))
    assert verdict(monkeypatch).endswith("so nothing was compared.")


def test_a_missing_git_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git, one line says that nothing was compared."""
    monkeypatch.setenv("PATH", "")
    assert verdict(monkeypatch) == "git is missing, so nothing was compared."
