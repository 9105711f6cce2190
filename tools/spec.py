"""Validates the contract and says what is wrong where: `python -m tools.spec [FILE]`.

openapi-spec-validator knows OpenAPI. Besides, it finds what the generator passes over in silence or stumbles over.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from openapi_spec_validator.shortcuts import get_validator_cls
from openapi_spec_validator.validation.exceptions import ValidatorDetectError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tools import ROOT

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def problems(document: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the contract, each with its place."""
    dangling = [
        f"{place}: there is no {node['$ref']}"
        for place, node in nodes(document, "$")
        if isinstance(node.get("$ref"), str) and not leads_somewhere(document, node["$ref"])
    ]
    empty = [
        f"{place}, {name}: nothing stands here"
        for place, node in nodes({"paths": document.get("paths", {})}, "$")
        for name, value in node.items()
        if value is None and name not in {"const", "default", "example"}
    ]
    if dangling or empty:  # over which the validator stumbles
        yield from dangling + empty
        return
    invalid = [
        f"{error.json_path}: {error.message[:200]}" for error in get_validator_cls(document)(document).iter_errors()
    ]
    if invalid:
        yield from invalid
        return
    yield from beyond_openapi(document)
    for path, item in document.get("paths", {}).items():
        for method in filter(item.get, METHODS):
            if not item[method].get("operationId"):
                yield f"{method.upper()} {path}: expected an operationId, which names the method"
            if not item[method].get("tags"):
                yield f"{method.upper()} {path}: expected a tag, which names the attribute of the client"
    for place, node in nodes(document, "$"):
        if isinstance(node.get("properties"), dict) and isinstance(node.get("required"), list) and "allOf" not in node:
            for name in node["required"]:
                if name not in node["properties"]:
                    yield f"{place}.required: {name!r} is none of the properties"


def beyond_openapi(document: dict[str, Any]) -> Iterator[str]:
    """What OpenAPI allows, and the generator or the client does not."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(version := document["info"]["version"])):
        yield f"$.info.version: expected a version such as 1.2.3, got {version!r}"
    if "x-rate-limit" in document and not is_rate_limit(document["x-rate-limit"]):
        yield (
            "$['x-rate-limit']: expected requests, a whole number above 0; seconds, a number above 0; "
            "and remaining, the name of a header, if one says how many are left"
        )
    schemes = document.get("components", {}).get("securitySchemes", {})
    for place, node in nodes(document, "$"):
        for requirement in node["security"] if isinstance(node.get("security"), list) else ():
            yield from (
                f"{place}.security: there is no security scheme {name!r}" for name in requirement.keys() - schemes
            )
    for server in document.get("servers", [])[:1]:
        if unknown := set(re.findall(r"{(.*?)}", server["url"])) - server.get("variables", {}).keys():
            yield f"$.servers[0].url: {', '.join(sorted(unknown))} is none of its variables"
        if re.match(r"http://(?!localhost\b|127\.|\[::1\])", server["url"]):
            yield "$.servers[0].url: expected https://, as the client sends no key over http:// to another machine"


def is_rate_limit(limit: Any) -> bool:
    def is_positive(value: Any, *kinds: type) -> bool:
        return type(value) in kinds and value > 0

    return (
        isinstance(limit, dict)
        and is_positive(limit.get("requests"), int)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        and is_positive(limit.get("seconds"), int, float)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        and isinstance(limit.get("remaining", ""), str)  # pyright: ignore[reportUnknownMemberType]
    )


def nodes(node: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of the contract, each with its JSON path."""
    children: dict[Any, Any] = {}
    if isinstance(node, dict):
        yield place, node
        children = node  # pyright: ignore[reportUnknownVariableType]
    elif isinstance(node, list):
        children = dict(enumerate(node))  # pyright: ignore[reportUnknownArgumentType]
    for step, child in children.items():
        if step not in {"example", "examples"}:  # in which anything may stand
            yield from nodes(child, f"{place}.{step}" if str(step).isidentifier() else f"{place}[{step!r}]")


def leads_somewhere(document: dict[str, Any], reference: str) -> bool:
    node: Any = document
    try:
        for step in reference.removeprefix("#/").split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]
    except (KeyError, TypeError):
        return False
    return True


def problems_in(file: Path) -> Iterator[str]:
    try:
        document: Any = YAML(typ="safe").load(file)  # pyright: ignore[reportUnknownMemberType]
        if isinstance(document, dict):
            yield from problems(cast("dict[str, Any]", document))
        else:
            yield "expected an OpenAPI document: an object"
    except YAMLError as error:
        yield str(error)
    except OSError as error:
        yield f"it cannot be read: {error.strerror}"
    except ValidatorDetectError:
        yield "$.openapi: expected a version of OpenAPI, such as 3.1.0"


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "openapi.yaml"
    if found := list(problems_in(file)):
        raise SystemExit("\n".join([f"{file.name} is no contract yet; fix this and run it again:", *found]))
    print(f"{file.name} is valid.")


if __name__ == "__main__":
    main()
