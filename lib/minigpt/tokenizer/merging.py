"""Merge by lowest rank: what byte-pair encoding does to one piece.

`ranks` says which pairs may be merged, and which of them first: the merge that training
found first has rank 0. The order of the text plays no part until two places hold the
same pair; then the left one comes first.
"""

import heapq
from collections.abc import Iterable, Mapping
from itertools import pairwise

Pair = tuple[bytes, bytes]

_MANY = 64  # tokens: with more, a heap is faster than a look at all of them
_NEVER = 1 << 62  # stands for what a pair makes that no merge joins
_GONE = -1  # where the right half of a merged pair stood


def merge_pair(parts: list[bytes], pair: Pair) -> list[bytes]:
    """Merge every occurrence of one pair, from left to right.

    Example: the pair (a, a) in [a, a, a] gives [aa, a]. A part is used up by its merge.

    Raises: nothing.
    Source: Sennrich et al. 2016, algorithm 1 (`merge_vocab`). Built in chapter 2.
    """
    merged: list[bytes] = []
    for part in parts:
        if merged and (merged[-1], part) == pair:
            merged[-1] += part
        else:
            merged.append(part)
    return merged


def merge_by_rank(parts: list[bytes], ranks: Mapping[Pair, int]) -> list[bytes]:
    """Merge the pair with the lowest rank, everywhere; repeat until no pair has a rank.

    Example: [a, b, c] with ranks {(b, c): 0, (a, b): 1} gives [a, bc], not [ab, c].

    Raises: nothing.
    Source: Sennrich et al. 2016, section 3.2. Built in chapter 2.
    """
    while candidates := ranks.keys() & set(pairwise(parts)):
        parts = merge_pair(parts, min(candidates, key=ranks.__getitem__))
    return parts


def merge_fast(numbers: Iterable[int], made: Mapping[tuple[int, int], int]) -> list[int]:
    """Do what `merge_by_rank` does, with a number for each token instead of its bytes.

    A byte has its own value, the token of the first merge 256, of the next 257, and so on:
    of two merges the lower number goes first. `made` has the number of what a pair makes.
    It relies on what every BPETokenizer checks: a merge ranks above those that make its
    parts.

    Raises: nothing.
    Source: this book.
    """
    tokens = list(numbers)
    if len(tokens) > _MANY:
        return _merge_many(tokens, made)
    found = [made.get(pair, _NEVER) for pair in pairwise(tokens)]
    while found and (new := min(found)) != _NEVER:
        i = found.index(new)
        tokens[i] = new
        del tokens[i + 1], found[i]
        if i > 0:
            found[i - 1] = made.get((tokens[i - 1], new), _NEVER)
        if i < len(found):
            found[i] = made.get((new, tokens[i + 1]), _NEVER)
    return tokens


def _merge_many(tokens: list[int], made: Mapping[tuple[int, int], int]) -> list[int]:
    """The same, in n log n steps for n tokens; for a few it is slower.

    A heap holds (what a pair makes, place of its left token). A merge changes two pairs at
    most: the new token with its left and with its right neighbour. Entries that no longer
    describe what stands in their place are passed over.
    """
    tokens = [_GONE, *tokens, _GONE]  # fences: a pair with one of them makes nothing
    before, after = list(range(-1, len(tokens) - 1)), list(range(1, len(tokens) + 1))
    heap = [(made[pair], i) for i, pair in enumerate(pairwise(tokens)) if pair in made]
    heapq.heapify(heap)
    while heap:
        new, left = heapq.heappop(heap)
        right = after[left]
        if made.get((tokens[left], tokens[right])) != new:
            continue
        tokens[left], tokens[right] = new, _GONE
        after[left] = after[right]
        before[after[left]] = left
        for i in (before[left], left):
            if (pair := (tokens[i], tokens[after[i]])) in made:
                heapq.heappush(heap, (made[pair], i))
    return [token for token in tokens if token != _GONE]
