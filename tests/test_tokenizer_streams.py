"""Text that comes in chunks has the same pieces and ids, wherever it is cut."""

import itertools
import random

import pytest
from test_tokenizer_bpe import SAMPLES, STORY

from minigpt.errors import TokenizerError
from minigpt.tokenizer import PATTERN, BPETokenizer, CharTokenizer, pieces, split_stream

NASTY = [
    "'re've",
    "x'll  y",
    "a  \n b",
    "''re 'r",
    "   'l",
    "a👍🏽é",
    "'s't'd",
    "1a!' r",
    "\r\n\t ",
]


@pytest.fixture(scope="module")
def tokenizer():
    return BPETokenizer.train(STORY, 421)


def chunkings(text):
    """All 2 ** (n - 1) ways to cut a text of n characters."""
    for cuts in itertools.product([False, True], repeat=len(text) - 1):
        ends = [i for i, cut in enumerate(cuts, start=1) if cut]
        yield [text[i:j] for i, j in itertools.pairwise([0, *ends, len(text)])]


def joined(chunks):
    return list(itertools.chain.from_iterable(split_stream(chunks)))


@pytest.mark.parametrize("text", NASTY)
def test_ids_do_not_depend_on_any_chunking(tokenizer, text):
    ids = tokenizer.encode(text)
    for chunks in chunkings(text):
        assert list(tokenizer.encode_stream(chunks)) == ids, chunks


@pytest.mark.parametrize("text", [STORY, *SAMPLES])
def test_ids_do_not_depend_on_the_split_point(tokenizer, text):
    ids = tokenizer.encode(text)
    assert list(tokenizer.encode_stream(text)) == ids  # one character at a time
    for i in range(0, len(text), 1 if len(text) < 100 else 13):
        assert list(tokenizer.encode_stream([text[:i], "", text[i:]])) == ids
        assert list(tokenizer.encode_stream([text[:i], text[i : i + 3], text[i + 3 :]])) == ids


def test_pieces_do_not_depend_on_the_split_point_in_any_short_text():
    for letters in itertools.product("'re \n!", repeat=5):
        text = "".join(letters)
        expected = PATTERN.findall(text)
        assert all(joined([text[:i], text[i:]]) == expected for i in range(1, 5)), text
        assert joined(letters) == expected


def test_random_text_in_random_chunks(tokenizer):
    rng = random.Random(2)
    for _ in range(200):
        text = "".join(rng.choices(STORY + "'''   \n", k=rng.randrange(1, 200)))
        cuts = [0, *sorted(rng.choices(range(len(text)), k=6)), len(text)]
        chunks = [text[i:j] for i, j in itertools.pairwise(cuts)]
        assert list(tokenizer.encode_stream(chunks)) == tokenizer.encode(text)


def test_a_long_text_is_cut_into_slices_without_a_trace(tokenizer, monkeypatch):
    ids = tokenizer.encode(STORY)
    for size in (1, 2, 5, 97):
        monkeypatch.setattr(pieces, "_SLICE", size)
        assert tokenizer.encode(STORY) == ids


def test_only_what_may_still_change_is_held_back():
    for text, settled in [
        ("row row", ["row"]),
        ("row  ", ["row"]),
        ("row '", ["row"]),
        ("it'r", ["it"]),
        ("it'm", ["it"]),
        ("it'x", ["it", "'"]),
        ("it 'r", ["it", " '"]),
        ("row, ", ["row", ","]),
    ]:
        assert next(split_stream([text])) == settled, text


def test_a_stream_without_end_gives_ids_at_once(tokenizer):
    asked = 0

    def chunks():
        nonlocal asked
        for asked in itertools.count(1):  # noqa: B007
            yield "row, row, row your boat "

    ids = list(itertools.islice(tokenizer.encode_stream(chunks()), 5000))
    decoded = len(tokenizer.decode(ids))
    assert 0 <= asked * 24 - decoded < 3 * 24


def test_a_long_run_is_held_until_it_ends_and_scanned_a_few_times(monkeypatch):
    class Counting:
        scanned = 0

        def findall(self, text):
            Counting.scanned += len(text)
            return PATTERN.findall(text)

    monkeypatch.setattr(pieces, "PATTERN", Counting())
    run = "a" * 20_000
    assert joined(itertools.chain("x ", run, " y")) == ["x", " " + run, " y"]
    assert Counting.scanned < 5 * len(run)


@pytest.mark.parametrize("kind", ["bpe", "characters"])
def test_errors_say_where_in_the_whole_text(tokenizer, kind):
    tokenizer = tokenizer if kind == "bpe" else CharTokenizer.from_text("abcd")
    with pytest.raises(TokenizerError, match=r"surrogate .* at index 6\b"):
        list(tokenizer.encode_stream(["ab", "cd", "", "ab\ud83d", "\ude00"]))
    with pytest.raises(TokenizerError, match="text is a str"):
        list(tokenizer.encode_stream(["ab", None]))
    with pytest.raises(TokenizerError, match="text is a str, but got NoneType: None"):
        list(tokenizer.encode_stream(None))
    with pytest.raises(TokenizerError, match="text is a str, but got int: 3"):
        list(tokenizer.encode_stream(3))
    with pytest.raises(TokenizerError, match="text is a str, but got int: 97"):
        list(tokenizer.encode_stream(b"ab"))
