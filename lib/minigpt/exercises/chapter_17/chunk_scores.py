"""17.2, the off-by-one position: `chunk_scores`."""

import math

import numpy as np

from minigpt.exercises.chapter_17.hints import PLACES
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def chunk_scores(q, k, cached, speeds):
    T_old, T_new = cached.shape[1], q.shape[1]
    places = T_old + np.arange(T_new)[:, None]
    cos, sin = np.cos(places * speeds), np.sin(places * speeds)
    a, b = np.split(k, 2, axis=2)
    turned = np.concatenate([a * cos - b * sin, a * sin + b * cos], axis=2)
    keys = np.concatenate([cached, turned], axis=1)
    a, b = np.split(q, 2, axis=2)
    turned = np.concatenate([a * cos - b * sin, a * sin + b * cos], axis=2)
    scores = turned @ keys.mT / math.sqrt(q.shape[2])
    return np.where(np.arange(T_old + T_new) <= places, scores, -np.inf), keys


def turn(x, places, speeds):
    angles = np.asarray(places)[:, None] * speeds
    a, b = np.split(x, 2, axis=-1)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)


def turn_neighbours(x, places, speeds):
    angles = np.asarray(places)[:, None] * speeds
    a, b, cos, sin = x[..., 0::2], x[..., 1::2], np.cos(angles), np.sin(angles)
    return np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1).reshape(x.shape)


def turn_and_mix(x, places, speeds):
    a, b = np.split(turn(x, places, speeds), 2, axis=-1)
    return np.stack([a, b], axis=-1).reshape(x.shape)


def right_places(T_old, T_new):
    return np.arange(T_old, T_old + T_new)


def right_seen(T_old, T_new):
    return np.arange(T_old + T_new) <= np.arange(T_old, T_old + T_new)[:, None]


def hidden(scores, seen):
    return np.where(seen, scores, -np.inf)


def softmax(scores):
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def version(
    q_places=right_places,
    k_places=None,
    seen=right_seen,
    hide=hidden,
    turned=turn,
    old=lambda cached, _speeds: cached,
    join=lambda cached, new: np.concatenate([cached, new], axis=1),
    keep=lambda keys, _k: keys,
    root=lambda q: math.sqrt(q.shape[-1]),
):
    """The right version, but for what is given."""

    def wrong(q, k, cached, speeds):
        sizes = cached.shape[1], q.shape[1]
        new = turned(k, (k_places or q_places)(*sizes), speeds)
        keys = join(old(cached, speeds), new)
        scores = turned(q, q_places(*sizes), speeds) @ keys.mT / root(q)
        return hide(scores, seen(*sizes)), keep(keys, k)

    return wrong


def from_zero(_T_old, T_new):
    return np.arange(T_new)


def nowhere(_T_old, T_new):
    return np.zeros(T_new)


SLIPS = (
    Slip(
        "places from 0",
        version(from_zero),
        "The new words are turned as if the text began with them. How many stand before the first?",
    ),
    Slip(
        "a place too far",
        version(lambda T_old, T_new: np.arange(T_old + 1, T_old + T_new + 1)),
        "The new words are turned by one place too many: places are counted from 0, so of $n$ "
        "words in the cache the last stands at $n - 1$.",
    ),
    Slip(
        "a place too near",
        version(lambda T_old, T_new: np.arange(T_old - 1, T_old + T_new - 1)),
        "The first new word is turned to the place of the last old one. Two words stand at one "
        "place now.",
    ),
    Slip(
        "all at one place",
        version(lambda T_old, T_new: np.full(T_new, T_old)),
        "All the new words are turned by the place of the first of them. Nobody sees that with one "
        "new word, and a prompt has more.",
    ),
    Slip(
        "all at the last place",
        version(lambda T_old, T_new: np.full(T_new, T_old + T_new - 1)),
        "All the new words are turned by the place of the last of them. Each has its own.",
    ),
    Slip(
        "the old ones turned again",
        version(old=lambda cached, speeds: turn(cached, np.arange(cached.shape[1]), speeds)),
        "The keys in the cache have been turned a second time. They were turned by their own "
        "places when they went in.",
    ),
    Slip(
        "only the queries turned",
        version(k_places=nowhere),
        "The new keys are not turned, and so go into the cache as if all of them stood at place 0.",
    ),
    Slip(
        "only the keys turned",
        version(nowhere, right_places),
        "The queries are not turned: they ask from place 0, wherever they stand.",
    ),
    Slip(
        "keys from 0",
        version(k_places=from_zero),
        "The queries are turned by the right places, the new keys by places from 0. A word is then "
        "far away from itself.",
    ),
    Slip(
        "queries from 0",
        version(from_zero, right_places),
        "The keys are turned by the right places, the queries by places from 0. A word is then far "
        "away from itself.",
    ),
    Slip(
        "turned the other way",
        version(lambda T_old, T_new: -np.arange(T_old, T_old + T_new)),
        "The new ones are turned the other way round than those in the cache.",
    ),
    Slip(
        "neighbours paired",
        version(turned=turn_neighbours),
        "You pair neighbouring columns. Those in the cache were turned in halves: the first column "
        "goes with the first of the second half.",
    ),
    Slip(
        "put back as neighbours",
        version(turned=turn_and_mix),
        "The pairs are the right ones, and go back into the wrong columns: what comes from the "
        "first half belongs in the first half.",
    ),
    Slip(
        "a triangle at the first key",
        version(seen=lambda T_old, T_new: np.tri(T_new, T_old + T_new, dtype=bool)),
        "The triangle begins at the first key, as if the first new word were the first of the "
        "text. Which keys stand before it?",
    ),
    Slip(
        "the word itself hidden",
        version(seen=lambda T_old, T_new: np.tri(T_new, T_old + T_new, T_old - 1, dtype=bool)),
        "No new word sees itself. The triangle is to contain its diagonal.",
    ),
    Slip(
        "one word ahead",
        version(seen=lambda T_old, T_new: np.tri(T_new, T_old + T_new, T_old + 1, dtype=bool)),
        "Each new word sees the one behind it, and one word ahead is what the model is to guess.",
    ),
    Slip(
        "nothing hidden",
        version(hide=lambda scores, _seen: scores),
        "The new words see each other, those behind them too. One word needs no mask; a piece of "
        "several does.",
    ),
    Slip(
        "the old ones hidden",
        version(
            seen=lambda T_old, T_new: right_seen(T_old, T_new) & (np.arange(T_old + T_new) >= T_old)
        ),
        "The new words see one another and none of the old. What was the cache kept for?",
    ),
    Slip(
        "a large number for infinity",
        version(hide=lambda scores, seen: np.where(seen, scores, -1e9)),
        "What is hidden has a large negative score. Chapter 8 shows where that goes wrong.",
    ),
    Slip(
        "zero for infinity",
        version(hide=lambda scores, seen: scores * seen),
        "What is hidden has the score 0, which is a score like any other and gets its share.",
    ),
    Slip(
        "infinity times nothing",
        version(hide=lambda scores, seen: scores + (1 - seen) * -np.inf),
        "Zero times infinity is no number at all. Choose between two, do not multiply.",
    ),
    Slip(
        "no root",
        version(root=lambda q: 1.0),
        "The scores are not divided by the root of the head's width.",
    ),
    Slip(
        "the root of half the width",
        version(root=lambda q: math.sqrt(q.shape[-1] / 2)),
        "The scores are divided by the root of half the width. There are half as many speeds as "
        "columns, and a score adds up a product for each column.",
    ),
    Slip(
        "shares for scores",
        version(hide=lambda scores, seen: softmax(hidden(scores, seen))),
        "These are shares: a softmax has been taken. The scores themselves are wanted.",
    ),
    Slip(
        "joined in front",
        version(join=lambda cached, new: np.concatenate([new, cached], axis=1)),
        "The new keys stand in front of the old ones, so that the places in the cache are no "
        "longer those in the text.",
    ),
    Slip(
        "keys kept unturned",
        version(keep=lambda keys, k: np.concatenate([keys[:, : -k.shape[1]], k], axis=1)),
        "The scores are right, but the new keys go back as they came, unturned. The next piece "
        "will find two kinds of keys in the cache.",
    ),
    Slip(
        "only the new keys handed back",
        version(keep=lambda keys, k: keys[:, -k.shape[1] :]),
        "Only the new keys come back. The cache is what was there with the new ones behind it.",
    ),
    Slip(
        "the old keys handed back",
        version(keep=lambda keys, k: keys[:, : -k.shape[1]]),
        "The keys that come back are those that went in. The cache is to grow.",
    ),
    Slip(
        "the two exchanged",
        lambda *args: chunk_scores(*args)[::-1],
        "The two have changed places: first the scores, then the keys.",
    ),
    Slip(
        "joined along the heads",
        version(join=lambda cached, new: np.concatenate([cached, new])),
        "The keys are joined along the axis of the heads. Which axis counts the words?",
    ),
)


def by_complex(q, k, cached, speeds):
    T_old = cached.shape[1]
    half = len(speeds)
    turns = np.exp(1j * np.outer(np.arange(T_old, T_old + q.shape[1]), speeds))
    q, k = ((x[..., :half] + 1j * x[..., half:]) * turns for x in (q, k))
    old = cached[..., :half] + 1j * cached[..., half:]
    keys = np.concatenate([old, k], axis=1)
    scores = (q @ keys.conj().mT).real / math.sqrt(2 * half)
    scores[:, ~right_seen(T_old, q.shape[1])] = -np.inf
    return scores, np.concatenate([keys.real, keys.imag], axis=-1)


def one_by_one(q, k, cached, speeds):
    T_old, T_new = cached.shape[1], q.shape[1]
    keys = cached
    scores = np.full((len(q), T_new, T_old + T_new), -np.inf)
    for i in range(T_new):
        place = [keys.shape[1]]
        keys = np.concatenate([keys, turn(k[:, i : i + 1], place, speeds)], axis=1)
        asked = turn(q[:, i : i + 1], place, speeds) @ keys.mT
        scores[:, i, : T_old + i + 1] = asked[:, 0] / math.sqrt(q.shape[-1])
    return scores, keys


def by_the_library(q, k, cached, speeds):
    import torch

    from minigpt.masks import causal_mask
    from minigpt.positions import rotate

    T_old, T_new = cached.shape[1], q.shape[1]
    angles = torch.from_numpy(np.outer(np.arange(T_old, T_old + T_new), speeds))
    q, k, cached = (torch.from_numpy(x)[None] for x in (q, k, cached))
    q, k = (rotate(x, angles.cos(), angles.sin()) for x in (q, k))
    keys = torch.cat((cached, k), dim=2)
    scores = q @ keys.mT / math.sqrt(q.shape[-1])
    return scores.masked_fill(~causal_mask(T_new, T_old + T_new), -math.inf)[0], keys[0]


def all_joined_first(q, k, cached, speeds):
    """Turn the old ones back, and everything forward."""
    T_old, T_new = cached.shape[1], q.shape[1]
    raw = np.concatenate([turn(cached, -np.arange(T_old), speeds), k], axis=1)
    keys = turn(raw, np.arange(T_old + T_new), speeds)
    q = turn(q, right_places(T_old, T_new), speeds)
    return hidden(q @ keys.mT / math.sqrt(q.shape[-1]), right_seen(T_old, T_new)), keys


RIGHT = (
    Variant("complex numbers", by_complex),
    Variant("one by one", one_by_one),
    Variant("the library's pieces", by_the_library),
    Variant("everything anew", all_joined_first),
)


def piece(n_heads, T_new, T_old, d_head, seed):
    rng = np.random.default_rng(seed)
    q, k = rng.normal(size=(2, n_heads, T_new, d_head))
    speeds = 10.0 ** -np.linspace(0, 1, d_head // 2)
    cached = turn(rng.normal(size=(n_heads, T_old, d_head)), np.arange(T_old), speeds)
    axes = "n_heads T_new d_head", "n_heads T_new d_head", "n_heads T_old d_head", "half"
    return Case((q, k, cached, speeds), axes)


EXERCISE = Exercise(
    id="17.2",
    title="The off-by-one position",
    name="chunk_scores",
    minutes=40,
    difficulty="Middling",
    reference=chunk_scores,
    returns=("scores", "keys"),
    cases=(piece(2, 4, 5, 6, 19), piece(3, 7, 6, 8, 20)),
    slips=SLIPS,
    right=RIGHT,
    hints=PLACES,
    notice="one number, how many words are cached, sets both the places and the triangle.",
)
