"""Judge an answer to an exercise: nothing is shown here, and nothing kept."""

from functools import partial
from typing import Any

from minigpt.exercises import comparing, words
from minigpt.exercises.aside import Printed, aside
from minigpt.exercises.exercise import Exercise
from minigpt.exercises.running import Outcome, OverdueError, calls, guarded
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
        status, lines, outcome = _verdict(exercise, answer, printed)
    return Verdict(subject, status, lines, outcome.printed)


def _verdict(
    exercise: Exercise, answer: Any, printed: Printed
) -> tuple[str, tuple[str, ...], Outcome]:
    """Run the answer; give the status, what to say, and the outcome that decided it."""
    read = partial(comparing.read, names=exercise.returns)
    count = len(exercise.cases)
    done = guarded(answer, exercise.cases * 2, read, printed)
    mine, again = done[:count], done[count:]
    if words.not_implemented(mine[0].error, answer):
        return NOT_ATTEMPTED, (words.YOUR_TURN,), mine[0]
    if isinstance(done[-1].error, OverdueError):
        return NOT_YET, words.fault(exercise, done[-1], ()), done[-1]
    if again and not alike(mine, again):
        return NOT_YET, words.fickle(exercise), mine[0]
    right = list(calls(exercise.reference, exercise.cases, read, printed))
    for outcome, expected in zip(mine, right, strict=False):
        if said := words.fault(exercise, outcome, expected.value):
            for slip in exercise.slips:
                if alike(mine, list(calls(slip.function, exercise.cases, read, printed))):
                    return NOT_YET, (slip.message,), outcome
            return NOT_YET, said, outcome
    return PASSED, (f"Notice: {exercise.notice}",), mine[0]


def alike(mine: list[Outcome], theirs: list[Outcome]) -> bool:
    """Tell whether two functions did the same on every case: values, errors, and changes.

    Raises: nothing.
    Source: this book.
    """
    return len(mine) == len(theirs) and all(map(_same, mine, theirs))


def _same(a: Outcome, b: Outcome) -> bool:
    if a.error is not None or b.error is not None:
        return (type(a.error), str(a.error)) == (type(b.error), str(b.error))
    return a.changed == b.changed and comparing.equal(a.value, b.value)
