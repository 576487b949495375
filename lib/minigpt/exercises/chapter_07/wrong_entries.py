"""7.3a, find the author's errors: `wrong_entries`."""

import math

import numpy as np

from minigpt.exercises.chapter_07.hints import ERRORS
from minigpt.exercises.chapter_07.printing import LAST_DIGIT, misprint
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def wrong_entries(x, w, printed):
    return np.abs(x @ w - printed) > 0.005 + 1e-9


def wrong_when_cut_off(x, w, printed):
    cut_off = np.trunc(100 * (x @ w) + np.sign(x @ w) * 1e-6) / 100
    return np.abs(cut_off - printed) > 1e-9


SLIPS = (
    Slip("compared to the last digit", lambda x, w, printed: x @ w != printed, LAST_DIGIT),
    Slip(
        "np.isclose as it comes",
        lambda x, w, printed: ~np.isclose(x @ w, printed),
        "Right entries are called wrong: left to itself, `np.isclose` is far stricter than two "
        "decimals are. How far off may a rounded number be?",
    ),
    Slip(
        "less than half a digit",
        lambda x, w, printed: np.abs(x @ w - printed) > 0.0045,
        "Right entries are called wrong: your line lies a little short of what rounding may do. "
        "How far off may a number be that was rounded to the nearest hundredth?",
    ),
    Slip(
        "a whole digit",
        lambda x, w, printed: np.abs(x @ w - printed) > 0.01,
        "Some errors get through. A number rounded to two decimals is not off by as much as a "
        "hundredth, nor by nearly that much: by how much at most?",
    ),
    Slip(
        "only too large",
        lambda x, w, printed: printed - x @ w > 0.005 + 1e-9,
        "Only the entries that are too large are found. An error may go either way.",
    ),
    Slip(
        "only too small",
        lambda x, w, printed: x @ w - printed > 0.005 + 1e-9,
        "Only the entries that are too small are found. An error may go either way.",
    ),
    Slip(
        "in proportion",
        lambda x, w, printed: np.abs(x @ w - printed) > 0.005 * np.abs(x @ w) + 1e-9,
        "The tolerance grows and shrinks with the number. Rounding is off by the same amount "
        "for small numbers as for large ones.",
    ),
    Slip(
        "the right ones",
        lambda x, w, printed: ~wrong_entries(x, w, printed),
        "Turned round: True stands where the printed entry is right.",
    ),
    Slip(
        "cut off",
        wrong_when_cut_off,
        "Your two decimals are cut off, those in print are rounded.",
    ),
    Slip(
        "by rows",
        lambda x, w, printed: wrong_entries(x, w, printed).any(axis=1),
        "One answer for each row. An answer for each entry is wanted.",
    ),
    Slip(
        "how many",
        lambda x, w, printed: wrong_entries(x, w, printed).sum(),
        "That is how many they are. Which ones are they?",
    ),
    Slip(
        "their places",
        lambda x, w, printed: np.argwhere(wrong_entries(x, w, printed)),
        "Those are the places of the wrong entries. A table as large as the printed one is "
        "wanted, of True and False.",
    ),
    Slip(
        "how far off",
        lambda x, w, printed: np.abs(x @ w - printed),
        "That is how far off each entry is. Which of them are further off than rounding explains?",
    ),
)


def wrong_by_loops(x, w, printed):
    def right(i, c):
        return math.isclose(sum(x[i] * w[:, c]), printed[i, c], rel_tol=0, abs_tol=0.0051)

    rows, columns = printed.shape
    return [[not right(i, c) for c in range(columns)] for i in range(rows)]


def wrong_by_torch(x, w, printed):
    import torch

    return ~torch.isclose(torch.tensor(x @ w), torch.tensor(printed), rtol=0, atol=0.0052)


RIGHT = (
    Variant("rounded", lambda x, w, printed: np.round(x @ w, 2) != printed),
    Variant("loops and lists", wrong_by_loops),
    Variant("torch", wrong_by_torch),
)


def what_rounding_explains(args, values):
    """Tell an entry, of (T, d), on the wrong side of the line, and how far off it is."""
    x, w, printed = args
    off = np.abs(x @ w - printed)
    misjudged = (values["wrong"] > 0.5) != (off > 0.005)
    way = off[misjudged].flat[0]
    return f"It is off by {way:.4f}: does rounding to two decimals explain that?"


def print_case(places, off, seed):
    """x and w of so many decimals, and their product misprinted.

    With two, one right entry is off by 0.0047 and a wrong one by 0.0058, so that a line drawn
    well beside 0.005 shows; no other wrong entry is off by less than a hundredth.
    """
    T, d = off.shape
    draws = np.random.default_rng(seed)
    x, w = (np.round(draws.normal(size=s), places) for s in [(T, T - 2), (T - 2, d)])
    return Case((x, w, misprint(x @ w, off)), ("T d_model", "d_model d", "T d"))


OFF = np.array([[0, -4, 0], [2, 0, 0], [0, 12, -2], [0, 0, 0], [-2, 30, 0], [0, 0, 2], [0, 3, 0]])
OFF_BY_LITTLE = np.array([[0, 0], [0, -1], [12, 0], [0, 0], [1, 0], [0, -2]])

EXERCISE = Exercise(
    id="7.3a",
    title="Find the author's errors",
    name="wrong_entries",
    minutes=30,
    difficulty="Middling",
    reference=wrong_entries,
    returns=("wrong",),
    cases=(print_case(1, OFF, 7), print_case(2, OFF_BY_LITTLE, 275)),
    slips=SLIPS,
    right=RIGHT,
    hints=ERRORS,
    notice="a tolerance is a claim about where an error comes from: here, from rounding.",
    invariants=(what_rounding_explains,),
)
