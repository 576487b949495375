import gzip
import re
from collections import Counter

import numpy as np
import pytest
import torch

from minigpt import corpus
from minigpt.embeddings import WordVectors, skipgram, skipgram_gradients, train_skipgram
from minigpt.errors import EmbeddingError

# --- one step against autograd -------------------------------------------------------------


def autograd(center, context, negatives):
    """The loss of eq. 4 written out in torch, and its gradients."""
    leaves = [torch.tensor(array, requires_grad=True) for array in (center, context, negatives)]
    c, o, n = leaves
    loss = -torch.nn.functional.logsigmoid(o @ c) - torch.nn.functional.logsigmoid(-n @ c).sum()
    return [grad.numpy() for grad in torch.autograd.grad(loss, leaves)]


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize(("d_model", "n_negatives"), [(1, 1), (3, 5), (7, 2)])
def test_gradients_are_autograds(scale, d_model, n_negatives):
    rng = np.random.default_rng(d_model)
    inputs = [scale * rng.standard_normal(s) for s in (d_model, d_model, (n_negatives, d_model))]
    ours, theirs = skipgram_gradients(*inputs), autograd(*inputs)
    for left, right in zip(ours, theirs, strict=True):
        assert left.shape == right.shape
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-12)


def test_gradients_stay_finite_for_huge_scores():
    with np.errstate(all="raise"):
        grads = skipgram_gradients(np.full(2, 1e3), np.full(2, -1e3), np.full((3, 2), 1e3))
    assert np.allclose(grads[1], -1e3) and np.allclose(grads[2], 1e3)


# --- the batched step against the single one -----------------------------------------------


def pair_by_pair(centers, others, n_contexts, window):
    """What `batch_gradients` must equal: every centre with each of its real contexts."""
    d_centers, d_others = np.zeros_like(centers), np.zeros_like(others)
    for i, count in enumerate(n_contexts):
        negatives = others[i, 2 * window :]
        for j in range(count):
            d_center, d_context, d_negatives = skipgram_gradients(
                centers[i], others[i, j], negatives
            )
            d_centers[i] += d_center
            d_others[i, j] += d_context
            d_others[i, 2 * window :] += d_negatives
    return d_centers, d_others


def test_batch_gradients_are_the_sum_over_pairs():
    rng = np.random.default_rng(0)
    window, n_negatives, d_model, n_contexts = 2, 3, 6, [4, 1, 0, 3, 2]
    centers = rng.standard_normal((5, d_model))
    others = rng.standard_normal((5, 2 * window + n_negatives, d_model))
    labels = torch.tensor([1.0] * 4 + [0.0] * 3)
    pairs = torch.tensor([[1.0] * n + [0.0] * (4 - n) + [float(n)] * 3 for n in n_contexts])
    ours = skipgram.batch_gradients(*map(torch.from_numpy, (centers, others)), labels, pairs)
    theirs = pair_by_pair(centers, others, n_contexts, window)
    for left, right in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(left.numpy(), right, rtol=1e-9, atol=1e-12)


def test_a_step_adds_up_words_that_come_more_than_once():
    rng = np.random.default_rng(1)
    inputs, outputs = (rng.standard_normal((4, 3)).astype(np.float32) for _ in range(2))
    centers, others = np.array([2, 0, 2]), np.array([[1, 3, 1, 2], [2, 0, 3, 3], [3, 1, 1, 1]])
    labels = torch.tensor([1.0, 1.0, 0.0, 0.0])  # two contexts and two negatives
    expected_in, expected_out = inputs.copy(), outputs.copy()
    for c, (o1, o2, n1, n2) in zip(centers, others, strict=True):
        for context in (o1, o2):
            grads = skipgram_gradients(inputs[c], outputs[context], outputs[[n1, n2]])
            expected_in[c] -= 0.01 * grads[0]
            expected_out[context] -= 0.01 * grads[1]
            expected_out[n1] -= 0.01 * grads[2][0]
            expected_out[n2] -= 0.01 * grads[2][1]
    ours = torch.tensor(inputs), torch.tensor(outputs)
    numbers = torch.tensor(centers), torch.tensor(others)
    skipgram._step(*ours, labels, 0.01, *numbers, torch.tensor([[1.0, 1.0, 2.0, 2.0]] * 3))
    np.testing.assert_allclose(ours[0].numpy(), expected_in, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ours[1].numpy(), expected_out, rtol=1e-5, atol=1e-6)


def test_a_busy_word_takes_smaller_steps_and_the_others_do_not():
    rows = torch.tensor([[0, 1], [0, 2], [0, 1]])
    pairs = torch.tensor([[4.0, 1.0], [0.0, 0.0], [1.0, 3.0]])  # 5, 4 and 0 pairs
    rates = skipgram._rates(rows, pairs, 0.11, n_rows=4)
    assert rates.shape == (3, 2, 1)
    torch.testing.assert_close(rates[:, 0, 0], torch.full((3,), skipgram.MAX_RATE / 5))
    torch.testing.assert_close(rates[:, 1, 0], torch.full((3,), 0.11))


def test_a_busy_centre_is_slowed_by_its_contexts_and_not_by_the_negatives():
    start = np.float32([[0.3, -0.2], [0.5, 0.1], [-0.4, 0.7]])
    inputs, outputs = torch.tensor(start), torch.tensor(start)
    centers, others = torch.tensor([0] * 4), torch.tensor([[1, 1, 2, 2, 2]] * 4)
    labels, pairs = torch.tensor([1.0, 1, 0, 0, 0]), torch.tensor([[1.0, 1, 2, 2, 2]] * 4)
    skipgram._step(inputs, outputs, labels, 1.0, centers, others, pairs)
    step = skipgram_gradients(start[0], start[1], start[[2, 2, 2]])[0]  # 8 such pairs
    np.testing.assert_allclose(inputs[0], start[0] - skipgram.MAX_RATE * step, rtol=1e-5)


def test_two_words_alone_do_not_blow_up():
    vectors = train_skipgram([["a", "b"] * 2000], d_model=4, lr=1.0)
    assert np.abs(vectors.vectors).max() < 20


# --- which pairs, and which noise ----------------------------------------------------------


def epoch(text, window, negatives, noise, seed=0):
    rng = np.random.default_rng(seed)
    batches = skipgram._batches(np.array(text), window, negatives, np.array(noise), rng)
    return [tuple(array.numpy() for array in batch) for _, batch in batches]


GAP = skipgram.GAP


def test_windows_stay_in_their_sentence_and_near_words_come_more_often():
    window, seen, centers_seen = 3, Counter(), Counter()
    text = [GAP] * 3 + [0, 1, 2, 3, 4] + [GAP] * 3 + [5, 6] + [GAP] * 3
    for seed in range(300):
        for centers, others, pairs in epoch(text, window, 2, [1 / 7] * 7, seed):
            centers_seen.update(centers.tolist())
            for center, row, weight in zip(centers, others, pairs, strict=True):
                real = weight[: 2 * window] > 0
                seen.update((int(center), int(other)) for other in row[: 2 * window][real])
                assert (weight[2 * window :] == real.sum()).all()
    assert centers_seen == dict.fromkeys(range(7), 300)
    assert all((a < 5) == (b < 5) and a != b and abs(a - b) <= 3 for a, b in seen)
    assert seen[0, 1] == seen[6, 5] == 300  # at distance 1 always
    assert 170 < seen[0, 2] < 230 and 70 < seen[0, 3] < 130  # 2/3 and 1/3 of the time
    assert (0, 4) not in seen


def test_the_order_of_the_centres_is_random_and_the_progress_rises_to_one():
    text = [GAP, *range(1000), GAP]
    rng = np.random.default_rng(0)
    batches = list(skipgram._batches(np.array(text), 1, 1, np.full(1000, 1e-3), rng))
    centers = np.concatenate([batch[0].numpy() for _, batch in batches])
    assert sorted(centers) == list(range(1000))
    assert abs(np.corrcoef(centers, np.arange(1000))[0, 1]) < 0.1
    assert [done for done, _ in batches] == [0.0, 0.256, 0.512, 0.768]


def test_noise_is_drawn_as_told():
    noise = [0.5, 0.3, 0.15, 0.05]
    text = [GAP, *([0, 1, 2, 3] * 2500), GAP]
    drawn = np.concatenate([others[:, 2:].ravel() for _, others, _ in epoch(text, 1, 5, noise)])
    np.testing.assert_allclose(np.bincount(drawn) / len(drawn), noise, atol=0.01)


def test_noise_is_in_proportion_to_count_to_the_three_quarters(monkeypatch):
    given = []
    original = skipgram._batches
    monkeypatch.setattr(
        skipgram, "_batches", lambda *args: given.append(args[3]) or original(*args)
    )
    train_skipgram([["a"] * 16, ["b"] * 81], epochs=1)
    np.testing.assert_allclose(given[0], np.array([27, 8]) / 35)


def test_subsampling_thins_frequent_words_only(monkeypatch):
    kept = Counter()
    original = skipgram._batches

    def spy(text, *args):
        kept.update(text[text != GAP].tolist())
        return original(text, *args)

    monkeypatch.setattr(skipgram, "_batches", spy)
    train_skipgram([["the"] * 9_900 + ["cat"] * 100], epochs=1, subsample=0.01)
    assert kept[1] == 100
    assert 850 < kept[0] < 1150  # 9,900 * sqrt(0.01 / 0.99) = 995


# --- training ------------------------------------------------------------------------------


def two_topics(n=300, seed=0):
    rng = np.random.default_rng(seed)
    topics = [["sun", "moon", "star", "sky"], ["fork", "spoon", "knife", "bowl"]]
    return [list(rng.choice(topics[rng.integers(2)], size=6)) for _ in range(n)]


def test_words_of_one_topic_become_neighbours():
    vectors = train_skipgram(two_topics(), d_model=8, epochs=10)
    assert {word for word, _ in vectors.nearest("moon", n=3)} == {"sun", "star", "sky"}
    assert vectors.similarity("sun", "star") > 0.5 > vectors.similarity("sun", "fork")


def test_analogies_of_the_built_in_corpus_hold():
    sentences = [re.findall("[a-z']+", story.lower()) for story in corpus.stories(12_000, seed=1)]
    vectors = train_skipgram(sentences)
    right = [vectors.analogy(a, b, c, n=1)[0][0] == d for a, b, c, d in corpus.ANALOGIES]
    assert np.mean(right) > 0.8
    assert vectors.analogy("man", "king", "woman", n=1)[0][0] == "queen"


def test_the_seed_decides():
    first, again, other = (
        train_skipgram(two_topics(), d_model=8, epochs=1, seed=seed) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first.vectors, again.vectors)
    assert not np.array_equal(first.vectors, other.vectors)
    assert first.vectors.dtype == np.float32


def test_words_come_by_falling_count_and_rare_ones_are_left_out():
    sentences = [["b", "a", "c", "a", "b", "d"], ["a", "c"]]
    assert train_skipgram(sentences, epochs=1).words == ["a", "b", "c", "d"]
    assert train_skipgram(sentences, epochs=1, min_count=2).words == ["a", "b", "c"]


@pytest.mark.parametrize("sentences", [[], [[]], [["one", "one"]], [["a", "b"]]])
def test_too_few_words(sentences):
    with pytest.raises(EmbeddingError, match="at least 2 different words"):
        train_skipgram(sentences, min_count=2)


@pytest.mark.parametrize(
    "name", ["d_model", "window", "negatives", "epochs", "lr", "min_count", "subsample"]
)
def test_settings_must_be_positive(name):
    with pytest.raises(EmbeddingError, match=name):
        train_skipgram(two_topics(2), **{name: 0})


# --- asking --------------------------------------------------------------------------------


RNG = np.random.default_rng(7)
WORDS = [f"w{i}" for i in range(23)]
VECTORS = RNG.standard_normal((23, 5)) * RNG.uniform(0.1, 9, (23, 1))  # lengths differ much
ASKED = WordVectors(WORDS, VECTORS)


def cosine(u, v):
    return sum(a * b for a, b in zip(u, v, strict=True)) / (sum(u * u) * sum(v * v)) ** 0.5


def brute_force(query, n, exclude=()):
    scored = [
        (word, cosine(query, vector))
        for word, vector in zip(WORDS, VECTORS, strict=True)
        if word not in exclude
    ]
    return sorted(scored, key=lambda pair: -pair[1])[:n]


def same(left, right):
    assert [word for word, _ in left] == [word for word, _ in right]
    np.testing.assert_allclose([s for _, s in left], [s for _, s in right], rtol=1e-9)


def test_vector_and_similarity():
    assert len(ASKED) == 23
    assert "w3" in ASKED and "w99" not in ASKED
    np.testing.assert_array_equal(ASKED.vector("w3"), VECTORS[3])
    assert ASKED.similarity("w3", "w8") == pytest.approx(cosine(VECTORS[3], VECTORS[8]))


@pytest.mark.parametrize("n", [1, 4, 23, 50])
def test_nearest_is_brute_force(n):
    query = RNG.standard_normal(5)
    same(ASKED.nearest(query, n), brute_force(query, n))
    same(ASKED.nearest("w6", n), brute_force(VECTORS[6], n, {"w6"}))
    exclude = ["w6", "w1", "w2"]
    same(ASKED.nearest(query, n, exclude), brute_force(query, n, exclude))


def test_ties_come_in_the_order_of_the_words():
    vectors = WordVectors(WORDS, np.tile([[0.0, 1.0], [2.0, 0.0]], (12, 1))[:23])
    expected = WORDS[1::2] + WORDS[::2]
    assert [word for word, _ in vectors.nearest(np.array([1, 0]), 23)] == expected


@pytest.mark.parametrize("exclude_inputs", [True, False])
def test_analogy_is_brute_force_on_unit_vectors(exclude_inputs):
    units = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    for a, b, c in RNG.integers(23, size=(40, 3)):
        query = units[b] - units[a] + units[c]
        names = [WORDS[a], WORDS[b], WORDS[c]]
        exclude = names if exclude_inputs else []
        same(ASKED.analogy(*names, exclude_inputs, n=4), brute_force(query, 4, exclude))


def test_analogy_on_a_perfect_parallelogram():
    words = ["man", "king", "woman", "queen", "apple"]
    points = [[1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1], [0.6, 0.6, 0.1]]
    vectors = WordVectors(words, np.array(points))
    assert vectors.analogy("man", "king", "woman", n=1)[0][0] == "queen"


def test_a_zero_vector_is_like_nothing():
    vectors = WordVectors(["nothing", "east"], np.array([[0.0, 0.0], [2.0, 0.0]]))
    assert vectors.similarity("nothing", "east") == 0
    assert vectors.nearest("nothing") == [("east", 0.0)]


def test_unknown_word_suggests_near_spellings():
    vectors = WordVectors(["queen", "king", "knight"], np.eye(3))
    for ask in (vectors.vector, vectors.nearest, lambda word: vectors.similarity("king", word)):
        with pytest.raises(EmbeddingError, match=r"'quen'.*'queen'"):
            ask("quen")
    with pytest.raises(EmbeddingError, match="of `words`"):
        vectors.analogy("king", "queen", "zzz")
    with pytest.raises(EmbeddingError, match="kin"):
        vectors.nearest(np.ones(3), exclude=["kin"])


def test_vector_of_another_width():
    with pytest.raises(EmbeddingError, match=r"shape \(5,\)"):
        ASKED.nearest(np.ones(4))


@pytest.mark.parametrize("shape", [(2, 3), (3,), (3, 2, 1)])
def test_rows_and_words_must_agree(shape):
    with pytest.raises(EmbeddingError, match="3 words"):
        WordVectors(["a", "b", "c"], np.ones(shape))


def test_a_word_twice():
    with pytest.raises(EmbeddingError, match="'b' twice"):
        WordVectors(["a", "b", "c", "b"], np.ones((4, 2)))


# --- files ---------------------------------------------------------------------------------


GLOVE = "the 0.5 -1 2e-3\nof 1 2 3\n"


def load(tmp_path, content, limit=None, name="vectors.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return WordVectors.load_text(path, limit)


@pytest.mark.parametrize("header", ["", "2 3\n"])
@pytest.mark.parametrize("end", ["\n", " \n", "\r\n"])
def test_both_formats_load_alike(tmp_path, header, end):
    vectors = load(tmp_path, (header + GLOVE).replace("\n", end))
    assert vectors.words == ["the", "of"]
    np.testing.assert_array_equal(vectors.vectors, np.float32([[0.5, -1, 2e-3], [1, 2, 3]]))


def test_only_a_newline_ends_a_line(tmp_path):
    assert load(tmp_path, "a\rb 1 2\nc\x85d 3 4\n").words == ["a\rb", "c\x85d"]


def test_gzip(tmp_path):
    assert load(tmp_path, gzip.compress(GLOVE.encode()), name="v.gz").words == ["the", "of"]


def test_save_and_load_bring_every_bit_back(tmp_path):
    vectors = RNG.standard_normal((3, 4)).astype(np.float32) * np.float32([1e-12, 1, 1e12, 7])
    words = ["naïve", "a\u00a0b", "x\u2028y"]  # odd spaces that are no separators here
    WordVectors(words, vectors).save_text(tmp_path / "v.txt")
    again = WordVectors.load_text(tmp_path / "v.txt")
    assert again.words == words
    np.testing.assert_array_equal(again.vectors, vectors)
    assert (tmp_path / "v.txt").read_bytes().startswith(b"3 4\n")
    assert [path.name for path in tmp_path.iterdir()] == ["v.txt"]


@pytest.mark.parametrize("word", ["", "two words", "line\nbreak"])
def test_words_that_a_text_file_cannot_hold(tmp_path, word):
    with pytest.raises(EmbeddingError, match="no spaces"):
        WordVectors([word], np.ones((1, 2))).save_text(tmp_path / "v.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("header", ["", "2 3\n"])
def test_limit_takes_the_first_words(tmp_path, header):
    assert load(tmp_path, header + GLOVE, limit=1).words == ["the"]
    assert load(tmp_path, header + GLOVE, limit=9).words == ["the", "of"]
    assert load(tmp_path, header + GLOVE + "broken", limit=2).words == ["the", "of"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no words at all in line 1"),
        ("2 3\n", "no words at all"),
        ("\n", "no word, no numbers"),
        (GLOVE + "and 1 2\n", "2 numbers where 3 are expected in line 3"),
        (GLOVE + "and 1 2 3 4\n", "4 numbers where 3 are expected in line 3"),
        ("2 3\nthe 1 2\n", "2 numbers where 3 are expected in line 2"),
        (GLOVE + "and 1 two 3\n", "not a number in line 3"),
        (GLOVE + "and 1 nan 3\n", "not finite in line 3"),
        (GLOVE + "and 1 1e99 3\n", "not finite in line 3"),
        (GLOVE + "and\n", "no numbers.* in line 3"),
        (GLOVE + " 1 2 3\n", "no word.* in line 3"),
        (GLOVE + "\n", "in line 3"),
        (GLOVE + "the 1 2 3\n", "'the' a second time in line 3"),
        ("3 3\n" + GLOVE, "3 words announced and 2 found"),
        ("1 3\n" + GLOVE, "1 words announced and 2 found"),
        (b"caf\xe9 1 2 3\n", "readable"),
    ],
)
def test_malformed_files(tmp_path, content, message):
    with np.errstate(over="ignore"), pytest.raises(EmbeddingError, match=message):
        load(tmp_path, content)


def test_cut_off_gzip_and_missing_file(tmp_path):
    packed = gzip.compress(GLOVE.encode() * 50)
    for content in (packed[:-20], b"no gzip at all"):
        with pytest.raises(EmbeddingError, match="readable"):
            load(tmp_path, content, name="v.gz")
    with pytest.raises(EmbeddingError, match=r"v\.txt"):
        WordVectors.load_text(tmp_path / "v.txt")
