"""Write the page "How fast, how safe" from what the measuring commands have left.

python -m tools.measured            read appendices/measured/*.json, write the page and its figure
python -m tools.measured --check    compare the page with the files

`make measure` runs the commands first.
"""

import argparse
import difflib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

from tools.measured_words import PAGE
from tools.stored import ROOT

FOLDER = ROOT / "appendices" / "measured"
TARGET = ROOT / "appendices" / "fast_and_safe.md"
FIGURE = FOLDER / "growth.svg"
PARTS = ("quality", "steps", "generation", "cache", "tokenizer", "skipgram", "growth", "gpu")

Row = dict[str, Any]


def read(name: str) -> Row:
    """Read what a command has written.

    Raises: FileNotFoundError when it never ran.
    Source: this book.
    """
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def page() -> str:
    """Put the page together; every number comes from the files.

    Raises: FileNotFoundError when a command never ran.
    Source: this book.
    """
    files = {name: read(name) for name in PARTS}
    found = {name: file["parts"][name] for name, file in files.items()}
    targets = [t for part in found.values() for t in part["targets"] if _bounded(t)]
    return PAGE.format(
        n_targets=len(targets),
        n_held=sum(t["holds"] for t in targets),
        machine=_machine(files["steps"]["machine"]),
        targets=_targets(targets),
        quality=_quality(found["quality"]["rows"]),
        steps=_timings(found["steps"]),
        generation=_timings(found["generation"]),
        cache=_cache(found["cache"]["rows"]),
        words=_timings(found["tokenizer"]) + "\n" + _timings(found["skipgram"]),
        growth=_growth(found["growth"]["rows"]),
        gpu="\n".join(_sentences(found["gpu"]["notes"])),
        processes=_processes((FOLDER / "processes.jsonl").read_text(encoding="utf-8")),
        faults=_if_measured("faults", _faults),
        mutants=_if_measured("mutants", _mutants),
        elsewhere=_if_measured("elsewhere", _elsewhere),
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out a table: words to the left, what begins with a figure's heading `#` to the right.

    Raises: nothing.
    Source: this book.
    """
    rule = ["---:" if heading.startswith("#") else "---" for heading in headings]
    lines = [[heading.removeprefix("#") for heading in headings], rule, *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def _bounded(target: Row) -> bool:
    return "at_most" in target or "at_least" in target


def _targets(targets: list[Row]) -> str:
    rows = [(t["what"], _round(t["measured"]), _bounds(t), _yes(t["holds"])) for t in targets]
    return table(("What", "#Measured", "Asked for", "Holds"), rows)


def _bounds(target: Row) -> str:
    named = (("at_least", "at least"), ("at_most", "at most"))
    return ", ".join(f"{words} {target[name]:g}" for name, words in named if name in target)


def _yes(holds: bool) -> str:
    return "yes" if holds else "**no**"


def _round(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def _machine(machine: Row) -> str:
    versions = ", ".join(f"{name} {v}" for name, v in machine["versions"].items() if v)
    instructions = ", ".join(machine["instructions"]) or "no wide instructions"
    processor = f"{machine['processor']}, {machine['cores']} cores ({instructions})"
    gpu = machine["gpu"] or "no GPU"
    return f"{processor}, {gpu}; Python {machine['python']}, {versions}"


def _timings(part: Row) -> str:
    rows = [
        (t["what"], f"{t['median_ms']:,.1f}", f"{t['spread_ms']:,.1f}") for t in part["timings"]
    ]
    return table(("What", "#Median, ms", "#Spread, ms"), rows)


def _quality(rows: list[Row]) -> str:
    cells = [
        (r["recipe"], r["precision"], r["seed"], f"{r['loss']:.4f}", f"{r['parameters']:,}")
        for r in rows
    ]
    return table(("Recipe", "Products in", "#Seed", "#Loss, nats", "#Parameters"), cells)


def _cache(rows: list[Row]) -> str:
    cells = [
        (
            f"{r['token']:,}",
            f"{r['ms']:.1f}",
            f"{r['ms_cached']:.1f}",
            _round(r["work_ratio"]),
            f"{r['time_ratio']:.1f}",
        )
        for r in rows
        if "token" in r
    ]
    heads = ("#ms without", "#ms with it", "#Work: times less", "#Time: times less")
    return table(("#Token", *heads), cells)


def _growth(rows: list[Row]) -> str:
    cells = [
        (
            r["axis"],
            f"{r['value']:,}",
            f"{r['gflops']:.2f}",
            f"{r['ms']:.1f}",
            f"{r['ms'] / r['gflops']:.1f}",
            f"{r['counted_bytes'] / 1e6:.1f}",
            f"{r['bytes'] / 1e6:.1f}",
        )
        for r in rows
    ]
    counted = ("#GFLOPs, counted", "#ms", "#ms a GFLOP", "#MB, counted", "#MB, measured")
    return table(("Grows", "#to", *counted), cells)


def _sentences(notes: list[str]) -> list[str]:
    return [note[0].upper() + note[1:] + "." for note in notes]


def _processes(lines: str) -> str:
    cells = [
        (r["what"], f"{r['measured']:.1e}", f"{r['required']:.0e}" if r["required"] else "")
        for r in map(json.loads, lines.splitlines())
    ]
    return table(("What", "#Greatest difference, nats", "#At most"), cells)


def _if_measured(name: str, render: Callable[[Row], str]) -> str:
    """These commands take hours, and may wait."""
    measured = (FOLDER / f"{name}.json").exists()
    return render(read(name)) if measured else "*Not measured since the last change.*\n"


def _faults(found: Row) -> str:
    cells = [(r["what"], f"{r['times']:,}", r["required"], f"{r['held']:,}") for r in found["rows"]]
    return table(("What was done", "#Times", "What was required", "#Held"), cells)


def _mutants(found: Row) -> str:
    cells = [(r["module"], r["mutants"], r["killed"], r["survivors"]) for r in found["rows"]]
    return table(("Module", "#Mutants", "#Killed", "#As right"), cells)


def _elsewhere(found: Row) -> str:
    rows = found["elsewhere"]
    cells = [(r["machine"], r["notebooks"], f"{r['cells']:,}", len(r["differ"])) for r in rows]
    return table(("As if on", "#Notebooks", "#Cells", "#Outputs that differ"), cells)


def draw(rows: list[Row]) -> None:
    """Draw time against counted FLOPs, a line for each axis that grows.

    Raises: OSError when the figure cannot be written.
    Source: this book.
    """
    plt.rcParams.update({"svg.hashsalt": "growth", "svg.fonttype": "none"})
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for marker, axis in zip("os^Dv", dict.fromkeys(r["axis"] for r in rows), strict=True):
        points = [(r["gflops"], r["ms"]) for r in rows if r["axis"] == axis]
        axes.loglog(*zip(*points, strict=True), marker=marker, label=axis)
    axes.set(xlabel="GFLOPs, counted", ylabel="ms, measured")
    axes.legend(title="grows", frameon=False)
    figure.savefig(FIGURE, metadata={"Date": None})
    plt.close(figure)


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with --check compare it; the result is the exit status.

    Raises: FileNotFoundError when a command never ran.
    Source: this book.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.measured")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    made = page()
    if parser.parse_args(arguments).check:
        before = TARGET.read_text(encoding="utf-8").splitlines()
        differ = list(difflib.unified_diff(before, made.splitlines(), "page", "files", lineterm=""))
        print("\n".join(differ) or "In order: the page says what the files say.")
        return 1 if differ else 0
    draw(read("growth")["parts"]["growth"]["rows"])
    TARGET.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
