"""Facts of a document: servers, rate limit, security, texts of parameters and tags, and errors that name the place."""

from __future__ import annotations

from typing import Any

import pytest

from generator.document import Document, OperationFacts, RateLimit
from generator.errors import GenerationError
from generator.security import Security
from tests.generator.documents import OK, described, parsed

NOTHING: list[dict[str, Any]] = []
BY_NAME: list[dict[str, Any]] = [{"key": []}]
UNDEFINED: list[dict[str, Any]] = [{"x": []}]
KEY = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
BY_KEY = Security("header", "X-Key")


def facts(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> OperationFacts:
    """Return the facts of the only operation."""
    data, _ = parsed(document, monkeypatch)
    ((endpoint,),) = (collection.endpoints for collection in data.endpoint_collections_by_tag.values())
    return Document("openapi.yaml", document).operation(endpoint)


def error(document: dict[str, Any]) -> str:
    with pytest.raises(GenerationError) as caught:
        Document("openapi.yaml", document)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        (None, None),
        ([], None),
        ([{"url": "/relative"}], None),
        ([{"url": "https://a.example/v1"}, {"url": "https://b.example"}], "https://a.example/v1"),
        (
            [
                {
                    "url": "https://{region}.example:{port}/{region}",
                    "variables": {"region": {"default": "eu"}, "port": {"default": 443}, "unused": {}},
                }
            ],
            "https://eu.example:443/eu",
        ),
    ],
)
def test_first_server_has_its_variables_filled(servers: Any, expected: str | None) -> None:
    assert Document("openapi.yaml", described(servers=servers)).base_url == expected


@pytest.mark.parametrize(
    ("docs", "expected"), [(None, None), ({"url": "https://docs.example"}, "https://docs.example")]
)
def test_documentation_url_is_that_of_external_docs(docs: Any, expected: str | None) -> None:
    """The URL of `externalDocs`, if there is one."""
    assert Document("openapi.yaml", described(externalDocs=docs)).documentation_url == expected


@pytest.mark.parametrize("variables", [None, {}, {"other": {"default": "eu"}}, {"region": {"enum": ["eu"]}}])
def test_server_variable_without_default_is_named(variables: Any) -> None:
    assert error(described(servers=[{"url": "https://{region}.example", "variables": variables}])) == (
        "openapi.yaml: $.servers[0].url: {region} has no default; give it one as variables.region.default"
    )


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, None),
        ({"requests": 20, "seconds": 1, "remaining": "X-Left"}, RateLimit(20, 1, "X-Left")),
        ({"requests": 1, "seconds": 0.5}, RateLimit(1, 0.5)),
    ],
)
def test_rate_limit_is_read(limit: Any, expected: RateLimit | None) -> None:
    assert Document("openapi.yaml", described(x_rate_limit=limit)).rate_limit == expected


@pytest.mark.parametrize(
    "limit",
    [
        *("20/s", 20, [20, 1], {}, {"requests": 20}, {"requests": "20", "seconds": 1}, {"requests": 0, "seconds": 1}),
        *({"requests": 20, "seconds": -1}, {"requests": 2.5, "seconds": 1}, {"requests": 1, "seconds": 1, "limit": 2}),
        {"requests": 20, "seconds": 1, "remaining": 3},
    ],
)
def test_rate_limit_of_another_shape_is_shown(limit: Any) -> None:
    said = error(described(x_rate_limit=limit))
    assert said.startswith("openapi.yaml: $['x-rate-limit']: expected numbers above 0 as `requests` and `seconds`")
    assert said.endswith(f"got {limit!r}")


@pytest.mark.parametrize(
    ("operation", "whole", "expected"),
    [
        (None, None, None),
        (None, BY_NAME, BY_KEY),
        (BY_NAME, None, BY_KEY),
        (NOTHING, BY_NAME, None),
    ],
    ids=["nowhere", "in-the-document", "in-the-operation", "the-operation-wins"],
)
def test_security_of_operation_overrides_document(
    operation: Any, whole: Any, expected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = OK if operation is None else {**OK, "security": operation}
    document = described({"/a": {"get": get}}, components={"securitySchemes": KEY})
    document |= {} if whole is None else {"security": whole}
    assert facts(document, monkeypatch).security == expected


def test_security_scheme_may_be_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    schemes = {**KEY, "alias/~": {"$ref": "#/components/securitySchemes/key"}, "twice": {"$ref": "#/x-far/a~1b/~0"}}
    far = {"a/b": {"~": {"$ref": "#/components/securitySchemes/alias~1~0"}}}
    document = described(
        {"/a": {"get": {**OK, "security": [{"twice": []}]}}}, components={"securitySchemes": schemes}, x_far=far
    )
    assert facts(document, monkeypatch).security == BY_KEY


@pytest.mark.parametrize("target", ["#/components/securitySchemes/no", "#/info/title/x", "other.yaml#/x", "#/loop"])
def test_reference_that_leads_nowhere_is_named(target: str) -> None:
    document = described(components={"securitySchemes": {"key": {"$ref": target}}}, loop={"$ref": "#/loop"})
    assert error(document) == (
        f"openapi.yaml: $.components.securitySchemes.key: $ref {target!r} leads nowhere; "
        "refer to a component of this document"
    )


@pytest.mark.parametrize(
    ("get", "whole", "place"),
    [(OK, UNDEFINED, "$.security"), ({**OK, "security": UNDEFINED}, BY_NAME, "$.paths['/v1/{id}'].get.security")],
    ids=["document", "operation"],
)
def test_undefined_security_scheme_has_its_place(get: Any, whole: Any, place: str) -> None:
    document = described({"/v1/{id}": {"get": get}}, security=whole, components={"securitySchemes": KEY})
    assert error(document) == (
        f"openapi.yaml: {place}: there is no security scheme 'x'; define it under components.securitySchemes"
    )


@pytest.mark.parametrize(
    ("securities", "expected"),
    [([], False), ([BY_NAME], True), ([BY_NAME, NOTHING], False), ([NOTHING, NOTHING], False)],
)
def test_key_is_required_where_every_operation_needs_it(securities: list[Any], expected: bool) -> None:
    paths = {f"/{number}": {"get": {**OK, "security": security}} for number, security in enumerate(securities)}
    assert Document("openapi.yaml", described(paths, components={"securitySchemes": KEY})).key_required is expected


def test_path_is_that_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """An Endpoint has the Python names of arguments in its path."""
    parameter = {"name": "tool-id", "in": "path", "required": True, "schema": {"type": "string"}}
    document = described({"/tools/{tool-id}": {"get": {**OK, "parameters": [parameter]}}})
    assert facts(document, monkeypatch).path == "/tools/{tool-id}"


def test_descriptions_are_found_by_location_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the operation go before those of the path; a reference is followed."""
    string = {"schema": {"type": "string"}}
    document = described(
        {
            "/a": {
                "parameters": [
                    {"name": "x", "in": "query", "description": "of the path", **string},
                    {"name": "y", "in": "query", "description": "of the path", **string},
                    {"$ref": "#/components/parameters/Z"},
                ],
                "get": {
                    **OK,
                    "parameters": [
                        {"name": "x", "in": "query", "description": "of the operation", **string},
                        {"name": "y", "in": "header", "description": "of the header", **string},
                        {"name": "plain", "in": "query", **string},
                    ],
                },
            }
        },
        components={"parameters": {"Z": {"name": "z", "in": "cookie", "description": "of Z", **string}}},
    )
    assert facts(document, monkeypatch).descriptions == {
        ("query", "x"): "of the operation",
        ("query", "y"): "of the path",
        ("header", "y"): "of the header",
        ("cookie", "z"): "of Z",
    }


def test_parameter_of_operation_replaces_that_of_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its array is repeated, not joined as the other would be."""
    array = {"name": "x", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    document = described({"/a": {"parameters": [{**array, "explode": False}], "get": {**OK, "parameters": [array]}}})
    assert facts(document, monkeypatch).delimiters == {}


def test_tags_are_found_by_their_python_names() -> None:
    tags = [{"name": "Some Things", "description": "Of things."}, {"name": "bare"}]
    document = Document("openapi.yaml", described(tags=tags))
    assert document.tag_description("some_things") == "Of things."
    assert document.tag_description("bare") == "Operations of the tag `bare`."
    assert document.tag_description("default") == "Operations of the tag `default`."
