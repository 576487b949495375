"""8.3, the leak detector: `leaks`."""

import numpy as np

from minigpt.exercises.chapter_08 import functions
from minigpt.exercises.chapter_08.hints import DETECTOR
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

X = np.random.default_rng(83).normal(size=(2, 5, 3))
SIZES = (1, 1e3, 1e6)


def leaks(f, x):
    before, rng = f(x), np.random.default_rng(8)
    for b in range(x.shape[0]):
        for j in range(x.shape[1]):
            for size in SIZES:
                y = x.copy()
                y[b, j:] = size * rng.normal(size=y[b, j:].shape)
                gap = np.abs(f(y) - before)
                gap[b, j:] = 0
                if not gap.max() < 1e-6:
                    return True
    return False


def same(a, b, least=1e-6):
    return bool((np.abs(a - b) < least).all())


def detector(
    sentences=lambda x: range(len(x)),
    places=lambda x: range(x.shape[1]),
    change=lambda x, b, j, new: place_and_after(x, b, j, new),
    sizes=SIZES,
    bad=None,
):
    """A detector, and one step of it changed."""
    bad = bad or elsewhere(same)

    def changed(f, x):
        before, rng = f(x), np.random.default_rng(3)
        for b in sentences(x):
            for j in places(x):
                for size in sizes:
                    new = size * rng.normal(size=x.shape)
                    if bad(before, f(change(x, b, j, new)), b, j):
                        return True
        return False

    return changed


def place_and_after(x, b, j, new):
    y = x.copy()
    y[b, j:] = new[b, j:]
    return y


def made_nan(x, b, j, new):
    return place_and_after(x, b, j, np.full_like(x, np.nan))


def aliased(f, x):
    before, rng = f(x), np.random.default_rng(8)
    for b, j in np.ndindex(*x.shape[:2]):
        for size in SIZES:
            y = x
            y[b, j:] = size * rng.normal(size=y[b, j:].shape)
            gap = np.abs(f(y) - before)
            gap[b, j:] = 0
            if not gap.max() < 1e-6:
                return True
    return False


def last(x):
    return [x.shape[1] - 1]


def earlier_rows(before, after, b, j):
    return not same(before[:, :j], after[:, :j])


def one_word(x, b, j, new):
    y = x.copy()
    y[b, j] = new[b, j]
    return y


def up_to(x, b, j, new):
    y = x.copy()
    y[b, : j + 1] = new[b, : j + 1]
    return y


def all_sentences(x, b, j, new):
    y = x.copy()
    y[:, j:] = new[:, j:]
    return y


def own_sentence(before, after, b, j):
    return not same(before[b, :j], after[b, :j])


def elsewhere(same, part=lambda rows, j: rows[:j]):
    """Compare what may not change: part of the own sentence, and all the others."""

    def bad(before, after, b, j):
        others = np.delete(before, b, 0), np.delete(after, b, 0)
        return not (same(part(before[b], j), part(after[b], j)) and same(*others))

    return bad


def cut_short(f, x):
    whole = f(x)
    return not all(same(f(x[:, :j]), whole[:, :j]) for j in range(1, x.shape[1]))


def backwards(f, x):
    return not leaks(f, x)


SLIPS = (
    Slip(
        "the last word alone",
        detector(places=last),
        "Only the last word is ever changed. A leak from the second word to the first goes unseen.",
    ),
    Slip(
        "the last word of every sentence",
        detector(places=last, change=all_sentences, bad=earlier_rows),
        "Only last words are ever changed, and all of them at once. "
        "Who could be caught looking at the second word, or at another sentence?",
    ),
    Slip(
        "the last word of every sentence, a little",
        detector(places=last, change=all_sentences, bad=earlier_rows, sizes=(1,)),
        "Only last words are ever changed, all of them at once, and by little. "
        "Most leaks are found, three kinds are not: which places, which sentences, which sizes?",
    ),
    Slip(
        "answered after one try",
        detector(sentences=lambda x: [0], places=lambda x: [1], sizes=(1,)),
        "It makes one change, and answers. 'No' can be said only when all have been tried. "
        "Does a return stand inside the loop that should stand after it?",
    ),
    Slip(
        "answered after one try, in its own sentence",
        detector(sentences=lambda x: [0], places=lambda x: [1], sizes=(1,), bad=own_sentence),
        "It makes one change, looks at one sentence, and answers. 'No' can be said only when all "
        "have been tried. Does a return stand inside the loop that should stand after it?",
    ),
    Slip(
        "rows compared that may change",
        detector(bad=lambda before, after, b, j: not same(before, after)),
        "It says yes to every function, honest ones too. "
        "Are rows compared that may change, such as the changed word's own?",
    ),
    Slip(
        "its own sentence alone",
        detector(bad=own_sentence),
        "A leak from one sentence of the batch to another goes unseen: only rows of the changed "
        "sentence are compared.",
    ),
    Slip(
        "the first sentence alone",
        detector(sentences=lambda x: [0], bad=own_sentence),
        "Only the first sentence is looked at. What does it give to the others, and they to it?",
    ),
    Slip(
        "all sentences at once",
        detector(change=all_sentences, bad=earlier_rows),
        "All sentences change at once, so none can be caught looking at another. "
        "Change one, and look at the rest.",
    ),
    Slip(
        "nudges alone",
        detector(sizes=(0.01, 1)),
        "A leak that shows only when a word of the future is very long goes unseen. "
        "Change it by more, too.",
    ),
    Slip(
        "nudges, in its own sentence",
        detector(sizes=(0.01, 1), bad=own_sentence),
        "Two kinds of leak go unseen: from sentence to sentence, and from words so long that no "
        "finite number hides them.",
    ),
    Slip(
        "to the last bit",
        detector(bad=elsewhere(lambda a, b: bool((a == b).all()))),
        "It says yes to an honest function for a difference in its last digits. "
        "Rounding is to be forgiven.",
    ),
    Slip(
        "too tolerant",
        detector(bad=elsewhere(lambda a, b: np.allclose(a, b, atol=0.1))),
        "Leaks of hundredths pass as rounding. Only rounding is to be forgiven, and it is smaller.",
    ),
    Slip(
        "the future made NaN",
        detector(change=made_nan),
        "It says yes to honest attention: a weight of 0 times NaN is NaN, so that everything "
        "seems to leak. Put in numbers.",
    ),
    Slip(
        "the past changed",
        detector(
            change=up_to,
            bad=lambda before, after, b, j: not same(before[b, j + 1 :], after[b, j + 1 :]),
        ),
        "It says yes to honest functions: they may well let the future depend on the past. "
        "Change what comes after, and look at what came before.",
    ),
    Slip(
        "x itself changed",
        aliased,
        "`y = x` gives one array two names, so every change stays for all later rounds. Copy it.",
    ),
    Slip(
        "one word, and the row before it",
        detector(
            change=one_word,
            bad=elsewhere(same, lambda rows, j: rows[max(j - 1, 0) : j]),
        ),
        "One word is changed, and only the row right before it compared. "
        "A leak may reach further back.",
    ),
    Slip(
        "one number a word",
        detector(bad=elsewhere(same, lambda rows, j: rows[:j, 0])),
        "Only the first number of each word is compared, and the others may do as they like.",
    ),
    Slip(
        "cut short",
        cut_short,
        "Cutting the sentence short finds much of what one sentence gives away. "
        "Nothing here looks from one sentence to another, or makes a word of the future long.",
    ),
    Slip(
        "yes for no",
        backwards,
        "It says yes to what is honest and no to what leaks. Which is the question?",
    ),
)


def word_by_word(f, x):
    """One word changed at a time, the comparison by loops."""
    before = f(x)
    for b, j in np.ndindex(*x.shape[:2]):
        for size in (2.0, -500.0, 3e5):
            y = np.array(x)
            y[b, j] = size * (1 + np.arange(x.shape[-1])) * (-1) ** np.arange(x.shape[-1])
            after = f(y)
            for row in np.ndindex(*x.shape[:2]):
                changeable = row[0] == b and row[1] >= j
                if not changeable and np.abs(after[row] - before[row]).sum() > 1e-6:
                    return True
    return False


def by_pieces(f, x):
    """Two inputs that agree up to a place must come out alike up to there, and alone as together."""
    rng = np.random.default_rng(1)
    for size in (3, 1e5, 1e5, 1e5):
        other = size * rng.normal(size=x.shape)
        for j in range(x.shape[1]):
            mixed = np.concatenate([x[:, :j], other[:, j:]], axis=1)
            if not np.allclose(f(mixed)[:, :j], f(x)[:, :j], atol=1e-7):
                return True
    return any(not np.allclose(f(x)[b], f(x[[b]])[0], atol=1e-7) for b in range(len(x)))


def by_torch_compared(f, x):
    import torch

    before = torch.tensor(f(x))
    for b, j in np.ndindex(*x.shape[:2]):
        for factor in (-1, 1e3, -1e6):
            y = x.copy()
            y[b, j:] *= factor
            kept = torch.ones(x.shape[:2], dtype=torch.bool)
            kept[b, j:] = False
            if not torch.allclose(torch.tensor(f(y))[kept], before[kept], atol=1e-7):
                return True
    return np.False_


RIGHT = (
    Variant("word by word", word_by_word),
    Variant("the factory's own", detector()),
    Variant(
        "the row before is enough, if all that follows is changed",
        detector(bad=elsewhere(same, lambda rows, j: rows[max(j - 1, 0) : j])),
    ),
    Variant("two halves put together, and each alone", by_pieces),
    Variant("multiplied, compared by torch", by_torch_compared),
)


def misjudged(args, answer):
    """Say what f it is that was judged wrongly; the answer has no axes."""
    f, _ = args
    leaky = f not in functions.HONEST
    if bool(answer) == leaky:
        return None
    words = {True: "it leaks", False: "it does not leak"}
    return f"{f.__doc__} You say {words[bool(answer)]}, but {words[leaky]}."


EXERCISE = Exercise(
    id="8.3",
    title="The leak detector",
    name="leaks",
    minutes=35,
    difficulty="Middling",
    reference=leaks,
    returns=("answer",),
    cases=tuple(Case((f, X), (None, "B T d")) for f in (*functions.HONEST, *functions.LEAKY)),
    slips=SLIPS,
    right=RIGHT,
    hints=DETECTOR,
    notice="it never asked how `f` works: the same function judges a layer, a whole model, or "
    "somebody else's.",
    judge_by=misjudged,
)
