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
OPTIONAL: list[dict[str, Any]] = [{}, {"key": []}]
BY_KEY = Security("header", "X-Key")


def facts(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> OperationFacts:
    """Return the facts of the only operation."""
    data, _ = parsed(document, monkeypatch)
    ((endpoint,),) = (collection.endpoints for collection in data.endpoint_collections_by_tag.values())
    return Document(document).operation(endpoint)


def error(document: dict[str, Any]) -> str:
    with pytest.raises(GenerationError) as caught:
        Document(document)
    assert "\n" not in str(caught.value)
    return str(caught.value)


REGIONS = {
    "url": "https://{region}.example:{port}/{region}",
    "variables": {"region": {"default": "eu"}, "port": {"default": 443}, "unused": {}},
}


def test_first_server_has_its_variables_filled() -> None:
    """A relative one is none."""
    https = [{"url": "https://a.example/v1"}, {"url": "https://b.example"}]
    empty = {"url": "https://a.example{version}", "variables": {"version": {"default": ""}}}
    servers: list[Any] = [None, [], [{"url": "/relative"}], https, [REGIONS], [empty]]
    assert [Document(described(servers=each)).base_url for each in servers] == [
        *(None, None, None, "https://a.example/v1", "https://eu.example:443/eu", "https://a.example")
    ]


def test_documentation_is_that_of_external_docs() -> None:
    """Their URL, if there is one."""
    assert Document(described()).documentation_url is None
    document = Document(described(externalDocs={"url": "https://docs.example"}))
    assert document.documentation_url == "https://docs.example"


def test_server_variable_needs_a_default() -> None:
    """One that is not described, and one without it."""
    for variables in None, {"other": {"default": "eu"}}, {"region": {"enum": ["eu"]}}:
        assert error(described(servers=[{"url": "https://{region}.example", "variables": variables}])) == (
            "$.servers[0].url: {region} has no default; give it one as variables.region.default"
        )


def test_rate_limit_of_document_is_read() -> None:
    """A header with the number left may be named."""
    limits = [None, {"requests": 20, "seconds": 1, "remaining": "X-Left"}, {"requests": 1, "seconds": 0.5}]
    read = [Document(described(x_rate_limit=limit)).rate_limit for limit in limits]
    assert read == [None, RateLimit(20, 1, "X-Left"), RateLimit(1, 0.5)]


NO_RATE_LIMITS: list[Any] = [
    *("20/s", [20, 1], {"requests": 20}, {"requests": "20", "seconds": 1}, {"requests": 0, "seconds": 1}),
    *({"requests": 20, "seconds": 0}, {"requests": 2.5, "seconds": 1}, {"requests": 1, "seconds": 1, "limit": 2}),
    *(
        {"requests": 20, "seconds": 1, "remaining": 3},
        {"requests": True, "seconds": 1},
        {"requests": 1, "seconds": True},
    ),
]


def test_rate_limit_of_another_shape_is_shown() -> None:
    """After the shape that is expected."""
    assert [error(described(x_rate_limit=limit)) for limit in NO_RATE_LIMITS] == [
        "$['x-rate-limit']: expected numbers above 0 as `requests` and `seconds`, and the name of a "
        f"header as `remaining` or nothing, got {limit!r}"
        for limit in NO_RATE_LIMITS
    ]


def test_security_of_operation_overrides_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an operation has its own, even if that is none."""

    def security(operation: dict[str, Any], **document: Any) -> Security | None:
        get = {**OK, **operation}
        described_one = described({"/a": {"get": get}}, components={"securitySchemes": KEY}, **document)
        return facts(described_one, monkeypatch).security

    assert security({}) is None
    assert security({}, security=BY_NAME) == BY_KEY
    assert security({"security": BY_NAME}) == BY_KEY
    assert security({"security": NOTHING}, security=BY_NAME) is None


def test_security_scheme_may_be_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """To another reference, with characters that are escaped there."""
    schemes = {**KEY, "alias/~": {"$ref": "#/components/securitySchemes/key"}, "twice": {"$ref": "#/x-far/a~1b/~0"}}
    far = {"a/b": {"~": {"$ref": "#/components/securitySchemes/alias~1~0"}}}
    document = described(
        {"/a": {"get": {**OK, "security": [{"twice": []}]}}}, components={"securitySchemes": schemes}, x_far=far
    )
    assert facts(document, monkeypatch).security == BY_KEY


def test_undefined_security_scheme_has_its_place() -> None:
    """That of the document, or that of the operation."""
    for get, whole, place in (
        (OK, UNDEFINED, "$.security"),
        ({**OK, "security": UNDEFINED}, BY_NAME, "$.paths['/v1/{id}'].get.security"),
    ):
        document = described({"/v1/{id}": {"get": get}}, security=whole, components={"securitySchemes": KEY})
        assert error(document) == (
            f"{place}: there is no security scheme 'x'; define it under components.securitySchemes"
        )


def test_key_is_required_if_all_calls_need_it() -> None:
    """And if there are any; a key that is optional is needed by none."""

    def key_required(*securities: list[dict[str, Any]]) -> bool:
        paths = {f"/{number}": {"get": {**OK, "security": security}} for number, security in enumerate(securities)}
        return Document(described(paths, components={"securitySchemes": KEY})).key_required

    found = [key_required(), key_required(BY_NAME), key_required(BY_NAME, NOTHING), key_required(NOTHING, NOTHING)]
    assert found == [False, True, False, False]
    assert not key_required(OPTIONAL)


def test_bearer_key_is_one_of_all_that_need_one() -> None:
    """Where another call sends the key in a header of its own, it may be of several words."""
    schemes = {**KEY, "bearer": {"type": "http", "scheme": "bearer"}}

    def bearer_key(*securities: list[dict[str, Any]]) -> bool:
        paths = {f"/{number}": {"get": {**OK, "security": security}} for number, security in enumerate(securities)}
        return Document(described(paths, components={"securitySchemes": schemes})).bearer_key

    bearer: list[dict[str, Any]] = [{"bearer": []}]
    found = [bearer_key(), bearer_key(bearer), bearer_key(bearer, NOTHING), bearer_key(bearer, BY_NAME)]
    assert found == [False, True, True, False]


def test_path_is_that_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """An Endpoint has the Python names of arguments in its path."""
    parameter = {"name": "tool-id", "in": "path", "required": True, "schema": {"type": "string"}}
    document = described({"/tools/{tool-id}": {"get": {**OK, "parameters": [parameter]}}})
    assert facts(document, monkeypatch).path == "/tools/{tool-id}"


def test_description_is_found_by_place_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the operation go before those of the path; a reference is followed, that of a schema as well."""
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
                        {"name": "n", "in": "query", "description": "N.", "schema": {"$ref": "#/components/schemas/N"}},
                    ],
                },
            }
        },
        components={
            "parameters": {"Z": {"name": "z", "in": "cookie", "description": "of Z", **string}},
            "schemas": {"N": {"type": "integer", "minimum": 1}},
        },
    )
    assert facts(document, monkeypatch).descriptions == {
        ("query", "x"): "of the operation",
        ("query", "y"): "of the path",
        ("header", "y"): "of the header",
        ("cookie", "z"): "of Z",
        ("query", "n"): "N. At least 1.",
    }


def test_operation_replaces_parameter_of_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its array is repeated, not joined as the other would be."""
    array = {"name": "x", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    document = described({"/a": {"parameters": [{**array, "explode": False}], "get": {**OK, "parameters": [array]}}})
    assert facts(document, monkeypatch).delimiters == {}


def test_delimiter_is_that_of_style_and_explode(monkeypatch: pytest.MonkeyPatch) -> None:
    """An array of the style `form` is repeated unless told otherwise, one of another style is not."""
    array = {"in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    parameters = [
        {"name": "repeated", **array},
        {"name": "commas", "explode": False, **array},
        {"name": "spaces", "style": "spaceDelimited", **array},
        {"name": "pipes", "style": "pipeDelimited", "explode": False, **array},
        {"name": "repeated too", "style": "pipeDelimited", "explode": True, **array},
        {**array, "name": "X-Header", "in": "header", "explode": False},
    ]
    delimiters = facts(described({"/a": {"get": {**OK, "parameters": parameters}}}), monkeypatch).delimiters
    assert delimiters == {"commas": ",", "spaces": " ", "pipes": "|"}


def test_tags_are_found_by_their_python_names() -> None:
    """One without a description gets a sentence."""
    tags = [{"name": "Some Things", "description": "Of things."}, {"name": "bare"}]
    document = Document(described(tags=tags))
    assert document.tag_description("some_things") == "Of things."
    assert document.tag_description("bare") == "Operations of the tag `bare`."
    assert document.tag_description("default") == "Operations of the tag `default`."
