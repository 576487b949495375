"""Answers to chapter 12 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import numpy as np
import torch

from minigpt import norms
from minigpt.exercises.registry import EXERCISES


def by_the_library(function):
    """The library's, which takes tensors."""

    def call(*args):
        *arrays, eps = args
        return function(*map(torch.from_numpy, arrays), eps)

    return call


def norm_of_the_centred(x, weight, bias, eps):
    d = x.shape[-1]
    away = x @ (np.eye(d) - np.ones((d, d)) / d)
    return away * np.sqrt(d) / np.sqrt((away**2).sum(-1, keepdims=True) + d * eps) * weight + bias


def norm_by_a_module(x, weight, bias, eps):
    module = torch.nn.LayerNorm(len(weight), eps=eps).double()
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(weight))
        module.bias.copy_(torch.from_numpy(bias))
    return module(torch.from_numpy(x))


def size_by_a_virtual_number(x, weight, eps):
    """eps as one more number in the mean."""
    d = x.shape[-1]
    more = np.full((*x.shape[:-1], 1), np.sqrt(d * eps))
    length = np.linalg.norm(np.concatenate([x, more], axis=-1), axis=-1, keepdims=True)
    return x / (length / d**0.5) * weight


def block_by_roads(x, attend, mlp, norm_1, norm_2, pre):
    writes = [x]
    for sublayer, norm in [(attend, norm_1), (mlp, norm_2)]:
        stream = sum(writes)
        if pre:
            writes.append(sublayer(norm(stream)))
        else:
            writes = [norm(stream + sublayer(stream))]
    return sum(writes)


def shares_by_projection(pieces):
    total = pieces.sum(axis=0)
    unit = total / np.linalg.norm(total, axis=-1, keepdims=True)
    reach = np.einsum("ntd,td->nt", pieces, unit)
    return reach / reach.sum(axis=0)


def credits_with_autograd(pieces, weight, word, eps):
    size = np.sqrt((pieces.sum(axis=0) ** 2).mean(axis=-1) + eps)
    lines = torch.tensor(pieces, requires_grad=True)
    logits = (lines.sum(0) / torch.tensor(size)[:, None] * torch.tensor(weight)) @ torch.tensor(
        word
    )
    logits.sum().backward()
    return (lines * lines.grad).sum(-1)


def fold_in_one_matrix(w, b, weight, bias):
    """Homogeneous numbers: one more row for what is constant."""
    first = np.vstack([np.diag(weight), bias])
    first = np.hstack([first, np.eye(len(bias) + 1)[:, -1:]])
    both = first @ np.vstack([w, b])
    return both[:-1], both[-1]


def centre_by_lstsq(w, b):
    rows, ones = np.vstack([w, b]), np.ones((len(b), 1))
    means = np.linalg.lstsq(ones, rows.T, rcond=None)[0]
    rest = (rows.T - ones @ means).T
    return rest[:-1], rest[-1]


RIGHT = {
    "12.1a": [by_the_library(norms.layer_norm), norm_of_the_centred, norm_by_a_module],
    "12.1b": [by_the_library(norms.rms_norm), size_by_a_virtual_number],
    "12.2": [block_by_roads],
    "12.3a": [shares_by_projection],
    "12.3b": [credits_with_autograd],
    "12.4a": [fold_in_one_matrix],
    "12.4b": [centre_by_lstsq],
}


def sizes_clamped(x, weight, eps):
    return x / np.sqrt(np.maximum((x**2).mean(axis=-1, keepdims=True), eps)) * weight


def gain_twice(w, b, weight, bias):
    return weight[:, None] ** 2 * w, bias @ w + b


def scaled_in_place(w, b):
    w -= w.mean(axis=1, keepdims=True)
    return w, b - b.mean()


WRONG = {
    "12.1a": [lambda x, weight, bias, eps: (x - np.median(x, -1, keepdims=True)) * weight + bias],
    "12.1b": [sizes_clamped],
    "12.2": [lambda x, attend, mlp, norm_1, norm_2, pre: x],
    "12.3a": [lambda pieces: np.full(pieces.shape[:2], 1 / len(pieces))],
    "12.3b": [lambda pieces, weight, word, eps: pieces @ word],
    "12.4a": [gain_twice],
    "12.4b": [scaled_in_place],
}


def test_the_examples_on_paper_come_out_whole():
    fours = np.array([1.0, 1.0, 7.0, 7.0])
    layer, rms = (EXERCISES[id].reference for id in ("12.1a", "12.1b"))
    np.testing.assert_allclose(layer(fours, 1, 0, 7), [-0.75, -0.75, 0.75, 0.75])
    np.testing.assert_allclose(rms(fours, 1, 11), fours / 6)


def test_credits_sum_to_the_logit():
    pieces, weight, word, eps = EXERCISES["12.3b"].cases[0].args
    final = norms.rms_norm(torch.from_numpy(pieces.sum(axis=0)), torch.from_numpy(weight), eps)
    credit = EXERCISES["12.3b"].reference(pieces, weight, word, eps)
    np.testing.assert_allclose(credit.sum(axis=0), final.numpy() @ word)
