"""List the credits of the account in a table: `python -m tools.demo`.

They come from the real API if STABLECOG_API_KEY is set, otherwise from a recording.
"""

import os
import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import cast

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from stablecog_client import APIError, Client, CreditsResponse, TCredit

from tools.replay import ReplayServer

RECORDING = "200-five-credits-fractional-expiry.http"
BAR_WIDTH = 16  # characters
NEVER = 2100  # the year that the server sends for a credit that never expires


def main() -> None:
    """Run the command line."""
    cast(TextIOWrapper, sys.stdout).reconfigure(errors="replace")  # for terminals without Unicode
    try:
        if os.environ.get("STABLECOG_API_KEY"):
            with Client() as client:
                print(f"Requesting {client.base_url} with the key in STABLECOG_API_KEY.")
                response = client.credits.list()
        else:
            with ReplayServer.of(RECORDING) as server, Client("sc-demo", base_url=server.url) as client:
                print(f"Serving tests/recordings/{RECORDING}; set STABLECOG_API_KEY to use the real API.")
                response = client.credits.list()
    except APIError as error:
        sys.exit(f"{type(error).__name__}: {error}")
    Console().print(table(response, datetime.now(UTC)))


def table(response: CreditsResponse, now: datetime) -> Table:
    """Return a table of the credits by expiry."""
    table = Table(show_footer=True, box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("Type", footer="Total")
    table.add_column("Left", footer=f"{response.total_remaining_credits:,}", justify="right", no_wrap=True)
    table.add_column("of", justify="right", no_wrap=True)
    table.add_column("", min_width=BAR_WIDTH)
    table.add_column("Expires", no_wrap=True)
    table.add_column("", no_wrap=True)
    for credit in sorted(response.credits, key=lambda credit: credit.expires_at):
        name, left, amount = printable(credit.type.name), credit.remaining_amount, credit.type.amount
        date = f"{credit.expires_at:%Y-%m-%d}" if credit.expires_at.year < NEVER else ""
        table.add_row(name, f"{left:,}", f"{amount:,}", bar(left, amount), date, in_words(credit, now))
    return table


def bar(left: int, amount: int) -> Text:
    """Return a bar that shows the share that is left, also without colours."""
    share = min(1.0, max(0.0, left / amount)) if amount > 0 else float(left > 0)
    full = max(1, int(share * BAR_WIDTH)) if share else 0  # full only if nothing is used, empty only if nothing is left
    return Text.assemble(("█" * full, "green"), ("░" * (BAR_WIDTH - full), "dim"))


def printable(text: str) -> Text:
    """Return a text of the server without line breaks, control characters and markup."""
    return Text(" ".join("".join(character if character.isprintable() else " " for character in text).split()))


def in_words(credit: TCredit, now: datetime) -> str:
    """Return the approximate time until the credit expires, in words."""
    if credit.expires_at.year >= NEVER:
        return "never"
    seconds = (credit.expires_at - now).total_seconds()
    for unit, length in (("year", 31_556_952), ("month", 2_629_746), ("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if abs(seconds) >= length:
            count = round(abs(seconds) / length)
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "now"


if __name__ == "__main__":
    main()
