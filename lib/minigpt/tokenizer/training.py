"""Which merges a text teaches: merge the most frequent pair, again and again.

Only distinct pieces are worked on, each with its count, and of those only the places
where the chosen pair stands.
"""

import heapq
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

from minigpt.errors import TokenizerError, problem
from minigpt.tokenizer.alphabet import BYTE_ORDER
from minigpt.tokenizer.merging import Pair
from minigpt.tokenizer.pieces import slices, split_stream

_FENCE = -1  # between pieces
_Ids = tuple[int, int]
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
        row.merge(pair)
        left, right = (tokens[token] for token in pair)
        tokens.append(left + right)
        merges.append((left, right))
    return merges


class _Row:
    """All distinct pieces in one row, and the places where each pair stands.

    A token writes its id where it begins and where it ends; what stands between is out of
    date. A place is the border within a pair: left of it one token ends, right of it the
    other begins. So a merge is two ids written. What `places` says of a pair is true of the
    moment when its younger token was made; later merges only take places away.

    `counts` is exact. As it only falls, a pair may wait under the count that it once had:
    when its turn comes, and it has become rarer, it is put further down.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.ids, self.weights = [_FENCE], [0]
        for piece, count in counts.items():
            self.ids += piece.encode().translate(_BYTE_IDS)
            self.ids.append(_FENCE)
            self.weights += [count] * (len(self.ids) - len(self.weights))
        self.lengths = [1] * 256
        self.counts: dict[_Ids, int] = {}
        self.places: dict[_Ids, array[int]] = {}
        self.waiting: dict[int, list[_Ids]] = defaultdict(list)  # heaps, by count
        found = defaultdict(list)
        for place, pair in enumerate(pairwise(self.ids), start=1):
            found[pair].append(place)
        for pair, places in found.items():
            if _FENCE not in pair:
                self._note(pair, places)
        self.most = max(self.waiting, default=0)

    def most_frequent_pair(self) -> _Ids | None:
        while self.most > 0:
            if not (waiting := self.waiting.get(self.most)):
                self.most -= 1
                continue
            pair = heapq.heappop(waiting)
            if self.counts[pair] == self.most:
                return pair
            heapq.heappush(self.waiting[self.counts[pair]], pair)
        return None

    def merge(self, pair: _Ids) -> None:
        (left, right), new, ids = pair, len(self.lengths), self.ids
        n_left, n_right = self.lengths[left], self.lengths[right]
        self.lengths.append(n_left + n_right)
        before, behind = defaultdict(list), defaultdict(list)  # borders with each neighbour
        for place in self.places.pop(pair):
            if ids[place - 1] == left and ids[place] == right:
                start, end = place - n_left, place + n_right
                ids[start] = ids[end - 1] = new
                before[ids[start - 1]].append(start)
                behind[ids[end]].append(end)
        before.pop(_FENCE, None)
        behind.pop(_FENCE, None)
        for token, places in behind.items():
            self.counts[right, token] -= self._note((new, token), places)
        for token, places in before.items():  # a neighbour behind may have been merged since
            self.counts[token, left] -= self._note((token, new), places)

    def _note(self, pair: _Ids, places: list[int]) -> int:
        count = sum(map(self.weights.__getitem__, places))
        self.counts[pair] = count
        self.places[pair] = array("q", places)  # a fifth of a list's memory
        heapq.heappush(self.waiting[count], pair)
        return count
