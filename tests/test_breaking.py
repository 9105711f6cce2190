"""What `make breaking` promises: it says what a change breaks, and fails until version and changelog follow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generator.project import generate
from tools import ROOT, breaking

pytestmark = pytest.mark.skipif(
    not Path(sys.executable).with_name("oasdiff").exists(), reason="oasdiff could not be built; see requirements-go.txt"
)

SPEC = (ROOT / "tests" / "specs" / "credits.yaml").read_text("utf-8")
CHANGELOG = "# Changelog\n\n## [0.1.0] - 2026-11-23\n\n- First.\n"


def checkout(folder: Path, *edits: tuple[str, str]) -> Path:
    """What another commit might hold: the contract with these edits, and the package made from it."""
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
REQUIRED = "required: [id, remaining_amount, expires_at, type]"
OPTIONAL_EXPIRY = (REQUIRED, REQUIRED.replace(" expires_at,", ""))  # breaks users


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (OPTIONAL_EXPIRY, "TCredit.expires_at: its type datetime.datetime became"),
        (OPTIONAL_EXPIRY, "`credits/items/expires_at` became optional"),
        (("TCreditType", "TKind"), "package, stablecog_client.TCreditType: was removed"),
        (("list_credits", "get_credits"), "package, stablecog_client.api.credits.CreditsAPI.list: was removed"),
        (("tags: [credits]", "tags: [money]"), "package, stablecog_client.client.Client.credits: was removed"),
        (("  /v1/credits:", "  /v2/credits:"), "contract, GET /v1/credits: api path removed"),
        (("format: date-time", "format: date"), "TCredit.expires_at: its type datetime.datetime became datetime.date"),
        (("scheme: bearer", "scheme: basic"), "http scheme changed from `bearer` to `basic`"),
        (
            ("      responses:", f"      parameters: [{PARAMETER}, required: true }}]\n      responses:"),
            "package, stablecog_client.api.credits.CreditsAPI.list: parameter was added as required",
        ),
    ],
)
def test_a_change_that_breaks_users_is_told_in_words(
    edit: tuple[str, str], said: str, base: Path, tmp_path: Path
) -> None:
    changes = breaking.compare(base, checkout(tmp_path, edit))
    assert any(said in text for text in changes.breaking), changes


def edited(base: Path, folder: Path, file: str, old: str, new: str) -> Path:
    """Another commit, with one edit of a file of the package."""
    text = (shutil.copytree(base, folder / "other") / file).read_text("utf-8")
    assert old in text
    (folder / "other" / file).write_text(text.replace(old, new), "utf-8")
    return folder / "other"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("pyproject.toml", '">=3.11"', '">=3.14"', "package, requires-python: >=3.11 became >=3.14"),
        (
            "pyproject.toml",
            "\naiohttp = ",
            "\nother = ",
            "package, extra aiohttp: ['httpx-aiohttp>=0.1.12'] became nothing",
        ),
        (
            "stablecog_client/errors.py",
            "class APITimeoutError(APIConnectionError)",
            "class APITimeoutError(APIError)",
            "package, stablecog_client.errors.APITimeoutError: its bases ['APIConnectionError'] became ['APIError']",
        ),
    ],
)
def test_what_the_package_requires_and_what_its_errors_are_breaks_users(
    base: Path, tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    assert said in breaking.compare(base, edited(base, tmp_path, f"generated/{file}", old, new)).breaking


def test_another_server_breaks_users_and_another_rate_limit_does_not(base: Path, tmp_path: Path) -> None:
    limit = "x-rate-limit: { requests: 5, seconds: 1 }\n\npaths:\n"
    other = checkout(tmp_path, ("https://api.credits.example", "https://other.example"), ("paths:\n", limit))
    changes = breaking.compare(base, other)
    assert "contract, server: ['https://api.credits.example'] became ['https://other.example']" in changes.breaking
    assert "contract, x-rate-limit: nothing became {'requests': 5, 'seconds': 1}" in changes.compatible


def test_another_type_of_a_parameter_breaks_users(base: Path, tmp_path: Path) -> None:
    other = checkout(tmp_path)
    client = other / "generated/stablecog_client/client.py"
    client.write_text(client.read_text("utf-8").replace("timeout: float", "timeout: int"), "utf-8")
    said = "package, stablecog_client.client.Client.__init__: timeout: its type float became int"
    assert breaking.compare(base, other) == breaking.Changes(breaking=[said])


def test_a_change_that_breaks_nobody_is_told_as_such(base: Path, tmp_path: Path) -> None:
    field = "        remaining_amount:\n"
    added = "        colour: { type: string, description: Of the credit. }\n"
    optional = ("      responses:", f"      parameters: [{PARAMETER} }}]\n      responses:")
    changes = breaking.compare(base, checkout(tmp_path, optional, (field, added + field)))
    assert not changes.breaking
    assert any("added the new optional `query` request parameter `of`" in text for text in changes.compatible)
    assert "package, stablecog_client.models.t_credit.TCredit.colour: new" in changes.compatible


def test_a_new_schema_is_told_in_one_line(base: Path, tmp_path: Path) -> None:
    added = "    Colour:\n      type: object\n      properties: { name: { type: string } }\n"
    changes = breaking.compare(base, checkout(tmp_path, ("    TCredit:\n", added + "    TCredit:\n")))
    assert [text for text in changes.compatible if "olour" in text] == ["package, stablecog_client.models.colour: new"]


def test_another_wording_or_version_is_no_change(base: Path, tmp_path: Path) -> None:
    other = checkout(tmp_path, ("version: 0.1.0", "version: 3.0.0"), ("in a sentence", "in some words"))
    assert breaking.compare(base, other) == breaking.Changes()


def test_what_the_package_keeps_to_itself_is_no_change(base: Path, tmp_path: Path) -> None:
    other = checkout(tmp_path)
    (other / "generated/stablecog_client/retries.py").unlink()
    assert breaking.compare(base, other) == breaking.Changes()


@pytest.mark.parametrize(
    ("released", "kind", "asked"),
    [
        ((0, 1, 3), "breaking", (0, 2, 0)),
        ((0, 1, 3), "compatible", (0, 1, 4)),
        ((1, 2, 3), "breaking", (2, 0, 0)),
        ((1, 2, 3), "compatible", (1, 3, 0)),
    ],
)
def test_the_version_that_is_asked_for(released: breaking.Version, kind: str, asked: breaking.Version) -> None:
    assert breaking.Changes(**{kind: ["something"]}).asks_for(released) == asked


@pytest.fixture
def repository(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, that `breaking` takes for ours."""
    folder = shutil.copytree(base, tmp_path / "repository")
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
    """The message that it fails with, or nothing."""
    monkeypatch.setattr("sys.argv", ["breaking", *([base] if base else [])])
    try:
        breaking.main()
    except SystemExit as failure:
        return str(failure)
    return ""


def test_nothing_is_asked_when_nothing_changes(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdict(monkeypatch) == ""
    assert "Nothing changes for users" in capsys.readouterr().out


def test_it_fails_until_the_version_and_then_the_changelog_follow(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout(repository, OPTIONAL_EXPIRY)
    assert "Set info.version in openapi.yaml to 0.2.0" in verdict(monkeypatch)
    checkout(repository, OPTIONAL_EXPIRY, ("version: 0.1.0", "version: 0.1.1"))
    assert "Set info.version in openapi.yaml to 0.2.0" in verdict(monkeypatch)
    checkout(repository, OPTIONAL_EXPIRY, ("version: 0.1.0", "version: 0.2.0"))
    assert verdict(monkeypatch) == "Say in CHANGELOG.md, below ## [0.2.0], what changes for users."
    heading = "# Changelog\n\n## [0.2.0] - unreleased\n\n"
    (repository / "CHANGELOG.md").write_text(CHANGELOG.replace("# Changelog\n\n", heading), "utf-8")
    assert verdict(monkeypatch) == "Say in CHANGELOG.md, below ## [0.2.0], what changes for users."
    (repository / "CHANGELOG.md").write_text(CHANGELOG.replace("# Changelog\n\n", heading + "### Added\n\n"), "utf-8")
    assert verdict(monkeypatch) == "Say in CHANGELOG.md, below ## [0.2.0], what changes for users."
    (repository / "CHANGELOG.md").write_text(CHANGELOG.replace("# Changelog\n\n", heading + "- Gone.\n\n"), "utf-8")
    assert verdict(monkeypatch) == ""
    assert "CHANGELOG.md mentions it." in capsys.readouterr().out


def test_the_last_tag_counts_as_released(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for tag in "v1.0.0", "v2.0.0-rc1", "vendor-1":
        git(repository, "tag", tag)
    checkout(repository, OPTIONAL_EXPIRY, ("version: 0.1.0", "version: 1.1.0"))
    assert "Set info.version in openapi.yaml to 2.0.0" in verdict(monkeypatch)
    assert "Set info.version in openapi.yaml to 2.0.0" in verdict(monkeypatch, base="")  # the tag is the base, too


def test_a_version_does_not_go_back(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout(repository, ("version: 0.1.0", "version: 0.0.9"))
    assert verdict(monkeypatch) == "info.version in openapi.yaml is 0.0.9, and 0.1.0 was there before."


def test_a_version_that_is_on_its_way_already_still_needs_its_change_told(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "tag", "v0.1.0")
    checkout(repository, ("version: 0.1.0", "version: 0.2.0"))
    (repository / "CHANGELOG.md").write_text(CHANGELOG + "## [0.2.0] - unreleased\n\n- One.\n", "utf-8")
    commit(repository)
    checkout(repository, OPTIONAL_EXPIRY, ("version: 0.1.0", "version: 0.2.0"))
    assert verdict(monkeypatch, "HEAD") == "Say in CHANGELOG.md, below ## [0.2.0], what changes for users."
    (repository / "CHANGELOG.md").write_text(CHANGELOG + "## [0.2.0] - unreleased\n\n- One.\n- Two.\n", "utf-8")
    assert verdict(monkeypatch, "HEAD") == ""


def test_without_anything_to_compare_with_it_says_what_to_do(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "make breaking BASE=" in verdict(monkeypatch, base="")
    assert "There is no nowhere" in verdict(monkeypatch, base="nowhere")
