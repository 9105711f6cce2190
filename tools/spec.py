"""Validate the API description and report each error with its place: `python -m tools.spec [FILE]`.

openapi-spec-validator checks that the document is valid OpenAPI, generator/support.py what OpenAPI allows, but the
client does not support.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from openapi_spec_validator.readers import read_from_filename
from openapi_spec_validator.shortcuts import get_validator_cls
from openapi_spec_validator.validation.exceptions import ValidatorDetectError
from referencing.exceptions import Unresolvable
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from generator.errors import GenerationError
from generator.nodes import METHODS
from generator.project import load_settings, parsed
from generator.support import did_you_mean, malformed, refusals
from tools import ROOT


def api_description(checkout: Path = ROOT) -> dict[str, Any]:
    """Return the API description of a checkout."""
    return dict(read_from_filename(str(checkout / "openapi.yaml"))[0])


def problems(name: str, document: Any) -> Iterator[str]:
    """Yield what is wrong with the API description in the file of this name, each with its place."""
    if not isinstance(document, dict):
        yield "expected an OpenAPI document: a mapping"
        return
    description = cast("dict[str, Any]", document)
    refused = list(refusals(description))
    found = refused if any(malformed(description)) else refused + list(invalid(description, refused))
    if found:
        yield from found
        return
    yield from house_rules(description)
    try:
        parsed(name, description, load_settings(ROOT / "generator-config.yaml", Path(name)))
    except GenerationError as error:
        yield from (line.removeprefix(f"{name}: ") for line in str(error).splitlines())


def invalid(document: dict[str, Any], refused: Sequence[str]) -> Iterator[str]:
    """Yield what openapi-spec-validator says, unless it has no place and something is refused that may be the cause."""
    try:
        for error in get_validator_cls(document)(document).iter_errors():
            if not refused or error.json_path != "$":
                yield f"{error.json_path}: {error.message[:200]}"
    except ValidatorDetectError:
        yield "$.openapi: expected an OpenAPI document with a version such as 3.1.0"
    except Unresolvable as error:
        if not refused:
            yield f"$: there is no {error.ref}"
    except LookupError:  # raised after an invalid node was reported
        pass


def house_rules(document: dict[str, Any]) -> Iterator[str]:
    """Yield violations of this repository's own rules."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(version := document["info"]["version"])):
        yield f"$.info.version: expected a version such as 1.2.3, got {version!r}"
    for server in document.get("servers", [])[:1]:
        if re.match(r"http://(?!localhost\b|127\.|\[::1\])", server["url"]):
            yield "$.servers[0].url: expected https://, as the client sends no key over http:// to another machine"
    declared = [tag["name"] for tag in document.get("tags", [])]
    for path, item in document.get("paths", {}).items():
        for method in filter(item.get, METHODS):
            place, tags = f"{method.upper()} {path}", item[method].get("tags")
            if not item[method].get("operationId"):
                yield f"{place}: expected an operationId, which names the method"
            if not tags:
                yield f"{place}: expected a tag, which names the attribute of the client"
            elif tags[0] not in declared:
                yield f"{place}: $.tags does not describe {tags[0]!r}{did_you_mean(tags[0], declared)}"


def main() -> None:
    """Run the command line."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "openapi.yaml"
    try:
        found = list(problems(file.name, YAML(typ="safe").load(file)))  # pyright: ignore[reportUnknownMemberType]
    except YAMLError as error:
        found = [str(error)]
    except OSError as error:
        found = [f"it cannot be read: {error.strerror}"]
    if found:
        raise SystemExit("\n".join([f"{file.name} is not valid; fix this and run it again:", *found]))
    print(f"{file.name} is valid.")


if __name__ == "__main__":
    main()
