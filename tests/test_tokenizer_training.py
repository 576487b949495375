"""Training, against Hugging Face's BpeTrainer and against counting everything again."""

import json
import random
import tracemalloc
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from test_tokenizer_bpe import ASSIGNED, SAMPLES, STORY
from tokenizers import Tokenizer as HuggingFace
from tokenizers import models, pre_tokenizers, trainers

from minigpt.errors import TokenizerError
from minigpt.tokenizer import (
    BYTE_ORDER,
    END,
    PATTERN,
    BPETokenizer,
    count_pieces,
    merge_pair,
    to_printable,
    train_merges,
)

SHAKESPEARE = Path(__file__).parents[2] / "shared" / "data" / "tinyshakespeare.txt"


def hugging_face(text, vocab_size):
    tokenizer = HuggingFace(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        show_progress=False,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def their_merges(text, vocab_size):
    model = json.loads(hugging_face(text, vocab_size).to_str())["model"]
    return [tuple(pair) for pair in model["merges"]]


def our_merges(text, vocab_size):
    merges = BPETokenizer.train(text, vocab_size).merges
    return [(to_printable(left), to_printable(right)) for left, right in merges]


def merges_by_counting_again(text, n_merges):
    """Learn merges as one would tell it: count all pairs, merge the most frequent one, repeat."""
    words = [[bytes([byte]) for byte in piece.encode()] for piece in PATTERN.findall(text)]
    ids = {bytes([byte]): number for number, byte in enumerate(BYTE_ORDER)}
    merges = []
    while len(merges) < n_merges:
        counts = Counter(pair for word in words for pair in pairwise(word))
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], ids[pair[0]], ids[pair[1]]))
        words = [merge_pair(word, best) for word in words]
        ids[best[0] + best[1]] = len(ids)
        merges.append(best)
    return merges


def texts_with_ties():
    rng = random.Random(5)
    for n in range(40):
        words = ["".join(rng.choices("abc", k=rng.randrange(1, 12))) for _ in range(n + 1)]
        yield " ".join(words)
        yield "".join(rng.choices("ab", k=5 * n + 2))
        yield "".join(rng.choice("ab ") * rng.randrange(1, 9) for _ in range(n + 2))
        yield "".join(rng.choices("aé中👍\u0301 \n1'", k=7 * n + 3))
        yield "".join(rng.choices(ASSIGNED, k=4 * n + 5))


# --- the same merges as others -------------------------------------------------------------


@pytest.mark.parametrize("vocab_size", [257, 258, 300, 421, 5000])
def test_merges_equal_hugging_faces(vocab_size):
    assert our_merges(STORY, vocab_size) == their_merges(STORY, vocab_size)


def test_merges_equal_hugging_faces_where_many_pairs_tie():
    for n, text in enumerate(texts_with_ties()):
        vocab_size = 257 + (3, 17, 110, 1500)[n % 4]
        assert our_merges(text, vocab_size) == their_merges(text, vocab_size), text


def test_merges_equal_counting_again():
    for n, text in enumerate([STORY, *SAMPLES, *texts_with_ties()]):
        n_merges = (5, 23, 60)[n % 3]
        assert BPETokenizer.train(text or "x", 257 + n_merges).merges == (
            merges_by_counting_again(text, n_merges)
        )


def test_ids_equal_hugging_faces_own_after_its_special_token():
    theirs, ours = hugging_face(STORY, 390), BPETokenizer.train(STORY, 390)
    assert theirs.get_vocab_size() == ours.vocab_size == 390
    assert [number - 1 for number in theirs.encode(STORY).ids] == ours.encode(STORY)


def test_merges_of_a_real_text_equal_hugging_faces():
    if not SHAKESPEARE.is_file():
        pytest.skip("needs ../shared/data/tinyshakespeare.txt, which is not part of this project")
    text = SHAKESPEARE.read_text(encoding="utf-8")
    theirs, ours = hugging_face(text, 2048), BPETokenizer.train(text, 2048)
    merges = [(to_printable(left), to_printable(right)) for left, right in ours.merges]
    assert merges == [tuple(pair) for pair in json.loads(theirs.to_str())["model"]["merges"]]
    ids = ours.encode(text)
    assert ids == [number - 1 for number in theirs.encode(text).ids]
    assert ours.decode(ids) == text


# --- ties, by hand -------------------------------------------------------------------------


def test_a_tie_goes_to_the_smaller_left_id_then_to_the_smaller_right_id():
    assert BPETokenizer.train("cd\nab\nac", 259).merges == [(b"a", b"b"), (b"a", b"c")]


def test_ids_order_the_bytes_as_gpt2_does_and_not_by_value():
    # The space has the value 32, less than any letter, but the id 220, more than any.
    assert BPETokenizer.train(" a", 258).merges == [(b" ", b"a")]
    assert BPETokenizer.train(" ab", 258).merges == [(b"a", b"b")]


def test_a_merged_token_ranks_behind_all_bytes():
    # Once ab is there, (z, z) and (ab, c) are equally frequent; z has the smaller id.
    text = "ab ab ab abc abc zz zz"
    assert BPETokenizer.train(text, 260).merges[1:3] == [(b" ", b"ab"), (b"z", b"z")]
    assert merges_by_counting_again(text, 3)[2] == (b"z", b"z")


def test_overlapping_pairs_are_each_counted():
    # "aaa" holds (a, a) twice; so it beats (b, c), which comes once, and ties with (d, e).
    assert train_merges({"aaa": 1, "bc": 1, "de": 2}, 2) == [(b"a", b"a"), (b"d", b"e")]


def test_a_count_weighs_every_place_in_its_piece():
    assert train_merges({"xyxy": 2, "zw": 3}, 1) == [(b"x", b"y")]


# --- chunks, sizes, special tokens ---------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_it_does_not_matter_where_chunks_are_cut(size):
    chunks = (STORY[i : i + size] for i in range(0, len(STORY), size))
    assert BPETokenizer.train(chunks, 421).merges == BPETokenizer.train(STORY, 421).merges


def test_training_holds_distinct_pieces_and_not_the_text():
    def most_held(n):
        tracemalloc.start()
        BPETokenizer.train((STORY for _ in range(n)), 300)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert most_held(1) == pytest.approx(most_held(1000), rel=0.2)


def test_pieces_are_counted():
    assert count_pieces(" it's  its its") == {" it": 1, "'s": 1, " ": 1, " its": 2}


def test_a_text_that_runs_out_of_pairs_gives_a_smaller_vocabulary():
    tokenizer = BPETokenizer.train("ab", 1000)
    assert tokenizer.merges == [(b"a", b"b")]
    assert tokenizer.vocab_size == 258
    assert BPETokenizer.train("a", 1000).vocab_size == 257


def test_the_vocabulary_counts_bytes_merges_and_special_tokens():
    specials = ("<|a|>", "<|b|>", END)
    tokenizer = BPETokenizer.train(STORY, 307, specials)
    assert tokenizer.vocab_size == 307
    assert len(tokenizer.merges) == 48
    assert tokenizer.specials == {"<|a|>": 304, "<|b|>": 305, END: 306}
    assert BPETokenizer.train(STORY, 256, specials=()).merges == []


def test_special_tokens_have_no_part_in_training():
    text = f"{END}row{END}row"
    with_end = BPETokenizer.train(text, 267).merges
    assert with_end == BPETokenizer.train(text, 266, specials=()).merges
    assert [tuple(map(to_printable, pair)) for pair in with_end] == their_merges(text, 267)


# --- errors --------------------------------------------------------------------------------


@pytest.mark.parametrize("vocab_size", [256, 0, -1, 300.0, "300", None, True])
def test_a_vocabulary_size_without_room_is_refused(vocab_size):
    with pytest.raises(TokenizerError) as caught:
        BPETokenizer.train(STORY, vocab_size)
    assert str(caught.value) == (
        "vocab_size is an int of at least 257: 256 bytes and the specials, "
        f"but got {vocab_size!r}. Try: vocab_size=513."
    )


def test_the_least_vocabulary_size_counts_the_special_tokens():
    with pytest.raises(TokenizerError, match="at least 258"):
        BPETokenizer.train(STORY, 257, specials=("x", "y"))


@pytest.mark.parametrize("text", ["", [], ["", ""]])
def test_an_empty_text_teaches_nothing(text):
    with pytest.raises(TokenizerError) as caught:
        BPETokenizer.train(text, 300)
    assert str(caught.value) == "a text to train on, but got an empty one. Try: a longer text."


@pytest.mark.parametrize("text", [None, 3, b"bytes", ["a", b"b"]])
def test_training_text_must_be_text(text):
    with pytest.raises(TokenizerError, match="text is a str"):
        BPETokenizer.train(text, 300)


def test_a_lone_surrogate_is_named_with_its_place_in_the_whole_text():
    with pytest.raises(TokenizerError, match=r"surrogate .* at index 5\b"):
        BPETokenizer.train(["abc", "d", "e\ud800f"], 300)


@pytest.mark.parametrize(
    ("specials", "message"),
    [
        (
            (END, "x", END),
            f"special tokens differ, but got '{END}' more than once. Try: naming each once.",
        ),
        (
            ("",),
            "a special token has a text, but got an empty one. "
            f"Try: a text that stands out, such as '{END}'.",
        ),
        (END, f"specials are a tuple of texts, but got one str. Try: specials=('{END}',)."),
        ((3,), "text is a str, but got int: 3. Try: bytes.decode() for bytes."),
        (
            ("\ud800",),
            "text that UTF-8 can encode, but got the lone surrogate '\\ud800' at index 0. "
            "Try: reading the file as UTF-8, or text.encode('utf-8', 'replace').decode().",
        ),
    ],
)
def test_malformed_special_tokens_are_refused(specials, message):
    with pytest.raises(TokenizerError) as caught:
        BPETokenizer.train(STORY, 300, specials)
    assert str(caught.value) == message
