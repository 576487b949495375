"""Answers to chapter 5 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import math
from itertools import product

import numpy as np
import pytest
import torch

from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.exercises.verdict import PASSED


def softmax(scores, axis=-1):
    raised = np.exp(scores)
    return raised / raised.sum(axis, keepdims=True)


def lines(x, scale=None, axis=-1):
    weights = softmax(x @ x.mT / (scale or math.sqrt(x.shape[-1])), axis)
    return weights @ x, weights


def across(a):
    return np.array([-a[1], a[0]])


def at_degrees(a, degrees, times=1.0):
    turn = math.radians(degrees)
    return times * (math.cos(turn) * a + math.sin(turn) * across(a))


def swapped(x, order, column):  # two numbers of one column change places: the mean cannot tell
    y = x.copy()
    y[order, column] = x[order[::-1], column]
    return y


def slid(x):
    T = len(x)
    return x + np.cos(2 * np.pi * np.arange(T) / T)[:, None]


# ---- right


def attend_max(x):
    scores = np.einsum("...td,...sd->...ts", x, x) / x.shape[-1] ** 0.5
    weights = softmax(scores - scores.max(-1, keepdims=True))
    return [np.matmul(weights, x), weights]


def attend_by_vectorize(x):
    alone = np.vectorize(lines, signature="(t,d)->(t,d),(t,t)")
    return alone(x)


def attend_scaled_first(x):
    half = x / x.shape[-1] ** 0.25
    weights = softmax(half @ np.moveaxis(half, -1, -2))
    return weights @ x, weights


def attend_sums(x):
    agreement = (x[..., :, None, :] * x[..., None, :, :]).sum(-1) / np.sqrt(x.shape[-1])
    raised = np.exp(agreement)
    weights = raised / np.expand_dims(raised.sum(-1), -1)
    return (weights[..., None] * x[..., None, :, :]).sum(-2), weights


def attend_columns(x):  # the table turned, so that columns are right; and turned back
    turned = softmax(x @ x.mT / math.sqrt(x.shape[-1]), axis=-2).mT
    return turned @ x, turned


def attend_torch(x):
    x = torch.tensor(x, dtype=torch.float32)
    weights = torch.nn.functional.softmax(torch.cdist(x, x) * 0 + x @ x.mT / x.shape[-1] ** 0.5, -1)
    return torch.nn.functional.scaled_dot_product_attention(x, x, x), weights


RIGHT = {
    "5.1": [
        attend_max,
        attend_by_vectorize,
        attend_scaled_first,
        attend_sums,
        attend_columns,
        attend_torch,
    ],
    "5.2a": [
        lambda a, b: np.dot(a, a) / np.dot(a, b),
        lambda a, b: sum(a**2) / sum(a * b),
        lambda a, b: sum(p * p for p in a) / sum(p * q for p, q in zip(a, b, strict=True)),
        lambda a, b: np.linalg.solve([[a @ b]], [a @ a])[0],
        lambda a, b: float(np.linalg.norm(a) ** 2 / np.inner(a, b)),
        lambda a, b: np.array(a @ a / (a @ b), dtype=np.float32),
    ],
    "5.2b": [
        lambda a: at_degrees(a, 60, 2 + 1e-6),
        lambda a: at_degrees(a, -60, 2.5),
        lambda a: at_degrees(a, 89, 100),
        lambda a: at_degrees(a, 80, 7).astype(np.float16),
        lambda a: tuple(a * 1.5 + 10 * across(a)),
        lambda a: torch.tensor(a * 2 - 4 * across(a)),
        lambda a: 1.01 * a + 5 * across(a) / np.linalg.norm(a) * np.linalg.norm(a),
    ],
    "5.3a": [
        lambda f, x, order: np.linalg.norm(f(x[order]) - f(x)[order]) < 1e-6,
        lambda f, x, order: all(np.allclose(f(x[order])[n], f(x)[i]) for n, i in enumerate(order)),
        lambda f, x, order: np.allclose(np.take(f(x), order, axis=0), f(np.take(x, order, 0))),
        lambda f, x, order: not np.any(np.abs(f(x)[order] - f(x[order])) > 1e-8),
        lambda f, x, order: bool(
            torch.isclose(*map(torch.tensor, (f(x)[order], f(x[order])))).all()
        ),
    ],
    "5.3b": [
        lambda x: 2 * x.mean(0) - x,
        lambda x: swapped(x, [0, 1], 0),
        lambda x: swapped(x, [3, 2], -1),
        lambda x: x.mean(0) + 0 * x,
        slid,
        lambda x: x.mean(0) + 1e6 * (x - x.mean(0)),
        lambda x: torch.tensor(x - x.mean(0)).flip(0) * 0.5 + torch.tensor(x.mean(0)),
        lambda x: (x + 3 * np.eye(len(x))[:, :1] - 3 * np.eye(len(x))[:, 1:2]).tolist(),
    ],
}
# ---- wrong

WRONG = {
    "5.1": [
        lambda x: lines(x, axis=0),
        lambda x: lines(x, axis=-2),
        lambda x: lines(x, scale=x.shape[0]),
        lambda x: lines(x, scale=2.0),
        lambda x: lines(x, scale=1e9),
        lambda x: lines(-x, axis=-1),
        lambda x: (lines(x)[0].mT, lines(x)[1]),
        lambda x: (lines(x)[0], lines(x)[1].mT),
        lambda x: (lines(x)[0], np.round(lines(x)[1], 3)),
        lambda x: (x, lines(x)[1]),
        lambda x: (lines(x)[0], np.eye(x.shape[-2])),
        lambda x: lines(x)[0],
        lambda x: (lines(x)[0] > 0, lines(x)[1]),
        lambda x: (lines(x)[0].astype(complex), lines(x)[1]),
        lambda x: (lines(x)[0].astype(str), lines(x)[1]),
        lambda x: (lines(x)[0].astype(int), lines(x)[1]),
        lambda x: lines(x.mean(0, keepdims=True)),
        lambda x: lines(x - x.mean(-2, keepdims=True)),
        lambda x: lines(np.exp(x)),
        lambda x: print(lines(x)),
        lambda x: lines(x * np.nan),
        lambda x: (np.full_like(x, np.inf), lines(x)[1]),
    ],
    "5.2a": [
        lambda a, b: (a @ b) / (a @ a),
        lambda a, b: np.linalg.norm(a) / np.linalg.norm(b),
        lambda a, b: -(a @ a) / (a @ b),
        lambda a, b: 1 / (a @ b),
        lambda a, b: (a @ a) / (b @ b),
        lambda a, b: (a[0] ** 2 + a[1] ** 2) / (a[0] * b[0] + a[1] * b[1]),
        lambda a, b: math.exp(a @ a / math.sqrt(2)) / math.exp(a @ b / math.sqrt(2)),
        lambda a, b: (a @ a) / (a @ b) + 1e-4,
        lambda a, b: np.sqrt((a @ a) / abs(a @ b)),
        lambda a, b: (a @ b) / (a @ a) ** 0.5,
        lambda a, b: round((a @ a) / (a @ b), 3),
        lambda a, b: int((a @ a) / (a @ b)),
        lambda a, b: (a @ a) // (a @ b),
        lambda a, b: 0.8064516129032258,
        lambda a, b: [(a @ a) / (a @ b)] * 2,
        lambda a, b: "0.806",
    ],
    "5.2b": [
        lambda a: a,
        lambda a: 3 * a,
        lambda a: -3 * a,
        lambda a: at_degrees(a, 59, 9),
        lambda a: at_degrees(a, 60, 1.99),
        lambda a: at_degrees(a, 60, 2),
        lambda a: at_degrees(a, 75, 3.8),
        lambda a: at_degrees(a, 120, 9),
        lambda a: at_degrees(a, 90, 1e6),
        lambda a: np.array([1.6, 3.0]),
        lambda a: 1.1 * a + 2 * np.array([a[1], a[0]]),
        lambda a: 1.1 * a + [0.0, 2.0],
        lambda a: np.append(2 * a, 1.0),
        lambda a: at_degrees(a, 70, 9)[None],
        lambda a: at_degrees(a, 70, np.inf),
    ],
    "5.3a": [
        lambda f, x, order: True,
        lambda f, x, order: False,
        lambda f, x, order: np.allclose(f(x)[order][-1], f(x[order])[-1]),
        *(
            lambda f, x, order, i=i: np.allclose(
                np.delete(f(x)[order], i, 0), np.delete(f(x[order]), i, 0)
            )
            for i in range(4)
        ),
        lambda f, x, order: np.allclose(f(x)[order][:, 1:], f(x[order])[:, 1:]),
        lambda f, x, order: np.allclose(f(x)[order][order], f(x[order])),
        lambda f, x, order: np.allclose(f(x[order])[order], f(x)),
        lambda f, x, order: np.array_equal(f(x)[order], f(x[order])),
        lambda f, x, order: np.allclose(f(x)[order].mean(), f(x[order]).mean()),
        lambda f, x, order: np.allclose(f(x)[order], f(x[order]), atol=0.1),
        lambda f, x, order: f(x)[order] - f(x[order]),
        lambda f, x, order: f(x)[order].shape == f(x[order]).shape,
        lambda f, x, order: "yes" if np.allclose(f(x)[order], f(x[order])) else "no",
        lambda f, x, order: np.allclose(f(x), x[order]),
        lambda f, x, order: np.any(np.isclose(f(x)[order], f(x[order]))),
    ],
    "5.3b": [
        lambda x: x[[1, 0, *range(2, len(x))]],
        lambda x: x + 1e-9,
        lambda x: x * 2,
        lambda x: np.zeros_like(x),
        lambda x: x[:, ::-1],
        lambda x: x + np.eye(*x.shape),
        lambda x: x - x.mean(0),
        lambda x: 2 * x.mean(-1, keepdims=True) - x,
        lambda x: x.mean(0),
        lambda x: x[1:],
        lambda x: np.roll(x, 1, axis=0),
        lambda x: x.T,
        lambda x: x.astype(int),
        lambda x: np.sort(x, axis=-1),
        lambda x: x.sort(axis=0) or x,
    ],
}


def test_a_rival_is_judged_by_shadow_and_angle_alone():
    """Over a grid of angles and lengths, against the definition worked out by hand."""
    for degrees, times in product((30, 58, 62, 75, 85, 95), (0.5, 1.9, 3.0, 13.0)):
        right = degrees >= 60 and times * math.cos(math.radians(degrees)) > 1
        verdict = judge(EXERCISES["5.2b"], lambda a, d=degrees, t=times: at_degrees(a, d, t))
        assert (verdict.status == PASSED) == right, (degrees, times, str(verdict))


@pytest.mark.parametrize(
    ("id", "answer", "words"),
    [
        ("5.1", lambda x: lines(x, scale=2.5), "divided by 2.5, and x has 3 numbers"),
        ("5.1", lambda x: lines(x * 2), "divided by 0.433, and"),
        ("5.1", lambda x: (lines(x)[0][..., ::-1], lines(x)[1]), "not what your weights make"),
        ("5.1", lambda x: (lines(x)[0], lines(x)[1] / 2), "A row of weights sums to 0.5"),
        (
            "5.2a",
            lambda a, b: -(a @ a) / (a @ b),
            "to the extent of -1.25, and with itself of 1.25",
        ),
        ("5.2b", lambda a: at_degrees(a, 50, 4), "is 50.0 degrees away"),
        ("5.2b", lambda a: at_degrees(a, 60, 1.2), "ends its shadow at 0.671 on a's line"),
        ("5.2b", lambda a: a - 3 * across(a), "makes a tie"),
        ("5.2b", lambda a: 1.1 * a + math.tan(60) * 1.1 * across(a), "are in radians"),
        ("5.2b", lambda a: at_degrees(a, math.degrees(60), 2.5), "are in radians"),
        ("5.3a", lambda f, x, order: np.allclose(f(x)[order][3], f(x[order])[3]), "say yes, but"),
        ("5.3b", lambda x: x[[2, 0, 1, *range(3, len(x))]], "are those of `x`"),
        ("5.3b", lambda x: x * 3, "The mean of your words is"),
    ],
)
def test_what_no_slip_names_is_said_in_words(id, answer, words):
    assert words in str(judge(EXERCISES[id], answer))
