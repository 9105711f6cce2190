"""Validate the API description and report each error with its place: `python -m tools.spec [FILE]`.

openapi-spec-validator checks that the document is valid OpenAPI. This module checks what OpenAPI allows, but the
generator would ignore or fail on.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator.shortcuts import get_validator_cls
from openapi_spec_validator.validation.exceptions import ValidatorDetectError
from referencing.exceptions import Unresolvable
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tools import ROOT

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
RATE_LIMIT = {
    "type": "object",
    "required": ["requests", "seconds"],
    "properties": {
        "requests": {"type": "integer", "minimum": 1},
        "seconds": {"type": "number", "exclusiveMinimum": 0},
        "remaining": {"type": "string"},  # the name of a header
    },
}


def problems(document: Any) -> Iterator[str]:
    """Yield the errors of the API description, each with its place."""
    invalid: list[str] = []
    for place, node in objects(document, "$"):  # the validator cannot handle either
        for name, value in node.items():
            if not isinstance(name, str):
                invalid.append(f"{place}: expected text, as in '{name}', got {name}")
            elif value is None and name not in {"const", "default", "example"}:
                invalid.append(f"{place}.{name}: there is no value")
    try:
        if not invalid:
            for error in get_validator_cls(document)(document).iter_errors():
                invalid.append(f"{error.json_path}: {error.message[:200]}")
    except ValidatorDetectError:
        invalid.append("$.openapi: expected an OpenAPI document with a version such as 3.1.0")
    except Unresolvable as error:
        users = [place for place, node in objects(document, "$") if str(node.get("$ref", "")).endswith(error.ref)]
        invalid.extend(f"{place}: there is no {error.ref}" for place in users)
    except LookupError:  # raised after an invalid node was reported
        if not invalid:
            raise
    yield from invalid or unsupported(document)


def unsupported(document: dict[str, Any]) -> Iterator[str]:
    """Yield what OpenAPI allows, but the generator or the client does not support."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(version := document["info"]["version"])):
        yield f"$.info.version: expected a version such as 1.2.3, got {version!r}"
    if "x-rate-limit" in document:
        for error in OAS31Validator(RATE_LIMIT).iter_errors(document["x-rate-limit"]):
            yield f"$['x-rate-limit']{error.json_path[1:]}: {error.message}"
    for server in document.get("servers", [])[:1]:
        if unknown := set(re.findall(r"{(.*?)}", server["url"])) - server.get("variables", {}).keys():
            yield f"$.servers[0].url: there is no variable {', '.join(sorted(unknown))}"
        if re.match(r"http://(?!localhost\b|127\.|\[::1\])", server["url"]):
            yield "$.servers[0].url: expected https://, as the client sends no key over http:// to another machine"
    for path, item in document.get("paths", {}).items():
        for method in filter(item.get, METHODS):
            if not item[method].get("operationId"):
                yield f"{method.upper()} {path}: expected an operationId, which names the method"
            if not item[method].get("tags"):
                yield f"{method.upper()} {path}: expected a tag, which names the attribute of the client"
    schemes = document.get("components", {}).get("securitySchemes", {})
    for place, node in objects(document, "$"):
        for requirement in node["security"] if isinstance(node.get("security"), list) else ():
            for name in requirement.keys() - schemes:
                yield f"{place}.security: there is no security scheme {name!r}"
        if isinstance(node.get("properties"), dict) and isinstance(node.get("required"), list) and "allOf" not in node:
            for name in node["required"]:
                if name not in node["properties"]:
                    yield f"{place}.required: there is no property {name!r}"


def objects(node: Any, place: str) -> Iterator[tuple[str, dict[Any, Any]]]:
    """Yield the objects of the document, each with its JSON path."""
    children: dict[Any, Any] = {}
    if isinstance(node, dict):
        yield place, node
        children = node  # pyright: ignore[reportUnknownVariableType]
    elif isinstance(node, list):
        children = dict(enumerate(node))  # pyright: ignore[reportUnknownArgumentType]
    for step, child in children.items():
        if step not in {"example", "examples"}:  # which may contain anything
            yield from objects(child, f"{place}.{step}" if str(step).isidentifier() else f"{place}[{step!r}]")


def main() -> None:
    """Run the command line."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "openapi.yaml"
    try:
        found = list(problems(YAML(typ="safe").load(file)))  # pyright: ignore[reportUnknownMemberType]
    except YAMLError as error:
        found = [str(error)]
    except OSError as error:
        found = [f"it cannot be read: {error.strerror}"]
    if found:
        raise SystemExit("\n".join([f"{file.name} is not valid; fix this and run it again:", *found]))
    print(f"{file.name} is valid.")


if __name__ == "__main__":
    main()
