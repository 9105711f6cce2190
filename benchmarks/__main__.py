"""Run all benchmarks and write a table and a chart: `make bench`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tools import ROOT

from . import report
from .contenders import CONTENDERS, Task
from .install import default_output_command, install_clients, installed_size
from .measure import Measure, Workers, interleaved, peak, program, seconds, servers

# Async calls: calls in flight, calls in total, rounds.
BATCHES = [(1, 200, 11), (16, 300, 11), (100, 400, 9)]
QUICK_BATCHES = [(1, 100, 3), (16, 200, 3), (100, 200, 3)]


def measured(names: list[str], plain: str, secure: str, *, quick: bool) -> dict[str, Measure]:
    """Run the benchmarks; return the results by short name."""
    measures: dict[str, Measure] = {}
    rounds = 5 if quick else 21
    slice_ = 0.05 if quick else 0.1  # seconds for each contender in each round
    asynchronous = [name for name in ("ours-aiohttp", "ours", "httpx", "default") if name in names]
    decoding = [name for name in ("ours", "httpx", "default", "openapi-generator") if name in names]
    alone = [name for name in names if name != "ours-aiohttp"]

    with Workers(names) as workers:
        say("sequential calls")
        values = interleaved(alone, rounds, workers.timing(Task("sync", plain, slice_)))
        measures["sync"] = Measure("A call on a warm connection", "s", values)

        for number in (2, 100, 1000):
            say(f"decoding {number:,} credits")
            task = Task("decode", seconds=slice_, number=number)
            values = interleaved(decoding, rounds, workers.timing(task))
            measures[f"decode-{number}"] = Measure(f"Decoding {number:,} credits", "s", values)

        say("a second client")
        for what, title in (("made", "A second client, made"), ("called", "A second client, made and called (https)")):
            task = Task(f"second-{what}", secure)
            values = interleaved(["ours", "httpx"], rounds, workers.timing(task))
            measures[f"second-{what}"] = Measure(title, "s", values)

        for at_once, calls, few in QUICK_BATCHES if quick else BATCHES:
            say(f"async calls, {at_once:,} in flight")
            took = workers.timing(Task("async", f"{plain}/unlimited", calls=calls, at_once=at_once))
            values = interleaved(asynchronous, few, took)
            rates = {name: [1 / value for value in taken] for name, taken in values.items()}
            measures[f"async-{at_once}"] = Measure(f"Async calls, {at_once:,} in flight", "calls/s", rates)
        values = interleaved(asynchronous, 1, workers.timing(Task("peak")))
        measures["peak-async"] = Measure("Peak memory, after all of these", "MiB", values)

    rounds = 3 if quick else 41  # the time of a whole process varies the most
    say("whole processes, from start to first result over https")
    programs = {name: program(CONTENDERS[name], secure) for name in alone}
    values = interleaved(alone, rounds, lambda name: seconds(sys.executable, "-c", programs[name]))
    measures["start"] = Measure("Process start to first result (https)", "s", values)
    say("imports alone")
    values = interleaved(alone, rounds, lambda name: seconds(sys.executable, "-c", CONTENDERS[name].imports))
    measures["import"] = Measure("Process that only imports it", "s", values)
    say("memory and size")
    values = interleaved(alone, 3, lambda name: peak(CONTENDERS[name], secure))
    measures["peak"] = Measure("Peak memory, one call (https)", "MiB", values)
    values = {name: [installed_size(CONTENDERS[name])] for name in names}
    measures["size"] = Measure("Installed, with what it requires", "MB", values)

    say("regenerating")
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "ours": [sys.executable, "-m", "generator", f"--output={folder}/ours"],
            "default": default_output_command(Path(folder, "default")),
        }
        values = interleaved(list(commands), 2 if quick else 3, lambda name: seconds(*commands[name]))
    measures["generate"] = Measure("Regenerating", "s", values, base="default")
    return measures


def say(what: str) -> None:
    """Print progress, with the seconds since the start."""
    print(f"{time.perf_counter() - START:5.0f} s  {what} ...", flush=True)


START = time.perf_counter()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; shows the table, writes no file")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results", help="where to write")
    options = parser.parse_args()
    say("generating and installing the clients")
    names = install_clients()
    with servers() as (plain, secure):
        measures = measured(names, plain, secure, quick=options.quick)
    print("\n" + report.table(measures))
    if not options.quick:
        options.output.mkdir(exist_ok=True)
        (options.output / "table.md").write_text(report.table(measures))
        (options.output / "chart.svg").write_text(report.chart(measures))
        print(f"Wrote {options.output}/table.md and chart.svg.")


main()
