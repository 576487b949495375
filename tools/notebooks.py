"""Execute every notebook of the book in place, and store it so that a second run changes nothing.

python -m tools.notebooks [PATH ...]           execute, normalise, check
python -m tools.notebooks --check [PATH ...]   check only
"""

import argparse
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode

from tools.linter import check_book
from tools.stored import normalise, notebook_paths, read, stored_text

# Sums change in their last digit with the number of threads, sets change order with the seed.
PINNED = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "SOURCE_DATE_EPOCH": "0",  # or Matplotlib writes the time of day into every SVG
    "ATTENTION_PROGRESS": "off",  # that the book passes its own exercises is nobody's progress
}


def execute(notebook: NotebookNode, path: Path, settings: Mapping[str, str] = PINNED) -> None:
    """Run all cells in a fresh kernel, from the notebook's own folder.

    `settings` join the kernel's environment.

    Raises: nbclient.exceptions.CellExecutionError at the first cell that fails,
    unless it is tagged `raises-exception`.
    Source: this book.
    """
    NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        timeout=900,
    ).execute(env={**os.environ, **settings})


def renew(path: Path) -> None:
    """Execute one notebook and store it; the file is untouched where nothing changed.

    Raises: what `execute` raises; then the file is as it was.
    Source: this book.
    """
    before, notebook = path.read_text(encoding="utf-8"), read(path)
    execute(notebook, path)
    after = stored_text(normalise(notebook, path))
    if after != before:
        path.write_text(after, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is the exit status.

    Raises: what `execute` raises; what the linter finds is printed.
    Source: this book.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks")
    parser.add_argument("--check", action="store_true", help="check only, execute nothing")
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks; all of them by default")
    options = parser.parse_args(arguments)
    paths = [path.resolve() for path in options.paths] or notebook_paths()
    if not options.check:
        with ProcessPoolExecutor(os.cpu_count()) as pool:  # each on one thread, as PINNED says
            for path, _ in zip(paths, pool.map(renew, paths), strict=True):
                print(f"{path.parent.name}/{path.name}", flush=True)
    problems = check_book(paths)
    print("\n".join(problems) or f"In order: {len(paths)} notebooks.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
