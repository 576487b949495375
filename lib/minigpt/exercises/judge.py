"""Judge an answer to an exercise: nothing is shown here, and nothing kept."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import zip_longest
from typing import Any

from minigpt.exercises import comparing, words
from minigpt.exercises.aside import aside
from minigpt.exercises.exercise import Exercise
from minigpt.exercises.running import Outcome, Reader, calls, guarded
from minigpt.exercises.stopping import OverdueError
from minigpt.exercises.verdict import NOT_ATTEMPTED, NOT_YET, PASSED, Verdict


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """Say whether the answer is right; and if not, what it is that went wrong.

    Raises: KeyboardInterrupt, when the reader interrupts.
    Source: this book.
    """
    subject = f"{exercise.number}, {exercise.name}"
    if words.untouched(answer):
        return Verdict(subject, NOT_ATTEMPTED, (words.YOUR_TURN,))
    if said := words.uncallable(exercise, answer):
        return Verdict(subject, NOT_YET, said)
    with aside() as printed:
        done = guarded(answer, exercise.cases * 2, _reader(exercise), printed)
    if words.not_implemented(done[0].error, answer):
        return Verdict(subject, NOT_ATTEMPTED, (words.YOUR_TURN,))
    with aside():
        outcome, said = _complaint(exercise, done)
    if said:
        return Verdict(subject, NOT_YET, said, outcome.printed)
    return Verdict(subject, PASSED, (f"Notice: {exercise.notice}",), outcome.printed)


def _reader(exercise: Exercise) -> Reader:
    return partial(comparing.read, names=exercise.returns)


def _complaint(exercise: Exercise, done: list[Outcome]) -> tuple[Outcome, words.Lines]:
    """Give what to say of two rounds of calls, if anything, and the outcome that it is about."""
    count = len(exercise.cases)
    mine, again = done[:count], done[count:]
    if isinstance(done[-1].error, OverdueError):
        return done[-1], words.fault(exercise, done[-1], ())
    if again and not exercise.judge_by and not alike(mine, again):
        return mine[0], words.FICKLE
    right = behaviour(exercise, exercise.reference)
    for outcome, expected in zip(done, right * 2, strict=False):
        if said := words.fault(exercise, outcome, expected.value):
            return outcome, _slip(exercise, mine) or said
    return mine[0], ()


def _slip(exercise: Exercise, mine: list[Outcome]) -> words.Lines:
    """Give the message of the slip that did the very same, if there is one."""
    for slip in exercise.slips:
        with aside() as printed:
            theirs = calls(slip.function, exercise.cases, _reader(exercise), printed)
            if alike(mine, theirs):
                return (slip.message,)
    return ()


def behaviour(exercise: Exercise, function: Callable[..., Any]) -> list[Outcome]:
    """Run a function of our own on the exercise's cases, up to its first error.

    Raises: nothing.
    Source: this book.
    """
    with aside() as printed:
        return list(calls(function, exercise.cases, _reader(exercise), printed))


def alike(mine: Iterable[Outcome], theirs: Iterable[Outcome]) -> bool:
    """Tell whether two functions did the same on every case: values, errors, and changes.

    No case is asked for after the first that differs.

    Raises: nothing.
    Source: this book.
    """
    return all(_same(a, b) for a, b in zip_longest(mine, theirs))


def _same(a: Outcome | None, b: Outcome | None) -> bool:
    if a is None or b is None:
        return False  # one of them went on where the other had failed
    if a.error is not None or b.error is not None:
        return a.trouble == b.trouble
    return a.changed == b.changed and comparing.equal(a.value, b.value)
