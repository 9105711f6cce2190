"""A Nagios check that warns of few or soon expiring credits: `python check_credits.py`.

The exit status is 0 for OK, 1 for WARNING, 2 for CRITICAL, 3 for UNKNOWN. The API key is read from STABLECOG_API_KEY.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from stablecog_client import APIError, AuthenticationError, Client, CreditsResponse

OK, WARNING, CRITICAL, UNKNOWN = range(4)


def judge(response: CreditsResponse, warn: int, critical: int, soon: timedelta) -> tuple[int, str]:
    left = response.total_remaining_credits
    ends = datetime.now(UTC) + soon
    expiring = sum(credit.remaining_amount for credit in response.credits if credit.expires_at < ends)
    text = f"{left:,} credits left, {expiring:,} of them expire within {soon.days} days"
    return (CRITICAL if left < critical else WARNING if left - max(0, expiring) < warn else OK), text


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(UNKNOWN, f"CREDITS UNKNOWN - {message}\n")


def main() -> int:
    parser = Parser(description="Check the credits.")
    parser.add_argument("--warn", type=int, default=1000, help="warn below this number of credits (%(default)s)")
    parser.add_argument("--critical", type=int, default=100, help="critical below this number (%(default)s)")
    parser.add_argument("--days", type=int, default=7, help="days; --warn leaves out what expires within (%(default)s)")
    options = parser.parse_args()
    try:
        with Client(deadline=10) as client:
            status, text = judge(client.credits.list(), options.warn, options.critical, timedelta(days=options.days))
    except AuthenticationError as error:
        status, text = CRITICAL, str(error)
    except (APIError, OverflowError) as error:  # whether the credits are fine is not known
        status, text = UNKNOWN, f"{type(error).__name__}: {error}"
    print(f"CREDITS {('OK', 'WARNING', 'CRITICAL', 'UNKNOWN')[status]} - {text}")
    return status


if __name__ == "__main__":
    sys.exit(main())
