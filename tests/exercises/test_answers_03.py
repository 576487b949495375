"""Answers to chapter 3 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import itertools

import numpy as np
import pytest
import torch

from minigpt.embeddings import WordVectors
from minigpt.exercises.registry import EXERCISES


def unit(x, axis=-1):
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def sigmoid(score):
    return 1 / (1 + np.exp(-np.asarray(score)))


# ---- 3.1a


def rows_put(ids, v):
    rows = np.zeros((*np.shape(ids), v))
    np.put_along_axis(rows, ids[..., None], 1, axis=-1)
    return rows


def rows_by_branches(ids, v):
    if len(ids.shape) == 1:
        out = np.zeros((ids.shape[0], v))
        for t in range(ids.shape[0]):
            out[t, ids[t]] = 1.0
        return out
    B, T = ids.shape
    out = np.zeros((B, T, v))
    for b in range(B):
        for t in range(T):
            out[b, t, ids[b, t]] = 1.0
    return out


# ---- 3.1b


def through_lists(ids, d_x, v):
    total = [[0.0] * d_x.shape[-1] for _ in range(v)]
    for i, row in zip(ids.ravel(), d_x.reshape(-1, d_x.shape[-1]), strict=True):
        total[i] = [a + b for a, b in zip(total[i], row, strict=True)]
    return total


def word_by_word(ids, d_x, v):
    return np.stack([d_x[ids == word].sum(axis=0) for word in range(v)])


def through_tensordot(ids, d_x, v):
    axes = list(range(ids.ndim))
    return np.tensordot(np.eye(v)[ids], d_x, axes=(axes, axes))


def through_index_add(ids, d_x, v):
    flat = torch.tensor(d_x).flatten(0, -2)
    return torch.zeros(v, d_x.shape[-1]).double().index_add(0, torch.tensor(ids).flatten(), flat)


# ---- 3.2


def all_at_once(center, context, negatives, lr):
    others = np.concatenate([context[None], negatives])
    errors = sigmoid(others @ center)
    errors[0] -= 1
    new = others - lr * np.outer(errors, center)
    return [center - lr * errors @ others, new[0], new[1:]]


def negative_by_negative(center, context, negatives, lr):
    away = sigmoid(-(context @ center))  # 1 - sigmoid
    new_center, moved = center + lr * away * context, []
    for n in negatives:
        error = sigmoid(n @ center)
        new_center = new_center - lr * error * n
        moved.append(n - lr * error * center)
    return new_center, context + lr * away * center, np.stack(moved)


def copied_and_changed(center, context, negatives, lr):
    old = center.copy()
    e, es = sigmoid(context @ old) - 1, sigmoid(negatives @ old)
    center = center - lr * (e * context + (es[:, None] * negatives).sum(0))
    return center, context - lr * e * old, negatives - lr * es[:, None] * old


def in_place(center, context, negatives, lr):
    e, es = sigmoid(context @ center) - 1, sigmoid(negatives @ center)
    d_center, d_context = e * context + es @ negatives, e * center
    d_negatives = np.outer(es, center)
    center -= lr * d_center
    context -= lr * d_context
    negatives -= lr * d_negatives
    return center, context, negatives


# ---- 3.3


def nearest(table, a, b, c, exclude, forbidden=None, aim=None, start=unit):
    x = start(table)
    t = x[b] - x[a] + x[c] if aim is None else aim(x, a, b, c)
    order = (-(unit(table) @ t)).argsort()
    out = forbidden if forbidden is not None else ([a, b, c] if exclude else [])
    return next(int(row) for row in order if row not in out)


def named(table, a, b, c, exclude):
    names = [f"w{i}" for i in range(len(table))]
    found = WordVectors(names, table).analogy(names[a], names[b], names[c], exclude, n=1)
    return int(found[0][0][1:])


def masked(table, a, b, c, exclude):
    x = unit(table)
    keep = np.ones(len(x), bool)
    keep[[a, b, c]] = not exclude
    return np.where(keep, x @ (x[b] - x[a] + x[c]), -np.inf).argmax()


# ---- 3.4


def differences(table, pairs):
    x = unit(table)
    return np.array([x[j] - x[i] for i, j in pairs])


def one_out(table, pairs):
    cosines = []
    for i in range(len(pairs)):
        rest = differences(table, [p for k, p in enumerate(pairs) if k != i]).mean(axis=0)
        own = differences(table, [pairs[i]])[0]
        cosines.append(own @ rest / np.linalg.norm(own) / np.linalg.norm(rest))
    return cosines


RIGHT = {
    "3.1a": [
        rows_put,
        lambda ids, v: np.eye(v, dtype=int)[ids].tolist(),
        lambda ids, v: np.take(np.identity(v), ids, axis=0),
        lambda ids, v: torch.eye(v)[torch.tensor(ids)],
        lambda ids, v: np.equal.outer(ids, np.arange(v)).astype(float),
        lambda ids, v: np.stack([(ids == word) * 1 for word in range(v)], axis=-1),
    ],
    "3.1b": [
        through_lists,
        word_by_word,
        through_tensordot,
        through_index_add,
        lambda ids, d_x, v: np.float32(word_by_word(ids, d_x, v)),
        lambda ids, d_x, v: np.eye(v)[ids.ravel()].T @ d_x.reshape(ids.size, -1),
    ],
    "3.2": [
        all_at_once,
        negative_by_negative,
        copied_and_changed,
        lambda *args: tuple(part.tolist() for part in all_at_once(*args)),
        lambda *args: tuple(torch.tensor(part) for part in all_at_once(*args)),
    ],
    "3.3a": [
        nearest,
        named,
        masked,
        lambda *args: np.int64(nearest(*args)),
        lambda *args: float(nearest(*args)),
        lambda table, *rest: nearest(5 * table, *rest),
    ],
    "3.3b": [
        lambda t, a, b, c: unit(t)[b] - 0.05 * (unit(t)[c] - unit(t)[a]),
        lambda t, a, b, c: (100 * unit(t)[b] + unit(t)[a]).tolist(),
        lambda t, a, b, c: unit(t)[b] - 1e-3 * unit(t)[c],
        lambda t, a, b, c: torch.tensor(t[b] - 1e-3 * t[c]),
        lambda t, a, b, c: unit(t)[b] - 1e-6 * unit(unit(t)[c] - unit(t)[a]),
    ],
    "3.4a": [
        lambda table, pairs: unit(differences(table, pairs).mean(axis=0)),
        lambda table, pairs: unit(differences(table, pairs).sum(axis=0)).tolist(),
        lambda table, pairs: torch.tensor(unit(differences(table, pairs).sum(axis=0))),
        lambda table, pairs: np.float32(unit(differences(table, pairs[::-1]).mean(axis=0))),
        lambda table, pairs: unit(np.subtract(*unit(table)[pairs.T[::-1]]).mean(axis=0)),
    ],
    "3.4b": [
        one_out,
        lambda table, pairs: np.array(one_out(table, pairs)),
        lambda table, pairs: tuple(float(cosine) for cosine in one_out(table, pairs)),
        lambda table, pairs: torch.tensor(one_out(3 * table, pairs)),
    ],
}

WRONG = {
    "3.1a": [
        rows_by_branches,  # right for one axis and for two; any number is asked for
        lambda ids, v: ids,
        lambda ids, v: np.eye(v)[ids] * 2,
        lambda ids, v: 1 - np.eye(v)[ids],
        lambda ids, v: np.eye(v)[v - 1 - ids],
        lambda ids, v: np.eye(v)[np.sort(ids)],
        lambda ids, v: np.eye(v)[ids].sum(axis=-2),
        lambda ids, v: np.eye(v)[ids][:1],
        lambda ids, v: np.eye(v + 1)[ids],
        lambda ids, v: np.eye(v)[ids, ids],
        lambda ids, v: np.eye(v)[ids].astype(str),
        lambda ids, v: np.tri(v)[ids],
    ],
    "3.1b": [
        lambda ids, d_x, v: d_x,
        lambda ids, d_x, v: d_x[ids],
        lambda ids, d_x, v: np.zeros((v, d_x.shape[-1])),
        lambda ids, d_x, v: word_by_word(ids, d_x, v) + 1e-3,
        lambda ids, d_x, v: word_by_word(ids, d_x, v)[::-1],
        lambda ids, d_x, v: word_by_word(ids, d_x, v)[np.unique(ids)],
        lambda ids, d_x, v: word_by_word(ids, np.abs(d_x), v),
        lambda ids, d_x, v: word_by_word(ids, d_x, v).sum(axis=1),
        lambda ids, d_x, v: word_by_word(ids, d_x, v) / ids.size,
        lambda ids, d_x, v: np.outer(np.bincount(ids.ravel(), minlength=v), d_x.mean((0, -2))),
    ],
    "3.2": [
        in_place,
        lambda *args: all_at_once(*args)[0],
        lambda *args: tuple(all_at_once(*args)[::-1]),
        lambda c, o, n, lr: all_at_once(c, o, n, lr / len(n)),
        lambda c, o, n, lr: all_at_once(c, o, n[:1], lr),
        lambda c, o, n, lr: all_at_once(o, c, n, lr),
        lambda c, o, n, lr: all_at_once(unit(c), o, n, lr),
        lambda c, o, n, lr: all_at_once(c, o, n, -lr),
        lambda c, o, n, lr: (c, o, n),
        lambda c, o, n, lr: (c + lr * o, o + lr * c, n - lr * c),
    ],
    "3.3a": [
        lambda table, a, b, c, exclude: b,
        lambda table, a, b, c, exclude: -1,
        lambda table, a, b, c, exclude: 0.5,
        lambda table, a, b, c, exclude: "queen",
        lambda table, a, b, c, exclude: (a, b, c),
        lambda table, a, b, c, exclude: table[b] - table[a] + table[c],
        lambda table, a, b, c, exclude: nearest(table, a, b, c, not exclude),
        lambda table, a, b, c, exclude: nearest(table, b, a, c, exclude),
        lambda *args: nearest(*args, start=np.abs),
        lambda *args: nearest(*args, start=np.sign),
        lambda *args: nearest(*args, aim=lambda x, a, b, c: x[c] - x[a]),
        lambda *args: nearest(*args) == 3,
    ],
    "3.3b": [
        lambda t, a, b, c: np.zeros(t.shape[1]),
        lambda t, a, b, c: unit(t)[b][None] - 0.01 * (unit(t)[c] - unit(t)[a]),
        lambda t, a, b, c: unit(t)[a] - unit(t)[c],
        lambda t, a, b, c: -unit(t)[b],
        lambda t, a, b, c: 2 * unit(t)[b],
        lambda t, a, b, c: np.float32(unit(t)[b]),
        lambda t, a, b, c: unit(np.float32(t))[b],
        lambda t, a, b, c: unit(t)[b] + unit(t)[c] - unit(t)[a],
        lambda t, a, b, c: np.append(t[b], 0),
        lambda t, a, b, c: "king",
    ],
    "3.4a": [
        lambda table, pairs: unit(differences(table, pairs).max(axis=0)),
        lambda table, pairs: unit(np.median(differences(table, pairs), axis=0)),
        lambda table, pairs: unit(differences(table, pairs[:-1]).mean(axis=0)),
        lambda table, pairs: np.abs(unit(differences(table, pairs).mean(axis=0))),
        lambda table, pairs: unit(differences(table, pairs).mean(axis=0))[None],
        lambda table, pairs: 2 * unit(differences(table, pairs).mean(axis=0)),
        lambda table, pairs: unit(table.mean(axis=0)),
        lambda table, pairs: np.sign(differences(table, pairs).mean(axis=0)),
    ],
    "3.4b": [
        lambda table, pairs: one_out(table, pairs)[::-1],
        lambda table, pairs: np.abs(one_out(table, pairs)),
        lambda table, pairs: -np.array(one_out(table, pairs)),
        lambda table, pairs: np.arccos(one_out(table, pairs)),
        lambda table, pairs: np.mean(one_out(table, pairs)),
        lambda table, pairs: np.array(one_out(table, pairs))[:, None],
        lambda table, pairs: np.round(one_out(table, pairs), 2),
        lambda table, pairs: np.ones(len(pairs)),
    ],
}


def test_no_analogy_is_a_close_call():
    """In float32, and with the target scaled or not, the same row wins."""
    for case in EXERCISES["3.3a"].cases:
        table, a, b, c, exclude = case.args
        x = unit(table)
        cosines = x @ unit(x[b] - x[a] + x[c])
        if exclude:
            cosines[[a, b, c]] = -np.inf
        second, first = np.sort(cosines)[-2:]
        assert first - second > 0.01


def test_in_one_case_every_product_with_the_target_but_an_inputs_is_below_minus_1():
    table, a, b, c, _ = EXERCISES["3.3a"].cases[-3].args
    x = unit(table)
    assert np.delete(x @ (x[b] - x[a] + x[c]), [a, b, c]).max() < -1.01


def test_in_the_last_two_cases_every_word_but_the_inputs_is_behind():
    table, a, b, c, _ = EXERCISES["3.3a"].cases[-1].args
    x = unit(table)
    cosines = np.delete(x @ (x[b] - x[a] + x[c]), [a, b, c])
    assert cosines.max() < -0.5


def test_a_pair_that_has_a_say_agrees_with_itself_even_where_nothing_is_to_be_found():
    """The number that solution 3.4 gives: about one over the root of the number of pairs."""
    rng = np.random.default_rng(0)
    leaky, honest = [], []
    for _ in range(200):
        steps = unit(rng.normal(size=(17, 32)))
        leaky.append((steps @ unit(steps.mean(axis=0))).mean())
        honest += [
            steps[i] @ unit(np.delete(steps, i, axis=0).mean(axis=0)) for i in range(len(steps))
        ]
    assert np.mean(leaky) == pytest.approx(17**-0.5, abs=0.01)
    assert np.mean(honest) == pytest.approx(0, abs=0.02)


def test_the_pairs_of_a_case_are_different_pairs():
    for id, case in itertools.product(("3.4a", "3.4b"), range(3)):
        pairs = EXERCISES[id].cases[case].args[1]
        assert len({tuple(pair) for pair in pairs}) == len(pairs)
