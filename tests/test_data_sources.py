import gzip
import os

import numpy as np
import pytest

from minigpt import corpus
from minigpt.data import (
    DOWNLOADS,
    StorySource,
    TextSource,
    encode_source,
    encode_stories,
    open_data,
    text_files,
)
from minigpt.errors import DataError, TokenizerError
from minigpt.tokenizer import END, CharTokenizer


def text_file(tmp_path, content, name="text.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# --- a text is cut at 90 % of its characters -----------------------------------------------


MIXED = "a€\U0001f451é\r\n" * 37 + "tail"  # characters of 1, 2, 3 and 4 bytes


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 1 << 20])
def test_text_splits_by_characters_wherever_the_blocks_end(tmp_path, monkeypatch, chunk_bytes):
    monkeypatch.setattr(text_files, "CHUNK_BYTES", chunk_bytes)
    source = open_data(str(text_file(tmp_path, MIXED)))
    cut = int(len(MIXED) * 0.9)
    assert isinstance(source, TextSource)
    assert source.n_characters == len(MIXED)
    assert "".join(source.chunks("train")) == MIXED[:cut]
    assert "".join(source.chunks("val")) == MIXED[cut:]


@pytest.mark.parametrize("length", [2, 3, 9, 10, 11, 19, 20, 21])
def test_short_texts_split_without_loss(tmp_path, length):
    text = "abcdefghijklmnopqrstuvwxyz"[:length]
    source = open_data(str(text_file(tmp_path, text)))
    train, val = "".join(source.chunks("train")), "".join(source.chunks("val"))
    assert train and val
    assert train + val == text
    assert len(train) == length * 9 // 10


def test_text_is_read_again_from_the_start_each_time(tmp_path):
    source = open_data(str(text_file(tmp_path, "ten chars!")))
    assert list(source.chunks("val")) == list(source.chunks("val")) == ["!"]


def test_tiny_shakespeare_splits_as_is_usual():
    path = "../shared/data/tinyshakespeare.txt"
    if not os.path.exists(path):
        pytest.skip("../shared/data/tinyshakespeare.txt is not here")
    source = open_data(path)
    assert source.n_characters == 1_115_394
    assert sum(map(len, source.chunks("train"))) == 1_003_854


def test_encode_text_keeps_every_token_and_adds_none(tmp_path):
    text = "to be or not to be"
    source = open_data(str(text_file(tmp_path, text)))
    tokenizer = CharTokenizer.from_text(text, specials=(END,))
    train, val = (encode_source(source, tokenizer, split) for split in ("train", "val"))
    assert train.tolist() + val.tolist() == tokenizer.encode(text)
    assert train.dtype == np.uint16


# --- stories are kept whole ----------------------------------------------------------------


def test_kingdom_is_the_corpus_and_its_last_tenth_is_for_validation():
    source = open_data("kingdom:40")
    everything = corpus.stories(40, seed=0)
    assert isinstance(source, StorySource)
    assert source.stories("train") == everything[:36]
    assert source.stories("val") == everything[36:]
    assert "".join(source.chunks("val")) == "".join(story + "\n" for story in everything[36:])


def test_kingdom_alone_has_twenty_thousand_stories(monkeypatch):
    asked = []
    monkeypatch.setattr(corpus, "stories", lambda n, seed: asked.append(n) or ["x"] * n)
    source = open_data("kingdom")
    assert asked == [20_000]
    assert len(source.stories("train")) == 18_000


def test_encoded_stories_are_closed_on_both_sides_by_END():
    source = StorySource(["one.", "two.", "three."], "numbers")
    tokenizer = CharTokenizer.from_text("one.two.three.", specials=(END,))
    end = tokenizer.special_id(END)
    expected = [end, *tokenizer.encode("one."), end, *tokenizer.encode("two."), end]
    assert encode_source(source, tokenizer, "train").tolist() == expected
    (only,) = encode_stories(source, tokenizer, "val")
    assert only.tolist() == [end, *tokenizer.encode("three."), end]


def test_stories_need_an_END_token():
    source = StorySource(["one.", "two."], "numbers")
    tokenizer = CharTokenizer.from_text("one.two.", specials=())
    with pytest.raises(TokenizerError):
        encode_source(source, tokenizer, "train")
    with pytest.raises(TokenizerError):
        encode_stories(source, tokenizer, "train")


def test_a_large_vocabulary_takes_four_bytes_an_id(tmp_path):
    class Wide:
        vocab_size = 65_537

        def encode_stream(self, chunks):
            return (65_536 for chunk in chunks for _ in chunk)

    source = open_data(str(text_file(tmp_path, "ten chars!")))
    ids = encode_source(source, Wide(), "train")
    assert ids.dtype == np.uint32
    assert ids.tolist() == [65_536] * 9


# --- errors --------------------------------------------------------------------------------


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        open_data(str(tmp_path / "nothing.txt"))


def test_directory_names_a_file_in_it(tmp_path):
    text_file(tmp_path, "words", "novel.txt")
    with pytest.raises(DataError, match=r"directory.*novel\.txt"):
        open_data(str(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="directory"):
        open_data(str(tmp_path / "empty"))


def test_empty_file(tmp_path):
    with pytest.raises(DataError, match="empty"):
        open_data(str(text_file(tmp_path, "")))


def test_one_character_cannot_be_split(tmp_path):
    with pytest.raises(DataError, match="at least 2 characters"):
        open_data(str(text_file(tmp_path, "€")))


def test_unreadable_file(tmp_path, monkeypatch):
    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    path = text_file(tmp_path, "words")
    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(DataError, match="Permission denied"):
        open_data(str(path))


@pytest.mark.parametrize("chunk_bytes", [1, 4, 5, 1 << 20])
@pytest.mark.parametrize(
    ("content", "offset"),
    [
        (b"caf\xe9 au lait", 3),  # latin-1
        ("é€".encode() * 5 + b"\xff", 25),
        ("words €".encode()[:-1], 6),  # cut off inside a character
        ("\U0001f451x\U0001f451".encode()[:-2], 5),
    ],
)
def test_not_utf8_tells_the_byte(tmp_path, monkeypatch, chunk_bytes, content, offset):
    monkeypatch.setattr(text_files, "CHUNK_BYTES", chunk_bytes)
    with pytest.raises(DataError, match=rf"byte {offset} .*iconv"):
        open_data(str(text_file(tmp_path, content)))


def test_gzip_is_not_text(tmp_path):
    with pytest.raises(DataError, match="byte 1 "):
        open_data(str(text_file(tmp_path, gzip.compress(b"words"), "text.txt.gz")))


def test_unknown_name_lists_what_exists_and_suggests():
    with pytest.raises(DataError) as error:
        open_data("kingdm")
    assert "'kingdom'" in str(error.value)
    assert all(name in str(error.value) for name in DOWNLOADS)
    with pytest.raises(DataError, match="path to a text file"):
        open_data("zzzzzz")


@pytest.mark.parametrize("spec", ["kingdom:", "kingdom:many", "kingdom:-3", "kingdom:²"])
def test_number_of_stories_in_digits(spec):
    with pytest.raises(DataError, match="digits"):
        open_data(spec)


def test_a_path_is_data_too_but_nothing_else(tmp_path):
    (tmp_path / "a.txt").write_text("abcdefghij")
    assert "".join(open_data(tmp_path / "a.txt").chunks("train")) == "abcdefghi"
    with pytest.raises(DataError, match="a name or a path, but got None"):
        open_data(None)


@pytest.mark.parametrize("spec", ["kingdom:0", "kingdom:1"])
def test_too_few_stories(spec):
    with pytest.raises(DataError, match="at least 2 stories"):
        open_data(spec)


def test_word_vectors_are_not_training_data():
    with pytest.raises(DataError, match=r"word vectors.*tinyshakespeare"):
        open_data("glove-50")


def test_a_name_wins_over_a_file_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text_file(tmp_path, "only a file", "kingdom")
    text_file(tmp_path, "without a dot", "novel")
    assert isinstance(open_data("kingdom:10"), StorySource)
    assert isinstance(open_data("./kingdom"), TextSource)
    assert isinstance(open_data("novel"), TextSource)


def test_unknown_split(tmp_path):
    text = open_data(str(text_file(tmp_path, "ten chars!")))
    for source in (text, StorySource(["a", "b"], "letters")):
        with pytest.raises(DataError, match="'train' or 'val'"):
            list(source.chunks("test"))
