"""Record the current responses of a server: `python -m tools.record [--url URL] [--into FOLDER]`.

Each GET operation without parameters is requested three times: with the key, without it, and at a misspelled path. The
raw responses (message/http) and index.json are written to the folder. Each difference is printed as a line: `changed:`
from earlier recordings, `broken:` from the API description; so is each other operation, `skipped:`. A response that
breaks the API description is not written, and the exit status is 1. No secret is written or printed (see `redact`); in
case of doubt, nothing is written.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import h11
import httpx
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from generator.nodes import mapping, operations, sequence
from generator.project import load
from runtime._runtime.config import is_loopback, parse_url
from tools import ROOT
from tools.redact import REDACTED, UnsafeRecordingError, ensure_no_secret, redact_headers
from tools.replay import RECORDINGS

VARYING_HEADERS = {"connection", "content-length", "date", "transfer-encoding"}  # by the size or the time of a response
TYPES: dict[Any, str] = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}


def obstacle(method: str, item: Mapping[str, Any], operation: Mapping[str, Any]) -> str:
    """Return why an operation is not recorded, or an empty string."""
    if method != "get":
        return "it is not a GET"
    return "it has parameters" if item.get("parameters") or operation.get("parameters") else ""


def exchanges(document: dict[str, Any], url: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the exchanges to record: the path in the API description, and the entry in index.json, without the key."""
    for path, method, item, operation in operations(document):
        if obstacle(method, item, operation):
            continue
        name = operation["operationId"].replace("_", "-")
        with_key = {"Authorization": f"Bearer {REDACTED}"}
        for status, target, authorization, how in (
            (200, path, with_key, "with a key"),
            (401, path, {}, "without a key"),
            (404, path[:-1], with_key, "at a path that the server does not know"),
        ):
            headers = {"Host": urlsplit(url).netloc, **authorization, "Connection": "close"}
            entry = {
                "file": f"{status}-{name}-live.http",
                "status": status,
                "request": {"method": "GET", "path": target, "headers": headers},
                "describes": f"`make record`, {how}.",
                "recorded": f"{datetime.now(UTC):%Y-%m-%d}",
            }
            yield path, entry


class Response(NamedTuple):
    """A raw HTTP/1.1 response and its parts."""

    raw: bytes
    status: int
    headers: httpx.Headers
    body: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Return the complete response in these bytes.

        Raises:
            h11.RemoteProtocolError: The bytes are not HTTP/1.1, or end early.
            UnsafeRecordingError: There is more than one response.
        """
        http = h11.Connection(h11.CLIENT)
        http.send(h11.Request(method="GET", target="/", headers=[("Host", "any")]))
        http.receive_data(raw)
        http.receive_data(b"")
        if not isinstance(head := http.next_event(), h11.Response):
            raise UnsafeRecordingError("an informational response precedes it")
        body = b""
        while isinstance(event := http.next_event(), h11.Data):
            body += event.data
        if not isinstance(event, h11.EndOfMessage) or event.headers or http.trailing_data[0]:
            raise UnsafeRecordingError("something follows it")
        return cls(raw, head.status_code, httpx.Headers([*head.headers]), body)

    @property
    def facts(self) -> dict[str, str]:
        """The facts that `changes` compares, such as `header vary`, each with the JSON path of the object around it."""
        facts = dict.fromkeys((f"header {name}" for name in set(self.headers) - VARYING_HEADERS), "")
        content_type = re.sub(r"\s*([;=])\s*", r"\1", (self.headers.get("content-type") or "none").lower())
        facts[f"content type {content_type}"] = ""
        with suppress(ValueError):  # no JSON, which is reported as broken if it was expected
            facts |= fields(json.loads(self.body))
        return facts


def fields(value: Any, path: str = "$", parent: str = "$") -> Iterator[tuple[str, str]]:
    """Yield each field of a JSON value as a fact, with the JSON path of the object around it."""
    yield f"field {path} ({TYPES.get(type(value), 'null')})", parent
    for name, member in mapping(value).items():
        yield from fields(member, f"{path}.{name}", path)
    for item in sequence(value):
        yield from fields(item, f"{path}[]", f"{path}[]")  # an array without items says nothing about them


def request(client: httpx.Client, url: str, asked: dict[str, Any], key: str) -> Response:
    """Send the request that is asked for and return the raw response, with redacted headers.

    Raises:
        UnsafeRecordingError: The response may not be written.
    """
    received = bytearray()

    def capture(event: str, info: dict[str, Any]) -> None:
        """Keep the bytes that the connection reads, from TLS on: a proxy sent those before."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            received.clear()
            stream = info["return_value"]
            read = stream.read

            def read_and_keep(max_bytes: int, timeout: float | None = None) -> bytes:
                data: bytes = read(max_bytes, timeout)
                received.extend(data)
                return data

            stream.read = read_and_keep

    headers = {name: value.replace(REDACTED, key) for name, value in asked["headers"].items()}
    sent = httpx.Request("GET", url + asked["path"], headers=headers, extensions={"trace": capture})
    for _ in client.send(sent, stream=True).iter_raw():  # to the end, without decoding
        pass
    response = Response.parse(redact_headers(bytes(received)))
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UnsafeRecordingError("it is compressed, which was not asked for")
    ensure_no_secret(response.raw, key)
    ensure_no_secret(response.body, key)  # without the framing of chunks
    return response


def violations(response: Response, status: int, asked: MockRequest, description: OpenAPI) -> Iterator[str]:
    """Yield how the response breaks the API description."""
    if response.status != status:
        yield f"status {response.status}, expected {status}"
    content_type = response.headers.get("content-type", "")
    responded = MockResponse(response.body, response.status, dict(response.headers), content_type)
    try:
        for error in description.iter_response_errors(asked, responded):
            where = f"header {name}: " if (name := getattr(error, "name", None)) else ""
            details = getattr(error.__cause__, "schema_errors", ())
            texts = [f"{detail.json_path}: {detail.message}" for detail in details] or [str(error)]
            yield from (f"{where}{text}" for text in texts)
    except (UnicodeError, LookupError) as error:  # raised by decoding the body, or by quoting it
        yield f"the body is not text in its charset ({type(error).__name__})"


def changes(response: Response, earlier: list[Response]) -> Iterator[str]:
    """Yield how the response differs from earlier recordings of the same request and status."""
    facts, known = response.facts, [other.facts for other in earlier]
    for fact in sorted(facts.keys() - {fact for other in known for fact in other}):
        if any(is_there(facts[fact], other) for other in known):
            yield f"new {fact}"
    for fact, place in sorted({item for other in known for item in other.items()} - facts.items()):
        if is_there(place, facts) and all(fact in other for other in known if is_there(place, other)):
            yield f"missing {fact}"


def is_there(place: str, facts: Mapping[str, str]) -> bool:
    """Return whether the object at a JSON path is among the facts of a response, perhaps without any member."""
    return place in facts.values() or f"field {place} (object)" in facts


@contextmanager
def exit_naming(path: Path, outcome: str = "Nothing was written") -> Generator[None]:
    """Exit with the name of the file if it cannot be read, parsed or written."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, UnsafeRecordingError, h11.RemoteProtocolError) as error:
        sys.exit(f"{outcome}: {path} cannot be used ({type(error).__name__}).")


def read_index(file: Path) -> dict[str, Any]:
    """Return the content of index.json, or of a new one."""
    with exit_naming(file):
        if not file.exists():
            return {"format": "each .http file is one raw HTTP/1.1 response (message/http)", "exchanges": []}
        index = json.loads(file.read_text("utf-8"))
        for entry in index["exchanges"]:
            _ = entry["file"], entry["status"], entry["request"]["path"]
        return dict(index)


def printable(text: str) -> str:
    """Escape line breaks and control characters."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def record(client: httpx.Client, url: str, key: str, folder: Path) -> int:
    """Record every exchange into the folder; return the exit status."""
    document = load(ROOT / "openapi.yaml")
    description, server = OpenAPI.from_dict(document), document["servers"][0]["url"]
    index = read_index(folder / "index.json")
    earlier = index["exchanges"]
    entries: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    broken: list[str] = []
    lines = [
        f"skipped: {method.upper()} {path}: {reason}; record it by hand, as CONTRIBUTING.md says"
        for path, method, item, operation in operations(document)
        if (reason := obstacle(method, item, operation))
    ]
    for path, entry in exchanges(document, url):
        file, status, asked = entry["file"], entry["status"], entry["request"]
        response = request(client, url, asked, key)
        same: list[Response] = []
        for other in earlier:
            if (other["status"], other["request"]["path"]) == (response.status, asked["path"]):
                with exit_naming(earlier_file := folder / other["file"]):
                    same.append(Response.parse(earlier_file.read_bytes()))
        found = [*violations(response, status, MockRequest(server, "get", path), description)]
        lines += [printable(f"broken: {file}: {text}") for text in found]
        lines += [printable(f"changed: {file}: {text}") for text in changes(response, same)]
        if found:
            broken.append(file)
        else:
            files[file] = response.raw
            entries.append(entry)
    ensure_no_secret("\n".join([*lines, json.dumps(entries)]).encode(), key)
    lines.append(f"Wrote {', '.join(files) or 'nothing'} to {folder}.")
    if broken:
        lines.append(f"Did not write {', '.join(broken)}, which breaks the API description.")
    if files:
        index["exchanges"] = [entry for entry in earlier if entry["file"] not in files] + entries
        files["index.json"] = f"{json.dumps(index, indent=2, ensure_ascii=False)}\n".encode()
        with exit_naming(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with exit_naming(folder / name, "Not everything was written"):
                (folder / name).write_bytes(content)
    print("\n".join(lines))
    return 1 if broken else 0


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Record the current responses of a server.")
    parser.add_argument("--url", default=load(ROOT / "openapi.yaml")["servers"][0]["url"])
    parser.add_argument("--into", type=Path, default=RECORDINGS)
    options = parser.parse_args()
    key, server = os.environ.get("STABLECOG_API_KEY", ""), parse_url(options.url)
    if not re.fullmatch(r"[!-~]{16,}", key):
        problem = "it is another text" if key else "it is not set"
        sys.exit(f"STABLECOG_API_KEY: expected a key of 16 or more ASCII characters without spaces; {problem}")
    if server is None or server.scheme not in {"http", "https"} or server.userinfo or server.raw_path != b"/":
        sys.exit("URL: expected the server alone, such as https://api.example.com")
    if server.scheme == "http" and not is_loopback(server.host):
        sys.exit("URL: http:// would send the key unencrypted; use https://")
    try:
        # Requests over http go only to this machine, and not through a proxy, which would see the key.
        client = httpx.Client(timeout=30, trust_env=server.scheme == "https")
    except (ValueError, ImportError):
        sys.exit("HTTPS_PROXY, ALL_PROXY: expected a proxy that httpx can use, such as http://host:port")
    try:
        with client:
            sys.exit(record(client, str(server).rstrip("/"), key, options.into))
    except UnsafeRecordingError as error:
        sys.exit(f"Nothing was written because of one response: {error}. Look at it before you record it by hand.")
    except (h11.RemoteProtocolError, httpx.RemoteProtocolError):
        sys.exit("Nothing was written: a response is incomplete, or not HTTP/1.1.")
    except (httpx.TransportError, OSError, UnicodeError) as error:
        sys.exit(f"Nothing was written: {server.host} did not respond ({type(error).__name__}).")
    except RecursionError:
        sys.exit("Nothing was written: a response is nested too deeply.")


if __name__ == "__main__":
    main()
