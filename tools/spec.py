"""Validate the API description and report each error with its place: `python -m tools.spec [FILE]`.

openapi-spec-validator checks that the document is valid OpenAPI, generator/support.py what OpenAPI allows, but the
client does not support.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from jsonschema_path import SchemaPath
from openapi_spec_validator.readers import read_from_filename
from openapi_spec_validator.shortcuts import get_validator_cls
from openapi_spec_validator.validation.exceptions import ValidatorDetectError
from referencing.exceptions import Unresolvable
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from generator.errors import GenerationError
from generator.nodes import METHODS, below
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
    """Yield what openapi-spec-validator says, unless something is refused at its place that may be the cause."""
    where = dict(places(document))
    try:
        validator = get_validator_cls(document)
    except ValidatorDetectError:
        yield "$.openapi: expected an OpenAPI document with a version such as 3.1.0"
        return

    base: Any = validator.keyword_validators["schema"]

    def check(self: Any, schema: SchemaPath, *args: Any, **options: Any) -> Iterator[Any]:
        """Add the place of a schema to the errors in it, which have paths within the schema alone."""
        for error in base.__call__(self, schema, *args, **options):
            if not hasattr(error, "place"):
                error.place = where.get(id(schema.read_value()), "$") + error.json_path[1:]
            yield error

    checks = {**validator.keyword_validators, "schema": type("Schemas", (base,), {"__call__": check})}
    placing: Any = type("Validator", (validator,), {"keyword_validators": checks})
    try:
        for error in placing(document).iter_errors():
            place: str = getattr(error, "place", error.json_path)
            if not any(line.startswith(place) for line in refused):
                yield f"{place}: {error.message[:200]}"
    except Unresolvable as error:
        if not refused:
            yield f"$: there is no {error.ref}"
    except (LookupError, ValueError, RecursionError):  # raised after an invalid node was reported
        pass


def places(node: Any, place: str = "$") -> Iterator[tuple[int, str]]:
    """Yield the ids of the objects in a document, each with its place."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in cast("Iterable[tuple[str | int, Any]]", children):
        yield from places(child, below(place, name))
    if isinstance(node, dict):
        yield id(cast("object", node)), place


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
