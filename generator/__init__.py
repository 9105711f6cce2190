"""Generator of the client package: an OpenAPI document in, generated/ out. `python -m generator` runs it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
