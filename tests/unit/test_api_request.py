"""The parts of a request. tests/generator/test_workshop.py sends them over a socket."""

from __future__ import annotations

from stablecog_client._runtime.api_request import APIRequest, Security


def test_parameters_of_a_media_type_are_no_part_of_it() -> None:
    """A form with a charset is sent as a form."""
    form = APIRequest[None]("POST", "/", None, {}, body={"a": 1}, content_type="application/x-www-form-urlencoded; a=b")
    assert form.arguments()["data"] == {"a": 1}


def test_key_is_sent_as_its_scheme_wants_it() -> None:
    """A user and a password in base64, a token after its scheme, or the key as it is."""
    sent = {
        scheme: Security("header", "Authorization", scheme).credentials("a:b") for scheme in ("Basic", "Bearer", "")
    }
    assert sent == {"Basic": "Basic YTpi", "Bearer": "Bearer a:b", "": "a:b"}
