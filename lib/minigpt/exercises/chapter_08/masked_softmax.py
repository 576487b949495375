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


def down(scores, mask):
    return np.nan_to_num(softmax(hidden(scores, mask), -2))


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
        "softmax down the columns",
        down,
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
)


def sums(args, values):
    """Tell a row of weights, shape (..., T_q, T_k), that sums to neither 1 nor, if blind, 0."""
    scores, mask = args
    seen = np.broadcast_to(mask, scores.shape).any(axis=-1)
    came = values["weights"].sum(axis=-1)
    wrong = np.abs(came - seen) > 1e-2
    if not wrong.any():
        return None
    kind = "that may look nowhere" if not seen[wrong][0] else "with something to see"
    return f"A row {kind} sums to {came[wrong][0]:.4g}."


def hard(T_q, T_k):
    """A blind row, rows moved far up and far down, and a hidden score above all others."""
    scores = 2 * rng.normal(size=(T_q, T_k))
    mask = rng.random((T_q, T_k)) < 0.6
    mask[:, 0], mask[:, 1] = True, False
    mask[0] = False
    scores[1] += 800
    scores[2] -= 12_000
    scores[3, 1] += 15_000
    return scores, mask


def batch(B, T_q, T_k, axes):
    scores, mask = 3 * rng.normal(size=(B, T_q, T_k)), rng.random((T_q, T_k)) < 0.5
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
        Case(hard(5, 6), ("T_q T_k", "T_q T_k")),
        Case(hard(4, 7), ("T_q T_k", "T_q T_k")),
        batch(2, 3, 5, "T_q T_k"),
        batch(3, 2, 4, "T_k"),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=FINITE,
    notice="a row that sees nothing hands over nothing, and every other row is none the wiser of "
    "what it may not see.",
    invariants=(never_negative("weights"), sums),
)
