"""The commands of the Makefile."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
