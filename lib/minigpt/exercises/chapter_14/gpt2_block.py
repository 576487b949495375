"""14.4, a block as it is published: `gpt2_block`. Every slip is all of it with one step changed."""

import math

import numpy as np

from minigpt.exercises.chapter_14.hints import PUBLISHED
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def layer_norm(x, weight, bias, eps=1e-5):
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + eps) * weight + bias


def softmax(scores):
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gpt2_block(x, weights, n_heads):
    B, T, d_model = x.shape
    h = layer_norm(x, weights["ln_1.weight"], weights["ln_1.bias"])
    qkv = h @ weights["attn.c_attn.weight"] + weights["attn.c_attn.bias"]
    d_head = d_model // n_heads
    q, k, v = qkv.reshape(B, T, 3, n_heads, d_head).transpose(2, 0, 3, 1, 4)
    scores = q @ k.mT / math.sqrt(d_head)
    shares = softmax(np.where(np.tri(T) > 0, scores, -np.inf))
    merged = (shares @ v).transpose(0, 2, 1, 3).reshape(B, T, d_model)
    x = x + merged @ weights["attn.c_proj.weight"] + weights["attn.c_proj.bias"]
    h = layer_norm(x, weights["ln_2.weight"], weights["ln_2.bias"])
    h = gelu(h @ weights["mlp.c_fc.weight"] + weights["mlp.c_fc.bias"])
    return x + h @ weights["mlp.c_proj.weight"] + weights["mlp.c_proj.bias"]


def split(part, n_heads):
    return part.reshape(*part.shape[:2], n_heads, -1).swapaxes(1, 2)


def steps(
    norm=layer_norm,
    project=lambda h, weight, bias: h @ weight + bias,
    thirds=lambda qkv: np.split(qkv, 3, axis=-1),
    split=split,
    root=lambda q, x: math.sqrt(q.shape[-1]),
    score=lambda q, k: q @ k.mT,
    hide=lambda scores: np.where(np.tri(scores.shape[-1]) > 0, scores, -np.inf),
    share=softmax,
    merge=lambda context: context.swapaxes(1, 2),
    out=lambda h, weight, bias: h @ weight + bias,
    act=gelu,
    first=lambda x, made: x + made,
    last=lambda x, made: x + made,
    second=lambda x, before: x,
    carried=lambda x, normed: x,
    norms=("ln_1", "ln_2"),
):
    """All of it, and one step changed."""

    def changed(x, weights, n_heads):
        def of(name):
            return weights[f"{name}.weight"], weights[f"{name}.bias"]

        before = x
        h = norm(x, *of(norms[0]))
        x = carried(x, h)
        qkv = project(h, *of("attn.c_attn"))
        q, k, v = (split(part, n_heads) for part in thirds(qkv))
        context = share(hide(score(q, k) / root(q, x))) @ v
        x = first(x, out(merge(context).reshape(x.shape), *of("attn.c_proj")))
        h = norm(second(x, before), *of(norms[1]))
        x = carried(x, h)
        return last(x, project(act(project(h, *of("mlp.c_fc"))), *of("mlp.c_proj")))

    return changed


def columns(moved):
    """The columns of `attn.c_attn` taken in another order."""

    def changed(x, weights, n_heads):
        names = ("attn.c_attn.weight", "attn.c_attn.bias")
        other = {
            n: moved(weights[n].reshape(-1, weights[n].shape[-1]), n_heads).reshape(
                weights[n].shape
            )
            for n in names
        }
        return gpt2_block(x, {**weights, **other}, n_heads)

    return changed


def post(x, weights, n_heads):
    """The norms behind the additions."""

    def of(name):
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    bare = steps(norm=lambda x, weight, bias: x)
    no_mlp = {**weights, "mlp.c_proj.weight": 0 * weights["mlp.c_proj.weight"],
              "mlp.c_proj.bias": 0 * weights["mlp.c_proj.bias"]}  # fmt: skip
    x = layer_norm(bare(x, no_mlp, n_heads), *of("ln_1"))
    h = gelu(x @ weights["mlp.c_fc.weight"] + weights["mlp.c_fc.bias"])
    made = h @ weights["mlp.c_proj.weight"] + weights["mlp.c_proj.bias"]
    return layer_norm(x + made, *of("ln_2"))


def rms(x, weight, bias):
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5) * weight + bias


def outside(x, weight, bias):
    return (x - x.mean(axis=-1, keepdims=True)) / (
        x.std(axis=-1, keepdims=True) + 1e-5
    ) * weight + bias


def unbiased(x, weight, bias):
    variance = x.var(axis=-1, keepdims=True, ddof=1)
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(variance + 1e-5) * weight + bias


def exact_gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def masked_after(scores):
    raised = softmax(scores)
    return raised * np.tri(scores.shape[-1])


SLIPS = (
    Slip(
        "the square one turned",
        steps(out=lambda h, weight, bias: h @ weight.T + bias),
        "`attn.c_proj` is turned round, and being square it does not complain. As these files have "
        "it, what comes in lies along the first axis.",
    ),
    Slip(
        "no W_O",
        steps(out=lambda h, weight, bias: h),
        "`attn.c_proj` is never used. What mixes the heads before they are added?",
    ),
    Slip(
        "all of them turned",
        steps(project=lambda h, weight, bias: h @ weight.T + bias),
        "The matrices are turned round, as torch's `Linear` keeps them. In these files they "
        "stand as in $xW$.",
    ),
    Slip(
        "no mask",
        steps(hide=lambda scores: scores),
        "Words see what comes after them: nothing hides the future.",
    ),
    Slip(
        "the mask after the softmax",
        steps(hide=lambda scores: scores, share=masked_after),
        "The future is struck out after the softmax, so the shares that are left do not add up to 1.",
    ),
    Slip(
        "the past hidden",
        steps(hide=lambda scores: np.where(np.tri(scores.shape[-1]).T > 0, scores, -np.inf)),
        "The mask is upside down: words see themselves and what comes after them, and nothing before.",
    ),
    Slip(
        "the future at zero",
        steps(hide=lambda scores: scores * np.tri(scores.shape[-1])),
        "Scores of the future are set to 0, and e to the 0 is 1: they still get a share. What score "
        "leaves none?",
    ),
    Slip(
        "down the columns",
        steps(share=lambda scores: softmax(scores.mT).mT),
        "The shares add up to 1 down each column. Whose shares are they, the query's or the key's?",
    ),
    Slip(
        "not even oneself",
        steps(
            hide=lambda scores: np.where(
                np.tri(scores.shape[-1], k=-1) + np.eye(1, scores.shape[-1]) > 0, scores, -np.inf
            )
        ),
        "A word does not see itself: the diagonal is hidden too.",
    ),
    Slip(
        "one too far",
        steps(hide=lambda scores: np.where(np.tri(scores.shape[-1], k=1) > 0, scores, -np.inf)),
        "Every word sees one word too many, the next one.",
    ),
    Slip(
        "no root",
        steps(root=lambda q, x: 1.0),
        "The scores are not divided by anything, and the softmax is too sure of itself.",
    ),
    Slip(
        "the root of the whole width",
        steps(root=lambda q, x: math.sqrt(x.shape[-1])),
        "The scores are divided by the root of the whole width. How many products does one score "
        "add up?",
    ),
    Slip(
        "the width without a root",
        steps(root=lambda q, x: q.shape[-1]),
        "The scores are divided by a head's width itself, and not by its root.",
    ),
    Slip(
        "values before keys",
        steps(thirds=lambda qkv: [np.split(qkv, 3, axis=-1)[i] for i in (0, 2, 1)]),
        "Keys and values have changed places. In which order does `attn.c_attn` hold the three?",
    ),
    Slip(
        "keys before queries",
        steps(thirds=lambda qkv: [np.split(qkv, 3, axis=-1)[i] for i in (1, 0, 2)]),
        "Queries and keys have changed places: who asks, and who is asked?",
    ),
    Slip(
        "dealt like cards",
        steps(thirds=lambda qkv: [qkv[..., i::3] for i in range(3)]),
        "Queries, keys and values are dealt like cards from every three columns. They lie in three "
        "blocks.",
    ),
    Slip(
        "three in every head",
        columns(lambda part, n: part.reshape(-1, n, 3, part.shape[1] // (3 * n)).swapaxes(1, 2)),
        "Queries, keys and values are cut out of each head in turn. In these files all queries come "
        "first, of every head, then all keys.",
    ),
    Slip(
        "heads dealt like cards",
        columns(lambda part, n: part.reshape(-1, 3, part.shape[1] // (3 * n), n).swapaxes(2, 3)),
        "The heads are dealt like cards, one column to each in turn. A head's columns stand side by "
        "side.",
    ),
    Slip(
        "one head",
        lambda x, weights, n_heads: steps()(x, weights, 1),
        "There is one head as wide as the stream: `n_heads` is never used.",
    ),
    Slip(
        "a reshape for heads",
        steps(split=lambda part, n: part.reshape(len(part), n, part.shape[1], -1)),
        "The heads are cut by a `reshape` alone, and hold other words' numbers (chapter 9).",
    ),
    Slip(
        "no swap in the merge",
        steps(merge=lambda context: context),
        "The heads are merged by a `reshape` alone, and their results go to the wrong words.",
    ),
    Slip(
        "the exact GELU",
        steps(act=exact_gelu),
        "So near, and in the third or fourth decimal not the same: GPT-2's GELU is the one with "
        "the tanh.",
    ),
    Slip(
        "ReLU",
        steps(act=lambda h: np.maximum(h, 0)),
        "The MLP bends with a ReLU. What does GPT-2 take?",
    ),
    Slip(
        "no bend",
        steps(act=lambda h: h),
        "Nothing bends between the two matrices of the MLP.",
    ),
    Slip(
        "norms behind",
        post,
        "The norms stand behind the additions. GPT-2 moved them before each part.",
    ),
    Slip(
        "RMS norm",
        steps(norm=rms),
        "The norms do not subtract the mean. GPT-2 has LayerNorm.",
    ),
    Slip(
        "eps outside the root",
        steps(norm=outside),
        "The small number of the norm stands outside its root. It shows where the stream is quiet.",
    ),
    Slip(
        "no eps",
        steps(norm=lambda x, weight, bias: layer_norm(x, weight, bias, 0)),
        "The small number of the norm is missing. It shows where the stream is quiet.",
    ),
    Slip(
        "the variance of a sample",
        steps(norm=unbiased),
        "The norm's variance divides by one less than the width.",
    ),
    Slip(
        "norms without their weights",
        steps(norm=lambda x, weight, bias: layer_norm(x, 1.0, 0.0)),
        "The norms neither scale nor shift: their weights and biases are not used.",
    ),
    Slip(
        "biases forgotten",
        steps(project=lambda h, weight, bias: h @ weight, out=lambda h, weight, bias: h @ weight),
        "The products have no biases. In GPT-2 each has one.",
    ),
    Slip(
        "the stream dropped",
        steps(first=lambda x, made: made, last=lambda x, made: made),
        "Nothing is added to the stream: each part takes its place.",
    ),
    Slip(
        "attention not added",
        steps(first=lambda x, made: made),
        "What attention made takes the place of the stream. To what is it added?",
    ),
    Slip(
        "the MLP not added",
        steps(last=lambda x, made: made),
        "What the MLP made comes back alone. A block adds twice.",
    ),
    Slip(
        "the stream is normed",
        steps(carried=lambda x, normed: normed),
        "Each part gets the right input, but is added to the normed stream. To what should it be "
        "added?",
    ),
    Slip(
        "the first norm twice",
        steps(norms=("ln_1", "ln_1")),
        "Both parts read through `ln_1`. The MLP has a norm of its own.",
    ),
    Slip(
        "the norms exchanged",
        steps(norms=("ln_2", "ln_1")),
        "The norms have changed places. Which number stands before attention?",
    ),
    Slip(
        "the MLP reads the old stream",
        steps(second=lambda x, before: before),
        "The MLP reads the stream as it was before attention wrote to it.",
    ),
)


def by_heads(x, weights, n_heads):
    d_head = x.shape[2] // n_heads
    T = x.shape[1]
    h = layer_norm(x, weights["ln_1.weight"], weights["ln_1.bias"])
    q, k, v = np.split(h @ weights["attn.c_attn.weight"] + weights["attn.c_attn.bias"], 3, axis=-1)
    made = weights["attn.c_proj.bias"] + np.zeros_like(x)
    for head in range(n_heads):
        own = slice(head * d_head, (head + 1) * d_head)
        for t in range(T):
            scores = np.einsum("bd,bsd->bs", q[:, t, own], k[:, : t + 1, own])
            mixed = np.einsum("bs,bsd->bd", softmax(scores / d_head**0.5), v[:, : t + 1, own])
            made[:, t] += mixed @ weights["attn.c_proj.weight"][own]
    x = x + made
    h = layer_norm(x, weights["ln_2.weight"], weights["ln_2.bias"])
    h = gelu(h @ weights["mlp.c_fc.weight"] + weights["mlp.c_fc.bias"])
    return x + (h @ weights["mlp.c_proj.weight"] + weights["mlp.c_proj.bias"])


def by_torch(x, weights, n_heads):
    import torch
    from torch.nn import functional as F

    w = {name: torch.tensor(weight) for name, weight in weights.items()}
    x = torch.tensor(x)
    size = (x.shape[-1],)
    h = F.layer_norm(x, size, w["ln_1.weight"], w["ln_1.bias"])
    qkv = F.linear(h, w["attn.c_attn.weight"].T, w["attn.c_attn.bias"])
    q, k, v = (p.unflatten(-1, (n_heads, -1)).transpose(1, 2) for p in qkv.chunk(3, dim=-1))
    context = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    merged = context.transpose(1, 2).flatten(2)
    x = x + F.linear(merged, w["attn.c_proj.weight"].T, w["attn.c_proj.bias"])
    h = F.layer_norm(x, size, w["ln_2.weight"], w["ln_2.bias"])
    h = F.gelu(F.linear(h, w["mlp.c_fc.weight"].T, w["mlp.c_fc.bias"]), approximate="tanh")
    return x + F.linear(h, w["mlp.c_proj.weight"].T, w["mlp.c_proj.bias"])


RIGHT = (
    Variant("step by step", steps()),
    Variant("head by head, word by word", by_heads),
    Variant("torch", by_torch),
)


def drawn(B, T, n_heads, d_head, d_ff, seed, loud):
    rng = np.random.default_rng(seed)
    d_model = n_heads * d_head
    widths = {
        "attn.c_attn": (d_model, 3 * d_model),
        "attn.c_proj": (d_model, d_model),
        "mlp.c_fc": (d_model, d_ff),
        "mlp.c_proj": (d_ff, d_model),
    }
    weights = {}
    for name, (width, made) in widths.items():
        weights[f"{name}.weight"] = rng.normal(size=(width, made)) / math.sqrt(width) * 1.5
        weights[f"{name}.bias"] = rng.normal(size=made) / 2
    for name in ("ln_1", "ln_2"):
        weights[f"{name}.weight"] = rng.uniform(0.5, 1.5, size=d_model)
        weights[f"{name}.bias"] = rng.normal(size=d_model) / 2
    x = loud * rng.normal(size=(B, T, d_model))
    return Case((x, weights, n_heads), ("B T d_model", None, None))


EXERCISE = Exercise(
    id="14.4",
    title="A block as it is published",
    name="gpt2_block",
    minutes=60,
    difficulty="An evening's thought",
    reference=gpt2_block,
    returns=("x",),
    cases=(drawn(2, 5, 3, 4, 20, 14, 1.0), drawn(3, 4, 2, 5, 17, 15, 0.02)),
    slips=SLIPS,
    right=RIGHT,
    hints=PUBLISHED,
    notice="with a table of words, a table of places and a last norm around twelve of these, you "
    "have GPT-2.",
)
