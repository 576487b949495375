"""Answers to chapter 14 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.gpt2_weights import load_gpt2


def through(tokens, w_token, w_place, blocks, norm):
    x = np.take(w_token, tokens, axis=0) + w_place[None, : len(tokens[0])]
    for attend, mlp, norm_1, norm_2 in blocks:
        middle = x + attend(norm_1(x))
        x = middle + mlp(norm_2(middle))
    return norm(x) @ w_token.T


def in_torch(tokens, w_token, w_place, blocks, norm):
    table = nn.Embedding.from_pretrained(torch.tensor(w_token))
    x = table(torch.tensor(tokens)) + torch.from_numpy(w_place)[: tokens.shape[1]]
    for attend, mlp, norm_1, norm_2 in blocks:
        x += attend(norm_1(x))
        x += mlp(norm_2(x))
    return norm(x) @ torch.tensor(w_token).mT


def built(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    """Make all of it, and count."""
    d_kv = d_model // n_heads * n_kv_heads
    pairs = [(d_model, d_model)] * 2 + [(d_model, d_kv)] * 2
    pairs += [(d_model, d_ff)] * 2 + [(d_ff, d_model)]
    layers = [nn.Linear(*pair, bias=False) for pair in pairs] * n_layers
    matrices = sum(layer.weight.numel() for layer in layers)
    norms = sum(nn.RMSNorm(d_model).weight.numel() for _ in range(2 * n_layers + 1))
    return matrices + norms + nn.Embedding(vocab_size, d_model).weight.numel() * 2


def by_autograd(tokens, by_x, hidden, by_logits, vocab_size):
    table = torch.randn(vocab_size, by_x.shape[2], dtype=torch.float64, requires_grad=True)
    outputs = F.embedding(torch.tensor(tokens), table), F.linear(torch.tensor(hidden), table)
    (gradient,) = torch.autograd.grad(outputs, table, (torch.tensor(by_x), torch.tensor(by_logits)))
    return gradient


def by_sorting(tokens, by_x, hidden, by_logits, vocab_size):
    table = np.zeros((vocab_size, by_x.shape[2]))
    for token, row in sorted(zip(tokens.ravel(), by_x.reshape(-1, by_x.shape[2]), strict=True),
                             key=lambda pair: pair[0]):  # fmt: skip
        table[token] += row
    head = np.swapaxes(by_logits, 1, 2) @ hidden
    return table + head.sum(axis=0)


def by_library(x, weights, n_heads):
    d_model = x.shape[2]
    tensors = {f"h.0.{name}": torch.tensor(weight) for name, weight in weights.items()}
    tensors |= {"wte.weight": torch.zeros(2, d_model), "wpe.weight": torch.zeros(8, d_model)}
    tensors |= {"ln_f.weight": torch.ones(d_model), "ln_f.bias": torch.zeros(d_model)}
    kept = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return load_gpt2(tensors, n_heads).blocks[0](torch.tensor(x), causal=True)
    finally:
        torch.set_default_dtype(kept)


RIGHT = {
    "14.1": [through, in_torch],
    "14.2": [built, lambda *sizes: float(built(*sizes)), lambda *sizes: np.int64(built(*sizes))],
    "14.3": [by_autograd, by_sorting, lambda *given: by_sorting(*given).astype(np.float32)],
    "14.4": [by_library, lambda *given: by_library(*given).float()],
}
WRONG = {
    "14.1": [
        lambda tokens, w_token, w_place, blocks, norm: through(
            tokens, w_token, w_place, [(m, a, n, o) for a, m, n, o in blocks], norm
        ),
        lambda tokens, w_token, w_place, blocks, norm: through(
            tokens, w_token, 0.9 * w_place, blocks, norm
        ),
    ],
    "14.2": [lambda *sizes: built(*sizes) + 1, lambda *sizes: built(*sizes) / 1e6],
    "14.3": [lambda *given: by_sorting(*given) * 2, lambda *given: by_sorting(*given)[::-1]],
    "14.4": [
        lambda x, weights, n_heads: by_library(x, weights, n_heads) - torch.tensor(x),
        lambda x, weights, n_heads: by_library(x, weights, 1),
    ],
}


def said(id, answer):
    return " ".join(judge(EXERCISES[id], answer).lines)


def test_what_learners_write_hears_what_it_is():
    def writes_over(tokens, by_x, hidden, by_logits, vocab_size):
        table = np.zeros((vocab_size, by_x.shape[2]))
        table[tokens] += by_x
        return table + np.einsum("btv,btd->vd", by_logits, hidden)

    assert "only one of them" in said("14.3", writes_over)

    def no_heads(x, weights, n_heads):
        return by_library(x, weights, 1)

    assert said("14.4", no_heads)

    def all_rows(tokens, w_token, w_place, blocks, norm):
        x = w_token[tokens] + w_place
        return norm(x) @ w_token.T

    assert "this text is shorter" in said("14.1", all_rows)
