"""8.2b, the finite-mask trap: `masked_softmax`."""

import numpy as np

from minigpt.exercises.chapter_08.hints import FINITE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.exercises.invariants import never_negative

rng = np.random.default_rng(82)


def masked_softmax(scores, mask):
    shown = np.where(mask, scores, -np.inf)
    top = shown.max(axis=-1, keepdims=True)
    raised = np.exp(shown - np.where(top == -np.inf, 0.0, top))
    total = raised.sum(axis=-1, keepdims=True)
    return raised / np.where(total == 0.0, 1.0, total)


def softmax(scores, axis=-1):
    raised = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


def hidden(scores, mask):
    return np.where(mask, scores, -np.inf)


def unshifted(scores, mask):
    raised = np.exp(hidden(scores, mask))
    total = raised.sum(axis=-1, keepdims=True)
    return raised / np.where(total == 0, 1.0, total)


def shifted_by(top):
    def changed(scores, mask):
        raised = np.exp(scores - top(scores)) * mask
        total = raised.sum(axis=-1, keepdims=True)
        return raised / np.where(total == 0, 1.0, total)

    return changed


def indexed(scores, mask):
    scores = scores.copy()
    scores[~mask] = -np.inf
    return np.nan_to_num(softmax(scores))


def one_top(scores, mask):
    shown = hidden(scores, mask)
    raised = np.exp(shown - shown.max())
    total = raised.sum(axis=-1, keepdims=True)
    return raised / np.where(total == 0, 1.0, total)


def along(axis):
    return lambda scores, mask: np.nan_to_num(softmax(hidden(scores, mask), axis))


def low_then_zero(fill):
    return lambda scores, mask: softmax(np.where(mask, scores, fill)) * mask


def clipped(scores, mask):
    return np.nan_to_num(softmax(hidden(np.clip(scores, -100, 100), mask)))


def topped_by_zeros(scores, mask):
    raised = np.exp(hidden(scores, mask) - (scores * mask).max(axis=-1, keepdims=True))
    total = raised.sum(axis=-1, keepdims=True)
    return raised / np.where(total == 0, 1.0, total)


def zero_times_infinity(scores, mask):
    return softmax(scores + (1 - mask) * -np.inf)


SLIPS = (
    Slip(
        "-1e9 in place",
        lambda scores, mask: softmax(np.where(mask, scores, -1e9)),
        "A row that may look nowhere comes out in equal shares, of words that it must not see. "
        "To softmax, all equally low is all equally high.",
    ),
    Slip(
        "-1e9 added",
        lambda scores, mask: softmax(scores + np.where(mask, 0.0, -1e9)),
        "A row that may look nowhere comes out as if there were no mask: a whole row was moved "
        "down, and softmax does not see that.",
    ),
    Slip(
        "-1e4 in place",
        lambda scores, mask: softmax(np.where(mask, scores, -1e4)),
        "In a row of very low scores the hidden words take everything: your number is not below "
        "them. And what becomes of a row that may look nowhere?",
    ),
    Slip(
        "-1e4 added",
        lambda scores, mask: softmax(scores + np.where(mask, 0.0, -1e4)),
        "One hidden score is so high that it is still the largest after your number was added. "
        "And a row that may look nowhere is moved down as a whole.",
    ),
    Slip(
        "-1e9 in place, and zeros after",
        low_then_zero(-1e9),
        "A row that may look nowhere is empty, as it should be. But so is a row of scores below "
        "your number: there it was the largest, and zeros after the softmax took what it had.",
    ),
    Slip(
        "-1e4 in place, and zeros after",
        low_then_zero(-1e4),
        "Blind rows are empty, as they should be, but so are rows of scores below your number. "
        "Zeros after the softmax come too late.",
    ),
    Slip(
        "zero times infinity",
        zero_times_infinity,
        "Nearly everything is NaN: wherever a word may look, zero times infinity was added, which "
        "is no number. Choose between two arrays instead of multiplying.",
    ),
    Slip(
        "clipped",
        clipped,
        "No score overflows any more, and blind rows are zeros. But clipping makes scores alike "
        "that were not: a row that lies beyond the limit comes out in equal shares.",
    ),
    Slip(
        "nothing divided by nothing",
        lambda scores, mask: softmax(hidden(scores, mask)),
        "A row that may look nowhere is NaN: the largest of its scores is minus infinity, and its "
        "sum is 0. Zeros are wanted there.",
    ),
    Slip(
        "nothing taken away before raising",
        unshifted,
        "Very large scores overflow, and very low ones all vanish: there e to the score is "
        "infinite, or 0. Softmax allows you to move a row first.",
    ),
    Slip(
        "the largest of all, hidden ones too",
        shifted_by(lambda scores: scores.max(axis=-1, keepdims=True)),
        "Where a hidden score is far above the visible ones, these vanish: they were measured "
        "against a word that nobody may see. The future leaks through the rounding.",
    ),
    Slip(
        "the largest, with zeros for the hidden",
        topped_by_zeros,
        "A row whose scores are far below zero comes out empty: the hidden ones were made 0, and "
        "that was its largest. The largest of which scores is wanted?",
    ),
    Slip(
        "one largest for all rows",
        one_top,
        "A row whose scores are far below those of the others comes out empty. "
        "Each row has a largest score of its own.",
    ),
    Slip(
        "zero after the softmax",
        lambda scores, mask: softmax(scores) * mask,
        "The rows do not sum to 1: hidden words were counted before they were crossed out.",
    ),
    Slip(
        "a score of zero",
        lambda scores, mask: softmax(scores * mask),
        "Hidden words have a score of 0 and take a share for it, because e⁰ is 1.",
    ),
    Slip(
        "the mask the wrong way round",
        lambda scores, mask: masked_softmax(scores, ~mask),
        "Your mask hides what may be seen. True is to mean *may look*.",
    ),
    Slip(
        "indexed by the mask",
        indexed,
        "One table passes, a batch stops: an array used as an index is not broadcast. "
        "`np.where` broadcasts.",
    ),
    Slip(
        "softmax over axis 1",
        along(1),
        "One table passes, a batch does not: there axis 1 is another axis. "
        "Which way of counting does not mind new axes in front?",
    ),
    Slip(
        "no mask",
        lambda scores, mask: softmax(scores),
        "Nothing is hidden from anybody. Where does the mask come in?",
    ),
    Slip(
        "softmax down the columns",
        along(-2),
        "The columns sum to 1, the rows do not. A row holds the shares of the word that looks.",
    ),
)


def row_by_row(scores, mask):
    mask = np.broadcast_to(mask, scores.shape)
    weights = np.zeros(scores.shape)
    for place in np.ndindex(scores.shape[:-1]):
        seen = np.flatnonzero(mask[place])
        if len(seen):
            weights[place][seen] = softmax(scores[place][seen])
    return weights


def by_logarithms(scores, mask):
    shown = hidden(scores, mask)
    top = np.nan_to_num(shown.max(axis=-1, keepdims=True), neginf=0.0)
    log_total = np.log(np.exp(shown - top).sum(axis=-1, keepdims=True) + 1e-300) + top
    return np.exp(shown - log_total)


def by_the_library(scores, mask):
    import torch

    from minigpt.attention import masked_softmax

    return masked_softmax(torch.tensor(scores), torch.tensor(np.broadcast_to(mask, scores.shape)))


RIGHT = (
    Variant("row by row", row_by_row),
    Variant("by logarithms", by_logarithms),
    Variant("NaN made 0", lambda scores, mask: np.nan_to_num(softmax(hidden(scores, mask)))),
    Variant(
        "a low number, and zeros after",
        lambda scores, mask: softmax(np.where(mask, scores, -1e300)) * mask,
    ),
    Variant("the library", by_the_library),
    Variant("float32", lambda scores, mask: masked_softmax(scores.astype(np.float32), mask)),
)


def kind(scores, mask):
    """Say what is special about a row, scores and mask (T_k,)."""
    if not mask.any():
        return "may look nowhere"
    shown = scores[mask]
    if scores.max() > shown.max() + 100:
        return "has a hidden score far above the visible ones"
    far = "high" if shown.min() > 100 else "low" if shown.max() < -100 else ""
    return f"has visible scores that are all very {far}" if far else "has something to see"


def spoiled(args, values):
    """Tell the first wrong row of weights, shape (..., T_q, T_k): what is special, and its sum."""
    scores, mask = args[0], np.broadcast_to(args[1], args[0].shape)
    wrong = np.abs(values["weights"] - masked_softmax(*args)).max(axis=-1) > 1e-6
    row = tuple(np.argwhere(wrong)[0])
    total = values["weights"][row].sum()
    return f"That row {kind(scores[row], mask[row])}, and yours sums to {total:.4g}."


def hard(T_q, T_k, low):
    """A blind row, rows moved far up and far down, and a hidden score above all others.

    In eighths, which single precision holds.
    """
    scores = rng.integers(-40, 40, size=(T_q, T_k)) / 8
    mask = rng.random((T_q, T_k)) < 0.6
    mask[:, 0], mask[:, 1] = True, False
    mask[0] = False
    scores[1] += 800
    scores[2] += low
    scores[3, 1] += 15_000
    scores[4] = -(2**32)
    return scores, mask


def batch(B, T_q, T_k, axes):
    scores = rng.integers(-60, 60, size=(B, T_q, T_k)) / 8
    mask = rng.random((T_q, T_k)) < 0.5
    mask[1], mask[0, 0] = False, True
    return Case((scores, mask if axes == "T_q T_k" else mask[0]), ("B T_q T_k", axes))


EXERCISE = Exercise(
    id="8.2b",
    title="The finite-mask trap",
    name="masked_softmax",
    minutes=25,
    difficulty="Middling",
    reference=masked_softmax,
    returns=("weights",),
    cases=(
        Case(hard(5, 6, -12_000), ("T_q T_k", "T_q T_k")),
        Case(hard(6, 7, -2_000), ("T_q T_k", "T_q T_k")),
        batch(2, 3, 5, "T_q T_k"),
        batch(3, 2, 4, "T_k"),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=FINITE,
    notice="a row that sees nothing hands over nothing, and every other row is none the wiser of "
    "what it may not see.",
    invariants=(never_negative("weights"), spoiled),
)
