"""17.1, cache it: `step`."""

import math

import numpy as np

from minigpt.exercises.chapter_17.hints import STEP
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def step(x, w_q, w_k, w_v, k, v):
    k = np.concatenate([k, (x @ w_k)[:, None]], axis=1)
    v = np.concatenate([v, (x @ w_v)[:, None]], axis=1)
    scores = (x @ w_q)[:, None] @ k.mT / math.sqrt(k.shape[2])
    raised = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = raised / raised.sum(axis=2, keepdims=True)
    return (weights @ v)[:, 0], k, v


def shares(scores, axis=-1):
    raised = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


def joined(old, new):
    return np.concatenate([old, new[:, None]], axis=1)


def look(q, k, v, root=None, axis=-1):
    scores = q[:, None] @ k.mT / math.sqrt(root or k.shape[-1])
    return (shares(scores, axis) @ v)[:, 0]


def made(x, w_q, w_k, w_v, k, v):
    """The query, and keys and values with the new ones behind."""
    return x @ w_q, joined(k, x @ w_k), joined(v, x @ w_v)


def then(finish):
    """A wrong version that makes all three rightly; `finish` gets q, k, v and x."""

    def wrong(x, w_q, w_k, w_v, k, v):
        return finish(*made(x, w_q, w_k, w_v, k, v), x)

    return wrong


def looked_too_early(x, w_q, w_k, w_v, k, v):
    q, longer_k, longer_v = made(x, w_q, w_k, w_v, k, v)
    return look(q, k, v), longer_k, longer_v


def in_front(x, w_q, w_k, w_v, k, v):
    k = np.concatenate([(x @ w_k)[:, None], k], axis=1)
    v = np.concatenate([(x @ w_v)[:, None], v], axis=1)
    return look(x @ w_q, k, v), k, v


def written_over(x, w_q, w_k, w_v, k, v):
    k = np.concatenate([k[:, :-1], (x @ w_k)[:, None]], axis=1)
    v = np.concatenate([v[:, :-1], (x @ w_v)[:, None]], axis=1)
    return look(x @ w_q, k, v), k, v


def masked(q, k, v, _x):
    scores = q[:, None] @ k.mT / math.sqrt(k.shape[-1])
    scores = np.where(np.tri(1, k.shape[1], dtype=bool), scores, -np.inf)
    return (shares(scores) @ v)[:, 0], k, v


def no_axis(x, w_q, w_k, w_v, k, v):
    k, v = np.concatenate([k, x @ w_k], axis=1), np.concatenate([v, x @ w_v], axis=1)
    return look(x @ w_q, k, v), k, v


def along_the_texts(x, w_q, w_k, w_v, k, v):
    k = np.concatenate([k, (x @ w_k)[:, None]])
    v = np.concatenate([v, (x @ w_v)[:, None]])
    return look(x @ w_q, k, v), k, v


def with_torch(x, w_q, w_k, w_v, k, v):
    import torch

    k = torch.cat((k, (x @ w_k)[:, None]), dim=1)
    v = torch.cat((v, (x @ w_v)[:, None]), dim=1)
    return look(x @ w_q, k, v), k, v


def all_queries_alike(x, w_q, w_k, w_v, k, v):
    return step(x, w_k, w_k, w_v, k, v)


def keys_for_values(x, w_q, w_k, w_v, k, v):
    k, v = joined(k, x @ w_k), joined(v, x @ w_k)
    return look(x @ w_q, k, v), k, v


def queries_kept(x, w_q, w_k, w_v, k, v):
    return step(x, w_q, w_q, w_v, k, v)


def flat_scores(x, w_q, w_k, w_v, k, v):
    q, k, v = made(x, w_q, w_k, w_v, k, v)
    return shares(q @ k.mT / math.sqrt(k.shape[-1])) @ v, k, v


SLIPS = (
    Slip(
        "looked before it was joined",
        looked_too_early,
        "The new word looks at the old ones alone. In chapter 8's table, what stood on the diagonal?",
    ),
    Slip(
        "the old ones handed back",
        lambda x, w_q, w_k, w_v, k, v: (step(x, w_q, w_k, w_v, k, v)[0], k, v),
        "The context is right, and the keys and values that come back are those that went in: the "
        "next word will not find this one.",
    ),
    Slip(
        "only the new ones handed back",
        then(lambda q, k, v, _x: (look(q, k, v), k[:, -1:], v[:, -1:])),
        "The context is right, but only the new key and value come back. The next word will need "
        "the old ones as well.",
    ),
    Slip(
        "joined in front",
        in_front,
        "The new key and value stand in front of the old ones. The mixture does not mind; whoever "
        "counts places in the cache will.",
    ),
    Slip(
        "the last one written over",
        written_over,
        "The new word has taken the place of the last one in the cache, which has not grown. All "
        "that was written is still part of the text.",
    ),
    Slip(
        "a triangle of one row",
        then(masked),
        "Only the first word is seen: a triangle with a single row has a single entry. What is "
        "there to hide from the word that comes last?",
    ),
    Slip(
        "no axis for the word",
        no_axis,
        "The new keys have an axis less than the old ones, that of the words. One word is an axis "
        "of length 1.",
    ),
    Slip(
        "joined along the texts",
        along_the_texts,
        "They are joined along the first axis, which is that of the texts, so that the batch would "
        "grow. Which axis counts the words?",
    ),
    Slip(
        "torch joins its own",
        with_torch,
        "`torch.cat` joins tensors, and these are NumPy's arrays. Turn them into tensors first, or "
        "join them with NumPy.",
    ),
    Slip(
        "a key for a query",
        all_queries_alike,
        "The word asks with its key. Who asks has a query, made by a matrix of its own.",
    ),
    Slip(
        "the query kept as a key",
        queries_kept,
        "What is joined to the keys is the word's query. Nobody will ever ask for that again.",
    ),
    Slip(
        "keys for values",
        keys_for_values,
        "What is joined to the values is a key. It need not even be as wide.",
    ),
    Slip(
        "each text meets each",
        flat_scores,
        "Without an axis of words, the queries of all texts were taken for the words of one, and "
        "every text meets every other.",
    ),
    Slip(
        "no root",
        then(lambda q, k, v, _x: (look(q, k, v, root=1), k, v)),
        "The scores are not divided by the root of their width.",
    ),
    Slip(
        "the root of the words' number",
        then(lambda q, k, v, _x: (look(q, k, v, root=k.shape[1]), k, v)),
        "The scores are divided by the root of how many words there are. How many products does "
        "one score add up?",
    ),
    Slip(
        "the root of d_model",
        then(lambda q, k, v, x: (look(q, k, v, root=x.shape[1]), k, v)),
        "The scores are divided by the root of the word's width. Query and key are narrower when "
        "they meet.",
    ),
    Slip(
        "the root of d_v",
        then(lambda q, k, v, _x: (look(q, k, v, root=v.shape[-1]), k, v)),
        "The scores are divided by the root of the values' width. Which two meet in a score, and "
        "how many products does it add up?",
    ),
    Slip(
        "the width without its root",
        then(lambda q, k, v, _x: (look(q, k, v, root=k.shape[-1] ** 2), k, v)),
        "The scores are divided by the width of the keys, not by its root.",
    ),
    Slip(
        "the first text's cache for all",
        then(lambda q, k, v, _x: (look(q, k[:1], v), k, v)),
        "Every text looks at the keys of the first. Each has a cache of its own.",
    ),
    Slip(
        "keys and values exchanged",
        then(lambda q, k, v, _x: (look(q, k, v), v, k)),
        "Keys and values come back in each other's place: the context first, then `k`, then `v`.",
    ),
    Slip(
        "the context last",
        then(lambda q, k, v, _x: (k, v, look(q, k, v))),
        "The context comes back last. It is wanted first, then `k`, then `v`.",
    ),
    Slip(
        "softmax over the texts",
        then(lambda q, k, v, _x: (look(q, k, v, axis=0), k, v)),
        "The shares are taken across the texts. Each text's word hands out a whole of its own.",
    ),
    Slip(
        "an axis too many",
        then(lambda q, k, v, _x: (look(q, k, v)[:, None], k, v)),
        "The context still has an axis of words, of length 1. One vector a text is wanted.",
    ),
    Slip(
        "the context alone",
        lambda *args: step(*args)[0],
        "Only the context comes back. Without the longer keys and values the next step cannot begin.",
    ),
)


def by_loops(x, w_q, w_k, w_v, k, v):
    contexts, keys, values = [], [], []
    for b in range(len(x)):
        keys.append([*k[b], x[b] @ w_k])
        values.append([*v[b], x[b] @ w_v])
        raised = [math.exp(x[b] @ w_q @ key / math.sqrt(len(key))) for key in keys[b]]
        parts = zip(raised, values[b], strict=True)
        contexts.append(sum(share * value for share, value in parts) / sum(raised))
    return contexts, keys, values


def by_letters(x, w_q, w_k, w_v, k, v):
    k, v = np.append(k, (x @ w_k)[:, None], axis=1), np.append(v, (x @ w_v)[:, None], axis=1)
    scores = np.einsum("bd,btd->bt", x @ w_q, k) / k.shape[-1] ** 0.5
    return np.einsum("bt,btd->bd", shares(scores), v), k, v


def by_torch(*args):
    import torch

    x, w_q, w_k, w_v, k, v = map(torch.tensor, args)
    k, v = torch.cat((k, (x @ w_k)[:, None]), 1), torch.cat((v, (x @ w_v)[:, None]), 1)
    context = torch.nn.functional.scaled_dot_product_attention((x @ w_q)[:, None], k, v)
    return context.squeeze(1), k, v


def memory_set_aside(x, w_q, w_k, w_v, k, v):
    room = [np.empty((len(x), k.shape[1] + 1, old.shape[2])) for old in (k, v)]
    for space, old, new in zip(room, (k, v), (x @ w_k, x @ w_v), strict=True):
        space[:, :-1], space[:, -1] = old, new
    return look(x @ w_q, *room), *room


RIGHT = (
    Variant("loops and lists", by_loops),
    Variant("einsum", by_letters),
    Variant("torch", by_torch),
    Variant("memory set aside", memory_set_aside),
)


def texts(B, T, d_model, d_head, d_v, seed):
    rng = np.random.default_rng(seed)
    shapes = (B, d_model), (d_model, d_head), (d_model, d_head), (d_model, d_v)
    args = [rng.normal(size=shape) for shape in (*shapes, (B, T, d_head), (B, T, d_v))]
    axes = "B d_model", "d_model d_head", "d_model d_head", "d_model d_v", "B T d_head", "B T d_v"
    return Case(tuple(args), axes)


EXERCISE = Exercise(
    id="17.1",
    title="Cache it",
    name="step",
    minutes=20,
    difficulty="Within reach",
    reference=step,
    returns=("context", "k", "v"),
    cases=(texts(3, 5, 4, 2, 6, 17), texts(2, 4, 7, 5, 3, 18)),
    slips=SLIPS,
    right=RIGHT,
    hints=STEP,
    notice="the query is used once and forgotten; that is why nobody speaks of a QKV cache.",
)
