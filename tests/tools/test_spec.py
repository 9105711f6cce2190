"""`make spec`: names a mistake in the API description, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import python
from tools import ROOT
from tools.spec import problems

DESCRIPTION = (ROOT / "tests" / "specs" / "credits.yaml").read_text("utf-8")

MISTAKES = {
    "yaml": ("tags: [credits]", "tags: [credits", "line 22, column 18: expected ',' or ']', but got ':'"),
    "no document": (DESCRIPTION, "- a list", "expected an OpenAPI document"),
    "no version": ("openapi: 3.1.0", "openapi: four", "$.openapi: expected"),
    "a version without quotes": ("openapi: 3.1.0", "openapi: 3.1", "$.openapi: expected"),
    "a name": ("tags: [credits]", "tags: [credits]\n      requestbody: {}", ".get: 'requestbody' is no field here"),
    "a reference": ("schemas/TCreditType", "schemas/TType", ".type: there is no /components/schemas/TType"),
    "no operationId": ("operationId: list_credits", "description: Some.", "GET /v1/credits: expected an operationId"),
    "no tag": ("tags: [credits]", "tags: []", "GET /v1/credits: expected a tag"),
    "another tag": ("tags: [credits]", "tags: [credit]", "$.tags does not describe 'credit'; did you mean 'credits'?"),
    "no paths": (DESCRIPTION[DESCRIPTION.index("paths:") :], "paths:\n", "$.paths: there is no value"),
    "an empty path": (
        "  /v1/credits:\n",
        "  /v1/users:\n  /v1/credits:\n",
        "$.paths['/v1/users']: there is no value",
    ),
    "an empty operation": ("    get:\n", "    post:\n    get:\n", "['/v1/credits'].post: there is no value"),
    "an unquoted status": ('"200":', "200:", ".get.responses: expected text, as in '200', got 200"),
    "a name that is none": ("required: [name]", "required: [[name]]", ".required[0]: ['name'] is not of type 'string'"),
    "a version": ("version: 0.1.0", "version: one", "$.info.version: expected a version such as 1.2.3, got 'one'"),
    "a limit": (
        "paths:",
        "x-rate-limit: { requests: many, seconds: 1 }\npaths:",
        "$['x-rate-limit']: expected numbers above 0 as `requests` and `seconds`",
    ),
    "half a limit": (
        "paths:",
        "x-rate-limit: { requests: 5 }\npaths:",
        "$['x-rate-limit']: expected numbers above 0 as `requests` and `seconds`",
    ),
    "a scheme": ("- apiKey: []", "- apiKeys: []", "$.security: there is no security scheme 'apiKeys'"),
    "a server": (
        "https://api.",
        "https://{region}.",
        "$.servers[0].url: {region} has no default; give it one as variables",
    ),
    "plain http": ("https://api.", "http://api.", "$.servers[0].url: expected https://, as the client sends no key"),
    "a default": (
        "type: integer",
        "type: integer\n          default: many",
        ".remaining_amount.default: expected integer, got the string 'many'",
    ),
    "a keyword": ("required: [name]", "minPropertys: 1", ".minPropertys: there is no such keyword; did you mean"),
    "a text cut at a comma": (
        "tags: [credits]",
        "externalDocs: { url: 'https://a.example', description: Some, but not all }",
        ".externalDocs['but not all']: there is no value; quote a text that has a comma in it",
    ),
    "an operationId twice": (
        "paths:",
        "paths:\n  /v0: { get: { tags: [a], operationId: list_credits, responses: { '200': { description: '' } } } }",
        "$.paths['/v1/credits'].get.operationId: 'list_credits' is that of $.paths['/v0'].get too; give each its own",
    ),
    "names that become alike": (
        "    TCreditType:",
        "    CreditsRESPONSE: { type: object }\n    TCreditType:",
        "are both the module credits_response in Python; give one another title",
    ),
    "a scheme that is not supported": ("scheme: bearer", "scheme: digest", "is not supported; supported are apiKey"),
    "no alternatives": (
        "required: [name]",
        "oneOf: []",
        "$.components.schemas.TCreditType.oneOf: [] should be non-empty",
    ),
    "a brace": ("/v1/credits:", "/v1/{:", "$.paths['/v1/{']: a brace has no partner"),
    "a reference to itself": (
        "type: { $ref:",
        "type: { allOf: [{ $ref: '#/components/schemas/TCredit/properties/type' }], x-ref:",
        "$.components.schemas.TCredit.properties.type: it refers to itself",
    ),
    "a required name": ("required: [name]", "required: [kode]", ".TCreditType.required: there is no property 'kode'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(mistake: str, tmp_path: Path) -> None:
    """Each mistake is one line with its place, not a traceback."""
    right, wrong, expected = MISTAKES[mistake]
    assert right in DESCRIPTION
    (tmp_path / "credits.yaml").write_text(DESCRIPTION.replace(right, wrong, 1), "utf-8")
    run = python("-m", "tools.spec", str(tmp_path / "credits.yaml"), folder=ROOT)
    assert run.returncode == 1
    assert expected in run.stderr
    assert "Traceback" not in run.stderr
    assert all(line.startswith(("$", "GET ", "line ", "expected")) for line in run.stderr.splitlines()[1:])


def test_field_of_another_version_is_named() -> None:
    """OpenAPI 3.0 describes a schema as one of two alternatives; the error of the one that was meant is told."""
    schemas = {"X": {"type": "object", "properties": {"a": {"const": "a"}}}}
    document = {"openapi": "3.0.3", "info": {"title": "a", "version": "0.1.0"}, "paths": {}}
    assert list(problems("openapi.yaml", {**document, "components": {"schemas": schemas}})) == [
        "$.components.schemas.X.properties.a: 'const' is no field here; check its spelling"
    ]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that does not exist ends in one line."""
    run = python("-m", "tools.spec", str(tmp_path / "openapi.yaml"), folder=ROOT)
    assert (run.returncode, run.stderr.splitlines()[-1]) == (1, "it cannot be read: No such file or directory")


@pytest.mark.parametrize("name", ["openapi.yaml", "tests/specs/credits.yaml"])
def test_a_description_without_mistakes_is_valid(name: str) -> None:
    """The description of this repository and of the tests are valid."""
    assert python("-m", "tools.spec", name, folder=ROOT).stdout.endswith(" is valid.\n")
