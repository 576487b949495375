"""2.2b, encode by merge rank: `longest_match`, the other way."""

import re

from minigpt.exercises.chapter_02.hints import BY_RANK
from minigpt.exercises.chapter_02.merges import GREEK, LETTERS, RUNS, merged, tokens_of
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def longest_match(text, merges):
    tokens = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data, ids, done = text.encode("utf-8"), [], 0
    for place in range(len(data)):
        if place == done:
            fits = [i for i, token in enumerate(tokens) if data.startswith(token, place)]
            ids.append(max(fits, key=lambda i: len(tokens[i])))
            done = place + len(tokens[ids[-1]])
    return ids


def matching(choose, start=lambda text: text.encode(), known=tokens_of):
    """Go from place to place, by a way to choose among the ids that fit there."""

    def changed(text, merges):
        tokens, data, ids = known(merges), start(text), []
        while data:
            fits = [i for i, token in enumerate(tokens) if data.startswith(token)]
            ids.append(choose(fits, tokens))
            data = data[len(tokens[ids[-1]]) :]
        return ids

    return changed


def longest(fits, tokens):
    return max(fits, key=lambda i: len(tokens[i]))


def by_rank(text, merges):
    ids = list(text.encode())
    for rank, pair in enumerate(merges):
        ids = merged(ids, pair, 256 + rank)
    return ids


def growing(text, merges):
    """A token grows byte by byte, as long as what it has become is a token."""
    tokens = {token: i for i, token in enumerate(tokens_of(merges))}
    data, ids = text.encode(), []
    while data:
        size = 1
        while size < len(data) and data[: size + 1] in tokens:
            size += 1
        ids.append(tokens[data[:size]])
        data = data[size:]
    return ids


def at_every_place(text, merges):
    tokens, data = tokens_of(merges), text.encode()
    fits = [[i for i, t in enumerate(tokens) if data.startswith(t, at)] for at in range(len(data))]
    return [longest(some, tokens) for some in fits]


def on_the_way(text, merges):
    ids = []
    for byte in text.encode():
        if ids and (ids[-1], byte) in merges:
            ids[-1] = 256 + merges.index((ids[-1], byte))
        else:
            ids.append(byte)
    return ids


def the_tokens(text, merges):
    return [tokens_of(merges)[i] for i in longest_match(text, merges)]


def from_the_end(text, merges):
    tokens, data, ids = tokens_of(merges), text.encode(), []
    while data:
        ids.insert(0, longest([i for i, t in enumerate(tokens) if data.endswith(t)], tokens))
        data = data[: -len(tokens[ids[0]])]
    return ids


def longest_anywhere(text, merges):
    """The longest token that occurs goes first; then what stands left and right of it."""
    tokens = tokens_of(merges)

    def go(data):
        if not data:
            return []
        best = longest([i for i, token in enumerate(tokens) if token in data], tokens)
        left, right = data.split(tokens[best], 1)
        return [*go(left), best, *go(right)]

    return go(text.encode())


def pairs_of_bytes(merges):
    """Tokens as if every merge were of two bytes."""
    tokens = [bytes([byte]) for byte in range(256)]
    return [*tokens, *(bytes([left % 256, right % 256]) for left, right in merges)]


def by_characters(text, merges):
    tokens = {token.decode("latin-1"): i for i, token in enumerate(tokens_of(merges))}
    ids = []
    while text:
        ids.append(max((t for t in tokens if text.startswith(t)), key=len))
        text = text[len(ids[-1]) :]
    return [tokens[token] for token in ids]


SLIPS = (
    Slip(
        "by rank",
        by_rank,
        "That is part 1 again. Here no merge is made: at each place the longest token that fits "
        "is taken.",
    ),
    Slip(
        "the first that fits",
        matching(lambda fits, tokens: fits[0]),
        "The bytes come first in the list, and a byte always fits. Which of those that fit is "
        "wanted?",
    ),
    Slip(
        "the latest that fits",
        matching(lambda fits, tokens: fits[-1]),
        "It takes the token that was made last. A token that was made later is not always longer.",
    ),
    Slip(
        "the earliest merge that fits",
        matching(lambda fits, tokens: fits[min(1, len(fits) - 1)]),
        "Of the merged tokens that fit it takes the one that was made first. A rank has no say "
        "here; which one reaches furthest?",
    ),
    Slip(
        "growing",
        growing,
        "It lets a token grow byte by byte, and stops at the first row of bytes that is none. A "
        "longer one may be a token again.",
    ),
    Slip(
        "on the way",
        on_the_way,
        "It grows a token by merges with the next byte. A token may also be made of two that are "
        "longer than a byte, and how it was made has no say here.",
    ),
    Slip(
        "at every place",
        at_every_place,
        "A token is taken at every byte. Those inside a token that has been taken are used up.",
    ),
    Slip(
        "the tokens",
        the_tokens,
        "Those are the tokens themselves. Asked is which ID each of them has.",
    ),
    Slip(
        "from the end",
        from_the_end,
        "It matches from the end of the text. The other end is where a reader starts, and the two "
        "do not meet.",
    ),
    Slip(
        "the longest anywhere",
        longest_anywhere,
        "It looks for the longest token in the whole text, and then left and right of it. Asked "
        "is the longest that starts here, then the longest that starts behind it.",
    ),
    Slip(
        "merges of two bytes",
        matching(longest, known=pairs_of_bytes),
        "It takes every merge to be of two bytes. Some are made of merges, and those are longer.",
    ),
    Slip(
        "characters",
        by_characters,
        "It stops, or goes astray, where a character has more than one byte. Match bytes, not "
        "characters.",
    ),
)


def by_expression(text, merges):
    tokens = {token: i for i, token in enumerate(tokens_of(merges))}
    choices = b"|".join(map(re.escape, sorted(tokens, key=len, reverse=True)))
    return [tokens[token] for token in re.findall(choices, text.encode(), re.DOTALL)]


def by_shrinking(text, merges):
    tokens, data = {token: i for i, token in enumerate(tokens_of(merges))}, text.encode()
    ids, place = [], 0
    while place < len(data):
        end = len(data)
        while data[place:end] not in tokens:
            end -= 1
        ids.append(tokens[data[place:end]])
        place = end
    return ids


def by_recursion(text, merges):
    tokens = tokens_of(merges)

    def go(data):
        if not data:
            return []
        best = longest([i for i, token in enumerate(tokens) if data.startswith(token)], tokens)
        return [best, *go(data[len(tokens[best]) :])]

    return go(text.encode())


RIGHT = (
    Variant("a regular expression", by_expression),
    Variant("shrinking from the right", by_shrinking),
    Variant("recursion", by_recursion),
)

CASES = (
    ("abcd bcdbcde abab abab", [*LETTERS, (97, 256)]),
    ("aaaxaaaaaxaaaaaa", list(RUNS)),
    ("ααπ απéα ж", list(GREEK)),
    ("abcab", [(98, 99), (97, 256), (97, 98)]),
    ("abcde", [(98, 99), (256, 100), (257, 101), (97, 98), (100, 101)]),
    ("e", list(LETTERS)),
    ("", list(LETTERS)),
)

EXERCISE = Exercise(
    id="2.2b",
    title="Encode by merge rank",
    name="longest_match",
    minutes=30,
    difficulty="Middling",
    reference=longest_match,
    returns=("ids",),
    cases=tuple(Case(args, (None, None)) for args in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=BY_RANK,
    notice="it needs the list of tokens and no ranks at all. BERT's tokenizer works like this; "
    "the same vocabulary, read in another way, gives another text to the model.",
)
