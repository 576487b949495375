"""Exercises that know the mistakes people make, and say which one you made.

`check("5.1", attend)` judges your function, `hint("5.1")` gives one hint a call, `progress()`
lists what is done and where that is recorded: on your own machine, and nowhere else.
To add an exercise, see `chapter_05/`: a reference, named slips, right variants, cases, hints.
"""

from typing import Any

from minigpt.exercises import record
from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES, guidance, in_order
from minigpt.exercises.verdict import HINT, PASSED, UNKNOWN, Verdict

__all__ = ["check", "hint", "progress"]

_given: dict[str, int] = {}  # how many hints, by the exercise's number


def check(id: str, answer: Any) -> None:
    """Show whether your function does what exercise `id` asks; and if not, what it does instead.

    Raises: KeyboardInterrupt, when you interrupt it.
    Source: this book.
    """
    if callable(id):
        id, answer = "", None
    id = str(id).strip().lower()
    if id not in EXERCISES:
        return Verdict(f"Exercise {id}".strip(), UNKNOWN, guidance(id)).show()
    verdict = judge(EXERCISES[id], answer)
    trouble = record.note(id) if verdict.status == PASSED else None
    verdict.show()
    if trouble:
        print(trouble)


def hint(id: str) -> None:
    """Show the next hint for exercise `id`: the first, then the second, then the third.

    Raises: nothing.
    Source: this book.
    """
    id = str(id).strip().lower()
    exercise = next((e for e in EXERCISES.values() if id in (e.id, e.number)), None)
    if exercise is None:
        return Verdict(f"Exercise {id}".strip(), UNKNOWN, guidance(id)).show()
    step = _given[exercise.number] = _given.get(exercise.number, 0) + 1
    if step > len(exercise.hints):
        lines = (
            "There are no more.",
            "The solution, explained, has the chapter's file name, in `solutions/`.",
        )
        return Verdict(f"{exercise.number}, hints", HINT, lines).show()
    given = exercise.hints[step - 1]
    subject = f"{exercise.number}, hint {step} of {len(exercise.hints)}: {given.title}"
    Verdict(subject, HINT, (given.text,)).show()


def progress() -> None:
    """List what is done, chapter by chapter, and where that is recorded.

    Raises: nothing.
    Source: this book.
    """
    done, chapter = record.passed(), None
    for id in sorted(done | set(EXERCISES), key=in_order):
        if chapter != (chapter := id.split(".")[0]):
            print(f"Chapter {chapter}")
        exercise = EXERCISES.get(id)
        title = f"{exercise.title} ({exercise.name})" if exercise else "(no longer in the book)"
        print(f"  {'✓' if id in done else '·'} {id:<5} {title}")
    print(f"{len(done & set(EXERCISES))} of {len(EXERCISES)} passed. {record.where()}")
