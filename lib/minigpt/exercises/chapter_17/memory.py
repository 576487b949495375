"""17.4a, how much memory: `memory`."""

from minigpt.exercises.chapter_17.hints import MEMORY
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def memory(room, T, n_layers, d_model, n_heads, n_kv_heads, width):
    per_token = 2 * n_layers * n_kv_heads * (d_model // n_heads) * width
    return per_token, room // (T * per_token)


def with_size(size, per_text=None):
    """A version with another count of bytes a token; `size` gets layers, d, heads, kv heads, width."""

    def wrong(room, T, *sizes):
        per_token = size(*sizes)
        return per_token, (per_text or (lambda room, T, size: room // (T * size)))(
            room, T, per_token
        )

    return wrong


def right_size(layers, d, heads, kv, width):
    return 2 * layers * kv * (d // heads) * width


SLIPS = (
    Slip(
        "keys alone",
        with_size(lambda layers, d, heads, kv, width: layers * kv * (d // heads) * width),
        "That is half of it. What else is kept beside the keys?",
    ),
    Slip(
        "queries as well",
        with_size(
            lambda layers, d, heads, kv, width: layers * (2 * kv + heads) * (d // heads) * width
        ),
        "Queries are kept as well. Nobody asks for an old query again.",
    ),
    Slip(
        "three of a kind",
        with_size(lambda layers, d, heads, kv, width: 3 * layers * kv * (d // heads) * width),
        "Three vectors are kept in the place of two.",
    ),
    Slip(
        "every head its own",
        with_size(lambda layers, d, heads, kv, width: 2 * layers * d * width),
        "That is as much as if every head kept keys and values of its own. How many pairs are "
        "kept, and how wide is one of their heads?",
    ),
    Slip(
        "as many as share",
        with_size(
            lambda layers, d, heads, kv, width: 2 * layers * (heads // kv) * (d // heads) * width
        ),
        "You keep a pair for each head that shares one pair. How many pairs are there in a layer?",
    ),
    Slip(
        "one pair a layer",
        with_size(lambda layers, d, heads, kv, width: 2 * layers * (d // heads) * width),
        "One key and one value a layer: that is right only where all heads share one pair.",
    ),
    Slip(
        "one layer",
        with_size(lambda layers, d, heads, kv, width: 2 * kv * (d // heads) * width),
        "That is one layer's. Each keeps its own, for each sees other vectors.",
    ),
    Slip(
        "numbers, not bytes",
        with_size(lambda layers, d, heads, kv, width: 2 * layers * kv * (d // heads)),
        "These are numbers. How many bytes has each?",
    ),
    Slip(
        "bits",
        with_size(lambda *sizes: 8 * right_size(*sizes)),
        "These are bits. `width` counts bytes already.",
    ),
    Slip(
        "whole d_model for a head",
        with_size(lambda layers, d, heads, kv, width: 2 * layers * kv * d * width),
        "A key is as wide here as the whole word. It is as wide as one head.",
    ),
    Slip(
        "one token a text",
        with_size(right_size, lambda room, T, size: room // size),
        "The bytes are right. Then you count how many tokens fit, and texts were asked for.",
    ),
    Slip(
        "a part of a text",
        with_size(right_size, lambda room, T, size: room / (T * size)),
        "The bytes are right. Part of a text was counted, and a text that does not fit whole does "
        "not fit.",
    ),
    Slip(
        "rounded up",
        with_size(right_size, lambda room, T, size: -(-room // (T * size))),
        "The bytes are right, and the texts are one too many: the last does not fit.",
    ),
    Slip(
        "rounded to the nearest",
        with_size(right_size, lambda room, T, size: round(room / (T * size))),
        "The bytes are right. The texts are rounded to the nearest number, and a text that fits by "
        "half does not fit.",
    ),
    Slip(
        "a text's bytes",
        lambda room, T, *sizes: (T * right_size(*sizes), room // (T * right_size(*sizes))),
        "The number of texts is right, and the bytes are those of a whole text. One token's are "
        "asked for.",
    ),
    Slip(
        "a triangle a text",
        with_size(right_size, lambda room, T, size: room // (size * T * (T + 1) // 2)),
        "The bytes are right. Then a text takes too much: a token's key and value are kept once, "
        "not once for each word that looks at them.",
    ),
    Slip(
        "a text with a neighbour",
        with_size(right_size, lambda room, T, size: (room - 1) // (T * size)),
        "The bytes are right. A text that fills the room exactly does fit.",
    ),
    Slip(
        "the two exchanged",
        lambda *args: memory(*args)[::-1],
        "The two numbers have changed places: bytes a token first, then texts.",
    ),
)


def layer_by_layer(room, T, n_layers, d_model, n_heads, n_kv_heads, width):
    one = 0
    for _ in range(n_layers):
        for _ in ("keys", "values"):
            one += n_kv_heads * width * d_model // n_heads
    texts = 0
    while (texts + 1) * T * one <= room:
        texts += 1
    return one, texts


def by_shrinking(room, T, n_layers, d_model, n_heads, n_kv_heads, width):
    per_token = 2 * n_layers * d_model * width * n_kv_heads / n_heads
    return per_token, int(room / (T * per_token))


def by_the_library(room, T, n_layers, d_model, n_heads, n_kv_heads, width):
    from minigpt.config import ModelConfig
    from minigpt.costs import cache_bytes

    sizes = {"n_layers": n_layers, "d_model": d_model, "n_heads": n_heads}
    config = ModelConfig(vocab_size=2, **sizes, n_kv_heads=n_kv_heads, position="none")
    per_token = cache_bytes(config, 1, 1, width)
    return per_token, room // cache_bytes(config, 1, T, width)


def by_arrays(room, T, n_layers, d_model, n_heads, n_kv_heads, width):
    import numpy as np

    kept = np.zeros((n_layers, 2, n_kv_heads, d_model // n_heads), dtype=f"i{width}")
    return kept.nbytes, np.floor_divide(room, T * kept.nbytes)


RIGHT = (
    Variant("layer by layer", layer_by_layer),
    Variant("shrunk by sharing", by_shrinking),
    Variant("the library's count", by_the_library),
    Variant("an array's own size", by_arrays),
)

EXERCISE = Exercise(
    id="17.4a",
    title="How much memory?",
    name="memory",
    minutes=60,
    difficulty="An evening's thought",
    reference=memory,
    returns=("per_token", "texts"),
    cases=(
        Case((9999, 3, 5, 24, 6, 2, 4), (None,) * 7),  # 320 a token: 960 a text, ten and a bit
        Case((1800, 2, 3, 30, 6, 2, 4), (None,) * 7),  # 240 and 480: three and three quarters
        Case((32340, 7, 11, 105, 15, 3, 2), (None,) * 7),  # 924 and 6,468: five, exactly
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=MEMORY,
    notice="heads that share keys and values ask as many questions, and keep a part of the answers.",
)
