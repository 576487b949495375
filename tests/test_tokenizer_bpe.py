"""Encoding and decoding, against Hugging Face tokenizers, tiktoken, and merges done by hand."""

import random
import unicodedata

import pytest
import tiktoken
from tokenizers import Tokenizer as HuggingFace
from tokenizers import models, pre_tokenizers

from minigpt.errors import TokenizerError
from minigpt.tokenizer import (
    BYTE_ORDER,
    END,
    PATTERN,
    BPETokenizer,
    bpe,
    to_printable,
)

STORY = (
    "The ferryman's daughter can't row, but she'll learn: they've 2 oars and 365 days.\n\n"
    "  \"Isn't it late?\" he'd ask. I'm told it's 23:59; we're fine...\n\tRow, row, row!\n"
    "Nobody crosses by night, says the miller; nobody but the owl, who pays no fare at all.\n"
    "When the water rose in 1894 the old landing stage drifted down to the mill, and stayed.\n"
    "Über den Fluß führt eine Fähre; naïve façades, 世界,世界你好, مرحبا بالعالم. 👩‍👩‍👧 👍🏽\n"
) * 3
SAMPLES = [
    "",
    " ",
    "The ferryman rows.",
    "it's she'll they've we're I'm he'd can't 'tis 'S O'Neill's ''s 'r 'v 'l '",
    "1 22 333 4,444 5.5e-6 ½ ² Ⅷ 七 ٣٤",
    "a  b   c    d\n\n\ne \t f\r\n\r\n  g   ",
    "     leading and trailing     ",
    "世界你好，再见。日本語のテキスト 한국어",
    "مرحبا بالعالم كيف حالك؟",
    "e\u0301 n\u0303o a\u0300\u0323\u0302 \u0301x",
    "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 a👍b",
    "\x00 \x01\x02 \x1c\x1d\x1e\x1f \x7f \x85\xa0\u1680\u2028\u2029\u202f\u3000\ufeff\u200b",
    f"one{END}two {END}{END} <|endof text|> <|endoftext",
    "\U0010ffff\ue000\ufffd�",
]
ASSIGNED = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) not in ("Cn", "Cs")]


@pytest.fixture(scope="module")
def tokenizer():
    return BPETokenizer.train(STORY, 421)


@pytest.fixture(scope="module")
def hugging_face(tokenizer):
    vocab = {to_printable(token): i for token, i in tokenizer.vocabulary.items()}
    merges = [(to_printable(left), to_printable(right)) for left, right in tokenizer.merges]
    oracle = HuggingFace(models.BPE(vocab=vocab, merges=merges))
    oracle.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return oracle


@pytest.fixture(scope="module")
def open_ai(tokenizer):
    return tiktoken.Encoding(
        "book",
        pat_str=PATTERN.pattern,
        mergeable_ranks=tokenizer.vocabulary,
        special_tokens=tokenizer.specials,
    )


def random_texts():
    rng = random.Random(7)
    for _ in range(120):
        yield "".join(rng.choices(ASSIGNED, k=rng.randrange(1, 60)))
        yield "".join(rng.choices(STORY + " \n\t'", k=rng.randrange(1, 90)))


# --- the same ids as others ----------------------------------------------------------------


@pytest.mark.parametrize("text", [STORY, *SAMPLES])
def test_ids_equal_those_of_others(tokenizer, hugging_face, open_ai, text):
    ids = tokenizer.encode(text)
    assert ids == hugging_face.encode(text).ids
    assert ids == open_ai.encode_ordinary(text)
    assert tokenizer.decode(ids) == text


def test_ids_equal_those_of_others_on_random_text(tokenizer, hugging_face, open_ai):
    for text in random_texts():
        ids = tokenizer.encode(text)
        assert ids == hugging_face.encode(text).ids == open_ai.encode_ordinary(text)
        assert tokenizer.decode(ids) == text


def test_every_character_of_unicode_14_is_cut_as_others_cut_it():
    cutter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    for start in range(0, len(ASSIGNED), 5003):
        text = "".join(f"a{c}1{c}!{c}\t{c}" for c in ASSIGNED[start : start + 5003 : 7])
        theirs = [text[i:j] for _, (i, j) in cutter.pre_tokenize_str(text)]
        assert PATTERN.findall(text) == theirs


@pytest.mark.parametrize("text", SAMPLES)
def test_special_tokens_equal_tiktokens(tokenizer, open_ai, text):
    ids = tokenizer.encode(text, specials=True)
    assert ids == open_ai.encode(text, allowed_special="all")
    assert tokenizer.decode(ids) == text


# --- bytes, not characters -----------------------------------------------------------------


def test_without_merges_there_is_an_id_for_every_byte():
    plain = BPETokenizer.from_merges([], specials=())
    assert plain.vocab_size == 256
    assert [len(plain.encode(text)) for text in ("e", "é", "€", "👍")] == [1, 2, 3, 4]
    assert plain.encode("!é ") == [0, BYTE_ORDER.index(0xC3), BYTE_ORDER.index(0xA9), 220]


def test_an_id_may_be_part_of_a_character():
    tokenizer = BPETokenizer.from_merges([(b"\xf0", b"\x9f")])
    first, *rest = tokenizer.encode("👍")
    assert tokenizer.token_bytes(first) == b"\xf0\x9f"
    assert tokenizer.decode([first]) == "�"
    assert tokenizer.decode(rest) == "��"
    assert tokenizer.decode([first, *rest]) == "👍"


def test_decoded_streams_never_hold_half_a_character(tokenizer):
    for text in SAMPLES:
        pieces = list(tokenizer.decode_stream(tokenizer.encode(text)))
        assert "".join(pieces) == text
        assert all(pieces)
        assert "�" in text or not any("�" in piece for piece in pieces)


def test_decoded_streams_equal_decode_on_any_ids(tokenizer, open_ai):
    rng = random.Random(11)
    for size in range(300):
        ids = rng.choices(range(tokenizer.vocab_size), k=size)
        assert "".join(tokenizer.decode_stream(ids)) == tokenizer.decode(ids)
        assert tokenizer.decode(ids) == open_ai.decode(ids)


def test_a_decoded_stream_comes_as_the_ids_come(tokenizer):
    def ids():
        yield from tokenizer.encode("Row")
        raise AssertionError("asked for more before giving what there was")

    assert next(tokenizer.decode_stream(ids())) in "Row"


def test_an_unfinished_character_ends_a_stream_as_a_replacement(tokenizer):
    thumb = tokenizer.encode("x👍")
    assert "".join(tokenizer.decode_stream(thumb[:-1])) == tokenizer.decode(thumb[:-1]) == "x�"


# --- special tokens ------------------------------------------------------------------------


def test_a_special_token_is_ordinary_text_unless_allowed(tokenizer):
    end = tokenizer.special_id(END)
    assert end == 420 == tokenizer.vocab_size - 1
    assert end not in tokenizer.encode(END)
    assert tokenizer.encode(END, specials=True) == [end]
    assert tokenizer.encode(f"a{END}", specials=True) == [*tokenizer.encode("a"), end]
    assert tokenizer.token_bytes(end) == END.encode()


def test_the_longest_special_token_wins_whatever_its_place_in_the_list():
    for specials in [("<a>", "<a><b>", "(.*)"), ("<a><b>", "(.*)", "<a>")]:
        tokenizer = BPETokenizer.from_merges([], specials)
        ids = tokenizer.encode("<a><b><a>(.*)", specials=True)
        assert ids == [tokenizer.special_id(s) for s in ("<a><b>", "<a>", "(.*)")]


def test_without_special_tokens_there_is_nothing_to_allow():
    tokenizer = BPETokenizer.from_merges([], specials=())
    assert tokenizer.encode(END, specials=True) == tokenizer.encode(END)


def test_a_special_token_may_look_like_a_merged_one():
    tokenizer = BPETokenizer.from_merges([(b"a", b"b")], specials=("ab",))
    assert tokenizer.encode("ab") == [256]
    assert tokenizer.encode("ab", specials=True) == [257]


# --- memory --------------------------------------------------------------------------------


def test_the_memory_of_pieces_is_bounded_and_changes_no_id(tokenizer, monkeypatch):
    monkeypatch.setattr(bpe._PieceIds, "MOST_PIECES", 5)
    monkeypatch.setattr(bpe._PieceIds, "LONGEST_PIECE", 4)
    forgetful = BPETokenizer.from_merges(tokenizer.merges)
    kept, most = set(), 0
    for text in SAMPLES:
        assert forgetful.encode(text) == tokenizer.encode(text)
        kept |= forgetful._ids_of.keys()
        most = max(most, len(forgetful._ids_of))
    assert (max(map(len, kept)), most) == (4, 5)


# --- errors --------------------------------------------------------------------------------


NO_ID = (
    "an id is an int from 0 to 420, but got {}. "
    "Try: the tokenizer that made the ids, and tensor.tolist() for a tensor of them."
)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([421], NO_ID.format("421")),
        ([-1], NO_ID.format("-1")),
        ([0, 1, 10**9], NO_ID.format("1000000000")),
        ([1.0], NO_ID.format("1.0")),
        ("abc", NO_ID.format("'a'")),
        ([None], NO_ID.format("None")),
        ([[1]], NO_ID.format("[1]")),
        (7, "ids come in a list, but got 7. Try: decode([7])."),
    ],
)
def test_what_is_no_id_is_named(tokenizer, ids, message):
    for decode in (tokenizer.decode, lambda ids: list(tokenizer.decode_stream(ids))):
        with pytest.raises(TokenizerError) as caught:
            decode(ids)
        assert str(caught.value) == message


def test_token_bytes_does_not_count_from_the_end(tokenizer):
    with pytest.raises(TokenizerError, match="-1"):
        tokenizer.token_bytes(-1)


@pytest.mark.parametrize(("text", "index"), [("\ud800", 0), (f"ab{END}c\udc00d\ud800", 16)])
@pytest.mark.parametrize("specials", [False, True])
def test_a_lone_surrogate_is_named_with_its_place(tokenizer, text, index, specials):
    with pytest.raises(TokenizerError) as caught:
        tokenizer.encode(text, specials=specials)
    assert str(caught.value) == (
        f"text that UTF-8 can encode, but got the lone surrogate {text[index]!r} at index {index}. "
        "Try: reading the file as UTF-8, or text.encode('utf-8', 'replace').decode()."
    )


@pytest.mark.parametrize(
    ("text", "came"),
    [
        (b"bytes", "bytes: b'bytes'"),
        (None, "NoneType: None"),
        (3, "int: 3"),
        (["a"], "list: ['a']"),
    ],
)
def test_text_must_be_a_str(tokenizer, text, came):
    with pytest.raises(TokenizerError) as caught:
        tokenizer.encode(text)
    assert str(caught.value) == f"text is a str, but got {came}. Try: bytes.decode() for bytes."


def test_an_unknown_special_token_is_named(tokenizer):
    with pytest.raises(TokenizerError) as caught:
        tokenizer.special_id("<|pad|>")
    assert str(caught.value) == (
        f"a special token of this tokenizer, which has ['{END}'], but got '<|pad|>'. "
        "Try: specials=('<|pad|>',) on making it."
    )


def test_a_tokenizer_says_how_large_it_is(tokenizer):
    assert repr(tokenizer) == "BPETokenizer(vocab_size=421)"
