"""Step aside while a learner's function runs: afterwards all is as it was before."""

import builtins
import io
import math
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import numpy as np

KEPT = 400  # characters of what a call prints
LINES, WIDTH = 3, 100
MODULES = (builtins, math, random, np, np.linalg, np.random)


class Printed(io.StringIO):
    """Keeps the beginning of what is printed, and counts the lines of the rest.

    Source: this book.
    """

    lines = 0

    def write(self, text: str) -> int:
        """Keep the text while there is room.

        Raises: nothing.
        Source: this book.
        """
        super().write(text[: max(0, KEPT - self.tell())])
        self.lines += text.count("\n")
        return len(text)

    def take(self) -> str:
        """Give the first lines of what was printed, and begin anew.

        Raises: nothing.
        Source: this book.
        """
        shown = [line[:WIDTH] for line in self.getvalue().splitlines()[:LINES]]
        more = self.lines - len(shown)
        self.seek(0)
        self.truncate()
        self.lines = 0
        return "\n".join([*shown, *([f"… and {more} more lines"] if more > 0 else [])])


@contextmanager
def aside() -> Iterator[Printed]:
    """Keep what is printed and warned; afterwards restore random states and replaced names.

    Raises: nothing.
    Source: this book.
    """
    printed = Printed()
    with (
        warnings.catch_warnings(),
        redirect_stdout(printed),
        redirect_stderr(printed),
        random_kept(),
        names_kept(),
        no_way_out(),
    ):
        warnings.simplefilter("always")
        warnings.showwarning = _print_warning
        builtins.input = _refuse_input
        yield printed


@contextmanager
def names_kept() -> Iterator[None]:
    """Put back what is replaced in Python's own names and in NumPy's, and the recursion limit.

    Raises: nothing.
    Source: this book.
    """
    before, limit = [dict(vars(module)) for module in MODULES], sys.getrecursionlimit()
    try:
        yield
    finally:
        for module, names in zip(MODULES, before, strict=True):
            vars(module).update(names)
        sys.setrecursionlimit(limit)


@contextmanager
def random_kept() -> Iterator[None]:
    """Set the random generators that everyone draws from back to where they were.

    Raises: nothing.
    Source: this book.
    """
    torch = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state(), torch and torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        if torch is not None:
            torch.set_rng_state(states[2])


@contextmanager
def no_way_out() -> Iterator[None]:
    """In a notebook, let `exit()` raise SystemExit instead of ending the kernel.

    Raises: nothing.
    Source: this book.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if not shell:
        yield
        return
    own, shell.ask_exit = shell.ask_exit, sys.exit
    try:
        yield
    finally:
        shell.ask_exit = own


def _print_warning(message: Warning, category: type[Warning], *rest: Any) -> None:
    print(f"{category.__name__}: {message}")


def _refuse_input(prompt: object = "") -> str:
    raise RuntimeError("it asks for input, but nobody is there to answer")
