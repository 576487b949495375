"""2.1, merge once: `merge_once`."""

from itertools import pairwise

from minigpt.exercises.chapter_02.hints import MERGE_ONCE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def merge_once(ids, pair, new):
    merged = []
    for token in ids:
        if merged and (merged[-1], token) == pair:
            merged[-1] = new
        else:
            merged.append(token)
    return merged


def starts(ids, pair):
    """Where the pair stands, overlaps counted."""
    return [i for i, two in enumerate(pairwise(ids)) if two == pair]


def by_a_mask(ids, pair, new):
    places = starts(ids, pair)
    kept = [(i, new if i in places else ids[i]) for i in range(len(ids))]
    return [token for i, token in kept if i in places or i - 1 not in places]


def first_only(ids, pair, new):
    places = starts(ids, pair)
    return [*ids[: places[0]], new, *ids[places[0] + 2 :]] if places else list(ids)


def right_half_kept(ids, pair, new):
    places = starts(ids, pair)
    return [new if i in places else token for i, token in enumerate(ids)]


def both_halves_renamed(ids, pair, new):
    places = starts(ids, pair)
    return [new if i in places or i - 1 in places else t for i, t in enumerate(ids)]


def left_half_kept(ids, pair, new):
    places = starts(ids, pair)
    return [new if i - 1 in places else token for i, token in enumerate(ids)]


def by_index(ids, pair, new, stop=0, same=lambda two, pair: two == pair, safe=True):
    """A walk by index, which skips the right half; `stop` cuts its end off."""
    merged, i = [], 0
    while i < len(ids) - stop:
        two = tuple(ids[i : i + 2]) if safe else (ids[i], ids[i + 1])
        if same(two, pair):
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def last_one_unasked(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        if ids[i] == pair[0] and ids[i + 1] == pair[1]:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def an_empty_start(ids, pair, new):
    merged = [ids[0]]
    for token in ids[1:]:
        if (merged[-1], token) == pair:
            merged[-1] = new
        else:
            merged.append(token)
    return merged


def used_twice(ids, pair, new):
    """The neighbour is read in the old list, where a token that is used up still stands."""
    merged = []
    for i, token in enumerate(ids):
        if i and (ids[i - 1], token) == pair:
            merged[-1] = new
        else:
            merged.append(token)
    return merged


def a_mask_too_short(ids, pair, new):
    import numpy as np

    ids = np.array(ids)
    here = (ids[:-1] == pair[0]) & (ids[1:] == pair[1])
    ids[here] = new
    return ids


def added_up(ids, pair, new):
    merged = []
    for token in ids:
        if merged and (merged[-1], token) == pair:
            merged[-1] += token
        else:
            merged.append(token)
    return merged


def pair_by_pair(ids, pair, new):
    return [new if two == pair else two[0] for two in pairwise(ids)]


def both_of_each(ids, pair, new):
    return [i for two in pairwise(ids) for i in ([new] if two == pair else two)]


def after_one_token(ids, pair, new):
    for token in ids:
        return [token]


def from_the_right(ids, pair, new):
    turned = merge_once(list(ids)[::-1], pair[::-1], new)
    return turned[::-1]


def by_bytes(ids, pair, new):
    return list(bytes(ids).replace(bytes(pair), bytes([new])))


SLIPS = (
    Slip(
        "every place of the pair",
        by_a_mask,
        "In a run of three equal tokens, the one in the middle is merged twice: with the one "
        "before it, and with the one behind. Which of the two comes first, and what is then left?",
    ),
    Slip(
        "used twice",
        used_twice,
        "A run of three equal tokens shrinks to one, and a letter is lost. A token that has been "
        "merged is used up: can it still be the left half of the next pair?",
    ),
    Slip(
        "only the first",
        first_only,
        "Only the first place is merged. The pair may stand in many.",
    ),
    Slip(
        "the right half stays",
        right_half_kept,
        "The new token takes the place of the left half, and the right half still stands behind "
        "it. How far must you step on after a merge?",
    ),
    Slip(
        "the left half stays",
        left_half_kept,
        "The new token takes the place of the right half, and the left half still stands before "
        "it. Which of the two goes?",
    ),
    Slip(
        "both halves renamed",
        both_halves_renamed,
        "Both halves have become the new token. Two tokens should become one.",
    ),
    Slip(
        "the last token lost",
        lambda ids, pair, new: by_index(ids, pair, new, stop=1),
        "A last token that belongs to no pair gets lost. It has no right neighbour, but it is "
        "still part of the text.",
    ),
    Slip(
        "one step too far",
        last_one_unasked,
        "It stops at the last token, when this is the pair's left half: it asks for a neighbour "
        "that is not there.",
    ),
    Slip(
        "one step too early",
        an_empty_start,
        "It asks for the first token before it knows that there is one. A list may be empty.",
    ),
    Slip(
        "a mask too short",
        a_mask_too_short,
        "The mask has a place for each pair of neighbours, and of these there is one fewer than "
        "of tokens.",
    ),
    Slip(
        "pair by pair",
        pair_by_pair,
        "Every pair of neighbours gives one token. So the right half of what was merged comes "
        "once more, and the last token of all never comes.",
    ),
    Slip(
        "both of each",
        both_of_each,
        "Tokens are written twice: once as somebody's left neighbour, and once as a right one.",
    ),
    Slip(
        "wherever it stands",
        lambda ids, pair, new: [new if i in pair else i for i in ids],
        "Each half is renamed wherever it stands, with or without the other one beside it.",
    ),
    Slip(
        "added up",
        added_up,
        "The two halves are added, as numbers. Texts are joined that way; the new ID is given.",
    ),
    Slip(
        "after one token",
        after_one_token,
        "It returns inside the loop, after the first token.",
    ),
    Slip(
        "right before left",
        lambda ids, pair, new: by_index(ids, pair[::-1], new),
        "It looks for the right half first. The pair is (left, right).",
    ),
    Slip(
        "either order",
        lambda ids, pair, new: by_index(
            ids, pair, new, same=lambda two, pair: len(two) == 2 and set(two) == set(pair)
        ),
        "It merges the pair the other way round as well. *ab* and *ba* are two different pairs.",
    ),
    Slip(
        "from the right",
        from_the_right,
        "Runs are merged from their right end. Which of *aa a* and *a aa* is meant is a "
        "convention, but every tokenizer has the first.",
    ),
    Slip(
        "list against tuple",
        lambda ids, pair, new: by_index(ids, pair, new, same=lambda two, pair: list(two) == pair),
        "Nothing is ever merged. Do you compare a list with a tuple? `[1, 2] == (1, 2)` is False.",
    ),
    Slip(
        "by bytes",
        by_bytes,
        "`bytes` holds numbers below 256 and no others. The IDs of merged tokens lie above.",
    ),
)


def by_slices(ids, pair, new):
    merged = list(ids)
    for i in range(len(ids)):
        if merged[i : i + 2] == list(pair):
            merged[i : i + 2] = [new]
    return merged


def by_text(ids, pair, new):
    text, two = ("".join(map(chr, part)) for part in (ids, pair))
    return [ord(token) for token in text.replace(two, chr(new))]


def by_recursion(ids, pair, new):
    if len(ids) < 2:
        return list(ids)
    if tuple(ids[:2]) == pair:
        return [new, *by_recursion(ids[2:], pair, new)]
    return [ids[0], *by_recursion(ids[1:], pair, new)]


def by_numpy(ids, pair, new):
    import numpy as np

    return np.array(by_index(ids, pair, new), dtype=np.int64)


RIGHT = (
    Variant("by index", by_index),
    Variant("by slices", by_slices),
    Variant("as characters", by_text),
    Variant("recursion", by_recursion),
    Variant("an array", by_numpy),
)

CASES = (
    ([104, 101, 257, 104, 101, 101, 104], (104, 101), 258),
    ([7, 7, 7, 3, 7, 7, 7, 7, 7, 3, 7, 7], (7, 7), 300),
    ([1, 2, 2, 1, 1, 2, 1, 2], (2, 1), 256),
    ([300, 301, 300, 301], (301, 300), 302),
    ([5, 6, 8], (6, 5), 256),
    ([112, 7, 12, 7, 71], (12, 7), 256),
    ([9], (9, 9), 256),
    ([], (3, 4), 256),
)

EXERCISE = Exercise(
    id="2.1",
    title="Merge once",
    name="merge_once",
    minutes=15,
    difficulty="Within reach",
    reference=merge_once,
    returns=("merged",),
    cases=tuple(Case(args, (None, None, None)) for args in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=MERGE_ONCE,
    notice="in a run of equal tokens the pair is counted at every place and merged at every other "
    "one, so a count may promise more than the merge can keep.",
)
