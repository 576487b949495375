"""13.1, the MLP: `mlp`."""

from math import erf

import numpy as np

from minigpt.exercises.chapter_13.hints import WIDEN
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def mlp(x, w_in, b_in, w_out, b_out):
    hidden = np.maximum(x @ w_in.T + b_in, 0) ** 2
    return hidden @ w_out.T + b_out


def lines(
    widen=lambda x, w, b: x @ w.T + b,
    bend=lambda a: np.maximum(a, 0) ** 2,
    narrow=lambda h, w, b: h @ w.T + b,
):
    """The two lines, and one step of them changed."""

    def changed(x, w_in, b_in, w_out, b_out):
        return narrow(bend(widen(x, w_in, b_in)), w_out, b_out)

    return changed


def bent_at_the_end(x, w_in, b_in, w_out, b_out):
    return np.maximum((x @ w_in.T + b_in) @ w_out.T + b_out, 0) ** 2


def bent_twice(x, *weights):
    return np.maximum(mlp(x, *weights), 0) ** 2


def one_word(x, w_in, b_in, w_out, b_out):
    return mlp(np.broadcast_to(x.mean(axis=1, keepdims=True), x.shape), w_in, b_in, w_out, b_out)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gelu_tanh(a):
    return 0.5 * a * (1 + np.tanh(np.sqrt(2 / np.pi) * (a + 0.044715 * a**3)))


def gelu(a):
    return a * 0.5 * (1 + np.vectorize(erf)(a / np.sqrt(2)))


SLIPS = (
    Slip(
        "no bend",
        lines(bend=lambda a: a),
        "Two products in a row, and nothing bent between them: one matrix could do all of it.",
    ),
    Slip(
        "relu",
        lines(bend=lambda a: np.maximum(a, 0)),
        "What is positive is kept as it is. This bend squares it, too.",
    ),
    Slip(
        "squared, not cut",
        lines(bend=lambda a: a**2),
        "Everything is squared, so what was negative comes out as large as what was positive. "
        "What should a neuron say that has not fired?",
    ),
    Slip(
        "the other half",
        lines(bend=lambda a: np.minimum(a, 0) ** 2),
        "It is the negative half that comes through. The positive one should.",
    ),
    Slip("silu", lines(bend=lambda a: a * sigmoid(a)), "That is SiLU; ReLU² is asked for."),
    Slip(
        "gelu",
        lines(bend=gelu_tanh),
        "That is GPT-2's GELU. Here what is negative is to be 0, and the rest is squared.",
    ),
    Slip(
        "gelu, exactly",
        lines(bend=gelu),
        "That is GELU. It lets something through where this bend says 0, and squares nothing.",
    ),
    Slip(
        "doubled",
        lines(bend=lambda a: np.maximum(a, 0) * 2),
        "What is positive is doubled. Its square is asked for: 3 becomes 9.",
    ),
    Slip(
        "bent at the end",
        bent_at_the_end,
        "The bend comes last, after `w_out`. Between the two products is nothing, so they "
        "are as good as one.",
    ),
    Slip(
        "bent twice",
        bent_twice,
        "What comes out is bent as well. The stream must be able to get negative numbers, too.",
    ),
    Slip(
        "bent before",
        lambda x, w_in, b_in, w_out, b_out: (
            (np.maximum(x, 0) ** 2 @ w_in.T + b_in) @ w_out.T + b_out
        ),
        "The word itself is bent, before it is widened. It is the neurons that fire or do not.",
    ),
    Slip(
        "the first bias forgotten",
        lines(widen=lambda x, w, b: x @ w.T),
        "`b_in` has nothing to do yet. It says how easily each neuron fires.",
    ),
    Slip(
        "the first bias after the bend",
        lambda x, w_in, b_in, w_out, b_out: (
            (np.maximum(x @ w_in.T, 0) ** 2 + b_in) @ w_out.T + b_out
        ),
        "`b_in` is added after the bend. Then it cannot decide whether a neuron fires.",
    ),
    Slip(
        "the second bias forgotten",
        lines(narrow=lambda h, w, b: h @ w.T),
        "Right but for the same few numbers at every word: `b_out` has nothing to do yet.",
    ),
    Slip(
        "both biases forgotten",
        lines(widen=lambda x, w, b: x @ w.T, narrow=lambda h, w, b: h @ w.T),
        "Neither bias has had anything to do. One goes with each matrix.",
    ),
    Slip(
        "matrices not turned",
        lambda x, w_in, b_in, w_out, b_out: np.maximum(x @ w_in + b_in, 0) ** 2 @ w_out + b_out,
        "The shapes do not fit: each matrix has a row for each number that comes out, as in "
        "PyTorch. How must it lie for `x` to stand on its left?",
    ),
    Slip(
        "added to the word",
        lambda x, *weights: x + mlp(x, *weights),
        "The words themselves are added. That is the residual stream's step, outside of the MLP.",
    ),
    Slip(
        "all words one",
        one_word,
        "Every word of a text gets the same: they were mixed before. The MLP never lets one word "
        "see another.",
    ),
    Slip(
        "shares",
        lines(bend=lambda a: np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)),
        "That is a softmax: the neurons compete for a whole. Here each fires for itself.",
    ),
)


def by_loops(x, w_in, b_in, w_out, b_out):
    output = np.zeros(x.shape)
    for b, t in np.ndindex(x.shape[:2]):
        output[b, t] = b_out
        for n in range(len(w_in)):
            fired = w_in[n] @ x[b, t] + b_in[n]
            if fired > 0:
                output[b, t] += fired**2 * w_out[:, n]
    return output


def by_torch(x, *weights):
    import torch
    from torch.nn.functional import linear, relu

    x, w_in, b_in, w_out, b_out = (torch.as_tensor(one) for one in (x, *weights))
    return linear(relu(linear(x, w_in, b_in)).square(), w_out, b_out)


def by_letters(x, w_in, b_in, w_out, b_out):
    hidden = np.einsum("btd,fd->btf", x, w_in) + b_in
    return np.einsum("btf,df->btd", hidden * np.abs(hidden) * (hidden > 0), w_out) + b_out


RIGHT = (
    Variant("a neuron at a time", by_loops),
    Variant("torch", by_torch),
    Variant("einsum", by_letters),
    Variant("the same lines", lines()),
)

rng = np.random.default_rng(13)


def batch(B, T, d_model, d_ff):
    shapes = [(B, T, d_model), (d_ff, d_model), d_ff, (d_model, d_ff), d_model]
    args = tuple(rng.normal(size=shape) for shape in shapes)
    return Case(args, ("B T d_model", "d_ff d_model", "d_ff", "d_model d_ff", "d_model"))


EXERCISE = Exercise(
    id="13.1",
    title="The MLP",
    name="mlp",
    minutes=15,
    difficulty="Within reach",
    reference=mlp,
    returns=("output",),
    cases=(batch(2, 3, 5, 7), batch(4, 2, 3, 11)),
    slips=SLIPS,
    right=RIGHT,
    hints=WIDEN,
    notice="no axis but the last is ever touched: batch and words go through side by side.",
)
