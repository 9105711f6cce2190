"""The templates hold for other contracts: specs/workshop.yaml uses what the credits endpoint does not."""

from __future__ import annotations

import asyncio
import copy
import datetime
import importlib
import inspect
import io
import json
import pickle
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl
from uuid import UUID

import pytest

from generator.project import generate
from tests.support.api_description import NOTHING, Steps, json_path, replaced
from tests.support.faults import Fault, FaultServer, ReceivedRequest, raw, respond, text
from tests.support.processes import output
from tools import ROOT

ID = "0ea24c34-4d0b-4e67-8495-d16fa4d19ba6"
NODE = {"value": [1, {"a": None}], "left": {"value": None}, "leaf": {"roots": [{"value": 2}]}}
TOOL: dict[str, Any] = {
    "id": ID,
    "kind": "3d",
    "level": -3,
    "made_at": "2026-11-23T08:28:36.5Z",
    "maker": {"name": "Ada", "founded": "1815-12-10"},
    "matrix": [[1, 2.5], []],
    "spare": [
        {"id": ID, "kind": "hand tool", "level": 1, "made_at": "2026-11-23T08:28:36Z", "maker": None, "matrix": []}
    ],
    "weight": None,
    "owner": {"name": "Ada", "sort": "company", "size": 12, "new": True},
    "code": ID,
    "added later": {"kept": [1]},
}
THINGS: dict[str, Any] = {
    **{"type": "a", "list": ["b"], "str": "c", "class": 1, "odd-name": "d", "dotted.name": "e", "spaced name": "f"},
    "open": {"a": 1, "b": [None]},
    "counts": {"a": 1},
    "tools": {"a b": NODE},
    "kinds": {"a": ["3d", "hand tool"]},
    "client": {"any": {"file": {"response": {"unset": {"mapping": "g"}}}}},
    **{"int": 4, "dict": {"a": "h"}, "id": "i", "float": 1.5, "bool": False, "bytes": "j", "credits": [1]},
    **{"datetime": "2026-11-23T08:28:36Z", "date": "2026-11-23", "uuid": ID},
    **{"self": "k", "from": "l", "field": "m", "data": "n", "cls": "o", "error": "p", "extra": "q", "decoding": "r"},
    **{"property": "s", "classmethod": "t", "to_dict": "u", "from_dict": "v", "additional_properties": "w"},
    **{"pick": True, "decode_pick": "x", 'quoted"name': "y", "$ref-like": "z", "2nd": ""},
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that workshop.yaml is generated into, with our settings under another name."""
    folder = tmp_path_factory.mktemp("workshop")
    config = folder / "config.yaml"
    config.write_text((ROOT / "generator-config.yaml").read_text().replace("stablecog", "workshop"))
    generate(ROOT / "tests" / "specs" / "workshop.yaml", config, folder / "made")
    return folder / "made"


@pytest.fixture(scope="session")
def workshop(made: Path) -> Iterator[Any]:
    """The package that was made, imported."""
    sys.path.insert(0, str(made))
    yield importlib.import_module("workshop_client")
    sys.path.remove(str(made))


class Ask(Protocol):
    def __call__(self, call: Callable[[Any], Any], *answers: Fault) -> tuple[Any, ReceivedRequest]: ...


BOTH_CLIENTS = pytest.mark.parametrize("ask", ["Client", "AsyncClient"], indirect=True)
"""For what the two have code of their own for: functions, methods, and the sending of a body in several parts."""


@pytest.fixture
def ask(request: pytest.FixtureRequest, workshop: Any) -> Ask:
    """Makes one call with a client, and tells what it returned and what the server saw."""

    async def result_async(call: Callable[[Any], Any], **options: Any) -> Any:
        async with workshop.AsyncClient("a-key", **options) as client:
            return await call(client)

    def result(call: Callable[[Any], Any], **options: Any) -> Any:
        if getattr(request, "param", "Client") == "AsyncClient":
            return asyncio.run(result_async(call, **options))
        with workshop.Client("a-key", **options) as client:
            return call(client)

    def ask(call: Callable[[Any], Any], *answers: Fault) -> tuple[Any, ReceivedRequest]:
        with FaultServer(*answers) as server:
            return result(call, base_url=f"{server.url}/base", max_retries=1), ReceivedRequest.of(server.requests[-1])

    return ask


def as_json(value: Any, status: int = 200) -> Fault:
    return respond(status, json.dumps(value).encode())


# What is made


def test_mypy_in_strict_mode_has_no_complaint(made: Path, tmp_path: Path) -> None:
    """Of any generated module."""
    output("-m", "mypy", "--strict", f"--cache-dir={tmp_path}", "workshop_client", folder=made)


def test_pyright_in_strict_mode_has_no_complaint(made: Path) -> None:
    """Of any generated module."""
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11"}
    (made / "pyrightconfig.json").write_text(json.dumps(settings))
    output("-m", "pyright", "--pythonpath", sys.executable, folder=made)


def test_every_module_can_be_imported_first(made: Path) -> None:
    """No import depends on the order of others."""
    names = [".".join(path.relative_to(made).with_suffix("").parts) for path in made.rglob("*.py")]
    assert len(names) > 40
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    for old in [old for old in sys.modules if old.startswith('workshop_client')]: del sys.modules[old]\n"
        "    importlib.import_module(name.removesuffix('.__init__'))\n"
    )
    output("-W", "error", "-c", script, *names, folder=made)


def test_descriptions_become_docstrings(workshop: Any) -> None:
    """Whatever characters they have."""
    tools = importlib.import_module("workshop_client.api.tools")
    assert workshop.Tool.__doc__.startswith('Has a \\backslash, """triple""" quotes and ends in a "quote"')
    assert 'Backslash \\d, """triple""" and, at the end, a "quote"' in tools.ToolsAPI.get.__doc__
    assert 'level (int): How "far". At least 1.' in tools.ToolsAPI.get.__doc__
    assert "trace_id (str | Unset): Of the trace." in tools.ToolsAPI.get.__doc__
    assert "NotFoundError: 404. There is none." in tools.ToolsAPI.get.__doc__
    assert tools.ToolsAPI.__doc__.strip() == 'Everything that has a "handle"'
    assert "A number. Less than 9." in inspect.getsource(workshop.Wide)
    assert workshop.Kind.__doc__.strip() == 'Ends in a "quote"'
    assert "Example:\n    {'shelf': 'a \\\\b'}" in inspect.cleandoc(workshop.Where.__doc__)


def test_tags_and_methods_keep_free_names(workshop: Any) -> None:
    """They are called otherwise only where their name is taken."""
    with workshop.Client("a-key") as client:
        methods = {name for name in dir(client.tools) if not name.startswith("_")}
        # `import` is Python's, and tools_mend and mend_tools are both `mend` in short.
        assert methods == {"get", "delete", "list", "import_tools", "tools_mend", "mend_tools"}
        assert {name for name in dir(client.close_) if not name.startswith("_")} == {"close"}
    assert client.is_closed


def test_schema_named_as_ours_gets_an_underscore(workshop: Any) -> None:
    """Ours keeps its name."""
    for name in ("Client", "File", "Response", "Unset", "NotFoundError"):
        schema, own = getattr(workshop, f"{name}_"), getattr(workshop, name)
        assert schema.__module__.startswith("workshop_client.models.")
        assert not own.__module__.startswith("workshop_client.models.")


def test_server_variables_are_filled_in(workshop: Any) -> None:
    """By their defaults."""
    with workshop.Client("a-key") as client:
        assert str(client.base_url) == "https://eu.workshop.example/base"


# On the wire


@BOTH_CLIENTS
def test_parameters_arrive_in_their_places(workshop: Any, ask: Ask) -> None:
    """Every kind of them."""
    tool, seen = ask(
        lambda client: client.tools.get(
            UUID(ID),
            datetime.date(2026, 11, 23),
            5,
            kind=workshop.Kind.HAND_TOOL,
            since=datetime.datetime(2026, 11, 23, 8, tzinfo=datetime.UTC),
            filter=["a&b", "c d"],
            list=[workshop.Level.VALUE_1, workshop.Level.VALUE_NEGATIVE_3],
            str="é",
            json=False,
            request=1.5,
            client_query="me",
            where=workshop.Where(shelf="top", rows=[1, 2]),
            x_count=3,
            x_dry_run=True,
            x_note="now",
            trace_id="t",
            session="s",
            theme=workshop.Kind.POWER_TOOL,
        ),
        as_json(TOOL),
    )
    assert (seen.method, seen.path, seen.body) == ("GET", f"/base/tools/{ID}/2026-11-23/5", b"")
    assert seen.query == [
        *[("kind", "hand tool"), ("since", "2026-11-23T08:00:00Z"), ("filter", "a&b"), ("filter", "c d")],
        *[("list", "1"), ("list", "-3"), ("str", "é"), ("json", "false"), ("headers", "7"), ("request", "1.5")],
        *[("client", "me"), ("body", "the str of a list"), ("shelf", "top"), ("rows", "1"), ("rows", "2")],
    ]
    sent = ("x-count", "x-dry-run", "x-note", "trace.id", "cookie", "x-workshop-key")
    assert [seen.headers[name] for name in sent] == ["3", "true", "now", "t", "session=s; theme=power-tool", "a-key"]
    assert "authorization" not in seen.headers
    assert tool == workshop.Tool.from_dict(TOOL)


def test_omitted_and_null_parameters_are_not_sent(workshop: Any, ask: Ask) -> None:
    """Only JSON can say null."""
    required = {"kind": workshop.Kind.VALUE_2, "x_count": 0, "session": ""}
    _, seen = ask(
        lambda client: client.tools.get(UUID(ID), datetime.date.min, 0, str=None, x_note=None, **required),
        as_json(TOOL),
    )
    assert seen.query == [("kind", "3d"), ("headers", "7"), ("body", "the str of a list")]
    assert not seen.headers.keys() & {"x-note", "x-dry-run", "trace.id"}


def test_path_parameter_cannot_leave_its_segment(ask: Ask) -> None:
    """Whatever characters it has."""
    for name, segment in {"a/../b?c#d%=e": "a%2F..%2Fb%3Fc%23d%25%3De", "..": "%2E%2E"}.items():
        value, seen = ask(lambda client: client.default.get_untagged_name(name), as_json("ok"))  # noqa: B023
        assert (seen.path, seen.query, value) == (f"/base/untagged/{segment}", [], "ok")


SEGMENTS: dict[str, Any] = {
    **{"%2E": ".", "%2E%2E": "..", "...": "...", "~-_": "~-_", "X%2FX": "X/X", "%C3%A9%20": "é "},
    **{"true": True, "false": False, "1": 1, "1,true,a%2Cb": [1, True, "a,b"]},
}


def test_path_parameter_is_one_segment(workshop: Any) -> None:
    """Each kind of value; an empty one would name another path."""

    def target(value: Any) -> str:
        request = workshop._runtime.api_request.APIRequest
        path: str = request("GET", "/a/{x}/b", None, {}, path_parameters={"x": value}).target()
        return path

    assert {segment: target(value) for segment, value in SEGMENTS.items()} == {
        segment: f"/a/{segment}/b" for segment in SEGMENTS
    }
    empties: list[Any] = ["", []]
    for empty in empties:
        with pytest.raises(workshop.UsageError, match=r"^x: expected a value for the path, got an empty string$"):
            target(empty)


def test_array_in_header_or_cookie_has_commas(workshop: Any) -> None:
    """Between its items."""
    request = workshop._runtime.api_request.APIRequest(
        "GET", "/", None, {}, headers={"a": [1, "b"]}, cookies={"c": [True, [2]]}
    )
    assert request.arguments() == {"params": {}, "headers": {"a": "1,b"}, "cookies": {"c": "true,2"}}


def test_operation_without_security_gets_no_key(ask: Ask) -> None:
    """The key goes only where it is needed."""
    _, seen = ask(lambda client: client.default.get_untagged_name("a"), as_json(None))
    assert "x-workshop-key" not in seen.headers


def test_key_is_needed_by_secured_operations(workshop: Any) -> None:
    """A client can be made without one."""
    with workshop.Client() as client, pytest.raises(workshop.UsageError, match="WORKSHOP_API_KEY"):
        client.tools.list()


def test_json_body_is_sent_as_documented(workshop: Any, ask: Ask) -> None:
    """As the API description has it."""
    tool, seen = ask(lambda client: client.tools.import_tools(body=[workshop.Tool.from_dict(TOOL)]), as_json(TOOL))
    assert (seen.method, seen.headers["content-type"], json.loads(seen.body)) == ("PUT", "application/json", [TOOL])
    assert isinstance(tool, workshop.Tool)


def test_each_body_has_its_own_media_type(workshop: Any, ask: Ask) -> None:
    """Where an operation takes one of several."""
    done = text(202, "done")
    said, seen = ask(lambda client: client.tools.tools_mend(body=workshop.Tool.from_dict(TOOL), body_query="b"), done)
    assert (said, seen.headers["content-type"], seen.query) == ("done", "application/json", [("body", "b")])
    _, seen = ask(lambda client: client.tools.tools_mend(body=workshop.Form(name="n")), done)
    assert (seen.headers["content-type"], seen.body) == ("application/x-www-form-urlencoded", b"name=n")
    _, seen = ask(lambda client: client.tools.tools_mend(tools_mend="t"), done)
    assert (seen.body, seen.query) == (b"", [("tools_mend", "t")])


def test_form_is_sent_field_by_field(workshop: Any, ask: Ask) -> None:
    """Objects as JSON, arrays repeated."""
    form = workshop.Form(
        name="a&b=é",
        when=datetime.date(2026, 11, 23),
        agreed=True,
        counts=[1, 2],
        kind=workshop.Kind.HAND_TOOL,
        note=None,
        where=workshop.Where(shelf="top"),
        additional_properties={"more": "m"},
    )
    nothing, seen = ask(lambda client: client.forms.send_form(body=form), respond(204, b""))
    assert nothing is None
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(seen.body.decode()) == [
        *[("name", "a&b=é"), ("when", "2026-11-23"), ("agreed", "true"), ("counts", "1"), ("counts", "2")],
        *[("kind", "hand tool"), ("where", '{"shelf": "top"}'), ("more", "m")],
    ]


def upload(workshop: Any) -> Any:
    return workshop.Upload(
        file=workshop.File(io.BytesIO(b"\x00\xff"), "a.bin", "image/png"),
        files=[workshop.File(io.BytesIO(b"1"), "1.txt"), workshop.File(io.BytesIO(b"2"))],
        where=workshop.Where(shelf="top"),
        when=datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC),
        level=workshop.Level.VALUE_2,
        agreed=False,
        note=None,
        tags=["a", "b"],
    )


PARTS = [
    ("file", "a.bin", "image/png", b"\x00\xff"),
    *[("files", "1.txt", "text/plain", b"1"), ("files", "upload", "application/octet-stream", b"2")],
    ("where", None, "application/json", b'{"shelf": "top"}'),
    *[("when", None, "text/plain", b"2026-11-23T00:00:00Z"), ("level", None, "text/plain", b"2")],
    *[("agreed", None, "text/plain", b"false"), ("tags", None, "text/plain", b"a"), ("tags", None, "text/plain", b"b")],
]


def parts(seen: ReceivedRequest) -> list[tuple[Any, ...]]:
    """The parts of a multipart body: name, file name, media type, content."""
    message = message_from_bytes(b"content-type: " + seen.headers["content-type"].encode() + b"\r\n\r\n" + seen.body)
    found: list[tuple[Any, ...]] = []
    for part in message.walk():
        if not part.is_multipart():
            name = part.get_param("name", header="content-disposition")
            found.append((name, part.get_filename(), part.get_content_type(), part.get_payload(decode=True)))
    return found


def test_files_are_uploaded_beside_other_fields(workshop: Any, ask: Ask) -> None:
    """Each as a part of its own."""
    size, seen = ask(lambda client: client.forms.upload(body=upload(workshop)), as_json(4, 201))
    assert (size, parts(seen)) == (4, PARTS)


@BOTH_CLIENTS
def test_files_are_whole_in_a_retry(workshop: Any, ask: Ask) -> None:
    """They are not read to their end the first time."""
    _, seen = ask(lambda client: client.forms.upload(body=upload(workshop)), text(429), as_json(4, 201))
    assert parts(seen) == PARTS


class Unseekable(io.BytesIO):
    def seek(self, *args: Any) -> int:
        raise io.UnsupportedOperation("seek")


class Readable:
    """A file that has nothing but `read`."""

    def __init__(self, content: bytes) -> None:
        self.read = io.BytesIO(content).read


@pytest.mark.parametrize("file", [io.BytesIO, Unseekable, Readable])
def test_file_is_whole_in_a_retry(workshop: Any, ask: Ask, file: Callable[[bytes], Any]) -> None:
    """Also one that can be read only once, in a form and alone."""
    form = workshop.Upload(file=workshop.File(file(b"1"), "a.bin"))
    _, seen = ask(lambda client: client.forms.upload(body=form), text(429), as_json(4, 201))
    assert parts(seen) == [("file", "a.bin", "application/octet-stream", b"1")]
    body = workshop.File(file(b"1"))
    answer = respond(200, b"", "application/octet-stream")
    assert ask(lambda client: client.forms.put_raw(body=body), text(429), answer)[1].body == b"1"


def test_file_is_sent_from_its_start(workshop: Any, ask: Ask) -> None:
    """Wherever it was read up to before, as by an earlier call."""
    file = workshop.File(io.BytesIO(b"12"))
    file.payload.seek(1)
    for _ in range(2):
        assert ask(lambda client: client.forms.put_raw(body=file), respond(200, b""))[1].body == b"12"
        form = workshop.Upload(file=file)
        assert parts(ask(lambda client: client.forms.upload(body=form), as_json(4, 201))[1])[0][-1] == b"12"  # noqa: B023


def closed() -> io.BytesIO:
    file = io.BytesIO()
    file.close()
    return file


@pytest.mark.parametrize("payload", [b"1", io.StringIO("1"), closed()], ids=["bytes", "text", "closed"])
def test_file_that_cannot_be_read_is_refused(workshop: Any, payload: Any) -> None:
    """With the name of the field, before anything is sent."""
    client, file = workshop.Client("a-key", base_url="http://localhost:9"), workshop.File(payload)
    with pytest.raises(workshop.UsageError, match=r"^body: expected an open file in binary mode"):
        client.forms.put_raw(body=file)
    with pytest.raises(workshop.UsageError, match=r"^file: expected an open file in binary mode"):
        client.forms.upload(body=workshop.Upload(file=file))


def test_bytes_go_and_come_as_they_are(workshop: Any, ask: Ask) -> None:
    """Also in a retry."""
    content = bytes(range(256))
    body = workshop.File(io.BytesIO(content))
    file, seen = ask(
        lambda client: client.forms.put_raw(body=body), text(429), respond(200, content, "application/octet-stream")
    )
    assert (seen.body, seen.headers["content-type"]) == (content, "application/octet-stream")
    assert (file.payload.read(), file.mime_type) == (content, "application/octet-stream")


# Answers


def test_documented_successes_have_their_types(workshop: Any, ask: Ask) -> None:
    """Each of them; another one is refused."""
    assert ask(lambda client: client.tools.import_tools(body=[]), as_json(TOOL, 200))[0].level == -3
    assert ask(lambda client: client.tools.import_tools(body=[]), as_json(2, 201))[0] == 2
    with pytest.raises(workshop.APIResponseValidationError, match="200 or 201"):
        ask(lambda client: client.tools.import_tools(body=[]), as_json(2, 202))


def test_default_response_stands_for_successes(workshop: Any, ask: Ask) -> None:
    """For every success, and for no failure."""
    assert ask(lambda client: client.tools.mend_tools(), as_json(NODE, 203))[0].to_dict() == NODE
    with pytest.raises(workshop.NotFoundError):
        ask(lambda client: client.tools.mend_tools(), as_json(NODE, 404))


def test_union_of_primitives_keeps_each(ask: Ask) -> None:
    """As it is."""
    for value in "a", 3, None:
        assert ask(lambda client: client.default.get_untagged_name("a"), as_json(value))[0] == value


def test_response_without_body_is_none(ask: Ask) -> None:
    """With 204, or with 200 and no documented body."""
    arguments = (UUID(ID), "2026-11-23", 5)
    result, seen = ask(lambda client: client.tools.delete(*arguments), respond(204, b""))
    assert (result, seen.method, seen.path) == (None, "DELETE", f"/base/tools/{ID}/2026-11-23/5")
    assert ask(lambda client: client.close_.close(), respond(200, b""))[0] is None


@BOTH_CLIENTS
def test_functions_and_methods_are_the_same_call(workshop: Any, ask: Ask) -> None:
    """Those of a module and of a tag."""
    module: Any = importlib.import_module("workshop_client.api.tools.list_tools")

    def call(client: Any) -> Any:
        is_async = isinstance(client, workshop.AsyncClient)
        return (module.asyncio_detailed if is_async else module.sync_detailed)(client=client)

    response, seen = ask(call, as_json([TOOL]))
    assert (seen.method, seen.path) == ("GET", "/base/tools")
    assert response.parsed == [workshop.Tool.from_dict(TOOL)]
    assert (response.status_code, json.loads(response.content)) == (200, [TOOL])


UNDOCUMENTED: list[tuple[Steps, Any]] = [
    (("id",), NOTHING),
    (("id",), "no"),
    (("kind",), "saw"),
    (("level",), True),
    (("level",), 2.5),
    (("made_at",), "2026-11-23"),
    (("maker", "founded"), "1815-02-30"),
    (("matrix", 0, 1), "x"),
    (("spare",), None),
    (("spare", 0, "kind"), NOTHING),
    (("weight",), "x"),
    (("bought",), 1),
    (("owner", "sort"), "smith"),
    (("owner",), []),
    (("code",), "x"),
    ((), None),
    ((), []),
]


def test_undocumented_value_is_refused_by_path(workshop: Any, ask: Ask) -> None:
    """What the API description does not allow."""
    for steps, value in UNDOCUMENTED:
        with pytest.raises(workshop.APIResponseValidationError) as caught:
            ask(lambda client: client.tools.list(), as_json([replaced(TOOL, steps, value)]))
        assert caught.value.path == json_path((0, *steps)), (steps, value)


def test_values_under_any_name_are_checked(workshop: Any) -> None:
    """Additional properties, and names that are no identifiers."""
    paths: dict[str, Any] = {
        "$.counts.b": {"counts": {"a": 1, "b": "x"}},
        "$.tools['a b'].value": {"tools": {"a b": {}}},
        "$.kinds.a[1]": {"kinds": {"a": ["3d", "saw"]}},
        "$['odd-name']": {"odd-name": 1},
        "$.pick": {"pick": "x"},
    }
    for path, change in paths.items():
        with pytest.raises(workshop.APIResponseValidationError) as caught:
            workshop.NamesNasty.from_dict({**THINGS, **change})
        assert caught.value.path == path


# What few documents use


def test_unexploded_arrays_are_joined(workshop: Any, ask: Ask) -> None:
    """In a query by their style, in headers by commas; an empty one is left out."""
    when = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
    _, seen = ask(
        lambda client: client.odd.get(
            "a", ids=[1, 2], pipes=[True, False], spaces=["a", "b"], x_ids=[UUID(ID), UUID(ID)], x_when=when
        ),
        as_json({}),
    )
    assert seen.query == [("ids", "1,2"), ("pipes", "true|false"), ("spaces", "a b")]
    assert (seen.headers["x-ids"], seen.headers["x-when"]) == (f"{ID},{ID}", "2026-11-23T00:00:00Z")
    assert ask(lambda client: client.odd.get("a", ids=[]), as_json({}))[1].query == []
    assert ask(lambda client: client.odd.get("a", either="a,b"), as_json({}))[1].query == [("either", "a,b")]


def test_item_with_the_delimiter_is_refused(workshop: Any) -> None:
    """The server would take it for two."""
    client = workshop.Client("a-key", base_url="http://localhost:9")
    for argument in {"either": ["a", "b,c"]}, {"spaces": ["a b"]}:
        with pytest.raises(
            workshop.UsageError, match=r"'(b,c|a b)': an item of an array contains '[, ]', which stands"
        ):
            client.odd.get("a", **argument)


def test_deep_object_is_sent_by_its_fields(workshop: Any, ask: Ask) -> None:
    """With the name of the parameter before theirs; one left out sends nothing."""
    deep = workshop.Where(shelf="top", additional_properties={"b": [1, 2]})
    _, seen = ask(lambda client: client.odd.get("a", deep=deep), as_json({}))
    assert seen.query == [("deep[shelf]", "top"), ("deep[b]", "1"), ("deep[b]", "2")]
    assert ask(lambda client: client.odd.get("a"), as_json({}))[1].query == []


def test_objects_in_arrays_are_sent_as_json(workshop: Any, ask: Ask) -> None:
    """In a query and in a form, not as Python shows them."""
    assert ask(lambda client: client.odd.get("a", any=[{"b": "c"}]), as_json({}))[1].query == [("any", '{"b": "c"}')]
    form = workshop.Form(name="n", additional_properties={"a": [workshop.Where(shelf="top")]})
    _, seen = ask(lambda client: client.forms.send_form(body=form), respond(204, b""))
    assert parse_qsl(seen.body.decode()) == [("name", "n"), ("a", '{"shelf": "top"}')]


def test_header_and_cookie_are_one_line(workshop: Any, ask: Ask) -> None:
    """What would end them is refused by name. A header may have semicolons."""
    for name, argument, excluded in ("session", "session", "';' or space"), ("X-Note", "x_note", "space"):
        for value in ["a\nb", "a\0", " a", "a ", "a\t", "\u2603", *(["a;b"] if name == "session" else [])]:
            expected = f"{name}: expected printable ASCII, without {excluded} around it"
            with pytest.raises(workshop.UsageError, match=f"^{expected}$"):
                ask(lambda client: client.odd.get("a", **{argument: value}), as_json({}))  # noqa: B023
    assert ask(lambda client: client.odd.get("a", x_note="a;b"), as_json({}))[1].headers["x-note"] == "a;b"


def test_similar_paths_keep_their_security(workshop: Any, ask: Ask) -> None:
    """One needs a key, the other none."""
    _, seen = ask(lambda client: client.odd.get("a"), as_json({}))
    assert (seen.method, seen.path, seen.headers["x-workshop-key"]) == ("GET", "/base/odd/a", "a-key")
    _, seen = ask(lambda client: client.odd.put("a/b", body=workshop.Where()), as_json({}))
    assert (seen.method, seen.path) == ("PUT", "/base/odd/a%2Fb")
    assert "x-workshop-key" not in seen.headers


def test_optional_key_is_sent_if_given(workshop: Any) -> None:
    """Without one, the operations that need none can be called."""
    with FaultServer(as_json({})) as server, workshop.Client(base_url=server.url) as client:
        client.odd.get("a")
        assert "x-workshop-key" not in ReceivedRequest.of(server.requests[-1]).headers
        with pytest.raises(workshop.UsageError, match="WORKSHOP_API_KEY"):
            client.odd.get_any()


def test_key_may_have_a_prefix(workshop: Any) -> None:
    """Of the caller's own: it is sent as it is."""
    with FaultServer(as_json({})) as server, workshop.Client("Bearer a b", base_url=server.url) as client:
        client.odd.get("a")
        assert ReceivedRequest.of(server.requests[-1]).headers["x-workshop-key"] == "Bearer a b"


def test_json_body_may_be_null(workshop: Any, ask: Ask) -> None:
    """It is not left out."""
    _, seen = ask(lambda client: client.odd.put("a", body=None), as_json({}))
    assert (seen.body, seen.headers["content-type"]) == (b"null", "application/json")


def test_undocumented_success_is_none(workshop: Any, ask: Ask) -> None:
    """The server has acted; what it says of it is not documented."""
    assert ask(lambda client: client.odd.put("a", body=None), as_json([1], 201))[0] is None
    with pytest.raises(workshop.NotFoundError):
        ask(lambda client: client.odd.put("a", body=None), as_json([1], 404))


def test_path_outside_ascii_is_quoted(ask: Ask) -> None:
    """As UTF-8."""
    assert ask(lambda client: client.odd.get_path(), respond(204, b""))[1].path == "/base/odd/%C3%A9%23x"


def test_response_to_head_has_no_body(ask: Ask) -> None:
    """Whatever the response says of one."""
    result, seen = ask(
        lambda client: client.odd.check("a"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"),
    )
    assert (result, seen.method) == (None, "HEAD")


def test_other_media_types_are_bytes_or_json(workshop: Any, ask: Ask) -> None:
    """Those with a binary schema are bytes, any media type is JSON, and errors keep their text."""
    image, seen = ask(lambda client: client.odd.get_image(), respond(200, b"\x89PNG", "image/png"))
    assert (image.payload.read(), image.mime_type) == (b"\x89PNG", "image/png")
    assert seen.headers["accept"] == "image/png"
    table, seen = ask(lambda client: client.odd.put_image(body=image), respond(200, b"\xe9;1", "text/csv"))
    assert (table.payload.read(), table.mime_type) == (b"\xe9;1", "text/csv")
    assert (seen.headers["content-type"], seen.headers["accept"], seen.body) == ("image/png", "text/csv", b"\x89PNG")
    gif = workshop.File(io.BytesIO(b"GIF"), mime_type="image/gif")
    assert (
        ask(lambda client: client.odd.put_image(body=gif), respond(204, b""))[1].headers["content-type"] == "image/gif"
    )
    assert ask(lambda client: client.odd.get_any(), as_json({"one": 1}))[0].to_dict() == {"one": 1}
    with pytest.raises(workshop.APIStatusError) as caught:
        ask(lambda client: client.odd.get_image(), respond(400, b"<no/>", "application/xml"))
    assert (caught.value.text, caught.value.body) == ("<no/>", None)


def test_login_page_is_no_file(workshop: Any, ask: Ask) -> None:
    """Nor text; but a response without a body may have any media type."""
    page = "the body is a page of HTML, not {}; a proxy or another server may have answered: check `base_url`"
    image = workshop.File(io.BytesIO(b"PNG"))
    calls: dict[str, Callable[[Any], Any]] = {
        "image/png": lambda client: client.odd.get_image(),
        "text/plain": lambda client: client.tools.tools_mend(tools_mend="t"),
        "a response without a body": lambda client: client.odd.get_path(),
    }
    for media_type, call in calls.items():
        with pytest.raises(workshop.APIResponseValidationError, match=re.escape(page.format(media_type))) as caught:
            ask(call, respond(200, b" <title>Log in</title>", "Text/HTML; charset=utf-8"))
        assert (caught.value.expected, caught.value.got) == (media_type, "a page of HTML")
    assert ask(lambda client: client.odd.put_image(body=image), respond(204, b"", "text/html"))[0] is None
    assert ask(calls["text/plain"], respond(200, b"OK", "text/html"))[0] == "OK"


def test_texts_are_as_written(workshop: Any) -> None:
    """In defaults, enums and constants."""
    odd = workshop.Odd()
    assert (odd.quoted, odd.lines) == ('a "quoted" \\backslash', 'c"d\\')
    assert list(workshop.OddLines) == ["a\nb", 'c"d\\', "plain"]
    values = {"constant": 'it\'s "quoted" \\', "lines": "a\nb", "one": 1.0, "nothing": None}
    assert workshop.Odd.from_dict(values).to_dict() == values
    for name, value in (("constant", "it's"), ("lines", "ab"), ("one", True), ("nothing", 0)):
        with pytest.raises(workshop.APIResponseValidationError):
            workshop.Odd.from_dict({name: value})


def test_constants_tell_alternatives_apart(workshop: Any) -> None:
    """Of a union without a discriminator."""
    for name, kind in (("circle", workshop.Circle), ("square", workshop.Square)):
        assert isinstance(workshop.Odd.from_dict({"shape": {"shape": name, "size": 1}}).shape, kind)
    with pytest.raises(workshop.APIResponseValidationError, match=r"\$\.shape"):
        workshop.Odd.from_dict({"shape": {"shape": "line", "size": 1}})


def test_traceback_of_a_refused_map_can_be_shown(workshop: Any) -> None:
    """With its variables, none of which is half a model."""
    for model in workshop.Counts, workshop.Dated:
        with pytest.raises(workshop.APIResponseValidationError, match=r"^\$\.a: expected") as caught:
            model.from_dict({"a": []})
        shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        assert "self = " not in shown


def test_null_is_not_lost(workshop: Any, ask: Ask) -> None:
    """Beside an enum that may not list it, allOf, oneOf, a $ref, or properties without a type."""
    shape = {"shape": "circle"}
    for value in (
        {"choice": None, "pick": None, "round": None, "figure": None, "ring": None, "loose": None},
        {"choice": "a", "pick": "a", "round": shape, "figure": shape, "ring": shape, "loose": {"a": 1}},
    ):
        odd = ask(lambda client: client.odd.get("a"), as_json(value))[0]
        assert odd.to_dict() == value
    assert odd.choice is workshop.OddChoiceType1("a")
    assert {type(odd.round), type(odd.figure), type(odd.ring)} == {workshop.Circle}
    for name in value:
        with pytest.raises(workshop.APIResponseValidationError):
            workshop.Odd.from_dict({name: 0})


def test_discriminator_maps_values_to_models(workshop: Any) -> None:
    """One that the mapping leaves out has the name of its schema as its value."""
    sorts = {'a "cat"': workshop.Cat, "tom": workshop.Cat, "Dog": workshop.Dog}
    for sort, kind in sorts.items():
        value = {"pet": {"sort": sort, "age": 1}, "pets": [None, {"sort": sort}]}
        odd = workshop.Odd.from_dict(value)
        assert (type(odd.pet), type(odd.pets[1]), odd.pets[0], odd.to_dict()) == (kind, kind, None, value)


UNMAPPED: dict[str, list[dict[str, Any]]] = {
    "$.pet.sort": [{"pet": {"sort": "Cat"}}, {"pet": {"sort": ["Dog"]}}, {"pet": {}}],
    "$.pet.age": [{"pet": {"sort": "Dog", "age": "x"}}],
    "$.pet": [{"pet": None}],
    "$.pets[0].sort": [{"pets": [{"sort": "Bird"}]}],
}


def test_unmapped_discriminator_is_refused(workshop: Any) -> None:
    """So is the value of the model that is chosen by it."""
    for path, values in UNMAPPED.items():
        for value in values:
            with pytest.raises(workshop.APIResponseValidationError) as caught:
                workshop.Odd.from_dict(value)
            assert caught.value.path == path, value


WIDE: dict[str, Any] = {"builtins": "a", "dict": {"a": "b"}, "object": [{"a": "c"}], "p0": 1, "p29": "d", "new": 2}


def test_model_of_many_fields_is_decoded(workshop: Any, ask: Ask) -> None:
    """Type checkers need other code for it, and other names where it hides builtins."""
    wide = ask(lambda client: client.tag_property_.get(), as_json(WIDE))[0]
    assert (wide.builtins, wide.object, wide.p0, wide.p1) == ("a", [workshop.KeyError_(a="c")], 1, workshop.UNSET)
    assert wide.to_dict() == WIDE
    changes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"builtins": 1}, "$.builtins"),
        ({"object": [{}]}, "$.object[0].a"),
        ({"p29": 0}, "$.p29"),
    )
    for change, path in changes:
        with pytest.raises(workshop.APIResponseValidationError) as caught:
            workshop.Wide.from_dict({**WIDE, **change})
        assert caught.value.path == path
    with pytest.raises(workshop.APIResponseValidationError) as caught:
        workshop.Wide.from_dict({})
    assert caught.value.path == "$.builtins"


def test_schema_named_as_error_is_decoded(workshop: Any, ask: Ask) -> None:
    """Beside the error of that name."""
    with pytest.raises(workshop.NotFoundError) as caught:
        ask(lambda client: client.tag_property_.get(), as_json({"a": "a"}, 404))
    assert caught.value.body == workshop.NotFoundError_(a=workshop.StrEnum_.A)


def test_models_are_exported_in_a_list(workshop: Any) -> None:
    """Pyright gives up on a tuple of more than 256."""
    assert isinstance(importlib.import_module("workshop_client.models").__all__, list)


def test_object_without_type_is_decoded(workshop: Any) -> None:
    """By its properties."""
    assert workshop.Odd.from_dict({"untyped": {"a": 1, "b": [None]}}).untyped == workshop.Untyped(a=1, b=[None])


# Models


def test_models_survive_a_round_trip(workshop: Any, ask: Ask) -> None:
    """Every kind of them."""
    things = workshop.NamesNasty.from_dict(THINGS)
    assert json.dumps(things.to_dict(), sort_keys=True) == json.dumps(THINGS, sort_keys=True)
    answered, seen = ask(lambda client: client.things.add_thing(body=things), as_json(THINGS))
    assert (json.loads(seen.body), answered) == (THINGS, things)


def test_names_are_those_of_the_description(workshop: Any) -> None:
    """Unless Python or the class has them."""
    things = workshop.NamesNasty.from_dict(THINGS)
    same = ["type", "list", "str", "int", "id", "float", "bool", "bytes", "credits", "field", "data", "cls", "error"]
    assert [getattr(things, name) for name in same] == [THINGS[name] for name in same]
    assert (things.class_, things.from_, things.self_, things.odd_name, things.spaced_name) == (1, "l", "k", "d", "f")
    assert (things.to_dict_, things.from_dict_, things.additional_properties_) == ("u", "v", "w")
    assert things.client.any.file.response.unset.mapping == "g"


def test_values_have_their_documented_types(workshop: Any) -> None:
    """Those of the API description."""
    tool = workshop.Tool.from_dict(TOOL)
    assert tool.id == UUID(ID)
    assert tool.kind is workshop.Kind("3d")
    assert tool.level is workshop.Level(-3)
    assert tool.made_at == datetime.datetime(2026, 11, 23, 8, 28, 36, 500000, tzinfo=datetime.UTC)
    assert tool.maker.founded == datetime.date(1815, 12, 10)
    assert isinstance(tool.spare[0], workshop.Tool)
    assert isinstance(tool.owner, workshop.Company)
    assert tool.code == UUID(ID)
    assert tool.to_dict() == TOOL


def test_additional_properties_have_own_decoder(workshop: Any) -> None:
    """Whatever a field is called."""
    value = {"additional_property": "2026-11-23T08:28:36Z", "other": "3d"}
    dated = workshop.Dated.from_dict(value)
    assert (type(dated.additional_property), dated.to_dict()) == (datetime.datetime, value)
    assert dated.additional_properties == {"other": workshop.Kind("3d")}


def test_unknown_fields_are_kept(workshop: Any) -> None:
    """Unless the schema is closed."""
    tool = workshop.Tool.from_dict(TOOL)
    assert tool.additional_properties == {"added later": {"kept": [1]}}
    assert tool.owner.additional_properties == {"new": True}
    closed = workshop.Node.from_dict({"value": 1, "new": 2})
    assert not hasattr(closed, "additional_properties")
    assert closed.to_dict() == {"value": 1}


def test_omitted_field_is_not_null(workshop: Any) -> None:
    """A model tells them apart, and writes them back so."""
    null = workshop.Tool.from_dict({**TOOL, "weight": None})
    left_out = workshop.Tool.from_dict({name: value for name, value in TOOL.items() if name != "weight"})
    assert (null.weight, left_out.weight) == (None, workshop.UNSET)
    assert null.to_dict()["weight"] is None
    assert "weight" not in left_out.to_dict()
    assert null != left_out
    assert left_out.sharp is workshop.UNSET  # not the default: the server did not say so


def test_default_fills_in_what_is_omitted(workshop: Any) -> None:
    """By the caller; what the server omits stays unset."""
    tool = workshop.Tool(
        id=UUID(ID),
        kind=workshop.Kind.HAND_TOOL,
        level=workshop.Level.VALUE_1,
        made_at=datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC),
        maker=None,
        matrix=[],
    )
    assert (tool.sharp, tool.colour, tool.bought) == (True, "the str of a list", datetime.date(2026, 11, 23))


def pickled(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))  # noqa: S301


def test_models_are_copied_and_pickled(workshop: Any) -> None:
    """Each kind of them."""
    for again in copy.copy, copy.deepcopy, pickled:
        for model in (
            *(workshop.Tool.from_dict(TOOL), workshop.NamesNasty.from_dict(THINGS), workshop.Node.from_dict(NODE)),
        ):
            assert again(model) == model
            assert again(model).to_dict() == model.to_dict()
        assert again(workshop.Tool.from_dict(TOOL)).sharp is workshop.UNSET


# Contracts that leave things out

BARE: dict[str, Any] = {"openapi": "3.0.3", "info": {"title": "Bare thing", "version": "1"}, "paths": {}}
PING = {"/ping": {"get": {"responses": {"200": {"description": "ok"}}}}}


@pytest.mark.parametrize("paths", [{}, PING], ids=["no-paths", "a-path"])
def test_bare_document_in_json_is_enough(tmp_path: Path, paths: Any) -> None:
    """Without servers, security or schemas; its texts do not mention what is not there."""
    (tmp_path / "bare.json").write_text(json.dumps({**BARE, "paths": paths}))
    config = tmp_path / "config.yaml"
    config.write_text((ROOT / "generator-config.yaml").read_text().replace("stablecog", "bare"))
    generate(tmp_path / "bare.json", config, tmp_path / "made")
    script = (
        "from bare_client import Client, UsageError\n"
        "Client(base_url='https://example.com').close()\n"
        "try: Client()\n"
        "except UsageError as error: assert 'BARE_BASE_URL' in str(error)\n"
        "else: raise SystemExit('needs a base_url')\n"
    )
    output("-c", script, folder=tmp_path / "made")
    client, readme = ((tmp_path / "made" / name).read_text() for name in ("bare_client/client.py", "README.md"))
    assert " none: the API description names no server.\n" in client
    assert "\nA client library for accessing Bare thing\n" in readme
    assert "| `BARE_BASE_URL` |\n" in readme
    assert "The server allows" not in readme
    assert ("with Client() as client:\n" in readme) == ("default.get_ping`: `GET /ping`\n" in readme) == bool(paths)
