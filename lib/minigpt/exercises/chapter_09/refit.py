"""9.4b, which head can go?: `refit`."""

import numpy as np

from minigpt.exercises.chapter_09.hints import PRUNING
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def refit(context, w_o, gone):
    B, n_heads, T, d_head = context.shape
    merged = context.swapaxes(1, 2).reshape(B * T, n_heads * d_head)
    stays = np.arange(n_heads * d_head) // d_head != gone
    fitted = np.zeros(w_o.shape)
    fitted[stays] = np.linalg.lstsq(merged[:, stays], merged @ w_o)[0]
    return fitted


def words_of(context):
    """All words of all texts below one another, each with its heads side by side."""
    return context.swapaxes(1, 2).reshape(-1, context.shape[1] * context.shape[3])


def staying(context, gone):
    return np.arange(context.shape[1] * context.shape[3]) // context.shape[3] != gone


def fitting(
    stays=staying,
    words=words_of,
    goal=lambda merged, w_o, stays: merged @ w_o,
):
    """The fit, and one step of it changed."""

    def changed(context, w_o, gone):
        merged, kept = words(context), stays(context, gone)
        fitted = np.zeros(w_o.shape)
        fitted[kept] = np.linalg.lstsq(merged[:, kept], goal(merged, w_o, kept))[0]
        return fitted

    return changed


def silenced(context, w_o, gone):
    return w_o * staying(context, gone)[:, None]


def handed_round(context, w_o, gone):
    n_heads = context.shape[1]
    parts = w_o.reshape(n_heads, -1, w_o.shape[1])
    shared = parts + parts[gone] / (n_heads - 1)
    shared[gone] = 0
    return shared.reshape(w_o.shape)


def louder(context, w_o, gone):
    n_heads = context.shape[1]
    return silenced(context, w_o, gone) * n_heads / (n_heads - 1)


def whole_answer_of_lstsq(context, w_o, gone):
    merged, kept = words_of(context), staying(context, gone)
    fitted = np.zeros(w_o.shape)
    fitted[kept] = np.linalg.lstsq(merged[:, kept], merged @ w_o)
    return fitted


def rows_left_out(context, w_o, gone):
    return refit(context, w_o, gone)[staying(context, gone)]


SLIPS = (
    Slip(
        "silenced",
        silenced,
        "The head is silent and the others write what they wrote before. They may take over what "
        "they can: what should all that is left come near to?",
    ),
    Slip(
        "nothing gone",
        fitting(stays=lambda context, gone: staying(context, -1)),
        "That is `w_o` again: the head that should be gone takes part in the fit.",
    ),
    Slip(
        "rows left out",
        rows_left_out,
        "The fit is right, but the rows of the head that is gone are left out. Put zeros there, "
        "so that the shape is that of `w_o`.",
    ),
    Slip(
        "the others gone",
        fitting(stays=lambda context, gone: ~staying(context, gone)),
        "Turned round: the head `gone` is the only one that is left.",
    ),
    Slip(
        "one row gone",
        fitting(stays=lambda context, gone: np.arange(len(staying(context, gone))) != gone),
        "One row is gone. A head has as many rows as it is wide.",
    ),
    Slip(
        "every n-th row gone",
        fitting(
            stays=lambda context, gone: (
                np.arange(len(staying(context, gone))) % context.shape[1] != gone
            )
        ),
        "Every `n_heads`-th row is gone. After the merge a head's rows are neighbours.",
    ),
    Slip(
        "not swapped before the merge",
        fitting(words=lambda context: context.reshape(-1, context.shape[1] * context.shape[3])),
        "Heads and words got mixed up when you merged: a `reshape` alone does not bring the "
        "words in front of the heads.",
    ),
    Slip(
        "fitted to what is missing, and nothing else",
        fitting(goal=lambda merged, w_o, kept: merged[:, ~kept] @ w_o[~kept]),
        "The others have taken over the missing head's work and dropped their own.",
    ),
    Slip(
        "handed round",
        handed_round,
        "The rows of the head that is gone are handed round in equal parts. But they were made "
        "for its numbers and not for those of the others.",
    ),
    Slip(
        "louder",
        louder,
        "The others write the same as before, only louder. A fit may turn what they write, too.",
    ),
    Slip(
        "all that lstsq says",
        whole_answer_of_lstsq,
        "`np.linalg.lstsq` gives four things. The matrix is the first of them.",
    ),
    Slip(
        "an axis too many for lstsq",
        lambda context, w_o, gone: np.linalg.lstsq(
            context.swapaxes(1, 2).reshape(len(context), context.shape[2], -1), w_o
        ),
        "`np.linalg.lstsq` takes two axes, and there are three: the texts, their words, the "
        "numbers. What becomes of the first two?",
    ),
    Slip(
        "fitted to one text",
        lambda context, w_o, gone: refit(context[:1], w_o, gone),
        "Only the first text is fitted. Lay the words of all of them below one another.",
    ),
)


def by_added_work(context, w_o, gone):
    merged, kept = words_of(context), staying(context, gone)
    more = np.linalg.pinv(merged[:, kept]) @ merged[:, ~kept] @ w_o[~kept]
    fitted = np.zeros_like(w_o)
    fitted[kept] = w_o[kept] + more
    return fitted


def by_normal_equations(context, w_o, gone):
    heads = [context[:, h] for h in range(context.shape[1]) if h != gone]
    a = np.concatenate(heads, axis=-1).reshape(-1, len(heads) * context.shape[3])
    rows = np.linalg.solve(a.T @ a, a.T @ words_of(context) @ w_o)
    return np.insert(rows, [gone * context.shape[3]] * context.shape[3], 0, axis=0)


def by_torch(context, w_o, gone):
    import torch

    merged = torch.tensor(words_of(context))
    quiet = merged * torch.tensor(staying(context, gone))
    return torch.linalg.pinv(quiet) @ (merged @ torch.tensor(w_o))


RIGHT = (
    Variant("the missing work added", by_added_work),
    Variant("normal equations", by_normal_equations),
    Variant("torch, zeros for columns", by_torch),
)

rng = np.random.default_rng(10)


def batch(B, n_heads, T, d_head, d_model, gone):
    """Heads that have something in common: each is a mixture of the same few numbers, and noise."""
    common, noise = rng.normal(size=(B, 1, T, 6)), rng.normal(size=(B, n_heads, T, d_head))
    context = common @ rng.normal(size=(n_heads, 6, d_head)) + 0.5 * noise
    w_o = rng.normal(size=(n_heads * d_head, d_model))
    return Case((context, w_o, gone), ("B n_heads T d_head", "d_inner d_model", None))


EXERCISE = Exercise(
    id="9.4b",
    title="Which head can go?",
    name="refit",
    minutes=60,
    difficulty="An evening's thought",
    reference=refit,
    returns=("w_o",),
    cases=(batch(4, 3, 9, 2, 5, 1), batch(5, 4, 8, 3, 7, 2), batch(3, 4, 10, 2, 6, 0)),
    slips=SLIPS,
    right=RIGHT,
    hints=PRUNING,
    notice="a head may be missed when it falls silent, and yet be one that the others can replace.",
)
