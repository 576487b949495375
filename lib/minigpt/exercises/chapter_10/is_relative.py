"""10.3, relative by construction: `is_relative`."""

import numpy as np

from minigpt.exercises.chapter_10.hints import RELATIVE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def is_relative(score, T):
    for i in range(T):
        for j in range(T):
            first = min(i, j)
            if not np.isclose(score(i, j), score(i - first, j - first)):
                return False
    return True


def all_alike(score, T):
    return everywhere(score, T, lambda i, j, m, n: np.isclose(score(i, j), score(m, n)))


def within_reach(score, T, looked_at):
    """Whether pairs of places agree with those as far apart, where `looked_at` says so."""
    return everywhere(
        score,
        T,
        lambda i, j, m, n: not looked_at(i, j) or np.isclose(score(i, j), score(m, n)),
    )


def everywhere(score, T, same):
    """Whether `same` holds of (i, j) and each pair of places as far apart in 0 ... T - 1."""
    places = range(T)
    pairs = [(i, j) for i in places for j in places]
    return all(
        same(i, j, i + by, j + by) for i, j in pairs for by in places if i + by < T and j + by < T
    )


SLIPS = (
    Slip(
        "neighbours alone",
        lambda score, T: all(np.isclose(score(i, i + 1), score(0, 1)) for i in range(T - 1)),
        "It looks only at words next to each other. Further apart, anything may happen.",
    ),
    Slip(
        "one shift",
        lambda score, T: all(
            np.isclose(score(i, j), score(i + 2, j + 2)) for i in range(T - 2) for j in range(T - 2)
        ),
        "It tries one shift only, and a score that repeats itself after that many places gets "
        "through.",
    ),
    Slip(
        "keys behind alone",
        lambda score, T: within_reach(score, T, lambda i, j: i >= j),
        "It looks only at queries that stand behind their keys. Nothing forbids the other half.",
    ),
    Slip(
        "keys ahead alone",
        lambda score, T: within_reach(score, T, lambda i, j: i <= j),
        "It looks only at queries that stand before their keys. What of the other half?",
    ),
    Slip(
        "a place too few",
        lambda score, T: all_alike(score, T - 1),
        "It never comes to the last place. Where does `range` stop?",
    ),
    Slip(
        "place 0 left out",
        lambda score, T: all_alike(lambda i, j: score(i + 1, j + 1), T - 1),
        "It never looks at place 0.",
    ),
    Slip(
        "one agreement is enough",
        lambda score, T: any(
            np.isclose(score(i, j), score(i + 1, j + 1)) for i in range(T - 1) for j in range(T - 1)
        ),
        "It says yes as soon as one comparison comes out equal. One disagreement settles the "
        "matter; one agreement does not.",
    ),
    Slip(
        "one comparison",
        lambda score, T: np.isclose(score(1, 0), score(2, 1)),
        "It makes a single comparison, of two queries that stand one place behind their keys. The "
        "others may be different.",
    ),
    Slip(
        "the query moves alone",
        lambda score, T: all(
            np.isclose(score(i, j), score(i + 1, j)) for i in range(T - 1) for j in range(T)
        ),
        "When one of the two moves and the other does not, their distance changes, and so may "
        "the score.",
    ),
    Slip(
        "symmetric",
        lambda score, T: all(
            np.isclose(score(i, j), score(j, i)) for i in range(T) for j in range(T)
        ),
        "That asks whether before and after are the same. A score may tell them apart and still "
        "depend on the distance alone.",
    ),
    Slip(
        "distance without a sign",
        lambda score, T: all(
            np.isclose(score(i, j), score(abs(i - j), 0)) for i in range(T) for j in range(T)
        ),
        "It holds three places before against three places behind. A distance here has a "
        "direction.",
    ),
    Slip(
        "to the last bit",
        lambda score, T: everywhere(score, T, lambda i, j, m, n: score(i, j) == score(m, n)),
        "It says no to rotary scores for a difference in the last digits: sines and cosines of "
        "larger angles round otherwise.",
    ),
    Slip(
        "too tolerant",
        lambda score, T: everywhere(
            score, T, lambda i, j, m, n: abs(score(i, j) - score(m, n)) < 0.5
        ),
        "Scores that differ by tenths pass as equal. Only rounding is to be forgiven.",
    ),
    Slip(
        "two decimals",
        lambda score, T: everywhere(
            score, T, lambda i, j, m, n: round(score(i, j), 2) == round(score(m, n), 2)
        ),
        "Scores that differ in the fourth decimal pass as equal. Only the last digits that a "
        "computer keeps are to be forgiven.",
    ),
    Slip(
        "the diagonal",
        lambda score, T: all(np.isclose(score(i, i), score(0, 0)) for i in range(T)),
        "It only ever compares a word with itself. How about words that are apart?",
    ),
    Slip(
        "one place too many",
        lambda score, T: all_alike(score, T + 1),
        "It asks for place `T`, and there is none: the last one is `T` − 1.",
    ),
)


def by_diagonals(score, T):
    table = np.array([[score(i, j) for j in range(T)] for i in range(T)])
    return all(np.ptp(np.diagonal(table, n)) < 1e-9 for n in range(1 - T, T))


def step_by_step(score, T):
    table = np.array([[score(i, j) for j in range(T)] for i in range(T)])
    return bool(np.allclose(table[1:, 1:], table[:-1, :-1]))


def by_a_dictionary(score, T):
    seen = {}
    for i in range(T):
        for j in range(T):
            first = seen.setdefault(j - i, score(i, j))
            if abs(first - score(i, j)) > 1e-8:
                return False
    return True


RIGHT = (
    Variant("diagonals", by_diagonals),
    Variant("a table against itself, one place on", step_by_step),
    Variant("a dictionary", by_a_dictionary),
    Variant("all shifts", all_alike),
)


# What the checks hand over; the first line of documentation says what it is.

rng = np.random.default_rng(10)
T = 6
Q, K = rng.normal(size=(2, 4))
TABLE = rng.normal(size=(T, 4))


def within(i, j):
    if not (0 <= i < T and 0 <= j < T):
        raise IndexError(f"there are places 0 to {T - 1}, but ({i}, {j}) was asked for")


def turned(x, place):
    pairs = (x[0::2] + 1j * x[1::2]) * np.exp(1j * place * np.array([1.0, 0.1]))
    return np.stack([pairs.real, pairs.imag], axis=-1).ravel()


def clocks(place):
    angles = place * np.array([1.0, 0.1])
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).ravel()


def rotary(i, j):
    """Query and key both turned."""
    within(i, j)
    return turned(Q, i) @ turned(K, j)


def half_rotary(i, j):
    """The query turned, the key not."""
    within(i, j)
    return turned(Q, i) @ K


def against(i, j):
    """The key turned the other way."""
    within(i, j)
    return turned(Q, i) @ turned(K, -j)


def alibi(i, j):
    """A penalty for the distance, before and behind alike."""
    within(i, j)
    return Q @ K - 0.5 * abs(i - j)


def one_sided(i, j):
    """A bonus for what lies behind, none for what lies before."""
    within(i, j)
    return Q @ K + 0.5 * max(i - j, 0)


def indifferent(i, j):
    """A score without positions."""
    within(i, j)
    return Q @ K


def added(i, j):
    """Sinusoids added to query and key."""
    within(i, j)
    return (Q + clocks(i)) @ (K + clocks(j))


def clocks_alone(i, j):
    """Sinusoids against sinusoids, without any words."""
    within(i, j)
    return clocks(i) @ clocks(j)


def learned(i, j):
    """A learned table added to query and key."""
    within(i, j)
    return (Q + TABLE[i]) @ (K + TABLE[j])


def slowly(i, j):
    """A score that rises by a twentieth with each place of the query."""
    within(i, j)
    return Q @ K + 0.05 * i


def hardly(i, j):
    """A score that rises by 0.0002 with each place of the query."""
    within(i, j)
    return 1.5 + 0.0002 * i


def every_second(i, j):
    """A score that is higher at even places."""
    within(i, j)
    return Q @ K + (i % 2 == 0)


def at_the_end(i, j):
    """A score that is different at one pair of places alone, 5 and 1."""
    within(i, j)
    return Q @ K + (i == T - 1 and j == 1)


def at_the_beginning(i, j):
    """A score that is different at one pair of places alone, 0 and 1."""
    within(i, j)
    return Q @ K + (i == 0 and j == 1)


def itself(i, j):
    """A score that counts places only where a word looks at itself."""
    within(i, j)
    return Q @ K + (i if i == j else 0)


def others(i, j):
    """A score that counts places only where a word looks at another."""
    within(i, j)
    return Q @ K + (i if i != j else 0)


def behind(i, j):
    """A score that counts places only where the key came earlier."""
    within(i, j)
    return Q @ K + (i if j < i - 1 else 0)


def ahead(i, j):
    """A score that counts places only where the key comes later."""
    within(i, j)
    return Q @ K + (i if j > i + 1 else 0)


def next_word(i, j):
    """A score that counts places only where the key is the next word."""
    within(i, j)
    return Q @ K + (i if j == i + 1 else 0)


CASES = (
    rotary, alibi, one_sided, indifferent, clocks_alone, half_rotary, against, added, learned,
    slowly, hardly, every_second, at_the_end, at_the_beginning, itself, others, behind, ahead,
    next_word,
)  # fmt: skip


def misjudged(args, answer):
    """Say which score was judged wrongly; the answer has no axes."""
    score, T = args
    if bool(answer) == is_relative(score, T):
        return None
    words = {True: "yes", False: "no"}
    what = score.__doc__.splitlines()[0].rstrip(".")
    return f"{what}: you say {words[bool(answer)]}, but it is {words[not answer]}."


EXERCISE = Exercise(
    id="10.3",
    title="Relative by construction",
    name="is_relative",
    minutes=25,
    difficulty="Middling",
    reference=is_relative,
    returns=("answer",),
    cases=tuple(Case((score, T), (None, None)) for score in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=RELATIVE,
    judge_by=misjudged,
    notice="a table whose diagonals are constant is called a Toeplitz matrix. Words make it "
    "otherwise: hold them fixed, as here, before you look.",
)
