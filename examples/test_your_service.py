"""How to test a service of yours without a network: give the client an httpx transport that answers.

All of the client is at work, but for the connection: what is not the contract's fails here, too. It needs pytest.
"""

from __future__ import annotations

import httpx
import pytest
from stablecog_client import AuthenticationError, Client


def can_afford(client: Client, price: int) -> bool:
    """Stands for your service."""
    return client.credits.list().total_remaining_credits >= price


CREDIT = {
    "id": "0ea24c34-4d0b-4e67-8495-d16fa4d19ba6",
    "remaining_amount": 40,
    "expires_at": "2100-01-01T05:00:00Z",
    "type": {"id": "3b12b23e-478b-4c18-8e34-70b3f0af1ee6", "name": "Free", "amount": 100, "description": "Free."},
}


def fake(answer: httpx.Response) -> Client:
    """A client that is answered so, whatever it asks. For an AsyncClient, httpx.AsyncClient serves as well."""
    transport = httpx.MockTransport(lambda request: answer)
    return Client("sc-test", http_client=httpx.Client(transport=transport))


def test_what_is_left_is_enough() -> None:
    client = fake(httpx.Response(200, json={"total_remaining_credits": 40, "credits": [CREDIT]}))
    assert can_afford(client, 40)
    assert not can_afford(client, 41)


def test_a_key_that_is_refused_is_an_error() -> None:
    with pytest.raises(AuthenticationError):
        can_afford(fake(httpx.Response(401, json={"error": "Unauthorized"})), 1)
