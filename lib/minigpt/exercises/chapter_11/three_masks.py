"""11.2, which mask where: `three_masks`."""

import numpy as np

from minigpt.exercises.chapter_11.hints import MASKS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def three_masks(lengths, T_q, T_k):
    real = np.arange(T_k) < lengths[:, None]
    B = len(lengths)
    encoder = np.broadcast_to(real[:, None, :], (B, T_k, T_k))
    decoder = np.arange(T_q) <= np.arange(T_q)[:, None]
    across = np.broadcast_to(real[:, None, :], (B, T_q, T_k))
    return encoder, decoder, across


def parts(lengths, T_q, T_k):
    return three_masks(np.asarray(lengths), T_q, T_k)


def changed(encoder=None, decoder=None, across=None):
    """The right masks, those given made from the right ones by a function."""

    def answer(lengths, T_q, T_k):
        right = parts(lengths, T_q, T_k)
        ways = (encoder, decoder, across)
        return tuple(way(mask) if way else mask for way, mask in zip(ways, right, strict=True))

    return answer


def with_triangle(mask):
    return mask & np.tri(*mask.shape[-2:], dtype=bool)


def rows_for_columns(mask):
    return mask.swapaxes(1, 2)


def one_too_many(lengths, T_q, T_k):
    return parts(np.asarray(lengths) + 1, T_q, T_k)


def rows_too(lengths, T_q, T_k):
    encoder, decoder, across = parts(lengths, T_q, T_k)
    return encoder & rows_for_columns(encoder), decoder, across


def as_filling(lengths, T_q, T_k):
    return tuple(~mask for mask in parts(lengths, T_q, T_k))


def turned_across(lengths, T_q, T_k):
    encoder, decoder, across = parts(lengths, T_q, T_k)
    return encoder, decoder, rows_for_columns(across)


def filling_in_decoder(lengths, T_q, T_k):
    encoder, decoder, across = parts(lengths, T_q, T_k)
    return encoder, decoder & (np.arange(T_q) < np.asarray(lengths)[:, None, None]), across


def all_across(lengths, T_q, T_k):
    encoder, decoder, across = parts(lengths, T_q, T_k)
    return encoder, decoder, np.ones_like(across)


def lengths_on_rows(lengths, T_q, T_k):
    encoder, decoder, across = parts(lengths, T_q, T_k)
    rows = np.arange(T_q)[:, None] < np.asarray(lengths)[:, None, None]
    return encoder, decoder, np.broadcast_to(rows, across.shape)


def a_decoder_each(lengths, T_q, T_k):
    encoder, decoder, across = parts(lengths, T_q, T_k)
    return encoder, np.broadcast_to(decoder, (len(lengths), T_q, T_q)), across


def without_an_axis(lengths, T_q, T_k):
    return np.arange(T_k) < lengths


SLIPS = (
    Slip(
        "filling seen across",
        all_across,
        "The target's words see the source's filling. Before whom else did you hide it?",
    ),
    Slip(
        "the source's lengths on the target's rows",
        lengths_on_rows,
        "Across, the lengths hide *rows*, which are target words. Of which sentence are they the "
        "lengths?",
    ),
    Slip(
        "a decoder's mask for each sentence",
        a_decoder_each,
        "The decoder's own mask comes once for each sentence. It is the same for all: one table, "
        "$(T_q, T_q)$, is enough.",
    ),
    Slip(
        "one axis short",
        without_an_axis,
        "The places and the lengths do not stand in one row: each sentence is to be compared with "
        "all places. Which of the two wants an axis more?",
    ),
    Slip(
        "a causal encoder",
        changed(encoder=with_triangle),
        "The encoder may not look ahead in the source. But the source is all there before the first "
        "word is written: what is there to hide?",
    ),
    Slip(
        "causal across",
        changed(across=with_triangle),
        "The first target word sees one source word only, the second two. Do two languages say "
        "things in the same order, and at the same speed?",
    ),
    Slip(
        "causal everywhere",
        changed(encoder=with_triangle, across=with_triangle),
        "All three are triangles. In which of the three tables do the columns stand for words that "
        "have not been written yet?",
    ),
    Slip(
        "nothing hidden from the decoder",
        changed(decoder=np.ones_like),
        "The decoder sees the words that it is about to write. In training it will copy them, and "
        "when it writes they will not be there.",
    ),
    Slip(
        "not even itself",
        changed(decoder=lambda mask: np.tri(len(mask), k=-1, dtype=bool)),
        "A target word may not look at itself, and the first sees nobody at all. Its input is the "
        "word *before* the one that it predicts; that it may see.",
    ),
    Slip(
        "looking back hidden",
        changed(decoder=np.transpose),
        "The decoder sees what comes and not what has been. A row is a word that looks: which "
        "columns should it see?",
    ),
    Slip(
        "filling hides rows",
        changed(encoder=rows_for_columns),
        "The rows of filled places are hidden where the columns should be: words look at filling, "
        "and filling looks at nothing. It is as something to be looked at that filling does harm.",
    ),
    Slip(
        "filling hides rows too",
        rows_too,
        "In the encoder the filled places may look nowhere, and their rows are left without a "
        "weight. Nobody looks at them: let them look where they like.",
    ),
    Slip(
        "True for hidden",
        as_filling,
        "All is turned round: here True means *may look*.",
    ),
    Slip(
        "across, turned round",
        turned_across,
        "The last mask has source words for rows. Who looks there, and who is looked at?",
    ),
    Slip(
        "one word too many",
        one_too_many,
        "The first filled place of each source is still seen. A sentence of `n` words has the "
        "places 0 to `n` − 1.",
    ),
    Slip(
        "the source's lengths for the target",
        filling_in_decoder,
        "The decoder's own mask hides places by the lengths of the *source*. What has it to do "
        "with how long the other sentence is?",
    ),
    Slip(
        "no filling hidden",
        lambda lengths, T_q, T_k: (
            np.ones((len(lengths), T_k, T_k), bool),
            np.tri(T_q, dtype=bool),
            np.ones((len(lengths), T_q, T_k), bool),
        ),
        "The filling is seen by everybody, as if it were words. `lengths` says where each source "
        "ends.",
    ),
)


def by_loops(lengths, T_q, T_k):
    encoder = [[[j < n for j in range(T_k)] for _ in range(T_k)] for n in lengths]
    decoder = [[j <= i for j in range(T_q)] for i in range(T_q)]
    across = [[[j < n for j in range(T_k)] for _ in range(T_q)] for n in lengths]
    return encoder, decoder, across


def by_tiles(lengths, T_q, T_k):
    real = np.stack([np.arange(T_k) < n for n in lengths])
    tiles = (np.repeat(real[:, None], T, axis=1) for T in (T_k, T_q))
    return next(tiles), np.tri(T_q) > 0, next(tiles)


def by_the_library(lengths, T_q, T_k):
    import torch

    from minigpt.masks import causal_mask, padding_mask

    real = padding_mask(torch.tensor(lengths), T_k)[:, 0]
    B = len(lengths)
    return real.expand(B, T_k, T_k), causal_mask(T_q), real.expand(B, T_q, T_k)


def by_products(lengths, T_q, T_k):
    real = np.arange(T_k)[None, :] < np.asarray(lengths)[:, None]
    ones = [np.ones((1, T, 1), dtype=bool) for T in (T_k, T_q)]
    return ones[0] & real[:, None], ~np.triu(np.ones((T_q, T_q), bool), 1), ones[1] & real[:, None]


RIGHT = (
    Variant("loops", by_loops),
    Variant("repeated", by_tiles),
    Variant("the library's", by_the_library),
    Variant("and-ed with ones", by_products),
)

CASES = (([2, 6, 4], 5, 6), ([3, 1], 4, 5))

EXERCISE = Exercise(
    id="11.2",
    title="Which mask where",
    name="three_masks",
    minutes=20,
    difficulty="Middling",
    reference=three_masks,
    returns=("encoder", "decoder", "across"),
    cases=tuple(Case((np.array(n), T_q, T_k), ("B", None, None)) for n, T_q, T_k in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=MASKS,
    notice="of three attentions one is causal. The decoder's own filling needs no mask: it lies in "
    "the future of every real word.",
)
