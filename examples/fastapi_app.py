"""A FastAPI service that shares one client: `fastapi run fastapi_app.py`.

All requests share the client's connections and rate limit. The API key is read from STABLECOG_API_KEY when the service
starts; without a key, it does not start. Requires `pip install "fastapi[standard]"`.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from stablecog_client import APIError, AsyncClient, RateLimitError

logger = logging.getLogger("uvicorn.error")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with AsyncClient() as client:
        app.state.stablecog = client
        yield


def stablecog(request: Request) -> AsyncClient:
    """Return the client of the app, a dependency that tests can override."""
    client: AsyncClient = request.app.state.stablecog
    return client


app = FastAPI(lifespan=lifespan)


@app.get("/credits")
async def credits(client: Annotated[AsyncClient, Depends(stablecog)]) -> dict[str, int]:
    try:
        response = await client.credits.list()
    except RateLimitError as error:
        logger.warning("%s", error)
        raise HTTPException(503, "Ask again later.", {"Retry-After": f"{error.retry_after or 1:.0f}"}) from error
    except APIError as error:
        logger.error("%s: %s", type(error).__name__, error)
        raise HTTPException(502, "Stablecog does not answer as it should.") from error
    return {"left": response.total_remaining_credits}
