"""Shows the client at work: `python -m tools.demo`.

Asks the real API if STABLECOG_API_KEY is set, else a server that plays a recording of it.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from rich import box
from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from stablecog_client import APIError, Client, CreditsResponse, TCredit

from tools.replay import ReplayServer

RECORDING = "200-five-credits-fractional-expiry.http"


def main() -> None:
    console = Console()
    try:
        if os.environ.get("STABLECOG_API_KEY"):
            with Client() as client:
                print(f"Asking {client.base_url}, with the key of STABLECOG_API_KEY.")
                console.print(table(client.credits.list(), datetime.now(UTC)))
        else:
            with ReplayServer.of(RECORDING) as server, Client("sc-demo", base_url=server.url) as client:
                print(f"Playing tests/recordings/{RECORDING}; set STABLECOG_API_KEY to ask the real API.")
                console.print(table(client.credits.list(), datetime.now(UTC)))
    except APIError as error:
        sys.exit(f"{type(error).__name__}: {error}")


def table(answer: CreditsResponse, now: datetime) -> Table:
    """The credits, the one that expires first on top."""
    table = Table(show_footer=True, box=box.SIMPLE_HEAD)
    table.add_column("Type", footer="Total")
    table.add_column("Left", justify="right", footer=f"{answer.total_remaining_credits:,}")
    table.add_column("of", justify="right")
    table.add_column("", width=20)
    table.add_column("Expires", no_wrap=True)
    table.add_column("", no_wrap=True)
    for credit in sorted(answer.credits, key=lambda credit: credit.expires_at):
        left, amount = credit.remaining_amount, credit.type.amount
        bar = Bar(max(amount, left, 1), 0, max(left, 0), width=20, color="green", bgcolor="bright_black")
        never = is_never(credit)
        date = "" if never else f"{credit.expires_at:%Y-%m-%d}"
        table.add_row(credit.type.name, f"{left:,}", f"{amount:,}", bar, date, in_words(credit, now))
    return table


def is_never(credit: TCredit) -> bool:
    """Whether the credit never expires: the server writes the year 2100."""
    return credit.expires_at.year == 2100


def in_words(credit: TCredit, now: datetime) -> str:
    """How long until the credit expires, roughly."""
    if is_never(credit):
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
