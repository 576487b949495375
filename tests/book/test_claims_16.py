"""What chapter 16 says of sampling, computed anew in plain Python; and that it says so.

The article: greedy decoding "can become dull or get stuck in repetitive patterns" (003).
"""

import itertools
import math
import random
import statistics

import pytest

from minigpt import corpus

NOTEBOOK = "16_sampling.ipynb"
PAPER = {"bread": 0.4, "soup": 0.3, "cheese": 0.2, "mice": 0.08, "xylophones": 0.02}


@pytest.fixture(scope="module")
def page(text, output):
    return " ".join(text.split()), " ".join(output.split())


def shared_out(shares):
    return [share / sum(shares) for share in shares]


def row(shares, digits=3):
    return "[" + ", ".join(f"{share:.{digits}f}" for share in shares) + "]"


def nucleus(shares, p):
    reached, kept = 0, []
    for share in shares:  # the likeliest first
        kept.append(share if reached < p - 1e-12 else 0)
        reached += share
    return shared_out(kept)


def warm(shares, tau):
    return shared_out([share ** (1 / tau) for share in shares])


def first(shares, k):
    return shared_out([share * (i < k) for i, share in enumerate(shares)])


def at_least(shares, m):
    return shared_out([share * (share >= m * max(shares)) for share in shares])


def test_the_articles_sentence_is_quoted_and_shown(page):
    prose, printed = page
    assert '"can become dull or get stuck in repetitive patterns"' in prose
    assert "7 stories, 1 different" in printed


@pytest.mark.parametrize("seed", range(5))
def test_a_greedy_walk_on_a_finite_map_comes_back(seed, page):
    lot = random.Random(seed)
    vocab_size = 50
    likeliest = [lot.randrange(vocab_size) for _ in range(vocab_size)]
    seen, word = [], 0
    while word not in seen:
        seen.append(word)
        word = likeliest[word]
    assert len(seen) <= vocab_size
    assert "at the latest after `vocab_size` steps" in page[0]


def test_on_paper(page):
    shares = list(PAPER.values())
    for tau in (0.5, 2):
        assert row(warm(shares, tau)) in page[1]
    for kept in (first(shares, 2), nucleus(shares, 0.8), at_least(shares, 0.1)):
        assert row(kept) in page[1]
    assert warm(shares, 2)[4] / 0.02 > 3  # "more than three times what they had"


def test_the_order_on_paper(page):
    shares, printed = list(PAPER.values()), page[1]
    orders = {
        "top-k 3, then top-p 0.75": nucleus(first(shares, 3), 0.75),
        "top-p 0.75, then top-k 3": first(nucleus(shares, 0.75), 3),
        "τ 2, then top-p 0.65": nucleus(warm(shares, 2), 0.65),
        "top-p 0.65, then τ 2": warm(nucleus(shares, 0.65), 2),
        "τ 2, then min-p 0.3": at_least(warm(shares, 2), 0.3),
        "min-p 0.3, then τ 2": warm(at_least(shares, 0.3), 2),
    }
    for name, left in orders.items():
        assert printed.split(f"{name}: ")[1].startswith(row(left)), name
    counts = [sum(share > 0 for share in left) for left in orders.values()]
    assert counts[0] < counts[1]
    assert counts[2] > counts[3]
    assert counts[4] > counts[5]


@pytest.mark.parametrize("seed", range(20))
def test_two_pairs_never_quarrel(seed, page):
    lot = random.Random(seed)
    shares = sorted(shared_out([lot.random() ** 3 for _ in range(9)]), reverse=True)
    k, T, m = lot.randrange(1, 9), lot.uniform(0.3, 3), lot.random()
    assert warm(first(shares, k), T) == pytest.approx(first(warm(shares, T), k))
    assert at_least(first(shares, k), m) == pytest.approx(first(at_least(shares, m), k))
    assert "Of the six pairs two never quarrel" in page[0]


def test_the_other_four_do(page):
    shares = list(PAPER.values())
    ways = {"T": (warm, 2), "k": (first, 3), "p": (nucleus, 0.75), "m": (at_least, 0.3)}

    def both(a, b):
        (f, x), (g, y) = ways[a], ways[b]
        return g(f(shares, x), y) != pytest.approx(f(g(shares, y), x))

    quarrels = {a + b for a, b in itertools.combinations(ways, 2) if both(a, b)}
    ways |= {"p": (nucleus, 0.65), "m": (at_least, 0.3)}
    quarrels |= {a + b for a, b in itertools.combinations(ways, 2) if both(a, b)}
    assert quarrels == {"Tp", "Tm", "kp", "pm"}
    assert "top-p is in three of them" in page[0]


def test_forty_throws(page):
    n = 41
    for share in (0.99, 0.995, 0.996, 0.999):
        assert f"each with {share}: a story with {share**n:.2f}" in page[1]
    assert 5 / 6 < 0.996**n < 7 / 8  # "six stories in seven"
    assert 0.99**n == pytest.approx(2 / 3, abs=0.02)


def test_the_penalty_rewards_what_is_negative(page):
    def softmax(logits):
        return shared_out([math.exp(logit) for logit in logits])

    came, divided, mended = [2, 1, -2], [1, 1, -1], [1, 1, -4]
    for logits in (came, divided, mended, [5 / 2, 4, 1 / 2]):
        assert row(softmax(logits)) in page[1]
    assert softmax(divided)[2] > softmax(came)[2] > softmax(mended)[2]
    assert "The third token was *rewarded*" in page[0]


def test_the_two_roads(page):
    texts = {("A", n): 0.06 for n in range(10)} | {("B", 0): 0.4}
    assert max(texts, key=texts.get) == ("B", 0)
    assert sum(texts.values()) == pytest.approx(1)
    assert "likeliest: ('B', 'b') 0.40" in page[1]


def test_the_beams(page):
    found = page[1].split("16 beams, ")[1]
    bits, true = float(found.split()[0]), float(found.split("(grammar: ")[1].split(")")[0])
    assert found.split("): ")[1].startswith("The bank stood on the bank of the river")
    assert bits == 7.6
    assert abs(true - bits) < 0.5  # "the grammar tells it as often"
    assert 150 < 2**bits < 250  # "once in two hundred"
    two, four = (float(page[1].split(f"{n} beams, ")[1].split()[0]) for n in (2, 4))
    assert two < four  # "four beams found a less likely story than two"


def test_a_thousand_heads(page):
    # The likeliest sequence, against all sequences with about 600 heads.
    assert 1000 * math.log10(0.6) < -200
    about = sum(math.comb(1000, n) * 0.6**n * 0.4 ** (1000 - n) for n in range(550, 651))
    assert about > 0.99
    assert "you will never see it" in page[0]


def test_distinct_pairs_on_paper(page):
    rows = [story.split() for story in ("the cat saw the cat", "the cat sat")]
    pairs = [pair for words in rows for pair in itertools.pairwise(words)]
    assert f"on paper: {len(set(pairs)) / len(pairs):.3f}" in page[1]


def test_the_share_of_grammatical_stories(page):
    prose, printed = page
    rows = printed.split("distinct-2 bits ")[1]
    counts = {}
    for name in ("the corpus", "greedy", "nothing", "τ 0.5", "τ 1.5", "top-k 5", "top-p 0.9"):
        counts[name] = int(rows.split(f"{name} ")[1].split()[0])
    for name in ("min-p 0.1", "τ 1.5, min-p 0.1"):
        counts[name] = int(rows.rsplit(f"{name} ", 1)[1].split()[0])
    assert counts["the corpus"] == counts["greedy"] == 100
    assert prose.count("Eighty-six.") == 1
    assert counts["nothing"] == 86
    assert counts["τ 1.5"] <= 25  # "ruins four stories in five"
    assert min(counts["top-p 0.9"], counts["min-p 0.1"], counts["τ 1.5, min-p 0.1"]) >= 95
    assert f"the corpus: {corpus.entropy():.1f} bits" in printed


def test_a_hundred_stories_are_few(page):
    bits = [corpus.story_bits(story) for story in corpus.stories(100, seed=16)]
    error = statistics.stdev(bits) / 10
    assert f"uncertain by about {error:.1f}" in page[0]
