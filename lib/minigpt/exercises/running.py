"""Run a learner's function: on copies, with its prints kept, and never for long."""

import contextvars
import copy
import ctypes
import io
import threading
import warnings
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigpt.exercises.exercise import Case

SECONDS = 5.0  # for all cases together
PATIENCE = 1.0  # for a function that refuses to be stopped
KEPT = 2000  # characters of what a call prints


class Stopped(BaseException):  # so that no `except Exception` takes it
    """Raised in a function that has run for too long.

    Source: this book.
    """


@dataclass(frozen=True)
class Outcome:
    """What one call did: a value or an error, the arguments it changed, what it printed.

    Source: this book.
    """

    case: Case
    value: Any = None
    error: BaseException | None = None
    changed: tuple[int, ...] = ()
    printed: str = ""
    warned: str = ""


class Printed(io.StringIO):
    """Keeps the beginning of what is printed, and counts the lines of the rest.

    Source: this book.
    """

    def write(self, text: str) -> int:
        """Keep the text while there is room.

        Raises: nothing.
        Source: this book.
        """
        super().write(text[: max(0, KEPT - self.tell())])
        return len(text)

    def take(self) -> str:
        """Give what was printed, and begin anew.

        Raises: nothing.
        Source: this book.
        """
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


def outcomes(
    function: Callable[..., Any],
    cases: Iterable[Case],
    read: Callable[[Any], Any],
    printed: Printed | None = None,
) -> list[Outcome]:
    """Call the function once a case, on copies, up to the first error; read what it returns.

    Raises: nothing that the function raises, but `Stopped`.
    Source: this book.
    """
    done: list[Outcome] = []
    for case in cases:
        args = copy.deepcopy(case.args)
        value = error = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                value = read(function(*args))
            except Stopped:
                raise
            except BaseException as raised:
                error = raised
        changed = tuple(
            i for i, pair in enumerate(zip(args, case.args, strict=True)) if differ(*pair)
        )
        said = printed.take() if printed else ""
        warned = str(caught[0].message) if caught else ""
        done.append(Outcome(case, value, error, changed, said, warned))
        if error is not None:
            break
    return done


def differ(now: Any, before: Any) -> bool:
    """Tell whether an argument has been changed; only arrays (any shape) and lists can be.

    Raises: nothing.
    Source: this book.
    """
    if isinstance(before, np.ndarray):
        return not np.array_equal(now, before, equal_nan=before.dtype.kind == "f")
    return isinstance(before, list | dict) and now != before


def guarded(
    function: Callable[..., Any], cases: tuple[Case, ...], read: Callable[[Any], Any]
) -> list[list[Outcome]] | None:
    """Run the cases twice in a thread of their own; None when that took too long.

    Raises: KeyboardInterrupt, when the reader interrupts.
    Source: this book.
    """
    rounds: list[list[Outcome]] = []
    printed = Printed()

    def work() -> None:
        for _ in range(2):
            rounds.append(outcomes(function, cases, read, printed))

    with redirect_stdout(printed), redirect_stderr(printed):
        ended = within(SECONDS, work)
    return rounds if ended else None


def within(seconds: float, work: Callable[[], None]) -> bool:
    """Do the work in a thread, and stop it when the time is over; tell whether it ended.

    Raises: KeyboardInterrupt, when the reader interrupts; the work is then stopped too.
    Source: this book.
    """

    def quietly() -> None:
        with suppress(Stopped):
            contextvars.copy_context().run(work)

    worker = threading.Thread(target=quietly, daemon=True)
    worker.start()
    try:
        worker.join(seconds)
        return not worker.is_alive()
    finally:
        stop(worker)


def stop(worker: threading.Thread) -> None:
    """Raise `Stopped` in the thread, again and again until it ends or patience does.

    Raises: nothing.
    Source: this book.
    """
    for _ in range(int(PATIENCE / 0.05)):
        if not worker.is_alive():
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(worker.ident or 0), ctypes.py_object(Stopped)
        )
        worker.join(0.05)
