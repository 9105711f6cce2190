"""Generation of the package: openapi-python-client's Project with our templates, then a copy of runtime/."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, cast

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.parser import ParserError
from ruamel.yaml.scanner import ScannerError

from generator import ROOT, code, decoders, docstrings, naming, upstream
from generator.document import Document
from generator.errors import GenerationError
from generator.media_types import choose_media_types
from generator.operations import API
from generator.refusals import refusals
from generator.rewrites import (
    drop_extensions,
    drop_needless_discriminators,
    make_references_mergeable,
    normalize,
    order_alternatives,
    spell_out_nulls,
)
from runtime import errors

TEMPLATES = Path(__file__).parent / "templates"
RUNTIME = ROOT / "runtime"


def generate(spec: Path, config: Path, output: Path) -> None:
    """Replace `output` with the package generated from `spec`.

    Raises:
        GenerationError: An input is invalid; `output` is unchanged.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with locked(output.parent), tempfile.TemporaryDirectory(prefix=".generate-", dir=output.parent) as folder:
        new, old = Path(folder, "new"), Path(folder, "old")
        try:
            build(spec, config, new)
        except GenerationError as error:
            raise GenerationError("\n".join([str(error), *syntax_errors(new)])) from error
        except SyntaxError as error:  # in runtime/
            raise GenerationError(f"{error.filename}, line {error.lineno}: {error.msg}") from error
        except Exception as error:  # usually raised in a template
            frames = traceback.extract_tb(error.__traceback__)
            where = next((frame for frame in reversed(frames) if frame.filename.endswith(".jinja")), frames[-1])
            raise GenerationError(f"{where.filename}, line {where.lineno}: {type(error).__name__}: {error}") from error
        if output.exists():
            output.rename(old)
        try:
            new.rename(output)
        except BaseException:
            if old.exists():
                old.rename(output)
            raise


def build(spec: Path, config: Path, folder: Path) -> None:
    """Write the package generated from `spec` into a new folder.

    Raises:
        GenerationError: The document, the settings or a post-hook is at fault.
    """
    document = load(spec)
    settings = load_settings(config, spec, folder)
    # Project.build() would run them before the overlay, which they format.
    post_hooks, settings.post_hooks = settings.post_hooks, []
    try:
        data, api = parsed(document, settings)
    except GenerationError as error:
        raise GenerationError("\n".join(f"{spec.name}: {line}" for line in str(error).splitlines())) from None
    project = Project(openapi=data, config=settings, custom_template_path=TEMPLATES)
    banner = f"Made by `make generate` from {spec.name}. Do not edit: change that file, generator/ or runtime/ instead."
    add_globals(project, api, banner)
    with redirect_stdout(io.StringIO()):  # it prints the name of a temporary folder
        errors = project.build()
    if errors:
        raise GenerationError(upstream.described(errors))
    overlay(project, f"# {banner}\n")
    run_post_hooks(post_hooks, folder)


def parsed(document: Mapping[str, Any], settings: Config) -> tuple[GeneratorData, API]:
    """Return openapi-python-client's data of a document, and its operations for templates.

    Args:
        document: The document, which is changed in place.
        settings: The settings of openapi-python-client.

    Raises:
        GenerationError: Parts of the document cannot be generated.
    """
    # Not at the top: an error in them ends the run as any other does.
    from runtime._runtime.async_client import AsyncAPIClient
    from runtime._runtime.sync_client import SyncAPIClient

    if lines := list(refusals(document, literal_enums=settings.literal_enums)):
        raise GenerationError("\n".join(lines))
    drop_extensions(document)  # the order matters: each change relies on those before it
    make_references_mergeable(document)
    spell_out_nulls(document)
    settings.content_type_overrides |= choose_media_types(document)
    docstrings.describe_limits(document)
    drop_needless_discriminators(document)
    order_alternatives(document)
    data = upstream.parse(document, settings)
    return data, API(data, Document(document), settings, {*dir(SyncAPIClient), *dir(AsyncAPIClient)})


def add_globals(project: Project, api: API, banner: str) -> None:
    """Add our globals and filters to the templates of a project."""
    names: dict[str, Any] = project.env.globals
    filters: dict[str, Any] = project.env.filters
    names |= {
        "api": api,
        "banner": banner,
        "document": api.document,
        "environment": project.package_name.upper().removesuffix("_CLIENT"),
        "error_names": errors.__all__,
        "hidden_imports": code.hidden_imports,
        "hoisted": decoders.hoisted,
        "python_names": naming.python_names,
    }
    filters |= {
        "additional_fields": decoders.additional_fields,
        "decoded": decoders.decoded,
        "decoder": decoders.decoder,
        "docstring": docstrings.docstring,
        "encoded": decoders.encoded,
        "field_decoder": decoders.field_decoder,
        "literal": code.literal,
        "inline_check": decoders.inline_check,
        "qualify_builtins": code.qualify_builtins,
    }


def load(spec: Path) -> dict[str, Any]:
    """Return the OpenAPI document in a YAML or JSON file."""
    is_json = spec.suffix == ".json"
    try:
        text = spec.read_text("utf-8")
        document: Any = json.loads(text) if is_json else YAML(typ="safe").load(text)  # pyright: ignore[reportUnknownMemberType]
        json.dumps(document, check_circular=False, default=str, skipkeys=True)  # follows each alias, as all else does
    except OSError as error:
        raise GenerationError(f"{spec}: {error.strerror}") from error
    except YAMLError as error:
        raise GenerationError(f"{spec}: Invalid YAML: {yaml_problem(error)}") from error
    except RecursionError as error:
        advice = "if an alias (*name) is inside what it stands for (&name), use a $ref there"
        raise GenerationError(f"{spec}: it is nested too deeply; {advice}") from error
    except UnicodeError as error:
        raise GenerationError(f"{spec}: it is not in UTF-8: {error}") from error
    except ValueError as error:
        kind, advice = ("JSON", "") if is_json else ("YAML", "; quote a text that only looks like a date or a number")
        raise GenerationError(f"{spec}: Invalid {kind}: {error}{advice}") from error
    if not isinstance(document, dict):
        raise GenerationError(f"{spec}: it is not an OpenAPI document: expected a mapping")
    normalize(cast("dict[str, Any]", document))
    return cast("dict[str, Any]", document)


def yaml_problem(error: YAMLError) -> str:
    """Return what is wrong with a file, and where, in one line."""
    mark: Any = getattr(error, "problem_mark", None)
    problem = " ".join(str(getattr(error, "problem", error)).split())
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    advice = "; check the indentation, the brackets, and texts with : # or , in them, which need quotes"
    return f"{place}{problem}{advice if isinstance(error, ScannerError | ParserError) else ''}"


def load_settings(config: Path, spec: Path, folder: Path | None = None) -> Config:
    """Return the settings of openapi-python-client in a file, to generate from `spec` into a folder."""
    try:
        settings = ConfigFile.load_from_path(config)
    except (OSError, YAMLError, ValueError, TypeError) as error:
        raise GenerationError(f"{config}: Unable to parse config: {error}") from error
    return Config.from_sources(settings, MetaType.UV, spec, file_encoding="utf-8", overwrite=False, output_path=folder)


def overlay(project: Project, banner: str) -> None:
    """Add the files that openapi-python-client has no templates for: the runtime, the licence, the async client.

    Each file starts with the line `banner`.
    """
    package = project.package_dir
    for path in sorted(RUNTIME.rglob("*.py")):
        target = package / path.relative_to(RUNTIME)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(banner + path.read_text("utf-8"), "utf-8")
    async_client = project.env.get_template("client.py.jinja").render(is_async=True)
    (package / "async_client.py").write_text(async_client, "utf-8")
    (package / "py.typed").write_text(banner, "utf-8")
    license_text = (ROOT / "LICENSE").read_text("utf-8")
    (project.project_dir / "LICENSE").write_text(f"{banner}\n{license_text}", "utf-8")


def run_post_hooks(commands: Sequence[str], folder: Path) -> None:
    """Run shell commands in a folder, with the tools of this virtual environment first in PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in commands:
        name = command.split(" ", maxsplit=1)[0]
        if shutil.which(name, path=path) is None:
            raise GenerationError(f"post_hooks: {name} is not in PATH")
        done = subprocess.run(  # noqa: S602 - post-hooks are shell commands by their definition
            command, shell=True, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, encoding="utf-8"
        )
        if done.returncode:
            raise GenerationError(f"post_hooks: {name} failed\n{done.stderr or done.stdout}".rstrip())


def syntax_errors(folder: Path) -> Iterator[str]:
    """Yield the syntax errors of the output, which post-hooks do not report."""
    for path in sorted(folder.rglob("*.py")):
        try:
            compile(path.read_text("utf-8"), path, "exec")
        except SyntaxError as error:
            yield f"{path.relative_to(folder)}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}"


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Wait for other runs in this folder, and keep others waiting."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def drift(spec: Path, config: Path, output: Path) -> list[str]:
    """Return the paths, relative to `output`, of the files that differ from newly generated ones."""
    with tempfile.TemporaryDirectory(prefix="generate-") as folder:
        fresh = Path(folder, output.name)
        generate(spec, config, fresh)
        made, there = contents(fresh), contents(output)
    return sorted(path for path in made.keys() | there.keys() if made.get(path) != there.get(path))


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of each file below a folder, except Python's bytecode."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
