"""Validate the API description and report each error with its place: `python -m tools.spec [FILE]`.

openapi-spec-validator checks that the document is valid OpenAPI; generator/refusals.py names what OpenAPI allows and
the client does not support.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jsonschema_path import SchemaPath
from openapi_spec_validator.shortcuts import get_validator_cls

from generator.errors import GenerationError
from generator.nodes import below, mapping, operations, resolved, sequence, walk
from generator.project import load, load_settings, parsed
from generator.refusals import did_you_mean, malformed, refusals
from generator.rewrites import drop_extensions
from runtime._runtime.config import is_loopback, parse_url  # generated/ may be missing or broken
from tools import ROOT

UNEXPECTED = re.compile(
    r"(?:Unevaluated|Additional) properties are not allowed \((.+) (?:was|were) unexpected\)"
    r"|(.+) do(?:es)? not match any of the regexes: .+"
)


def problems(name: str, document: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the API description in the file of this name, each with its place."""
    settings = load_settings(ROOT / "generator-config.yaml", Path(name))
    refused = list(refusals(document, literal_enums=settings.literal_enums))
    is_unreadable = any(malformed(document)) or any(line.startswith("$.openapi:") for line in refused)
    found = refused if is_unreadable else refused + list(invalid(document, refused))
    if found:
        yield from found
        return
    yield from house_rules(document)
    try:
        _, api = parsed(document, settings)
    except GenerationError as error:
        yield from str(error).splitlines()
        return
    server = parse_url(api.document.base_url or "http://localhost")
    if server is None:
        yield f"$.servers[0].url: expected a server such as https://api.example.com, got {api.document.base_url!r}"
    elif server.scheme == "http" and not is_loopback(server.host):
        yield "$.servers[0].url: expected https://, as the client sends no key over http:// to another machine"


def invalid(document: dict[str, Any], refused: Sequence[str]) -> Iterator[str]:
    """Yield what openapi-spec-validator says, unless something is refused at its place that may be the cause."""
    drop_extensions(document)  # in place: the validator stumbles at some
    where = dict(places(document))
    validator: Any = get_validator_cls(document)(document)
    checks = validator.keyword_validators_registry
    base: Any = checks["schema"].__class__

    def check(self: Any, schema: SchemaPath, *args: Any, **options: Any) -> Iterator[Any]:
        """Add the place of a schema to the errors in it, which have paths within the schema alone."""
        for error in base.__call__(self, schema, *args, **options):
            if not hasattr(error, "is_placed"):
                error.is_placed = True
                error.path.extendleft(reversed(where.get(id(schema.read_value()), ())))
            yield error

    checks["schema"] = type("Schemas", (base,), {"__call__": check})(checks)
    has_line = bool(refused)
    try:
        for error in validator.iter_errors():
            error = deepest(error)
            place = error.json_path
            message = UNEXPECTED.sub(r"\1\2 is not a field here; check its spelling", error.message[:200])
            inside = (f"{place}.", f"{place}[", *([] if "is not of type" in message else [f"{place}:"]))
            if not any(line.startswith(inside) for line in refused):
                has_line = True
                yield f"{place}: {message}"
    except Exception as error:  # raised by an invalid node, mostly after it was reported
        if not has_line:
            yield f"$: openapi-spec-validator stopped at an error of its own: {error!r:.100}"


def deepest(error: Any) -> Any:
    """Return the error deepest in the document if no alternative fits: it is likely that of the intended one."""
    alternatives = (cause for cause in error.context or () if "'$ref'" not in cause.message)
    causes = [deepest(cause) for cause in alternatives if cause.validator != "enum"]  # which tells them apart
    return max([*causes, error], key=lambda cause: len(cause.absolute_path))


def places(node: Any, *steps: str | int) -> Iterator[tuple[int, Sequence[str | int]]]:
    """Yield the ids of the objects in a document, each with the steps to it."""
    for index, child in enumerate(sequence(node)):
        yield from places(child, *steps, index)
    for name, child in mapping(node).items():
        yield from places(child, *steps, name)
    yield id(node), steps


def house_rules(document: dict[str, Any]) -> Iterator[str]:
    """Yield violations of this repository's own rules."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(version := document["info"]["version"])):
        yield f"$.info.version: expected a version such as 1.2.3, got {version!r}"
    declared = [tag["name"] for tag in document.get("tags", [])]
    for path, method, _, operation in operations(document):
        place, tags = f"{method.upper()} {path}", operation.get("tags")
        if not operation.get("operationId"):
            yield f"{place}: expected an operationId, which names the method"
        if not tags:
            yield f"{place}: expected a tag, which names the attribute of the client"
        elif tags[0] not in declared:
            yield f"{place}: $.tags does not describe {tags[0]!r}{did_you_mean(tags[0], declared)}"
    steps_to = dict(places(document))
    for node in walk(document):
        place = below("$", *steps_to[id(node)])
        if "nullable" in node and not str(document["openapi"]).startswith("3.0."):
            yield f'{place}.nullable: it is of OpenAPI 3.0; use a list of types with "null", or oneOf'
        if node.get("type") == "string" and any(isinstance(value, int) for value in sequence(node.get("enum"))):
            yield f"{place}.enum: the values are numbers, the type is string; quote them"
        parts = {below(place, "properties", name): part for name, part in mapping(node.get("properties")).items()}
        if {"in", "schema"} <= node.keys():
            parts[place] = node  # a parameter
        for where, part in parts.items():
            if not (part.get("description") or resolved(document, part).get("description")):
                yield f"{where}: expected a description, which becomes a docstring"


def main() -> None:
    """Run the command line."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "openapi.yaml"
    try:
        found = list(problems(file.name, load(file)))
    except GenerationError as error:
        found = [str(error).removeprefix(f"{file}: ")]
    if found:
        raise SystemExit("\n".join([f"{file.name} is not valid; fix this and run it again:", *found]))
    print(f"{file.name} is valid.")


if __name__ == "__main__":
    main()
