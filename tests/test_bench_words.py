"""The bench's parts for tokenizers and word vectors, on tiny texts and with clocks of our own."""

import os
import re
from functools import partial
from itertools import accumulate, chain, cycle
from types import SimpleNamespace

import numpy as np
import pytest
from test_bench import absent

from minigpt import corpus
from minigpt.bench import embedding, tokenizing
from minigpt.bench.timing import Timing, take_turns
from minigpt.embeddings import WordVectors
from minigpt.errors import ConfigError, TokenizerError
from minigpt.tokenizer import PATTERN


def take(monkeypatch, module, *seconds):
    """Let the module's tasks take so many seconds, again and again in this order."""
    ticks = accumulate(chain.from_iterable((0, n) for n in cycle(seconds)))
    monkeypatch.setattr(module, "take_turns", partial(take_turns, clock=partial(next, ticks)))


# --- tokenizers -------------------------------------------------------------------------------


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(tokenizing, "LEARNED", (2_000, 5_000))
    monkeypatch.setattr(tokenizing, "FRESH", 3_000)
    monkeypatch.setattr(tokenizing, "VOCAB_SIZES", (270, 310))
    monkeypatch.setattr(tokenizing, "N_WORDS", 400)
    monkeypatch.setattr(tokenizing, "LINES", 3)
    for name in ("TOKENIZERS_PARALLELISM", "RAYON_NUM_THREADS"):
        monkeypatch.setenv(name, "as it was")  # and is again, after the test


def test_learning_is_compared_by_time_and_encoding_by_speed(tiny, monkeypatch):
    pytest.importorskip("tokenizers")
    take(monkeypatch, tokenizing, 1, 4)  # ours, theirs
    found = tokenizing.measure(3)
    assert os.environ["TOKENIZERS_PARALLELISM"] == "false"
    assert os.environ["RAYON_NUM_THREADS"] == "1"
    assert len(found.timings) == 2 * len(found.targets) == 2 * 2 * 2 * 2 * 3 and not found.notes
    assert [(t.what, t.measured, t.at_most, t.at_least) for t in found.targets[:3]] == [
        ("stories, 0.002 MB, 270 ids: time of learning, ours / tokenizers", 0.25, 2.0, None),
        ("stories, 0.002 MB, 270 ids: speed of encoding, cold, ours / tokenizers", 4.0, None, 1.5),
        ("stories, 0.002 MB, 270 ids: speed of encoding, warm, ours / tokenizers", 4.0, None, 1.5),
    ]
    last = found.timings[-1]
    assert last.what == "rare words, 0.005 MB, 310 ids: speed of encoding, warm, tokenizers"
    assert last.seconds == (4, 4, 4)


def test_rows_say_how_hard_the_texts_are(tiny, monkeypatch):
    absent(monkeypatch, "tokenizers")
    rows = tokenizing.measure(1).rows
    assert [row["text"] for row in rows] == ["stories"] * 2 + ["rare words"] * 2
    documents = tokenizing.make_documents("rare words", 5_000, seed=1)
    pieces = PATTERN.findall("".join(documents))
    size = len("".join(documents).encode())
    assert rows[3] == {
        "text": "rare words",
        "bytes": size,
        "pieces": len(pieces),
        "different": len(set(pieces)),
    }
    assert 5_000 <= size < 6_000


def test_without_its_peer_only_our_times_are_taken(tiny, monkeypatch):
    absent(monkeypatch, "tokenizers")
    found = tokenizing.measure(1)
    assert found.notes == ["tokenizers is not installed: pip install 'minigpt[bench]'"]
    assert found.targets == [] and len(found.timings) == 2 * 2 * 2 * 3
    assert all(timing.what.endswith(", ours") for timing in found.timings)


@pytest.mark.parametrize(
    ("what", "spoil", "message"),
    [
        (
            "merges",
            lambda found: [*found[:5], ("x", "y"), *found[6:]],
            "the same merges .* place 5",
        ),
        ("merges", lambda found: found[:-1], "the same merges .* place 13"),
        ("encode", lambda found: [found[0], found[1][::-1], *found[2:]], "the same ids .* place 1"),
    ],
)
def test_unequal_results_are_no_comparison(tiny, monkeypatch, what, spoil, message):
    pytest.importorskip("tokenizers")
    real = getattr(tokenizing._Theirs, what)
    monkeypatch.setattr(tokenizing._Theirs, what, lambda *given: spoil(real(*given)))
    with pytest.raises(TokenizerError, match=message):
        tokenizing.measure(1)


def test_a_cold_tokenizer_has_met_no_piece_and_a_warm_one_all(tiny, monkeypatch):
    absent(monkeypatch, "tokenizers")
    met, encode = [], tokenizing._Ours.encode

    def spy(side, tokenizer, documents):
        met.append(len(tokenizer._ids_of))
        return encode(side, tokenizer, documents)

    monkeypatch.setattr(tokenizing._Ours, "encode", spy)
    monkeypatch.setattr(tokenizing, "LEARNED", (2_000,))
    monkeypatch.setattr(tokenizing, "VOCAB_SIZES", (270,))
    tokenizing.measure(2)
    for kind in ("stories", "rare words"):  # compared once, then cold and warm, 1 + 2 times each
        counts, met = met[:7], met[7:]
        fresh = "".join(tokenizing.make_documents(kind, 3_000, seed=2))
        assert counts == [0] * 4 + [len(set(PATTERN.findall(fresh)))] * 3
    assert met == []


def test_no_rounds_are_refused(tiny, monkeypatch):
    with pytest.raises(ConfigError, match="at least 1 round"):
        tokenizing.measure(0)


@pytest.mark.parametrize("kind", tokenizing.KINDS)
def test_documents_are_whole_lines_and_no_piece_reaches_across_two(kind):
    documents = tokenizing.make_documents(kind, 20_000, seed=1)
    assert all(document.count("\n") == tokenizing.LINES for document in documents)
    apart = [piece for document in documents for piece in PATTERN.findall(document)]
    assert PATTERN.findall("".join(documents)) == apart
    size = sum(len(document.encode()) for document in documents)
    assert size - len(documents[-1].encode()) < 20_000 <= size
    assert documents == tokenizing.make_documents(kind, 20_000, seed=1)
    other = tokenizing.make_documents(kind, 20_000, seed=2)
    known = set(PATTERN.findall("".join(documents)))
    new = PATTERN.findall("".join(other))
    assert other != documents and np.mean([piece in known for piece in new]) > 0.5


# --- word vectors -----------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(embedding, "N_STORIES", 400)
    small = {"d_model": 6, "window": 2, "negatives": 3, "epochs": 4, "min_count": 2}
    monkeypatch.setattr(embedding, "SETTINGS", small)


def test_words_a_second_come_from_the_clock(few, monkeypatch):
    pytest.importorskip("gensim")
    take(monkeypatch, embedding, 1, 2, 8)  # ours, then theirs at each rate
    found = embedding.measure(1)
    told = " ".join(corpus.stories(400, seed=1)).lower()
    n_words = 4 * len(re.findall("[a-z']+", told))  # in four epochs
    speeds = [(row["who"], row["words_per_second"]) for row in found.rows]
    assert speeds == [
        ("ours, rate 0.05", n_words),
        ("gensim, rate 0.025", n_words / 2),
        ("gensim, rate 0.05", n_words / 8),
    ]
    assert [(t.measured, t.at_least) for t in found.targets[:2]] == [(2.0, 0.4), (8.0, 0.4)]
    assert [t.what.split()[0] for t in found.targets] == ["words", "words", "analogies", "similar"]
    assert len(found.timings) == 3 and found.notes == []


def test_without_gensim_our_words_are_counted_alone(few, monkeypatch):
    absent(monkeypatch, "gensim")
    found = embedding.measure(1)
    assert found.notes == ["gensim is not installed: pip install 'minigpt[bench]'"]
    assert [row["who"] for row in found.rows] == ["ours, rate 0.05"] and found.targets == []
    assert set(found.rows[0]) == {
        *("who", "words_per_second", "analogies", "analogies_spread"),
        *("of_all_words", "of_all_words_spread", "similar", "similar_spread"),
    }


ROLES = {role: n for n, pair in enumerate(corpus.PAIRS) for role in pair}


def court(gender):
    """A role is one number of its vector, and its gender another; soup is a bit of everything."""
    points = np.zeros((len(ROLES) + 1, len(corpus.PAIRS) + 1))
    for row, (role, n) in enumerate(ROLES.items()):
        points[row, n] = 1
        points[row, -1] = gender if role == corpus.PAIRS[n][0] else -gender
    points[-1] = 1
    return WordVectors([*ROLES, "soup"], points)


def test_both_learn_the_same_text_with_the_same_settings_from_the_same_seeds(few, monkeypatch):
    asked = {"ours": [], "theirs": []}

    def ours(sentences, **settings):
        asked["ours"].append((sentences, settings))
        return court(0.5)

    def theirs(sentences, **settings):
        asked["theirs"].append((sentences, settings))
        return SimpleNamespace(wv=SimpleNamespace(index_to_key=["king"], vectors=np.ones((1, 2))))

    gensim = SimpleNamespace(models=SimpleNamespace(Word2Vec=theirs))
    monkeypatch.setattr(embedding, "peer", lambda name, notes: gensim)
    monkeypatch.setattr(embedding, "train_skipgram", ours)
    monkeypatch.setattr(embedding, "score", lambda vectors: {"analogies": 0.5, "similar": 0.5})
    embedding.measure(2)
    same = {"window": 2, "epochs": 4, "min_count": 2}
    assert [settings for _, settings in asked["ours"]] == [
        {**same, "d_model": 6, "negatives": 3, "lr": 0.05, "seed": seed} for seed in range(3)
    ]
    fixed = {"vector_size": 6, "negative": 3, "sample": 0, "sg": 1, "workers": 1}
    assert [settings for _, settings in asked["theirs"]] == [
        {**same, **fixed, "alpha": rate, "seed": seed}
        for seed in range(3)
        for rate in (0.025, 0.05)
    ]
    texts = [sentences for each in asked.values() for sentences, _ in each]
    assert all(text == texts[0] for text in texts) and len(texts[0]) == 400


def test_the_score_counts_first_answers_and_the_liker_of_two():
    assert embedding.score(court(0.5)) == {"analogies": 1.0, "of_all_words": 1.0, "similar": 1.0}
    told = embedding.score(court(0.0))  # a king is a queen, and wins its own question
    assert told["analogies"] == told["similar"] == 1.0 and told["of_all_words"] == 0.5
    apart = embedding.score(court(0.95))  # a king is more like soup than like a queen, who is near
    assert apart["analogies"] == 1.0 and apart["similar"] == 0.0


def test_a_score_may_lie_two_standard_errors_below_the_better_peer():
    def scores(*shares):
        return [{"analogies": share, "similar": 1.0} for share in shares]

    shares = {embedding.OURS: scores(0.9, 0.7), "a": scores(0.8, 0.8), "b": scores(0.85, 0.95)}
    timings = {who: Timing(who, (1.0,)) for who in shares}
    *_, analogies, similar = embedding._targets(timings, shares)
    assert analogies.measured == pytest.approx(-0.1)  # 0.8 against 0.9, the better
    assert analogies.at_least == pytest.approx(-2 * ((0.02 + 0.005) / 2) ** 0.5)
    assert analogies.holds and (similar.measured, similar.at_least) == (0.0, 0.0) and similar.holds


def test_spreads_are_standard_deviations():
    found = embedding._summary([{"similar": 0.5}, {"similar": 0.8}, {"similar": 0.8}])
    assert found == pytest.approx({"similar": 0.7, "similar_spread": 0.03**0.5})
