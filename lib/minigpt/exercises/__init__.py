"""Exercises that know the mistakes people make, and say which one you made.

`check("5.1", attend)` judges your function, `hint("5.1")` gives one hint a call, and
`progress()` shows what is done; what you pass is noted on your own machine, and only there.
To add an exercise, see `chapter_05.py`: a reference, cases, named slips, right variants, hints.
"""

from typing import Any

from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.exercises.verdict import HINT, UNKNOWN, Verdict

_given: dict[str, int] = {}


def check(id: str, answer: Any) -> None:
    """Show whether your function does what exercise `id` asks; and if not, what it does instead.

    Raises: KeyboardInterrupt, when you interrupt it.
    Source: this book.
    """
    if id not in EXERCISES:
        return Verdict(id, UNKNOWN).show()
    judge(EXERCISES[id], answer).show()


def hint(id: str) -> None:
    """Show the next hint for exercise `id`: the first, then the second, then the third.

    Raises: nothing.
    Source: this book.
    """
    exercise = next((e for e in EXERCISES.values() if id in (e.id, e.number)), None)
    if exercise is None:
        return Verdict(id, UNKNOWN).show()
    step = _given[exercise.number] = _given.get(exercise.number, 0) + 1
    if step > len(exercise.hints):
        text = "There are no more. The solution, explained, is in `solutions/`."
        return Verdict(exercise.number, HINT, (text,)).show()
    one = exercise.hints[step - 1]
    Verdict(
        f"{exercise.number}, {step} of {len(exercise.hints)}", HINT, (one.title, one.text)
    ).show()


def progress() -> None:
    """Show which exercises are done, chapter by chapter.

    Raises: nothing.
    Source: this book.
    """
    for exercise in EXERCISES.values():
        print("·", exercise.id, exercise.title)
