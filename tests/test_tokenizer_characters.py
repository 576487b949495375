"""One id per character, checked against looking each one up in the sorted text."""

import random

import pytest
from test_tokenizer_bpe import SAMPLES, STORY

from minigpt.errors import TokenizerError
from minigpt.tokenizer import END, CharTokenizer


def test_characters_come_sorted_and_special_tokens_after_them():
    tokenizer = CharTokenizer.from_text("hello")
    assert tokenizer.characters == ("e", "h", "l", "o")
    assert tokenizer.encode("hello") == [1, 0, 2, 2, 3]
    assert tokenizer.special_id(END) == 4
    assert tokenizer.vocab_size == 5
    assert repr(tokenizer) == "CharTokenizer(vocab_size=5)"


def test_ids_are_places_in_the_sorted_characters():
    order = sorted(set(STORY))
    tokenizer = CharTokenizer.from_text(STORY)
    assert tokenizer.encode(STORY) == [order.index(character) for character in STORY]
    assert tokenizer.decode(tokenizer.encode(STORY)) == STORY


def test_the_order_given_does_not_matter():
    given = CharTokenizer("cab", specials=("<1>", "<0>"))
    assert given.to_dict() == CharTokenizer(["b", "a", "c"], ("<1>", "<0>")).to_dict()
    assert given.encode("abc<0><1>", specials=True) == [0, 1, 2, 4, 3]


def test_special_tokens_are_optional():
    tokenizer = CharTokenizer.from_text("hello", specials=())
    assert tokenizer.vocab_size == 4
    with pytest.raises(TokenizerError, match="endoftext"):
        tokenizer.special_id(END)


def test_a_special_token_is_ordinary_text_unless_allowed():
    tokenizer = CharTokenizer.from_text(STORY + END)
    end = tokenizer.special_id(END)
    assert len(tokenizer.encode(END)) == len(END)
    assert tokenizer.encode(f"a{END}b", specials=True) == [
        *tokenizer.encode("a"),
        end,
        *tokenizer.encode("b"),
    ]
    assert tokenizer.decode([end, end]) == END * 2


@pytest.mark.parametrize("text", SAMPLES[1:])
def test_any_unicode_comes_back(text):
    tokenizer = CharTokenizer.from_text(text)
    ids = tokenizer.encode(text)
    assert len(ids) == len(text)
    assert tokenizer.decode(ids) == "".join(tokenizer.decode_stream(ids)) == text
    assert [tokenizer.token_bytes(i).decode() for i in ids] == list(text)


def test_streams_hold_nothing_back():
    tokenizer = CharTokenizer.from_text(STORY)
    stream = tokenizer.encode_stream(["Row", *["row"] * 2])
    first = [next(stream) for _ in range(3)]
    assert first + list(stream) == tokenizer.encode("Rowrowrow")
    rng = random.Random(4)
    cuts = sorted(rng.choices(range(len(STORY)), k=9))
    chunks = [STORY[i:j] for i, j in zip([0, *cuts], [*cuts, len(STORY)], strict=True)]
    assert list(tokenizer.encode_stream(chunks)) == tokenizer.encode(STORY)


def test_an_unknown_character_is_named_with_its_place_and_a_remedy():
    tokenizer = CharTokenizer.from_text("abc")

    def message(index):
        return (
            "one of the 3 characters that the tokenizer was built from, but got 'é' (U+00E9) "
            f"at index {index}. Try: building it from a text that has it, or BPETokenizer, "
            "which knows every text."
        )

    with pytest.raises(TokenizerError) as caught:
        tokenizer.encode("abcébé")  # where it comes first
    assert str(caught.value) == message(3)
    with pytest.raises(TokenizerError) as caught:
        list(tokenizer.encode_stream(["ab", "c", "é"]))
    assert str(caught.value) == message(3)
    with pytest.raises(TokenizerError) as caught:
        tokenizer.encode(f"a{END}é", specials=True)
    assert str(caught.value) == message(14)


@pytest.mark.parametrize(
    ("characters", "message"),
    [
        ("", "at least one character, but got none. Try: a text that has some."),
        (
            "hello",
            "each character once, but got 'l' again. "
            "Try: CharTokenizer.from_text(text) for a whole text.",
        ),
        (
            ["a", "bc"],
            "single characters, but got 'bc'. Try: one string of all characters.",
        ),
        (["a", ""], "single characters, but got ''. Try: one string of all characters."),
        (["a", 3], "text is a str, but got int: 3. Try: bytes.decode() for bytes."),
        (
            ["a", "\ud800"],
            "text that UTF-8 can encode, but got the lone surrogate '\\ud800' at index 0. "
            "Try: reading the file as UTF-8, or text.encode('utf-8', 'replace').decode().",
        ),
    ],
)
def test_malformed_characters_are_refused(characters, message):
    with pytest.raises(TokenizerError) as caught:
        CharTokenizer(characters)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["", None, b"abc", "ab\udc80"])
def test_malformed_texts_are_refused(text):
    with pytest.raises(TokenizerError):
        CharTokenizer.from_text(text)


@pytest.mark.parametrize("specials", [(END, END), ("",), END, (None,)])
def test_malformed_special_tokens_are_refused(specials):
    with pytest.raises(TokenizerError):
        CharTokenizer.from_text("abc", specials)


@pytest.mark.parametrize("ids", [[4], [-1], ["a"], [0.0], None])
def test_what_is_no_id_is_refused(ids):
    with pytest.raises(TokenizerError):
        CharTokenizer.from_text("abc").decode(ids)
