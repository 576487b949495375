"""Answers to chapter 17 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import math

import numpy as np
import torch

from minigpt.attention import attention
from minigpt.cache import KVCache, LayerCache
from minigpt.config import ModelConfig
from minigpt.costs import cache_bytes, forward_flops
from minigpt.exercises.registry import EXERCISES
from minigpt.positions import rotate

# ---- 17.1


def step_by_the_library(x, w_q, w_k, w_v, k, v):
    """The library's cache, with room for three words more, and its attention."""
    B, T, d_head = k.shape
    cache = LayerCache(torch.zeros(B, 1, T + 4, d_head), torch.zeros(B, 1, T + 4, d_head))
    cache.k, cache.v = cache.k.double(), torch.zeros(B, 1, T + 4, v.shape[2]).double()
    old_k, old_v, x = torch.from_numpy(k), torch.from_numpy(v), torch.from_numpy(x)[:, None]
    cache.k[:, 0, :T], cache.v[:, 0, :T], cache.length = old_k, old_v, T
    new = [(x @ torch.from_numpy(w))[:, None] for w in (w_q, w_k, w_v)]
    k, v = cache.append(*new[1:])
    return attention(new[0], k, v)[0][:, 0, 0], k[:, 0], v[:, 0]


def step_whole(x, w_q, w_k, w_v, k, v):
    """All rows of the table, with made-up queries for the old words; the last row is wanted."""
    k = np.concatenate([k, (x @ w_k)[:, None]], 1)
    v = np.concatenate([v, (x @ w_v)[:, None]], 1)
    q = np.repeat((x @ w_q)[:, None], k.shape[1], axis=1)
    return attention(*map(torch.from_numpy, (q, k, v)))[0][:, -1], k, v


# ---- 17.2


def scores_from_differences(q, k, cached, speeds):
    """A rotary score knows the distance alone: turn the keys back instead of the queries."""
    T_old, T_new = cached.shape[1], q.shape[1]

    def turn(x, places):
        angles = torch.from_numpy(np.outer(places, speeds))
        return rotate(torch.from_numpy(x)[None], angles.cos(), angles.sin())[0].numpy()

    keys = np.concatenate([cached, turn(k, T_old + np.arange(T_new))], axis=1)
    scores = np.full((len(q), T_new, keys.shape[1]), -math.inf)
    for i in range(T_new):
        n = T_old + i + 1
        back = turn(np.ascontiguousarray(keys[:, :n]), np.full(n, -(T_old + i)))
        scores[:, i, :n] = (back @ q[:, i, :, None])[..., 0] / math.sqrt(q.shape[2])
    return scores, keys


# ---- 17.3


def work_from_differences(n, d_model, n_layers, vocab_size):
    """Through the second function: scoring once is writing one word."""
    without, _ = EXERCISES["17.3b"].reference(n, 1, d_model, n_layers, vocab_size)
    fed = 24 * n_layers * d_model**2 + 4 * n_layers * d_model * n
    return np.array(without), torch.tensor(fed + 2 * vocab_size * d_model)


def text_by_work(prompt, new, *sizes):
    works = [EXERCISES["17.3a"].reference(n, *sizes) for n in range(prompt, prompt + new)]
    return sum(w for w, _ in works), works[0][0] + sum(c for _, c in works[1:])


# ---- 17.4


def memory_by_a_cache(room, T, n_layers, d_model, n_heads, n_kv_heads, width):
    sizes = {"n_layers": n_layers, "d_model": d_model, "n_heads": n_heads, "position": "none"}
    config = ModelConfig(vocab_size=2, n_kv_heads=n_kv_heads, **sizes)
    dtype = {2: torch.bfloat16, 4: torch.float32}[width]
    one = KVCache(config, capacity=1, dtype=dtype).n_bytes
    return one, room // KVCache(config, capacity=T, dtype=dtype).n_bytes


def served_from_the_back(room, per_token, lengths, capacity, page):
    pages = [math.ceil(length / page) for length in lengths]
    fits = [n for n in range(len(pages) + 1) if sum(pages[:n]) <= room // per_token // page]
    return len(lengths[: room // per_token // capacity]), max(fits)


RIGHT = {
    "17.1": [
        step_by_the_library,
        step_whole,
        lambda *args: [part.tolist() for part in step_whole(*args)],
        lambda *args: tuple(np.float32(part) for part in step_whole(*args)),
    ],
    "17.2": [
        scores_from_differences,
        lambda *args: [torch.tensor(part) for part in scores_from_differences(*args)],
    ],
    "17.3a": [work_from_differences],
    "17.3b": [text_by_work, lambda *args: np.array(text_by_work(*args), float).tolist()],
    "17.4a": [memory_by_a_cache],
    "17.4b": [served_from_the_back, lambda *args: [*map(float, served_from_the_back(*args))]],
}

WRONG = {
    "17.1": [
        lambda x, w_q, w_k, w_v, k, v: step_whole(2 * x, w_q, w_k, w_v, k, v),
        lambda x, w_q, w_k, w_v, k, v: step_whole(x, -w_q, w_k, w_v, k, v),
        lambda x, w_q, w_k, w_v, k, v: step_whole(x, w_q, w_k, w_v, k[:, 1:], v[:, 1:]),
        lambda *args: (step_whole(*args)[0], *step_whole(*args)[:0:-1]),
    ],
    "17.2": [
        lambda q, k, cached, speeds: scores_from_differences(q, k, cached, 2 * speeds),
        lambda q, k, cached, speeds: scores_from_differences(q, k, cached, speeds[::-1]),
        lambda q, k, cached, speeds: scores_from_differences(q[::-1].copy(), k, cached, speeds),
        lambda *args: scores_from_differences(*args)[0],
        lambda *args: scores_from_differences(*args)[::-1],
    ],
    "17.3a": [
        lambda n, *sizes: EXERCISES["17.3a"].reference(n + 1, *sizes),
        lambda *args: 2 * np.array(EXERCISES["17.3a"].reference(*args)),
    ],
    "17.3b": [
        lambda prompt, new, *sizes: text_by_work(new, prompt, *sizes),
        lambda prompt, new, *sizes: text_by_work(prompt + 1, new, *sizes),
    ],
    "17.4a": [lambda room, T, *sizes: memory_by_a_cache(room, T + 1, *sizes)],
    "17.4b": [
        lambda room, per_token, lengths, capacity, page: served_from_the_back(
            room, per_token, lengths, page, capacity
        ),
        lambda room, per_token, lengths, capacity, page: served_from_the_back(
            room, per_token, lengths[::-1], capacity, page
        ),
    ],
}


def test_the_counts_are_the_librarys_where_nothing_is_left_out():
    """What a mask hides, and the heads that nobody reads, make up the difference."""
    for case in EXERCISES["17.3a"].cases:
        n, d, n_layers, vocab_size = case.args
        config = ModelConfig(
            vocab_size=vocab_size, d_model=d, n_layers=n_layers, n_heads=1, position="none"
        )
        without, cached = EXERCISES["17.3a"].reference(*case.args)
        assert cached == forward_flops(config, 1, 1, n)
        saved = 2 * n_layers * d * n * (n - 1) + 2 * (n - 1) * vocab_size * d
        assert without == forward_flops(config, 1, n) - saved


def test_bytes_are_the_librarys():
    for case in EXERCISES["17.4a"].cases:
        _, _, n_layers, d_model, n_heads, n_kv_heads, width = case.args
        sizes = {"n_layers": n_layers, "d_model": d_model, "n_heads": n_heads}
        config = ModelConfig(vocab_size=2, n_kv_heads=n_kv_heads, position="none", **sizes)
        per_token = EXERCISES["17.4a"].reference(*case.args)[0]
        assert per_token == cache_bytes(config, 1, 1, width)
