"""What is said of an answer that is no slip with a name: at most three short lines."""

import dis
import inspect
import re
import sys
import traceback
from collections.abc import Mapping
from types import CodeType
from typing import Any

import numpy as np

from minigpt.exercises.comparing import UnreadableError, Values, a, difference, listing, misfit
from minigpt.exercises.exercise import Args, Exercise, Invariant
from minigpt.exercises.running import Outcome
from minigpt.exercises.stopping import OverdueError

YOUR_TURN = "Your turn: write the function above, run its cell, and then this one again."
EMPTY = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
LONGEST = 160  # characters of an error's message, or of the arguments

Lines = tuple[str, ...]

FICKLE: Lines = (
    "Called again with the same values, it gives another answer.",
    "Does it draw random numbers, or keep something from one call to the next?",
)


def untouched(answer: Any) -> bool:
    """Tell whether there is nothing to judge: None, `...`, or a function with no body.

    Raises: nothing.
    Source: this book.
    """
    if answer is None or answer is ...:
        return True
    code = getattr(answer, "__code__", None)
    if not isinstance(code, CodeType):
        return False
    constants = set(code.co_consts) - {answer.__doc__}
    return {i.opname for i in dis.get_instructions(code)} <= EMPTY and constants <= {None, ...}


def not_implemented(error: BaseException | None, answer: Any) -> bool:
    """Tell whether the function itself says that it is still to be written.

    Raises: nothing.
    Source: this book.
    """
    if not isinstance(error, NotImplementedError):
        return False
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)  # the innermost
    return frame.f_code is getattr(inspect.unwrap(answer), "__code__", None)


def uncallable(exercise: Exercise, answer: Any) -> Lines:
    """Say why the answer cannot be called as the exercise calls it, if that is so.

    Raises: nothing.
    Source: this book.
    """
    call = f'`check("{exercise.id}", {exercise.name})`'
    if isinstance(answer, str):
        return ("That is a text: hand over the function, without quotes.", call)
    if not callable(answer):
        return (f"That is {a(answer)}: hand over the function itself, without calling it.", call)
    try:
        signature = inspect.signature(answer)
    except (ValueError, TypeError):  # some functions written in C do not say what they take
        return ()
    try:
        signature.bind(*exercise.cases[0].args)
    except TypeError:
        return (_takes(signature, exercise),)
    return ()


def _takes(signature: inspect.Signature, exercise: Exercise) -> str:
    by_name = inspect.Parameter.KEYWORD_ONLY
    parameters = signature.parameters.values()
    if named := [p.name for p in parameters if p.kind is by_name and p.default is p.empty]:
        return f"Your function wants {listing(named)} by name, but is handed its values in order."
    takes = [p.name for p in parameters if p.kind is not by_name]
    handed = inspect.signature(exercise.reference).parameters
    plural = "" if len(takes) == 1 else "s"
    return (
        f"Your function takes {len(takes)} argument{plural}, but the exercise hands it "
        f"{len(handed)}: {listing(handed)}."
    )


def fault(exercise: Exercise, outcome: Outcome, expected: Values) -> Lines:
    """Say what is wrong with the outcome of one call, if anything is.

    Raises: nothing.
    Source: this book.
    """
    said = next((said for test in FAULTS if (said := test(exercise, outcome, expected))), ())
    return (*said[:2], f"Called with {handed(exercise, outcome.args)}.") if said else ()


def _stops(exercise: Exercise, outcome: Outcome, expected: Values) -> Lines:
    """Say what ended the call before it gave a value."""
    error = outcome.error
    if error is None:
        return ()
    if isinstance(error, UnreadableError | OverdueError):
        return (str(error),)
    if isinstance(error, RecursionError):
        return ("It calls itself without end. Which input is small enough to answer at once?",)
    if isinstance(error, SystemExit):
        return ("It calls exit, which would end the whole session. Is return meant?",)
    trouble = outcome.trouble
    return (_place(error), _unfit(trouble) or _for_torch(trouble) or trouble[:LONGEST])


def _unfit(trouble: str) -> str:
    """Say in words which two lengths NumPy's matrix product found to differ, if that is it."""
    sizes = re.search(r"^ValueError: matmul: .*\(size (\d+) is different from (\d+)\)", trouble)
    if not sizes:
        return ""
    right, left = sizes.groups()
    return (
        f"The two do not fit: on the left of the product are rows of {left} numbers, "
        f"on its right columns of {right}."
    )


def _for_torch(trouble: str) -> str:
    """Say that torch was handed one of NumPy's arrays, or an array asked to do what tensors do."""
    asked = re.search(r"^AttributeError: 'numpy.ndarray' object has no attribute '(\w+)'", trouble)
    tensor = getattr(sys.modules.get("torch"), "Tensor", None)
    if "must be Tensor, not numpy.ndarray" in trouble or (asked and hasattr(tensor, asked[1])):
        return "A tensor can do this, but an array of NumPy's came: `torch.as_tensor(…)` makes one."
    return ""


def _place(error: BaseException) -> str:
    """Quote the line of the learner's own cell or file in which it happened."""
    _, *frames = traceback.extract_tb(error.__traceback__)  # the first is ours
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    if not own:
        return "It stops."
    line = (own[-1].line or "").strip()
    return f"It stops in line {own[-1].lineno}" + (f": `{line[:LONGEST]}`" if line else ".")


def handed(exercise: Exercise, args: Args) -> str:
    """Write the arguments of a call: "x (7, 3), order = [1, 0]".

    Raises: nothing.
    Source: this book.
    """
    names = inspect.signature(exercise.reference).parameters
    text = ", ".join(map(_argument, names, args))
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(",", 1)[0] + " …"


def _argument(name: str, value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{name} {value.shape}"
    plain = isinstance(value, int | float | str | bytes | list | tuple)
    short = plain and len(repr(value)) <= 40
    return f"{name} = {value!r}" if short else name


def _misfits(exercise: Exercise, outcome: Outcome, expected: Values) -> Lines:
    """Say what keeps the values from being compared."""
    every = zip(outcome.value, expected, exercise.returns, strict=True)
    return tuple(said for value in every if (said := misfit(*value)))[:1]


def _changes(exercise: Exercise, outcome: Outcome, expected: Values) -> Lines:
    """Say which argument is not what it was."""
    names = list(inspect.signature(exercise.reference).parameters)
    changed = [names[i] for i in outcome.changed][:1]
    return tuple(
        f"It changes {name} itself, which others may still need. Work on a copy."
        for name in changed
    )


def _differs(exercise: Exercise, outcome: Outcome, expected: Values) -> Lines:
    """Say which number is wrong, and what else gives that away."""
    numbers = {name: v.numbers for name, v in zip(exercise.returns, outcome.value, strict=True)}
    if exercise.judge_by:
        answer = tuple(numbers.values())
        said = exercise.judge_by(outcome.args, answer if len(answer) > 1 else answer[0])
        return (said,) if said else ()
    every = zip(outcome.value, expected, exercise.returns, strict=True)
    wrong = tuple(said for value in every if (said := difference(*value)))[:1]
    if not wrong:
        return ()
    broken = (test(outcome.args, numbers) for test in (_unchanged(exercise), *exercise.invariants))
    return (*wrong, *filter(None, broken))


def _unchanged(exercise: Exercise) -> Invariant:
    """No value is one of the arguments as it came."""
    names = inspect.signature(exercise.reference).parameters

    def broken(args: Args, values: Mapping[str, Any]) -> str | None:
        for name, array in values.items():
            for argument, came in zip(names, args, strict=False):
                if isinstance(came, np.ndarray) and np.array_equal(array, came):
                    return f"{name} is {argument} as it came."
        return None

    return broken


FAULTS = (_stops, _misfits, _changes, _differs)
