"""Wrong answers by the dozen: each exercise's reference, spoiled in one place at a time.

Two kinds. Mutants have one operator, number, name or argument of the reference's source
changed. Wrapped answers are the reference's own, handed over wrongly: another dtype, another
shape, one number off, an argument changed on the way.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigpt.exercises.exercise import Args, Exercise
from minigpt.exercises.judge import alike, behaviour, judge
from minigpt.exercises.running import Outcome
from minigpt.exercises.verdict import Verdict
from tools.spoiling import spoiled

Spoil = Callable[[np.ndarray], Any]


@dataclass(frozen=True)
class Mutant:
    """A wrong answer, and what was done to make it.

    Source: this book.
    """

    name: str
    function: Callable[..., Any]


def mutants(exercise: Exercise) -> list[Mutant]:
    """Make wrong answers to an exercise. Those that are wrong in the same way are one.

    Some may turn out right after all; `tools.equivalent` says of each why it is.

    Raises: nothing.
    Source: this book.
    """
    right = behaviour(exercise, exercise.reference)
    known: list[list[Outcome]] = []
    different = []
    for mutant in [*rewritten(exercise), *wrapped(exercise)]:
        outcomes = behaviour(exercise, mutant.function)
        if not any(alike(outcomes, other) for other in known):
            different.append(mutant)
        if not alike(outcomes, right):
            known.append(outcomes)
    return different


def judged(exercise: Exercise) -> list[tuple[Mutant, Verdict]]:
    """Judge every mutant of an exercise.

    Raises: nothing.
    Source: this book.
    """
    return [(mutant, judge(exercise, mutant.function)) for mutant in mutants(exercise)]


def rewritten(exercise: Exercise) -> Iterator[Mutant]:
    """Give the reference with one place of its source changed; the line is the mutant's name.

    Raises: OSError when there is no source.
    Source: this book.
    """
    return (Mutant(line, function) for line, function in spoiled(exercise.reference))


def wrapped(exercise: Exercise) -> Iterator[Mutant]:
    """Give the reference's own answer, spoiled on its way back.

    Raises: nothing.
    Source: this book.
    """
    for position, name in enumerate(exercise.returns):
        for words, spoil in SPOILS.items():
            if _does_something(exercise, position, spoil):
                yield Mutant(f"{name}: {words}", _spoiling(exercise, position, spoil))
    yield Mutant("the first answer, always", _first_always(exercise))
    if any(isinstance(value, np.ndarray) for case in exercise.cases for value in case.args):
        yield Mutant("an argument changed", _meddling(exercise.reference))


def _values(exercise: Exercise, args: Args) -> list[Any]:
    given = exercise.reference(*args)
    return list(given) if len(exercise.returns) > 1 else [given]


def _spoiling(exercise: Exercise, position: int, spoil: Spoil) -> Callable[..., Any]:
    def answer(*args: Any) -> Any:
        values = _values(exercise, args)
        values[position] = spoil(np.array(values[position]))
        return tuple(values) if len(values) > 1 else values[0]

    return answer


def _does_something(exercise: Exercise, position: int, spoil: Spoil) -> bool:
    """A vector transposed is the vector."""

    def shown(value: Any) -> tuple[Any, ...]:
        array = np.array(value, dtype=None if isinstance(value, np.ndarray) else object)
        return array.dtype, array.shape, array.tolist()

    every = [_values(exercise, copy.deepcopy(case.args))[position] for case in exercise.cases]
    return any(shown(np.array(value)) != shown(spoil(np.array(value))) for value in every)


def _first_always(exercise: Exercise) -> Callable[..., Any]:
    return lambda *args: exercise.reference(*copy.deepcopy(exercise.cases[0].args))


def _meddling(reference: Callable[..., Any]) -> Callable[..., Any]:
    def answer(*args: Any) -> Any:
        given = copy.deepcopy(reference(*args))
        for argument in args:
            if isinstance(argument, np.ndarray):
                argument += 1
            elif isinstance(argument, list):
                argument.reverse()
        return given

    return answer


def _first_spoiled(array: np.ndarray, value: float) -> np.ndarray:
    array = array.astype(np.float64)
    array.flat[0] = value
    return array


SPOILS: dict[str, Spoil] = {
    "cast to int": lambda array: array.astype(int),
    "cast to bool": lambda array: array.astype(bool),
    "cast to complex": lambda array: array.astype(complex),
    "cast to object": lambda array: array.astype(object),
    "cast to text": lambda array: array.astype(str),
    "a thousandth too large": lambda array: array + 1e-3,
    "the sign turned": lambda array: -array.astype(float),
    "transposed": lambda array: array.T,
    "an axis too many": lambda array: array[None],
    "the last row missing": lambda array: np.atleast_1d(array)[:-1],
    "upside down": lambda array: array[::-1] if array.ndim else array,
    "zeros": np.zeros_like,
    "one number nan": lambda array: _first_spoiled(array, np.nan),
    "one number infinite": lambda array: _first_spoiled(array, np.inf),
    "ragged": lambda array: [array.tolist(), [1]],
    "None": lambda array: None,
}
