"""Operations as templates see them: signatures, results, docstrings, names."""

from __future__ import annotations

from typing import Any

import pytest

from generator.operations import API, Operation
from tests.generator.documents import OK, api, described

STRING = {"type": "string"}
FILE = {"type": "string", "format": "binary"}


def operation(get: dict[str, Any], monkeypatch: pytest.MonkeyPatch, path: str = "/a") -> Operation:
    """Return the only operation of a document."""
    (tag,) = api(described({path: {"post": {**OK, **get}}}), monkeypatch).tags
    return tag.methods[0].operation


def of_tag(tag: str, monkeypatch: pytest.MonkeyPatch, **operations: dict[str, Any]) -> API:
    """Return the operations of a document with one tag, by operationId."""
    paths = {
        f"/{name}": {"get": {**OK, "tags": [tag], "operationId": name, **parts}} for name, parts in operations.items()
    }
    return api(described(paths), monkeypatch)


def parameter(name: str, place: str = "query", schema: Any = STRING, **parts: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **parts}


def json_body(schema: Any, *, required: bool = True) -> dict[str, Any]:
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def responses(**schemas: Any) -> dict[str, Any]:
    """Return responses of JSON by status, `_200` or `default`; None is one without content."""
    return {
        "responses": {
            status.removeprefix("_"): {"description": ""}
            | ({} if schema is None else {"content": {"application/json": {"schema": schema}}})
            for status, schema in schemas.items()
        }
    }


def test_signature_has_path_then_keywords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The body is the first of these."""
    found = operation(
        {
            "parameters": [
                parameter("q"),
                parameter("id", "path"),
                parameter("X-H", "header"),
                parameter("c", "cookie"),
            ],
            "requestBody": json_body({"type": "array", "items": STRING}),
        },
        monkeypatch,
        "/a/{id}",
    )
    keywords = "body: list[str], q: str | Unset = UNSET, x_h: str | Unset = UNSET, c: str | Unset = UNSET"
    assert found.signature() == f"id: str, *, {keywords}"
    assert found.signature("Client") == f"id: str, *, client: Client, {keywords}"
    qualified = f"id: str, *, {keywords}".replace(": str", ": _builtins.str").replace("[str", "[_builtins.str")
    assert found.signature(members=frozenset({"str"})) == qualified
    assert found.arguments() == "id, body=body, q=q, x_h=x_h, c=c"
    assert found.arguments("self._client") == "id, client=self._client, body=body, q=q, x_h=x_h, c=c"
    sources = {
        place: [(name.get_untrusted_value(), python_name) for name, python_name in names]
        for place, names in found.sources.items()
    }
    assert sources == {
        "path_parameters": [("id", "id")],
        "query": [("q", "q")],
        "headers": [("X-H", "x_h")],
        "cookies": [("c", "c")],
    }


def test_default_of_a_path_parameter_is_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    """The path has to be given whole, also where a parameter without a default follows."""
    schema = {"oneOf": [{**STRING, "default": "a"}, {"type": "integer"}], "default": 1}
    parameters = [parameter("a", "path", {**STRING, "default": "x"}), parameter("b", "path", schema)]
    found = operation({"parameters": [*parameters, parameter("c", "path")]}, monkeypatch, "/{a}/{b}/{c}")
    assert found.signature() == "a: str, b: int | str, c: str"
    assert "Default" not in found.docstring


def test_delimiter_is_for_the_query_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A header of the same name has commas."""
    array = {"type": "array", "items": STRING}
    asked = [parameter("p", schema=array, style="pipeDelimited"), parameter("p", "header", array)]
    sources = operation({"parameters": asked}, monkeypatch).sources
    assert [code for names in sources.values() for _, code in names] == ['delimited(p_query, "|")', "p_header"]


def test_names_in_templates_are_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parameter or a schema with the name of what its module imports is called otherwise."""
    asked = {"parameters": [parameter("delimited", schema={"type": "array", "items": STRING}, explode=False)]}
    answered = {"application/json": {"schema": {"$ref": "#/components/schemas/BytesIO"}}}
    contents = {"200": {"application/octet-stream": {"schema": FILE}}, "201": answered}
    documented = {status: {"description": "", "content": content} for status, content in contents.items()}
    components = {"schemas": {"BytesIO": {"type": "object"}}}
    document = described({"/a": {"get": {**asked, "responses": documented}}}, components=components)
    found = api(document, monkeypatch).tags[0].methods[0].operation
    assert (found.arguments(), found.result) == ("delimited_=delimited_", "File | BytesIO_")
    assert [code for _, code in found.sources["query"]] == ['delimited(delimited_, ",")']
    assert {"from io import BytesIO", "from ...models import BytesIO_"} <= set(found.imports)


def test_escapes_in_a_path_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """What else a URL cannot have is escaped."""
    assert operation({}, monkeypatch, "/a%20b/é d").url_path == "/a%20b/%C3%A9%20d"


def test_signature_without_parameters_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Except for the client."""
    found = operation({}, monkeypatch)
    assert (found.signature(), found.signature("Client"), found.arguments()) == ("", "*, client: Client", "")
    assert (found.sources, found.content_type, found.parameters) == ({}, "", [])


def test_parameter_called_body_is_renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is a body; elsewhere it keeps its name."""
    asked = {"parameters": [parameter("body")]}
    assert operation(asked, monkeypatch).signature() == "*, body: str | Unset = UNSET"
    found = operation({**asked, "requestBody": json_body(STRING, required=False)}, monkeypatch)
    assert found.signature() == "*, body: str | Unset = UNSET, body_query: str | Unset = UNSET"


def test_body_of_several_types_is_told_by_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last is for what is left."""
    media_types = {
        "application/json": {"schema": {"type": "array", "items": STRING}},
        "application/octet-stream": {"schema": {**STRING, "format": "binary"}},
        "application/vnd.x+json": {"schema": {"type": "integer"}},
    }
    found = operation({"requestBody": {"required": True, "content": media_types}}, monkeypatch)
    assert found.signature() == "*, body: list[str] | File | int"
    assert found.content_type == (
        '"application/json" if isinstance(body, list) else '
        '"application/octet-stream" if isinstance(body, File) else "application/vnd.x+json"'
    )


def test_integer_is_sent_as_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Type checkers accept an int as a float, and isinstance does not."""
    media_types = {"application/json": {"schema": {"type": "number"}}, "application/octet-stream": {"schema": FILE}}
    found = operation({"requestBody": {"required": True, "content": media_types}}, monkeypatch)
    assert found.content_type == '"application/json" if isinstance(body, int | float) else "application/octet-stream"'


def test_first_media_type_of_one_type_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The class of the body cannot tell them apart."""
    media_types = {name: {"schema": STRING} for name in ("application/json", "application/vnd.x+json")}
    found = operation({"requestBody": {"required": True, "content": media_types}}, monkeypatch)
    assert (found.signature(), found.content_type) == ("*, body: str", '"application/json"')


TEXT, NUMBER = "bodies.json_body(codec.string)", "bodies.json_body(codec.integer)"
NO_SUCCESS = ("None", [("2XX", "bodies.nothing")])
RESULTS: dict[str, tuple[dict[str, Any], tuple[str, list[tuple[str, str]]]]] = {
    "success-and-error": (responses(_200=STRING, _404=None), ("str", [("200", TEXT)])),
    "no-content": (responses(_204=None), ("None", [("204", "bodies.nothing")])),
    "errors-alone": (responses(_404=STRING), NO_SUCCESS),
    "default-beside-errors": (responses(_404=None, default=STRING), NO_SUCCESS),
    "default-beside-redirects": (responses(_302=None, default=STRING), NO_SUCCESS),
    "default-alone": (responses(default=STRING), ("str", [("default", TEXT)])),
    "default-is-an-error": (responses(_201=STRING, default={"type": "integer"}), ("str", [("201", TEXT)])),
    "several": (
        responses(_200=STRING, _2XX={"type": "integer"}, _201=STRING),
        ("str | int", [("200", TEXT), ("201", TEXT), ("2XX", NUMBER)]),
    ),
}


def test_result_is_that_of_successes(monkeypatch: pytest.MonkeyPatch) -> None:
    """If none is documented, any 2xx is one, without a body."""
    found = {name: operation(documented, monkeypatch) for name, (documented, _) in RESULTS.items()}
    assert {name: (each.result, each.responses) for name, each in found.items()} == {
        name: expected for name, (_, expected) in RESULTS.items()
    }


BODIES: list[tuple[str, Any, str, str]] = [
    ("text/plain", {"schema": STRING}, "str", "bodies.text_body(codec.string)"),
    ("text/plain", {"schema": {"type": "integer"}}, "int", "bodies.json_body(codec.integer)"),
    ("text/plain", {"schema": {"type": "boolean"}}, "bool", "bodies.json_body(codec.boolean)"),
    (
        *("text/plain", {"schema": {"type": ["integer", "null"]}}, "int | None"),
        "bodies.json_body(codec.union_of(codec.integer, codec.null))",
    ),
    (
        *("text/plain", {"schema": {"title": "E", "enum": [1, 2]}}, "PostAE"),
        'bodies.json_body(codec.enum_of(PostAE, int, "1, 2"))',
    ),
    ("text/plain", {"schema": {"const": 1}}, "Literal[1]", "bodies.json_body(codec.constant_of(1))"),
    ("text/plain", {"schema": {"const": "a"}}, "Literal['a']", "bodies.text_body(codec.constant_of('a'))"),
    (
        *("text/plain", {"schema": {"type": ["string", "null"]}}, "None | str"),
        "bodies.text_body(codec.union_of(codec.string, codec.null))",
    ),
    ("application/octet-stream", {"schema": FILE}, "File", "bodies.binary"),
    ("text/csv", {"schema": FILE}, "File", "bodies.binary"),
    ("application/json", {}, "bytes", "bodies.raw"),
    ("application/problem+json", {"schema": {}}, "Any", "bodies.json_body(codec.anything)"),
]


def test_body_is_decoded_by_media_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """And by its schema, if it has one."""
    for media_type, media, result, decoder in BODIES:
        content = {media_type: media}
        found = operation({"responses": {"200": {"description": "", "content": content}}}, monkeypatch)
        assert (media_type, found.result, found.responses) == (media_type, result, [("200", decoder)])


def test_parameters_are_described_in_docstring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameter's own description goes before that of its schema."""
    described_schema = {"type": "integer", "description": "Of the schema.", "default": 7, "example": 9}
    found = operation(
        {
            "parameters": [
                parameter("a", description="Of the parameter.", schema=described_schema),
                parameter("b", schema=described_schema),
                parameter("long", description="word " * 30),
            ],
            "requestBody": json_body({**STRING, "description": "Of the body."}),
        },
        monkeypatch,
    )
    first, second, third, body = found.parameter_entries
    assert first == "a (int | Unset): Of the parameter. Default: 7. Example: 9."
    assert second == "b (int | Unset): Of the schema. Default: 7. Example: 9."
    assert len(third.splitlines()) == 2
    assert body == "body (str): Of the body."


def test_errors_are_described_in_docstring(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the class that is raised, without successes and empty descriptions; after them, any other status."""
    statuses = ["200", "401", "403", "404", "418", "429", "500", "5XX", "default"]
    documented = {status: {"description": f'Of """{status}""".'} for status in statuses}
    found = operation({"responses": {**documented, "400": {"description": ""}}}, monkeypatch)
    assert found.error_entries == [
        rf"{name}: {status}. Of \"\"\"{status}\"\"\"."
        for name, status in [
            ("AuthenticationError", "401"),
            ("PermissionDeniedError", "403"),
            ("NotFoundError", "404"),
            ("APIStatusError", "418"),
            ("RateLimitError", "429"),
            ("InternalServerError", "500"),
            ("InternalServerError", "5XX"),
            ("APIStatusError", "default"),
        ]
    ]
    assert "APIStatusError: Any other status that is not 2xx." in found.docstring
    alone = operation({"responses": {"200": {"description": "Yes."}}}, monkeypatch)
    assert "APIStatusError: Any status that is not 2xx." in alone.docstring


def test_lines_of_an_error_are_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The further ones are indented below its first, as in the other sections."""
    documented = {"404": {"description": "There is none.\nLook again.\n"}}
    found = operation({"responses": documented}, monkeypatch)
    assert found.error_entries == ["NotFoundError: 404. There is none.\nLook again."]
    assert "\n    NotFoundError: 404. There is none.\n        Look again.\n" in found.docstring


def test_title_has_the_summary_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the method and the path, which are the docstring of an operation without any text."""
    assert operation({}, monkeypatch).title == "POST /a"
    assert operation({}, monkeypatch).docstring.startswith('"""`POST /a`.\n')
    assert operation({"summary": "Do it."}, monkeypatch).title == "POST /a: Do it."


def test_security_of_operation_is_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or `None`."""
    assert operation({}, monkeypatch).security == "None"
    components = {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}}}
    document = described({"/a": {"get": OK}}, components=components, security=[{"key": []}])
    assert api(document, monkeypatch).tags[0].methods[0].operation.security == 'Security("query", "k")'


def test_module_hidden_by_an_argument_is_renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The method of a tag has both in scope."""
    (tag,) = of_tag("tools", monkeypatch, tools_mend={"parameters": [parameter("tools_list")]}, tools_list={}).tags
    assert [(method.name, method.module) for method in tag.methods] == [("mend", "tools_mend"), ("list", "_tools_list")]


def test_imports_of_a_tag_are_those_of_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method called like a module or a builtin hides it."""
    when = parameter("when", schema={**STRING, "format": "date"})
    names = parameter("names", schema={"type": "array", "items": STRING})
    (tag,) = of_tag("t", monkeypatch, t_datetime={"parameters": [when]}, t_list={"parameters": [names]}).tags
    assert tag.imports == [
        "from ...types import UNSET",
        "from ...types import Unset",
        "import builtins as _builtins",
        "import datetime as _datetime",
    ]


def test_example_is_the_first_without_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the first of all, if each has some."""
    with_argument = {"parameters": [parameter("q")]}
    for operations, name in (
        ({"a": with_argument, "b": {}, "c": {}}, "b"),
        ({"a": with_argument, "b": with_argument}, "a"),
    ):
        example = of_tag("t", monkeypatch, **operations).example
        assert example is not None
        assert example[1].name == name
    assert api(described(), monkeypatch).example is None


def test_tag_called_as_member_of_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its attribute is renamed, its module and class are not."""
    paths = {"/a": {"get": {**OK, "tags": ["close"]}}}
    (tag,) = api(described(paths), monkeypatch, taken=frozenset({"close"})).tags
    assert (tag.name, tag.class_name, tag.attribute) == ("close", "CloseAPI", "close_")
