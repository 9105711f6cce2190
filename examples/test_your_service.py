"""Tests of a service without a network: an httpx transport replaces the connection. Requires pytest.

Everything except the connection is real, so a response that does not match the API description fails the test.
"""

from __future__ import annotations

import httpx
import pytest
from stablecog_client import AuthenticationError, Client


def can_afford(client: Client, price: int) -> bool:
    """Stand in for your service."""
    return client.credits.list().total_remaining_credits >= price


CREDIT = {
    "id": "0ea24c34-4d0b-4e67-8495-d16fa4d19ba6",
    "remaining_amount": 40,
    "expires_at": "2100-01-01T05:00:00Z",
    "type": {"id": "3b12b23e-478b-4c18-8e34-70b3f0af1ee6", "name": "Free", "amount": 100, "description": "Free."},
}


def fake(response: httpx.Response) -> Client:
    """Return a client that gets this response to every request. For AsyncClient, use httpx.AsyncClient."""
    transport = httpx.MockTransport(lambda request: response)
    return Client("sc-test", http_client=httpx.Client(transport=transport))


def test_enough_credits() -> None:
    client = fake(httpx.Response(200, json={"total_remaining_credits": 40, "credits": [CREDIT]}))
    assert can_afford(client, 40)
    assert not can_afford(client, 41)


def test_rejected_key() -> None:
    with pytest.raises(AuthenticationError):
        can_afford(fake(httpx.Response(401, json={"error": "Unauthorized"})), 1)
