"""Two small exercises that the tests of the engine judge by, and how they read a verdict."""

from dataclasses import replace

import numpy as np

from minigpt.exercises.exercise import Case, Exercise, Hint, Slip, Variant
from minigpt.exercises.invariants import rows_sum_to_one
from minigpt.exercises.judge import judge
from minigpt.exercises.verdict import NOT_YET, PASSED

rng = np.random.default_rng(0)


def shares(x, order):
    """Rows that sum to 1, reordered."""
    return (x / x.sum(axis=-1, keepdims=True))[order]


def shares_and_sums(x, order):
    return shares(x, order), x.sum(axis=-1)[order]


def down(x, order):
    return (x / x.sum(axis=0))[order]


def meddling(x, order):
    x /= x.sum(axis=-1, keepdims=True)
    return x[order]


def no_keepdims(x, order):
    return (x / x.sum(axis=-1))[order]


TOY = Exercise(
    id="0.1",
    title="Shares",
    name="shares",
    minutes=5,
    difficulty="Within reach",
    reference=shares,
    returns=("shares",),
    cases=(
        Case((rng.uniform(1, 2, size=(5, 3)), [3, 0, 4, 1, 2]), ("T d", None)),
        Case((rng.uniform(1, 2, size=(4, 6)), [1, 2, 3, 0]), ("T d", None)),
    ),
    slips=(
        Slip("down", down, "Which way do the sums run?"),
        Slip("meddling", meddling, "Right, but the argument is spoiled for whoever comes next."),
        Slip("no keepdims", no_keepdims, "The sums have lost an axis."),
    ),
    right=(Variant("itself", shares),),
    hints=(Hint("one", "Think."), Hint("two", "Think *again* of `x`."), Hint("three", "Do it.")),
    notice="it is right.",
    invariants=(rows_sum_to_one("shares"),),
)
PAIR = replace(TOY, reference=shares_and_sums, returns=("shares", "sums"), slips=(), invariants=())
CALLED = "Called with x (5, 3), order = [3, 0, 4, 1, 2]."


def said(answer, exercise=TOY):
    verdict = judge(exercise, answer)
    assert verdict.status == NOT_YET
    assert len(verdict.lines) <= 3
    assert all(len(line) < 200 and "\n" not in line for line in verdict.lines)
    return verdict.lines


def passes(answer, exercise=TOY):
    verdict = judge(exercise, answer)
    assert verdict.status == PASSED, verdict
    return verdict


def spoiled(change):
    return lambda x, order: change(shares(x, order))
