"""Every exercise by its id, gathered from `chapter_NN.py` or `chapter_NN/`."""

import difflib
import pkgutil
import re
from importlib import import_module

from minigpt.exercises.exercise import Exercise

PACKAGE = "minigpt.exercises"


def gather() -> dict[str, Exercise]:
    """Collect the `EXERCISES` of every chapter that has a module here, in the book's order.

    Raises: nothing.
    Source: this book.
    """
    modules = [module.name for module in pkgutil.iter_modules(import_module(PACKAGE).__path__)]
    chapters = [name for name in modules if name.startswith("chapter_")]
    every = [e for name in chapters for e in import_module(f"{PACKAGE}.{name}").EXERCISES]
    return {exercise.id: exercise for exercise in sorted(every, key=lambda e: in_order(e.id))}


def in_order(id: str) -> tuple[int, int, str]:
    """The key by which ids are sorted: 5.10 comes after 5.2b.

    Raises: nothing.
    Source: this book.
    """
    chapter, number, part = re.fullmatch(r"(\d+)\.(\d+)([a-z]?)", id).groups()
    return int(chapter), int(number), part


def guidance(id: str) -> tuple[str, ...]:
    """Say which exercise may have been meant by an id that there is not.

    Raises: nothing.
    Source: this book.
    """
    parts = [known for known, exercise in EXERCISES.items() if exercise.number == id]
    chapter = [known for known in EXERCISES if known.split(".")[0] == id.split(".")[0]]
    if parts:
        return (f"It has parts: {', '.join(f'{p} ({EXERCISES[p].name})' for p in parts)}.",)
    if chapter:
        nearest = difflib.get_close_matches(id, chapter, n=1, cutoff=0)[0]
        return (f"Is {nearest} meant? This chapter has {', '.join(chapter)}.",)
    numbers = sorted({exercise.chapter for exercise in EXERCISES.values()})
    return (
        f'An id is written like "{next(iter(EXERCISES))}".',
        f"There are exercises in the chapters {', '.join(map(str, numbers))}.",
    )


EXERCISES = gather()
