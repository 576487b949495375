"""What the sources say about three-line attention, computed anew; and that chapter 5 says so.

Plain Python on purpose: no array, no library, nothing of the chapter's own code.
"""

import math
import random
import re
from itertools import permutations
from statistics import mean, pstdev

import pytest

from tools.prose import visible_text

NOTEBOOK = "05_three_lines.ipynb"
WORDS = {"the": (0.3, -0.1), "bird": (1.0, 0.5), "is": (-0.4, 0.8), "red": (0.8, 1.5)}
X = list(WORDS.values())
BIRD, RED = 1, 3


def dot(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


def softmax(scores):
    raised = [math.exp(score - max(scores)) for score in scores]
    return [number / sum(raised) for number in raised]


def average(weights, vectors):
    return [dot(weights, column) for column in zip(*vectors, strict=True)]


def weights_of(query, keys):
    return softmax([dot(query, key) / math.sqrt(len(query)) for key in keys])


def contexts(x):
    return [average(weights_of(word, x), x) for word in x]


def crowd(rng, size=5, width=3):
    return [[rng.gauss(0, 1) for _ in range(width)] for _ in range(size)]


def times(x, matrix):
    return [average(word, matrix) for word in x]


@pytest.fixture(scope="module")
def page(chapter):
    """All that the reader reads: text, code and printed numbers, with single spaces."""
    outputs = (visible_text(o) for cell in chapter for o in cell.get("outputs", []))
    return " ".join(" ".join([*(cell.source for cell in chapter), *outputs]).split())


@pytest.fixture(scope="module")
def boxes(chapter):
    """The boxes "In the sources", each with single spaces."""
    sources = "\n".join(cell.source for cell in chapter if cell.cell_type == "markdown")
    parts = sources.split("```{admonition} In the sources\n:class: note\n")[1:]
    return [" ".join(part.split("\n```")[0].split()) for part in parts]


def box(boxes, *words):
    """The one box that has all these words."""
    (found,) = [text for text in boxes if all(word in text for word in words)]
    return found


def printed(numbers):
    """As NumPy prints them on the page: three decimals, no zeros at the end."""
    return "[" + " ".join(f"{number:.3f}".rstrip("0") for number in numbers) + "]"


# "weighted averaging", "a weighted mixture"


def test_the_words_are_those_of_the_page(page):
    assert f"words = {list(WORDS)}".replace("'", '"') in page
    assert f"x = np.array({[list(vector) for vector in X]})" in page


def test_attention_is_weighted_averaging(page, boxes):
    rng = random.Random(5)
    for x in [X, *(crowd(rng) for _ in range(50))]:
        for word in x:
            weights = weights_of(word, x)
            assert min(weights) > 0
            assert sum(weights) == pytest.approx(1)
            direction = [rng.gauss(0, 1) for _ in word]  # inside, whichever way one looks
            assert dot(average(weights, x), direction) < max(dot(w, direction) for w in x)
    assert printed(weights_of(X[BIRD], X)) in page
    assert printed(contexts(X)[BIRD]) in page
    text = box(boxes, "weighted averaging", "weighted mixture")
    assert "every weight is positive, and every row sums to 1" in text


# "some_amount_of(the) + ...", and the drawing of bird + red


def test_some_amount_of_each_must_be_a_fraction(page, boxes):
    total = [a + b for a, b in zip(X[BIRD], X[RED], strict=True)]
    assert f"{total[0]:.1f}, {total[1]:.1f}" == "1.8, 2.0"
    assert "The sum of *bird* and *red* is (1.8, 2.0)" in page
    # No average of four numbers exceeds the largest of them: no weights at all bring it there.
    assert all(t > max(column) for t, column in zip(total, zip(*X, strict=True), strict=True))
    text = box(boxes, "some amount of", "*bird + red*")
    assert "if the amounts are fractions of one whole" in text
    assert "more than an average can do" in text


# "if two token vectors point in similar directions, their dot product is larger"


def test_similar_directions_have_the_larger_dot_product_only_among_equals(page, boxes):
    rng = random.Random(5)
    for _ in range(100):
        query, *keys = crowd(rng, size=6)
        unit = [[number / math.hypot(*key) for number in key] for key in keys]
        cosines = [dot(query, key) / math.hypot(*query) for key in unit]
        products = [dot(query, key) for key in unit]
        assert cosines.index(max(cosines)) == products.index(max(products))
    own, other = dot(X[BIRD], X[BIRD]), dot(X[BIRD], X[RED])
    assert (round(own, 2), round(other, 2)) == (1.25, 1.55)  # red is longer, and wins
    angle = math.degrees(math.acos(other / math.hypot(*X[BIRD]) / math.hypot(*X[RED])))
    assert f"red {math.hypot(*X[RED]):.3f} {angle:.1f}°" in page
    assert "**between arrows of equal length**" in box(boxes, "in similar directions")


# "weights @ x" in the code, "weights @ v" in the text


def test_two_versions_are_mixed(boxes):
    rng = random.Random(5)
    x = crowd(rng)
    w_q, w_k, w_v = (crowd(rng, size=3) for _ in range(3))
    q, k, v = (times(x, matrix) for matrix in (w_q, w_k, w_v))
    ours = contexts(x)
    learned = [average(weights_of(query, k), v) for query in q]
    mixed = [average(weights_of(word, x), v) for word in x]
    for pair in [(ours, learned), (ours, mixed), (learned, mixed)]:
        assert max(math.dist(a, b) for a, b in zip(*pair, strict=True)) > 0.1
    # With the same array three times over, q and k and v, the second is the first.
    assert [average(weights_of(word, x), x) for word in x] == ours
    text = box(boxes, "`weights @ x`", "`weights @ v`")
    assert "`x @ x.T`" in text
    assert "`q @ k.T`" in text


# "bird = bird, but informed by red", and then the mask


def test_under_the_mask_bird_learns_nothing_of_red(page, boxes):
    bird = weights_of(X[BIRD], X[: BIRD + 1])
    assert [f"{weight:.2f}" for weight in bird] == ["0.33", "0.67"]
    assert "bird [0.33 0.67 0. 0. ]" in page
    red = weights_of(X[RED], X)
    assert f"red {printed(red)}" in page
    assert red[BIRD] > 0.2  # the other way round it works
    text = box(boxes, "redness", "mask")
    assert "0.33 of *the*, 0.67 of itself, and of *red* nothing" in text


# "soft lookup. It does not choose exactly one previous token"


def test_soft_lookup_blends_and_its_sharpness_says_how_much(page, boxes):
    table = {0: 8, 4: 7, 8: 8, 12: 17, 16: 21, 20: 17}

    def look_up(hour, sharpness):
        near = [math.cos(2 * math.pi * (hour - other) / 24) for other in table]
        weights = softmax([sharpness * number for number in near])
        return weights, dot(weights, table.values())

    for sharpness in [0, 1, 4, 50]:
        assert min(look_up(16, sharpness)[0]) > 0
    answers = [f"{look_up(16, sharpness)[1]:.2f}" for sharpness in [0, 1, 4, 50]]
    assert answers == ["13.00", "16.51", "20.10", "21.00"]
    assert f"{look_up(14, 50)[1]:.2f}" == "19.00"  # between equals it never chooses
    text = box(boxes, "soft lookup")
    assert "At sharpness 1 it answers 16.51 for 16:00" in text
    assert "at 50 it answers 21.00" in text


# 'the set ["the", "bird", "is", "red"] looks too much like ["red", "is", "bird", "the"]'


def test_without_positions_order_is_not_too_faint_but_absent(page):
    before = contexts(X)
    for order in permutations(range(4)):
        after = contexts([X[i] for i in order])
        for place, i in enumerate(order):
            assert after[place] == pytest.approx(before[i], rel=1e-12)
    assert "finds the sentence and its reverse, *red is bird the*, too much alike" in page
    assert "to the three lines they are the same" in page


# "the same": but for rounding


def test_a_sum_in_another_order_rounds_otherwise(page):
    assert 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1
    assert f"one order {0.1 + 0.2 + 0.3} the reverse {0.3 + 0.2 + 0.1}" in page
    assert "the same, but for rounding" in page
    assert "same to the last digit" not in page


# "keeps gradients from exploding", against "softmax can become too sharp"


def test_an_undivided_softmax_is_sharp_and_its_gradient_vanishes(page, boxes):
    rng = random.Random(5)
    spreads, sharp, moves = [], {True: [], False: []}, {True: [], False: []}
    for width in [2, 8, 64, 512]:
        rounds = [crowd(rng, 5, width) for _ in range(100)]
        products = [[dot(query, key) for key in keys] for query, *keys in rounds]
        spreads.append(pstdev(number for row in products for number in row) / math.sqrt(width))
        for divided in (True, False):
            scale = math.sqrt(width) if divided else 1
            shares = [max(softmax([number / scale for number in row])) for row in products]
            sharp[divided].append(mean(shares))
            moves[divided].append(mean(p * (1 - p) for p in shares))  # d share / d score
    assert spreads == pytest.approx([1] * 4, rel=0.15)  # the spread grows like the root
    assert sharp[False] == sorted(sharp[False])
    assert sharp[False][-1] > 0.95
    assert sharp[True] == pytest.approx([0.5] * 4, abs=0.05)
    assert moves[False][-1] < 0.2 * moves[False][0]  # vanishing, not exploding
    assert moves[True] == pytest.approx([0.22] * 4, abs=0.03)
    (climb,) = re.findall(r"climbs from (0\.\d+) to (0\.\d+)", page)
    assert [float(share) for share in climb] == pytest.approx(sharp[False][::3], abs=0.05)
    text = box(boxes, "too sharp", "exploding")
    assert "its gradients vanish" in text


# "The power comes from stacking many layers of this"


def widths(x, direction):
    along = [dot(word, direction) for word in x]
    return max(along) - min(along)


def apart(x):
    return max(abs(a - b) for word in x for a, b in zip(word, x[0], strict=True))


def test_stacked_averaging_alone_collapses(page, boxes):
    x, rounds = X, 0
    while apart(x) > 0.0005:
        x, rounds = contexts(x), rounds + 1
    assert rounds == 3
    firsts = " ".join(f"{word[0]:.3f}" for word in x)
    assert f"3 {firsts} there they meet: {printed(x[0])}" in page
    assert "by itself" in box(boxes, "stacking")


def test_every_round_takes_a_fixed_fraction_off_the_region(page):
    """With ε = exp(-2 R² / √d) / T, where R is the longest arrow at the start."""
    rng = random.Random(5)
    for _ in range(30):
        x = crowd(rng)
        longest = max(math.hypot(*word) for word in x)
        least = math.exp(-2 * longest**2 / math.sqrt(3)) / len(x)
        for _ in range(5):
            after, direction = contexts(x), [rng.gauss(0, 1) for _ in range(3)]
            assert min(min(weights_of(word, x)) for word in x) >= least
            assert widths(after, direction) <= (1 - 2 * least) * widths(x, direction) + 1e-12
            assert max(math.hypot(*word) for word in after) <= longest
            x = after
    assert "no weight ever falls below a number $\\varepsilon > 0$" in page


def test_long_arrows_stay_apart_for_what_rounding_loses(page):
    x = [[10 * number / math.hypot(*word) for number in word] for word in X]
    for _ in range(20_000):
        x = contexts(x)
    the, bird, is_, red = x
    assert math.dist(bird, red) < 0.0005
    assert min(math.dist(a, b) for a, b in [(the, bird), (the, is_), (bird, is_)]) > 5
    share = 1 - max(weights_of(is_, x))
    assert share == 0  # lost in rounding
    others = [weight for j, weight in enumerate(weights_of(is_, x)) if j != 2]
    assert f"is takes of the others {sum(others):.0e}" in page
    assert sum(others) * 20 < math.ulp(min(map(abs, is_))) / 2
    assert "20000 " + " ".join(f"{word[0]:.3f}" for word in x) in page


# "do the three lines lose it too?"


def test_two_sentences_may_have_the_same_contexts(worked):
    (c,), (d,) = contexts([(5.0,), (4.0,)])
    assert f"5 and 4 become [{c:.3f} {d:.3f}]" in worked
    # From 5 and 4 the second word falls, and the first follows so that its context stays.

    def first(second):
        low, high = 4.9, 5.1
        for _ in range(60):
            middle = (low + high) / 2
            above = contexts([(middle,), (second,)])[0][0] > c
            low, high = (low, middle) if above else (middle, high)
        return low

    def too_high(second):
        return contexts([(first(second),), (second,)])[1][0] > d

    low, high = 1.7, 1.8
    assert too_high(low) != too_high(high)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if too_high(middle) == too_high(low) else (low, middle)
    other = [(first(low),), (low,)]
    assert [number for (number,) in contexts(other)] == pytest.approx([c, d], abs=1e-12)
    assert f"as do [{other[0][0]:.3f} {low:.3f}] True" in worked
