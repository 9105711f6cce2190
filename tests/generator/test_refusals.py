"""OpenAPI construct by construct: refused, with its place and what to do, or accepted because it is obeyed.

What is accepted is proved elsewhere: over sockets in test_workshop.py, in generated code in the tests beside
this one. Callbacks, webhooks, links, response headers and `xml` say nothing about what the client sends and decodes.
"""

from __future__ import annotations

from datetime import date
from math import inf
from typing import Any

from generator.errors import GenerationError
from generator.project import load_settings, parsed
from generator.refusals import refusals
from tests.generator.documents import OK, described
from tools import ROOT

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
STRINGS = {"type": "array", "items": STRING}
FILE = {"type": "string", "format": "binary"}
PATH_ID = {"name": "id", "in": "path", "required": True, "schema": STRING}
READ_ONLY = {**STRING, "readOnly": True}
WRITE_ONLY = {**STRING, "writeOnly": True}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def of(**properties: Any) -> dict[str, Any]:
    """Return an object with these properties, all of them required."""
    return {"type": "object", "required": list(properties), "properties": properties}


def schemas(**named: Any) -> dict[str, Any]:
    return described(components={"schemas": named})


def schema(**keywords: Any) -> dict[str, Any]:
    return schemas(X={name.rstrip("_"): value for name, value in keywords.items()})


def get(operation: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    """Return a document with `GET /a`, and perhaps other parts."""
    return described({"/a": {"get": {**OK, **(operation or {})}}}, **others)


def parameter(location: str = "query", name: str = "p", **fields: Any) -> dict[str, Any]:
    described_parameter = {"name": name, "in": location, "schema": STRING, "required": location == "path", **fields}
    path = f"/a/{{{name}}}" if location == "path" else "/a"
    return described({path: {"get": {**OK, "parameters": [described_parameter]}}})


def query(name: str, schema: Any = STRING) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def post(content: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Return a document with `POST /a`, whose body is of one of these media types."""
    return described({"/a": {"post": {**OK, "requestBody": {"content": content}, **others}}})


def body(media_type: str = "application/json", schema: Any = STRING, **others: Any) -> dict[str, Any]:
    return post({media_type: {"schema": schema, **others}})


def json_or_form(schema: Any, media_type: str = "application/json", **others: Any) -> dict[str, Any]:
    """Return a document with a body of JSON or of a form."""
    return post({media_type: {"schema": schema}, "multipart/form-data": {"schema": of(a=STRING)}}, **others)


def response(content: dict[str, Any], status: str = "200", **others: Any) -> dict[str, Any]:
    return get({"responses": {status: {"description": "", "content": content}}}, **others)


def operations(*ids: str, **fields: Any) -> dict[str, Any]:
    return described({f"/{number}": {"get": {**OK, "operationId": id_, **fields}} for number, id_ in enumerate(ids)})


QUERY = query("q", of(a=STRING))
RESERVED = {**query("p"), "allowReserved": True}
XML = {"application/xml": {"schema": of(a=STRING)}}
GET = "$.paths['/a'].get"
P = f"{GET}.parameters[0]"
IN_PATH = "$.paths['/a/{p}'].get.parameters[0]"
POST = "$.paths['/a'].post.requestBody.content"
X = "$.components.schemas.X"
NO_SERVER = "$.servers[0].url: expected scheme, host and path of a server, such as https://api.example.com/v1, got"
NO_RESERVED = ".allowReserved: values are always percent-encoded; leave it out"
NO_OBJECT = (
    ".schema: an object is sent in a query alone, with style: deepObject, or form and explode: true, not in this"
)
NO_XML = (
    ".content: bodies of application/xml cannot be sent; supported are application/json, multipart/form-data, "
    "application/x-www-form-urlencoded, and files: {type: string, format: binary}"
)
NOT_DECODED = (
    ".content: bodies of application/xml are not decoded; describe application/json, or {type: string, format: binary} "
    "to get the bytes"
)
NO_FORMAT = "format without a type would be lost; add the type"
ADVICE_ONE_OF = "give each a required property with a const of its own"

Refused = dict[str, dict[str, Any]]
"""Documents by the only line that says what is refused of them."""


def said(table: Refused) -> dict[str, list[str]]:
    return {line: list(refusals(document)) for line, document in table.items()}


def only(table: Refused) -> dict[str, list[str]]:
    return {line: [line] for line in table}


DOCUMENTS: Refused = {
    "$.openapi: expected a version such as 3.1.0 or 3.0.3, got None": {"swagger": "2.0"},
    "$.openapi: expected a version such as 3.1.0 or 3.0.3, got '3.2.0'": {"openapi": "3.2.0"},
    "$.openapi: expected a version such as 3.1.0 or 3.0.3, got '3.1x0'": {"openapi": "3.1x0"},
    "$.paths: there are no paths; describe at least one": {"openapi": "3.1.0"},
    f"{GET}.responses: expected text, as in '2.5', got 2.5": get({"responses": {2.5: {}}}),
    f"{GET}.description: there is no value; give it one or leave it out": get({"description": None}),
    f'{X}.type: there is no value; quote "null", or name another type': schema(type=None),
    f"{X}['$ref']: there is no value; quote it, because # starts a comment": schemas(X={"$ref": None}),
    f"{GET}['all of them']: there is no value; quote a text that has a comma in it": get(
        {"description": "Lists", "all of them": None}
    ),
}


def test_document_of_another_form_is_refused() -> None:
    """Before anything else: what follows from it is not said."""
    assert said(DOCUMENTS) == only(DOCUMENTS)


SERVERS: Refused = {
    **{
        f"{NO_SERVER} {url!r}": described(servers=[{"url": url}])
        for url in ("/v1", "wss://a.example", "https://u:p@a.example", "https://a.example:x", "https://a.example/v1#x")
    },
    "$.paths['/a'].servers: calls go to one server; put it into $.servers, or leave the path out": described(
        {"/a": {"servers": [{"url": "https://b.example"}], "get": OK}}
    ),
    f"{GET}.servers: calls go to one server; put it into $.servers, or leave the operation out": get(
        {"servers": [{"url": "https://b.example"}]}
    ),
}


def test_server_of_its_own_is_refused() -> None:
    """Calls go to one server, which has a scheme, a host and a path."""
    assert said(SERVERS) == only(SERVERS)


PATHS: Refused = {
    "$.paths['/a']: a $ref of a path is not followed; write its operations here": described(
        {"/a": {"$ref": "#/components/pathItems/A"}}
    ),
    "$.paths.a: a path starts with a slash; write '/a'": described({"a": {"get": OK}}),
    "$.paths['/a?x=1']: a path has no query; describe it with parameters": described({"/a?x=1": {"get": OK}}),
    "$.paths['/a/{']: a brace has no partner; write the name of each parameter as {name}": described({"/a/{": {}}),
    "$.paths['/{a.b}']: {a.b} is not supported; name a parameter with letters, digits, - and _": described(
        {"/{a.b}": {}}
    ),
    "$.paths['/{1}']: {1} is not supported; name a parameter with letters, digits, - and _": described({"/{1}": {}}),
    "$.paths['/{a}/{a}']: {a} occurs twice; give each its own name": described({"/{a}/{a}": {}}),
    "$.paths['/a/{id}'].get.parameters: 'id' is only in the path": described({"/a/{id}": {"get": OK}}),
    "$.paths['/b'].get.parameters: 'id' is not in the path": described({"/b": {"parameters": [PATH_ID], "get": OK}}),
}


def test_path_is_refused_with_its_advice() -> None:
    """Its braces name the parameters, and there is nothing else in it."""
    assert said(PATHS) == only(PATHS)


OPERATIONS: Refused = {
    "$.paths['/1'].get.operationId: 'x' is that of $.paths['/0'].get too; give each its own": operations("x", "x"),
    "$.paths['/a'].put.operationId: this operation and $.paths['/a'].get are both 'get_x' in Python; "
    "rename one": described(
        {"/a": {"get": {**OK, "operationId": "getX", "tags": ["default"]}, "put": {**OK, "operationId": "get_x"}}}
    ),
    f"{GET}: a $ref of an operation is not followed; write the operation here": described(
        {"/a": {"get": {"$ref": "a.yaml"}}}
    ),
    "$.paths['/0'].get.operationId: '-' has no letters for a name in Python; write some": operations("-"),
    "$.paths['/a'].put.tags: 'a-b' and 'a b' are both 'a_b' in Python; spell them the same": described(
        {"/a": {"get": {**OK, "tags": ["a b"]}, "put": {**OK, "tags": ["a-b"]}}}
    ),
}


def test_operation_named_as_another_is_refused() -> None:
    """One would replace the other in Python."""
    assert said(OPERATIONS) == only(OPERATIONS)


PARAMETERS: Refused = {
    f"{P}.content: a parameter described by content is not supported; use schema": get(
        {"parameters": [{"name": "p", "in": "query", "content": {"application/json": {}}}]}
    ),
    f"{P}: there is no schema; add one, {{type: string}} if it is a text": get(
        {"parameters": [{"name": "p", "in": "query"}]}
    ),
    f"{P}{NO_RESERVED}": get({"parameters": [RESERVED]}),
    f"$.paths['/a'].parameters[0]{NO_RESERVED}": described({"/a": {"parameters": [RESERVED], "get": OK}}),
    f"$.components.parameters.A{NO_RESERVED}": described(components={"parameters": {"A": RESERVED}}),
    f"{IN_PATH}: a parameter in the path is always sent; add required: true": parameter("path", required=False),
    f"{P}.style: 'simple' is not supported; supported in a query: form, spaceDelimited, pipeDelimited, "
    "deepObject": parameter(style="simple"),
    f"{P}.schema: style: deepObject is for objects; leave it out": parameter(style="deepObject"),
    f"{P}.schema: an object in an object (a) cannot be sent in a query; use a request body": parameter(
        style="deepObject", schema=of(a=of())
    ),
    f"{IN_PATH}.style: 'matrix' is not supported; supported in a path: simple": parameter("path", style="matrix"),
    f"{IN_PATH}{NO_OBJECT} path": parameter("path", schema=of(a=STRING)),
    f"{P}{NO_OBJECT} query": parameter(schema=of(a=STRING), explode=False),
    f"$.components.parameters.A{NO_OBJECT} query": described(
        components={"parameters": {"A": {**QUERY, "style": "pipeDelimited", "explode": True}}}
    ),
    f"{P}.schema: an object in an object (b) cannot be sent in a query; use a request body": parameter(
        schema=of(a=STRING, b=of(c=STRING))
    ),
    f"{P}.schema: an array of objects or arrays cannot be sent in a query; use a request body": parameter(
        schema=of(a={"type": "array", "items": of(b=STRING)})
    ),
    f"{P}.schema: an object in an object (additionalProperties) cannot be sent in a query; use a "
    "request body": parameter(schema={"type": "object", "additionalProperties": {"type": "object"}}),
    f"{IN_PATH}.schema: an array of objects or arrays cannot be sent in a path; use a request body": parameter(
        "path", schema={"oneOf": [STRING, {"type": "array", "items": STRINGS}]}
    ),
    f"{GET}.parameters[0].schema: an array of objects or arrays cannot be sent in a header; use a request body": get(
        {"parameters": [{"name": "p", "in": "header", "schema": {"allOf": [ref("X")]}}]},
        components={"schemas": {"X": {"type": "array", "items": of(a=STRING)}}},
    ),
    f"{P}.schema: an array in a cookie is joined by commas; say so with explode: false": parameter(
        "cookie", schema=STRINGS
    ),
    **{
        f"{P}: the client sends the header {name} itself; leave the parameter out": parameter("header", name)
        for name in (
            *("Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type", "Cookie"),
            *("Host", "Transfer-Encoding", "User-Agent"),
        )
    },
    f"{GET}.parameters: 'x-KEY' is the API key, which the client sends itself; leave it out": get(
        {"parameters": [{"name": "x-KEY", "in": "header", "schema": STRING}]},
        security=[{"key": []}],
        components={"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    ),
    f"{GET}.parameters: 'p' is listed twice in the query; leave one out": get(
        {"parameters": [{"$ref": "#/components/parameters/P"}, query("p")]},
        components={"parameters": {"P": query("p")}},
    ),
    f"{GET}.parameters: 'b' is sent for both 'a' and 'c'; rename one": get(
        {"parameters": [query("a", of(b=STRING)), query("c", of(b=STRING))]}
    ),
    f"{GET}.parameters: 'b' is sent for both 'b' and 'a'; rename one": described(
        {"/a": {"parameters": [query("b")], "get": {**OK, "parameters": [query("a", of(b=STRING))]}}}
    ),
    f"{P}.schema: a file cannot be sent in a query; use a request body": parameter(
        schema={"type": "array", "items": FILE}
    ),
    "$.components.parameters['a-b']: a component that is only a $ref is not supported; describe it here": described(
        components={"parameters": {"a-b": {"$ref": "#/components/parameters/c"}}}
    ),
}


def test_unsendable_parameter_is_refused() -> None:
    """In its location and style, or beside what the client sends itself."""
    assert said(PARAMETERS) == only(PARAMETERS)


BODIES: Refused = {
    "$.paths['/a'].post.requestBody: there is no media type; describe the body below content": post({}),
    f"{POST}['application/json']: there is no schema; add one, {{}} for any value": post({"application/json": {}}),
    f"$.paths['/a'].post.requestBody{NO_XML}": post(XML),
    f"$.components.requestBodies.A{NO_XML}": described(components={"requestBodies": {"A": {"content": XML}}}),
    f"{POST}['multipart/form-data'].schema: expected an object, whose properties are the fields of the form": body(
        "multipart/form-data", STRING
    ),
    f"{POST}['multipart/form-data'].encoding: it is not obeyed; leave it out: objects are sent as JSON, files with "
    "the media type of the File, all else as text": body(
        "multipart/form-data", of(a=STRING), encoding={"a": {"contentType": "image/png"}}
    ),
    f"{POST}['multipart/form-data'].schema: the file inside 'a' cannot be sent; make it a field of its own": body(
        "multipart/form-data", of(a=of(b=FILE))
    ),
    f"{POST}['multipart/form-data'].schema: the file inside 'b' cannot be sent; make it a field of its own": body(
        "multipart/form-data", of(b={"type": "object", "additionalProperties": FILE})
    ),
    f"{POST}['multipart/form-data'].schema: the file inside 'c' cannot be sent; make it a field of its own": body(
        "multipart/form-data", of(c={"type": "array", "items": {"type": "array", "items": FILE}})
    ),
    f"{POST}['application/x-www-form-urlencoded'].schema: a form of this media type has no files; use "
    "multipart/form-data": body("application/x-www-form-urlencoded", of(a=FILE)),
    f"{POST}['application/json'].schema: a file cannot be sent in JSON; use multipart/form-data, or "
    "format: byte for base64": body(schema=of(a={"type": "array", "items": {"anyOf": [INTEGER, FILE]}})),
    f"{POST}['application/octet-stream'].schema: expected {{type: string, format: binary}}": body(
        "application/octet-stream", STRING
    ),
    f"{POST}['application/octet-stream; a=b'].schema: expected {{type: string, format: binary}}": body(
        "application/octet-stream; a=b", of()
    ),
    **{
        f"{POST}['application/{number}+json'].schema: the class of a body selects its media type; give it one type, or "
        "one media type": json_or_form(each, f"application/{number}+json")
        for number, each in enumerate(
            (
                *({}, {"const": "a"}, {"oneOf": [STRINGS, STRING]}, {"oneOf": [STRING, {"const": 1}]}),
                *({"oneOf": [STRING, INTEGER]}, {"oneOf": [INTEGER, {"type": "number"}]}),
            )
        )
    },
    **{
        f"$.paths['/a'].post.parameters: {name!r} hides a class that selects the body's media type; use one media "
        "type": json_or_form(each, parameters=[query(name)])
        for name, each in (("list", STRINGS), ("List", STRINGS), ("datetime", STRING))
    },
}


def test_unsendable_body_is_refused() -> None:
    """By its media type, or a file where there can be none."""
    assert said(BODIES) == only(BODIES)


RESPONSES: Refused = {
    "$.paths['/a'].get: there are no responses; describe them": described({"/a": {"get": {"tags": ["a"]}}}),
    f"{GET}.responses: '2xx' is not a status; expected one such as '200', a range 2XX, or default": get(
        {"responses": {"2xx": {"description": ""}}}
    ),
    f"{GET}.responses['200']{NOT_DECODED}": response(XML),
    f"{GET}.responses['204'].content: a 204 has no body; leave it out": response(
        {"application/json": {"schema": STRING}}, "204"
    ),
    f"{GET}.responses.default{NOT_DECODED}": response(XML, "default"),
    f"$.components.responses.A{NOT_DECODED}": described(
        components={"responses": {"A": {"description": "", "content": XML}}}
    ),
    f"{GET}.responses['200'].content['text/plain'].schema: text/plain holds a text; if it is JSON, describe "
    "application/json": response({"text/plain": {"schema": of(a=STRING)}}),
    "$.components.responses.A: a component that is only a $ref is not supported; describe it here": described(
        components={"responses": {"A": {"$ref": "#/components/responses/B"}}}
    ),
    f"{GET}.responses['200']: there is no /components/responses/A": get(
        {"responses": {"200": {"$ref": "#/components/responses/A"}}}
    ),
    f"{GET}.responses['200']: $ref 'other.yaml#/A' is not followed; write here what it refers to": get(
        {"responses": {"200": {"$ref": "other.yaml#/A"}}}
    ),
    f"{GET}.responses['200']: $ref 'components/responses/A' is not followed; write here what it refers to": get(
        {"responses": {"200": {"$ref": "components/responses/A"}}},
        components={"responses": {"A": {"description": ""}}},
    ),
}


def test_undecodable_response_is_refused() -> None:
    """Or one that is described nowhere."""
    assert said(RESPONSES) == only(RESPONSES)


REFERENCES: Refused = {
    f"{X}: required beside $ref would be lost; make them two entries of allOf": schemas(
        A=of(), X={**ref("A"), "required": ["a"]}
    ),
    f"{X}: $ref '#/paths/x' is not followed; put the schema under components.schemas": schemas(X={"$ref": "#/paths/x"}),
    f"{X}: $ref '#/components/schemas/A/properties/b' is not followed; put the schema under "
    "components.schemas": schemas(A=of(b=of()), X={"$ref": "#/components/schemas/A/properties/b"}),
    f"{X}: there is no /components/schemas/Y": schemas(X=ref("Y")),
    f"{X}: there is no /components/schemas/X": schemas(X=ref("X")),
    f"{X}: it refers to itself; leave that reference out": schema(allOf=[ref("X")]),
}


def test_reference_not_followed_is_refused() -> None:
    """To elsewhere, to nothing, to itself, or with keywords beside it."""
    assert said(REFERENCES) == only(REFERENCES)


KEYWORDS: Refused = {
    f"{X}.properties.a: a schema that is true is not supported; write {{}} for any value": schema(
        type="object", properties={"a": True}
    ),
    f"{X}.minLenght: there is no such keyword; did you mean 'minLength'?": schema(type="string", minLenght=1),
    f"{X}.not: this keyword is not supported; say what the value is": schema(not_=STRING),
    **{
        f"{X}.{keyword}: this keyword is not supported; describe the alternatives with oneOf": schema(**{keyword: {}})
        for keyword in ("dependentRequired", "dependentSchemas", "else", "if", "then")
    },
    f"{X}.patternProperties: this keyword is not supported; use additionalProperties": schema(
        type="object", patternProperties={"^a": STRING}
    ),
    f"{X}.type: there is no type 'obejct'; there are array, boolean, integer, null, number, object, string": schema(
        type="obejct"
    ),
    f"{X}: an array has no items; add items, {{}} for any value": schema(type=["array", "null"]),
    f"{X}.oneOf[0]: an array has no items; add items, {{}} for any value": schema(oneOf=[{"type": "array"}, STRING]),
    f"{X}: items without a type would be lost; add type: array": schema(items=STRING),
    f"{X}: additionalProperties without a type would be lost; add type: object": schema(additionalProperties=STRING),
    f"{X}: {NO_FORMAT}": schema(format="date"),
    f"{X}.items: {NO_FORMAT}": schema(type="array", items={"format": "date"}),
    f"{X}.additionalProperties: {NO_FORMAT}": schema(type="object", additionalProperties={"format": "date"}),
    f"{X}.required: there is no property 'a'": schema(type="object", properties={}, required=["a"]),
    f"{POST}['application/json'].schema.required: 'id' is readOnly and requests do not have it; leave it out of "
    "required": body(schema=of(id=READ_ONLY)),
    "$.components.requestBodies.A.content['application/json'].schema.required: 'id' is readOnly and requests do not "
    "have it; leave it out of required": described(
        {"/a": {"post": {**OK, "requestBody": {"$ref": "#/components/requestBodies/A"}}}},
        components={"requestBodies": {"A": {"content": {"application/json": {"schema": of(id=READ_ONLY)}}}}},
    ),
    "$.paths['/a'].parameters[0].schema.required: 'id' is readOnly and requests do not have it; leave it out of "
    "required": described({"/a": {"parameters": [query("q", of(id=READ_ONLY))], "get": OK}}),
    f"{POST}['application/json'].schema.required: 'key' is readOnly and requests do not have it; leave it out of "
    "required": body(schema={"allOf": [{"type": "object", "properties": {"key": READ_ONLY}}, {"required": ["key"]}]}),
    f"{X}.required: 'id' is writeOnly and responses do not have it; leave it out of required": response(
        {"application/json": {"schema": {"type": "array", "items": ref("X")}}},
        components={"schemas": {"X": of(id=WRITE_ONLY)}},
    ),
    "$.components.responses.A.content['application/json'].schema.required: 'id' is writeOnly and responses do not "
    "have it; leave it out of required": get(
        {"responses": {"200": {"$ref": "#/components/responses/A"}}},
        components={
            "responses": {"A": {"description": "", "content": {"application/json": {"schema": of(id=WRITE_ONLY)}}}}
        },
    ),
}


def test_keyword_that_would_be_lost_is_refused() -> None:
    """Unknown ones, and those without the type that they belong to."""
    assert said(KEYWORDS) == only(KEYWORDS)


VALUES: Refused = {
    f'{X}.const: null is not supported; use type: "null"': schema(const=None),
    f"{X}.const: write 1.0 as 1": schema(const=1.0),
    f"{X}.const: expected a string, an integer or a boolean, got 1.5": schema(const=1.5),
    f"{X}.const: expected a string, an integer or a boolean, got {{}}": schema(const={}),
    f'{X}.const: null would be lost; use oneOf, with {{type: "null"}} beside the constant': schema(
        nullable=True, const="a"
    ),
    f"{X}.properties.a: const beside type: boolean would be lost; leave the type out": schema(
        type="object", properties={"a": {"type": ["boolean", "null"], "const": True}}
    ),
    f"{X}: const beside type: boolean would be lost; leave the type out": schema(type="boolean", const=True),
    f"{X}: an enum of booleans would be lost; leave it out, or use const without a type": schema(
        type="boolean", enum=[True]
    ),
    f"{X}.properties.a: an enum of booleans would be lost; leave it out, or use const without a type": schema(
        type="object", properties={"a": {"type": "boolean", "nullable": True, "enum": [True, False]}}
    ),
    f"{X}.enum: there are no values; list them": schema(enum=[]),
    f'{X}.enum: expected strings alone or integers alone; quote texts such as "yes" and "1"': schema(enum=["a", 1]),
    f'{X}.items.enum: expected strings alone or integers alone; quote texts such as "yes" and "1"': schema(
        type="array", items={"enum": [True, False]}
    ),
    f"{X}.enum: 'a' is listed twice; leave one out": schema(enum=["a", "a"]),
    f"{X}.enum: 'a b' and 'a-b' would both be A_B in Python; give each value a name with x-enum-varnames": schema(
        enum=["a b", "a-b"]
    ),
    f"{X}.enum: 'a' and 'A' would both be A in Python; give each value a name with x-enum-varnames": schema(
        enum=["a", "A"]
    ),
    f"{X}.enum: 'a' has no name in Python; give each value one with x-enum-varnames": schema(
        enum=["a"], **{"x-enum-varnames": ["1"]}
    ),
    f"{X}.enum: 'a' and 'b' would both be FOO_BAR in Python; give each value a name with x-enum-varnames": schema(
        enum=["a", "b"], **{"x-enum-varnames": ["fooBar", "FOO_BAR"]}
    ),
    **{
        f"{X}['x-enum-varnames']: expected 2 names, one for each value, got {len(names)}": schema(
            enum=["a", "b"], **{"x-enum-varnames": [*names]}
        )
        for names in ("A", "ABC")
    },
    **{
        f"{X}['x-enum-varnames']: expected a list of texts, got {names!r}; quote each name": schema(
            enum=["a", "b"], **{"x-enum-varnames": names}
        )
        for names in ([True, False], ["A", None], "AB", {"a": "A", "b": "B"})
    },
    f"{X}.default: expected integer, got the string 'x'": schema(type="integer", default="x"),
    f"{X}.default: expected null or object, got the string 'x'": schema(
        nullable=True, oneOf=[of(a=STRING), of(b=STRING)], default="x"
    ),
    f"{X}.default: expected null or object, got the number 3": schema(
        nullable=True, allOf=[of(a=STRING), of(b=STRING)], default=3
    ),
    f"{X}.const: 5 is a number, the type is string; change one of them": schema(type="string", const=5),
    f"{X}.enum: 'a' is a string, the type is integer or null; change one of them": schema(
        type=["integer", "null"], enum=["a", None]
    ),
    f"{X}.default: expected an integer, got 1.5": schema(type="integer", default=1.5),
    f"{X}.default: expected a text; quote '2026-11-23'": schema(
        type="string", format="date", default=date(2026, 11, 23)
    ),
    f"{X}.default: expected a text; quote '2026-01-01'": schema(default=date(2026, 1, 1)),
    f"{X}.default: expected a text; quote '2026-01-02'": schema(default={"a": [date(2026, 1, 2)]}),
    f"{X}.default: expected a finite number, got inf": schema(type="number", default=inf),
    f"{X}.default: '2026-02-30' is not a date": schema(type="string", format="date", default="2026-02-30"),
    f"{X}.default: '2026-11-23T08:28:36' is not a date-time": schema(
        type="string", format="date-time", default="2026-11-23T08:28:36"
    ),
    f"{X}.default: 'x' is not a uuid": schema(type="string", format="uuid", default="x"),
    f"{X}.default: 'b' is not one of the values": schema(enum=["a"], default="b"),
    f"{X}.default: 'c' is not one of the values": schemas(
        A={"type": "string", "enum": ["a"]}, X={"allOf": [ref("A")], "default": "c"}
    ),
    f"{X}.default: an object of another schema cannot have one; leave it out": schemas(
        A=of(), X={"allOf": [ref("A")], "default": {}}
    ),
}


def test_value_that_does_not_fit_is_refused() -> None:
    """Of const, enum and default."""
    assert said(VALUES) == only(VALUES)


def test_literal_enum_has_no_names_to_refuse() -> None:
    """With the setting `literal_enums`, which makes no classes."""
    assert list(refusals(schema(enum=["a", "A", "+1"]), literal_enums=True)) == []
    assert list(refusals(schema(enum=[]), literal_enums=True)) == [f"{X}.enum: there are no values; list them"]


COMBINATIONS: Refused = {
    f"{X}: properties beside oneOf would be lost; put them into each of the alternatives": schema(
        oneOf=[STRING, INTEGER], properties={"a": STRING}
    ),
    f"{X}: items beside oneOf would be lost; put them into each of the alternatives": schema(
        oneOf=[STRINGS, STRING], items=STRING
    ),
    f"{X}: properties beside anyOf would be lost; put them into each of the alternatives": schema(
        anyOf=[STRING, INTEGER], properties={"a": STRING}
    ),
    f"{X}: anyOf beside oneOf is not supported; use one of them": schema(oneOf=[STRING], anyOf=[INTEGER]),
    "$.components.schemas.Y: allOf[0] is not a single object and cannot be merged; write it without allOf": schemas(
        A=STRING, Y={"allOf": [ref("A")], "required": ["a"]}
    ),
    f"{X}: allOf[0] is not a single object and cannot be merged; make it the only entry of allOf": schemas(
        A=STRING, X={"allOf": [ref("A"), {"description": "An A."}]}
    ),
    f"{X}: allOf[1] is not a single object and cannot be merged; make it the only entry of allOf": schemas(
        A={"oneOf": [of(a=STRING), of(b=STRING)]}, X={"allOf": [of(c=STRING), ref("A")]}
    ),
    f"{X}: allOf[0] is not a single object and cannot be merged; write it without allOf": schema(allOf=[STRING]),
    f"{X}.properties.a: allOf[0] is not a single object and cannot be merged; write it without allOf": schema(
        type="object", properties={"a": {"allOf": [{"nullable": True, "properties": {"a": STRING}}]}}
    ),
    f"{X}.allOf[1]: a schema that is true is not supported; write {{}} for any value": schemas(
        A=of(), X={"allOf": [ref("A"), True]}
    ),
    f"{X}: allOf[1]: oneOf inside allOf would be lost; make it a schema of its own": schemas(
        A=of(), X={"allOf": [ref("A"), {"oneOf": [of(a=STRING)]}]}
    ),
    f"{X}: allOf[1]: allOf inside allOf would be lost; make it a schema of its own": schemas(
        A=of(), X={"allOf": [ref("A"), {"allOf": [of(a=STRING)]}]}
    ),
    f"{X}: allOf[0]: its additionalProperties would be lost; put them beside allOf": schemas(
        A={"type": "object", "additionalProperties": STRING}, X={"allOf": [ref("A"), of()]}
    ),
    f"{X}: oneOf[1] may be taken for oneOf[0]; {ADVICE_ONE_OF}": {
        **post({"application/json": {"schema": ref("X")}}, responses={"200": {"$ref": "#/components/responses/X"}}),
        "components": {
            "schemas": {"X": {"oneOf": [of(a=STRING), {"properties": {"a": STRING}}]}},
            "responses": {"X": {"description": "", "content": {"application/json": {"schema": ref("X")}}}},
        },
    },
    **{
        f"$.components.schemas.{name}: oneOf[1] may be taken for oneOf[0]; {ADVICE_ONE_OF}": schemas(**{name: union})
        for name, union in {
            "Optional": {"oneOf": [{"properties": {"a": STRING}}, {"properties": {"a": STRING, "b": INTEGER}}]},
            "Required": {"oneOf": [of(a=STRING), {"properties": {"a": STRING}}]},
        }.items()
    },
    f"{X}: anyOf[1] may be taken for anyOf[0]; {ADVICE_ONE_OF}": schema(
        anyOf=[
            {"type": "object", "additionalProperties": False, "properties": {"a": STRING}},
            {"type": "object", "properties": {"b": STRING}},
        ]
    ),
    f"{X}: oneOf[2] may be taken for oneOf[1]; {ADVICE_ONE_OF}": schema(
        oneOf=[INTEGER, {"type": "array", "items": of()}, {"type": "array", "items": {"properties": {"b": STRING}}}]
    ),
    f"{X}: oneOf[2] may be taken for oneOf[0]; {ADVICE_ONE_OF}": schemas(
        A=of(a=STRING, c=STRING),
        B=of(b=STRING, d=STRING),
        C=of(a=STRING),
        D=of(d=STRING),
        X={"oneOf": [{"oneOf": [ref("C"), ref("B")]}, INTEGER, {"oneOf": [ref("A"), ref("D")]}]},
    ),
}


def test_combination_in_doubt_is_refused() -> None:
    """What allOf cannot merge, and alternatives that cannot be told apart."""
    assert said(COMBINATIONS) == only(COMBINATIONS)


DISCRIMINATORS: Refused = {
    f"{X}.discriminator: there is no propertyName; name the property that tells the alternatives apart": schemas(
        A=of(k=STRING), X={"oneOf": [ref("A")], "discriminator": {}}
    ),
    f"{X}.discriminator: alternative 1 is not an object under components.schemas; make it one": schemas(
        A=of(kind=STRING), X={"oneOf": [ref("A"), of(kind=STRING)], "discriminator": {"propertyName": "kind"}}
    ),
    f"{X}.discriminator: alternative 0 is not an object under components.schemas; make it one": schemas(
        A={**of(k=STRING), "nullable": True},
        B=of(k=STRING),
        X={"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "k"}},
    ),
    f"{X}.discriminator: alternative 1 has no property 'kind'; add it": schemas(
        A=of(kind=STRING), B=of(a=STRING), X={"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "kind"}}
    ),
    f"{X}.discriminator: 'k' of alternative 0 is not text; make it a string": schemas(
        A=of(k=INTEGER), B=of(k=INTEGER), X={"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "k"}}
    ),
    f"{X}.discriminator: mapping: 'b' leads to '#/components/schemas/B', which is not an alternative; list it": schemas(
        A=of(k={"const": "a"}),
        X={"oneOf": [ref("A")], "discriminator": {"propertyName": "k", "mapping": {"b": "#/components/schemas/B"}}},
    ),
    f"{X}.discriminator: mapping: 'c' leads to 'C', which is not an alternative; list it": schemas(
        A=of(k={"enum": ["a", "b"]}),
        B=of(k={"enum": ["b", "c"]}),
        X={"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "k", "mapping": {"c": "C"}}},
    ),
    f"{X}: oneOf[0] has a discriminator of its own; list its alternatives here": schemas(
        A=of(k=STRING),
        B=of(k=STRING),
        C=of(c=STRING),
        U={"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "k"}},
        X={"oneOf": [ref("U"), ref("C"), {"type": "null"}]},
    ),
}


def test_discriminator_in_doubt_is_refused() -> None:
    """Each alternative is an object with that property, a text."""
    assert said(DISCRIMINATORS) == only(DISCRIMINATORS)


OBEYED: dict[str, dict[str, Any]] = {
    # The document
    "openapi-3.0": {**get(), "openapi": "3.0.3"},
    "server-root": described(servers=[{"url": "/"}]),
    "several-servers": described(servers=[{"url": "https://a.example/v1"}, {"url": "http://localhost"}]),
    "server-of-ipv6": described(servers=[{"url": "http://[::1]:8080/v1"}]),
    "server-variables": described(
        servers=[{"url": "https://{r}.a.example", "variables": {"r": {"default": "eu"}}}, {"url": "/"}]
    ),
    "callbacks-and-links": get(
        {"callbacks": {"c": {"{$request.body#/url}": {"post": OK}}}, "deprecated": True, "externalDocs": {"url": "x"}}
    ),
    "webhooks": described(webhooks={"w": {"post": OK}}),
    "server-scheme-variable": described(servers=[{"url": "{s}://a.example", "variables": {"s": {"default": "https"}}}]),
    # Paths and operations
    "same-server": described(
        {"/a": {"servers": [{"url": "https://a.example"}], "get": OK}},
        servers=[{"url": "https://a.example"}, {"url": "https://b.example"}],
    ),
    "tag-undeclared": get({"tags": ["a"]}, tags=[{"name": "b"}]),
    "paths-alike": described(
        {
            "/a/{id}": {"get": {**OK, "parameters": [PATH_ID]}},
            "/a/{name}": {"put": {**OK, "parameters": [{**PATH_ID, "name": "name"}]}},
        }
    ),
    "path-outside-ascii": described({"/é#x": {"get": OK}}),
    "operation-ids-alike-in-other-tags": described(
        {"/a": {"get": {**OK, "operationId": "getX", "tags": ["a"]}, "put": {**OK, "operationId": "get_x"}}}
    ),
    "extensions-beside-paths-and-responses": described(
        {"x-a": {"get": 1}, "/a": {"get": {"responses": {**OK["responses"], "x-b": {"c": 1}}}}}
    ),
    # Parameters
    "pipe-delimited": parameter(schema=STRINGS, style="pipeDelimited"),
    "deep-object": parameter(schema=of(a=STRING, b=STRINGS), style="deepObject"),
    "deep-object-beside-its-fields": get(
        {"parameters": [{**query("f", of(a=STRING)), "style": "deepObject"}, query("a"), query("g", of(f=STRING))]}
    ),
    "object-in-query": parameter(schema=of(a=STRING, b=STRINGS)),
    "array-in-header": parameter("header", schema=STRINGS),
    "array-in-cookie": parameter("cookie", schema=STRINGS, explode=False),
    "array-or-text-explode-false": parameter(schema={"oneOf": [STRING, STRINGS]}, explode=False),
    "parameter-of-operation-replaces-that-of-path": described(
        {"/a": {"parameters": [QUERY], "get": {**OK, "parameters": [QUERY]}}}
    ),
    "header-named-as-field-of-object": get({"parameters": [QUERY, {"name": "a", "in": "header", "schema": STRING}]}),
    "parameter-and-body-by-ref": described(
        {
            "/a/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "post": {**OK, "requestBody": {"$ref": "#/components/requestBodies/A"}},
            }
        },
        components={
            "parameters": {"Id": PATH_ID},
            "requestBodies": {"A": {"content": {"application/json": {"schema": STRING}}}},
        },
    ),
    "array-of-enums": parameter(schema={"type": "array", "items": {"enum": ["a", "b"]}}),
    # Bodies and responses
    "body-json": body("application/vnd.x+json", of(a=STRING)),
    "body-json-or-form": json_or_form({"oneOf": [of(b=STRING), of(c=STRING)]}, parameters=[query("list")]),
    "body-json-or-xml": post(
        {"application/xml": {"schema": STRINGS}, "application/json": {"schema": STRINGS}}, parameters=[query("list")]
    ),
    "body-json-or-form-or-xml": post(
        {
            "application/xml": {},
            "application/json": {"schema": of(a=STRING)},
            "multipart/form-data": {"schema": of(a=STRING)},
        }
    ),
    "null-in-extension": get({"x-codes": {"a": None}, "x-null": None}, x_null=None),
    "null-in-examples": response(
        {
            "application/json": {
                "schema": of(properties={"type": "object", "example": {"a": None}}),
                "examples": {"a": {"value": {"b": None}}},
            }
        }
    ),
    "body-null": body(schema={"type": ["object", "null"], "properties": {"a": STRING}}),
    "body-file": body("application/octet-stream", FILE),
    "body-file-of-3.1": post({"application/octet-stream": {}}),
    "body-image": body("image/png", FILE),
    "multipart": body("multipart/form-data", of(a=FILE, b={"type": "array", "items": FILE}, c=of(d=STRING))),
    "multipart-of-file-or-files": body(
        "multipart/form-data", of(a={"oneOf": [FILE, {"type": "array", "items": FILE}]})
    ),
    "error-of-another-media-type": response(XML, "404"),
    "text-before-json": response({"text/csv": {"schema": of(a=STRING)}, "application/json": {"schema": of(a=STRING)}}),
    "text-of-boolean": response({"text/plain": {"schema": {"type": "boolean"}}}),
    "any-media-type": response({"*/*": {"schema": of(a=STRING)}}),
    "image": response({"image/png": {"schema": FILE}}),
    "image-of-3.1": response({"image/png": {}}),
    # Schemas
    "limits": schema(type="string", minLength=1, maxLength=2, pattern="a", format="email"),
    "limits-undocumented": schema(
        type="string",
        **{"$comment": "a", "summary": "a", "minProperties": 1, "maxProperties": 2, "uniqueItems": True},
        **{"contentEncoding": "base64", "contentMediaType": "image/png", "contentSchema": {}},
    ),
    "extensions": schema(type="string", **{"x-any": {"thing": 1}}),
    "no-type": schema(properties={"a": {}, "b": STRING}, additionalProperties=STRING),
    "type-null": schema(type="object", properties={"a": {"type": "null"}}),
    "types": schema(type=["string", "integer", "null"], format="date", default=3),
    "const-true": schema(const=True),
    "enum-with-null": schema(type=["string", "null"], enum=["a", None]),
    "null-in-all-of": schemas(A=of(a=STRING), X=of(a={"type": ["object", "null"], "allOf": [ref("A"), of(b=STRING)]})),
    "enum-without-letters": schema(enum=["1", "!"]),
    "enum-named": schema(enum=["a b", "a-b"], format="a", **{"x-enum-varnames": ["A", "B"]}),
    "null-in-entry-of-all-of": schemas(A=of(a=STRING), X={"allOf": [ref("A"), {**of(b=STRING), "nullable": True}]}),
    "enum-of-both-booleans": schema(type="boolean", enum=[True, False]),
    "default-array": parameter(schema={**STRINGS, "default": ["a"]}),
    "default-object": schema(type="object", default={}),
    "default-null": schema(type="string", default=None),
    "default-date-time": schema(type="string", format="date-time", default="2026-11-23T08:28:36Z"),
    "default-of-anything": schemas(A={}, X={"allOf": [ref("A")], "default": "a"}),
    "default-number": schema(type="number", default=1),
    "all-of": schemas(
        A=of(a=STRING),
        X={
            "allOf": [ref("A"), {"type": "object", "properties": {"b": STRING}, "required": ["a"]}],
            "properties": {"c": STRING},
            "required": ["a"],
        },
    ),
    "all-of-extended": schemas(A=of(a=STRING), X={"allOf": [ref("A")], "properties": {"b": STRING}, "required": ["b"]}),
    "all-of-no-type": schema(allOf=[{"description": "A."}]),
    "all-of-one": schemas(
        A=of(a=STRING), X={"description": "A.", "nullable": True, "additionalProperties": True, "allOf": [ref("A")]}
    ),
    "recursive": schemas(
        X={"type": "object", "properties": {"x": ref("X"), "xs": {"type": "array", "items": ref("X")}}}
    ),
    "type-beside-ref": schemas(
        A=STRING, X={"type": "object", "properties": {"a": {**ref("A"), "type": "string", "x-a": 1}}}
    ),
    "one-of-overlapping-in-request": body(schema={"oneOf": [of(a=STRING), of(a=STRING, b=STRING)]}),
    "one-of-primitives": schema(oneOf=[STRING, INTEGER, {"type": "null"}]),
    "enum-of-integers-called-strings": schema(type="string", enum=[1, 2]),
    "one-of-by-const": schema(oneOf=[of(k={"const": "a"}, v=STRING), of(k={"const": "b"}, v=STRING)]),
    "one-of-by-optional-const": schema(oneOf=[{"properties": {"k": {"const": "a"}}}, of(k={"const": "b"})]),
    "one-of-by-type": schema(oneOf=[of(v=STRING), of(v=INTEGER), STRINGS]),
    "one-of-by-type-of-optional": schema(oneOf=[{"properties": {"a": STRING}}, {"properties": {"a": INTEGER}}]),
    "one-of-by-required": schema(oneOf=[of(a=STRING, b=STRING), of(a=STRING)]),
    "one-of-by-required-after": schema(oneOf=[of(a=STRING), of(a=STRING, b=STRING)]),
    "one-of-closed-before-required": schema(
        anyOf=[{"type": "object", "additionalProperties": False, "properties": {"a": STRING}}, of(b=STRING)]
    ),
    "one-of-arrays-by-required-after": schema(
        oneOf=[{"type": "array", "items": of()}, {"type": "array", "items": of(b=STRING)}]
    ),
    "one-of-alternatives-by-required-after": schemas(
        A=of(a=STRING),
        B=of(b=STRING),
        C=of(a=STRING, c=STRING),
        X={"oneOf": [{"oneOf": [ref("A"), ref("B")]}, INTEGER, ref("C")]},
    ),
    "discriminator-of-a-base-class": schemas(
        A={**of(kind=STRING), "discriminator": {"propertyName": "kind"}},
        B={"allOf": [ref("A"), of(b=STRING)]},
    ),
    "one-of-by-required-beside-all-of": schema(
        oneOf=[{"allOf": [of(a=STRING)], "properties": {"b": STRING}, "required": ["b"]}, of(a=STRING)]
    ),
    "one-of-twice-the-same": schemas(A=of(a=STRING), X={"oneOf": [ref("A"), {"oneOf": [ref("A"), INTEGER]}]}),
    "one-of-through-all-of": schemas(
        A=of(k=STRING, a=STRING), B={"allOf": [ref("A"), of(b=STRING)]}, X={"oneOf": [ref("B"), ref("A")]}
    ),
    "discriminator": schemas(
        A=of(k={"const": "a"}),
        B=of(k={"enum": ["b", "c"]}),
        C=of(c=STRING),
        X={"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "k"}},
        Y={"oneOf": [ref("X"), ref("C")]},
    ),
    "discriminator-by-mapping": schemas(
        A=of(k=STRING),
        B=of(k=STRING),
        X={
            "oneOf": [ref("A"), ref("B"), {"type": "null"}],
            "discriminator": {"propertyName": "k", "mapping": {"a": "A", "b": "#/components/schemas/B"}},
        },
    ),
    "discriminator-beside-null": schemas(
        A=of(k=STRING),
        B=of(k=STRING),
        U={"anyOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "k"}},
        X={"oneOf": [ref("U"), {"type": "null"}]},
    ),
    "read-only-in-response": response({"application/json": {"schema": of(id=READ_ONLY)}}),
    "write-only-in-request": body(schema=of(id=WRITE_ONLY)),
    "additional-properties": schema(type="object", additionalProperties=STRINGS),
}


def refusal(document: dict[str, Any]) -> str:
    """Return what is said of a document, here or of what openapi-python-client makes of it; "" if nothing is."""
    try:
        parsed(document, load_settings(ROOT / "generator-config.yaml", ROOT / "openapi.yaml"))
    except GenerationError as error:
        return str(error)
    return ""


def test_what_is_obeyed_is_not_refused() -> None:
    """Neither here nor by openapi-python-client."""
    assert {name: refusal(document) for name, document in OBEYED.items()} == dict.fromkeys(OBEYED, "")


MALFORMED: list[dict[str, Any]] = [
    {},
    {"openapi": "3.1.0", "paths": []},
    {"openapi": "3.1.0", "paths": {"/a": [], "/b": {"get": []}}, "components": [], "servers": {}, "tags": {}},
    get({"parameters": {"a": 1}, "responses": [], "requestBody": [], "tags": "a", "security": {}}),
    get({"parameters": ["a"], "responses": {"200": []}, "requestBody": {"content": []}, "tags": [{}]}),
    schema(type={}, enum={}, required={}, properties=[], items=[], allOf={}, oneOf="a", additionalProperties=[]),
    schema(type="object", required=[["a"], {}], properties={"a": []}, default=[{}], discriminator=[]),
    schema(oneOf=[[], "a"], enum=[{}, []], **{"x-enum-varnames": {}}),
]


def test_malformed_document_is_left_to_others() -> None:
    """openapi-spec-validator and openapi-python-client name what is no OpenAPI; here it must not end in a traceback."""
    for document in MALFORMED:
        list(refusals(document))


ALIKE: Refused = {
    "$.components.schemas: FooBar and FooBAR are both the module foo_bar in Python; give one another title": schemas(
        FooBAR={"enum": ["a"]}, FooBar=of(a=STRING)
    ),
    **{
        f"$.components.schemas: {name} is also the name of the class of a tag; give it another title": get(
            {"tags": ["send"]}, components={"schemas": {name: of(a=STRING)}}
        )
        for name in ("SendAPI", "AsyncSendAPI")
    },
    "$.components.schemas: X: the properties 'foobar' and 'foo-bar' are both foobar in Python; rename one": schemas(
        X={"required": ["foobar"], "properties": {"foobar": STRING, "foo_bar": STRING, "foo-bar": STRING}}
    ),
    "$.paths['/a'].get: the parameters 'foobar' and 'foo-bar' are both foobar in Python; rename one": get(
        {"parameters": [query("foobar"), query("foo_bar"), query("foo-bar")]}
    ),
}


def test_names_that_become_alike_are_refused() -> None:
    """One would silently replace the other."""
    found = {line: refusal(document) for line, document in ALIKE.items()}
    assert found == {line: line for line in found}
