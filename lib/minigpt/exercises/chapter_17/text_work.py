"""17.3b, is it 1000 times?, over a whole text: `text_work`."""

from minigpt.exercises.chapter_17.hints import WORK
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def text_work(prompt, new, d_model, n_layers, vocab_size):
    def fed(before, after):
        met = after * (after + 1) - before * (before + 1)
        return (
            n_layers * (12 * d_model**2 * (after - before) + d_model * met) + vocab_size * d_model
        )

    ends = range(prompt, prompt + new)
    without = sum(fed(0, n) for n in ends)
    cached = fed(0, prompt) + sum(fed(n - 1, n) for n in ends[1:])
    return 2 * without, 2 * cached


def feeding(d_model, n_layers, vocab_size):
    def fed(before, after):
        words = [12 * d_model**2 + 2 * i * d_model for i in range(before + 1, after + 1)]
        return 2 * (n_layers * sum(words) + vocab_size * d_model)

    return fed


def with_sums(without, cached):
    """A version that feeds rightly; the two sums get `fed`, the prompt and the new words."""

    def wrong(prompt, new, *sizes):
        fed = feeding(*sizes)
        return without(fed, prompt, new), cached(fed, prompt, new)

    return wrong


def hidden_too(prompt, new, d_model, n_layers, vocab_size):
    """With the cache, the half of the prompt's table that the mask hides is counted, too."""
    without, cached = text_work(prompt, new, d_model, n_layers, vocab_size)
    return without, cached + 2 * n_layers * d_model * prompt * (prompt - 1)


def all_anew(fed, prompt, new):
    return sum(fed(0, n) for n in range(prompt, prompt + new))


def one_each(fed, prompt, new):
    return fed(0, prompt) + sum(fed(n - 1, n) for n in range(prompt + 1, prompt + new))


SLIPS = (
    Slip(
        "the prompt for nothing",
        with_sums(all_anew, lambda fed, p, n: one_each(fed, p, n) - fed(0, p) + fed(p - 1, p)),
        "With the cache the prompt seems to be there already: only its last word is fed. Somebody "
        "has to fill the cache.",
    ),
    Slip(
        "the prompt never fed",
        with_sums(all_anew, lambda fed, p, n: one_each(fed, p, n) - fed(0, p)),
        "With the cache, nobody feeds the prompt. It must go through once, to fill the cache and "
        "to be scored.",
    ),
    Slip(
        "places from the prompt's end",
        with_sums(all_anew, lambda fed, p, n: fed(0, p) + sum(fed(i - 1, i) for i in range(1, n))),
        "With the cache, the new words' places are counted from the end of the prompt. They look "
        "at the prompt as well.",
    ),
    Slip(
        "the whole prompt's table",
        hidden_too,
        "With the cache you count the prompt's table whole. What the mask hides is left out here, "
        "too.",
    ),
    Slip(
        "scored after each word",
        with_sums(
            lambda fed, p, n: sum(fed(0, i) for i in range(1, p + n)),
            lambda fed, p, n: sum(fed(i - 1, i) for i in range(1, p + n)),
        ),
        "You score from the first word on, as if the prompt had to be written too. It is given: "
        "the first scores are those behind it.",
    ),
    Slip(
        "the last work times the words",
        with_sums(lambda fed, p, n: n * fed(0, p + n), lambda fed, p, n: n * fed(p + n - 1, p + n)),
        "Every step is counted as if the text were complete. It was shorter before, and the prompt "
        "had to be fed.",
    ),
    Slip(
        "the prompt one by one",
        with_sums(all_anew, lambda fed, p, n: sum(fed(i - 1, i) for i in range(1, p + n))),
        "With the cache you feed the prompt word by word and score what may follow each of its "
        "words. It goes in at one go, and is scored once.",
    ),
    Slip(
        "the last word fed, too",
        with_sums(
            lambda fed, p, n: all_anew(fed, p, n + 1), lambda fed, p, n: one_each(fed, p, n + 1)
        ),
        "There is a step too many: when the last word has been chosen, nothing more is scored. The "
        "first one is chosen from the prompt alone.",
    ),
    Slip(
        "a cached step too many",
        with_sums(all_anew, lambda fed, p, n: one_each(fed, p, n + 1)),
        "With the cache there is a step too many: the first new word comes from the prompt's own "
        "scores, so one step fewer is left.",
    ),
    Slip(
        "the prompt's last word fed twice",
        with_sums(
            all_anew, lambda fed, p, n: fed(0, p) + sum(fed(i - 1, i) for i in range(p, p + n))
        ),
        "With the cache the prompt's last word is fed twice, once with the prompt and once again.",
    ),
    Slip(
        "a step too few",
        with_sums(
            lambda fed, p, n: sum(fed(0, i) for i in range(p + 1, p + n)),
            one_each,
        ),
        "Without the cache there is a step too few: the first new word needs the prompt scored.",
    ),
    Slip(
        "a word too long",
        with_sums(lambda fed, p, n: sum(fed(0, i) for i in range(p + 1, p + n + 1)), one_each),
        "Without the cache every text that is scored is one word too long: what is being guessed "
        "has not been written yet.",
    ),
    Slip(
        "the prompt forgotten",
        with_sums(
            lambda fed, p, n: sum(fed(0, i) for i in range(1, n + 1)),
            lambda fed, p, n: sum(fed(i - 1, i) for i in range(1, n + 1)),
        ),
        "The text seems to begin with the first new word. The prompt is there before it, and is "
        "looked at.",
    ),
    Slip(
        "the last place times the steps",
        with_sums(
            lambda fed, p, n: n * fed(0, p + n - 1),
            lambda fed, p, n: fed(0, p) + (n - 1) * fed(p + n - 2, p + n - 1),
        ),
        "Every step is counted as if it were the last. The text was shorter before.",
    ),
    Slip(
        "the new words apart",
        with_sums(
            lambda fed, p, n: fed(0, p) + sum(fed(p, i) for i in range(p + 1, p + n)), one_each
        ),
        "Without the cache you feed the prompt only once, and later the new words alone. That is "
        "half a cache.",
    ),
    Slip(
        "the last step alone",
        with_sums(lambda fed, p, n: fed(0, p + n - 1), lambda fed, p, n: fed(p + n - 2, p + n - 1)),
        "That is the last step alone. All steps are to be added up.",
    ),
    Slip(
        "the other way about",
        lambda *args: text_work(*args)[::-1],
        "The two numbers have changed places: first without the cache, then with it.",
    ),
    Slip(
        "a ratio",
        lambda *args: text_work(*args)[0] / text_work(*args)[1],
        "That is how many times less it is. Both sums are wanted.",
    ),
    Slip(
        "multiplications alone",
        lambda *args: tuple(n // 2 for n in text_work(*args)),
        "Both are half of what they should be. An addition follows each multiplication.",
    ),
)


def step_by_step(prompt, new, d_model, n_layers, vocab_size):
    """Keep a cache's length, as a program would."""
    totals = []
    for keeps in (False, True):
        total = cached = 0
        for n in range(prompt, prompt + new):
            for place in range(cached, n):
                total += n_layers * (24 * d_model**2 + 4 * d_model * (place + 1))
            total += 2 * vocab_size * d_model
            cached = n if keeps else 0
        totals.append(total)
    return tuple(totals)


def by_formula(prompt, new, d_model, n_layers, vocab_size):
    last, d = prompt + new - 1, d_model

    def first(n):  # 1 + … + n
        return n * (n + 1) // 2

    def second(n):  # first(1) + … + first(n)
        return n * (n + 1) * (n + 2) // 6

    words = first(last) - first(prompt - 1)
    rows = second(last) - second(prompt - 1)
    heads = 2 * new * vocab_size * d
    without = n_layers * (24 * d * d * words + 4 * d * rows) + heads
    return without, n_layers * (24 * d * d * last + 4 * d * first(last)) + heads


RIGHT = (
    Variant("step by step", step_by_step),
    Variant("a closed formula", by_formula),
    Variant("a function that feeds", with_sums(all_anew, one_each)),
    Variant("floats, as a list", lambda *args: [float(n) for n in by_formula(*args)]),
)

EXERCISE = Exercise(
    id="17.3b",
    title="Is it 1000×?",
    name="text_work",
    minutes=35,
    difficulty="Middling",
    reference=text_work,
    returns=("without", "with_cache"),
    cases=(
        Case((4, 7, 6, 3, 11), (None,) * 5),
        Case((9, 3, 4, 2, 31), (None,) * 5),
        Case((2, 1, 3, 5, 7), (None,) * 5),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=WORK,
    notice="a long prompt and a short answer save little: the prompt must be read either way.",
)
