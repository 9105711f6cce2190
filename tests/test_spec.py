"""What `make spec` promises: a mistake in the contract is named, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes import python
from tools import ROOT

CONTRACT = (ROOT / "tests" / "specs" / "credits.yaml").read_text("utf-8")

MISTAKES = {
    "yaml": ("tags: [credits]", "tags: [credits", 'credits.yaml", line '),
    "no document": (CONTRACT, "- a list", "expected an OpenAPI document"),
    "no version": ("openapi: 3.1.0", "openapi: four", "$.openapi: expected a version of OpenAPI"),
    "a name": ("tags: [credits]", "tags: [credits]\n      requestbody: {}", ".get: Unevaluated properties are not"),
    "a reference": ("schemas/TCreditType", "schemas/TType", ".type: there is no #/components/schemas/TType"),
    "no operationId": ("operationId: list_credits", "description: Some.", "GET /v1/credits: expected an operationId"),
    "no tag": ("tags: [credits]", "tags: []", "GET /v1/credits: expected a tag"),
    "no paths": (CONTRACT[CONTRACT.index("paths:") :], "paths:\n", "$, paths: nothing stands here"),
    "an empty path": ("  /v1/credits:\n", "  /v1/users:\n  /v1/credits:\n", "$.paths, /v1/users: nothing stands here"),
    "an empty operation": ("    get:\n", "    post:\n    get:\n", "['/v1/credits'], post: nothing stands here"),
    "a name that is none": ("required: [name]", "required: [[name]]", ".required[0]: ['name'] is not of type 'string'"),
    "a version": ("version: 0.1.0", "version: one", "$.info.version: expected a version such as 1.2.3, got 'one'"),
    "a limit": (
        "paths:",
        "x-rate-limit: { requests: many, seconds: 1 }\npaths:",
        "$['x-rate-limit']: expected requests, a",
    ),
    "half a limit": (
        "paths:",
        "x-rate-limit: { requests: 5 }\npaths:",
        "$['x-rate-limit']: expected requests, a whole",
    ),
    "a scheme": ("- apiKey: []", "- apiKeys: []", "$.security: there is no security scheme 'apiKeys'"),
    "a server": ("https://api.", "https://{region}.", "$.servers[0].url: region is none of its variables"),
    "plain http": ("https://api.", "http://api.", "$.servers[0].url: expected https://, as the client sends no key"),
    "a required name": ("required: [name]", "required: [kode]", ".TCreditType.required: 'kode' is none"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(mistake: str, tmp_path: Path) -> None:
    right, wrong, said = MISTAKES[mistake]
    assert right in CONTRACT
    (tmp_path / "credits.yaml").write_text(CONTRACT.replace(right, wrong, 1), "utf-8")
    run = python("-m", "tools.spec", str(tmp_path / "credits.yaml"), folder=ROOT)
    assert run.returncode == 1
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_a_contract_that_is_not_there_is_told(tmp_path: Path) -> None:
    run = python("-m", "tools.spec", str(tmp_path / "openapi.yaml"), folder=ROOT)
    assert (run.returncode, run.stderr.splitlines()[-1]) == (1, "it cannot be read: No such file or directory")


@pytest.mark.parametrize("name", ["openapi.yaml", "tests/specs/credits.yaml"])
def test_a_contract_without_mistakes_is_valid(name: str) -> None:
    assert python("-m", "tools.spec", name, folder=ROOT).stdout.endswith(" is valid.\n")
