"""Chapter 5, three lines: what its exercises ask for, and how people go wrong.

First come the functions, then the entry that names them. The reference stands by itself, for
its source is mutated in the tests; slips and variants may lean on anything. torch is imported
where it is needed, so that a check starts at once.
"""

import math

import numpy as np

from minigpt.exercises.exercise import Case, Exercise, Hint, Slip, Variant
from minigpt.exercises.invariants import never_negative, rows_sum_to_one

rng = np.random.default_rng(5)


# 5.1. The three lines


def attend(x):
    scores = x @ np.swapaxes(x, -1, -2) / math.sqrt(x.shape[-1])
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = raised / raised.sum(axis=-1, keepdims=True)
    return weights @ x, weights


def softmax(scores, axis=-1, keepdims=True):
    raised = np.exp(scores)
    return raised / raised.sum(axis=axis, keepdims=keepdims)


def root(x):
    return math.sqrt(x.shape[-1])


def scores_of(x):
    return x @ x.mT / root(x)


def lines(score=scores_of, share=softmax, mix=np.matmul):
    """The three lines, one of them changed."""

    def changed(x):
        weights = share(score(x))
        return mix(weights, x), weights

    return changed


def unpacked(x):
    T, d = x.shape
    return attend(x.reshape(T, d))


def one_long_sentence(x):
    return attend(x.reshape(-1, x.shape[-1]))


def root_last(x):
    weights = softmax(x @ x.mT) / root(x)
    return weights @ x, weights


def directions(x):
    return scores_of(x / np.linalg.norm(x, axis=-1, keepdims=True))


def only_earlier(scores):
    return softmax(np.where(np.tri(scores.shape[-1], dtype=bool), scores, -np.inf))


def only_others(scores):
    return softmax(np.where(np.eye(scores.shape[-1], dtype=bool), -np.inf, scores))


def by_letters(x):
    weights = softmax(np.einsum("...ic,...jc->...ij", x, x) / root(x))
    return np.einsum("...ij,...jc->...ic", weights, x), weights


def by_loops(x):
    if x.ndim > 2:
        return tuple(zip(*map(by_loops, x), strict=True))
    weights = [[math.exp(a @ b / math.sqrt(len(a))) for b in x] for a in x]
    weights = [[share / sum(row) for share in row] for row in weights]
    return [sum(w * b for w, b in zip(row, x, strict=True)) for row in weights], weights


def by_number_of_axes(x):
    if x.ndim == 2:
        return attend(x)
    raised = np.exp(np.matmul(x, x.transpose(0, 2, 1)) * x.shape[2] ** -0.5)
    weights = raised / raised.sum(2)[:, :, None]
    return weights @ x, weights


def by_torch(x):
    import torch

    x = torch.tensor(x, requires_grad=True)
    weights = torch.softmax(x @ x.mT / math.sqrt(x.shape[-1]), dim=-1)
    return weights @ x, weights


def other_divisor(args, values):
    """Tell weights, shape (..., T, T), that are a softmax, but of scores divided otherwise."""
    (x,) = args
    agreement, logs = x @ x.mT, np.log(np.maximum(values["weights"], 1e-300))
    agreement, logs = (a - a.mean(axis=-1, keepdims=True) for a in (agreement, logs))
    sharpness = (agreement * logs).sum() / (agreement**2).sum()
    softmaxed = sharpness and np.allclose(logs, sharpness * agreement, atol=1e-2)
    if not softmaxed or math.isclose(sharpness * root(x), 1, rel_tol=1e-2):
        return None
    return (
        "Your weights are a softmax of the dot products divided by "
        f"{1 / sharpness:.4g}, and x has {x.shape[-1]} numbers a word."
    )


def other_mixture(args, values):
    """Tell a context, shape (..., T, d), that is not what the weights make of x."""
    (x,) = args
    if np.allclose(values["weights"] @ x, values["context"], atol=1e-2):
        return None
    return "The context is not what your weights make of `x`. What do they mix, and how?"


three_lines = Exercise(
    id="5.1",
    title="The three lines",
    name="attend",
    minutes=15,
    difficulty="Within reach",
    reference=attend,
    returns=("context", "weights"),
    cases=(
        Case((rng.normal(size=(7, 3)),), ("T d",)),
        Case((rng.normal(size=(2, 7, 3)),), ("B T d",)),
        Case((1.5 * rng.normal(size=(4, 5, 6)),), ("B T d",)),
    ),
    slips=(
        Slip(
            ".T",
            lines(lambda x: x @ x.T / root(x)),
            "One sentence passes, a batch stops: `.T` turns round *all* axes. "
            "Which two have to change places?",
        ),
        Slip(
            "axes numbered for a batch",
            lines(lambda x: x @ x.transpose(0, 2, 1) / root(x)),
            "One sentence stops, having no axis of number 2. "
            "Which way of counting names the same axes with a batch and without?",
        ),
        Slip(
            "T, d = x.shape",
            unpacked,
            "One sentence passes, a batch stops: its shape has three numbers, and two names wait "
            "for them. Which of the three do the lines need?",
        ),
        Slip(
            "one long sentence",
            one_long_sentence,
            "The batch has become one long sentence. "
            "Words would look at words of sentences that are not theirs.",
        ),
        Slip(
            "softmax down the columns",
            lines(share=lambda scores: softmax(scores, -2)),
            "The columns of the weights sum to 1, the rows do not. "
            "A row holds the shares of the word that looks.",
        ),
        Slip(
            "softmax over axis 0",
            lines(share=lambda scores: softmax(scores, 0)),
            "Your softmax runs along the first axis: in one sentence down the columns, in a batch "
            "from sentence to sentence. Whose shares make a whole?",
        ),
        Slip(
            "softmax over axis 1",
            lines(share=lambda scores: softmax(scores, 1)),
            "One sentence passes, a batch does not: there axis 1 holds the words that look. "
            "Which way of counting axes does not mind a new one in front?",
        ),
        Slip(
            "softmax over everything",
            lines(share=lambda scores: softmax(scores, None)),
            "All the weights that there are sum to 1, be they of one sentence or of a batch. "
            "Each word that looks hands out a whole of its own.",
        ),
        Slip(
            "keepdims forgotten",
            lines(share=lambda scores: softmax(scores, keepdims=False)),
            "The rows do not sum to 1, and a batch stops. The sums have lost an axis: "
            "which entries do they divide, those of their row or those of their column?",
        ),
        Slip(
            "no root",
            lines(lambda x: x @ x.mT),
            "The rows sum to 1, but the weights are too sharp. "
            "Something is to keep wide vectors from scoring high.",
        ),
        Slip(
            "divided by d",
            lines(lambda x: x @ x.mT / x.shape[-1]),
            "The rows sum to 1, but the weights are too flat. "
            "How fast does a sum of random products spread as it gets longer?",
        ),
        Slip(
            "times the root",
            lines(lambda x: x @ x.mT * root(x)),
            "The rows sum to 1, but the weights are far too sharp. "
            "Does the root tame the scores here, or goad them?",
        ),
        Slip(
            "the root of T",
            lines(lambda x: x @ x.mT / math.sqrt(x.shape[-2])),
            "The scores are divided by the root of the wrong number. "
            "Is it longer sentences or longer vectors that score too high?",
        ),
        Slip(
            "the root of len(x)",
            lines(lambda x: x @ x.mT / math.sqrt(len(x))),
            "The scores are divided by the root of `len(x)`: of the words in a sentence, of the "
            "sentences in a batch. Which number says how many terms a dot product has?",
        ),
        Slip(
            "the root of the notebook's own d",
            lines(lambda x: x @ x.mT / math.sqrt(2)),
            "The scores are divided by the root of 2, whatever came in. Is the `d` in your "
            "function that of its `x`, or the one from the top of the notebook?",
        ),
        Slip(
            "root after the softmax",
            root_last,
            "The rows of the weights sum to less than 1. The root came after the softmax, where it "
            "shrinks every share alike; what is it there to tame?",
        ),
        Slip(
            "no exp",
            lines(share=lambda scores: scores / scores.sum(axis=-1, keepdims=True)),
            "The rows sum to 1, yet some weights are negative. "
            "What makes every score positive before the shares are taken?",
        ),
        Slip(
            "scores in place of weights",
            lambda x: (attend(x)[0], scores_of(x)),
            "The context is right, but what comes with it are the scores. "
            "The shares into which they are turned are wanted.",
        ),
        Slip(
            "no softmax",
            lines(share=lambda scores: scores),
            "The scores themselves were handed out. "
            "Shares are positive and make a whole; what turns the one into the other?",
        ),
        Slip(
            "scores in the mixture",
            lines(mix=lambda weights, x: scores_of(x) @ x),
            "The weights are right, but they did not mix the context: the scores did.",
        ),
        Slip(
            "weights transposed in the mixture",
            lines(mix=lambda weights, x: weights.mT @ x),
            "The weights are right, but the mixture takes them down the columns. "
            "Whose shares should mix the context of a word?",
        ),
        Slip(
            "context added to x",
            lines(mix=lambda weights, x: x + weights @ x),
            "The weights are right, and the context has `x` added to it. "
            "That is chapter 12's; here the average alone is wanted.",
        ),
        Slip(
            "later words hidden",
            lines(share=only_earlier),
            "Later words get nothing: a causal mask, as chapter 8 wants it. "
            "Here everyone looks at all words.",
        ),
        Slip(
            "itself left out",
            lines(share=only_others),
            "No word takes anything of itself. It looks at all words, its own included.",
        ),
        Slip(
            "directions only",
            lines(directions),
            "The arrows were cut to one length before they met. Here length counts: it is what "
            "*red* won by.",
        ),
        Slip(
            "weights first",
            lambda x: attend(x)[::-1],
            "Both are right, but they come in the other order: first the context, then the weights.",
        ),
    ),
    right=(
        Variant("loops, in lists", by_loops),
        Variant("einsum", by_letters),
        Variant("a branch for each number of axes", by_number_of_axes),
        Variant("torch, with gradients", by_torch),
        Variant("float32", lambda x: attend(x.astype(np.float32))),
        Variant("float16", lambda x: attend(x.astype(np.float16))),
    ),
    hints=(
        Hint(
            "what the batch changes",
            "Write down the shape of every array in the three lines, once for $(T, d)$ and once "
            "for $(B, T, d)$. The new axis is in front and should take no part in anything.",
        ),
        Hint(
            "which operations mind",
            "`@` already treats all axes but the last two as a batch. Two other operations on the "
            "page name an axis, or move one: a transpose and a sum.",
        ),
        Hint(
            "a plan",
            "Count axes from the end and never from the front. `x.T` turns round all axes; `x.mT` "
            "swaps the last two and leaves the rest. The sum in the softmax has to run over the "
            'last axis, keep it as an axis of size one, and say so with a number that means "last" '
            "for any number of axes.",
        ),
    ),
    notice="the same function takes any number of axes in front, since nothing in it counts them.",
    invariants=(
        rows_sum_to_one("weights"),
        never_negative("weights"),
        other_divisor,
        other_mixture,
    ),
)


# 5.2. Who wins?

WHO_WINS_HINTS = (
    Hint(
        "for all three",
        "Draw the figure of the shadows for yourself, with `a` in place of *bird*. "
        "Everything asked here can be read off it.",
    ),
    Hint(
        "what to look for",
        "For 1, where must the shadow of the stretched `b` end? For 2, walk along `a` a little "
        "further than its tip, then turn off at a right angle. How far must you walk sideways "
        "before the angle is 60 degrees? For 3, each of the two words must beat the other on its "
        "own line.",
    ),
    Hint(
        "a plan",
        'For 1, write "equal scores" as an equation and solve it for the factor. For 2, stretch '
        "`a` a little and call the result `s`; the arrow `(-s[1], s[0])` is as long as `s` and at "
        "a right angle to it. Add twice that to `s`, for the tangent of 60 degrees is below 2. "
        "For 3, one inequality for each direction; then think of arrows whose shadows on each "
        "other are short, or fall backwards.",
    ),
)


def break_even(a, b):
    return (a @ a) / (a @ b)


def length(a):
    return np.linalg.norm(a)


def said(arrow):
    return f"({', '.join(f'{round(number, 3) + 0.0:g}' for number in arrow)})"


def undecided(args, values):
    """With the right factor, a, shape (2,), scores as much with b as with itself."""
    a, b = args
    score, own = values["factor"] * (a @ b), a @ a
    if math.isclose(score, own, rel_tol=1e-2):
        return None
    return (
        f"For a = {said(a)} and b = {said(b)}, a scores {score:.4g} with the new b, "
        f"and {own:.4g} with itself."
    )


def by_shadows(a, b):
    along = a / math.hypot(*a)
    return math.hypot(*a) / (b[0] * along[0] + b[1] * along[1])


def by_angle(a, b):
    angle = math.atan2(b[1], b[0]) - math.atan2(a[1], a[0])
    return length(a) / (length(b) * math.cos(angle))


def factor_by_torch(a, b):
    import torch

    a, b = torch.from_numpy(a), torch.from_numpy(b)
    return torch.dot(a, a) / torch.dot(a, b)


who_wins_factor = Exercise(
    id="5.2a",
    title="Who wins?",
    name="break_even",
    minutes=20,
    difficulty="Middling",
    reference=break_even,
    returns=("factor",),
    cases=tuple(
        Case((np.array(a), np.array(b)), ("d", "d"))
        for a, b in (
            ([1.0, 0.5], [0.8, 1.5]),
            ([0.3, -1.1], [2.0, -0.4]),
            ([-0.7, 0.2], [0.5, 0.9]),
            ([2.0, 1.5], [-0.1, 0.4]),
        )
    ),
    slips=(
        Slip(
            "equally long",
            lambda a, b: length(a) / length(b),
            "That makes the arrows equally long. Do their shadows on `a`'s line end at one place?",
        ),
        Slip(
            "upside down",
            lambda a, b: (a @ b) / (a @ a),
            "Upside down: that fits `a` to the shadow of `b`. Which of the two is stretched?",
        ),
        Slip(
            "the shadow on b's line",
            lambda a, b: (a @ b) / (b @ b),
            "That is measured on `b`'s line. Whose line decides of whom `a` takes more?",
        ),
        Slip(
            "b looks",
            lambda a, b: (b @ b) / (a @ b),
            "With that factor for `a`, `b` would be undecided. Here it is `a` that looks.",
        ),
        Slip(
            "without the sign",
            lambda a, b: (a @ a) / abs(a @ b),
            "Right where `b` leans the same way as `a`, wrong where it leans away. "
            "What has to happen to such a `b` before any stretching helps?",
        ),
        Slip(
            "one over the cosine",
            lambda a, b: length(a) * length(b) / (a @ b),
            "That is one over the cosine: right if `b` were as long as `a`. It has its own length.",
        ),
        Slip(
            "the length, not its square",
            lambda a, b: length(a) / (a @ b),
            "A length over a dot product: two lengths belong in each. What does `a` score with "
            "itself?",
        ),
        Slip(
            "ratio of the shares",
            lambda a, b: math.exp((a @ a - a @ b) / math.sqrt(2)),
            "By that factor the share is to grow. It is the arrow that is multiplied, before the "
            "exponential.",
        ),
        Slip(
            "difference of the scores",
            lambda a, b: a @ a - a @ b,
            "That is missing from the score. It is to be made up by multiplying, not by adding.",
        ),
        Slip(
            "coordinate by coordinate",
            lambda a, b: (a * a) / (a * b),
            "Two numbers, one for each coordinate. A dot product adds up before anything is "
            "divided.",
        ),
        Slip(
            "the stretched arrow",
            lambda a, b: b * (a @ a) / (a @ b),
            "That is the stretched arrow, and it is right. Asked for is the number alone.",
        ),
    ),
    right=(
        Variant("shadows", by_shadows),
        Variant("the angle", by_angle),
        Variant("torch", factor_by_torch),
        Variant("an array of no axes, float32", lambda a, b: np.float32(break_even(a, b))),
    ),
    hints=WHO_WINS_HINTS,
    invariants=(undecided,),
    notice="only the shadow counts. Where `b` leans away from `a` the factor is negative, and at a "
    "right angle there is none.",
)


def rival(a):
    s = 1.1 * a
    return s + 2 * np.array([-s[1], s[0]])


def across(a):
    return np.array([-a[1], a[0]])


def turned(a, angle):
    return math.cos(angle) * a + math.sin(angle) * across(a)


def not_a_rival(args, b):
    """Say what keeps b, shape (2,), from being a rival of a."""
    (a,) = args
    shadow, needed = a @ b / length(a), length(a)
    if shadow < needed * (1 - 1e-6):
        return (
            f"For a = {said(a)}, your b = {said(b)} ends its shadow at {shadow:.3f} on a's line. "
            f"a itself reaches {needed:.3f}."
        )
    if shadow <= needed * (1 + 1e-9):
        return f"For a = {said(a)}, b = {said(b)} makes a tie: a takes as much of itself."
    angle = math.degrees(math.acos(min(1.0, shadow / length(b))))
    if angle < 59.95:
        return f"For a = {said(a)}, your b = {said(b)} is {angle:.1f} degrees away, not 60."
    return None


def rotated_by_torch(a):
    import torch

    turn = torch.tensor(math.radians(75))
    matrix = torch.stack([turn.cos(), -turn.sin(), turn.sin(), turn.cos()]).reshape(2, 2)
    return 5 * matrix @ torch.tensor(a, dtype=torch.float32)


who_wins_arrow = Exercise(
    id="5.2b",
    title="Who wins?",
    name="rival",
    minutes=20,
    difficulty="Middling",
    reference=rival,
    returns=("b",),
    cases=tuple(Case((np.array(a),), ("d",)) for a in ([1.0, 0.5], [-2.0, 0.3], [0.0, -0.7])),
    slips=(
        Slip(
            "turned, not stretched",
            lambda a: turned(a, math.pi / 3),
            "At 60 degrees and as long as `a`: its shadow is half of `a`. Among equals everyone "
            "prefers themselves.",
        ),
        Slip(
            "turned and doubled",
            lambda a: 2 * turned(a, math.pi / 3),
            "60 degrees, and a tie: the shadow ends at the very tip of `a`. Where has it to end for "
            "more than a tie?",
        ),
        Slip(
            "at a right angle",
            across,
            "At a right angle, an arrow of any length casts no shadow on `a`'s line.",
        ),
        Slip(
            "sideways from the tip",
            lambda a: a + 2 * across(a),
            "A tie: walking sideways from the tip of `a` leaves the shadow where it was. "
            "It has to end a little further.",
        ),
        Slip(
            "sideways only once",
            lambda a: 1.1 * (a + across(a)),
            "The shadow is long enough, but as far sideways as along makes 45 degrees.",
        ),
        Slip(
            "the tangent upside down",
            lambda a: 1.1 * (a + across(a) / math.sqrt(3)),
            "The shadow is long enough, but the angle is 30 degrees. Which of the two ways is the "
            "longer one at 60?",
        ),
        Slip(
            "60 radians",
            lambda a: 3 * turned(a, 60),
            "NumPy's and Python's angles are in radians, and 60 of them are nine turns and a half.",
        ),
        Slip(
            "longer, in the same direction",
            lambda a: 2 * a,
            "`a` would take more of it, but it points the same way. How far can you walk sideways "
            "without changing the shadow?",
        ),
        Slip(
            "only for one arrow",
            lambda a: np.array([0.0, 2.75]),
            "That is a rival of *bird*, whatever `a` is.",
        ),
    ),
    right=(
        Variant("to the right", lambda a: 1.1 * a - 3 * across(a)),
        Variant("turned by 75 degrees, torch", rotated_by_torch),
        Variant("60 degrees sharp, in a list", lambda a: list(2.1 * turned(a, math.pi / 3))),
        Variant("almost at a right angle", lambda a: 200 * turned(a, math.radians(89.6))),
        Variant("by lengths", lambda a: 1e-6 * a + a + 1.75 * across(a)),
    ),
    hints=WHO_WINS_HINTS,
    judge_by=not_a_rival,
    notice="any angle below 90 degrees will do: however far `b` turns away from `a`, length buys "
    "its shadow back.",
)


# 5.3. Permute the words

X = rng.normal(size=(5, 3))
SWAP, CIRCLE = [1, 0, 2, 3, 4], [3, 0, 4, 1, 2]

PERMUTE_HINTS = (
    Hint(
        "what to compare",
        "There are two ways from `x` to a reordered output: reorder, then apply `f`; or apply "
        "`f`, then reorder. Equivariant means that both arrive at the same place. For 3, ask what "
        "you can do to two words without moving their midpoint.",
    ),
    Hint(
        "the proof",
        "Write the reordering as a matrix $P$ with a single 1 in each row and each column, so "
        "that the reordered sentence is $Px$. Two facts suffice: $P^\\top P$ is the identity, and "
        "softmax along rows does not care in which order the rows, or the entries of a row, are "
        "written.",
    ),
    Hint(
        "a plan",
        "For 1, one comparison with `np.allclose`, and take care that a reordering is not undone "
        "by a second one. For 2, follow $Px$ through the three lines: the scores become "
        "$P\\,S\\,P^\\top$; then the weights; then see where $P^\\top$ meets $P$. For 3, add an "
        "arrow to one word and subtract it from another. For 4, give row $i$ something that "
        "depends on $i$.",
    ),
)


# What the checks hand over as f; their first line of documentation says what they do.


def contexts(x):
    """The three lines."""
    raised = np.exp(x @ x.T / math.sqrt(x.shape[-1]))
    return raised / raised.sum(axis=-1, keepdims=True) @ x


def rounded(x):
    """The three lines, with a rounding error that depends on the place."""
    return contexts(x) * (1 + 1e-13 * np.arange(len(x))[:, None])


def negative(x):
    """f(x) = -x."""
    return -np.array(x)


def mean(x):
    """An f that gives every word the mean of all."""
    return np.broadcast_to(np.mean(x, axis=0), np.shape(x))


def numbered(x):
    """An f that adds a number to each row, another one to each."""
    return np.array(x) + np.arange(len(x))[:, None]


def in_order(x):
    """An f that sorts each column."""
    return np.sort(x, axis=0)


def exchanged(x):
    """An f that exchanges two numbers of the first row."""
    return np.concatenate([np.array(x)[:1, [1, 0, 2]], x[1:]])


def spoiled(row, column):
    def f(x):
        """An f that changes one number when the words are reordered."""
        y = np.array(x)
        y[row, column] += 0 if np.array_equal(y, X) else 0.01
        return y

    return f


CASES = (
    *((f, X, order) for f in (negative, mean, contexts, rounded) for order in (SWAP, CIRCLE)),
    (contexts, X[:4, :2], [2, 0, 3, 1]),
    *((f, X, CIRCLE) for f in (in_order, numbered, exchanged)),
    *((spoiled(row, column), X, CIRCLE) for row in range(5) for column in range(3)),
)


def is_equivariant(f, x, order):
    return bool(np.allclose(f(x)[order], f(x[order])))


def misjudged(args, answer):
    """Say what f it is that was judged wrongly; the answer has no axes."""
    f, x, order = args
    if bool(answer) == is_equivariant(f, x, order):
        return None
    words = {True: "yes", False: "no"}
    return (
        f"{f.__doc__.rstrip('.')}, in the order {order}: you say {words[bool(answer)]}, "
        f"but it is {words[not answer]}."
    )


def by_matrix(f, x, order):
    P = np.eye(len(x))[order]
    return np.abs(P @ f(x) - f(P @ x)).max() < 1e-9


def row_by_row(f, x, order):
    before, after = f(x), f(x[order])
    for place, i in enumerate(order):
        if any(abs(a - b) > 1e-9 for a, b in zip(after[place], before[i], strict=True)):
            return False
    return True


def back_again(f, x, order):
    back = np.argsort(order)
    return np.allclose(f(x[order])[back], f(x), rtol=0)


def compared_by_torch(f, x, order):
    import torch

    return torch.allclose(torch.tensor(f(x))[order], torch.tensor(f(x[order])))


permute_test = Exercise(
    id="5.3a",
    title="Permute the words",
    name="is_equivariant",
    minutes=30,
    difficulty="An evening's thought",
    reference=is_equivariant,
    returns=("answer",),
    cases=tuple(Case(args, (None, "T d", None)) for args in CASES),
    slips=(
        Slip(
            "the order undone",
            lambda f, x, order: np.allclose(f(x)[np.argsort(order)], f(x[order])),
            "Right for a swap, wrong for a circle of three: on one side the order is undone where "
            "it should be done.",
        ),
        Slip(
            "invariant",
            lambda f, x, order: np.allclose(f(x), f(x[order])),
            "That asks whether the outputs stay where they are. Should they stay, or move along "
            "with the words?",
        ),
        Slip(
            "the same side twice",
            lambda f, x, order: np.allclose(f(x)[order], f(x)[order]),
            "It says yes to everything. Is `f` ever given the reordered words?",
        ),
        Slip(
            "one row",
            lambda f, x, order: np.allclose(f(x)[order][0], f(x[order])[0]),
            "Only the first row is compared, and the others may do as they like.",
        ),
        Slip(
            "one column",
            lambda f, x, order: np.allclose(f(x)[order][:, 0], f(x[order])[:, 0]),
            "Only the first column is compared, and the others may do as they like.",
        ),
        Slip(
            "the same rows in any order",
            lambda f, x, order: np.allclose(np.sort(f(x), axis=0), np.sort(f(x[order]), axis=0)),
            "That asks whether the same numbers come out, in whatever order. Which row is which "
            "word's?",
        ),
        Slip(
            "the sums",
            lambda f, x, order: np.allclose(f(x).sum(axis=0), f(x[order]).sum(axis=0)),
            "That compares what the rows come to in all. A reordering must show row by row.",
        ),
        Slip(
            "lengths of the rows",
            lambda f, x, order: np.allclose(
                np.linalg.norm(f(x)[order], axis=-1), np.linalg.norm(f(x[order]), axis=-1)
            ),
            "The rows' lengths agree, and that is all it looks at. An arrow can turn and keep its "
            "length.",
        ),
        Slip(
            "to the last bit",
            lambda f, x, order: bool((f(x)[order] == f(x[order])).all()),
            "It says no to the three lines for a difference in the last digits. A sum in another "
            "order rounds otherwise.",
        ),
        Slip(
            "too tolerant",
            lambda f, x, order: np.allclose(f(x)[order], f(x[order]), atol=0.5),
            "Numbers that differ by hundredths pass as equal. Only rounding is to be forgiven.",
        ),
        Slip(
            "a table of answers",
            lambda f, x, order: np.isclose(f(x)[order], f(x[order])),
            "That is an answer for each number. One is wanted, for all of them together.",
        ),
        Slip(
            "columns reordered",
            lambda f, x, order: np.allclose(f(x)[:, order], f(x[:, order])),
            "That reorders the columns. Which way do the words lie in `x`?",
        ),
    ),
    right=(
        Variant("as a matrix", by_matrix),
        Variant("row by row", row_by_row),
        Variant("there and back again", back_again),
        Variant("torch", compared_by_torch),
    ),
    hints=PERMUTE_HINTS,
    judge_by=misjudged,
    notice="a property of `f` is tested on examples and proved on paper. One reordering that is not "
    "its own inverse is worth more than many swaps.",
)


def twin(x):
    y, push = x.copy(), np.ones(x.shape[-1])
    y[0] += push
    y[1] -= push
    return y


def not_a_twin(args, y):
    """Say what keeps y, shape (T, d), from being a twin of x."""
    (x,) = args
    gap = np.abs(y.mean(axis=0) - x.mean(axis=0)).max()
    if gap > 1e-6:
        return (
            f"The mean of your words is {said(y.mean(axis=0))}, that of `x` {said(x.mean(axis=0))}."
        )
    nearest = np.linalg.norm(y[:, None] - x, axis=-1).min(axis=-1)
    if nearest.max() < 1e-4:
        return "Your words are those of `x`. At least one other word is wanted."
    return None


def aliased(x):
    y = x
    y[0] += 1
    y[1] -= 1
    return y


def level(x):
    y = x.copy()
    y[:, 0] += 1
    y[:, 1] -= 1
    return y


def pushed(x):
    y = x.copy()
    y[0] += 1
    return y


def crossed(x):
    y = x.copy()
    y[[0, 1], 0] = x[[1, 0], 0]
    return y


def mirrored_by_torch(x):
    import torch

    x = torch.from_numpy(x)
    return 2 * x.mean(dim=0) - x


permute_twin = Exercise(
    id="5.3b",
    title="Permute the words",
    name="twin",
    minutes=30,
    difficulty="An evening's thought",
    reference=twin,
    returns=("words",),
    cases=(Case((X,), ("T d",)), Case((rng.normal(size=(4, 2)),), ("T d",))),
    slips=(
        Slip(
            "x itself changed",
            aliased,
            "A twin it is, but `x` has become the same: `y = x` gives one array two names.",
        ),
        Slip("x", lambda x: x.copy(), "These are the words of `x`, not others."),
        Slip(
            "a reordering",
            lambda x: x[::-1],
            "A reordering: the mean cannot see it, but the words are the same. What else can the "
            "mean not see?",
        ),
        Slip(
            "each word's own mean",
            level,
            "Each word keeps the mean of its own numbers. The mean *word* is taken down the "
            "columns.",
        ),
        Slip(
            "one word pushed",
            pushed,
            "One word was pushed, and it takes the mean along. What has another word to do?",
        ),
        Slip(
            "every word pushed",
            lambda x: x + 1,
            "All words were pushed the same way, and the mean went with them.",
        ),
        Slip(
            "mirrored at the origin",
            lambda x: -x,
            "Turning all the arrows around turns the mean around. About which point can they be "
            "turned without moving it?",
        ),
        Slip(
            "twice the words",
            lambda x: np.concatenate([x, x]),
            "The mean cannot see that, true enough; but the words are the same, twice. "
            "As many are wanted as `x` has.",
        ),
        Slip(
            "the mean alone",
            lambda x: x.mean(axis=0),
            "That is the mean itself, one word. As many are wanted as `x` has.",
        ),
    ),
    right=(
        Variant("mirrored at the mean, torch", mirrored_by_torch),
        Variant("every word the mean", lambda x: np.repeat(x.mean(axis=0)[None], len(x), axis=0)),
        Variant("two numbers of a column exchanged", crossed),
        Variant(
            "twice as far from the mean", lambda x: (2 * x - x.mean(axis=0)).astype(np.float32)
        ),
    ),
    hints=PERMUTE_HINTS,
    judge_by=not_a_twin,
    notice="the three lines tell these twins apart: their weights depend on who stands near whom.",
)


EXERCISES = (three_lines, who_wins_factor, who_wins_arrow, permute_test, permute_twin)
