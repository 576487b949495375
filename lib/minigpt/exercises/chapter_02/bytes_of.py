"""2.3a, round-trip any Unicode: `bytes_of`."""

from minigpt.exercises.chapter_02.hints import ROUND_TRIP
from minigpt.exercises.chapter_02.merges import GREEK, LETTERS, tokens_of
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def bytes_of(ids, merges):
    tokens = [[byte] for byte in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return [byte for i in ids for byte in tokens[i]]


def token_by_token(read):
    """Make text of each token alone, and bytes of all the texts together."""

    def changed(ids, merges):
        tokens = tokens_of(merges)
        return list("".join(read(tokens[i]) for i in ids).encode())

    return changed


def unfolded(ids, merges, start=256, deep=True, turned=False):
    """Unfold each id into its halves, and these into theirs."""
    data = []
    for i in ids:
        if i < 256:
            data.append(i)
            continue
        halves = merges[i - start][::-1] if turned else merges[i - start]
        data += unfolded(halves, merges, start, deep, turned) if deep else halves
    return data


def every_id_a_merge(ids, merges):
    return [half for i in ids for half in merges[i - 256]]


def only_merged(ids, merges):
    tokens = tokens_of(merges)
    return [byte for i in ids if i >= 256 for byte in tokens[i]]


def all_at_once(errors):
    """The bytes, made text of and bytes again."""
    return lambda ids, merges: list(bytes(bytes_of(ids, merges)).decode("utf-8", errors).encode())


SLIPS = (
    Slip(
        "decoded one by one, replaced",
        token_by_token(lambda token: token.decode("utf-8", "replace")),
        "The bytes 239, 191, 189 are the sign for *unreadable*: each token was decoded by itself, "
        "and half a character is no text. When is it safe to decode?",
    ),
    Slip(
        "decoded one by one, ignored",
        token_by_token(lambda token: token.decode("utf-8", "ignore")),
        "Bytes are missing. Each token was decoded by itself, and what was half a character was "
        "thrown away.",
    ),
    Slip(
        "decoded one by one",
        token_by_token(lambda token: token.decode("utf-8")),
        "It decodes each token by itself, and stops at one that is half a character. The halves "
        "have to meet before they are text.",
    ),
    Slip(
        "a byte for a character",
        token_by_token(lambda token: token.decode("latin-1")),
        "Each byte was taken for a character of its own, and became two bytes. That is how *é* "
        "turns into *Ã©*.",
    ),
    Slip(
        "one level",
        lambda ids, merges: unfolded(ids, merges, deep=False),
        "Some of these numbers are above 255. A merge may be made of merges: where does that end?",
    ),
    Slip(
        "right before left",
        lambda ids, merges: unfolded(ids, merges, turned=True),
        "The halves of the merges have changed places.",
    ),
    Slip(
        "every id a merge",
        every_id_a_merge,
        "Ids below 256 are looked up among the merges too. Python reads a negative index from the "
        "end, or finds none; what are these IDs themselves?",
    ),
    Slip(
        "one off",
        lambda ids, merges: unfolded(ids, merges, start=257),
        "Each merge is mistaken for the one before it. Which id does merge number 0 make?",
    ),
    Slip(
        "bytes dropped",
        only_merged,
        "Ids below 256 have been dropped. They are bytes already.",
    ),
    Slip(
        "a text",
        lambda ids, merges: b"".join(tokens_of(merges)[i] for i in ids).decode("utf-8", "replace"),
        "That is text already. The list of byte values is wanted, one step before it.",
    ),
    Slip(
        "all at once, replaced",
        all_at_once("replace"),
        "All bytes are together, and then they become a text on the way. Here the text ends in "
        "half a character, and its bytes are wanted all the same.",
    ),
    Slip(
        "all at once",
        all_at_once("strict"),
        "It makes a text of all bytes, and here they end in half a character. No text is asked "
        "for.",
    ),
    Slip(
        "the tokens",
        lambda ids, merges: [tokens_of(merges)[i] for i in ids],
        "Those are the tokens, each by itself. Their bytes are wanted in one list, as numbers.",
    ),
    Slip(
        "ids as bytes",
        lambda ids, merges: list(bytes(ids)),
        "`bytes` holds numbers up to 255. The larger ones among the IDs stand for several bytes.",
    ),
)


def by_joining(ids, merges):
    tokens = tokens_of(merges)
    return list(b"".join(tokens[i] for i in ids))


def from_the_last_merge(ids, merges):
    data = list(ids)
    for rank in reversed(range(len(merges))):
        data = [x for i in data for x in (merges[rank] if i == 256 + rank else [i])]
    return data


def with_a_stack(ids, merges):
    stack, data = list(ids)[::-1], []
    while stack:
        i = stack.pop()
        if i < 256:
            data.append(i)
        else:
            left, right = merges[i - 256]
            stack += [right, left]
    return data


RIGHT = (
    Variant("joined", by_joining),
    Variant("bytes", lambda ids, merges: bytes(by_joining(ids, merges))),
    Variant("from the last merge back", from_the_last_merge),
    Variant("with a stack", with_a_stack),
    Variant("recursion", unfolded),
)

CASES = (
    ([206, 257, 177, 259, 260, 97], list(GREEK)),
    ([261, 32, 260, 258, 99], list(LETTERS)),
    ([240, 159, 256, 33], [(144, 166), (256, 33)]),
    ([206], list(GREEK)),
)

EXERCISE = Exercise(
    id="2.3a",
    title="Round-trip any Unicode",
    name="bytes_of",
    minutes=25,
    difficulty="Middling",
    reference=bytes_of,
    returns=("data",),
    cases=tuple(Case(args, (None, None)) for args in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=ROUND_TRIP,
    notice="`bytes(data).decode()` comes last, once, for the whole text. The last of the IDs that "
    "you were given was half a character, and that was no concern of yours.",
)
