"""An authority that signs the loopback servers' certificates."""

from __future__ import annotations

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import trustme
from stablecog_client._runtime import environment


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def trusted() -> Generator[None]:
    """Trust the authority as an operator would have it: by SSL_CERT_FILE."""
    fresh = environment.TrustStore()
    with authority().cert_pem.tempfile() as path, patch.dict("os.environ", {"SSL_CERT_FILE": path}):
        with patch.object(environment, "trust_store", fresh):
            yield


def serving(host: str = "127.0.0.1", **options: Any) -> ssl.SSLContext:
    """What a server needs that shows a certificate for this host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority().issue_cert(host, **options)
    with certificate.private_key_and_cert_chain_pem.tempfile() as path:
        context.load_cert_chain(path)
    return context
