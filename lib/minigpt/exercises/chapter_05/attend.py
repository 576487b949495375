"""5.1, the three lines: `attend`."""

import math

import numpy as np

from minigpt.exercises.chapter_05.hints import THREE_LINES
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.exercises.invariants import never_negative, rows_sum_to_one

rng = np.random.default_rng(5)


def attend(x):
    scores = x @ np.swapaxes(x, -1, -2) / math.sqrt(x.shape[-1])
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = raised / raised.sum(axis=-1, keepdims=True)
    return weights @ x, weights


def softmax(scores, axis=-1, keepdims=True):
    raised = np.exp(scores)
    return raised / raised.sum(axis=axis, keepdims=keepdims)


def root(x):
    return math.sqrt(x.shape[-1])


def scores_of(x):
    return x @ x.mT / root(x)


def lines(score=scores_of, share=softmax, mix=np.matmul):
    """The three lines, one of them changed."""

    def changed(x):
        weights = share(score(x))
        return mix(weights, x), weights

    return changed


def unpacked(x):
    T, d = x.shape
    return attend(x.reshape(T, d))


def one_long_sentence(x):
    return attend(x.reshape(-1, x.shape[-1]))


def root_last(x):
    weights = softmax(x @ x.mT) / root(x)
    return weights @ x, weights


def directions(x):
    return scores_of(x / np.linalg.norm(x, axis=-1, keepdims=True))


def only_earlier(scores):
    return softmax(np.where(np.tri(scores.shape[-1], dtype=bool), scores, -np.inf))


def only_others(scores):
    return softmax(np.where(np.eye(scores.shape[-1], dtype=bool), -np.inf, scores))


SLIPS = (
    Slip(
        ".T",
        lines(lambda x: x @ x.T / root(x)),
        "One sentence passes, a batch stops: `.T` turns round *all* axes. "
        "Which two have to change places?",
    ),
    Slip(
        "axes numbered for a batch",
        lines(lambda x: x @ x.transpose(0, 2, 1) / root(x)),
        "One sentence stops, having no axis of number 2. "
        "Which way of counting names the same axes with a batch and without?",
    ),
    Slip(
        "T, d = x.shape",
        unpacked,
        "One sentence passes, a batch stops: its shape has three numbers, and two names wait "
        "for them. Which of the three do the lines need?",
    ),
    Slip(
        "one long sentence",
        one_long_sentence,
        "The batch has become one long sentence. "
        "Words would look at words of sentences that are not theirs.",
    ),
    Slip(
        "softmax down the columns",
        lines(share=lambda scores: softmax(scores, -2)),
        "The columns of the weights sum to 1, the rows do not. "
        "A row holds the shares of the word that looks.",
    ),
    Slip(
        "softmax over axis 0",
        lines(share=lambda scores: softmax(scores, 0)),
        "Your softmax runs along the first axis: in one sentence down the columns, in a batch "
        "from sentence to sentence. Whose shares make a whole?",
    ),
    Slip(
        "softmax over axis 1",
        lines(share=lambda scores: softmax(scores, 1)),
        "One sentence passes, a batch does not: there axis 1 holds the words that look. "
        "Which way of counting axes does not mind a new one in front?",
    ),
    Slip(
        "softmax over everything",
        lines(share=lambda scores: softmax(scores, None)),
        "All the weights that there are sum to 1, be they of one sentence or of a batch. "
        "Each word that looks hands out a whole of its own.",
    ),
    Slip(
        "keepdims forgotten",
        lines(share=lambda scores: softmax(scores, keepdims=False)),
        "The rows do not sum to 1, and a batch stops. The sums have lost an axis: "
        "which entries do they divide, those of their row or those of their column?",
    ),
    Slip(
        "no root",
        lines(lambda x: x @ x.mT),
        "The rows sum to 1, but the weights are too sharp. "
        "Something is to keep wide vectors from scoring high.",
    ),
    Slip(
        "divided by d",
        lines(lambda x: x @ x.mT / x.shape[-1]),
        "The rows sum to 1, but the weights are too flat. "
        "How fast does a sum of random products spread as it gets longer?",
    ),
    Slip(
        "times the root",
        lines(lambda x: x @ x.mT * root(x)),
        "The rows sum to 1, but the weights are far too sharp. "
        "Does the root tame the scores here, or goad them?",
    ),
    Slip(
        "the root of T",
        lines(lambda x: x @ x.mT / math.sqrt(x.shape[-2])),
        "The scores are divided by the root of the wrong number. "
        "Is it longer sentences or longer vectors that score too high?",
    ),
    Slip(
        "the root of len(x)",
        lines(lambda x: x @ x.mT / math.sqrt(len(x))),
        "The scores are divided by the root of `len(x)`: of the words in a sentence, of the "
        "sentences in a batch. Which number says how many terms a dot product has?",
    ),
    Slip(
        "the root of x.shape[1]",
        lines(lambda x: x @ x.mT / math.sqrt(x.shape[1])),
        "One sentence passes, a batch does not: there `x.shape[1]` is the number of words. "
        "Counted from which end is $d$ always at the same place?",
    ),
    Slip(
        "the root of the notebook's own d",
        lines(lambda x: x @ x.mT / math.sqrt(2)),
        "The scores are divided by the root of 2, whatever came in. Is the `d` in your "
        "function that of its `x`, or the one from the top of the notebook?",
    ),
    Slip(
        "root after the softmax",
        root_last,
        "The rows of the weights sum to less than 1. The root came after the softmax, where it "
        "shrinks every share alike; what is it there to tame?",
    ),
    Slip(
        "no exp",
        lines(share=lambda scores: scores / scores.sum(axis=-1, keepdims=True)),
        "The rows sum to 1, yet some weights are negative. "
        "What makes every score positive before the shares are taken?",
    ),
    Slip(
        "not divided by the sum",
        lines(share=np.exp),
        "The rows of the weights do not sum to 1: after the exponential they are positive, "
        "but not yet shares of one whole.",
    ),
    Slip(
        "scores in place of weights",
        lambda x: (attend(x)[0], scores_of(x)),
        "The context is right, but what comes with it are the scores. "
        "The shares into which they are turned are wanted.",
    ),
    Slip(
        "no softmax",
        lines(share=lambda scores: scores),
        "The scores themselves were handed out. "
        "Shares are positive and make a whole; what turns the one into the other?",
    ),
    Slip(
        "scores in the mixture",
        lines(mix=lambda weights, x: scores_of(x) @ x),
        "The weights are right, but they did not mix the context: the scores did.",
    ),
    Slip(
        "weights transposed in the mixture",
        lines(mix=lambda weights, x: weights.mT @ x),
        "The weights are right, but the mixture takes them down the columns. "
        "Whose shares should mix the context of a word?",
    ),
    Slip(
        "context added to x",
        lines(mix=lambda weights, x: x + weights @ x),
        "The weights are right, and the context has `x` added to it. "
        "That is chapter 12's; here the average alone is wanted.",
    ),
    Slip(
        "later words hidden",
        lines(share=only_earlier),
        "Later words get nothing: a causal mask, as chapter 8 wants it. "
        "Here everyone looks at all words.",
    ),
    Slip(
        "itself left out",
        lines(share=only_others),
        "No word takes anything of itself. It looks at all words, its own included.",
    ),
    Slip(
        "directions only",
        lines(directions),
        "The arrows were cut to one length before they met. Here length counts: it is what "
        "*red* won by.",
    ),
    Slip(
        "the scores first",
        lambda x: (scores_of(x), attend(x)[0]),
        "What comes first are the scores, and they are not asked for. Wanted are the context, "
        "and then the weights.",
    ),
    Slip(
        "weights first",
        lambda x: attend(x)[::-1],
        "Both are right, but they come in the other order: first the context, then the weights.",
    ),
)


def by_letters(x):
    weights = softmax(np.einsum("...ic,...jc->...ij", x, x) / root(x))
    return np.einsum("...ij,...jc->...ic", weights, x), weights


def by_loops(x):
    if x.ndim > 2:
        return tuple(zip(*map(by_loops, x), strict=True))
    weights = [[math.exp(a @ b / math.sqrt(len(a))) for b in x] for a in x]
    weights = [[share / sum(row) for share in row] for row in weights]
    return [sum(w * b for w, b in zip(row, x, strict=True)) for row in weights], weights


def by_number_of_axes(x):
    if x.ndim == 2:
        return attend(x)
    raised = np.exp(np.matmul(x, x.transpose(0, 2, 1)) * x.shape[2] ** -0.5)
    weights = raised / raised.sum(2)[:, :, None]
    return weights @ x, weights


def by_torch(x):
    import torch

    x = torch.tensor(x, requires_grad=True)
    weights = torch.softmax(x @ x.mT / math.sqrt(x.shape[-1]), dim=-1)
    return weights @ x, weights


RIGHT = (
    Variant("loops, in lists", by_loops),
    Variant("einsum", by_letters),
    Variant("a branch for each number of axes", by_number_of_axes),
    Variant("torch, with gradients", by_torch),
    Variant("float32", lambda x: attend(x.astype(np.float32))),
    Variant("float16", lambda x: attend(x.astype(np.float16))),
)


def other_divisor(args, values):
    """Tell weights, shape (..., T, T), that are a softmax, but of scores divided otherwise."""
    (x,) = args
    agreement, logs = x @ x.mT, np.log(np.maximum(values["weights"], 1e-300))
    agreement, logs = (a - a.mean(axis=-1, keepdims=True) for a in (agreement, logs))
    sharpness = (agreement * logs).sum() / (agreement**2).sum()
    softmaxed = sharpness and np.allclose(logs, sharpness * agreement, atol=1e-2)
    if not softmaxed or math.isclose(sharpness * root(x), 1, rel_tol=1e-2):
        return None
    return (
        "Your weights are a softmax of the agreements divided by "
        f"{1 / sharpness:.4g}, and x has {x.shape[-1]} numbers a word."
    )


def other_mixture(args, values):
    """Tell a context, shape (..., T, d), that is not what the weights make of x."""
    (x,) = args
    if np.allclose(values["weights"] @ x, values["context"], atol=1e-2):
        return None
    return "The context is not what your weights make of `x`. What do they mix, and how?"


EXERCISE = Exercise(
    id="5.1",
    title="The three lines",
    name="attend",
    minutes=15,
    difficulty="Within reach",
    reference=attend,
    returns=("context", "weights"),
    cases=(
        Case((rng.normal(size=(7, 3)),), ("T d",)),
        Case((rng.normal(size=(2, 7, 3)),), ("B T d",)),
        Case((1.5 * rng.normal(size=(4, 5, 6)),), ("B T d",)),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=THREE_LINES,
    notice="each sentence of a batch was treated as if it were alone: the axis in front takes part "
    "in nothing.",
    invariants=(
        rows_sum_to_one("weights"),
        never_negative("weights"),
        other_divisor,
        other_mixture,
    ),
)
