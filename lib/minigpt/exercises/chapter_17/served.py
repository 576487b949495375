"""17.4b, how much memory, in pages: `served`."""

from minigpt.exercises.chapter_17.hints import MEMORY
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def served(room, per_token, lengths, capacity, page):
    tokens = room // per_token
    whole = min(tokens // capacity, len(lengths))
    free, paged = tokens // page, 0
    for length in lengths:
        free -= -(-length // page)
        if free < 0:
            break
        paged += 1
    return whole, paged


def pages_of(length, page):
    return -(-length // page)


def walk(free, needed, skips=False, strict=False):
    """How many are served in order, when each takes what it needs of what is free."""
    count = 0
    for need in needed:
        if need < free or (need == free and not strict):
            free, count = free - need, count + 1
        elif not skips:
            break
    return count


def of_pages(need, free=lambda tokens, page: tokens // page, **how):
    def wrong(room, per_token, lengths, capacity, page):
        tokens = room // per_token
        needed = [need(length, page) for length in lengths]
        return min(tokens // capacity, len(lengths)), walk(free(tokens, page), needed, **how)

    return wrong


def of_whole(count):
    def wrong(room, per_token, lengths, capacity, page):
        paged = served(room, per_token, lengths, capacity, page)[1]
        return count(room // per_token, lengths, capacity), paged

    return wrong


SLIPS = (
    Slip(
        "pages rounded down",
        of_pages(lambda length, page: length // page),
        "The last page of a text is left out where it is not full. A page that is begun is taken.",
    ),
    Slip(
        "always a page more",
        of_pages(lambda length, page: length // page + 1),
        "A text that fills its pages exactly is given another. Rounding up changes no whole number.",
    ),
    Slip(
        "tokens, not pages",
        of_pages(lambda length, page: length, free=lambda tokens, page: tokens),
        "For the pages you count tokens. What is left over in a text's last page is nobody else's.",
    ),
    Slip(
        "the capacity in pages",
        lambda room, per_token, lengths, capacity, page: (
            served(room, per_token, lengths, capacity, page)[0],
            walk(room // per_token // page, [pages_of(capacity, page)] * len(lengths)),
        ),
        "In pages, too, each text gets as much as it might ever need. It takes as many as its own "
        "length needs.",
    ),
    Slip(
        "those that do not fit are passed over",
        of_pages(pages_of, skips=True),
        "A text that does not fit is passed over, and shorter ones behind it are served. The first "
        "that does not fit makes all behind it wait.",
    ),
    Slip(
        "the shortest first",
        lambda room, per_token, lengths, capacity, page: served(
            room, per_token, sorted(lengths), capacity, page
        ),
        "The shortest texts are served first. They come in the order in which they stand.",
    ),
    Slip(
        "the last page never used",
        of_pages(pages_of, strict=True),
        "A text that takes the last free page is turned away. It fits.",
    ),
    Slip(
        "pages in the room rounded up",
        of_pages(pages_of, free=lambda tokens, page: -(-tokens // page)),
        "There is a page too many: the last in the room is not whole.",
    ),
    Slip(
        "the one that does not fit counted",
        lambda *args: (served(*args)[0], min(served(*args)[1] + 1, len(args[2]))),
        "The text for which the pages did not suffice is counted among those that are served.",
    ),
    Slip(
        "all memory pages",
        lambda room, per_token, lengths, capacity, page: (
            served(room, per_token, lengths, capacity, page)[0],
            walk(room // page, [pages_of(length, page) for length in lengths]),
        ),
        "A page holds `page` tokens, and the room is given in bytes.",
    ),
    Slip(
        "more than there are",
        of_whole(lambda tokens, lengths, capacity: tokens // capacity),
        "Without pages you serve more texts than there are.",
    ),
    Slip(
        "what each will need",
        of_whole(lambda tokens, lengths, capacity: walk(tokens, lengths)),
        "Without pages each text gets as many tokens as it will need. Nobody knows that when it "
        "begins, which is why each gets the capacity.",
    ),
    Slip(
        "the mean for all",
        of_whole(
            lambda tokens, lengths, capacity: min(
                tokens // (sum(lengths) // len(lengths)), len(lengths)
            )
        ),
        "Without pages each text gets as much as a text takes on average. Nobody knows its length "
        "when it begins, which is why each gets the capacity.",
    ),
    Slip(
        "the longest for all",
        of_whole(lambda tokens, lengths, capacity: min(tokens // max(lengths), len(lengths))),
        "Without pages each text gets the length of the longest. It gets the capacity, which is "
        "what it *might* need.",
    ),
    Slip(
        "all in bytes",
        lambda room, per_token, lengths, capacity, page: served(room, 1, lengths, capacity, page),
        "The room is given in bytes, capacity and page in tokens: `per_token` has not been used.",
    ),
    Slip(
        "the capacity in bytes",
        lambda room, per_token, lengths, capacity, page: (
            min(room // capacity, len(lengths)),
            served(room, per_token, lengths, capacity, page)[1],
        ),
        "The capacity is a number of tokens, and the room is given in bytes.",
    ),
    Slip(
        "the two exchanged",
        lambda *args: served(*args)[::-1],
        "The two numbers have changed places: set aside whole first, then in pages.",
    ),
)


def by_sums(room, per_token, lengths, capacity, page):
    from itertools import accumulate

    needed = accumulate((length + page - 1) // page for length in lengths)
    paged = sum(1 for total in needed if total * page * per_token <= room)
    return min(room // (per_token * capacity), len(lengths)), paged


def by_arrays(room, per_token, lengths, capacity, page):
    import numpy as np

    totals = np.cumsum(np.ceil(np.array(lengths) / page))
    whole = np.minimum(room // per_token // capacity, np.size(lengths))
    return whole, np.searchsorted(totals, room // per_token // page, side="right")


def one_page_at_a_time(room, per_token, lengths, capacity, page):
    free, paged = room // per_token // page, 0
    for length in lengths:
        while length > 0:
            free, length = free - 1, length - page
        if free < 0:
            return min(room // per_token // capacity, len(lengths)), paged
        paged += 1
    return min(room // per_token // capacity, len(lengths)), paged


def filling(room, per_token, lengths, capacity, page):
    tokens, whole = room // per_token, 0
    while whole < len(lengths) and (whole + 1) * capacity <= tokens:
        whole += 1
    return float(whole), walk(tokens // page, [pages_of(length, page) for length in lengths])


RIGHT = (
    Variant("running sums", by_sums),
    Variant("arrays", by_arrays),
    Variant("a page at a time", one_page_at_a_time),
    Variant("filling up", filling),
)

EXERCISE = Exercise(
    id="17.4b",
    title="How much memory?",
    name="served",
    minutes=60,
    difficulty="An evening's thought",
    reference=served,
    returns=("whole", "paged"),
    cases=(
        # 100 tokens, 25 pages of 4: 3, 2, 8, 7 and 5 make 25, all of them
        Case((1000, 10, [9, 8, 31, 28, 20, 3, 4], 32, 4), (None,) * 5),
        # 59 tokens, 11 pages of 5: 1, 2, 6; the next wants 3, the one behind it 1
        Case((595, 10, [5, 8, 29, 15, 1, 2, 3, 4], 30, 5), (None,) * 5),
        # 19 tokens, 6 pages of 3: 2, 3 and 1 take them all
        Case((195, 10, [4, 8, 2, 7, 9, 12], 12, 3), (None,) * 5),
        # more room than texts
        Case((777, 7, [12, 13], 25, 6), (None,) * 5),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=MEMORY,
    notice="what is set aside for a text that never comes is as lost as what is in use.",
)
