"""`make build`: the same bytes from the same sources, and a wheel that another project can rely on."""

from __future__ import annotations

import email
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from tools import ROOT
from tools import build as command
from tools.build import build, check_tag
from tools.replay import RECORDINGS, ReplayServer

PACKAGE = ROOT / "generated"
VERSION = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]["version"]
CLIENT = {"anyio", "attrs", "httpx", "python-dateutil"}  # what it requires
INFO = f"stablecog_client-{VERSION}.dist-info"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build(PACKAGE, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return dist / f"stablecog_client-{VERSION}-py3-none-any.whl"


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as files:
        return email.message_from_string(files.read(f"{INFO}/METADATA").decode())


def sources() -> set[str]:
    files = (path for path in (PACKAGE / "stablecog_client").rglob("*") if path.is_file())
    return {path.relative_to(PACKAGE).as_posix() for path in files if "__pycache__" not in path.parts}


def test_a_second_build_has_the_same_bytes(dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Place, file times, modes and the time zone have no influence."""
    other = copytree(PACKAGE, tmp_path / "another place" / "generated", ignore=ignore_patterns("__pycache__"))
    for number, path in enumerate(sorted(other.rglob("*"))):
        os.utime(path, (1e9 + number, 1e9 + number))
        path.chmod(0o700 if path.is_dir() else 0o600)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    build(other, tmp_path / "dist")
    first, second = (
        {file.name: file.read_bytes() for file in folder.iterdir()} for folder in (dist, tmp_path / "dist")
    )
    assert first == second
    assert len(first) == 2


def test_the_wheel_holds_the_package_alone(wheel: Path) -> None:
    """The wheel holds the package, its metadata and licence, and nothing else."""
    with zipfile.ZipFile(wheel) as files:
        names = {info.filename for info in files.infolist()}
        added = {f"{INFO}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")}
        assert names == sources() | added
        assert "stablecog_client/py.typed" in names
        for name in sources():
            assert files.read(name) == (PACKAGE / name).read_bytes()


def test_the_sdist_holds_what_builds_the_package(dist: Path) -> None:
    """The sdist holds the package and the files that build it."""
    with tarfile.open(dist / f"stablecog_client-{VERSION}.tar.gz") as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert names == sources() | {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO", ".gitignore"}


def test_other_files_make_no_difference(dist: Path, tmp_path: Path) -> None:
    """Neither other files nor what git ignores change the build; files of an older one are gone."""
    other = copytree(PACKAGE, tmp_path / "generated")
    (tmp_path / ".gitignore").write_text("*.py\n")
    (tmp_path / ".git").mkdir()
    (other / "notes.txt").write_text("mine")
    (other / "dist").mkdir()
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "stablecog_client-0.0.1-py3-none-any.whl").write_bytes(b"x")
    (other / "stablecog_client" / "__pycache__").mkdir(exist_ok=True)
    (other / "stablecog_client" / "__pycache__" / "client.cpython-311.pyc").write_bytes(b"x")
    for file in build(other, tmp_path / "dist"):
        assert file.read_bytes() == (dist / file.name).read_bytes()


def test_the_metadata_is_complete(metadata: Message) -> None:
    """Name, version, Python, licence, typing, documentation, requirements and README are in the metadata."""
    assert (metadata["Name"], metadata["Version"]) == ("stablecog-client", VERSION)
    assert metadata["Summary"] == "A typed client of the Stablecog API"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert metadata.get_all("Project-URL") == ["Documentation, https://stablecog.com/docs/v1/api-reference/credits"]
    names = {re.split(r"[^a-z-]", requirement)[0] for requirement in metadata.get_all("Requires-Dist", [])}
    assert names == CLIENT | {"aiohttp"}
    assert str(metadata.get_payload()).strip() == (PACKAGE / "README.md").read_text("utf-8").strip()


def test_the_licence_is_the_repositorys(wheel: Path) -> None:
    """The wheel has the licence of the repository."""
    with zipfile.ZipFile(wheel) as files:
        licence = files.read(f"{INFO}/licenses/LICENSE").decode()
    assert licence.endswith((ROOT / "LICENSE").read_text("utf-8"))


# Installed, without the source tree

# And what that requires in turn; `pip check` would tell of another.
REQUIRED = CLIENT | {"certifi", "h11", "httpcore", "idna", "six", "typing-extensions", "tzdata"}


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of a new virtual environment with the wheel and its pinned requirements."""
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", folder)
    pins = re.split(r"\n(?=\S)", (ROOT / "requirements.txt").read_text("utf-8"))
    (folder / "pins.txt").write_text("\n".join(pin for pin in pins if pin.partition("==")[0] in REQUIRED), "utf-8")
    interpreter = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = (interpreter, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-deps", "--require-hashes", "--requirement", folder / "pins.txt")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    run(*pip, "check")
    return interpreter


MISUSE = """
from stablecog_client import AsyncClient, Client, TCredit
from stablecog_client.api.credits import list_credits

def misuse(client: Client, async_client: AsyncClient, credit: TCredit) -> None:
    client.credits.lists()  # no such operation
    client.credits.list("everything")  # no such parameter
    list_credits.sync(client=async_client)  # the other client
    credit.remaining_amount = 1  # frozen
    credit.remaining_amount.upper()  # an int
    credit.expired_at  # no such field
    Client("sc-...", "https://...")  # by keyword alone
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make another project, with what a service may write and what it must not."""
    (tmp_path / "consumer.py").write_bytes((ROOT / "tests" / "support" / "consumer.py").read_bytes())
    (tmp_path / "misuse.py").write_text(MISUSE)
    return tmp_path


def execute(*command: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MYPYPATH"}}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)  # noqa: S603


def run(*command: str | Path, folder: Path | None = None) -> str:
    """Return what a command prints; it must not fail."""
    done = execute(*command, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_found(found: str) -> None:
    """Check that a type checker names each misuse, and nothing else."""
    assert "consumer.py:" not in found, found
    for number, line in enumerate(MISUSE.splitlines(), 1):
        assert (f"misuse.py:{number}:" in found) == ("  # " in line), line + found


def test_the_installed_wheel_is_imported(python: Path, project: Path) -> None:
    """A project imports the installed wheel, not the source tree."""
    where = run(python, "-c", "import stablecog_client as s; print(s.__version__, s.__file__)", folder=project)
    assert where.startswith(f"{VERSION} ")
    assert "site-packages" in where
    assert str(ROOT) not in where


def test_mypy_finds_misuse_and_nothing_else(python: Path, project: Path) -> None:
    """mypy --strict, in the code of a project that uses the wheel."""
    options = ("--strict", "--cache-dir", project / "cache", "--config-file=", "--python-executable", python)
    checked = execute(sys.executable, "-m", "mypy", *options, "consumer.py", "misuse.py", folder=project)
    check_found(checked.stdout)


def test_pyright_finds_misuse_and_nothing_else(python: Path, project: Path) -> None:
    """pyright in strict mode, in the code of a project that uses the wheel."""
    settings = {"include": ["*.py"], "typeCheckingMode": "strict", "pythonVersion": "3.11"}
    (project / "pyrightconfig.json").write_text(json.dumps(settings))
    check_found(execute(sys.executable, "-m", "pyright", "--pythonpath", python, folder=project).stdout)


def test_a_consumer_runs_without_warnings(python: Path, project: Path) -> None:
    """Sync and async calls through the wheel work, without warnings in development mode; nothing is left open."""
    expected = json.loads((RECORDINGS / "200-two-credits.http").read_bytes().partition(b"\r\n\r\n")[2])
    script = """if True:
        import asyncio, sys
        from consumer import remaining, remaining_async, requests_left
        from stablecog_client import AsyncClient, Client

        async def main() -> int:
            asyncio.get_running_loop().slow_callback_duration = 60  # seconds; a busy machine is no fault
            async with AsyncClient("sc-test", base_url=sys.argv[1]) as client:
                return await remaining_async(client)

        with Client("sc-test", base_url=sys.argv[1]) as client:
            print(sorted(remaining(client)), requests_left(client), asyncio.run(main()))
    """
    with ReplayServer.of("200-two-credits.http") as server:
        done = execute(python, "-X", "dev", "-W", "error", "-c", script, server.url, folder=project)
    names = sorted(credit["type"]["name"] for credit in expected["credits"])
    assert (done.stdout, done.stderr) == (f"{names} 19 {expected['total_remaining_credits']}\n", "")


# Released


def test_a_tag_of_another_version_is_refused() -> None:
    """A tag that is not the package's version is refused."""
    with pytest.raises(SystemExit, match=r"tag v1\.2\.3"):
        check_tag("v1.2.4", "1.2.3", "## [1.2.3] - 2026-11-23\n")


def test_nothing_is_built_of_another_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command looks at the tag first."""

    def no_build(package: Path, folder: Path) -> list[Path]:
        pytest.fail(f"{folder} is replaced")

    monkeypatch.setattr(command, "build", no_build)
    monkeypatch.setattr("sys.argv", ["build", "--tag", "v0.0.0"])
    with pytest.raises(SystemExit, match=rf"The tag is v0\.0\.0, but the version is {re.escape(VERSION)};"):
        command.main()


def test_a_tag_without_a_changelog_is_refused() -> None:
    """A version without a dated section in the changelog is refused."""
    for changelog in "", "## [1.2.3] - unreleased\n", "## [1.2.30] - 2026-11-23\n":
        with pytest.raises(SystemExit, match=r"no dated ## \[1\.2\.3\]"):
            check_tag("v1.2.3", "1.2.3", changelog)


def test_a_tag_of_the_version_is_accepted() -> None:
    """The version with a dated section in the changelog is accepted."""
    check_tag("v1.2.3", "1.2.3", "# Changelog\n\n## [1.2.3] - 2026-11-23\n\n- More.\n")
