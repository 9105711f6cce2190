"""Commands that the Makefile runs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
