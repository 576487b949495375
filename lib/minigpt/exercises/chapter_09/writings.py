"""9.4a, which head can go?: `writings`."""

import numpy as np

from minigpt.exercises.chapter_09.hints import PRUNING
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def writings(context, w_o):
    n_heads, d_head, d_model = context.shape[1], context.shape[3], w_o.shape[1]
    return context @ w_o.reshape(n_heads, d_head, d_model)


def merged(context):
    return context.swapaxes(1, 2).reshape(len(context), context.shape[2], -1)


def slices(context, w_o):
    n_heads = context.shape[1]
    return [w_o[h * len(w_o) // n_heads : (h + 1) * len(w_o) // n_heads] for h in range(n_heads)]


def by_head(context, parts):
    pairs = enumerate(parts)
    return np.stack([context[:, h] @ part for h, part in pairs], axis=1)


SLIPS = (
    Slip(
        "every n-th row",
        lambda context, w_o: by_head(
            context, [w_o[h :: context.shape[1]] for h in range(context.shape[1])]
        ),
        "Each head meets every `n_heads`-th row. After the merge a head's numbers stand side by "
        "side, and so do the rows that they meet.",
    ),
    Slip(
        "the whole of w_o",
        lambda context, w_o: context @ w_o,
        "A head is `d_head` numbers wide, and what you multiply it by has more rows than that. "
        "Which rows of `w_o` does it ever meet?",
    ),
    Slip(
        "slices that overlap",
        lambda context, w_o: by_head(
            context, [w_o[h : h + context.shape[3]] for h in range(context.shape[1])]
        ),
        "The slices overlap: each begins one row after the last. Where does head 1 begin?",
    ),
    Slip(
        "the sum",
        lambda context, w_o: merged(context) @ w_o,
        "That is the sum of what the heads write. What does each one write?",
    ),
    Slip(
        "heads before the batch",
        lambda context, w_o: [context[:, h] @ part for h, part in enumerate(slices(context, w_o))],
        "Each head writes what it should, but the heads stand before the batch. The shape is that "
        "of `context`, with other widths.",
    ),
    Slip(
        "the last head first",
        lambda context, w_o: by_head(context, slices(context, w_o)[::-1]),
        "Each head meets another one's rows: the slices of `w_o` are in the reverse order.",
    ),
    Slip(
        "the first slice for all",
        lambda context, w_o: context @ slices(context, w_o)[0],
        "All heads meet the same rows, those of head 0.",
    ),
    Slip(
        "a share of the sum",
        lambda context, w_o: (
            np.repeat((merged(context) @ w_o)[:, None], context.shape[1], axis=1) / context.shape[1]
        ),
        "The sum is divided among the heads in equal parts. Adding up rightly is not enough: what "
        "does each head by itself write?",
    ),
    Slip(
        "never through w_o",
        lambda context, w_o: context,
        "Those are the contexts. What a head writes is what `w_o` makes of them.",
    ),
    Slip(
        "not swapped before the merge",
        lambda context, w_o: by_head(
            context.reshape(len(context), context.shape[2], context.shape[1], -1).swapaxes(1, 2),
            slices(context, w_o),
        ),
        "Heads and words got mixed up by a `reshape`. `context` has the heads in front already, "
        "and they may stay there.",
    ),
)


def by_silence(context, w_o):
    written = []
    for h in range(context.shape[1]):
        alone = np.zeros_like(context)
        alone[:, h] = context[:, h]
        written.append(merged(alone) @ w_o)
    return np.stack(written, axis=1)


def by_torch(context, w_o):
    import torch

    w_o = torch.tensor(w_o).unflatten(0, (context.shape[1], -1))
    return torch.einsum("bhte,hed->bhtd", torch.tensor(context), w_o)


RIGHT = (
    Variant("one slice after the other", lambda c, w_o: by_head(c, slices(c, w_o))),
    Variant("all others silent", by_silence),
    Variant("torch, by letters", by_torch),
)

rng = np.random.default_rng(9)


def batch(B, n_heads, T, d_head, d_model):
    context = rng.normal(size=(B, n_heads, T, d_head))
    w_o = rng.normal(size=(n_heads * d_head, d_model))
    return Case((context, w_o), ("B n_heads T d_head", "d_inner d_model"))


EXERCISE = Exercise(
    id="9.4a",
    title="Which head can go?",
    name="writings",
    minutes=60,
    difficulty="An evening's thought",
    reference=writings,
    returns=("written",),
    cases=(batch(2, 3, 5, 4, 7), batch(3, 5, 4, 2, 6)),
    slips=SLIPS,
    right=RIGHT,
    hints=PRUNING,
    notice="concatenating and multiplying *is* adding up: no head meets another before the sum.",
)
