"""12.1, a standard size, first part: `layer_norm`."""

import numpy as np

from minigpt.exercises.chapter_12.hints import NORMS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def layer_norm(x, weight, bias, eps):
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps) * weight + bias


def changed(
    centre=lambda x: x - x.mean(axis=-1, keepdims=True),
    spread=lambda x: x.var(axis=-1, keepdims=True),
    divisor=lambda variance, eps: np.sqrt(variance + eps),
    learned=lambda normed, weight, bias: normed * weight + bias,
):
    """All of it, with one step changed."""
    return lambda x, weight, bias, eps: learned(centre(x) / divisor(spread(x), eps), weight, bias)


def along(axis):
    return changed(
        centre=lambda x: x - x.mean(axis=axis, keepdims=True),
        spread=lambda x: x.var(axis=axis, keepdims=True),
    )


def unbiased(x):
    return x.var(axis=-1, keepdims=True, ddof=1)


SLIPS = (
    Slip(
        "eps outside the root",
        changed(divisor=lambda variance, eps: np.sqrt(variance) + eps),
        "`eps` is added to the standard deviation, so it stands outside the root. Do (1, 1, 7, 7) "
        "with an `eps` of 7: the divisor should be 4.",
    ),
    Slip(
        "eps left out",
        changed(divisor=lambda variance, eps: np.sqrt(variance)),
        "`eps` has had nothing to do. What becomes of a word whose numbers are all the same?",
    ),
    Slip(
        "eps of its own",
        changed(divisor=lambda variance, eps: np.sqrt(variance + 1e-5)),
        "A number of your own, 0.00001, stands where the `eps` that is handed in should.",
    ),
    Slip(
        "eps squared",
        changed(divisor=lambda variance, eps: np.sqrt(variance + eps**2)),
        "`eps` is squared before it is added. It is a variance already.",
    ),
    Slip(
        "divided by d - 1",
        changed(spread=unbiased),
        "The variance is the one for estimating from a sample, over d − 1. Here all numbers of the "
        "word are at hand, and nothing is estimated.",
    ),
    Slip(
        "torch's std, and eps after it",
        changed(spread=unbiased, divisor=lambda variance, eps: np.sqrt(variance) + eps),
        "Two things at once: the variance is taken over d − 1, as `torch.std` does it, and `eps` is "
        "added outside the root.",
    ),
    Slip(
        "divided by the variance",
        changed(divisor=lambda variance, eps: variance + eps),
        "The words are divided by their variance. Twice as large a word then comes out half as "
        "large: which step is missing?",
    ),
    Slip(
        "the mean left in",
        changed(centre=lambda x: x),
        "The words are divided by the right number, but their mean was never taken out.",
    ),
    Slip(
        "RMSNorm and a shift",
        changed(centre=lambda x: x, spread=lambda x: (x**2).mean(axis=-1, keepdims=True)),
        "That is RMSNorm, with a bias: no mean is taken out anywhere.",
    ),
    Slip(
        "mean square of the uncentred",
        changed(spread=lambda x: (x**2).mean(axis=-1, keepdims=True)),
        "What is divided is centred, but what it is divided by was computed from the words as they "
        "came. Of which numbers is it the variance?",
    ),
    Slip(
        "over the words",
        along(-2),
        "Means are taken over the words of a text, number by number. Then a word sees those that "
        "come after it: whose numbers should a word be compared with?",
    ),
    Slip(
        "over the batch",
        along(0),
        "Means are taken over the texts of the batch: that is batch normalisation. Here each word "
        "stands alone.",
    ),
    Slip(
        "one text, one mean",
        along((-2, -1)),
        "A text shares one mean and one variance. Each word needs its own.",
    ),
    Slip(
        "one mean for all",
        along(None),
        "The whole batch shares one mean and one variance. Each word needs its own.",
    ),
    Slip(
        "keepdims forgotten",
        changed(centre=lambda x: x - x.mean(axis=-1)),
        "The means, or the variances, have lost an axis, so they do not line up with the words that "
        "they belong to.",
    ),
    Slip(
        "divided by the length",
        changed(
            spread=lambda x: ((x - x.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1, keepdims=True)
        ),
        "The squares are summed, where their mean is wanted: your words get shorter the wider they "
        "are.",
    ),
    Slip(
        "no weight",
        changed(learned=lambda normed, weight, bias: normed + bias),
        "`weight` has had nothing to do.",
    ),
    Slip(
        "no bias",
        changed(learned=lambda normed, weight, bias: normed * weight),
        "`bias` has had nothing to do.",
    ),
    Slip(
        "neither weight nor bias",
        changed(learned=lambda normed, weight, bias: normed),
        "The size is right. What was learned, `weight` and `bias`, has had nothing to do.",
    ),
    Slip(
        "shifted first",
        changed(learned=lambda normed, weight, bias: (normed + bias) * weight),
        "The bias is added before the weight multiplies, so it is scaled too. Scale, then shift.",
    ),
    Slip(
        "weighted first",
        lambda x, weight, bias, eps: changed()(x * weight, 1.0, bias, eps),
        "The weight is brought in before the words are normalised, and the norm then undoes a part "
        "of it.",
    ),
    Slip(
        "the chapter's own",
        lambda x, weight, bias, eps: (x - x.mean(dim=-1, keepdim=True)) * weight + bias,
        "`dim` and `keepdim` are PyTorch's names, and what comes in is NumPy's. There they are "
        "called `axis` and `keepdims`.",
    ),
)


def by_loops(x, weight, bias, eps):
    out = []
    for text in x:
        rows = []
        for word in text:
            mean = sum(word) / len(word)
            variance = sum((number - mean) ** 2 for number in word) / len(word)
            rows.append([(number - mean) / (variance + eps) ** 0.5 for number in word] * weight)
        out.append(np.array(rows) + bias)
    return out


def by_torch(x, weight, bias, eps):
    import torch

    x, weight, bias = map(torch.tensor, (x, weight, bias))
    return torch.nn.functional.layer_norm(x, weight.shape, weight, bias, eps)


def by_moments(x, weight, bias, eps):
    mean, square = (np.mean(x**power, -1)[..., None] for power in (1, 2))
    return weight * (x - mean) * (square - mean**2 + eps) ** -0.5 + bias


RIGHT = (
    Variant("loops", by_loops),
    Variant("torch's own", by_torch),
    Variant("by the mean of squares", by_moments),
    Variant("var", changed()),
)

rng = np.random.default_rng(121)


def batch(B, T, d, eps):
    x = rng.normal(size=(B, T, d)) + rng.normal(size=(B, T, 1))
    x[0, 0] = 0.01 * x[0, 0]  # so small that eps decides
    return Case((x, rng.normal(size=d), rng.normal(size=d), eps), ("B T d", "d", "d", None))


EXERCISE = Exercise(
    id="12.1a",
    title="A standard size",
    name="layer_norm",
    minutes=15,
    difficulty="Within reach",
    reference=layer_norm,
    returns=("normed",),
    cases=(batch(2, 3, 5, 0.3), batch(4, 2, 3, 0.05)),
    slips=SLIPS,
    right=RIGHT,
    hints=NORMS,
    notice="a word whose numbers are all alike comes out as the bias, and nothing is divided by 0.",
)
