"""Chapter 99, shares: what its exercise asks for, and how people go wrong."""

import numpy as np

from minigpt.exercises.exercise import Case, Exercise, Hint, Slip, Variant
from minigpt.exercises.invariants import rows_sum_to_one

rng = np.random.default_rng(99)


def shares(x):
    return x / x.sum(axis=-1, keepdims=True)


def by_loops(x):
    return [[amount / sum(row) for amount in row] for row in x]


def by_turning(x):
    return (x.T / x.sum(axis=1)).T


def down_the_columns(x):
    return x / x.sum(axis=0)


def of_everything(x):
    return x / x.sum()


def without_keepdims(x):
    return x / x.sum(axis=-1)


def of_the_largest(x):
    return x / x.max(axis=-1, keepdims=True)


one = Exercise(
    id="99.1",
    title="Shares",
    name="shares",
    minutes=5,
    difficulty="Within reach",
    reference=shares,
    returns=("shares",),
    cases=(
        Case((rng.uniform(1, 9, size=(4, 3)),), ("T d",)),
        Case((rng.uniform(1, 9, size=(2, 5)),), ("T d",)),
    ),
    slips=(
        Slip(
            "down the columns",
            down_the_columns,
            "The columns sum to 1, the rows do not. Who shares with whom?",
        ),
        Slip(
            "of everything",
            of_everything,
            "All the shares together sum to 1. Each row has a whole of its own.",
        ),
        Slip(
            "keepdims forgotten",
            without_keepdims,
            "The sums have lost an axis. Which one must stay for a row to meet its own sum?",
        ),
        Slip(
            "of the largest",
            of_the_largest,
            "The largest of each row comes out as 1. A share is a part of the whole row.",
        ),
    ),
    right=(Variant("loops", by_loops), Variant("turned twice", by_turning)),
    hints=(
        Hint("what sums to what", "Which numbers have to sum to 1 when you are done?"),
        Hint("the whole", "Every row has one sum. How many sums are there for four rows?"),
        Hint("a plan", "Sum each row, keep the sums as a column, and divide the rows by it."),
    ),
    notice="shares do not change when a whole row is doubled.",
    invariants=(rows_sum_to_one("shares"),),
)

EXERCISES = (one,)
