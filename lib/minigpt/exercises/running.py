"""Call a function on copies of an exercise's arguments, and see all that it does."""

import copy
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigpt.exercises.aside import Printed, names_kept
from minigpt.exercises.exercise import Args, Case
from minigpt.exercises.stopping import Stopped, within

Reader = Callable[[Any], Any]  # makes of what came back what can be compared

SECONDS = 10.0  # of computing, for all calls together; a patient loop of a right answer takes three


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
        if isinstance(self.error, RecursionError):
            text = re.sub(r"(?<=depth exceeded) .*", "", text)  # doing what, is chance
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
    at = cases[min(len(done), len(cases) - 1)]  # it may have taken `Stopped`, and gone on
    return [*done, Outcome(at.args, error=late, printed=printed.take())]


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
