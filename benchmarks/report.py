"""Report the results as a table (Markdown) and a chart (SVG)."""

from __future__ import annotations

import os
import platform
from html import escape
from importlib.metadata import version
from pathlib import Path

from .contenders import CONTENDERS
from .measure import Measure

# Targets: benchmark, contender, direction, and the bound of its ratio to the base.
TARGETS = [
    ("sync", "ours", "≤", 0.85),
    ("async-100", "ours-aiohttp", "≥", 4.0),
    ("start", "ours", "≤", 1.10),
    ("second-made", "ours", "≤", 0.10),
    ("decode-1000", "ours", "≤", 2.8),
]
PACKAGES = (
    "httpx",
    "httpcore",
    "aiohttp",
    "requests",
    "openapi-python-client",
    "openapi-generator-cli",
)


def table(measures: dict[str, Measure]) -> str:
    """Return the results as a table in Markdown."""
    names = [name for name in CONTENDERS if any(name in measure.values for measure in measures.values())]
    lines = [
        f"Measured on {machine()}.",
        "",
        "Medians of one run, in which the contenders take turns. In brackets: the median of the ratios to httpx, and",
        "their quartiles. Decoding is compared with `json.loads`, regenerating with the generator's default output.",
        "",
        f"| | {' | '.join(CONTENDERS[name].title for name in names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for measure in measures.values():
        cells = [_cell(measure, name) for name in names]
        lines.append(f"| {measure.title} | {' | '.join(cells)} |")
    lines += ["", "Decoding, per credit:", "", "| credits in the body | 2 | 100 | 1,000 |", "|---|---:|---:|---:|"]
    for name in measures["decode-1000"].values:
        cells = [shown(measures[f"decode-{number}"].middle(name) / number, "s") for number in (2, 100, 1000)]
        lines.append(f"| {'`json.loads`' if name == 'httpx' else CONTENDERS[name].title} | {' | '.join(cells)} |")
    lines += ["", "Targets, as ratios:", "", "| | target | measured |", "|---|---:|---:|"]
    for key, name, sense, bound in TARGETS:
        ratio, _, _ = measures[key].ratio(name)
        met = ratio <= bound if sense == "≤" else ratio >= bound
        measured = _ratio(measures[key], name) + ("" if met else " – missed")
        lines.append(f"| {measures[key].title}, {CONTENDERS[name].title} | {sense} {bound:.2f} | {measured} |")
    lines.append(f"| Regenerating | < 5 s | {shown(measures['generate'].middle('ours'), 's')} |")
    return "\n".join(lines) + "\n"


def _cell(measure: Measure, name: str) -> str:
    if name not in measure.values:
        return "–"
    text = shown(measure.middle(name), measure.unit)
    if name == measure.base or measure.base not in measure.values:
        return text
    return f"{text} ({_ratio(measure, name)})"


def _ratio(measure: Measure, name: str) -> str:
    ratio, low, high = measure.ratio(name)
    digits = 2 if ratio >= 0.1 else 3
    middle, spread = f"{ratio:.{digits}f}", f"{low:.{digits}f}–{high:.{digits}f}"
    return middle if low == high else f"{middle}, {spread}"


def shown(value: float, unit: str) -> str:
    """Return a value with its unit, rounded to three digits."""
    if unit == "calls/s":
        return f"{float(f'{value:.3g}'):,.0f}/s"
    if unit == "s":
        scale, unit = next((s, u) for s, u in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if value * s >= 1 or u == "µs")
        value *= scale
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def machine() -> str:
    """Return the machine and the versions in one line."""
    cpu, system = platform.processor() or platform.machine(), platform.system()
    if (info := Path("/proc/cpuinfo")).exists():
        models = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        cpu = models[0] if models else cpu
    if system == "Linux":
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return f"{cpu}, {os.cpu_count()} cores, {system}, Python {platform.python_version()}; {versions}"


# The chart: a panel for each benchmark, a bar for each contender.

PANELS = [
    ("sync", "A call on a warm connection", "time, shorter is better"),
    ("async-100", "Async calls, 100 in flight", "calls per second, longer is better"),
    ("start", "Process start to first result over https", "time, shorter is better"),
    ("decode-1000", "Decoding 1,000 credits to models", "time, shorter is better"),
]
WIDTH, PANEL, ROW, LABEL = 880, 196, 24, 186

STYLE = """
    text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328 }
    .title { font-weight: 600 } .faint { fill: #59636e } .paper { fill: #ffffff }
    .ours { fill: #0a7d5a } .others { fill: #c3cad2 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .faint { fill: #9198a1 } .paper { fill: #0d1117 }
      .ours { fill: #3fb68b } .others { fill: #4a525c }
    }
"""


def chart(measures: dict[str, Measure]) -> str:
    """Return the main results as an SVG chart."""
    height = 2 * PANEL + 4
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img">',
        "<title>The speed of stablecog-client and its alternatives</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>',
    ]
    for number, (key, title, sense) in enumerate(PANELS):
        x, y = 24 + number % 2 * (WIDTH // 2), 34 + number // 2 * PANEL
        parts += _panel(measures[key], title, sense, x, y)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(measure: Measure, title: str, sense: str, x: int, y: int) -> list[str]:
    parts = [
        f'<text class="title" x="{x}" y="{y}">{escape(title)}</text>',
        f'<text class="faint" x="{x}" y="{y + 18}">{sense}</text>',
    ]
    longest = max(measure.middle(name) for name in measure.values)
    for row, name in enumerate(measure.values):
        value, top = measure.middle(name), y + 32 + row * ROW
        length = max(2, round(130 * value / longest))
        label = "json.loads, no models" if name == "httpx" and "Decoding" in measure.title else CONTENDERS[name].title
        kind = "ours" if name.startswith("ours") else "others"
        parts += [
            f'<text x="{x}" y="{top + 14}">{escape(label)}</text>',
            f'<rect class="{kind}" x="{x + LABEL}" y="{top + 2}" width="{length}" height="16" rx="2"/>',
            f'<text class="faint" x="{x + LABEL + length + 8}" y="{top + 14}">{shown(value, measure.unit)}</text>',
        ]
    return parts
