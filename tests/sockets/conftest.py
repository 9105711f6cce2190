"""What no deadline of a test should have to wait for."""

from stablecog_client._runtime import (
    aiohttp_transport as aiohttp_transport,
)  # which the first call over aiohttp imports
