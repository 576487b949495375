"""Every number of chapter 1 computed anew, in plain Python and by other ways than the chapter's.

And what the articles say of the game, as the page says it.
"""

import itertools
import math
import random
import re
from collections import Counter
from fractions import Fraction
from functools import cache

import pytest

from minigpt import corpus
from minigpt.corpus.spelling import join, split

NOTEBOOK = "01_next_token_game.ipynb"
END = "\n"
V = len(corpus.words()) + 1


@cache
def told(n, seed):
    return tuple((*split(text), END) for text in corpus.stories(n, seed=seed))


def phrases(story, n):
    """Each n words in a row, the first n - 1 of them ends."""
    padded = (END,) * (n - 1) + tuple(story)
    return list(zip(*(padded[k:] for k in range(n)), strict=False))


@cache
def counted(size, seed, n):
    every = Counter(p for story in told(size, seed) for p in phrases(story, n))
    before = Counter()
    for phrase, times in every.items():
        before[phrase[:-1]] += times
    return every, before


def bits(stories, n, alpha, size=3000, below=V):
    """A story's mean price to an n-gram; `below` times alpha is added to the denominator."""
    every, before = counted(size, 1, n)
    found = (p for story in stories for p in phrases(story, n))
    chances = ((every[p] + alpha) / (before[p[:-1]] + alpha * below) for p in found)
    return sum(map(math.log2, (1 / c for c in chances))) / len(stories)


def truth(n, seed):
    return sum(map(corpus.story_bits, corpus.stories(n, seed=seed))) / n


# ---- bets and bits


def test_the_price_list(output, text):
    for bet in (1, 0.9, 0.5, 0.3, 1 / 32, 0.01):
        price = math.log(1 / bet) / math.log(2)
        assert f"bet {bet:.3f} price {price:.3f} bits" in output
    assert "and 0.3 costs 1.737" in text
    product = Fraction(1, 2) * Fraction(1, 8) * Fraction(1, 4)
    assert product == Fraction(1, 2**6)
    assert f"product {float(product)} -> bits 6.0" in output
    assert float(product**400) == 0
    assert "long text: product 0.0\n prices 2400.0" in output


def test_the_law(output, text):
    after = corpus.next_words("The king made a law against")
    assert sum(after.values()) == pytest.approx(1)
    assert f"and {len(after) - 4} more; sum 1.000" in output
    (best,) = [word for word, p in after.items() if p == max(after.values())]
    assert f"{best} {after[best]:.3f}" in output
    assert f"*Whistling*, with {after['whistling']:.3f}, and {len(after) - 1} others" in text


def test_the_suppers(output, text):
    truth = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 8)]
    for name, bet in [("knows", truth), ("even", [0.25] * 4), ("contrary", truth[::-1])]:
        price = sum(float(p) * math.log2(1 / b) for p, b in zip(truth, bet, strict=True))
        assert f"{name} pays {price:.3f} bits a supper" in output
        assert f"{name}: {price:.3f} bits, perplexity {2**price:.3f}" in output
    assert "below 1.75: 0 of 100000" in output
    assert "1.75 bits" in text
    ours, theirs = map(float, re.search(r"ours ([\d.]+), PyTorch's ([\d.]+)", output).groups())
    assert theirs / math.log(2) == pytest.approx(ours, abs=1e-3)


def test_no_bet_pays_less_than_the_truth_and_the_ratio_is_1_on_average():
    rng = random.Random(1)
    for _ in range(200):
        raw = [[rng.expovariate(1) for _ in range(5)] for _ in range(2)]
        p, b = ([Fraction(x) / sum(map(Fraction, row)) for x in row] for row in raw)
        assert sum(pi * (bi / pi) for pi, bi in zip(p, b, strict=True)) == 1
        saved = sum(float(pi) * math.log2(bi / pi) for pi, bi in zip(p, b, strict=True))
        assert saved <= 0
    for r in (0.01, 0.5, 1, 1.5, 40):
        assert math.log2(r) <= (r - 1) / math.log(2)


def test_an_honest_player_gets_ahead_as_rarely_as_the_limit_says(output, text):
    p, n = [0.5, 0.25, 0.125, 0.125], 10
    gains = {1: -1, 2: 0, 3: 1}  # bits, by how many halvings the truth paid
    chances = Counter({0: 1.0})
    for _ in range(n):
        step = Counter()
        for ahead, chance in chances.items():
            for pi in p:
                step[ahead + gains[round(math.log2(1 / pi))]] += chance * pi
        chances = step
    for k in (1, 2, 4, 6):
        exact = sum(chance for ahead, chance in chances.items() if ahead >= k)
        assert exact <= 2**-k
        shown = re.search(rf"{k} ahead: ([\d.]+) of games, limit 1/{2**k}\n", output)[1]
        assert float(shown) == pytest.approx(exact, abs=0.004)
    assert sum(chance * 2.0**ahead for ahead, chance in chances.items()) == pytest.approx(1)
    behind = sum(chance for ahead, chance in chances.items() if ahead < 0)
    shown = re.search(r"mean ratio 1\.0, and yet behind\nin ([\d.]+) of games", output)[1]
    assert float(shown) == pytest.approx(behind, abs=0.004)
    assert "Behind in three games out of four" in text
    assert "a chance of at most 1 in $2^k$" in text


def test_the_ratios_of_the_suppers(output):
    truth = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 8)]
    for name, bet in [("even", [Fraction(1, 4)] * 4), ("contrary", truth[::-1])]:
        ratios = [b / p for b, p in zip(bet, truth, strict=True)]
        assert sum(p * r for p, r in zip(truth, ratios, strict=True)) == 1
        saved = sum(p * round(math.log2(r)) for p, r in zip(truth, ratios, strict=True))
        line = rf"{name}: ratios \[(.*)\]\n mean 1\.000, saves {float(saved):.3f} bits"
        shown = re.search(line, output)[1]
        assert list(map(float, shown.split())) == list(map(float, ratios))


# ---- the floor


def test_tilda(output, text):
    story = "Tilda the cobbler was born in Oakwick, makes good shoes, and never works on a Friday."
    words = [*split(story), END]
    assert len(words) == 20
    assert "Twenty words and marks, with the end" in text
    free = 0
    for i, word in enumerate(words):
        before = re.sub(r" ([,.])", r"\1", " ".join(words[:i]))
        p = corpus.next_words(before)[word]
        free += p == 1
        if p < 1:
            assert f"{word}: true {p:.4f}, {-math.log2(p):.3f} bits" in output
    assert f"the other {free} words cost nothing" in output
    total = corpus.story_bits(story)
    assert f"sum {total:.3f} bits\nthe corpus says {total:.3f}" in output
    assert round(total) == 10
    assert round(-math.log2(corpus.next_words("")["Tilda"])) == 6


def test_the_floor(output, text):
    assert f"entropy: {corpus.entropy():.3f} bits a story" in output
    assert f"{corpus.entropy():.3f} bits: the stories" in text
    for seed in (1, 2, 3):
        assert f"500 stories, seed {seed}: {truth(500, seed):.2f}" in output
    every = [corpus.story_bits(s) for s in corpus.stories(500, seed=3)]
    mean = sum(every) / 500
    spread = math.sqrt(sum((b - mean) ** 2 for b in every) / 500)
    assert f"another: +- {spread:.1f}" in output


# ---- counting


def test_the_table(output, text):
    every, before = counted(3000, 1, 2)
    assert f"{V * V:,} entries, {len(every):,} of them not 0" in output
    assert f"{sum(before.values()):,} words counted" in output
    assert f"the corpus has {V - 1:,} words and marks" in text
    assert "One in two hundred" in text
    assert 150 < V * V / len(every) < 250
    new = sum(any(p not in every for p in phrases(s, 2)) for s in told(500, 2))
    assert f"with a new pair: {new} of 500 stories" in output
    assert 0.29 < new / 500 < 1 / 3


def test_smoothing(output, text):
    for alpha in (1, 0.1, 0.01, 0.001, 0.0001):
        paid = bits(told(3000, 1), 2, alpha), bits(told(500, 2), 2, alpha)
        assert f"{alpha} {paid[0]:.1f} {paid[1]:.1f}" in output
    held_out = {a: bits(told(500, 2), 2, a) for a in (1, 0.1, 0.01, 0.001, 0.0001)}
    assert min(held_out, key=held_out.get) == 0.001
    nats = bits(told(500, 2), 2, 0.001) * 500 * math.log(2) / sum(map(len, told(500, 2)))
    assert f"{nats:.3f} nats a word, perplexity {math.exp(nats):.2f}" in output
    assert "Of its 98 bits a story, the truth would have to pay 25. The other seventy-three" in text
    assert round(held_out[0.001] - truth(500, 2)) == 73


def test_memory_and_over_fitting(output, text):
    held_out = {}
    for n in (2, 3, 4, 5):
        training, held_out[n] = (bits(s, n, 0.001) for s in (told(500, 1), told(500, 2)))
        words = f"{n - 1} word{'s' * (n > 2)}"
        assert f"{words} {training:.1f} {held_out[n]:.1f}" in output
    assert min(held_out, key=held_out.get) == 3
    assert f"Held out, the best is the trigram with {held_out[3]:.1f}, player B" in text
    assert [round(held_out[n]) for n in (2, 3)] == [98, 68]


def test_the_curves(output, text):
    sizes, held = (100, 300, 1000, 3000, 10_000), {}
    for n in (2, 3):
        training = [bits(told(size, 1)[:300], n, 0.001, size) for size in sizes]
        held[n] = [bits(told(500, 2)[:300], n, 0.001, size) for size in sizes]
        lines = (" ".join(f"{b:.1f}" for b in paid) for paid in (training, held[n]))
        shown = "\n ".join(lines)
        assert f"{n}-gram, training, then held out\n {shown}" in output
        assert training == sorted(training)
        assert held[n] == sorted(held[n], reverse=True)
    better = [a < b for a, b in zip(held[2], held[3], strict=True)]
    assert better == [True, True, False, False, False]
    assert "With 100 or 300 stories the bigram is the better player, with 1,000 the trigram" in text


# ---- writing


def test_short_memories_write_no_stories(output, text):
    """Other seeds, another way of drawing: none, none, few, some."""
    rng, good = random.Random(7), {}
    for n in (2, 3, 4, 5):
        rows = {}
        for phrase, times in counted(3000, 1, n)[0].items():
            rows.setdefault(phrase[:-1], Counter())[phrase[-1]] = times
        good[n] = 0
        for _ in range(300):
            words = [END] * (n - 1)
            while len(words) < n or words[-1] != END:
                after = rows[tuple(words[len(words) - n + 1 :])]
                words += rng.choices(list(after), weights=after.values())
            good[n] += corpus.is_story(join(words[n - 1 : -1]))
    assert good[2] == good[3] == 0
    assert 0 < good[4] < 20 < 2 * good[5] < 100
    assert "2-gram: [0, 0, 0] stories in 300" in output
    assert "3-gram: [0, 0, 0] stories in 300" in output
    assert "Not one in 900 by the bigram, and not one by the trigram" in text


def test_the_greedy_bigram_walks_in_circles(output):
    every, _ = counted(3000, 1, 2)
    word, walked = END, []
    for _ in range(12):
        after = {p[1]: times for p, times in every.items() if p[0] == word}
        word = min(w for w in after if after[w] == max(after.values()))
        walked.append(word)
    assert walked[4:8] == walked[8:12]
    assert "the cook had only the cook had only" in " ".join(output.split())


# ---- below the floor


def paid_by_c():
    def windows(story):
        padded = (END,) * 3 + tuple(story)
        return [(padded[i - 2 : i + 1], padded[i]) for i in range(3, len(padded))]

    every = Counter(w for story in told(3000, 1) for w in windows(story))
    before = Counter(w for story in told(3000, 1) for w, _ in windows(story))
    found = [(w, x) for story in told(500, 2) for w, x in windows(story)]
    return sum(math.log2((before[w] + 0.001 * V) / (every[w, x] + 0.001)) for w, x in found) / 500


def test_the_players_below_the_floor(output, text):
    floor, c = truth(500, 2), paid_by_c()
    e = bits(told(500, 1), 6, 0)
    d, f = bits(told(500, 2), 6, 1, below=1), bits(told(500, 2), 3, 1, below=1)
    for name, paid in [("C", c), ("D", d), ("E", e), ("the truth pays", floor)]:
        assert f"{name} {paid:.2f}" in output
    honest = bits(told(500, 2), 3, 1)
    assert f"F {f:.2f}, honestly {honest:.2f}" in output
    assert f"It pays {f:.2f} where it owes {honest:.2f}" in text
    assert max(c, d) < floor
    assert e < truth(500, 1)
    assert f > floor + 15
    ahead = 500 * (floor - c)
    assert f"C is {ahead:.0f} bits ahead of it" in output
    assert f"C is ahead by {ahead:.0f}." in text
    assert round(c) == 24
    assert "player C, who looks at three, 24" in text


@pytest.mark.parametrize(("train", "test"), [(11, 12), (21, 22)])
def test_with_other_seeds_the_order_is_the_same(train, test):
    every = {n: Counter(p for s in told(3000, train) for p in phrases(s, n)) for n in (2, 3, 4)}
    held_out = {}
    for n, seen in every.items():
        before = Counter()
        for phrase, times in seen.items():
            before[phrase[:-1]] += times
        found = [p for s in told(500, test) for p in phrases(s, n)]
        chances = ((seen[p] + 0.001) / (before[p[:-1]] + 0.001 * V) for p in found)
        held_out[n] = -sum(map(math.log2, chances)) / 500
    assert truth(500, test) + 30 < held_out[3] < held_out[4] < held_out[2]


def test_letters_and_words(output, text):
    letters = sorted({c for s in corpus.stories(3000, seed=1) for c in s} | {END})
    pairs = Counter(p for s in corpus.stories(3000, seed=1) for p in itertools.pairwise(f"\n{s}\n"))
    before = Counter()
    for (a, _), times in pairs.items():
        before[a] += times
    held_out = corpus.stories(500, seed=2)
    found = [p for s in held_out for p in itertools.pairwise(f"\n{s}\n")]
    chances = ((pairs[p] + 0.001) / (before[p[0]] + 0.001 * len(letters)) for p in found)
    total = -sum(map(math.log2, chances))
    words = 500 * bits(told(500, 2), 2, 0.001)
    n_words = sum(map(len, told(500, 2)))
    for name, paid, n in [("words", words, n_words), ("letters", total, len(found))]:
        each = paid / n
        assert f"bigram of {name}: {paid / 500:.1f} bits a story" in output
        assert f"{each:.2f} bits a token, perplexity {2**each:.2f}" in output
    assert total / len(found) < words / n_words
    assert total > 4 * words
    assert f"per letter: {words / len(found):.2f}" in output
    assert f"pays {words / n_words:.2f} bits a token, or {words / len(found):.2f}" in text


# ---- the articles


def test_nothing_but_weights(text):
    assert '"nothing but weights"' in text
    assert '"Where do the words come from?"' in text
    assert 1_000 < 1_558e6 / (V * V) < 1_500  # GPT-2's largest
    assert "a thousand times as many weights" in text


def test_append_and_repeat(text):
    assert '"input -> predict one token -> append it"' in text
    assert '"not directly writing English"' in text
    assert '"stuck in repetitive patterns"' in text
    assert "it holds for a table of counts" in text


# ---- the solutions


def test_the_mixture(worked, answers):
    fresh = told(500, 3)
    alone = [bits(fresh, n, 0.001) for n in (2, 3, 4)]
    assert "alone: " + " ".join(f"{b:.1f}" for b in alone) in worked
    weights = [float(w) for w in re.search(r"held out \[([\d. ]+)\]", worked)[1].split()]
    assert sum(weights) == pytest.approx(1, abs=0.002)
    paid = 0.0
    for story in fresh:
        rows = zip(*(phrases(story, n) for n in (2, 3, 4)), strict=True)
        for row in rows:
            bet = 0.0
            for weight, n, p in zip(weights, (2, 3, 4), row, strict=True):
                every, before = counted(3000, 1, n)
                bet += weight * (every[p] + 0.001) / (before[p[:-1]] + 0.001 * V)
            paid -= math.log2(bet) / 500
    assert f"]: {paid:.1f}" in worked
    assert f"The mixture pays {paid:.1f} bits" in answers
    assert f"The truth pays {truth(500, 3):.1f} for them" in answers


def test_the_stories_that_were_met(worked, answers):
    known = set(corpus.stories(3000, seed=1))
    met = sum(s in known for s in corpus.stories(500, seed=2))
    assert f"seed 2 met in training: {met}" in worked
    assert met == 19
    assert "Nineteen of the held-out stories" in answers


def test_two_bets_of_one_price():
    assert Fraction(1, 4) ** 2 == Fraction(1, 2) * Fraction(1, 8)
    assert round(2 ** (7 / 5), 3) == 2.639
