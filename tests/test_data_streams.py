import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from minigpt.data import TokenStream, open_data, open_shards, write_shards
from minigpt.errors import DataError
from minigpt.tokenizer import END, CharTokenizer


def shards(tmp_path, ids, vocab_size=300, shard_tokens=7):
    directory = tmp_path / "tokens"
    write_shards(iter(ids), directory, vocab_size, shard_tokens)
    return directory


# --- one array or many: the same -----------------------------------------------------------


ARRAYS = [np.arange(0, 5), np.arange(5, 6), np.arange(6, 6), np.arange(6, 17)]


@pytest.mark.parametrize("arrays", [ARRAYS, [np.arange(17)], [*ARRAYS[::-1][1:], np.arange(3)]])
def test_every_slice_and_index_is_as_in_one_array(arrays):
    whole, stream = np.concatenate(arrays), TokenStream(arrays)
    n = len(whole)
    assert len(stream) == n
    for start in [None, *range(-n - 2, n + 3)]:
        for stop in [None, *range(-n - 2, n + 3)]:
            np.testing.assert_array_equal(stream[start:stop], whole[start:stop])
    for index in range(-n, n):
        assert stream[index] == whole[index]


def test_index_outside_and_step_are_refused():
    stream = TokenStream(ARRAYS)
    for index in (17, -18):
        with pytest.raises(IndexError):
            stream[index]
    with pytest.raises(DataError, match="step"):
        stream[::2]
    with pytest.raises(DataError, match="at least one array"):
        TokenStream([])


# --- to disk and back ----------------------------------------------------------------------


@pytest.mark.parametrize("n_tokens", [1, 6, 7, 8, 14, 30])
@pytest.mark.parametrize(
    ("vocab_size", "dtype"), [(300, np.uint16), (65_536, np.uint16), (65_537, np.uint32)]
)
def test_shards_come_back_as_written(tmp_path, n_tokens, vocab_size, dtype):
    ids = np.random.default_rng(n_tokens).integers(vocab_size, size=n_tokens)
    ids[0] = vocab_size - 1
    directory = shards(tmp_path, ids.tolist(), vocab_size)
    stream = open_shards(directory)
    np.testing.assert_array_equal(stream[:], ids)
    assert stream[:].dtype == dtype
    assert len(list(directory.glob("*.bin"))) == -(-n_tokens // 7)


def test_shards_are_memory_mapped(tmp_path):
    stream = open_shards(shards(tmp_path, range(20)))
    assert isinstance(stream[8:12], np.memmap)


def test_nothing_unfinished_is_left_behind(tmp_path):
    directory = shards(tmp_path, range(20))
    names = sorted(path.name for path in directory.iterdir())
    assert names == ["00000.bin", "00001.bin", "00002.bin", "manifest.json"]


def test_a_run_that_breaks_off_leaves_nothing_to_open_and_can_be_repeated(tmp_path):
    def broken():
        yield from range(20)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shards(broken(), tmp_path, 300, 7)
    with pytest.raises(DataError, match=r"manifest\.json"):
        open_shards(tmp_path)
    write_shards(iter(range(9)), tmp_path, 300, 7)
    assert open_shards(tmp_path)[:].tolist() == list(range(9))


def test_finished_shards_are_not_overwritten(tmp_path):
    directory = shards(tmp_path, range(20))
    with pytest.raises(DataError, match="new directory"):
        write_shards(iter([1]), directory, 300, 7)
    assert open_shards(directory)[:].tolist() == list(range(20))


def test_no_tokens(tmp_path):
    with pytest.raises(DataError, match="needs tokens"):
        shards(tmp_path, [])


@pytest.mark.parametrize("bad", [300, 65_535, 65_536, -1])
def test_an_id_outside_the_vocabulary_is_refused(tmp_path, bad):
    with pytest.raises(DataError, match="0 to 299"):
        shards(tmp_path, [1, 2, bad])


# --- damage --------------------------------------------------------------------------------


def test_truncated_shard(tmp_path):
    directory = shards(tmp_path, range(20))
    path = directory / "00001.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"00001\.bin.*cut short"):
        open_shards(directory)


def test_one_flipped_bit(tmp_path):
    directory = shards(tmp_path, range(20))
    path = directory / "00002.bin"
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"00002\.bin.*damaged"):
        open_shards(directory)


def test_missing_shard(tmp_path):
    directory = shards(tmp_path, range(20))
    (directory / "00000.bin").unlink()
    with pytest.raises(DataError, match="no such file"):
        open_shards(directory)


GOOD = {"format": "minigpt-tokens-1", "dtype": "<u2", "vocab_size": 9, "shards": []}


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        "{",
        "[]",
        "3",
        "{}",
        json.dumps({**GOOD, "format": "another"}),
        json.dumps({**GOOD, "dtype": "float64"}),
        json.dumps({**GOOD, "shards": [{"tokens": 3}]}),
        json.dumps({**GOOD, "shards": [3]}),
        json.dumps(GOOD),
    ],
)
def test_damaged_manifest(tmp_path, manifest):
    directory = shards(tmp_path, range(20))
    (directory / "manifest.json").unlink()
    if manifest is not None:
        (directory / "manifest.json").write_text(manifest)
    with pytest.raises(DataError, match=r"manifest\.json"):
        open_shards(directory)


# --- memory --------------------------------------------------------------------------------


def test_a_file_much_larger_than_the_buffers_passes_through_little_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("minigpt.data.text_files.CHUNK_BYTES", 1 << 12)
    line = "the quick brown fox jumps over the lazy dög\n"
    path = tmp_path / "large.txt"
    path.write_text(line * 20_000, encoding="utf-8")  # 900 kB
    tokenizer = CharTokenizer.from_text(line, specials=(END,))
    tracemalloc.start()
    try:
        source = open_data(str(path))
        write_shards(source.tokens(tokenizer, "train"), tmp_path / "t", 99, shard_tokens=1 << 13)
        stream = open_shards(tmp_path / "t")
        n_tokens, last = len(stream), int(stream[-1])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    text = line * 18_000
    assert n_tokens == len(text)
    assert [last] == tokenizer.encode(text[-1])
    assert peak < Path(path).stat().st_size / 3
