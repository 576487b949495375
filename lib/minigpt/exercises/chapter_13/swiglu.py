"""13.2, gate it: `swiglu`."""

import math

import numpy as np

from minigpt.exercises.chapter_13.hints import GATE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def swiglu(x, w_gate, w_in, w_out):
    gate = x @ w_gate.T
    opened = gate / (1 + np.exp(-gate))
    return (opened * (x @ w_in.T)) @ w_out.T


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def silu(a):
    return a * sigmoid(a)


def phi(a):
    return 0.5 * (1 + np.vectorize(math.erf)(a / math.sqrt(2)))


def lines(bend=silu, other=lambda a: a, join=lambda gate, a: gate * a):
    """Gate and product, and one step of them changed."""

    def changed(x, w_gate, w_in, w_out):
        return join(bend(x @ w_gate.T), other(x @ w_in.T)) @ w_out.T

    return changed


SLIPS = (
    Slip(
        "gate and input exchanged",
        lambda x, w_gate, w_in, w_out: swiglu(x, w_in, w_gate, w_out),
        "It is what `w_in` makes that you bend. The bend belongs to the gate.",
    ),
    Slip(
        "no bend",
        lines(bend=lambda a: a),
        "The gate is not bent: two readings are multiplied as they are. What makes a gate shut?",
    ),
    Slip(
        "a sigmoid",
        lines(bend=sigmoid),
        "That gate opens from 0 to 1, as Dauphin's does. SiLU multiplies the sigmoid by the "
        "number itself.",
    ),
    Slip(
        "a relu",
        lines(bend=lambda a: np.maximum(a, 0)),
        "That is ReGLU: the gate is shut for all that is negative. SiLU is softer.",
    ),
    Slip(
        "a gelu",
        lines(bend=lambda a: a * phi(a)),
        "That is GEGLU, a sister of this one: its gate is a GELU. Here it is a SiLU.",
    ),
    Slip(
        "a gelu by tanh",
        lines(bend=lambda a: a * (1 + np.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3))) / 2),
        "That gate is GPT-2's GELU, the one by a tanh. SiLU has a plain sigmoid in its place.",
    ),
    Slip(
        "a tanh",
        lines(bend=np.tanh),
        "A tanh goes from −1 to 1 and no farther. SiLU's door opens as wide as its number is large.",
    ),
    Slip(
        "both bent",
        lines(other=silu),
        "Both readings go through the bend. Only one of them is the gate.",
    ),
    Slip(
        "the product bent",
        lines(bend=lambda a: a, join=lambda gate, a: silu(gate * a)),
        "You multiply first and bend the product. The bend comes before.",
    ),
    Slip(
        "added",
        lines(join=lambda gate, a: gate + a),
        "Gate and content are added. A gate that is shut should let nothing through: what makes "
        "something nothing?",
    ),
    Slip(
        "the content forgotten",
        lines(join=lambda gate, a: gate),
        "`w_in` has nothing to do yet: only the gate comes through.",
    ),
    Slip(
        "the gate forgotten",
        lines(bend=lambda a: a, other=silu, join=lambda gate, a: a),
        "`w_gate` has nothing to do yet. This is an MLP with SiLU, without a gate.",
    ),
    Slip(
        "the sign of the exponent",
        lines(bend=lambda a: a * sigmoid(-a)),
        "The gate opens for what is negative. Look at the sign in the exponent.",
    ),
    Slip(
        "matrices not turned",
        lambda x, w_gate, w_in, w_out: (silu(x @ w_gate) * (x @ w_in)) @ w_out,
        "The shapes do not fit: each matrix has a row for each number that comes out. Turn it "
        "before `x` stands on its left.",
    ),
    Slip(
        "added to the word",
        lambda x, *weights: x + swiglu(x, *weights),
        "The words themselves are added. That is the block's step; the MLP gives only what is new.",
    ),
    Slip(
        "a bend at the end",
        lambda x, w_gate, w_in, w_out: silu((x @ w_gate.T) * (x @ w_in.T) @ w_out.T),
        "The bend comes after `w_out`. It belongs to the gate, before the two are multiplied.",
    ),
)


def by_torch(x, w_gate, w_in, w_out):
    import torch
    from torch.nn.functional import linear, silu

    x, w_gate, w_in, w_out = (torch.as_tensor(one) for one in (x, w_gate, w_in, w_out))
    return linear(silu(linear(x, w_gate)) * linear(x, w_in), w_out)


def a_neuron_at_a_time(x, w_gate, w_in, w_out):
    output = np.zeros(x.shape)
    for n in range(len(w_gate)):
        gate = x @ w_gate[n]
        output += (gate * sigmoid(gate) * (x @ w_in[n]))[..., None] * w_out[:, n]
    return output


def by_tanh(x, w_gate, w_in, w_out):
    gate, content = np.split(x @ np.concatenate([w_gate, w_in]).T, 2, axis=-1)
    return gate / 2 * (1 + np.tanh(gate / 2)) * content @ w_out.T


RIGHT = (
    Variant("torch", by_torch),
    Variant("a neuron at a time", a_neuron_at_a_time),
    Variant("one product, and a tanh", by_tanh),
    Variant("the same lines", lines()),
)

rng = np.random.default_rng(132)


def batch(B, T, d_model, d_ff):
    shapes = [(B, T, d_model), (d_ff, d_model), (d_ff, d_model), (d_model, d_ff)]
    args = tuple(rng.normal(size=shape) for shape in shapes)
    return Case(args, ("B T d_model", "d_ff d_model", "d_ff d_model", "d_model d_ff"))


EXERCISE = Exercise(
    id="13.2",
    title="Gate it",
    name="swiglu",
    minutes=20,
    difficulty="Within reach",
    reference=swiglu,
    returns=("output",),
    cases=(batch(2, 3, 5, 7), batch(4, 2, 3, 11)),
    slips=SLIPS,
    right=RIGHT,
    hints=GATE,
    notice="three matrices for two, so at 8/3 of `d_model` it costs what the plain MLP costs at 4.",
)
