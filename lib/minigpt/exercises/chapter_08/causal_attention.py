"""8.1, mask it: `causal_attention`."""

import math

import numpy as np

from minigpt.exercises.chapter_08.hints import MASK_IT
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.exercises.invariants import causal, never_negative, rows_sum_to_one

rng = np.random.default_rng(8)


def causal_attention(q, k, v):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(k.shape[-1])
    may = np.tri(scores.shape[-1], dtype=bool)
    shown = np.where(may, scores, -np.inf)
    raised = np.exp(shown - shown.max(axis=-1, keepdims=True))
    weights = raised / raised.sum(axis=-1, keepdims=True)
    return weights @ v, weights


def softmax(scores, axis=-1):
    raised = np.exp(scores)
    return raised / raised.sum(axis=axis, keepdims=True)


def triangle(scores, k=0):
    return np.tri(scores.shape[-1], k=k, dtype=bool)


def hidden(scores, may):
    return np.where(may, scores, -np.inf)


def lines(
    score=lambda q, k: q @ k.mT,
    width=lambda q, k, v: math.sqrt(k.shape[-1]),
    share=lambda scores: softmax(hidden(scores, triangle(scores))),
    mix=lambda weights, k, v: weights @ v,
):
    """Causal attention, and one step of it changed."""

    def changed(q, k, v):
        weights = share(score(q, k) / width(q, k, v))
        return mix(weights, k, v), weights

    return changed


def added_product(scores):
    return softmax(scores + (1 - np.tri(scores.shape[-1])) * -np.inf)


def sized_by_the_first_axis(scores):
    return softmax(hidden(scores, np.tri(len(scores), dtype=bool)))


def written_into(scores):
    scores[~triangle(scores)] = -np.inf
    return softmax(scores)


def sized_by_the_width(q, k, v):
    weights = softmax(hidden(q @ k.mT / math.sqrt(q.shape[-1]), np.tri(q.shape[-1], dtype=bool)))
    return weights @ v, weights


def three_axes(q, k, v):
    _, _, _ = q.shape
    return causal_attention(q, k, v)


def two_axes(q, k, v):
    _, _ = q.shape
    return causal_attention(q, k, v)


def zeroed_and_divided_again(scores):
    weights = softmax(scores) * triangle(scores)
    with np.errstate(invalid="ignore"):
        return weights / weights.sum(axis=-1, keepdims=True)


def past_without_itself(scores):
    return np.nan_to_num(softmax(hidden(scores, triangle(scores, -1))))


def without_keepdims(scores):
    raised = np.exp(hidden(scores, triangle(scores)))
    return raised / raised.sum(axis=-1)


def scores_for_weights(q, k, v):
    scores = q @ k.mT / math.sqrt(k.shape[-1])
    return causal_attention(q, k, v)[0], hidden(scores, triangle(scores))


SLIPS = (
    Slip(
        "no mask",
        lines(share=softmax),
        "Every word still sees the whole sentence. Row 0 should have a single weight.",
    ),
    Slip(
        "zero after the softmax",
        lines(share=lambda scores: softmax(scores) * triangle(scores)),
        "The rows do not sum to 1: the future was counted first and crossed out afterwards. "
        "Which step must not see it any more?",
    ),
    Slip(
        "zero after the softmax, divided again",
        lines(share=zeroed_and_divided_again),
        "On paper that is right. But in one row a hidden score is so far above the visible ones "
        "that nothing of these is left to divide: 0 / 0.",
    ),
    Slip(
        "-100 in place",
        lines(share=lambda scores: softmax(np.where(triangle(scores), scores, -100.0))),
        "The future is hidden by a number, and in one row, where the visible scores are very low, "
        "it lies above them. What lies below every score?",
    ),
    Slip(
        "-100 added",
        lines(share=lambda scores: softmax(scores + np.triu(np.full(scores.shape, -100.0), 1))),
        "The future is moved down by a number, and in one row, where a hidden score is very high, "
        "it stays above the rest. How far down is far enough for every score?",
    ),
    Slip(
        "zero in the scores",
        lines(share=lambda scores: softmax(np.tril(scores))),
        "The future has a score of 0 and still takes a share, because e⁰ is 1. "
        "Which score has a share of nothing?",
    ),
    Slip(
        "zero times infinity",
        lines(share=added_product),
        "Nearly everything is NaN: where the mask is 0, zero times infinity was added, which is no "
        "number. Choose between two arrays instead of multiplying.",
    ),
    Slip(
        "not even itself",
        lines(share=lambda scores: softmax(hidden(scores, triangle(scores, -1)))),
        "The first word may look nowhere, and its row is 0 / 0. Is a word hidden from itself?",
    ),
    Slip(
        "not even itself, with NaN made 0",
        lines(share=past_without_itself),
        "The first row is empty, and no word has a share of itself. A word is not its own future.",
    ),
    Slip(
        "one word ahead",
        lines(share=lambda scores: softmax(hidden(scores, triangle(scores, 1)))),
        "Every word sees one word too many: the next one, which is exactly what it is to guess.",
    ),
    Slip(
        "the wrong triangle",
        lines(share=lambda scores: softmax(hidden(scores, triangle(scores).T))),
        "The last word sees only itself, and the first sees all: your triangle stands on its head. "
        "Rows look, columns are looked at.",
    ),
    Slip(
        "the past hidden",
        lines(share=lambda scores: softmax(hidden(scores, ~triangle(scores)))),
        "What should be hidden is shown, and what should be shown is hidden. "
        "Does True mean *may look* in your mask, or *may not*?",
    ),
    Slip(
        "sized by the first axis",
        lines(share=sized_by_the_first_axis),
        "One sentence passes, a batch stops: the mask has as many rows as there are sentences. "
        "On which axis are the words?",
    ),
    Slip(
        "sized by the width",
        sized_by_the_width,
        "The mask has as many rows as a query has numbers. How many words are there, and on which "
        "axis of the scores are they counted?",
    ),
    Slip(
        "three axes named",
        three_axes,
        "One sentence by itself stops it: there are two axes to take apart, not three. "
        "Counted from the end, the last axes are the same whatever stands in front.",
    ),
    Slip(
        "two axes named",
        two_axes,
        "One sentence passes, a batch stops: there are more than two axes to take apart. "
        "Counted from the end, the last axes are the same whatever stands in front.",
    ),
    Slip(
        "indexed by the mask",
        lines(share=written_into),
        "One sentence passes, a batch stops: an array of True and False used as an index is not "
        "broadcast. `np.where` broadcasts.",
    ),
    Slip(
        ".T",
        lines(score=lambda q, k: q @ k.T),
        "One sentence passes, a batch stops: `.T` turns round *all* axes of the keys. "
        "Which two have to change places?",
    ),
    Slip(
        "softmax down the columns",
        lines(share=lambda scores: softmax(hidden(scores, triangle(scores)), -2)),
        "The columns of the weights sum to 1, the rows do not. "
        "A row holds the shares of the word that looks.",
    ),
    Slip(
        "softmax over axis 0",
        lines(share=lambda scores: softmax(hidden(scores, triangle(scores)), 0)),
        "Along the first axis lie the rows of one sentence, and the sentences of a batch. "
        "Along which do the shares of a single row lie?",
    ),
    Slip(
        "softmax over axis 1",
        lines(share=lambda scores: softmax(hidden(scores, triangle(scores)), 1)),
        "One sentence passes, a batch does not: there axis 1 is another axis. "
        "Which way of counting does not mind new axes in front?",
    ),
    Slip(
        "keepdims forgotten",
        lines(share=without_keepdims),
        "The sums have lost an axis, so they do not line up with the rows that they divide.",
    ),
    Slip(
        "no root",
        lines(width=lambda q, k, v: 1),
        "The mask is right, the weights are too sharp: the scores go into the softmax as they are.",
    ),
    Slip(
        "divided by d_head",
        lines(width=lambda q, k, v: k.shape[-1]),
        "The mask is right, the weights are too flat: the scores are divided by the width itself.",
    ),
    Slip(
        "the root of d_v",
        lines(width=lambda q, k, v: math.sqrt(v.shape[-1])),
        "The mask is right, but the root is that of the values' width. "
        "How many products are added up in a score?",
    ),
    Slip(
        "the root of T",
        lines(width=lambda q, k, v: math.sqrt(k.shape[-2])),
        "The mask is right, but the root is that of how many words there are. "
        "Is it long sentences or wide queries that score too high?",
    ),
    Slip(
        "keys ask, queries answer",
        lines(score=lambda q, k: k @ q.mT),
        "The rows belong to the keys: who asks, and who is asked? "
        "With the table turned round, the mask hides the wrong half of the pairs.",
    ),
    Slip(
        "keys handed over",
        lines(mix=lambda weights, k, v: weights @ k),
        "The weights are right, but it is the keys that are mixed by them.",
    ),
    Slip(
        "context alone",
        lambda q, k, v: causal_attention(q, k, v)[0],
        "One array came. A context and the weights that made it are wanted.",
    ),
    Slip(
        "weights first",
        lambda q, k, v: causal_attention(q, k, v)[::-1],
        "Both are right, but they come in the other order: first the context, then the weights.",
    ),
    Slip(
        "scores in place of weights",
        scores_for_weights,
        "The context is right, but what comes with it are the masked scores. "
        "The shares into which they are turned are wanted.",
    ),
)


def by_loops(q, k, v):
    if q.ndim > 2:
        parts = [by_loops(*part) for part in zip(q, k, v, strict=True)]
        return [context for context, _ in parts], [weights for _, weights in parts]
    T, d_head = q.shape
    weights = np.zeros((T, T))
    for i in range(T):
        for j in range(i + 1):
            weights[i, j] = math.exp(q[i] @ k[j] / math.sqrt(d_head))
        weights[i] /= weights[i].sum()
    return weights @ v, weights


def prefix_by_prefix(q, k, v):
    """Row i, from the sentence cut off after word i: the others are not there."""
    T = q.shape[-2]
    weights = np.zeros((*q.shape[:-1], T))
    for i in range(T):
        scores = np.einsum("...c,...jc->...j", q[..., i, :], k[..., : i + 1, :])
        weights[..., i, : i + 1] = softmax(scores / k.shape[-1] ** 0.5)
    return weights @ v, weights


def triangle_added(q, k, v):
    T = q.shape[-2]
    bias = np.triu(np.full((T, T), -np.inf), 1)
    weights = softmax(np.einsum("...id,...jd->...ij", q, k) / math.sqrt(q.shape[-1]) + bias)
    return np.einsum("...ij,...jv->...iv", weights, v), weights


def by_torch(q, k, v):
    import torch

    q, k, v = (torch.tensor(part, requires_grad=True) for part in (q, k, v))
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    weights = torch.softmax(scores.masked_fill(later, -torch.inf), dim=-1)
    return weights @ v, weights


RIGHT = (
    Variant("loops", by_loops),
    Variant("prefix by prefix", prefix_by_prefix),
    Variant("a triangle of minus infinity added", triangle_added),
    Variant("torch, with gradients", by_torch),
    Variant(
        "float32",
        lambda q, k, v: causal_attention(*(part.astype(np.float32) for part in (q, k, v))),
    ),
)


def other_mixture(args, values):
    """Tell a context, shape (..., T, d_v), that is not what the weights make of the values."""
    if np.allclose(values["weights"] @ args[2], values["context"], atol=1e-2):
        return None
    return "The context is not what your weights make of the values. What do they mix, and how?"


def case(*shape, d_v, axes):
    q, k = 1.3 * rng.normal(size=(2, *shape))
    values = axes.rsplit(" ", 1)[0] + " d_v"
    return Case((q, k, rng.normal(size=(*shape[:-1], d_v))), (axes, axes, values))


def extreme(T, d_head, d_v, row=2):
    """A sentence in which one row sees scores of about -150, and is not to see one of about 600.

    Multiples of ½, which single precision holds: only the mask is tried here.
    """
    q, k = rng.integers(-3, 4, size=(2, T, d_head)) / 2
    q[:, -2:], k[:, -2], k[:, -1] = 0, 1, 0
    q[row, -2:], k[-1, -1] = (-300, 1), 1500
    return Case((q, k, rng.normal(size=(T, d_v))), ("T d_head", "T d_head", "T d_v"))


EXERCISE = Exercise(
    id="8.1",
    title="Mask it",
    name="causal_attention",
    minutes=15,
    difficulty="Within reach",
    reference=causal_attention,
    returns=("context", "weights"),
    cases=(
        case(6, 3, d_v=4, axes="T d_head"),
        case(2, 7, 4, d_v=3, axes="B T d_head"),
        case(3, 2, 5, 6, d_v=4, axes="B n_heads T d_head"),
        extreme(5, 4, 3),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=MASK_IT,
    notice="row 0 has no choice: its only weight is 1, whatever the scores are.",
    invariants=(
        causal("weights"),
        rows_sum_to_one("weights"),
        never_negative("weights"),
        other_mixture,
    ),
)
