"""Judge an answer to an exercise: nothing is printed here, and nothing kept."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from minigpt.exercises import comparing
from minigpt.exercises.comparing import UnreadableError, read
from minigpt.exercises.exercise import Exercise
from minigpt.exercises.running import Outcome, guarded, outcomes
from minigpt.exercises.verdict import NOT_ATTEMPTED, NOT_YET, PASSED, Verdict

EMPTY = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """Say whether the answer is right; and if not, what it is that went wrong.

    Raises: KeyboardInterrupt, when the reader interrupts.
    Source: this book.
    """
    if not callable(answer):
        return say(exercise, NOT_YET, f"Hand over the function itself: `{exercise.name}`.")
    rounds = guarded(answer, exercise.cases, partial(read, names=exercise.returns))
    if rounds is None:
        return say(exercise, NOT_YET, "It runs and runs. It was stopped after five seconds.")
    first = rounds[0]
    if isinstance(first[0].error, NotImplementedError):
        return say(exercise, NOT_ATTEMPTED, "Replace the last line, and run the cell again.")
    wrong = next((w for w in map(partial(fault, exercise), first) if w), None)
    if wrong is None:
        return say(exercise, PASSED, exercise.notice)
    for slip in exercise.slips:
        if alike(first, behaviour(exercise, slip.function)):
            return say(exercise, NOT_YET, slip.message)
    return say(exercise, NOT_YET, *wrong.splitlines())


def say(exercise: Exercise, status: str, *lines: str) -> Verdict:
    """Make the verdict on an exercise.

    Raises: nothing.
    Source: this book.
    """
    return Verdict(f"{exercise.number}, {exercise.name}", status, lines)


def behaviour(exercise: Exercise, function: Callable[..., Any]) -> list[Outcome]:
    """Run one of the exercise's own functions on its cases.

    Raises: nothing.
    Source: this book.
    """
    return outcomes(function, exercise.cases, partial(read, names=exercise.returns))


def alike(mine: list[Outcome], theirs: list[Outcome]) -> bool:
    """Tell whether two functions did the same on every case.

    Raises: nothing.
    Source: this book.
    """
    return len(mine) == len(theirs) and all(
        (type(a.error), str(a.error), a.changed) == (type(b.error), str(b.error), b.changed)
        and (a.error is not None or comparing.equal(a.value, b.value))
        for a, b in zip(mine, theirs, strict=True)
    )


def fault(exercise: Exercise, outcome: Outcome) -> str | None:
    """Say what is wrong with one outcome, or None.

    Raises: nothing.
    Source: this book.
    """
    names = exercise.returns
    parameters = list(inspect.signature(exercise.reference).parameters)
    if isinstance(outcome.error, UnreadableError):
        return str(outcome.error)
    if outcome.error is not None:
        return f"It stops. {type(outcome.error).__name__}: {outcome.error}"
    args = outcome.case.args
    expected = read(exercise.reference(*args), names)
    for came, right, name in zip(outcome.value, expected, names, strict=True):
        if words := comparing.misfit(came, right, name):
            return words
    if outcome.changed:
        name = parameters[outcome.changed[0]]
        return f"It changes {name} itself. Work on a copy: `{name}.copy()`."
    numbers = [value.numbers for value in outcome.value]
    if exercise.judge_by:
        return exercise.judge_by(args, numbers[0] if len(numbers) == 1 else tuple(numbers))
    for came, right, name in zip(outcome.value, expected, names, strict=True):
        if words := comparing.difference(came, right, name):
            named = dict(zip(names, numbers, strict=True))
            broken = [b for b in (test(args, named) for test in exercise.invariants) if b]
            return "\n".join([words, *broken[:1]])
    return None
