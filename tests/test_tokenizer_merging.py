"""Merging by hand, and the printable form of bytes."""

import random

import pytest

from minigpt.errors import TokenizerError
from minigpt.tokenizer import (
    BYTE_ORDER,
    BPETokenizer,
    from_printable,
    merge_by_rank,
    merge_fast,
    merge_pair,
    merging,
    to_printable,
)


def single_bytes(text):
    return [bytes([byte]) for byte in text.encode()]


def fast(parts, ranks):
    """Ask `merge_fast` in numbers what `merge_by_rank` is asked in bytes."""
    tokens = [bytes([byte]) for byte in range(256)]
    tokens += [left + right for left, right in sorted(ranks, key=ranks.get)]
    made = {tuple(map(tokens.index, pair)): tokens.index(pair[0] + pair[1]) for pair in ranks}
    return [tokens[number] for number in merge_fast(map(tokens.index, parts), made)]


def test_a_part_is_used_up_by_its_merge():
    a = b"a"
    assert merge_pair([a] * 3, (a, a)) == [b"aa", a]
    assert merge_pair([a] * 4, (a, a)) == [b"aa", b"aa"]
    assert merge_pair([a] * 5, (a, a)) == [b"aa", b"aa", a]


def test_a_merge_does_not_merge_on_with_what_it_made():
    assert merge_pair([b"ab", b"b", b"a", b"b"], (b"a", b"b")) == [b"ab", b"b", b"ab"]


@pytest.mark.parametrize("merge", [merge_by_rank, fast])
def test_the_lowest_rank_goes_first_and_not_the_first_place(merge):
    ranks = {(b"b", b"c"): 0, (b"a", b"b"): 1, (b"bc", b"d"): 2}
    assert merge(single_bytes("abc"), ranks) == [b"a", b"bc"]  # in text order: ab, c
    assert merge(single_bytes("abcd"), ranks) == [b"a", b"bcd"]
    assert merge(single_bytes("abdab"), ranks) == [b"ab", b"d", b"ab"]


@pytest.mark.parametrize("merge", [merge_by_rank, fast])
def test_of_overlapping_pairs_the_left_one_is_merged(merge):
    ranks = {(b"a", b"a"): 0, (b"aa", b"aa"): 1}
    assert merge(single_bytes("aaa"), ranks) == [b"aa", b"a"]
    assert merge(single_bytes("aaaaaaa"), ranks) == [b"aaaa", b"aa", b"a"]


def test_merging_leaves_the_parts_that_it_was_given():
    parts, numbers = single_bytes("aaa"), [97, 97, 97]
    assert merge_by_rank(parts, {(b"a", b"a"): 0}) == [b"aa", b"a"]
    assert merge_fast(numbers, {(97, 97): 256}) == [256, 97]
    assert (parts, numbers) == (single_bytes("aaa"), [97, 97, 97])
    assert merge_by_rank([], {(b"a", b"a"): 0}) == merge_fast(b"", {(97, 97): 256}) == []


@pytest.mark.parametrize("many", [0, 1000])  # all by the heap, or none
def test_the_fast_paths_agree_with_the_plain_one(monkeypatch, many):
    monkeypatch.setattr(merging, "_MANY", many)
    rng = random.Random(3)
    for size in range(60):
        letters = "ab" if size % 2 else "abcé"
        merges = BPETokenizer.train("".join(rng.choices(letters, k=300)), 257 + size).merges
        ranks = {pair: rank for rank, pair in enumerate(merges)}
        parts = single_bytes("".join(rng.choices(letters, k=size * 3)))
        assert fast(parts, ranks) == merge_by_rank(parts, ranks)


def test_the_longest_pieces_are_merged_by_the_heap(monkeypatch):
    lengths = []
    by_heap = merging._merge_many
    monkeypatch.setattr(
        merging, "_merge_many", lambda *given: lengths.append(len(given[0])) or by_heap(*given)
    )
    tokenizer = BPETokenizer.from_merges([(b"a", b"b"), (b"ab", b"ab")])
    a, b = tokenizer.vocabulary[b"abab"], tokenizer.vocabulary[b"ab"]
    for n in (31, 32, 33, 6401):
        assert tokenizer.encode("ab" * n) == [a] * (n // 2) + [b] * (n % 2)
    assert lengths == [66, 12802]  # a few are looked at one by one


@pytest.mark.parametrize(
    ("merges", "message"),
    [
        ([(b"ab", b"c")], "merge 0 of b'ab' and b'c' before"),
        ([(b"a", b"bc"), (b"b", b"c")], "merge 0 of b'a' and b'bc' before"),
        ([(b"a", b"b"), (b"a", b"b")], "merge 1 .* already"),
        ([(b"b", b"c"), (b"a", b"b"), (b"a", b"bc"), (b"ab", b"c")], "merge 3 .* already"),
        ([("a", "b")], "merge 0"),
        ([(b"", b"a")], "merge 0"),
    ],
)
def test_impossible_merges_are_named(merges, message):
    with pytest.raises(TokenizerError, match=message):
        BPETokenizer.from_merges(merges)


# --- the printable form of bytes -----------------------------------------------------------


def test_every_byte_has_its_own_printable_character():
    every = to_printable(bytes(range(256)))
    assert len(set(every)) == 256
    assert every.isprintable()
    assert from_printable(every) == bytes(range(256))
    assert to_printable(b" the\n") == "ĠtheĊ"


def test_the_bytes_are_ordered_as_their_characters():
    assert sorted(BYTE_ORDER) == list(range(256))
    assert [to_printable(bytes([byte])) for byte in BYTE_ORDER] == sorted(
        to_printable(bytes(range(256)))
    )
