"""2.3b, round-trip any Unicode: `whole`."""

import codecs

from minigpt.exercises.chapter_02.hints import ROUND_TRIP
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def whole(data):
    done = 0
    for place in range(len(data)):
        if place == done:
            first = data[place]
            size = 1 + (first >= 0xC0) + (first >= 0xE0) + (first >= 0xF0)
            if place + size <= len(data):
                done = place + size
    return done


def walked(size_of, to_the_end=True):
    """From first byte to first byte, by a size for each; with or without what is unfinished."""

    def changed(data):
        done = 0
        while done < len(data):
            size = size_of(data[done])
            if done + size > len(data) and to_the_end:
                break
            done += size
        return done

    return changed


def true_size(first):
    return 1 + (first >= 0xC0) + (first >= 0xE0) + (first >= 0xF0)


def no_continuation_at_the_end(data):
    return len(data.rstrip(bytes(range(0x80, 0xC0))))


def before_the_last_first_byte(data):
    firsts = [i for i, byte in enumerate(data) if byte >= 0xC0]
    return firsts[-1] if firsts else len(data)


def an_end_beyond_ascii(data):
    """Back to the last first byte, if the end is beyond ASCII: complete or not."""
    back = 0
    while back < len(data) and 0x80 <= data[-1 - back] < 0xC0:
        back += 1
    return len(data) - back - (data[-1 - back] >= 0x80)


def never_to_the_end(data):
    """Whole characters that end at the end are held back too."""
    done = 0
    while done < len(data) and done + true_size(data[done]) < len(data):
        done += true_size(data[done])
    return done


def up_to_the_first_large_byte(data):
    return next((i for i, byte in enumerate(data) if byte >= 0x80), len(data))


SLIPS = (
    Slip(
        "all of them",
        len,
        "That is how many bytes there are. The last character may be unfinished.",
    ),
    Slip(
        "characters",
        lambda data: len(data.decode("utf-8", "ignore")),
        "That is how many characters are whole. How many bytes are they?",
    ),
    Slip(
        "replaced",
        lambda data: len(data.decode("utf-8", "replace").encode()),
        "The sign for *unreadable* is counted in, with three bytes of its own. What should happen "
        "to an unfinished character?",
    ),
    Slip(
        "later bytes stripped",
        no_continuation_at_the_end,
        "All bytes from 128 to 191 are taken off the end. That spoils characters that were "
        "complete, and leaves their first bytes standing.",
    ),
    Slip(
        "the last one dropped",
        before_the_last_first_byte,
        "The last character of several bytes is always dropped, and all that follows it. It may "
        "be complete: how do you see that?",
    ),
    Slip(
        "an end beyond ASCII",
        an_end_beyond_ascii,
        "A character of several bytes at the end is always held back. It may be complete: how "
        "many bytes did it announce?",
    ),
    Slip(
        "never to the end",
        never_to_the_end,
        "A character that ends where the bytes end is held back. It is complete.",
    ),
    Slip(
        "every � dropped",
        lambda data: len(data.decode("utf-8", "replace").replace("\ufffd", "").encode()),
        "Every � is taken out. A text may have one of its own, and that is a whole character.",
    ),
    Slip(
        "the bytes",
        lambda data: data[: whole(data)],
        "Those are the bytes that may be shown. Asked is how many there are.",
    ),
    Slip(
        "plain letters only",
        up_to_the_first_large_byte,
        "It stops at the first byte above 127. Such bytes are whole characters too, once there "
        "are enough of them.",
    ),
    Slip(
        "two bytes at most",
        walked(lambda first: 1 + (first >= 0xC0)),
        "It takes every character beyond ASCII to have two bytes. The first byte says how many "
        "there are: two, three or four.",
    ),
    Slip(
        "three bytes at most",
        walked(lambda first: 1 + (first >= 0xC0) + (first >= 0xE0)),
        "It knows characters of up to three bytes. A bird has four.",
    ),
    Slip(
        "a step too far",
        walked(true_size, to_the_end=False),
        "Sometimes more bytes are called whole than there are. The last step led outside.",
    ),
    Slip(
        "decoded at once",
        lambda data: len(data.decode("utf-8").encode()),
        "It decodes everything and stops at the unfinished character, as Python does. The error "
        "that it raises knows what you want.",
    ),
    Slip(
        "the text",
        lambda data: data.decode("utf-8", "ignore"),
        "That is the text that can be shown. Asked is how many bytes it takes up.",
    ),
)


def by_decoder(data):
    text = codecs.getincrementaldecoder("utf-8")().decode(data)
    return len(text.encode())


def by_error(data):
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(data)


def by_bits_from_the_end(data):
    back = 1
    while back <= len(data) and data[-back] >> 6 == 0b10:
        back += 1
    if back > len(data):
        return len(data)
    announced = max(1, 8 - (~data[-back] & 0xFF).bit_length())
    return len(data) if announced == back else len(data) - back if announced > 1 else len(data)


def by_ignoring(data):
    return len(bytes(data).decode(errors="ignore").encode())


RIGHT = (
    Variant("Python's own decoder", by_decoder),
    Variant("by the error", by_error),
    Variant("bits, from the end", by_bits_from_the_end),
    Variant("unfinished ones ignored", by_ignoring),
    Variant("walking", walked(true_size)),
)

# The first and last character of each length stand among them.
TEXTS = (
    ("a\u0080b\u07ffé", 6),
    ("x\u0800\uffff鳥", 9),
    ("🐦\U00010000\U0010ffff!", 12),
    ("e\u0301 \ufffd!", 6),
)
CUTS = [text.encode()[:n] for text, most in TEXTS for n in range(1, most + 2)]

EXERCISE = Exercise(
    id="2.3b",
    title="Round-trip any Unicode",
    name="whole",
    minutes=25,
    difficulty="Middling",
    reference=whole,
    returns=("n",),
    cases=tuple(Case((data,), (None,)) for data in CUTS),
    slips=SLIPS,
    right=RIGHT,
    hints=ROUND_TRIP,
    notice="at most three bytes are ever held back. A program that shows a model's answer word by "
    "word does this after each token, or prints � where it should have waited.",
)
