"""5.3a, permute the words: `is_equivariant`."""

import math

import numpy as np

from minigpt.exercises.chapter_05.hints import PERMUTE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

X = np.random.default_rng(5).normal(size=(5, 3))
SWAP, CIRCLE = [1, 0, 2, 3, 4], [3, 0, 4, 1, 2]


def is_equivariant(f, x, order):
    return bool(np.allclose(f(x)[order], f(x[order])))


SLIPS = (
    Slip(
        "the order undone",
        lambda f, x, order: np.allclose(f(x)[np.argsort(order)], f(x[order])),
        "Right for a swap, wrong for a circle of three: on one side the order is undone where "
        "it should be done.",
    ),
    Slip(
        "invariant",
        lambda f, x, order: np.allclose(f(x), f(x[order])),
        "That asks whether the outputs stay where they are, as it does when both sides are "
        "reordered, or neither. Should they not move along with the words?",
    ),
    Slip(
        "the same side twice",
        lambda f, x, order: np.allclose(f(x)[order], f(x)[order]),
        "It says yes to everything. Is `f` ever given the reordered words?",
    ),
    Slip(
        "compared with the words",
        lambda f, x, order: np.allclose(f(x)[order], x[order]),
        "That compares what comes out with what goes in. Both sides should have been through `f`.",
    ),
    Slip(
        "one row",
        lambda f, x, order: np.allclose(f(x)[order][0], f(x[order])[0]),
        "Only the first row is compared, and the others may do as they like.",
    ),
    Slip(
        "one column",
        lambda f, x, order: np.allclose(f(x)[order][:, 0], f(x[order])[:, 0]),
        "Only the first column is compared, and the others may do as they like.",
    ),
    Slip(
        "the same rows in any order",
        lambda f, x, order: np.allclose(np.sort(f(x), axis=0), np.sort(f(x[order]), axis=0)),
        "That asks whether the same numbers come out, in whatever order. Which row is which "
        "word's?",
    ),
    Slip(
        "the sums",
        lambda f, x, order: np.allclose(f(x).sum(axis=0), f(x[order]).sum(axis=0)),
        "That compares what the rows come to in all. A reordering must show row by row.",
    ),
    Slip(
        "lengths of the rows",
        lambda f, x, order: np.allclose(
            np.linalg.norm(f(x)[order], axis=-1), np.linalg.norm(f(x[order]), axis=-1)
        ),
        "The rows' lengths agree, and that is all it looks at. An arrow can turn and keep its "
        "length.",
    ),
    Slip(
        "to the last bit",
        lambda f, x, order: bool((f(x)[order] == f(x[order])).all()),
        "It says no to the three lines for a difference in the last digits. A sum in another "
        "order rounds otherwise.",
    ),
    Slip(
        "too tolerant",
        lambda f, x, order: np.allclose(f(x)[order], f(x[order]), atol=0.5),
        "Numbers that differ by hundredths pass as equal. Only rounding is to be forgiven.",
    ),
    Slip(
        "a table of answers",
        lambda f, x, order: np.isclose(f(x)[order], f(x[order])),
        "That is an answer for each number. One is wanted for all of them together: `np.allclose`.",
    ),
    Slip(
        "a table, to the last bit",
        lambda f, x, order: f(x)[order] == f(x[order]),
        "That is an answer for each number, and to the last bit. One is wanted for all together, "
        "and rounding is to be forgiven: `np.allclose`.",
    ),
    Slip(
        "columns reordered",
        lambda f, x, order: np.allclose(f(x)[:, order], f(x[:, order])),
        "That reorders the columns. Which way do the words lie in `x`?",
    ),
)


def by_matrix(f, x, order):
    P = np.eye(len(x))[order]
    return np.abs(P @ f(x) - f(P @ x)).max() < 1e-9


def row_by_row(f, x, order):
    before, after = f(x), f(x[order])
    for place, i in enumerate(order):
        if any(abs(a - b) > 1e-9 for a, b in zip(after[place], before[i], strict=True)):
            return False
    return True


def back_again(f, x, order):
    back = np.argsort(order)
    return np.allclose(f(x[order])[back], f(x), rtol=0)


def compared_by_torch(f, x, order):
    import torch

    return torch.allclose(torch.tensor(f(x))[order], torch.tensor(f(x[order])))


RIGHT = (
    Variant("as a matrix", by_matrix),
    Variant("row by row", row_by_row),
    Variant("there and back again", back_again),
    Variant("torch", compared_by_torch),
)


# What the checks hand over as f; their first line of documentation says what they do.


def contexts(x):
    """The three lines."""
    raised = np.exp(x @ x.T / math.sqrt(x.shape[-1]))
    return raised / raised.sum(axis=-1, keepdims=True) @ x


def rounded(x):
    """The three lines, with a rounding error that depends on the place."""
    return contexts(x) * (1 + 1e-13 * np.arange(len(x))[:, None])


def negative(x):
    """f(x) = -x."""
    return -np.array(x)


def mean(x):
    """An f that gives every word the mean of all."""
    return np.broadcast_to(np.mean(x, axis=0), np.shape(x))


def numbered(x):
    """An f that adds a number to each row, another one to each."""
    return np.array(x) + np.arange(len(x))[:, None]


def in_order(x):
    """An f that sorts each column."""
    return np.sort(x, axis=0)


def exchanged(x):
    """An f that exchanges two numbers of the first row."""
    return np.concatenate([np.array(x)[:1, [1, 0, 2]], x[1:]])


def spoiled(row, column):
    def f(x):
        """An f that changes one number when the words are reordered."""
        y = np.array(x)
        y[row, column] += 0 if np.array_equal(y, X) else 0.01
        return y

    return f


CASES = (
    *((f, X, order) for f in (negative, mean, contexts, rounded) for order in (SWAP, CIRCLE)),
    (contexts, X[:4, :2], [2, 0, 3, 1]),
    *((f, X, CIRCLE) for f in (in_order, numbered, exchanged)),
    *((spoiled(row, column), X, CIRCLE) for row in range(5) for column in range(3)),
)


def misjudged(args, answer):
    """Say what f it is that was judged wrongly; the answer has no axes."""
    f, x, order = args
    if bool(answer) == is_equivariant(f, x, order):
        return None
    words = {True: "yes", False: "no"}
    return (
        f"{f.__doc__.rstrip('.')}, in the order {order}: you say {words[bool(answer)]}, "
        f"but it is {words[not answer]}."
    )


EXERCISE = Exercise(
    id="5.3a",
    title="Permute the words",
    name="is_equivariant",
    minutes=30,
    difficulty="An evening's thought",
    reference=is_equivariant,
    returns=("answer",),
    cases=tuple(Case(args, (None, "T d", None)) for args in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=PERMUTE,
    judge_by=misjudged,
    notice="a property of `f` is tested on examples and proved on paper. One reordering that is not "
    "its own inverse is worth more than many swaps.",
)
