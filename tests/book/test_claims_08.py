"""Every number of chapter 8 computed anew, and what the sources say about it; and that it says so.

Plain Python or torch on purpose, and no code of the chapter's own.
"""

import math
import random
import re
from fractions import Fraction
from itertools import product
from statistics import mean

import numpy as np
import pytest
import torch
from torch.nn import functional

NOTEBOOK = "08_dont_look_ahead.ipynb"
RAISED = [[5, 7, 5, 3], [7, 13, 12, 8], [4, 5, 11, 5], [3, 4, 2, 11]]
# What the article pictures for "the cat is here".
PICTURED = [[1.0], [0.35, 0.65], [0.20, 0.25, 0.55], [0.15, 0.20, 0.10, 0.55]]
BIRD = [(0.3, -0.1), (1.0, 0.5), (-0.4, 0.8), (0.8, 1.5)]
DAYS = 8


@pytest.fixture(scope="module")
def output(output):
    return flat(output)


def flat(output):
    return re.sub(r"\s+", " ", output).replace("[ ", "[").replace(" ]", "]")


@pytest.fixture(scope="module")
def boxes(chapter):
    """The boxes In the sources, each a text."""
    found = "\n".join(c.source for c in chapter if c.cell_type == "markdown")
    pattern = r"```\{admonition\} In the sources\n:class: note\n(.*?)```"
    return [" ".join(box.split()) for box in re.findall(pattern, found, re.DOTALL)]


def box(boxes, *words):
    (found,) = [text for text in boxes if all(word in text for word in words)]
    return found


def row(numbers):
    """As NumPy prints a row: three decimals, no zeros at the end."""
    texts = [f"{float(number):.3f}".rstrip("0") for number in numbers]
    return "[" + " ".join(texts) + "]"


def softmax(scores):
    raised = [math.exp(score - max(scores)) for score in scores]
    return [number / sum(raised) for number in raised]


# Crossing out, and the article's weights (claim 11)


def shares(raised):
    return [Fraction(number, sum(raised)) for number in raised]


def test_crossing_out_leaves_the_future_in_the_sum(text, output):
    for ending, last in [("here", [3, 8, 5]), ("gone", [8, 18, 20])]:
        rows = [shares([*RAISED[i][:3], last[i]]) for i in range(3)]
        lines = []
        for i, word in enumerate(["the", "cat", "is"]):
            kept = [share if j <= i else 0 for j, share in enumerate(rows[i])]
            lines.append(f"{word} {row(kept)} sum {float(sum(kept)):.3f}")
        assert f"ending in {ending} {' '.join(lines)}" in output
    assert "0.8 of a whole with *here*, 0.5 with *gone*" in text
    assert shares(RAISED[2])[3] == Fraction(5, 25)


def test_the_pictured_weights_are_confirmed(text, output, boxes):
    for i, pictured in enumerate(PICTURED):
        masked = [float(share) for share in shares(RAISED[i][: i + 1])]
        assert masked == pytest.approx(pictured, abs=1e-12)
        assert sum(pictured) == pytest.approx(1, abs=1e-12)
        line = [f"{number:.3f}" for number in [*masked, 0, 0, 0][:4]]
        assert " ".join(line) in output
    found = box(boxes, "pictures these very weights")
    for pictured in PICTURED:
        assert f'"{" ".join(f"{number:.2f}" for number in pictured)}"' in found
    assert "Every row sums to 1: confirmed" in found


def test_what_the_sources_let_a_word_look_at(boxes):
    found = box(boxes, "future tokens do not exist yet")
    assert "one column further on" in found
    assert 'came before it". Before it, and at itself' in found


def test_what_is_hidden_goes_to_the_rest_in_proportion(text, output):
    assert f"without cat: {row([Fraction(4, 15), 0, Fraction(11, 15), 0])}" in output
    assert "4 to 11" in text


def test_a_second_division_is_right_on_paper_and_breaks_in_the_machine(text, output):
    for i in range(4):  # on paper
        kept = shares(RAISED[i])[: i + 1]
        assert [share / sum(kept) for share in kept] == shares(RAISED[i][: i + 1])
    assert math.exp(-700 - 5) > 1e-308 > math.exp(-800 + 5) == 0
    assert math.exp(-100) > 1e-45 > math.exp(-104)  # the least that single precision holds
    assert "divided [nan nan nan nan]" in output
    assert "800 -inf before [0.2 0.25 0.55 0.]" in output
    assert "a lift of about 100" in text


# Training on a leak


def look(days, place, liking, table, before, after):
    T = days.shape[1]
    scores = place[:T, :T] + days @ liking @ days.mT
    shares = scores.masked_fill(~before[:T, :T], -math.inf).softmax(-1)
    return (shares * after[:T, :T] @ days @ table).log_softmax(-1)


def diaries(n, generator):
    """Torch's own draws, none of the chapter's."""
    turns = torch.rand(n, DAYS + 1, generator=generator) < 0.25
    turns[:, 0] = torch.rand(n, generator=generator) < 0.5
    return torch.eye(2, dtype=torch.float64)[turns.cumsum(1) % 2]


def cost(days, tables, rule):
    guess = look(days[:, :-1], *tables, *rule)
    return -(guess * days[:, 1:]).sum(-1).mean() / math.log(2)


def cost_in_use(days, tables, rule):
    lasts = [look(days[:, :t], *tables, *rule)[:, -1] for t in range(1, DAYS + 1)]
    return -(torch.stack(lasts, 1) * days[:, 1:]).sum(-1).mean() / math.log(2)


RULES = {
    "no mask": (torch.ones(8, 8).bool(), torch.ones(8, 8).bool()),
    "zero after": (torch.ones(8, 8).bool(), torch.ones(8, 8).bool().tril()),
    "-inf before": (torch.ones(8, 8).bool().tril(), torch.ones(8, 8).bool().tril()),
}


@pytest.fixture(scope="module")
def trained():
    """What each rule pays on fresh diaries and in use: torch's gradients, three seeds."""
    pays = {}
    for (name, rule), seed in product(RULES.items(), [1, 2, 3]):
        generator = torch.Generator().manual_seed(seed)
        days, fresh = diaries(400, generator), diaries(4000, generator)
        sizes = [(8, 8), (2, 2), (2, 2)]
        tables = [0.1 * torch.randn(s, generator=generator, dtype=torch.float64) for s in sizes]
        optimizer = torch.optim.SGD([table.requires_grad_() for table in tables], lr=1.0)
        for _ in range(500):
            optimizer.zero_grad()
            (cost(days, tables, rule) * math.log(2) * DAYS).backward()
            optimizer.step()
        paid = cost(fresh, tables, rule).item(), cost_in_use(fresh, tables, rule).item()
        pays.setdefault(name, []).append(paid)
    return pays


FLOOR = -(0.25 * math.log2(0.25) + 0.75 * math.log2(0.75))


def test_training_finds_both_leaks_whatever_the_seed(trained, text, output):
    assert f"floor {FLOOR:.3f} bits a day" in output
    for name, pays in trained.items():
        ours = re.search(rf"{name} (\d\.\d\d) (\d\.\d\d)", output)
        for fresh, in_use in pays:
            assert fresh == pytest.approx(float(ours[1]), abs=0.025), name
            if name == "-inf before":
                assert fresh == pytest.approx(FLOOR, abs=0.02)
                assert in_use == pytest.approx(fresh, abs=1e-9)
            else:
                assert fresh < FLOOR - 0.3
                assert in_use > 1.3
    assert "worse than blind guessing" in text
    assert 0.5 * float(re.search(r"no mask (\d\.\d\d)", output)[1]) < FLOOR / 8  # the last day


def test_of_twelve_seeds_one_is_late(chapter, text, output):
    """By the chapter's own cells, since it is of them that it says so."""
    own = {}
    for cell in chapter:
        if re.match(r"import matplotlib|def (diaries|bits|train)\b", cell.source):
            exec(cell.source.replace("%config", "#"), own)
    fresh, rule = own["diaries"](4000, 99), (own["everyone"], own["past"])
    ours = float(re.search(r"zero after (\d\.\d\d)", output)[1])
    late = []
    for seed in range(1, 13):
        learned, losses = own["train"](rule, seed)
        assert own["in_use"](fresh, learned, rule) > 1.1
        if abs(own["bits"](fresh, learned, rule) - ours) > 0.02:
            late.append(losses)
    (losses,) = late
    assert losses[400] > 0.79 and losses[-1] < 0.6 < losses[-50]  # on the way down
    assert "Twelve seeds were tried. Eleven end within two hundredths" in text


def test_what_is_crossed_out_afterwards_still_has_a_slope(text, output):
    generator = torch.Generator().manual_seed(3)
    sizes = [(8, 8), (2, 2), (2, 2)]
    tables = [torch.randn(s, generator=generator, dtype=torch.float64) for s in sizes]
    later = torch.ones(8, 8).bool().triu(1)
    for name, felt in [("zero after", True), ("-inf before", False)]:
        place = tables[0].clone().requires_grad_()
        cost(diaries(50, generator), [place, *tables[1:]], RULES[name]).backward()
        assert (place.grad[later] != 0).any() == felt
    assert float(re.search(r"slope of a score that is crossed out: (\S+)", output)[1]) != 0
    assert "So its score gets a slope all the same" in text


def test_the_size_of_a_row_is_what_betrays(text, output):
    found = re.search(
        r"as today: row left (\S+), truth (\S+) it turns: .* (\S+), truth (\S+)", output
    )
    assert [float(number) for number in found.groups()] == pytest.approx(
        [0.78, 0.98, 0.02, 0.47], abs=0.011
    )
    for number in found.groups()[1:]:
        assert number in text
    assert "likings, rounded [-3. 3.] [3. -3.]" in output


# Finite numbers, and blind rows


def test_a_finite_number_is_a_bet(text, output):
    scores = [math.log(number) for number in RAISED[2]]
    low = [score - 12_000 for score in scores[:3]]
    for name, fill in {"-inf": -math.inf, "-1e9": -1e9, "-1e4": -1e4}.items():
        lower = softmax([*low, fill])
        higher = softmax([*scores[:3], scores[3] + 12_000 + fill])
        lost = [0, 0, 0, 1] if name == "-1e4" else [0.2, 0.25, 0.55, 0]
        assert lower == pytest.approx(lost, abs=1e-6)
        assert higher == pytest.approx(lost, abs=1e-6)
    assert output.count("-1e4 [0. 0. 0. 1.]") == 2
    assert "*is* gives *here* a weight of 1" in text


def test_a_blind_row_under_a_billion(text, output):
    row_the = torch.tensor([5.0, 7.0, 5.0, 3.0], dtype=torch.float64).log()
    double = torch.softmax(row_the - 1e9, 0)
    single = torch.softmax(row_the.float() - 1e9, 0)
    assert double.tolist() == pytest.approx([0.25, 0.35, 0.25, 0.15], abs=1e-5)
    assert single.tolist() == [0.25] * 4
    assert f"added, float64 {row(double)} added, float32 {row(single)}" in output
    spacing = torch.nextafter(torch.tensor(1e9), torch.tensor(2e9)) - 1e9
    assert f"has steps of {spacing.item()}" in output
    lowest = torch.finfo(torch.float16).min
    assert f"float16 ends at {lowest:.0f}, twice -inf" in output
    assert torch.isinf(torch.tensor(lowest, dtype=torch.float16) * 2)
    assert "*no mask at all*" in text


def test_nan_spreads_and_zero_does_not(text, output):
    mask = torch.ones(5, 5).bool().tril()
    mask[:, :2] = False
    x = plain = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for layer, lost in [(1, 2), (2, 5)]:
        plain = (plain @ plain.mT).masked_fill(~mask, -math.inf).softmax(-1) @ plain
        assert plain.isnan().any(-1).sum() == lost
        assert f"layer {layer}: {lost} of 5 rows are NaN" in output
    fused = functional.scaled_dot_product_attention(x[None], x[None], x[None], attn_mask=mask)
    assert fused[0, 0].tolist() == [0, 0]
    assert (
        "the library, row 0: [0. 0.] its weights: [0. 0. 0. 0. 0.] PyTorch, row 0: [0. 0.]"
        in output
    )
    assert "in the version that ran this page" in text


def test_true_means_the_opposite_in_multihead_attention(text):
    heads = torch.nn.MultiheadAttention(4, 1, batch_first=True)
    x = torch.randn(1, 3, 4, generator=torch.Generator().manual_seed(2))
    hidden = torch.ones(3, 3).bool().triu(1)
    weights = heads(x, x, x, attn_mask=hidden)[1][0]
    assert weights.triu(1).abs().max() == 0
    assert weights[0, 0] == 1
    assert "it means *may not*" in text


def test_is_causal_lines_up_the_first(text):
    q, k = torch.randn(1, 1, 2, 4), torch.randn(1, 1, 5, 4)
    context = functional.scaled_dot_product_attention(q, k, k, is_causal=True)
    torch.testing.assert_close(context[0, 0, 0], k[0, 0, 0])
    assert "lines up the first query with the first key" in text


# Who can know of whom


def reaches(may, T, layers):
    known = [{i} for i in range(T)]
    for _ in range(layers):
        known = [set().union(*(known[m] for m in range(T) if may(i, m))) for i in range(T)]
    return known


def test_depth_buys_distance_and_never_time(text, output):
    def window(i, j):
        return i - 3 < j <= i

    assert [0 in reaches(window, 7, n)[6] for n in (1, 2, 3)] == [False, False, True]
    assert "tired holds slept (2), as (2), it (1), was (1), tired (1)." in output
    assert all(max(known) <= i for i, known in enumerate(reaches(lambda i, j: j <= i, 7, 7)))
    opened = reaches(lambda i, j: j <= i or (i, j) == (1, 6), 7, 2)
    assert [i for i in range(7) if 6 in opened[i]] == [1, 2, 3, 4, 5, 6]
    assert "from *slept* to *was*" in text


def masked_layer(x, causal=True):
    contexts = []
    for i in range(len(x)):
        seen = x[: i + 1] if causal else x
        dots = [sum(p * q for p, q in zip(x[i], y, strict=True)) / math.sqrt(2) for y in seen]
        weights = softmax(dots)
        columns = zip(*seen, strict=True)
        contexts.append([sum(w * c for w, c in zip(weights, col, strict=True)) for col in columns])
    return contexts


def deep(x, layers, causal=True):
    for _ in range(layers):
        x = masked_layer(x, causal)
    return x


def test_bird_cannot_take_in_red(output, boxes):
    """Claim 8. Whatever stands in the place of red, bird's vector is the same to the last bit."""
    rng = random.Random(8)
    for layers in (1, 3):
        before = deep(BIRD, layers)
        for _ in range(20):
            other = [*BIRD[:3], (rng.gauss(0, 9), rng.gauss(0, 9))]
            after = deep(other, layers)
            assert after[:3] == before[:3]
            assert after[3] != before[3]
            assert deep(other, layers, causal=False)[1] != deep(BIRD, layers, causal=False)[1]
        assert f"causal, {layers} deep, the same: the bird is" in output
        assert f"no mask, {layers} deep, the same: nothing" in output
    dots = [sum(p * q for p, q in zip(BIRD[3], y, strict=True)) / math.sqrt(2) for y in BIRD]
    assert f"red gives {row(softmax(dots))}" in output
    found = box(boxes, "absorb information from")
    assert "*Red* takes 0.219 of *bird*" in found
    assert "under that mask it cannot happen" in found


def test_it_cannot_know_of_tired(text, output, boxes):
    """Claim 7. With any matrices, one layer weighs the nouns alike; a mask keeps the end out."""
    generator = torch.Generator().manual_seed(7)
    words = torch.randn(12, 6, generator=generator, dtype=torch.float64)
    ends = [torch.cat([words[:10], words[[10 + end]]]) for end in (0, 1)]
    mask = torch.ones(11, 11).bool().tril()
    for _ in range(5):
        asks, offers = torch.randn(2, 6, 6, generator=generator, dtype=torch.float64)
        ratios, vectors = [], []
        for x in ends:
            weights = (x @ asks @ (x @ offers).mT).softmax(-1)
            ratios.append((weights[7, 1] / weights[7, 5]).item())
            for _ in range(6):
                scores = (x @ asks @ (x @ offers).mT).masked_fill(~mask, -math.inf)
                x = torch.tanh(x + scores.softmax(-1) @ x)
            vectors.append(x)
        assert ratios[0] == pytest.approx(ratios[1], rel=1e-9)
        assert torch.equal(vectors[0][:10], vectors[1][:10])
        assert not torch.allclose(vectors[0][10], vectors[1][10])
    assert (
        "**No single layer can let the ending choose between the nouns, mask or no mask.**" in text
    )
    assert "cannot know whether" in box(boxes, "an encoder of two layers or more")


def test_the_hand_made_reading(text, output):
    """Chapter 8's features by name: a word is a dictionary of what it holds."""
    sentence = "the animal didn't cross the street because it was too".split()
    kinds = {"animal": "life", "street": "place", "it": "pronoun"}
    likes = {("pronoun", "tired"): 5, ("pronoun", "wide"): 5, ("tired", "life"): 5}
    likes[("wide", "place")] = 5

    def score(a, b):
        return sum(n * a.get(p, 0) * b.get(q, 0) for (p, q), n in likes.items())

    for masked, end in product((False, True), ("tired", "wide")):
        x = [{kinds.get(word, word if word == end else "other"): 1.0} for word in [*sentence, end]]
        for layer in (1, 2):
            tables = [
                softmax([score(a, b) for b in (x[: i + 1] if masked else x)])
                for i, a in enumerate(x)
            ]
            if layer == 1:
                given = [tables[7][1], tables[7][5]]
            x = [
                {
                    f: a.get(f, 0) + sum(w * b.get(f, 0) for w, b in zip(table, x, strict=False))
                    for f in ("life", "place", "pronoun", "tired", "wide", "other")
                }
                for a, table in zip(x, tables, strict=True)
            ]
        it, last = ([x[i][f] for f in ("life", "place")] for i in (7, 10))
        name = "causal" if masked else "no mask"
        expected = f"{name}, the end is {end} it gives {row(given)} animal/street "
        expected += f"it holds {row(it)} life/place {end} holds {row(last)}"
        assert expected in output
    for number in ["0.937", "0.015", "0.465 and 0.304", "2.391", "2.021"]:
        assert number in text


# What the mask buys


def test_examples_and_scores_are_counted(text, output):
    for n in (8, 1024):
        apart = n * (n + 1) * (2 * n + 1) // 6
        assert f"{n} words: {n * n:,} or {apart:,}" in output
    assert round(apart / n**2) == 342
    assert "342 times as many" in text
    assert "-inf before: 8 of 8" in output
    assert output.count("1 of 8") == 2


def test_the_mask_gives_order_away_in_two_layers(text):
    swapped = [BIRD[1], BIRD[0], *BIRD[2:]]
    once, twice = (
        np.allclose(deep(BIRD, n)[3], deep(swapped, n)[3], rtol=0, atol=1e-9) for n in (1, 2)
    )
    assert (once, twice) == (True, False)
    assert "in a second causal layer a word can tell in which order the others stand" in text


def test_an_experiment_needs_long_words(output):
    stirs = {"nudged": "red", "long": "bird is red"}
    for change, words in stirs.items():
        part = output.split(f"red {change}, and what stirs:")[1]
        assert f"-1e4 added: {words} -inf before: red" in part[:140]
        assert "zero after: the bird is red off by one: is red" in part[:110]
    length = 1e5
    for i, word in enumerate(BIRD[:3]):
        score = length * sum(p * q for p, q in zip(word, BIRD[3], strict=True)) / math.sqrt(2)
        assert (score > 1e4 + 1) == (i > 0)


def test_step_by_step_is_possible_without(boxes):
    found = box(boxes, "what makes step-by-step generation possible")
    assert "Possible it is without" in found


def test_the_reach_of_mistral():
    assert round(32 * 4096 / 1000) == 131


def test_the_solutions_numbers(worked):
    worked = flat(worked)
    gap = softmax([-10_001.0, -10_001.0, -10_000.0])
    assert f"trapped: {row(gap)}" in worked
    assert f"a gap of {math.log(2):.3f}" in worked
    assert "tired of animal: 3 it of tired: inf" in worked
    assert mean(gap[:2]) < gap[2] / 2 + 0.1
