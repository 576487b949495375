"""What chapter 10 says of order, computed anew in plain Python; and that it says so.

The articles: positions "added" to the embeddings (003), and an example without any (004).
"""

import cmath
import json
import math
import random

import numpy as np
import pytest
import torch

from minigpt.exercises.chapter_10.is_relative import is_relative
from tools.stored import ROOT

NOTEBOOK = "10_order.ipynb"


@pytest.fixture(scope="module")
def page(text, output):
    return text, " ".join(output.split())


def cells_with(*words):
    cells = json.loads((ROOT / "chapters" / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    return [next(source for source in code if word in source) for word in words]


def dot(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


def attend(x, w_q, w_k, w_v, causal=False):
    """One layer by loops; x is a list of rows."""
    q, k, v = (
        [[dot(row, column) for column in zip(*w, strict=True)] for row in x]
        for w in (w_q, w_k, w_v)
    )
    contexts = []
    for i, query in enumerate(q):
        seen = range(i + 1) if causal else range(len(x))
        raised = [math.exp(dot(query, k[j])) for j in seen]
        shares = [r / sum(raised) for r in raised]
        contexts.append(
            [sum(s * v[j][c] for s, j in zip(shares, seen, strict=True)) for c in range(len(v[0]))]
        )
    return [
        [a + b for a, b in zip(row, c, strict=True)] for row, c in zip(x, contexts, strict=True)
    ]


def square(lot, d):
    return [[lot.gauss(0, 0.5) for _ in range(d)] for _ in range(d)]


def made_up(seed, n_layers, d=3):
    lot = random.Random(seed)
    words = {
        word: [lot.gauss(0, 1) for _ in range(d)] for word in ("the", "dog", "bit", "man", ".")
    }
    return words, [[square(lot, d) for _ in range(3)] for _ in range(n_layers)]


def run(text, n_layers, causal, seed=0):
    words, layers = made_up(seed, n_layers)
    x = [words[word] for word in text.split()]
    for layer in layers:
        x = attend(x, *layer, causal)
    return x


def far(a, b):
    return max(abs(p - q) for p, q in zip(a, b, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_without_positions_or_mask_nothing_tells_one_order_from_another(seed, page):
    for n_layers in (1, 4):
        here = run("the dog bit the man", n_layers, False, seed)
        there = run("the man bit the dog", n_layers, False, seed)
        assert far(here[0], here[3]) < 1e-9
        assert far(here[2], there[2]) < 1e-9
    assert "Nothing in attention can tell one order from another" in page[0]


@pytest.mark.parametrize("seed", range(3))
def test_under_the_mask_the_stop_learns_the_order_in_the_second_layer(seed, page):
    for n_layers in (1, 2):
        a, b = (run(text, n_layers, True, seed)[-1] for text in ("dog bit man .", "man bit dog ."))
        assert (far(a, b) < 1e-9) == (n_layers == 1)
    twins = run("the dog bit the man", 1, True, seed)
    assert far(twins[0], twins[3]) > 1e-6
    same = run("the the the the", 3, True, seed)
    assert max(far(same[0], row) for row in same) < 1e-9
    assert (
        "a causal model without any positions is not blind to order, only short-sighted" in page[0]
    )


def test_the_hands_of_place_3(page):
    prose, printed = page
    hands = [f(3 * speed) for speed in (1, 0.1) for f in (math.sin, math.cos)]
    said = [f"{hand:.3f}".replace("-", "−") for hand in hands]
    assert (
        f"sin 3 = {said[0]}, cos 3 = {said[1]}, sin 0.3 = {said[2]} and cos 0.3 = {said[3]}"
        in prose
    )
    assert "3 0.141 -0.990 0.296 0.955" in printed


def test_the_product_of_two_places_is_a_sum_of_cosines(page):
    def place(i):
        angles = [i * 10_000 ** (-c / 16) for c in range(16)]
        return [f(angle) for angle in angles for f in (math.sin, math.cos)]

    def product(i, j):
        return sum(a * b for a, b in zip(place(i), place(j), strict=True))

    for i, j in [(10, 7), (40, 37), (7, 10), (1003, 1000)]:
        assert product(i, j) == pytest.approx(12.272, abs=5e-4)
    assert "three apart 12.272 12.272" in page[1]
    assert product(5, 5) == pytest.approx(16)


def test_quarter_turns(page):

    def score(i, j):
        return (1j**i * (1j * 1j**j).conjugate()).real

    assert [score(1, 0), score(3, 2), score(2, 3)] == [1, 1, -1]
    for said in ("key at 2: ( 0, -1) score 1", "key at 3: ( 1, 0) score -1"):
        assert said in page[1]


def test_turning_both_changes_nothing_and_one_does(page):
    lot = random.Random(10)
    for _ in range(20):
        q, k = ([complex(lot.gauss(0, 1), lot.gauss(0, 1)) for _ in range(4)] for _ in "qk")

        def score(i, j, q=q, k=k):
            turns = [cmath.exp(1j * (i - j) * 100 ** (-c / 4)) for c in range(4)]
            moved = [(a * cmath.exp(1j * i * 100 ** (-c / 4)), b * cmath.exp(1j * j * 100 ** (-c / 4)))
                     for c, (a, b) in enumerate(zip(q, k, strict=True))]  # fmt: skip
            by_turning = sum((a * b.conjugate()).real for a, b in moved)
            by_distance = sum(
                (a * t * b.conjugate()).real for a, b, t in zip(q, k, turns, strict=True)
            )
            assert by_turning == pytest.approx(by_distance)
            return by_turning

        assert score(5, 3) == pytest.approx(score(105, 103))
        assert score(5, 3) != pytest.approx(score(6, 3), abs=1e-3)


def test_scores_do_not_fade_by_construction(page):

    def even(n):
        return sum(math.cos(n * 10_000 ** (-c / 32)) for c in range(32)) / 32

    assert f"{even(256):.2f}" == "0.35"
    assert "All ones fade, on the whole, from 1.00 to 0.35" in page[0]
    lot = random.Random(0)
    grew = 0
    for _ in range(200):
        parts = [(lot.gauss(0, 1), lot.uniform(0, 2 * math.pi)) for _ in range(32)]
        near, far_off = (
            sum(r * math.cos(n * 10_000 ** (-c / 32) + p) for c, (r, p) in enumerate(parts))
            for n in (0, 64)
        )
        grew += abs(far_off) > abs(near)
    assert 60 < grew < 140  # about as often as not


def test_the_columns_that_halves_want(page):
    order = [*range(0, 8, 2), *range(1, 8, 2)]
    cells = json.loads((ROOT / "chapters" / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    code = " ".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    assert f"evens_first = {order}" in code
    lines = page[1].split("the last word's weights ")[1]
    rows = [part.split("]")[0] for part in lines.split("[")[1:4]]
    assert rows[0] == rows[2] != rows[1]


def test_the_price_of_a_place(page):
    weights = [2.0**-n for n in (3, 2, 1, 0)]
    said = [f"{w / sum(weights):.3f}" for w in weights]
    assert f"By half: {', '.join(said)}." in page[0]
    reach = [math.log(2) * 2 ** (n + 1) for n in range(8)]
    assert "177.4" in page[1]
    assert f"{reach[0]:.1f}" == "1.4"
    assert "from half at 1.4 words to half at 177" in page[0]


def test_bfloat16_cannot_tell_257_from_256(page):
    # Eight bits for the digits: from 256 on, every second number.
    kept = [2 * round(place / 2) for place in (256, 257)]
    assert kept[0] == kept[1] == torch.tensor([257]).to(torch.bfloat16).item()
    assert "bfloat16 cannot even tell place 257 from 256" in page[0]


def test_words_do_not_melt_into_one(page):
    rows = page[1].split("bit, bit ")[1].split("layers")[0].split()
    assert rows[0::4] == ["1", "2", "24"]
    assert set(rows[1::4] + rows[3::4]) == {"0.000"}
    assert min(map(float, rows[2::4])) > 0.3


def test_a_place_beside_a_word(page):
    assert f"a place {math.sqrt(32):.2f} long, a word {0.02 * 8:.2f}" in page[1]
    assert float(page[1].split("times sqrt(64): ")[1].split()[0]) == pytest.approx(
        0.02 * 64, abs=0.02
    )
    assert "of these it makes 1.28" in page[0]


def test_one_matrix_takes_every_place_three_back(page):
    for place in (3, 20, 1003):
        for speed in (1, 0.1, 0.001):
            sin, cos = math.sin(place * speed), math.cos(place * speed)
            s, c = math.sin(3 * speed), math.cos(3 * speed)
            there = (place - 3) * speed
            assert (sin * c - cos * s, sin * s + cos * c) == pytest.approx(
                (math.sin(there), math.cos(there))
            )
    assert "all rows three back: True place 20 asks for place 17" in page[1]


def test_the_ways_of_the_page_are_what_the_exercise_says():
    here = {"np": np, "math": math, "torch": torch, "rng": np.random.default_rng(1)}
    here["slopes"] = [0.5]
    for source in cells_with(
        "def softmax", "def apart", "def sinusoids_with", "def turn(", "def rotate_with", "ways = {"
    ):
        if "def softmax" in source:
            source = source[source.index("def softmax") :]
        elif "def apart" in source:
            source = source[source.index("def apart") : source.index("print(")]
        exec(source, here)
    judged = {name: is_relative(score, 12) for name, score in here["ways"].items()}
    assert judged == {"sinusoids": False, "learned": False, "rotary": True, "ALiBi": True}


def test_beyond_the_trained_length(page):
    rows = page[1].split("96-128 ")[1].split("rotary, not")[0].split()
    losses = {rows[at]: [float(loss) for loss in rows[at + 1 : at + 6]] for at in range(0, 24, 6)}
    assert list(losses) == ["none", "sinusoidal", "rotary", "alibi"]
    within = [some[1] for some in losses.values()]
    assert max(within) - min(within) < 0.05  # "nearly equals"
    assert sorted(losses, key=lambda name: losses[name][-1]) == [
        "alibi", "rotary", "none", "sinusoidal",
    ]  # fmt: skip
    assert losses["alibi"][-1] - losses["alibi"][1] < 0.05  # "as if nothing had happened"
    squeezed = page[1].split("divided by ")[1:]
    near, far = zip(*(map(float, some.split()[1:3]) for some in squeezed), strict=True)
    assert sorted(near) == list(near)
    assert sorted(far) == list(far)  # "worse, near and far"


def test_the_articles_are_quoted_fairly(page):
    assert 'transformers, it says, "add positional information to the token embeddings"' in page[0]
    assert "works its example without positions" in page[0]
