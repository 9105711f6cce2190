"""Command line of the generator: `python -m generator [--check] [--spec FILE] [--output FOLDER]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generator import ROOT
from generator.errors import GenerationError
from generator.project import drift, generate


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m generator", description="Generate the client package.")
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi.yaml")
    parser.add_argument("--output", type=Path, default=ROOT / "generated")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the output would change")
    options = parser.parse_args()
    config = ROOT / "generator-config.yaml"
    output: Path = options.output
    try:
        if not options.check:
            generate(options.spec, config, output)
            print(f"{output.name}/ is made from {options.spec.name}.")
        elif differing := drift(options.spec, config, output):
            files = "\n  ".join(differing)
            raise SystemExit(
                f"{output} is not what the generator makes; run `make generate` and commit. What was edited there by "
                f"hand belongs in openapi.yaml, generator/templates/ or runtime/, and will be lost:\n  {files}"
            )
    except GenerationError as error:
        print(error, file=sys.stderr)
        print(f"{output} is unchanged. Fix what is named above, then run `make generate` again.", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
