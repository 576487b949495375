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
    to_printable,
)


def single_bytes(text):
    return [bytes([byte]) for byte in text.encode()]


def test_a_part_is_used_up_by_its_merge():
    a = b"a"
    assert merge_pair([a] * 3, (a, a)) == [b"aa", a]
    assert merge_pair([a] * 4, (a, a)) == [b"aa", b"aa"]
    assert merge_pair([a] * 5, (a, a)) == [b"aa", b"aa", a]


def test_a_merge_does_not_merge_on_with_what_it_made():
    assert merge_pair([b"ab", b"b", b"a", b"b"], (b"a", b"b")) == [b"ab", b"b", b"ab"]


@pytest.mark.parametrize("merge", [merge_by_rank, merge_fast])
def test_the_lowest_rank_goes_first_and_not_the_first_place(merge):
    ranks = {(b"b", b"c"): 0, (b"a", b"b"): 1, (b"bc", b"d"): 2}
    assert merge(single_bytes("abc"), ranks) == [b"a", b"bc"]  # in text order: ab, c
    assert merge(single_bytes("abcd"), ranks) == [b"a", b"bcd"]
    assert merge(single_bytes("abdab"), ranks) == [b"ab", b"d", b"ab"]


@pytest.mark.parametrize("merge", [merge_by_rank, merge_fast])
def test_of_overlapping_pairs_the_left_one_is_merged(merge):
    ranks = {(b"a", b"a"): 0, (b"aa", b"aa"): 1}
    assert merge(single_bytes("aaa"), ranks) == [b"aa", b"a"]
    assert merge(single_bytes("aaaaaaa"), ranks) == [b"aaaa", b"aa", b"a"]


@pytest.mark.parametrize("merge", [merge_by_rank, merge_fast])
def test_merging_leaves_the_parts_that_it_was_given(merge):
    parts = single_bytes("aaa")
    merge(parts, {(b"a", b"a"): 0})
    assert parts == single_bytes("aaa")
    assert merge([], {(b"a", b"a"): 0}) == []


def test_the_fast_path_agrees_with_the_plain_one():
    rng = random.Random(3)
    for size in range(60):
        letters = "ab" if size % 2 else "abcé"
        merges = BPETokenizer.train("".join(rng.choices(letters, k=300)), 257 + size).merges
        ranks = {pair: rank for rank, pair in enumerate(merges)}
        parts = single_bytes("".join(rng.choices(letters, k=size * 3)))
        assert merge_fast(parts, ranks) == merge_by_rank(parts, ranks)


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
