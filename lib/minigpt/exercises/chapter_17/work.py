"""17.3a, is it 1000 times?: `work`."""

from minigpt.exercises.chapter_17.hints import WORK
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def work(n, d_model, n_layers, vocab_size):
    matrices, head = 12 * d_model**2, vocab_size * d_model
    whole = n_layers * (n * matrices + n * (n + 1) * d_model) + head
    cached = n_layers * (matrices + 2 * n * d_model) + head
    return 2 * whole, 2 * cached


def count(whole_rows=None, cached_row=None, matrices=12, heads=1, twice=2, inside=False, row=2):
    """The right version, but for what is given: rows of the table are counted in words met."""

    def wrong(n, d_model, n_layers, vocab_size):
        head = vocab_size * d_model * (n_layers if inside else 1)
        rows = n * (n + 1) / 2 if whole_rows is None else whole_rows(n)
        met = n if cached_row is None else cached_row(n)
        whole = n_layers * (n * matrices * d_model**2 + row * rows * d_model)
        cached = n_layers * (matrices * d_model**2 + row * met * d_model)
        every = heads if isinstance(heads, int) else heads(n)
        return twice * (whole + every * head), twice * (cached + min(every, 1) * head)

    return wrong


SLIPS = (
    Slip(
        "multiplications alone",
        count(twice=1),
        "Everything is half as much as it should be: each multiplication has an addition after it.",
    ),
    Slip(
        "every word scored",
        count(heads=lambda n: n),
        "Without the cache you score what may follow *every* word. Here only the last one's scores "
        "are asked for.",
    ),
    Slip(
        "the whole table",
        count(whole_rows=lambda n: n * n),
        "You count the whole table. The word at place $i$ looks at $i$ words, and what the mask "
        "hides is not counted here.",
    ),
    Slip(
        "the triangle without its diagonal",
        count(whole_rows=lambda n: n * (n - 1) / 2),
        "The triangle lacks its diagonal: a word meets itself as well.",
    ),
    Slip(
        "the new word meets one word",
        count(cached_row=lambda n: 1),
        "With the cache, the new word seems to meet a single word. It makes one key, and meets all.",
    ),
    Slip(
        "the new word does not meet itself",
        count(cached_row=lambda n: n - 1),
        "With the cache, the new word meets the old ones only. It meets itself as well.",
    ),
    Slip(
        "the cached step squared",
        count(cached_row=lambda n: n * (n + 1) / 2),
        "With the cache you count a whole triangle. How many rows does one new word have?",
    ),
    Slip(
        "scores without the mixture",
        count(row=1),
        "Each word that is met costs two rows of products, one for its score and one for the "
        "mixture. You count one.",
    ),
    Slip(
        "attention's matrices alone",
        count(matrices=4),
        "The MLP's two matrices are missing: $4 d^2$ each, beside attention's four of $d^2$.",
    ),
    Slip(
        "the MLP's matrices alone",
        count(matrices=8),
        "Attention's own four matrices are missing, which make queries, keys and values, and mix "
        "the heads.",
    ),
    Slip(
        "the library's count",
        lambda n, *sizes: (n * work(n, *sizes)[1], work(n, *sizes)[1]),
        "Without the cache you count as the library does: the table whole, and a score for every "
        "word. This rival leaves both out.",
    ),
    Slip(
        "every word fed with the cache",
        lambda *args: (work(*args)[0], work(*args)[0]),
        "The two counts are the same. With the cache, how many words go through the model?",
    ),
    Slip(
        "no table with the cache",
        count(cached_row=lambda n: 0),
        "With the cache, the new word is not compared with any. Old keys need not be made, but "
        "they are met.",
    ),
    Slip(
        "the whole table with the cache",
        count(cached_row=lambda n: n * n),
        "With the cache you count the whole table. How many rows of it does one new word have?",
    ),
    Slip(
        "places from 0",
        count(whole_rows=lambda n: n * (n - 1) / 2, cached_row=lambda n: n - 1),
        "You count as if no word met itself, with the cache and without. The word at place $i$, "
        "counted from 1, meets $i$ words.",
    ),
    Slip(
        "one layer",
        lambda n, d_model, n_layers, vocab_size: work(n, d_model, 1, vocab_size),
        "Only one layer is counted.",
    ),
    Slip(
        "no head",
        count(heads=0),
        "The scores of the next word are missing: the last vector meets every word of the "
        "vocabulary.",
    ),
    Slip(
        "a head in every layer",
        count(inside=True),
        "The vocabulary is counted once a layer. It is met once, at the top.",
    ),
    Slip(
        "the other way about",
        lambda *args: work(*args)[::-1],
        "The two numbers have changed places: first without the cache, then with it.",
    ),
    Slip(
        "a ratio",
        lambda *args: work(*args)[0] / work(*args)[1],
        "That is how many times less it is. Both counts are wanted.",
    ),
)


def by_words(n, d_model, n_layers, vocab_size):
    def one(i):
        return n_layers * (12 * d_model * d_model + 2 * i * d_model)

    head = d_model * vocab_size
    return 2 * (sum(one(i + 1) for i in range(n)) + head), 2 * (one(n) + head)


def by_products(n, d_model, n_layers, vocab_size):
    """Lists the shapes of all products of one word, and multiplies."""
    shapes = [(d_model, d_model)] * 4 + [(d_model, 4 * d_model), (4 * d_model, d_model)]

    def one(i):
        looks = [(i, d_model), (1, d_model * i)]
        return n_layers * sum(2 * a * b for a, b in shapes + looks)

    head = 2 * vocab_size * d_model
    return float(sum(map(one, range(1, n + 1))) + head), float(one(n) + head)


def by_the_library(n, d_model, n_layers, vocab_size):
    """The library's count, less the half that the mask hides and the heads that nobody reads."""
    from minigpt.config import ModelConfig
    from minigpt.costs import forward_flops

    config = ModelConfig(
        vocab_size=vocab_size, d_model=d_model, n_layers=n_layers, n_heads=1, position="none"
    )
    hidden = 4 * n_layers * d_model * (n * n - n * (n + 1) // 2)
    heads = 2 * (n - 1) * vocab_size * d_model
    return forward_flops(config, 1, n) - hidden - heads, forward_flops(config, 1, 1, n)


def by_arrays(n, d_model, n_layers, vocab_size):
    import numpy as np

    words = n_layers * (24 * d_model**2 + 4 * d_model * np.arange(1, n + 1))
    return words.sum() + 2 * vocab_size * d_model, words[-1] + 2 * vocab_size * d_model


RIGHT = (
    Variant("word by word", by_words),
    Variant("product by product", by_products),
    Variant("the library's count", by_the_library),
    Variant("arrays", by_arrays),
)

EXERCISE = Exercise(
    id="17.3a",
    title="Is it 1000×?",
    name="work",
    minutes=35,
    difficulty="Middling",
    reference=work,
    returns=("without", "with_cache"),
    cases=(
        Case((7, 6, 3, 11), (None,) * 4),
        Case((10, 4, 5, 23), (None,) * 4),
        Case((1, 5, 2, 3), (None,) * 4),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=WORK,
    notice="for one word there is nothing to save; for the thousandth of GPT-2, some hundreds of times.",
)
