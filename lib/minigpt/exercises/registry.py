"""Every exercise by its id, gathered from the modules `chapter_NN`."""

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
    modules = [m.name for m in pkgutil.iter_modules(import_module(PACKAGE).__path__)]
    chapters = [name for name in sorted(modules) if name.startswith("chapter_")]
    every = [e for name in chapters for e in import_module(f"{PACKAGE}.{name}").EXERCISES]
    return {exercise.id: exercise for exercise in sorted(every, key=lambda e: in_order(e.id))}


def in_order(id: str) -> tuple[int, ...]:
    """The key by which ids are sorted: 5.10 comes after 5.2b.

    Raises: nothing.
    Source: this book.
    """
    numbers = [int(n) for n in re.findall(r"\d+", id)]
    return (*numbers, ord(id[-1])) if id[-1:].isalpha() else (*numbers, 0)


EXERCISES = gather()
