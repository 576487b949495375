"""1.3, can you beat the floor? `audit`."""

import numpy as np

from minigpt.exercises.chapter_01 import players
from minigpt.exercises.exercise import Case, Exercise, Hint, Slip, Variant


def audit(player, story, vocab_size):
    whole, blind = True, True
    for i in range(len(story)):
        bets = player(story, i)
        whole = whole and min(bets) >= 0 and abs(sum(bets) - 1) < 1e-6
        for shift in range(1, vocab_size):
            ending = [(word + shift) % vocab_size for word in story[i:]]
            blind = blind and np.allclose(player(story[:i] + ending + [0], i), bets)
    return whole, blind


def makes_a_whole(bets):
    return min(bets) >= 0 and abs(sum(bets) - 1) < 1e-6


def is_blind(player, story, i, vocab_size, begin=0, end=None, longer=(0,)):
    """Whether the bets at place i stay when the words from i + begin to end are others."""
    for shift in range(1, vocab_size):
        stop = len(story) if end is None else i + end
        other = [
            (word + shift) % vocab_size if i + begin <= place < stop else word
            for place, word in enumerate(story)
        ]
        if not np.allclose(player([*other, *longer], i), player(story, i)):
            return False
    return True


def auditing(whole=makes_a_whole, blind=is_blind):
    """The right audit, with one of its two questions asked in another way."""

    def changed(player, story, vocab_size):
        places = range(len(story))
        return (
            all(whole(player(story, i)) for i in places),
            all(blind(player, story, i, vocab_size) for i in places),
        )

    return changed


def looking_at(**how):
    return lambda player, story, i, vocab_size: is_blind(player, story, i, vocab_size, **how)


def blotted_out(player, story, i, vocab_size):
    return np.allclose(player(story[:i] + [None] * (len(story) - i), i), player(story, i))


def first_place_only(player, story, vocab_size):
    return makes_a_whole(player(story, 0)), is_blind(player, story, 0, vocab_size)


def last_place_only(player, story, vocab_size):
    last = len(story) - 1
    return makes_a_whole(player(story, last)), is_blind(player, story, last, vocab_size)


def on_average(player, story, vocab_size):
    total = sum(sum(player(story, i)) for i in range(len(story)))
    return abs(total - len(story)) < 1e-6, audit(player, story, vocab_size)[1]


def words_that_came(player, story, vocab_size):
    total = sum(player(story, i)[word] for i, word in enumerate(story))
    return abs(total - 1) < 1e-6, audit(player, story, vocab_size)[1]


def everything_else(player, story, i, vocab_size):
    other = [(word + 1) % vocab_size for word in story]
    return np.allclose(player([*other, 0], i), player(story, i))


def in_place(player, story, vocab_size):
    whole, blind = True, True
    for i in range(len(story)):
        bets = np.array(player(story, i))
        whole = whole and makes_a_whole(bets)
        story[i:] = [(word + 1) % vocab_size for word in story[i:]]
        blind = blind and np.allclose(player([*story, 0], i), bets)
    return whole, blind


def until_the_first_fault(player, story, vocab_size):
    for i in range(len(story)):
        if not makes_a_whole(player(story, i)):
            return False, True
        if not is_blind(player, story, i, vocab_size):
            return True, False
    return True, True


def by_equality(player, story, i, vocab_size):
    return bool(player(story[:i], i) == player(story, i))


SLIPS = (
    Slip(
        "exactly 1",
        auditing(lambda bets: min(bets) >= 0 and sum(bets) == 1),
        "You turn honest players away: added up in floating point, fractions of one whole may miss "
        "1 in the last digit.",
    ),
    Slip(
        "negative bets",
        auditing(lambda bets: abs(sum(bets) - 1) < 1e-6),
        "One of the players bets less than nothing on a word, to have more for the others. Its sum "
        "is 1 all the same.",
    ),
    Slip(
        "no sum",
        auditing(lambda bets: min(bets) >= 0),
        "You ask whether a bet is negative. A whole has another property too, and it is the one that "
        "most cheats break.",
    ),
    Slip(
        "at most 1",
        auditing(lambda bets: min(bets) >= 0 and sum(bets) < 1 + 1e-6),
        "You let a player pass whose bets make less than a whole. That harms nobody but itself, yet "
        "those bets are no probabilities either.",
    ),
    Slip(
        "no zeros",
        auditing(lambda bets: min(bets) > 0 and abs(sum(bets) - 1) < 1e-6),
        "A bet of 0 is reckless but honest. Only below it does cheating begin.",
    ),
    Slip(
        "on average",
        on_average,
        "You add up all places together, so that too much here is made good by too little there. "
        "Every single bet must be a whole.",
    ),
    Slip(
        "the words that came",
        words_that_came,
        "No player passes your first question: do you add up the bets on the words that came? A whole "
        "is made by all the words that *might* come at one place.",
    ),
    Slip(
        "the first place only",
        first_place_only,
        "You judge the first place and no other. Does your loop return before it is through?",
    ),
    Slip(
        "the last place only",
        last_place_only,
        "Your verdict is that of the last place. Does each round overwrite what the rounds before "
        "it have found?",
    ),
    Slip(
        "until the first fault",
        until_the_first_fault,
        "You return at the first fault, and never learn of a second one of the other kind. One player "
        "has both.",
    ),
    Slip(
        "arrays compared by ==",
        auditing(blind=by_equality),
        "Comparing arrays gives an array of answers, one for each word. What makes a single answer of "
        "them?",
    ),
    Slip(
        "the word itself only",
        auditing(blind=looking_at(end=1)),
        "You change the word that is betted on, but not those after it, and one of the players looks "
        "at them.",
    ),
    Slip(
        "one word and no more",
        auditing(blind=looking_at(end=1, longer=())),
        "You change the word that is betted on, and nothing else. One of the players looks further "
        "ahead, and one counts how many words are to come.",
    ),
    Slip(
        "the later words and no more",
        auditing(blind=looking_at(begin=1, longer=())),
        "Your other endings begin with the word that is betted on, and are as long as the true one. "
        "One player looks at that word, and one counts.",
    ),
    Slip(
        "blotted out",
        auditing(blind=blotted_out),
        "You blot out the words to come, and a player who peeks at them falls over your `None`. Let it "
        "see words, other ones: its bets will give it away.",
    ),
    Slip(
        "the words after it only",
        auditing(blind=looking_at(begin=1)),
        "You change what comes after the word that is betted on, but not that word itself: the "
        "greatest temptation of all.",
    ),
    Slip(
        "as many words",
        auditing(blind=looking_at(longer=())),
        "One player reads no word ahead, but counts how many there are, and so knows when the end "
        "will come. Your other endings are all as long as the true one.",
    ),
    Slip(
        "the past too",
        auditing(blind=everything_else),
        "You call every player a peeker, the honest ones too. Do you change words *before* place `i`, "
        "which all may read, or compare the bets on two different words?",
    ),
    Slip(
        "in place",
        in_place,
        "You change the story itself, so from the second place on the words to be read are no "
        "longer the story's. Make a new list for each ending.",
    ),
    Slip(
        "peeking, not blind",
        lambda *args: (audit(*args)[0], not audit(*args)[1]),
        "Your second answer says who peeks. Asked is who does *not*.",
    ),
    Slip(
        "who cheats",
        lambda *args: tuple(not kept for kept in audit(*args)),
        "Both answers are turned round: you say which promise is broken. True is for a promise that "
        "is kept.",
    ),
    Slip(
        "exchanged",
        lambda *args: audit(*args)[::-1],
        "Both answers are right and stand in each other's place: first whether the bets are wholes.",
    ),
    Slip(
        "one answer for both",
        lambda *args: (all(audit(*args)),) * 2,
        "There are two questions, and a player may cheat in one way only. Keep the answers apart.",
    ),
)


def by_cutting(player, story, vocab_size):
    whole = blind = 0
    for i in range(len(story)):
        bets = np.asarray(player(story, i))
        whole += bool((bets >= -1e-12).all() and np.isclose(bets.sum(), 1))
        blind += np.array_equal(bets, player(story[:i], i))
    return whole == len(story), blind == len(story)


def at_random(player, story, vocab_size):
    rng = np.random.default_rng(0)
    for i in range(len(story)):
        for _ in range(30):
            ending = rng.integers(vocab_size, size=rng.integers(1, 12)).tolist()
            if not np.allclose(player([*story[:i], *ending], i), player(story, i)):
                return makes_wholes(player, story), False
    return makes_wholes(player, story), True


def makes_wholes(player, story):
    bets = np.array([player(story, i) for i in range(len(story))])
    return np.allclose(bets.sum(axis=-1), 1) & (bets >= 0).all()


RIGHT = (
    Variant("cut off, and counted", by_cutting),
    Variant("random endings", at_random),
    Variant("two passes", auditing()),
    Variant("as 0-d arrays", lambda *args: tuple(np.array(part) for part in audit(*args))),
)


def who_it_was(args, values):
    """Of a player that was misjudged: what it does."""
    return f"This player {args[0].does}."


STORY, SHORT = [3, 1, 4, 2, 6, 5, 0], [2, 3, 1, 0]
CASES = tuple(
    Case((player, story, vocab_size), (None, None, None))
    for player, story, vocab_size in (
        (players.bigram(8), STORY, 8),
        (players.too_much_somewhere(8, 2), STORY, 8),
        (players.too_much_somewhere(8, 4), STORY, 8),
        (players.too_much_somewhere(8, 5), STORY, 8),
        (players.peeking(8, 0), STORY, 8),
        (players.peeking(8, 1), STORY, 8),
        (players.peeking_at_first(8), STORY, 8),
        (players.rounded(8), STORY, 8),
        (players.reading_from_the_start(5), SHORT, 5),
        (players.with_zeros(8), STORY, 8),
        (players.below_zero(5), SHORT, 5),
        (players.too_little(5), SHORT, 5),
        (players.up_and_down(5), SHORT, 5),
        (players.counting(8), STORY, 8),
        (players.shameless(5), SHORT, 5),
    )
)

EXERCISE = Exercise(
    id="1.3",
    title="Can you beat the floor?",
    name="audit",
    minutes=30,
    difficulty="Middling",
    reference=audit,
    returns=("whole", "blind"),
    cases=CASES,
    slips=SLIPS,
    right=RIGHT,
    invariants=(who_it_was,),
    hints=(
        Hint(
            "two promises",
            "The proof of the floor used two facts about a bet, and named them. Each of the two answers "
            "asks for one of them, at every place of the story.",
        ),
        Hint(
            "how to catch a peeker",
            "You cannot see what a player reads, but you decide what there is to be read. Hand it "
            "the same beginning with a different ending: what must not change?",
        ),
        Hint(
            "a plan",
            "At each place, ask for the bets once with the true story and once more with other words "
            "from place `i` on, and more or fewer of them. Every bet must stay as it was. Start both "
            "answers as True, and let any place that breaks a promise turn its answer to False for good.",
        ),
    ),
    notice="you never looked into a player. Tests of this kind, same beginning and another ending, "
    "find a missing mask in chapter 8.",
)
