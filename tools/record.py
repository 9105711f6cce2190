"""Records what a server answers now: `python -m tools.record [--url URL] [--into FOLDER]`.

Each operation of the contract that a key alone is enough for is asked with the key, without it, and at a path one
letter short. The raw answers (message/http) land in the folder, beside their index. A line is printed for each
departure: `drift:` from what was recorded before, and `broken:` from the contract, which makes the exit status 1 and
keeps the answer from taking the place of a good one.

Nothing secret may land in a file or on the screen, see `scrub`; in doubt nothing at all is written.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import ssl
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import h11
import httpx
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_spec_validator.readers import read_from_filename

from tools import ROOT
from tools.replay import RECORDINGS
from tools.scrub import DoubtError, ensure_clean, scrub_head

CONTRACT = ROOT / "openapi.yaml"
SECONDS = 30
MAX_SIZE = 16 * 2**20

# Headers that depend on the size or the moment of an answer.
PASSING_HEADERS = {"connection", "content-length", "date", "transfer-encoding"}


@dataclass(frozen=True)
class Exchange:
    """A request to make, and the status that the contract leads one to expect."""

    file: str
    operation: str  # the path in the contract
    path: str  # the path to ask
    with_key: bool
    status: int
    describes: str

    def headers(self, url: str, key: str) -> dict[str, str]:
        authorization = {"Authorization": f"Bearer {key}"} if self.with_key else {}
        return {"Host": urlsplit(url).netloc, **authorization, "Connection": "close"}


def exchanges(document: dict[str, Any]) -> Iterator[Exchange]:
    for path, item in document["paths"].items():
        operation = item.get("get")
        if operation is None or item.get("parameters") or operation.get("parameters"):
            continue
        name = operation["operationId"].replace("_", "-")
        for status, target, with_key, how in (
            (200, path, True, "with a key"),
            (401, path, False, "without a key"),
            (404, path[:-1], True, "at a path that the server does not know"),
        ):
            yield Exchange(f"{status}-{name}-live.http", path, target, with_key, status, f"`make record`, {how}.")


@dataclass(frozen=True)
class Answer:
    """A response, as it may be written."""

    raw: bytes
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0]

    @property
    def content_type(self) -> str:
        """The media type and its parameters, such as a charset."""
        return re.sub(r"\s*([;=])\s*", r"\1", str(self.headers.get("content-type", "")).strip().lower())

    def fields(self) -> dict[str, set[str]]:
        """The types that stand at each place of a JSON body, by JSON path."""
        found: dict[str, set[str]] = {}
        if self.media_type == "application/json":
            with suppress(ValueError):  # of which the contract complains
                collect(json.loads(self.body), "$", found)
        return found


def collect(value: Any, path: str, found: dict[str, set[str]]) -> None:
    kinds: dict[Any, str] = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        dict: "object",
        list: "array",
    }
    found.setdefault(path, set()).add(kinds.get(type(value), "null"))
    members = value.items() if isinstance(value, dict) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    for name, member in members:  # pyright: ignore[reportUnknownVariableType]
        collect(member, f"{path}.{name}", found)
    for item in value if isinstance(value, list) else ():  # pyright: ignore[reportUnknownVariableType]
        collect(item, f"{path}[]", found)


def ask(url: str, exchange: Exchange, key: str) -> Answer:
    """The answer to the exchange, if it may be written."""
    headers = list(exchange.headers(url, key).items())
    request = h11.Request(method="GET", target=exchange.path, headers=headers)
    with connect(url) as connection:
        connection.sendall(h11.Connection(h11.CLIENT).send(request) or b"")
        answer = read(received(connection))
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise DoubtError("it is compressed, though that was not asked for")
    ensure_clean(answer.raw, key)
    ensure_clean(answer.body, key)
    return answer


def connect(url: str) -> socket.socket:
    server = urlsplit(url)
    host, tls = server.hostname or "", server.scheme == "https"
    connection = socket.create_connection((host, server.port or (443 if tls else 80)), timeout=SECONDS)
    return ssl.create_default_context().wrap_socket(connection, server_hostname=host) if tls else connection


def received(connection: socket.socket) -> Iterator[bytes]:
    """What comes, and an empty piece when nothing more does."""
    ends, size = time.monotonic() + SECONDS, 0
    while True:
        connection.settimeout(max(0.001, ends - time.monotonic()))
        yield (piece := connection.recv(65536))
        if (size := size + len(piece)) > MAX_SIZE:
            raise DoubtError(f"it is larger than {MAX_SIZE} bytes")


def read(pieces: Iterable[bytes], scrub: Callable[[bytes], bytes] = scrub_head) -> Answer:
    """One answer, whole, and nothing before or after it; its head scrubbed."""
    http, supply = h11.Connection(h11.CLIENT), iter(pieces)
    http.send(h11.Request(method="GET", target="/", headers=[("Host", "any")]))
    http.send(h11.EndOfMessage())
    raw = body = b""
    while not isinstance(event := http.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            raw += (piece := next(supply))
            http.receive_data(piece)
        elif isinstance(event, h11.Data):
            body += event.data
        elif not isinstance(event, h11.Response):
            raise DoubtError("something else comes before it")
    if event.headers or http.trailing_data[0]:
        raise DoubtError("something comes after it")
    head, end, rest = raw.partition(b"\r\n\r\n")
    head = scrub(head)
    status, *lines = head.decode().split("\r\n")
    headers = httpx.Headers([(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)])
    return Answer(head + end + rest, int(status.split()[1]), headers, body)


def breaches(exchange: Exchange, answer: Answer, contract: OpenAPI, server: str) -> Iterator[str]:
    """How the answer departs from the contract."""
    if answer.status != exchange.status:
        yield f"status {answer.status}, where {exchange.status} was asked for"
    request = SimpleNamespace(
        host_url=server,
        path=exchange.operation,
        method="get",
        content_type="",
        body=None,
        parameters=RequestParameters(),
    )
    response = SimpleNamespace(
        status_code=answer.status,
        content_type=answer.headers.get("content-type", ""),
        headers=answer.headers,
        data=answer.body,
    )
    try:
        for error in contract.iter_response_errors(request, response):  # pyright: ignore[reportArgumentType]
            where = f"header {name}: " if (name := getattr(error, "name", None)) else ""
            details = getattr(error.__cause__, "schema_errors", ())
            yield from (f"{where}{detail.json_path}: {detail.message}" for detail in details)
            if not details:
                yield f"{where}{error}"
    except (UnicodeError, LookupError) as error:  # from the decoding of the body, or the quoting of it
        yield f"its body is not text in its charset ({type(error).__name__})"


def departures(answer: Answer, before: list[Answer]) -> Iterator[str]:
    """How the answer departs from those that were recorded before for the same request."""
    if not before:
        return
    if answer.content_type not in {other.content_type for other in before}:
        yield f"content type {answer.content_type or 'none'}, which was {before[-1].content_type or 'none'}"
    names = header_names(answer)
    yield from (f"new header {name}" for name in sorted(names.difference(*map(header_names, before))))
    usual = header_names(before[0]).intersection(*map(header_names, before))
    yield from (f"missing header {name}" for name in sorted(usual - names))
    fields, known = answer.fields(), [other.fields() for other in before]
    places = {place for other in known for place in other}
    for place, kinds in fields.items():
        were = {kind for other in known for kind in other.get(place, ())}
        if were and kinds - were:
            yield f"type of {place}: {', '.join(sorted(kinds - were))}, which was {', '.join(sorted(were))}"
        elif not were and parent(place) in places and not place.endswith("[]"):
            yield f"new field {place} ({', '.join(sorted(kinds))})"
    for place in sorted(places - fields.keys()):
        always = all(place in other for other in known if parent(place) in other)
        if always and parent(place) in fields and not place.endswith("[]"):
            yield f"missing field {place}"


def header_names(answer: Answer) -> set[str]:
    return set(answer.headers) - PASSING_HEADERS


def parent(path: str) -> str:
    return path[:-2] if path.endswith("[]") else path.rpartition(".")[0]


def contract_document() -> dict[str, Any]:
    return dict(read_from_filename(str(CONTRACT))[0])


@contextmanager
def using(path: Path, outcome: str = "Nothing was written") -> Generator[None]:
    """Ends the program, and names the file, if it cannot be used."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, DoubtError, h11.RemoteProtocolError) as error:
        sys.exit(f"{outcome}: {path} cannot be used ({type(error).__name__}).")


def read_index(file: Path) -> dict[str, Any]:
    with using(file):
        if not file.exists():
            return {"format": "each .http file is one raw HTTP/1.1 response (message/http)", "exchanges": []}
        index = json.loads(file.read_text("utf-8"))
        for entry in index["exchanges"]:
            _ = entry["file"], entry["status"], entry["request"]["path"]
        return dict(index)


def read_recording(file: Path) -> Answer:
    with using(file):
        return read([file.read_bytes(), b""], scrub=bytes)


def shown(text: str) -> str:
    """The text without what would end the line or reach the terminal as more than a letter."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def record(url: str, key: str, folder: Path) -> int:
    document = contract_document()
    contract = OpenAPI.from_dict(document)
    index = read_index(folder / "index.json")
    recorded = index["exchanges"]
    files: dict[str, bytes] = {}
    lines: list[str] = []
    broken: list[str] = []
    for exchange in exchanges(document):
        try:
            answer = ask(url, exchange, key)
        except (OSError, UnicodeError) as error:
            name, host = type(error).__name__, urlsplit(url).hostname
            sys.exit(f"Nothing was written: {host} did not answer ({name}). Try again later.")
        found = list(breaches(exchange, answer, contract, document["servers"][0]["url"]))
        entry = {
            "file": exchange.file,
            "status": answer.status,
            "request": {"method": "GET", "path": exchange.path, "headers": exchange.headers(url, "<redacted>")},
            "describes": exchange.describes,
            "recorded": f"{datetime.now(UTC):%Y-%m-%d}",
        }
        before = [read_recording(folder / other["file"]) for other in recorded if is_same(entry, other)]
        lines += [shown(f"broken: {exchange.file}: {text}") for text in found]
        lines += [shown(f"drift: {exchange.file}: {text}") for text in departures(answer, before)]
        if found:
            broken.append(exchange.file)
        else:
            files[exchange.file] = answer.raw
            index["exchanges"] = [other for other in index["exchanges"] if other["file"] != exchange.file] + [entry]
    index_text = json.dumps(index, indent=2, ensure_ascii=False) + "\n"
    ensure_clean(
        "\n".join([*lines, *(json.dumps(entry) for entry in index["exchanges"] if entry["file"] in files)]).encode(),
        key,
    )
    if files:
        with using(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for name, content in {**files, "index.json": index_text.encode()}.items():
            with using(folder / name, "Not everything was written"):
                (folder / name).write_bytes(content)
    lines.append(f"Wrote {', '.join(files) or 'nothing'} to {folder}.")
    if broken:
        lines.append(f"Did not write {', '.join(broken)}, as the contract is broken there.")
    print("\n".join(lines))
    return 1 if broken else 0


def is_same(entry: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two recordings answer the same request in the same way."""
    return (entry["status"], entry["request"]["path"]) == (other["status"], other["request"]["path"])


def is_server(given: str) -> bool:
    """Whether it is the URL of a server alone."""
    try:
        url = urlsplit(given)
        alone = not ("@" in url.netloc or url.path.strip("/") or url.query)
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0 and alone
    except ValueError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description="Record what a server answers now.")
    parser.add_argument("--url", default=contract_document()["servers"][0]["url"])
    parser.add_argument("--into", type=Path, default=RECORDINGS)
    options = parser.parse_args()
    key, given = os.environ.get("STABLECOG_API_KEY", ""), str(options.url)
    if not re.fullmatch(r"[!-~]{16,}", key):
        sys.exit(
            "STABLECOG_API_KEY: expected a key, 16 or more plain characters without spaces. Set it, and run this again."
        )
    if not is_server(given):
        sys.exit("URL: expected the server alone, such as https://api.example.com")
    if (url := urlsplit(given)).scheme == "http" and url.hostname not in {"localhost", "127.0.0.1", "::1"}:
        sys.exit("URL: http:// would send the key unencrypted; use https://")
    try:
        sys.exit(record(given.rstrip("/"), key, options.into))
    except DoubtError as doubt:
        sys.exit(
            f"Nothing was written because of one answer: {doubt}. Look at it yourself before you record it by hand."
        )
    except h11.RemoteProtocolError:
        sys.exit("Nothing was written: an answer is not whole, or not HTTP/1.1.")
    except RecursionError:
        sys.exit("Nothing was written: an answer is nested too deeply.")


if __name__ == "__main__":
    main()
