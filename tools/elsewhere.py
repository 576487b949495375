"""Do the stored outputs hold on other machines? Run every notebook as if on several.

python -m tools.elsewhere [--json FILE] [PATH ...]

The number of threads and the processor's instructions are changed by the switches that
PyTorch, MKL, oneDNN, NumPy and OpenBLAS offer. Pictures are left out, as they are
everywhere: their numbers are printed beside them.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from tools.notebooks import PINNED, execute
from tools.stored import normalise, notebook_paths, read

PICTURES = ("image/png", "image/svg+xml")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
AVX512 = "AVX512_ICL AVX512_SPR X86_V4"
MACHINES: dict[str, dict[str, str]] = {
    "2 threads": dict.fromkeys(THREADS, "2"),
    "4 threads": dict.fromkeys(THREADS, "4"),
    "AVX2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "NPY_DISABLE_CPU_FEATURES": AVX512,
        "OPENBLAS_CORETYPE": "Haswell",
    },
    "SSE": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "NPY_DISABLE_CPU_FEATURES": AVX512 + " X86_V3",
        "OPENBLAS_CORETYPE": "Nehalem",
    },
    "1 thread, as stored": {},
}


def told(notebook: NotebookNode) -> list[Any]:
    """Return what each code cell put out, without pictures.

    Raises: nothing.
    Source: this book.
    """
    return [
        [_words(output) for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def _words(output: Mapping[str, Any]) -> dict[str, Any]:
    data = {kind: x for kind, x in output.get("data", {}).items() if kind not in PICTURES}
    return {**output, "data": data}


def compare(path: Path, settings: Mapping[str, str]) -> tuple[int, list[int]]:
    """Run a notebook under settings; return how many code cells it has, and which now differ.

    Cells are counted from 1 among all cells, as the stored ids do.

    Raises: nbclient.exceptions.CellExecutionError where a cell fails.
    Source: this book.
    """
    stored, anew = read(path), read(path)
    execute(anew, path, {**PINNED, **settings})
    normalise(anew, path)
    places = [i for i, cell in enumerate(stored.cells, start=1) if cell.cell_type == "code"]
    pairs = zip(places, told(stored), told(anew), strict=True)
    return len(places), [place for place, before, after in pairs if before != after]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the status is 1 where an output differs.

    Raises: what `compare` raises.
    Source: this book.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.elsewhere")
    parser.add_argument("--json", type=Path, help="write what was found into this file")
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks; all of them by default")
    options = parser.parse_args(arguments)
    paths = [path.resolve() for path in options.paths] or notebook_paths()
    rows = [_row(name, settings, paths) for name, settings in MACHINES.items()]
    if options.json:
        options.json.write_text(json.dumps({"elsewhere": rows}, indent=1) + "\n", encoding="utf-8")
    return 1 if any(row["differ"] for row in rows) else 0


def _row(name: str, settings: Mapping[str, str], paths: list[Path]) -> dict[str, Any]:
    n_cells, differ = 0, []
    for path in paths:
        n, places = compare(path, settings)
        n_cells += n
        differ += [f"{path.parent.name}/{path.name}, cell {place}" for place in places]
    said = f"{name}: {len(paths)} notebooks, {n_cells} cells, {len(differ)} differ"
    print("\n  ".join([said, *differ]), flush=True)
    return {"machine": name, "notebooks": len(paths), "cells": n_cells, "differ": differ}


if __name__ == "__main__":
    sys.exit(main())
