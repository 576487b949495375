"""What came back, read as arrays; and how two such answers differ, in words."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

CLOSE = 1e-6
EXCUSED = 16  # rounding errors of the answer's own dtype, at the size of its largest number
TRUTH, WHOLE = "b", "iu"
NOT_NUMBERS = {"U": "text", "S": "bytes"}
KINDS = {"b": "True or False", "i": "whole numbers", "u": "whole numbers", "f": "numbers"}


class UnreadableError(Exception):
    """What came back cannot be read as the values that are wanted; the text says why."""


@dataclass(frozen=True)
class Value:
    """One returned value: its numbers in float64, what they were, the error that excuses.

    Source: this book.
    """

    numbers: np.ndarray
    kind: str
    error: float


Values = tuple[Value, ...]


def read(answer: Any, names: tuple[str, ...]) -> Values:
    """Copy what a function returned, of any shape, into one `Value` for each name.

    Raises: UnreadableError.
    Source: this book.
    """
    if answer is None:
        raise UnreadableError("Nothing came back: it returns None. Is a `return` missing?")
    if len(names) == 1:
        return (_value(_alone(answer), names[0]),)
    if not isinstance(answer, tuple | list) or len(answer) != len(names):
        came = f"{len(answer)} came" if isinstance(answer, tuple | list) else f"{a(answer)} came"
        wanted = f"{len(names)} values are wanted, {listing(names)}"
        raise UnreadableError(f"{wanted}, but {came}.")
    return tuple(_value(part, name) for part, name in zip(answer, names, strict=True))


def listing(names: Iterable[str]) -> str:
    """Write "x, y and z".

    Raises: nothing.
    Source: this book.
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def a(thing: Any) -> str:
    """Name what a thing is, with its shape where it has one: "an ndarray of shape (7, 3)".

    Raises: nothing.
    Source: this book.
    """
    kind = type(thing).__name__
    article = "an" if kind[0] in "aeinouAEIOU" else "a"
    shape = getattr(thing, "shape", None)
    return f"{article} {kind}" + (f" of shape {tuple(shape)}" if shape else "")


def _alone(answer: Any) -> Any:
    """Refuse a tuple where one value is wanted, unless it is a row of numbers."""
    if isinstance(answer, tuple) and any(np.ndim(_as_numpy(part)[0]) for part in answer):
        stray = " Is there a stray comma?" if len(answer) == 1 else ""
        raise UnreadableError(f"One value is wanted, but a tuple of {len(answer)} came.{stray}")
    return answer


def _value(answer: Any, name: str) -> Value:
    if answer is None:
        raise UnreadableError(f"{name} is None. Is it given its value on every path?")
    try:
        array, error = _as_numpy(list(answer) if isinstance(answer, bytes) else answer)
    except (ValueError, TypeError, RuntimeError):
        raise UnreadableError(
            f"{name} cannot be read as an array: are its rows of different lengths?"
        ) from None
    if array.dtype.kind not in KINDS:
        raise UnreadableError(_not_numbers(answer, array, name))
    return Value(array.astype(np.float64), array.dtype.kind, error)  # astype copies


def _as_numpy(answer: Any) -> tuple[np.ndarray, float]:
    """Read as NumPy's; and the relative error that the dtype excuses, 0 for whole numbers."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(answer, torch.Tensor):
        error = torch.finfo(answer.dtype).eps if answer.is_floating_point() else 0.0
        tensor = answer.detach().cpu().to_dense().resolve_conj().resolve_neg()
        return (tensor.double() if error else tensor).numpy(), EXCUSED * error
    if isinstance(answer, list | tuple) and answer:
        parts = [_as_numpy(part) for part in answer]
        return np.array([array for array, _ in parts]), max(error for _, error in parts)
    array = np.asarray(answer)
    return array, EXCUSED * float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else 0.0


def _not_numbers(answer: Any, array: np.ndarray, name: str) -> str:
    if array.dtype.kind == "c":
        return f"{name} holds complex numbers ({array.dtype}). Plain ones are wanted."
    if hasattr(answer, "__next__"):
        return f"{name} is {a(answer)}, which has not computed anything yet. Try a list."
    if isinstance(answer, np.ndarray | list | tuple):
        return f"{name} holds {NOT_NUMBERS.get(array.dtype.kind, 'objects')}, not numbers."
    return f"{name} is {a(answer)}, which cannot be read as numbers."


def close(value: Value, expected: Value) -> np.ndarray:
    """Tell entry by entry what agrees, to 1e-6 and what the value's dtype excuses.

    Both have one shape, and so has the result. Infinities agree with themselves.

    Raises: nothing.
    Source: this book.
    """
    finite = np.abs(expected.numbers[np.isfinite(expected.numbers)])
    allowed = CLOSE + max(value.error, expected.error) * finite.max(initial=1.0)
    return np.isclose(value.numbers, expected.numbers, rtol=0, atol=allowed, equal_nan=True)


def equal(values: Values, expected: Values) -> bool:
    """Tell whether an answer is the expected one: same count, kinds, shapes and numbers.

    Raises: nothing.
    Source: this book.
    """
    return len(values) == len(expected) and all(
        (value.kind == TRUTH) == (right.kind == TRUTH)
        and value.numbers.shape == right.numbers.shape
        and close(value, right).all()
        for value, right in zip(values, expected, strict=True)
    )


def misfit(value: Value, expected: Value, name: str) -> str | None:
    """Say what keeps a value from being compared: its kind, its shape, or no number in it.

    Raises: nothing.
    Source: this book.
    """
    if (value.kind == TRUTH) != (expected.kind == TRUTH):
        return f"{name} should be {KINDS[expected.kind]}, but {KINDS[value.kind]} came."
    came, wanted = value.numbers.shape, expected.numbers.shape
    if came != wanted:
        shape = f"shape {wanted}" if wanted else "one number"
        return f"{name} has shape {came}, but {shape} is wanted."
    lost = np.isnan(value.numbers) & ~np.isnan(expected.numbers)
    lost |= np.isinf(value.numbers) & np.isfinite(expected.numbers)
    if lost.any():
        return f"{spot(name, lost)} is {value.numbers[lost][0]}, which is no number to go on with."
    return None


def difference(value: Value, expected: Value, name: str) -> str | None:
    """Show the first entry that differs, and what it should be.

    Raises: nothing.
    Source: this book.
    """
    wrong = ~close(value, expected)
    if not wrong.any():
        return None
    if value.kind in WHOLE and (expected.numbers[np.isfinite(expected.numbers)] % 1).any():
        return f"{name} holds whole numbers: all that stands behind the decimal point is lost."
    came, right = apart(value.numbers[wrong][0], expected.numbers[wrong][0], value.kind)
    return f"{spot(name, wrong)} is {came}, but should be {right}."


def apart(came: float, right: float, kind: str) -> tuple[str, str]:
    """Write two numbers with as many digits as it takes to tell them apart.

    Raises: nothing.
    Source: this book.
    """
    if kind == TRUTH:
        return str(bool(came)), str(bool(right))
    pairs = ((f"{came:.{digits}g}", f"{right:.{digits}g}") for digits in (4, 7, 10, 17))
    return next(pair for pair in pairs if pair[0] != pair[1])


def spot(name: str, where: np.ndarray) -> str:
    """Write the first place where the array, of any shape, is True: "weights[0, 2]".

    Raises: nothing.
    Source: this book.
    """
    index = np.argwhere(where)[0]
    return f"{name}[{', '.join(map(str, index))}]" if index.size else name
