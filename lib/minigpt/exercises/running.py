"""Run a learner's function: on copies, twice, and never for long."""

import contextvars
import copy
import ctypes
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from minigpt.exercises.aside import Printed, names_kept
from minigpt.exercises.exercise import Args, Case

Reader = Callable[[Any], Any]  # makes of what came back what can be compared

SECONDS = 5.0  # for all calls together
PATIENCE = 1.0  # with a function that will not be stopped


class OverdueError(Exception):
    """A function took too long; the text says what became of it."""


class Stopped(BaseException):  # so that no `except Exception` takes it
    """Raised inside a function that has run for too long.

    A bare `except:` takes it all the same. So wherever one is made, which happens in the
    function's own thread, every further line of that thread raises it anew.

    Raises: nothing.
    Source: this book.
    """

    def __init__(self) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != __file__:
            frame.f_trace = _stop_here
            frame = frame.f_back
        sys.settrace(_stop_here)


def _stop_here(frame: FrameType, event: str, arg: Any) -> None:
    raise Stopped


@dataclass(frozen=True)
class Outcome:
    """What one call did: a value or an error, the arguments it changed, what it printed.

    Source: this book.
    """

    args: Args
    value: Any = None
    error: BaseException | None = None
    changed: tuple[int, ...] = ()
    printed: str = ""

    @property
    def trouble(self) -> str:
        """The error in words: its type, and the first line of what it says.

        Raises: nothing.
        Source: this book.
        """
        name = type(self.error).__name__
        try:
            text = str(self.error).strip().split("\n")[0]
        except Exception:  # an error of the learner's own, that cannot even say what it is
            text = ""
        return f"{name}: {text}" if text else name


def guarded(
    function: Callable[..., Any], cases: Iterable[Case], read: Reader, printed: Printed
) -> list[Outcome]:
    """Do what `calls` does, in a thread that is stopped when it takes too long.

    Raises: KeyboardInterrupt, when the reader interrupts.
    Source: this book.
    """
    done: list[Outcome] = []
    cases = tuple(cases)

    def work() -> None:
        for outcome in calls(function, cases, read, printed):
            done.append(outcome)

    late = within(SECONDS, work)
    if late is None:
        return done
    return [*done, Outcome(cases[len(done)].args, error=late, printed=printed.take())]


def calls(
    function: Callable[..., Any], cases: Iterable[Case], read: Reader, printed: Printed
) -> Iterator[Outcome]:
    """Call the function once a case, up to its first error.

    Raises: Stopped.
    Source: this book.
    """
    for case in cases:
        outcome = call(function, case, read, printed)
        yield outcome
        if outcome.error is not None:
            return


def call(function: Callable[..., Any], case: Case, read: Reader, printed: Printed) -> Outcome:
    """Call the function on copies of the arguments, and read what it returns.

    Raises: Stopped.
    Source: this book.
    """
    args = copy.deepcopy(case.args)
    try:
        with names_kept():
            answer = function(*args)
        value, error = read(answer), None
    except Stopped:
        raise
    except BaseException as raised:
        value, error = None, raised
    pairs = enumerate(zip(args, case.args, strict=True))
    changed = tuple(i for i, (now, before) in pairs if differ(now, before))
    return Outcome(case.args, value, error, changed, printed.take())


def differ(now: Any, before: Any) -> bool:
    """Tell whether an argument has been changed; arrays, of any shape, and lists can be.

    Raises: nothing.
    Source: this book.
    """
    if isinstance(before, np.ndarray):
        return not np.array_equal(now, before, equal_nan=before.dtype.kind == "f")
    if isinstance(before, list | tuple):
        return len(now) != len(before) or any(map(differ, now, before))
    return isinstance(before, int | float | str) and bool(np.any(now != before))


def within(seconds: float, work: Callable[[], None]) -> OverdueError | None:
    """Do the work in a thread, and stop it when its time is over; say what came of that.

    Raises: what the work raises; KeyboardInterrupt, when the reader interrupts, and then the
    work is stopped too.
    Source: this book.
    """
    context = contextvars.copy_context()  # NumPy's print and error settings live in it
    broken: list[BaseException] = []

    def quietly() -> None:
        try:
            context.run(work)
        except Stopped:
            sys.settrace(None)
        except BaseException as error:
            broken.append(error)

    worker = threading.Thread(target=quietly, daemon=True)
    worker.start()
    try:
        worker.join(seconds)
        ended = not worker.is_alive()
    finally:
        stopped = stop(worker)
    if broken:
        raise broken[0]
    if ended:
        return None
    if stopped:
        return OverdueError(f"It was stopped after {seconds:.0f} seconds. Does a loop never end?")
    return OverdueError(
        "It takes too long and cannot be stopped. Restart the kernel if it stays busy."
    )


def stop(worker: threading.Thread) -> bool:
    """Raise `Stopped` in the thread, again and again until it ends or patience does.

    Nothing reaches a thread that is inside one long computation of NumPy's.

    Raises: nothing.
    Source: this book.
    """
    for _ in range(int(PATIENCE / 0.05)):
        if not worker.is_alive():
            return True
        target = ctypes.c_ulong(worker.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(target, ctypes.py_object(Stopped))
        worker.join(0.05)
    return not worker.is_alive()
