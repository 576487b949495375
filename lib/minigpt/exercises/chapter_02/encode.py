"""2.2a, encode by rank: `encode`."""

from collections import Counter
from itertools import pairwise

from minigpt.exercises.chapter_02.hints import BY_RANK
from minigpt.exercises.chapter_02.longest_match import longest_match
from minigpt.exercises.chapter_02.merges import GREEK, LETTERS, RUNS, SPACED, merged, tokens_of
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.tokenizer import PATTERN


def encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        walked = []
        for token in ids:
            if walked and (walked[-1], token) == pair:
                walked[-1] = 256 + rank
            else:
                walked.append(token)
        ids = walked
    return ids


def next_by(key, merge=merged, rounds=1000, start=lambda text: list(text.encode())):
    """Merge one kind of pair after another, the least first by `key(place, pair, ids, ranks)`."""

    def changed(text, merges):
        ids, ranks = start(text), {pair: rank for rank, pair in enumerate(merges)}
        for _ in range(rounds):
            found = [(i, two) for i, two in enumerate(pairwise(ids)) if two in ranks]
            if not found:
                break
            _, pair = min(found, key=lambda at: key(*at, ids, ranks))
            ids = merge(ids, pair, 256 + ranks[pair])
        return ids

    return changed


def rank_of(i, pair, ids, ranks):
    return ranks[pair]


def at_the_first_place(ids, pair, new):
    place = list(pairwise(ids)).index(pair)
    return [*ids[:place], new, *ids[place + 2 :]]


def every_place(ids, pair, new):
    """Overlaps and all."""
    places = {i for i, two in enumerate(pairwise(ids)) if two == pair}
    return [
        new if i in places else t for i, t in enumerate(ids) if i in places or i - 1 not in places
    ]


def used_twice(ids, pair, new):
    """A run of three shrinks to one."""
    places = {i for i, two in enumerate(pairwise(ids)) if two == pair}
    return [new if i in places else t for i, t in enumerate(ids) if i - 1 not in places]


def how_often(i, pair, ids, ranks):
    return (-Counter(pairwise(ids))[pair], ranks[pair])


def first_place_only(text, merges):
    ids = list(text.encode())
    for rank, pair in enumerate(merges):
        if pair in pairwise(ids):
            ids = at_the_first_place(ids, pair, 256 + rank)
    return ids


def numbered_from_zero(text, merges):
    ids = list(text.encode())
    for rank, pair in enumerate(merges):
        ids = merged(ids, pair, rank)
    return ids


def numbered_from_one(text, merges):
    ids = list(text.encode())
    for n, pair in enumerate(merges, 1):
        ids = merged(ids, pair, 256 + n)
    return ids


def on_the_way(text, merges):
    """One walk along the text: whatever has a rank with the token before it is merged at once."""
    ids = []
    for byte in text.encode():
        if ids and (ids[-1], byte) in merges:
            ids[-1] = 256 + merges.index((ids[-1], byte))
        else:
            ids.append(byte)
    return ids


def backwards(text, merges):
    ids = list(text.encode())
    for rank in reversed(range(len(merges))):
        ids = merged(ids, merges[rank], 256 + rank)
    return ids


def in_pieces(cut):
    """Each piece of the text by itself."""

    def changed(text, merges):
        return [i for piece in cut(text) for i in encode(piece, merges)]

    return changed


def the_tokens(text, merges):
    return [tokens_of(merges)[i] for i in encode(text, merges)]


def never_stops(text, merges):
    ids, ranks = list(text.encode()), {pair: rank for rank, pair in enumerate(merges)}
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda two: ranks.get(two, 10**9))
        ids = merged(ids, pair, 256 + ranks[pair])
    return ids


def in_ascii(text, merges):
    return encode(text.encode("ascii").decode(), merges)


SLIPS = (
    Slip(
        "in the order of the text",
        next_by(lambda i, pair, ids, ranks: i, merge=at_the_first_place),
        "It merges whatever can be merged first from the left. The order in which training found "
        "the merges decides, wherever in the text they stand.",
    ),
    Slip(
        "longest match",
        longest_match,
        "That takes the longest token that fits, one place after another, which is part 2. Here "
        "the merges themselves are replayed.",
    ),
    Slip(
        "last merge first",
        next_by(lambda i, pair, ids, ranks: -ranks[pair]),
        "The latest merge goes first. Training made the other ones before it.",
    ),
    Slip(
        "most frequent first",
        next_by(how_often),
        "It counts the pairs of this text. Counting is for training; afterwards the ranks are "
        "fixed, and a text is too short to vote.",
    ),
    Slip(
        "one kind of pair",
        next_by(rank_of, rounds=1),
        "It stops after the first merge that it finds. A merge makes new neighbours, and these "
        "may be merged in turn.",
    ),
    Slip(
        "the first place of each",
        first_place_only,
        "Each merge is made once, at its first place. The same pair may stand in many.",
    ),
    Slip(
        "every place in a run",
        next_by(rank_of, merge=every_place),
        "In a run of equal letters the one in the middle is merged twice. Exercise 2.1 has the "
        "cure.",
    ),
    Slip(
        "runs shrink",
        next_by(rank_of, merge=used_twice),
        "A run of three equal letters shrinks to one token of two, and a letter is lost. "
        "Exercise 2.1 has the cure.",
    ),
    Slip(
        "on the way",
        on_the_way,
        "It walks along the text once and merges on the way what it can. The oldest merge goes "
        "first, and the place where it can be made may lie far behind.",
    ),
    Slip(
        "the list backwards",
        backwards,
        "The list is gone through from its end. A merge may need what an older one has made.",
    ),
    Slip(
        "in pieces",
        in_pieces(PATTERN.findall),
        "The text has been cut into words first. That is the chapter's way; here it is one piece, "
        "and a merge may reach across a space.",
    ),
    Slip(
        "split",
        in_pieces(str.split),
        "The spaces are lost: what `split` splits at, it throws away. Here the text is one piece.",
    ),
    Slip(
        "bytes only",
        lambda text, merges: list(text.encode()),
        "Those are the bytes, and nothing has been merged yet.",
    ),
    Slip(
        "characters",
        next_by(rank_of, start=lambda text: [ord(character) for character in text]),
        "It starts from the numbers of the characters. *α* is number 945, and no byte is that "
        "large: what does UTF-8 make of it?",
    ),
    Slip(
        "ascii",
        in_ascii,
        "Not every text is ASCII. Which encoding has bytes for every character?",
    ),
    Slip(
        "merges numbered from 0",
        numbered_from_zero,
        "A merged token is given its rank as its ID. The IDs below 256 are taken by the bytes.",
    ),
    Slip(
        "merges numbered from 1",
        numbered_from_one,
        "Each merge gets the ID of the next one. Merge number 0 makes the token 256.",
    ),
    Slip(
        "the tokens",
        the_tokens,
        "Those are the tokens themselves. Asked is which ID each of them has.",
    ),
    Slip(
        "no way to stop",
        never_stops,
        "When no pair has a rank, `min` still hands you one of them. How do you see that there "
        "is nothing left to do?",
    ),
)


def by_lowest_rank(text, merges):
    ranks, ids = {pair: rank for rank, pair in enumerate(merges)}, list(text.encode())
    while candidates := ranks.keys() & set(pairwise(ids)):
        pair = min(candidates, key=ranks.get)
        ids = merged(ids, pair, 256 + ranks[pair])
    return ids


def by_tiktoken(text, merges):
    import tiktoken

    tokens = {token: i for i, token in enumerate(tokens_of(merges))}
    return tiktoken.Encoding(
        "reader", pat_str=r"[\s\S]+", mergeable_ranks=tokens, special_tokens={}
    ).encode(text)


def by_recursion(text, merges):
    def go(ids, rank):
        if rank == len(merges):
            return ids
        return go(merged(ids, merges[rank], 256 + rank), rank + 1)

    return go(list(bytes(text, "utf-8")), 0)


RIGHT = (
    Variant("the lowest rank that is there", by_lowest_rank),
    Variant("one place at a time", next_by(rank_of, merge=at_the_first_place)),
    Variant("tiktoken", by_tiktoken),
    Variant("recursion", by_recursion),
)

CASES = (
    ("abcab ededbcdebc ed", list(LETTERS)),
    ("aaaxaaaaaaaxaa", list(RUNS)),
    ("ed ed ed", list(SPACED)),
    ("ααπ ααé e\u0301", list(GREEK)),
    ("abab", list(LETTERS)),
    ("e", list(LETTERS)),
    ("", list(LETTERS)),
)

EXERCISE = Exercise(
    id="2.2a",
    title="Encode by merge rank",
    name="encode",
    minutes=30,
    difficulty="Middling",
    reference=encode,
    returns=("ids",),
    cases=tuple(Case(args, (None, None)) for args in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=BY_RANK,
    notice="the ranks are all that a tokenizer remembers of its training. Going down the list "
    "once does the same as looking for the lowest rank again and again, since a merge makes work "
    "for later ones only.",
)
