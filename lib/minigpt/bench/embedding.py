"""Skip-gram against gensim's: words a second, and what the vectors know, over several seeds."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from statistics import mean, stdev, variance
from typing import Any

from minigpt import corpus
from minigpt.bench.timing import Findings, Target, Timing, peer, take_turns
from minigpt.embeddings import WordVectors, train_skipgram

N_STORIES = 12_000
SETTINGS = {"d_model": 32, "window": 4, "negatives": 5, "epochs": 5, "min_count": 1}
RATES = {"gensim, rate 0.025": 0.025, "gensim, rate 0.05": 0.05}  # its own default, and ours
OURS = "ours, rate 0.05"


def measure(rounds: int) -> Findings:
    """Learn the same stories with the same settings, each time from another seed.

    `analogies` is the share of the corpus's analogies whose answer comes first, the three
    words of the question left out; `of_all_words`, with them. `similar` is the share of its
    triples whose first word is more like the second than the third. Rows have means, and
    standard deviations over `rounds` + 1 seeds.

    Raises: ConfigError when rounds is not positive.
    Source: Mikolov et al. 2013b, section 3, for the score by analogies.
    """
    findings = Findings()
    sentences = [re.findall("[a-z']+", s.lower()) for s in corpus.stories(N_STORIES, seed=1)]
    trainers = {OURS: partial(train_skipgram, sentences, **SETTINGS, lr=0.05)}
    if gensim := peer("gensim", findings.notes):
        trainers |= {who: partial(_theirs, gensim, sentences, lr) for who, lr in RATES.items()}
    timings, vectors = _train(trainers, rounds)
    scores = {who: [score(each) for each in made] for who, made in vectors.items()}
    findings.timings += [Timing(f"skip-gram, {who}", t.seconds) for who, t in timings.items()]
    n_words = SETTINGS["epochs"] * sum(map(len, sentences))
    for who, timing in timings.items():
        speed = {"words_per_second": 1000 * n_words / timing.median_ms}
        findings.rows.append({"who": who} | speed | _summary(scores[who]))
    findings.targets += _targets(timings, scores)
    return findings


def _train(
    trainers: dict[str, Callable[..., WordVectors]], rounds: int
) -> tuple[dict[str, Timing], dict[str, list[WordVectors]]]:
    vectors: dict[str, list[WordVectors]] = {who: [] for who in trainers}

    def train(who: str) -> None:
        vectors[who].append(trainers[who](seed=len(vectors[who])))

    return take_turns({who: partial(train, who) for who in trainers}, rounds), vectors


def _theirs(gensim: Any, sentences: list[list[str]], lr: float, seed: int) -> WordVectors:
    """Word2Vec as its users call it, on one thread; nothing is left out of the text."""
    trained = gensim.models.Word2Vec(
        sentences,
        sg=1,
        vector_size=SETTINGS["d_model"],
        window=SETTINGS["window"],
        negative=SETTINGS["negatives"],
        epochs=SETTINGS["epochs"],
        min_count=SETTINGS["min_count"],
        sample=0,
        alpha=lr,
        seed=seed,
        workers=1,
    ).wv
    return WordVectors(trained.index_to_key, trained.vectors)


def score(vectors: WordVectors) -> dict[str, float]:
    """Return the shares of right answers among the questions whose words are all known.

    Raises: nothing.
    Source: Mikolov et al. 2013b, section 3; the questions are this book's.
    """
    asked = [q for q in corpus.ANALOGIES if all(word in vectors for word in q)]
    triples = [tuple(map(str.lower, triple)) for triple in corpus.SIMILAR]
    right = {
        "analogies": [vectors.analogy(a, b, c, n=1)[0][0] == d for a, b, c, d in asked],
        "of_all_words": [vectors.analogy(a, b, c, False, n=1)[0][0] == d for a, b, c, d in asked],
        "similar": [
            vectors.similarity(a, b) > vectors.similarity(a, c)
            for a, b, c in triples
            if {a, b, c} <= set(vectors.words)
        ],
    }
    return {name: float(mean(answers)) for name, answers in right.items()}


def _summary(scores: list[dict[str, float]]) -> dict[str, float]:
    summary = {}
    for name in scores[0]:
        shares = [each[name] for each in scores]
        summary |= {name: mean(shares), f"{name}_spread": stdev(shares)}
    return summary


def _targets(
    timings: dict[str, Timing], scores: dict[str, list[dict[str, float]]]
) -> Iterator[Target]:
    """Bound speeds, and scores: not worse than the better peer by two standard errors."""
    peers = timings.keys() - {OURS}
    for who in sorted(peers):
        ratio = timings[who].over(timings[OURS])
        yield Target(f"words a second, {OURS} / {who}", ratio, at_least=0.4)
    for name in ("analogies", "similar") if peers else ():
        ours, *theirs = ([each[name] for each in scores[who]] for who in (OURS, *peers))
        best = max(theirs, key=mean)
        error = ((variance(ours) + variance(best)) / len(ours)) ** 0.5
        what = f"{name} right, {OURS} - the better of gensim's (at least -2 standard errors)"
        yield Target(what, mean(ours) - mean(best), at_least=0 - 2 * error)
