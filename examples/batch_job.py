"""A batch job that checks first that the credits suffice: `python batch_job.py PRICE [PRICE ...]`.

Each price is the cost of one piece of work in credits. The API key is read from STABLECOG_API_KEY.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from stablecog_client import APIError, Client

# The job cannot use credits that expire while it runs.
DURATION = timedelta(hours=1)


def affordable(client: Client) -> int:
    """Return the credits that remain until the job ends."""
    end = datetime.now(UTC) + DURATION
    return sum(credit.remaining_amount for credit in client.credits.list().credits if credit.expires_at > end)


def main(prices: Sequence[int]) -> None:
    try:
        with Client() as client:
            credits = affordable(client)
    except APIError as error:
        sys.exit(f"Not started, as the credits are not known. {type(error).__name__}: {error}")
    if credits < (needed := sum(prices)):
        sys.exit(f"Not started: the work costs {needed:,} credits, and {credits:,} are left.")
    print(f"Starting: the work costs {needed:,} of {credits:,} credits.")
    for number, price in enumerate(prices, 1):
        print(f"Piece {number}, for {price:,} credits ...")  # here the work is done


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Do the work, if the credits are enough for all of it.")
    parser.add_argument("prices", metavar="PRICE", type=int, nargs="+", help="what a piece of work costs, in credits")
    main(parser.parse_args().prices)
