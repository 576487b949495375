"""Merge by lowest rank: what byte-pair encoding does to one piece.

`ranks` says which pairs may be merged, and which of them first: the merge that training
found first has rank 0. The order of the text plays no part until two places hold the
same pair; then the left one comes first.
"""

import heapq
from collections.abc import Mapping
from itertools import pairwise

Pair = tuple[bytes, bytes]


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


def merge_fast(parts: list[bytes], ranks: Mapping[Pair, int]) -> list[bytes]:
    """Return what `merge_by_rank` returns, in n log n steps for n parts.

    A heap holds (rank, place of the left part). A merge changes two pairs at most: the
    new part with its left and with its right neighbour. Entries that no longer describe
    what stands in their place are passed over. It relies on what every BPETokenizer
    checks: a merge ranks above those that make its parts.

    Raises: nothing.
    Source: this book.
    """
    parts = [b"", *parts, b""]  # fences: no pair with an empty part has a rank
    before, after = list(range(-1, len(parts) - 1)), list(range(1, len(parts) + 1))
    heap = [(ranks[pair], i) for i, pair in enumerate(pairwise(parts)) if pair in ranks]
    heapq.heapify(heap)
    while heap:
        rank, left = heapq.heappop(heap)
        right = after[left]
        if ranks.get((parts[left], parts[right])) != rank:
            continue
        parts[left], parts[right] = parts[left] + parts[right], b""
        after[left] = after[right]
        before[after[left]] = left
        for i in (before[left], left):
            if (new := ranks.get((parts[i], parts[after[i]]))) is not None:
                heapq.heappush(heap, (new, i))
    return [part for part in parts if part]
