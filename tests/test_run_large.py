"""A text too long for memory is trained from shards on disk, as if it were not."""

import pytest
from run_helpers import begin, silent

import minigpt.run
from minigpt.data import TokenStream
from minigpt.errors import DataError
from minigpt.run import Run, make_tokenizer


def _folder(path, name):
    (path / name).mkdir()
    return path / name


def test_a_large_text_trains_alike_from_disk(tmp_path, monkeypatch):
    small = begin(_folder(tmp_path, "small"))
    small.train(silent)
    monkeypatch.setattr(minigpt.run, "LARGE", 10)
    large = begin(_folder(tmp_path, "large"))
    assert isinstance(large.trainer.batches._tokens, TokenStream)
    large.train(silent)
    written = (large.out / "tokens" / "manifest.json").stat().st_mtime_ns
    assert large.metrics.read_bytes() == small.metrics.read_bytes()
    again = Run.resume(large.out, silent)  # reads the shards that lie there
    assert isinstance(again.trainer.batches._tokens, TokenStream)
    assert (large.out / "tokens" / "manifest.json").stat().st_mtime_ns == written


def test_shards_of_a_run_that_never_saved_are_written_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(minigpt.run, "LARGE", 10)
    begin(tmp_path)
    tokens = tmp_path / "run" / "tokens"
    first = set(tokens.iterdir())
    (tokens / "00000.bin").write_bytes(b"other tokens")
    assert len(begin(tmp_path).trainer.batches._tokens) > 100
    assert set(tokens.iterdir()) == first


def test_what_is_wrong_with_the_tokens_is_not_blamed_on_the_directory(tmp_path, monkeypatch):
    def refuse(*_):
        raise DataError("ids are 0 to 9")

    monkeypatch.setattr(minigpt.run, "LARGE", 10)
    monkeypatch.setattr(minigpt.run, "write_shards", refuse)
    with pytest.raises(DataError, match=r"^ids are 0 to 9$"):
        begin(tmp_path)


class Chunks:
    """A text in pieces, of which it counts how many somebody holds at a time."""

    def __init__(self):
        self.held = self.most = 0

    def chunks(self, split):
        for letters in ("ab", "bc", "cd"):
            yield Piece(letters, self)


class Piece(str):
    def __new__(cls, letters, owner):
        piece = super().__new__(cls, letters)
        piece.owner = owner
        owner.held += 1
        owner.most = max(owner.most, owner.held)
        return piece

    def __del__(self):
        self.owner.held -= 1


def test_characters_are_collected_piece_by_piece():
    source = Chunks()
    assert make_tokenizer(source, "char").characters == tuple("abcd")
    assert source.most <= 2  # the one that is read, and the one before it
