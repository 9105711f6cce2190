"""The transport of the extra `aiohttp`: several times as fast as httpx's own where many calls are under way."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from functools import partial

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport as HttpxAiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream
from yarl import URL


class AiohttpTransport(HttpxAiohttpTransport):
    """httpx-aiohttp's, that keeps no cookies and names errors by what they are."""

    def __init__(self, verify: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify, limits=limits, client=self._session)

    def _session(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=self.ssl_context,
                limit=self.limits.max_connections or 0,
                keepalive_timeout=self.limits.keepalive_expiry,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        vars(session).update(  # to set attributes would warn, in Python's development mode
            # It would decode what is encoded in a path: %2E%2E would lead out of it.
            _build_url=partial(URL, encoded=True),
            # It would send GET, PUT and DELETE a second time of its own accord, unseen by our budget.
            _retry_connection=False,
        )
        return session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _map_exceptions():
            response = await super().handle_async_request(request)
        if isinstance(response.stream, AiohttpResponseStream):
            response.stream = _Stream(response.stream)
        return response


class _Stream(httpx.AsyncByteStream):
    def __init__(self, stream: AiohttpResponseStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _map_exceptions():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def _map_exceptions() -> Generator[None]:
    """httpx-aiohttp calls a refused or reset connection a ConnectTimeout, and lets malformed answers through."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        if isinstance(error.__cause__, TimeoutError):
            raise
        refused = isinstance(error.__cause__, aiohttp.ClientConnectorError)
        raise (httpx.ConnectError if refused else httpx.ReadError)(str(error)) from error.__cause__
    except (aiohttp.ClientError, ValueError) as error:
        raise httpx.RemoteProtocolError(getattr(error, "message", "") or str(error)) from error
