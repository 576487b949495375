"""Answers to chapter 13 that are in no list; `test_odd_answers` judges RIGHT and WRONG."""

import numpy as np
import torch
from torch.nn import functional as F

from minigpt.config import ModelConfig
from minigpt.mlp import MLP


def by_the_library(kind, x, **weights):
    d_ff, d_model = weights["w_in.weight"].shape
    bias = "w_in.bias" in weights
    config = ModelConfig(9, d_model=d_model, n_heads=1, d_ff=d_ff, mlp=kind, bias=bias,
                         position="none")  # fmt: skip
    layer = MLP(config).double()
    layer.load_state_dict({name: torch.as_tensor(w) for name, w in weights.items()})
    return layer(torch.as_tensor(x)).detach()


def library_mlp(x, w_in, b_in, w_out, b_out):
    names = ("w_in.weight", "w_in.bias", "w_out.weight", "w_out.bias")
    return by_the_library("relu2", x, **dict(zip(names, (w_in, b_in, w_out, b_out), strict=True)))


def library_swiglu(x, w_gate, w_in, w_out):
    names = ("w_gate.weight", "w_in.weight", "w_out.weight")
    return by_the_library("swiglu", x, **dict(zip(names, (w_gate, w_in, w_out), strict=True)))


def planted_by_solving(w_out, key, wanted):
    """The least change is the least-norm solution of change @ key = missing."""
    change = np.linalg.lstsq(key[None], (wanted - w_out @ key)[None], rcond=None)[0].T
    return w_out + change


def planted_by_multipliers(w_out, key, wanted, keys, care):
    """Row by row, the whole system with its Lagrange multiplier."""
    n = len(key)
    system = np.zeros((n + 1, n + 1))
    system[:n, :n] = np.eye(n) + care * keys.T @ keys
    system[:n, n] = system[n, :n] = key
    due = np.zeros((n + 1, len(wanted)))
    due[n] = wanted - w_out @ key
    return w_out + np.linalg.solve(system, due)[:n].T


def needed(x, hidden, w_out, head, answers):
    lost = []
    for i in range(len(x)):

        def word(h, i=i):
            return int(np.argmax(head @ (x[i] + w_out @ h)))

        at_first = word(hidden[i]) == answers[i]
        offs = (np.where(np.arange(len(hidden[i])) == n, 0, hidden[i]) for n in range(len(w_out.T)))
        lost.append([at_first and word(h) != answers[i] for h in offs])
    return np.array(lost)


RIGHT = {
    "13.1": [library_mlp, lambda x, a, b, c, d: F.relu(torch.tensor(x @ a.T + b)) ** 2 @ c.T + d],
    "13.2": [library_swiglu],
    "13.3a": [planted_by_solving],
    "13.3b": [planted_by_multipliers],
    "13.4": [needed],
}
WRONG = {
    "13.1": [lambda x, *weights: x, lambda x, *weights: -library_mlp(x, *weights)],
    "13.2": [lambda x, *weights: np.zeros_like(x)],
    "13.3a": [lambda w, key, wanted: w, lambda w, key, wanted: planted_by_solving(w, key, -wanted)],
    "13.3b": [lambda w, key, wanted, keys, care: planted_by_multipliers(w, key, wanted, keys, 0)],
    "13.4": [lambda x, hidden, *rest: np.zeros(hidden.shape, bool), lambda *a: ~needed(*a)],
}
