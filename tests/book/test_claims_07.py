"""Every number of chapter 7 computed anew, and what the sources say about it; and that it says so.

Plain Python on purpose: fractions, where numbers are exact, and no code of the chapter's own.
"""

import math
import random
import re
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch

WORDS = ["the", "cat", "sat", "on", "the", "mat"]
THE, CAT, SAT, ON, _, MAT = range(6)
DIFFERENT = [THE, CAT, SAT, ON, MAT]
NOTEBOOK = "07_qkv_by_hand.ipynb"


def matrix(text):
    return [[Fraction(number) for number in row.split()] for row in text.strip().splitlines()]


# What the article gives as inputs, and what it prints as results.
X = matrix("""
    0.5 0.8 0.1 0.3
    1.0 0.2 0.5 0.1
    0.3 1.0 0.2 0.4
    0.6 0.4 0.7 0.5
    0.5 0.8 0.1 0.3
    0.8 0.1 0.9 0.2""")
W_Q = matrix("0.2 0.1 0.3\n 0.4 0.2 0.1\n 0.1 0.5 0.2\n 0.3 0.1 0.4")
W_K = matrix("0.3 0.2 0.1\n 0.1 0.4 0.3\n 0.2 0.1 0.5\n 0.4 0.3 0.2")
W_V = matrix("0.1 0.3 0.2\n 0.2 0.1 0.4\n 0.5 0.2 0.1\n 0.3 0.4 0.3")
PRINTED = {
    "Q": matrix("""
        0.30 0.35 0.23
        0.36 0.28 0.39
        0.26 0.44 0.29
        0.33 0.40 0.35
        0.30 0.35 0.23
        0.31 0.38 0.44"""),
    "K": matrix("""
        0.34 0.41 0.28
        0.46 0.33 0.36
        0.29 0.52 0.38
        0.41 0.45 0.42
        0.34 0.41 0.28
        0.37 0.34 0.51"""),
    "V": matrix("""
        0.38 0.43 0.32
        0.42 0.45 0.41
        0.35 0.38 0.48
        0.48 0.41 0.39
        0.38 0.43 0.32
        0.51 0.49 0.37"""),
}
(SCORES,) = matrix("0.38 0.43 0.45 0.49 0.38 0.57")
(WEIGHTS,) = matrix("0.12 0.14 0.15 0.16 0.12 0.18")
(OUTPUT,) = matrix("0.45 0.44 0.38")


def dot(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


def turned(rows):
    return [list(column) for column in zip(*rows, strict=True)]


def times(a, b):
    return [[dot(row, column) for column in turned(b)] for row in a]


def softmax(scores):
    raised = [math.exp(score) for score in scores]
    return [number / sum(raised) for number in raised]


def weights_of(scores, scale=1.0):
    return [softmax([float(score) / scale for score in row]) for row in scores]


def largest(row):
    return max(range(len(row)), key=row.__getitem__)


Q, K, V = (times(X, w) for w in (W_Q, W_K, W_V))
TRUE = {"Q": Q, "K": K, "V": V}
DOTS = times(Q, turned(K))
TABLE = times(W_Q, turned(W_K))
ROOT_3 = math.sqrt(3)


def row(numbers):
    """As NumPy prints a row on the page: three decimals, no zeros at the end, padded."""
    texts = [f"{float(number):.3f}".rstrip("0") for number in numbers]
    return re.sub(r" +", " ", "[" + " ".join(texts) + "]")


def squeezed(output):
    """NumPy pads inside its brackets; here it does not."""
    return output.replace("[ ", "[").replace(" ]", "]")


def listed(numbers, places=3):
    return "[" + ", ".join(f"{float(number):.{places}f}" for number in numbers) + "]"


# The numbers of the page


def test_the_inputs_are_those_of_the_article(chapter):
    (cell,) = [c.source for c in chapter if c.source.startswith("words = ")]
    assert f"words = {WORDS}".replace("'", '"') in cell
    for i in DIFFERENT:
        assert str([float(number) for number in X[i]]) in cell
    assert "x = np.array([the, cat, sat, on, the, mat])" in cell
    for name, w in {"w_q": W_Q, "w_k": W_K, "w_v": W_V}.items():
        tenths = [[int(10 * number) for number in line] for line in w]
        assert f"{name} = np.array({tenths}) / 10" in cell


def test_queries_keys_and_values(output, text):
    for c, column in enumerate(turned(W_Q)):
        terms = [f"{float(a * b):.2f}" for a, b in zip(X[MAT], column, strict=True)]
        assert f"q[{c}] = {' + '.join(terms)} = {float(Q[MAT][c]):.2f}" in output
    for i, word in enumerate(WORDS):
        roles = (" ".join(f"{float(n):.2f}" for n in role[i]) for role in (Q, K, V))
        assert f"{word} {' '.join(roles)}" in output
    every = [number for name in TRUE for line in TRUE[name] for number in line]
    assert all(number * 100 % 1 == 0 for number in every)
    assert "exact to the second decimal" in text
    assert "(0.35, 0.57, 0.51)" in text


def test_chapter_5s_scores(output, text):
    agreement = times(X, turned(X))
    for i, word in enumerate(WORDS):
        favourite = WORDS[largest(agreement[i])]
        assert f"{word} {row(agreement[i])} {favourite}" in squeezed(output)
        assert (word == favourite) == (word != "the")
    assert agreement[SAT][CAT] == agreement[CAT][SAT] == Fraction("0.64")
    assert "every word but *the* prefers itself" in text


def test_the_query_of_mat(output, text):
    for j, word in enumerate(WORDS):
        terms = [f"{float(a * b):.4f}" for a, b in zip(Q[MAT], K[j], strict=True)]
        assert f"mat . {word} = {float(DOTS[MAT][j]):.4f} = {' + '.join(terms)}" in output
    order = sorted(DIFFERENT, key=lambda j: DOTS[MAT][j], reverse=True)
    assert [WORDS[j] for j in order] == ["on", "sat", "mat", "the", "cat"]
    assert "*On*, with 0.8023. *Sat* comes next, *mat* itself is third" in text
    for scale in (1, ROOT_3):
        scores = " ".join(f"{float(score) / scale:.4f}" for score in DOTS[MAT])
        weights = weights_of(DOTS, scale)[MAT]
        (context,) = times([weights], V)
        shown = f"1.000\n scores {scores}\n weights {row(weights)}\n context {row(context)}"
        assert shown in squeezed(output)
    mean = [sum(column) / 6 for column in turned(V)]
    assert f"share is {1 / 6:.3f}\nthe plain mean is {row(mean)}" in squeezed(output)
    assert max(abs(a - b) for a, b in zip(context, mean, strict=True)) < 0.005


def test_every_word(output):
    weights = weights_of(DOTS, ROOT_3)
    for word, shares, context in zip(WORDS, weights, times(weights, V), strict=True):
        assert f"{word} {row(shares)}\n -> context {row(context)}" in squeezed(output)


def test_length_decides(output, text):
    for j in DIFFERENT:
        length, query = (math.hypot(*map(float, vector)) for vector in (K[j], Q[MAT]))
        shadow = float(DOTS[MAT][j]) / query
        figures = f"length {length:.3f}, cosine {shadow / length:.3f}, shadow {shadow:.3f}"
        assert f"{WORDS[j]}: {figures}" in output
    longest = max(DIFFERENT, key=lambda j: math.hypot(*map(float, K[j])))
    cosines = [
        float(DOTS[i][j]) / math.hypot(*map(float, Q[i])) / math.hypot(*map(float, K[j]))
        for i in range(6)
        for j in range(6)
    ]
    assert WORDS[longest] == "on"
    assert f"all 36 cosines: from {min(cosines):.3f} to {max(cosines):.3f}" in output
    best = largest([cosines[6 * MAT + j] for j in range(6)])
    assert WORDS[best] == "sat"
    assert "with a cosine of 0.999, and loses to *on*, whose key is the longest" in text


def test_positive_matrices_mostly_agree_on_one_favourite(output):
    x = torch.tensor([[float(number) for number in line] for line in X], dtype=torch.float64)
    generator = torch.Generator().manual_seed(11)
    cases = {
        "from 0.1 to 0.5": (0.1, 0.5, -1),
        "from 0.0 to 1.0": (0, 1, -1),
        "from -0.5 to 0.5": (-0.5, 0.5, -1),
        "negative ones set to 0": (-0.5, 0.5, 0),
    }
    for name, (low, high, floor) in cases.items():
        draws = torch.rand(2, 3000, 4, 3, generator=generator, dtype=torch.float64)
        a, b = (low + (high - low) * draws).clamp(min=floor)
        winners = (x @ a @ (x @ b).mT).argmax(dim=-1)
        winners[winners == 4] = 0  # the second "the" is the first
        ours = (winners == winners[:, :1]).all(dim=-1).double().mean().item()
        (theirs,) = re.findall(rf"{name}: (\d\.\d\d)", output)
        assert float(theirs) == pytest.approx(ours, abs=0.04)


def test_without_a_negative_number_four_words_are_favourites(text):
    agreement = times(X, turned(X))
    assert min(min(line) for line in agreement) > 0
    assert len({WORDS[largest(line)] for line in agreement}) == 4
    assert "nothing is negative, and there are four favourites" in text


def test_the_table_of_likings(output, text):
    for line in TABLE:
        assert row(line) in squeezed(output)
    entries = [number for line in TABLE for number in line]
    assert f"entries from {float(min(entries))} to {float(max(entries))}" in output
    sat_mat, mat_sat = DOTS[SAT][MAT], DOTS[MAT][SAT]
    assert f"sat for mat {float(sat_mat):.4f}, mat for sat {float(mat_sat):.4f}" in output
    assert times(times(X, TABLE), turned(X)) == DOTS
    trio = weights_of([[0, 0, 0], [4, 0, 0]])
    strengths = np.linalg.svd(np.array(TABLE, dtype=float), compute_uv=False)
    assert f"strengths {row(strengths)}" in squeezed(output)
    assert strengths[3] < 1e-12 < 0.01 < strengths[2]
    assert min(entries) > 0
    assert "each feature likes each, by 0.11 to 0.27, and none dislikes any" in text
    assert f"cat scores [0. 0. 0.] weights {row(trio[0])}" in squeezed(output)
    assert f"it scores [4. 0. 0.] weights {row(trio[1])}" in squeezed(output)
    assert f"{2 * 768 * 64:,}" in text
    assert f"{768 * 768:,}" in text


def test_values_may_be_turned_round(output):
    (mean,) = times([weights_of(DOTS, ROOT_3)[MAT]], X)
    for sign, name in [(1, "plain"), (-1, "turned")]:
        shifted = [float(a) + sign * b for a, b in zip(X[MAT], mean, strict=True)]
        assert f"{name}: width 4, mat {row([sign * b for b in mean])}" in squeezed(output)
        assert f"mat + {name}: {row(shifted)}" in squeezed(output)
    assert f"third: width 1, mat {row(mean[2:3])}" in squeezed(output)


def trained(n, step, floor=-math.inf, steps=2000):
    """The wishes' surprises in bits, after descending with torch's own gradients."""
    x, w_q, w_k = (
        torch.tensor([[float(number) for number in line] for line in rows], dtype=torch.float64)
        for rows in (X, W_Q, W_K)
    )
    pair = [w[:, :n].clone().requires_grad_() for w in (w_q, w_k)]
    optimizer = torch.optim.SGD(pair, lr=step)
    wanted = torch.tensor([CAT, SAT, CAT, MAT, MAT, ON])
    for _ in range(steps + 1):
        optimizer.zero_grad()
        scores = x @ pair[0] @ (x @ pair[1]).mT / math.sqrt(n)
        losses = torch.nn.functional.cross_entropy(scores, wanted, reduction="none")
        losses.sum().backward()
        surprise = (losses / math.log(2)).tolist()
        optimizer.step()
        for w in pair:
            w.data.clamp_(min=floor)
    return surprise


def test_what_training_can_do(output, text):
    for n in (1, 2):
        surprise = trained(n, 0.1)
        assert f"d_head {n}: sum {sum(surprise):.2f} of\n {row(surprise)}" in squeezed(output)
        assert (sum(surprise) < 2.1) == (n > 1)
    surprise = trained(3, 0.1, floor=0, steps=6000)
    assert f"none below 0: sum {sum(surprise):.2f} of\n {row(surprise)}" in squeezed(output)
    assert 2 < sum(trained(3, 0.1, floor=0, steps=9000)) < 2.011 < sum(surprise) < 2.03
    after = trained(3, 0.3)
    assert f"after: sum {sum(after):.2f} of\n {row(after)}" in squeezed(output)
    fulfilled = [2**-bits for bits in after]
    assert f"wished-for: {row(fulfilled)}" in squeezed(output)
    assert 2 < sum(after) < 2.01
    assert max(p * (1 - p) for p in (k / 1000 for k in range(1001))) == 0.25
    assert "the sum is never below 2 bits" in text
    before = [-math.log2(weights_of(DOTS, ROOT_3)[i][j]) for i, j in enumerate([1, 2, 1, 5, 5, 3])]
    assert f"before: sum {sum(before):.2f} of\n {row(before)}" in squeezed(output)


def test_one_column_oversteps_at_the_others_pace(text):
    def rises(step):
        sums = [sum(trained(1, step, steps=steps)) for steps in range(180, 190)]
        return sum(b > a for a, b in pairwise(sums))

    assert rises(0.1) == 0 < rises(0.3)
    assert "by 0.3 one column oversteps" in text


def test_the_slopes_of_a_row_are_the_weights_minus_the_wish(text, output):
    scores = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64).log().requires_grad_()
    torch.nn.functional.cross_entropy(scores, torch.tensor(1)).backward()
    assert scores.grad.tolist() == pytest.approx([0.2, -0.7, 0.5])
    assert "(0.2, 0.3, 0.5) − (0, 1, 0) = (0.2, −0.7, 0.5)" in text
    x, w_q, w_k = (
        torch.tensor([[float(number) for number in line] for line in rows], dtype=torch.float64)
        for rows in (X, W_Q, W_K)
    )
    pair = w_q.requires_grad_(), w_k.requires_grad_()
    wanted = torch.tensor([CAT, SAT, CAT, MAT, MAT, ON])
    scores = x @ w_q @ (x @ w_k).mT / ROOT_3
    torch.nn.functional.cross_entropy(scores, wanted, reduction="sum").backward()
    for w in pair:
        slope = f"{w.grad[2, 1]:.4f}"
        assert f"slope {slope}, by nudging {slope}" in output


def test_attention_never_returns_nothing(output, text):
    away = [-20 * sum(column) / 6 for column in turned(K)]
    for name, query in {"mat": Q[MAT], "nothing": [0, 0, 0], "away": away}.items():
        scores = [float(dot(query, key)) / ROOT_3 for key in K]
        weights = row(softmax(scores))
        shown = f"{name}: the weights sum to 1.000\nscores {row(scores)}\nweights {weights}"
        assert shown.replace("[-0.", "[0.") in squeezed(output)
        assert min(softmax(scores)) > 0
    assert "There is no empty result" in text


def test_a_bias_on_the_keys_does_nothing(output, text):
    rng = random.Random(7)
    bias = [rng.gauss(0, 5) for _ in range(3)]
    moved = [[float(a) + b for a, b in zip(key, bias, strict=True)] for key in K]
    shifted = weights_of([[dot(query, key) for key in moved] for query in Q])
    for ours, theirs in zip(shifted, weights_of(DOTS), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-9)
    right, biased = re.findall(r"(?:right|a bias on every key) (\[.*\])", squeezed(output))
    assert right == biased
    assert "A bias on the keys does nothing here, nor in GPT-2" in text


def test_where_keys_are_turned_by_their_place_a_bias_on_them_does_something(text):
    bias, turns = [5.0, -3.0], [complex(math.cos(t), math.sin(t)) for t in range(6)]

    def shares(bias, turns):
        moved = [[float(a) + b for a, b in zip(key, bias, strict=False)] for key in K]
        keys = [complex(*key) * turn for key, turn in zip(moved, turns, strict=True)]
        query = complex(*map(float, Q[MAT][:2])) * turns[MAT]
        return softmax([(query.conjugate() * key).real for key in keys])

    still = [1.0] * 6
    assert shares(bias, still) == pytest.approx(shares([0, 0], still))
    pairs = zip(shares(bias, turns), shares([0, 0], turns), strict=True)
    assert max(abs(a - b) for a, b in pairs) > 0.1
    assert "Qwen2 turns its keys by their place" in text


# "After computing Q, K, V for all words, we have: ..."


def test_42_of_45_printed_entries_are_wrong(text, answers, worked):
    right = [
        (name, WORDS[i], c)
        for name in PRINTED
        for i in DIFFERENT
        for c in range(3)
        if abs(PRINTED[name][i][c] - TRUE[name][i][c]) <= Fraction("0.005")
    ]
    assert right == [("Q", "cat", 0), ("K", "cat", 0), ("V", "cat", 0)]
    assert "wrong: 42 of 45" in worked
    assert "42 of 45" in answers
    assert "the first number of *cat* in Q, in K and in V" in answers
    assert "42" not in text  # the reader counts
    assert "45 printed entries" in text
    assert 'The article prints "Q_mat = [0.31, 0.38, 0.44]"' in text
    assert f"cat in Q {row(PRINTED['Q'][CAT])} should be {row(Q[CAT])}" in squeezed(worked)


def test_the_article_is_told_of_as_it_is(answers, worked):
    for name in PRINTED:
        off = [PRINTED[name][i][c] - TRUE[name][i][c] for i in DIFFERENT for c in range(3)]
        small, large = sum(o < 0 for o in off), sum(o > 0 for o in off)
        mean, most = (float(f(map(abs, off))) for f in (lambda o: sum(o) / 15, max))
        figures = f"off by {mean:.2f} on average and {most:.2f} at most"
        assert f"{name}: {small} too small, {large} too large,\n {figures}" in worked
    assert "mostly too small" in answers


# "score(mat, mat) = 0.57"


def test_the_score_of_mat_for_itself(answers, worked):
    own = times([PRINTED["Q"][MAT]], turned(PRINTED["K"]))[0]
    assert f"{float(own[MAT]):.3f}, {float(own[ON]):.3f}" == "0.468, 0.483"
    assert f"{float(DOTS[MAT][MAT]):.3f}" == "0.684"
    fresh = [abs(a - b) > Fraction("0.005") for a, b in zip(own, SCORES, strict=True)]
    assert [WORDS[j] for j in range(6) if fresh[j]] == ["on", "mat"]
    assert "scores: 2 of 6 do not follow" in worked
    assert 'those for *on* and, by far, for *mat*: 0.468, printed as "0.57"' in answers
    assert '| "score(mat, mat) = 0.57" | 0.468 | 0.684 |' in answers
    assert "*on* wins, 0.483 to 0.468" in answers
    assert f"its own q . k {row(own)}" in squeezed(worked)


# "After softmax: [0.12, 0.14, 0.15, 0.16, 0.12, 0.18] ... approximately 1.0"


def test_the_printed_weights_are_no_softmax(answers, worked):
    assert sum(WEIGHTS) == Fraction("0.87")
    (own,) = weights_of([SCORES])
    assert all(abs(a - b) > 0.005 for a, b in zip(own, WEIGHTS, strict=True))
    assert "weights: 6 of 6 do not follow" in worked
    assert [round(float(score) / 3.1, 2) for score in SCORES] == [float(w) for w in WEIGHTS]
    assert "each is its score divided by 3.1 and rounded" in answers
    for true in (own, *(weights_of(DOTS, scale)[MAT] for scale in (1, ROOT_3))):
        assert listed(true) in answers
        assert row(true) in squeezed(worked)
    assert f"sums to 0.87; the softmax of its scores is {listed(own)}" in answers


def test_softmax_evens_out_small_differences(answers, worked):
    before, after = 0.57 / 0.38, math.exp(0.57 - 0.38)
    assert before == pytest.approx(1.5)
    assert after < before
    assert f"0.57 is {before:.3f} times 0.38; after softmax {after:.3f} times" in worked
    assert f"from 1.5 times to {after:.3f} times: it evens them out" in answers
    assert math.exp(5 - 3) > 5 / 3  # several units apart, it sharpens
    assert "it sharpens scores that lie several units apart" in answers


# "output_mat = [0.45, 0.44, 0.38]"


def test_the_printed_output_does_not_follow(answers, worked):
    (own,) = times([WEIGHTS], PRINTED["V"])
    assert all(abs(a - b) > 0.005 for a, b in zip(own, OUTPUT, strict=True))
    assert "context: 3 of 3 do not follow" in worked
    for scale in (1, ROOT_3):
        (true,) = times([weights_of(DOTS, scale)[MAT]], V)
        assert listed(true) in answers
        assert row(true) in squeezed(worked)
    assert f'| "output_mat = [0.45, 0.44, 0.38]" | {listed(own)} |' in answers


# '"mat" attends to "on" and itself', "'cat' attends to 'the' and 'sat'", ...


def test_on_wins_for_every_query_and_never_by_much(text, answers, worked):
    weights = weights_of(DOTS, ROOT_3)
    for shares in [*weights, *weights_of(DOTS)]:
        assert WORDS[largest(shares)] == "on"
        assert max(shares) < 1.3 * min(shares)
    assert "favourites: on on on on on on" in worked
    assert "Whoever asks, *on* is the answer, and never by much" in text
    assert "untrained matrices carry no grammar" in text
    assert "| *mat* attends most to itself | to *on* | to *on*, as does every word |" in answers


def test_the_two_the_are_one_whatever_the_matrices(text, answers):
    rng = random.Random(7)
    for _ in range(50):
        w_q, w_k = ([[rng.gauss(0, 1) for _ in range(3)] for _ in range(4)] for _ in range(2))
        scores = times(times(X, w_q), turned(times(X, w_k)))
        assert scores[0] == scores[4]
        assert turned(scores)[0] == turned(scores)[4]
    assert "One pair could not come true with any matrices" in text
    assert "never: their rows are equal" in answers


def test_half_of_its_glances_look_ahead(text):
    glances = {0: [CAT], CAT: [0, SAT], SAT: [CAT, MAT], ON: [SAT, MAT], 4: [MAT], MAT: [ON, MAT]}
    assert sum(map(len, glances.values())) == 10
    assert sum(j > i for i, seen in glances.items() for j in seen) == 5
    assert "five of those ten glances go to a word further on" in text


def test_the_root_and_the_mask_are_left_out(text):
    assert "The article leaves this step out, so here are both" in text
    assert "*Mat* comes last and sees all six either way" in text
    assert "by a mask that the article leaves out" in text


# "Q_mat and K_mat^T are different"


def test_query_and_key_differ(answers, worked):
    assert Q[MAT] != K[MAT]
    assert f"q of mat {row(Q[MAT])} k of mat {row(K[MAT])}" in squeezed(worked)
    assert "| the query and the key of *mat* are different vectors | yes | yes" in answers


# "weights @ x" in the code, "weights @ v" in the text


def test_two_versions_are_mixed(text, output):
    one = [[Fraction(i == j) for j in range(4)] for i in range(4)]
    q, k, v = (times(X, one) for _ in range(3))
    assert times(q, turned(k)) == times(X, turned(X))
    assert v == X
    contexts = times(weights_of(times(X, turned(X)), 2), X)
    assert max(map(math.dist, contexts, times(weights_of(DOTS, ROOT_3), X))) > 0.05
    assert "chapter 5, where all three are the identity: True" in output
    said = "its last line as `weights @ x` in its three lines, and as `weights @ v` below them"
    assert said in text
