"""What must hold of an answer whatever its numbers: said in words where it broke.

Each function takes the name of a returned value, and gives a test of it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigpt.exercises.exercise import Args, Invariant

TOLERANCE = 1e-2  # an answer in half precision does not break an invariant


def rows_sum_to_one(name: str) -> Invariant:
    """Every row of the value, shape (..., T), sums to 1.

    Raises: nothing.
    Source: this book.
    """

    def broken(args: Args, values: Mapping[str, Any]) -> str | None:
        sums = np.atleast_1d(values[name].sum(axis=-1)).ravel()
        wrong = sums[np.abs(sums - 1) > TOLERANCE]
        return f"A row of {name} sums to {wrong[0]:.4g}, not to 1." if wrong.size else None

    return broken


def never_negative(name: str) -> Invariant:
    """No entry of the value is below 0.

    Raises: nothing.
    Source: this book.
    """

    def broken(args: Args, values: Mapping[str, Any]) -> str | None:
        low = values[name].min()
        return f"An entry of {name} is negative: {low:.4g}." if low < -TOLERANCE else None

    return broken


def causal(name: str) -> Invariant:
    """The value, shape (..., T_q, T_k), is 0 wherever a query would look at a later key.

    With more keys than queries, the queries are the last T_q positions.

    Raises: nothing.
    Source: this book.
    """

    def broken(args: Args, values: Mapping[str, Any]) -> str | None:
        T_q, T_k = values[name].shape[-2:]
        later = np.triu(np.abs(values[name]), k=T_k - T_q + 1)
        if later.max() <= TOLERANCE:
            return None
        i, j = np.unravel_index(later.argmax(), later.shape)[-2:]
        return f"The future leaks: in {name}, position {i} looks at position {j}."

    return broken
