"""`make spec`: names a mistake in the API description, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.processes import python
from tools import ROOT, spec

DESCRIPTION = (ROOT / "tests" / "specs" / "credits.yaml").read_text("utf-8")

MISTAKES = {
    # Of OpenAPI, as openapi-spec-validator finds them
    "no version": ("openapi: 3.1.0", "openapi: four", "$.openapi: expected a version such as"),
    "a version without quotes": ("openapi: 3.1.0", "openapi: 3.1", "$.openapi: expected"),
    "a name": ("tags: [credits]", "tags: [credits]\n      requestbody: {}", ".get: 'requestbody' is not a field here"),
    "a name that is none": ("required: [name]", "required: [[name]]", ".required[0]: ['name'] is not of type 'string'"),
    "no alternatives": (
        "required: [name]",
        "oneOf: []",
        "$.components.schemas.TCreditType.oneOf: [] should be non-empty",
    ),
    # At which openapi-spec-validator stops with an error of its own
    "a type": ("    TCreditType:", "    X: { type: strng, default: x }\n    TCreditType:", "there is no type 'strng'"),
    "a text for a number": (
        "    TCreditType:",
        "    X: { type: integer, minimum: '1', default: 3 }\n    TCreditType:",
        "$.components.schemas.X.minimum: '1' is not of type 'number'",
    ),
    "a list of responses": (
        'responses:\n        "200":',
        'responses:\n      - "200":',
        "$.paths['/v1/credits'].get.responses: [{'200': {",
    ),
    "a list of paths": ("\n  /v1/credits:", "\n- /v1/credits:", "$.paths: [{'/v1/credits': {"),
    "a list of media types": (
        "content: {",
        "content: [application/json]\n          x-content: {",
        ".get.responses['200'].content: ['application/json'] is not of type 'object'",
    ),
    "a pattern": (
        "    TCreditType:",
        "    X: { type: string, pattern: 'a{99999999999999}', default: a }\n    TCreditType:",
        "$: openapi-spec-validator stopped at an error of its own: OverflowError(",
    ),
    # Of what the client supports; tests/generator/test_refusals.py has them all
    "a number for a status": ('"200":', "2.5:", ".get.responses: expected text, as in '2.5', got 2.5"),
    "a brace": ("/v1/credits:", "/v1/{:", "$.paths['/v1/{']: a brace has no partner"),
    "a reference to itself": (
        "type: { $ref:",
        "type: { allOf: [{ $ref: '#/components/schemas/TCredit/properties/type' }], x-ref:",
        "$.components.schemas.TCredit.properties.type: it refers to itself",
    ),
    "a reference": ("schemas/TCreditType", "schemas/TType", ".type: there is no /components/schemas/TType"),
    # Of this repository's own rules
    "a version": ("version: 0.1.0", "version: one", "$.info.version: expected a version such as 1.2.3, got 'one'"),
    "a version that is not final": ("version: 0.1.0", "version: 1.2.3-rc", "a version such as 1.2.3, got '1.2.3-rc'"),
    "plain http": ("https://api.", "http://api.", "$.servers[0].url: expected https://, as the client sends no key"),
    "plain http to localhost.example": (
        "https://api.credits.example",
        "http://localhost.example",
        "$.servers[0].url: expected https://, as the client sends no key",
    ),
    "plain http in a variable": (
        "url: https://api.credits.example",
        'url: "{scheme}://api.credits.example"\n    variables: { scheme: { default: http } }',
        "$.servers[0].url: expected https://, as the client sends no key",
    ),
    "a port": (
        "https://api.credits.example",
        "https://api.credits.example:99999",
        "$.servers[0].url: expected a server such as https://api.example.com, got 'https://api.credits.example:99999'",
    ),
    "no operationId": ("operationId: list_credits", "description: Some.", "GET /v1/credits: expected an operationId"),
    "nothing in an operation": ("\n  /v1/credits:", "\n  /b: { get: {} }\n  /v1/credits:", "GET /b: expected a tag"),
    "no tag": ("tags: [credits]", "tags: []", "GET /v1/credits: expected a tag"),
    "another tag": ("tags: [credits]", "tags: [credit]", "$.tags does not describe 'credit'; did you mean 'credits'?"),
    "a property without a description": (
        ", description: Identifies the credit.",
        "",
        "$.components.schemas.TCredit.properties.id: expected a description, which becomes a docstring",
    ),
    "a parameter without a description": (
        "      responses:",
        "      parameters: [{ name: page, in: query, schema: { type: integer } }]\n      responses:",
        "$.paths['/v1/credits'].get.parameters[0]: expected a description, which becomes a docstring",
    ),
    "a reference to what has no description": (
        "      description: A type of credit.\n",
        "",
        "$.components.schemas.TCredit.properties.type: expected a description, which becomes a docstring",
    ),
    "numbers for strings": (
        "    TCreditType:",
        "    Size: { type: string, enum: [256, 512] }\n    TCreditType:",
        "$.components.schemas.Size.enum: the values are numbers, the type is string; quote them",
    ),
    "a keyword of OpenAPI 3.0": (
        "{ type: string, description: Identifies",
        "{ type: string, nullable: true, description: Identifies",
        '$.components.schemas.TCredit.properties.id.nullable: it is of OpenAPI 3.0; use a list of types with "null"',
    ),
    # Found by generating
    "a scheme that is not supported": ("scheme: bearer", "scheme: digest", "is not supported; supported are apiKey"),
    "names that become alike": (
        "    TCreditType:",
        "    CreditsRESPONSE: { type: object }\n    TCreditType:",
        "are both the module credits_response in Python; give one another title",
    ),
}


def problems(text: str) -> list[str]:
    return list(spec.problems("credits.yaml", YAML(typ="safe").load(text)))  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(mistake: str) -> None:
    """A mistake is described in one line, which has its place."""
    right, wrong, expected = MISTAKES[mistake]
    assert right in DESCRIPTION
    found = problems(DESCRIPTION.replace(right, wrong, 1))
    assert [line for line in found if expected in line and "\n" not in line], found
    assert not [line for line in found if line.startswith("credits.yaml")]
    assert len(found) == 1 or not [line for line in found if "stopped at an error of its own" in line], found


def test_field_of_another_version_is_named() -> None:
    """OpenAPI 3.0 describes a schema as one of two alternatives; the error of the one that was meant is told."""
    schemas = {"X": {"type": "object", "properties": {"a": {"const": "a"}}}}
    info = {"title": "a", "version": "0.1.0"}
    document = {"openapi": "3.0.3", "info": info, "paths": {}}
    assert list(spec.problems("openapi.yaml", {**document, "components": {"schemas": schemas}})) == [
        "$.components.schemas.X.properties.a: 'const' is not a field here; check its spelling"
    ]
    assert list(spec.problems("openapi.yaml", {**document, "info": {**info, "licence": {}, "mail": {}}})) == [
        "$.info: 'licence', 'mail' is not a field here; check its spelling"
    ]


def test_a_description_without_mistakes_is_valid() -> None:
    """The description of the tests has no mistakes, and that of this repository is found."""
    assert problems(DESCRIPTION) == []
    assert problems(DESCRIPTION.replace("tags: [credits]", "tags: [credits, a second one names no attribute]")) == []
    assert problems(DESCRIPTION.replace("paths:", "paths:\n  x-note: An extension is no path.", 1)) == []
    older = DESCRIPTION.replace("{ type: string, description: Ide", "{ type: string, nullable: true, description: Ide")
    older = older.replace("openapi: 3.1.0", "openapi: 3.0.3").replace(", identifier: MIT", "")
    assert problems(older) == []
    local = 'url: "http://{host}:80"\n    variables: { host: { default: localhost } }'
    assert problems(DESCRIPTION.replace("url: https://api.credits.example", local, 1)) == []
    assert python("-m", "tools.spec").stdout == "openapi.yaml is valid.\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("openapi: 3.1.0\n", "$.paths: there are no paths; describe at least one"),
        ("tags: [credits\n", "Invalid YAML: line "),
        ("- a list\n", "it is not an OpenAPI document: expected a mapping"),
        ("example: 2026-02-30\n", "Invalid YAML: day is out of range for month; quote a text"),
        ("paths: &paths { /a: *paths }\n", "it is nested too deeply; if an alias"),
        (None, "No such file or directory"),
    ],
    ids=["mistake", "no YAML", "no document", "no date", "an alias", "no file"],
)
def test_the_command_names_file_and_mistake(
    text: str | None, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command ends with a message that names the file and the mistake in it."""
    file = tmp_path / "credits.yaml"
    if text:
        file.write_text(text, "utf-8")
    monkeypatch.setattr("sys.argv", ["spec", str(file)])
    with pytest.raises(SystemExit) as ended:
        spec.main()
    first, second = str(ended.value).splitlines()
    assert first == "credits.yaml is not valid; fix this and run it again:"
    assert second.startswith(line)
