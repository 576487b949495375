"""Which merges a text teaches: merge the most frequent pair, again and again.

Only distinct pieces are worked on, each with its count, and of those only the places
where the chosen pair stands.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

from minigpt.errors import TokenizerError, problem
from minigpt.tokenizer.alphabet import BYTE_ORDER
from minigpt.tokenizer.merging import Pair
from minigpt.tokenizer.pieces import slices, split_stream

_FENCE, _GONE = -1, -2  # between pieces; where the right half of a merged pair stood
_BYTE_IDS = bytes(BYTE_ORDER.index(byte) for byte in range(256))


def count_pieces(text: str | Iterable[str]) -> Counter[str]:
    """Count the pieces of a text that comes whole, or in chunks cut anywhere.

    Raises: TokenizerError when a chunk is no str or holds a lone surrogate, or when
        there is no text at all.
    Source: this book.
    """
    counts: Counter[str] = Counter()
    for pieces in split_stream(slices(text) if isinstance(text, str) else text):
        counts.update(pieces)
    if not counts:
        raise TokenizerError(problem("a text to train on", "an empty one", "a longer text"))
    return counts


def train_merges(counts: Mapping[str, int], n_merges: int) -> list[Pair]:
    """Learn merges from the counts of distinct pieces, the most frequent pair first.

    Ties: of equally frequent pairs the one whose left token has the smallest id wins,
    then the one whose right token has. Ids follow GPT-2's layout: the bytes in
    `BYTE_ORDER`, then the merges in the order of their making. Overlaps count: "aaa"
    holds the pair (a, a) twice. These are the rules of Hugging Face's BpeTrainer.
    The list is shorter than `n_merges` when the text runs out of pairs.

    Raises: nothing.
    Source: Sennrich et al. 2016, algorithm 1; the tie rule as in Hugging Face tokenizers.
    """
    tokens = [bytes([byte]) for byte in BYTE_ORDER]
    merges: list[Pair] = []
    row = _Row(counts)
    while len(merges) < n_merges and (pair := row.most_frequent_pair()):
        row.merge(pair, new=len(tokens))
        left, right = (tokens[token] for token in pair)
        tokens.append(left + right)
        merges.append((left, right))
    return merges


class _Row:
    """All distinct pieces in one row of ids, and the places where each pair stands.

    A pair's true count only ever falls, except when one of its tokens is new; so a count
    that was right once bounds it from above. The heap holds such bounds. The pair on top
    is counted again, and goes back if it has become rarer: neither the heap nor `places`
    needs mending while merges are made.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.ids, self.weights = [_FENCE], [0]
        for piece, count in counts.items():
            self.ids += piece.encode().translate(_BYTE_IDS)
            self.ids.append(_FENCE)
            self.weights += [count] * (len(self.ids) - len(self.weights))
        self.before = list(range(-1, len(self.ids) - 1))
        self.after = list(range(1, len(self.ids) + 1))
        self.places: dict[tuple[int, int], list[int]] = {}
        self.heap: list[tuple[int, tuple[int, int]]] = []
        found = defaultdict(list)
        for place, pair in enumerate(pairwise(self.ids)):
            found[pair].append(place)
        self._note({pair: places for pair, places in found.items() if _FENCE not in pair})

    def most_frequent_pair(self) -> tuple[int, int] | None:
        while self.heap:
            bound, pair = heapq.heappop(self.heap)
            left, right = pair
            ids, after = self.ids, self.after
            places = [i for i in self.places[pair] if ids[i] == left and ids[after[i]] == right]
            if self._count(places) == -bound:
                self.places[pair] = places
                return pair
            if places:
                self._note({pair: places})
        return None

    def merge(self, pair: tuple[int, int], new: int) -> None:
        ids, before, after = self.ids, self.before, self.after
        found = defaultdict(list)
        for i in self.places.pop(pair):
            j = after[i]
            if (ids[i], ids[j]) != pair:  # "aaa": the second (a, a) went with the first
                continue
            ids[i], ids[j] = new, _GONE
            after[i] = after[j]
            before[after[i]] = i
            found[ids[before[i]], new].append(before[i])
            found[new, ids[after[i]]].append(i)
        self._note({pair: places for pair, places in found.items() if _FENCE not in pair})

    def _note(self, found: Mapping[tuple[int, int], list[int]]) -> None:
        for pair, places in found.items():
            self.places[pair] = places
            heapq.heappush(self.heap, (-self._count(places), pair))

    def _count(self, places: list[int]) -> int:
        return sum(map(self.weights.__getitem__, places))
