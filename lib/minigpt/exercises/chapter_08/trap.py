"""8.2a, the finite-mask trap: `trap`."""

import numpy as np

from minigpt.exercises.chapter_08.hints import FINITE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def trap(fill):
    return np.array([fill - 40.0, fill - 50.0, 0.0])


SLIPS = (
    Slip(
        "the hidden word's own score",
        lambda fill: np.array([0.0, 0.0, -2 * fill]),
        "The hidden word's own score is overwritten by the fill, however large it was. "
        "The other two are what the fill is held against.",
    ),
    Slip(
        "as low as the fill",
        lambda fill: np.array([fill, fill, 0.0]),
        "That makes a tie of three, and the hidden word gets a third.",
    ),
    Slip(
        "one visible word low",
        lambda fill: np.array([2 * fill, 0.0, 0.0]),
        "One visible word lies below the fill, and the other takes everything.",
    ),
    Slip(
        "the fill's sign lost",
        lambda fill: np.array([-2 * fill, -2 * fill, 0.0]),
        "Your visible words tower above the fill, and the hidden one gets nothing. "
        "On which side of it should they lie?",
    ),
    Slip(
        "minus infinity",
        lambda fill: np.array([-np.inf, -np.inf, 0.0]),
        "That hides the visible words as well. Finite scores do it too.",
    ),
    Slip(
        "a hair below",
        lambda fill: np.array([fill - 0.5, fill - 0.5, 0.0]),
        "Below the fill they are, but there are two of them, and together they have more than "
        "half. How much lower must they lie?",
    ),
    Slip(
        "weights",
        lambda fill: np.array([0.2, 0.2, 0.6]),
        "Those look like weights. Scores are wanted, from which the filled softmax makes them.",
    ),
)


RIGHT = (
    Variant("twice the fill", lambda fill: [2 * fill, 2 * fill, 123.0]),
    Variant("a gap of one", lambda fill: (fill - 1, fill - 1, fill)),
    Variant("far below", lambda fill: np.array([-1e30, 3 * fill, -7.0])),
    Variant("lifted", lambda fill: fill - 12.0 - np.arange(3)),
)


def harmless(args, scores):
    """Say what the hidden word gets from scores, shape (3,), once the fill stands in its place."""
    (fill,) = args
    filled = np.array([*scores[:2], fill])
    raised = np.exp(filled - filled.max())
    share = raised[2] / raised.sum()
    if share > 0.5:
        return None
    above = int((scores[:2] >= fill).sum())
    why = f" The fill lies above {('both', 'one', 'neither')[above]} of the visible scores."
    return f"With {fill:g} in its place the hidden word gets {share:.4g}." + why * (above > 0)


EXERCISE = Exercise(
    id="8.2a",
    title="The finite-mask trap",
    name="trap",
    minutes=25,
    difficulty="Middling",
    reference=trap,
    returns=("scores",),
    cases=tuple(Case((fill,), (None,)) for fill in (-1e4, -1e9, -1e12, -50.0, -1.0)),
    slips=SLIPS,
    right=RIGHT,
    hints=FINITE,
    notice="there is such a row for every finite fill; whether a model ever makes one is a "
    "question that minus infinity need not ask.",
    judge_by=harmless,
)
