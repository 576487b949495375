"""The modules' mathematics gives NumPy's numbers; every size differs."""

import numpy as np
import pytest
from node import ask

rng = np.random.default_rng(5)
A, B = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
Q, K = rng.normal(size=(2, 5)), rng.normal(size=(3, 5))
ROWS = {
    "plain": [0.3, -1.2, 2.5],
    "ties": [1.0, 1.0, 1.0, 0.5],
    "extremes": [1e3, -1e3, 999.0],
    "far beyond exp": [1e4, 1e4 - 1, -1e4],
    "one": [-7.0],
}


def close(got, expected):
    np.testing.assert_allclose(np.array(got, dtype=float), expected, rtol=0, atol=1e-12)


def softmax(row):
    powers = np.exp(np.array(row) - np.max(row))
    return powers / powers.sum()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("dot(a[0], a[1])", A[0] @ A[1]),
        ("transpose(a)", A.T),
        ("matmul(a, b)", A @ B),
        ("scaledScores(q, k)", Q @ K.T / np.sqrt(5)),
    ],
)
def test_products(expression, expected):
    arrays = {name: x.tolist() for name, x in {"a": A, "b": B, "q": Q, "k": K}.items()}
    close(ask("maths", expression, **arrays), expected)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_softmax(row):
    close(ask("maths", "softmax(row)", row=row), softmax(row))


def test_a_hidden_score_takes_no_share_and_of_nothing_nothing_is_shared_out():
    close(ask("maths", "softmax([1, -Infinity, 2])"), [*softmax([1, 2])[:1], 0, softmax([1, 2])[1]])
    assert ask("maths", "softmax([-Infinity, -Infinity])") == [0, 0]


def test_entropy_is_in_bits_and_knows_zero():
    p = softmax(ROWS["plain"])
    close(ask("maths", "entropy(p)", p=p.tolist()), -(p * np.log2(p)).sum())
    assert ask("maths", "entropy([0.25, 0.25, 0.25, 0.25, 0])") == 2
    assert ask("maths", "entropy([1, 0])") == 0
