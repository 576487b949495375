"""12.2, wire a block: `block`."""

import numpy as np

from minigpt.exercises.chapter_12.hints import WIRING
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def block(x, attend, mlp, norm_1, norm_2, pre):
    if pre:
        x = x + attend(norm_1(x))
        return x + mlp(norm_2(x))
    x = norm_1(x + attend(x))
    return norm_2(x + mlp(x))


# What the cases are wired from: no two alike, none linear, and none that undoes another.


def attend(x):
    T = x.shape[-2]
    return np.tri(T) @ np.sin(x + 0.3) / np.arange(1, T + 1)[:, None]


def mlp(x):
    return 0.5 * np.maximum(x - 0.2, 0) ** 2 - 0.1


def norm_1(x):
    return 1.3 * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 0.1) + 0.2


def norm_2(x):
    return 0.7 * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 0.3) - 0.1


def both(before, after):
    """One way of wiring for each order; each gets x and the four functions."""
    return lambda x, *parts: (before if parts[4] else after)(x, *parts[:4])


def pre(x, attend, mlp, norm_1, norm_2):
    x = x + attend(norm_1(x))
    return x + mlp(norm_2(x))


def post(x, attend, mlp, norm_1, norm_2):
    x = norm_1(x + attend(x))
    return norm_2(x + mlp(x))


def side_by_side(x, attend, mlp, norm_1, norm_2):
    return x + attend(norm_1(x)) + mlp(norm_2(x))


def from_the_norm(x, attend, mlp, norm_1, norm_2):
    x = norm_1(x)
    x = norm_2(x + attend(x))
    return x + mlp(x)


def second_from_the_norm(x, attend, mlp, norm_1, norm_2):
    x = norm_2(x + attend(norm_1(x)))
    return x + mlp(x)


def writes_normed(x, attend, mlp, norm_1, norm_2):
    x = x + norm_1(attend(x))
    return x + norm_2(mlp(x))


def norms_alone(x, attend, mlp, norm_1, norm_2):
    return mlp(norm_2(attend(norm_1(x))))


def sums_forgotten(x, attend, mlp, norm_1, norm_2):
    return norm_2(mlp(norm_1(attend(x))))


def first_sum_forgotten(x, attend, mlp, norm_1, norm_2):
    x = attend(norm_1(x))
    return x + mlp(norm_2(x))


def second_sum_forgotten(x, attend, mlp, norm_1, norm_2):
    x = x + attend(norm_1(x))
    return mlp(norm_2(x))


def back_to_the_start(x, attend, mlp, norm_1, norm_2):
    between = x + attend(norm_1(x))
    return x + mlp(norm_2(between))


def post_from_the_start(x, attend, mlp, norm_1, norm_2):
    between = norm_1(x + attend(x))
    return norm_2(x + mlp(between))


def without_the_mlp(x, attend, mlp, norm_1, norm_2):
    return x + attend(norm_1(x))


def without_the_mlp_post(x, attend, mlp, norm_1, norm_2):
    return norm_1(x + attend(x))


def without_a_second_norm(x, attend, mlp, norm_1, norm_2):
    x = x + attend(norm_1(x))
    return x + mlp(x)


def without_a_second_norm_post(x, attend, mlp, norm_1, norm_2):
    x = norm_1(x + attend(x))
    return x + mlp(x)


def normed_twice(x, attend, mlp, norm_1, norm_2):
    x = norm_1(x + attend(norm_1(x)))
    return norm_2(x + mlp(norm_2(x)))


def mlp_first(x, attend, mlp, norm_1, norm_2):
    return pre(x, mlp, attend, norm_2, norm_1)


def mlp_first_post(x, attend, mlp, norm_1, norm_2):
    return post(x, mlp, attend, norm_2, norm_1)


def first_norm_twice(x, attend, mlp, norm_1, norm_2):
    return pre(x, attend, mlp, norm_1, norm_1)


def first_norm_twice_post(x, attend, mlp, norm_1, norm_2):
    return post(x, attend, mlp, norm_1, norm_1)


SLIPS = (
    Slip(
        "always pre",
        both(pre, pre),
        "Right with `pre`; without it you still wire pre-norm. In post-norm nothing leaves the "
        "block that has not been normalised.",
    ),
    Slip(
        "always post",
        both(post, post),
        "Right without `pre`; with it you still wire post-norm. In pre-norm nothing on the way from "
        "`x` to the output is normalised.",
    ),
    Slip(
        "exchanged",
        both(post, pre),
        "The two orders have changed places: *pre* says that the norm comes before the sublayer.",
    ),
    Slip(
        "side by side",
        both(side_by_side, post),
        "With `pre`, attention and MLP both read what came in. Some models do that, but here the "
        "MLP reads what attention has left behind.",
    ),
    Slip(
        "added to the normed",
        both(from_the_norm, post),
        "With `pre`, what the sublayers write is added to the *normalised* stream. Where did the "
        "stream itself go?",
    ),
    Slip(
        "the second added to the normed",
        both(second_from_the_norm, post),
        "With `pre`, the first sublayer is right; the second adds to what it has read, and not to "
        "the stream.",
    ),
    Slip(
        "what is written is normed",
        both(pre, writes_normed),
        "Without `pre`, you normalise what each sublayer writes and then add it. In post-norm it is "
        "the sum that is normalised.",
    ),
    Slip(
        "no sums",
        both(norms_alone, sums_forgotten),
        "Nothing is added to anything: each function replaces what it was given. Where is the "
        "stream?",
    ),
    Slip(
        "no first sum",
        both(first_sum_forgotten, post),
        "With `pre`, attention replaces the stream, where it should add to it.",
    ),
    Slip(
        "no second sum",
        both(second_sum_forgotten, post),
        "With `pre`, the MLP replaces the stream, where it should add to it.",
    ),
    Slip(
        "what attention wrote is lost",
        both(back_to_the_start, post),
        "With `pre`, the MLP is added to what came in, so what attention wrote is only read, and "
        "then lost.",
    ),
    Slip(
        "lost without pre",
        both(pre, post_from_the_start),
        "Without `pre`, the MLP is added to what came into the block, and what attention left is "
        "lost.",
    ),
    Slip(
        "lost in both",
        both(back_to_the_start, post_from_the_start),
        "In both orders the MLP is added to what came into the block, so what attention wrote is "
        "only read, and then lost.",
    ),
    Slip(
        "no MLP",
        both(without_the_mlp, without_the_mlp_post),
        "That is half a block: attention is wired as it should be, and `mlp` has had nothing to do.",
    ),
    Slip(
        "no second norm",
        both(without_a_second_norm, without_a_second_norm_post),
        "The MLP has no norm: `norm_2` is called in neither order. Where would it stand in each?",
    ),
    Slip(
        "normed before and after",
        both(pre, normed_twice),
        "Without `pre`, each sublayer gets a normalised stream *and* the sum is normalised. Each "
        "norm is called once.",
    ),
    Slip(
        "the MLP first",
        both(mlp_first, mlp_first_post),
        "The MLP comes before attention. It is to think over what attention has brought.",
    ),
    Slip(
        "one norm for both",
        both(first_norm_twice, first_norm_twice_post),
        "`norm_2` has had nothing to do. Each sublayer has a norm of its own, with its own learned "
        "numbers.",
    ),
    Slip(
        "norms exchanged",
        lambda x, attend, mlp, norm_1, norm_2, pre: block(x, attend, mlp, norm_2, norm_1, pre),
        "The norms have changed places: `norm_1` belongs to attention.",
    ),
    Slip(
        "a norm more at the end",
        both(lambda x, *parts: parts[3](pre(x, *parts)), post),
        "With `pre`, you normalise what leaves the block. A pre-norm model does that once, after "
        "its last block.",
    ),
    Slip(
        "as one function",
        both(lambda x, *parts: x + pre(x, *parts), lambda x, *parts: x + post(x, *parts)),
        "The stream is added once more, to the whole block. Each sublayer has already added to it.",
    ),
)


def by_a_loop(x, attend, mlp, norm_1, norm_2, pre):
    for sublayer, norm in ((attend, norm_1), (mlp, norm_2)):
        x = x + sublayer(norm(x)) if pre else norm(x + sublayer(x))
    return x


def with_nothing(x, attend, mlp, norm_1, norm_2, pre):
    def same(x):
        return x

    early, late = ((norm_1, norm_2), (same, same))[:: 1 if pre else -1]
    y = late[0](attend(early[0](x)) + x)
    return late[1](mlp(early[1](y)) + y)


def by_writes(x, attend, mlp, norm_1, norm_2, pre):
    stream = x.copy()
    if pre:
        stream += attend(norm_1(stream))
        stream += mlp(norm_2(stream))
    else:
        stream += attend(stream)
        stream = norm_1(stream)
        stream += mlp(stream)
        stream = norm_2(stream)
    return stream


RIGHT = (
    Variant("a loop over the two", by_a_loop),
    Variant("norms that do nothing", with_nothing),
    Variant("added in place, to a copy", by_writes),
    Variant("two functions", both(pre, post)),
)

rng = np.random.default_rng(12)
AXES = ("B T d_model", None, None, None, None, None)
SHAPES = ((2, 3, 5), (4, 5, 3))
CASES = tuple(
    Case((2 * rng.normal(size=shape), attend, mlp, norm_1, norm_2, pre), AXES)
    for shape in SHAPES
    for pre in (True, False)
)

EXERCISE = Exercise(
    id="12.2",
    title="Wire a block",
    name="block",
    minutes=20,
    difficulty="Middling",
    reference=block,
    returns=("x",),
    cases=CASES,
    slips=SLIPS,
    right=RIGHT,
    hints=WIRING,
    notice="with `pre`, what goes in comes out again unchanged, and two writes added to it.",
)
