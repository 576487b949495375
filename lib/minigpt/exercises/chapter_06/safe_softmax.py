"""6.1, a softmax that survives: `safe_softmax`."""

import numpy as np

from minigpt.exercises.chapter_06.hints import SAFE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.exercises.invariants import never_negative

rng = np.random.default_rng(6)


def safe_softmax(scores, axis):
    top = scores.max(axis=axis, keepdims=True)
    raised = np.exp(scores - np.where(np.isneginf(top), 0, top))
    total = raised.sum(axis=axis, keepdims=True)
    return raised / np.where(total == 0, 1, total)


def shared(raised, axis):
    """Positive amounts as shares; nothing where there is nothing."""
    total = raised.sum(axis=axis, keepdims=True)
    return raised / np.where(total == 0, 1, total)


def shifted(by):
    """The softmax that takes something else than the row's largest score from the scores."""

    def changed(scores, axis):
        return shared(np.exp(scores - by(scores, axis)), axis)

    return changed


def plain(scores, axis):
    raised = np.exp(scores)
    return raised / raised.sum(axis=axis, keepdims=True)


def stable(scores, axis):
    raised = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


def shift_of(scores, axis):
    top = scores.max(axis=axis, keepdims=True)
    return np.where(np.isneginf(top), 0, top)


def without_keepdims(scores, axis):
    raised = np.exp(scores - scores.max(axis=axis))
    return raised / raised.sum(axis=axis)


def bounded(scores, axis):
    return shared(np.exp(np.clip(scores, -700, 700)), axis)


def shifted_too_late(scores, axis):
    raised = np.exp(scores)
    return shared(raised - raised.max(axis=axis, keepdims=True), axis)


SLIPS = (
    Slip(
        "as in chapter 5",
        plain,
        "Right for small scores; a large one overflows, and a row of very negative ones has a sum "
        "of 0. What may be taken from a whole row without moving a weight?",
    ),
    Slip(
        "chapter 5, and nan made 0",
        lambda scores, axis: np.nan_to_num(plain(scores, axis)),
        "The nan is swept away, not cured: rows with large scores have lost their shares. "
        "Where did it come from?",
    ),
    Slip(
        "the largest of all",
        shifted(lambda scores, axis: scores.max()),
        "Every row is shifted by the largest score of the *whole* array, so a row that lies far "
        "below loses everything to underflow. Whose largest score should become 0?",
    ),
    Slip(
        "the largest of all, and nan",
        lambda scores, axis: plain(scores - scores.max(), axis),
        "Every row is shifted by the largest score of the *whole* array. In a row far below it "
        "nothing is left, and 0 over 0 is no number: whose largest score should become 0?",
    ),
    Slip(
        "the largest along another axis",
        shifted(lambda scores, axis: shift_of(scores, -1)),
        "The largest scores are those along the *last* axis, the sums run along `axis`. Both have "
        "to be taken from the same row.",
    ),
    Slip(
        "the sum along another axis",
        lambda scores, axis: shared(np.exp(scores - shift_of(scores, axis)), -1),
        "The largest scores are those along `axis`, the sums run along the last axis. Both have "
        "to be taken from the same row.",
    ),
    Slip(
        "the largest size",
        lambda scores, axis: np.nan_to_num(
            plain(scores - np.abs(scores).max(axis=axis, keepdims=True), axis)
        ),
        "What is taken off is the largest *size*, so that a score of −900 counts as 900 and a row "
        "far below 0 is pushed further down. Which entry should become 0?",
    ),
    Slip(
        "divided by the largest",
        lambda scores, axis: plain(scores / scores.max(axis=axis, keepdims=True), axis),
        "The scores are *divided* by the largest. That is a temperature, and moves the shares; "
        "what leaves them alone is a number taken from all.",
    ),
    Slip(
        "two in place of e",
        lambda scores, axis: safe_softmax(scores * np.log(2), axis),
        "Those are shares of powers of 2. It was a number for pencils; softmax raises $e$.",
    ),
    Slip(
        "the smallest",
        lambda scores, axis: np.nan_to_num(
            plain(scores - scores.min(axis=axis, keepdims=True), axis)
        ),
        "With the *smallest* score at 0, the largest is further up than it was. "
        "On which side does `exp` overflow?",
    ),
    Slip(
        "the mean",
        lambda scores, axis: plain(scores - scores.mean(axis=axis, keepdims=True), axis),
        "With the *mean* at 0, a row that spreads wide still overflows at its upper end. "
        "Which entry has to be safe?",
    ),
    Slip(
        "the mean, and nan made 0",
        lambda scores, axis: np.nan_to_num(
            plain(scores - scores.mean(axis=axis, keepdims=True), axis)
        ),
        "With the *mean* at 0, a row that spreads wide overflows at its upper end, and a single "
        "$-\\infty$ makes the mean $-\\infty$. Which entry has to be safe?",
    ),
    Slip(
        "a row of nothing is nan",
        stable,
        "Right but for rows in which every score is $-\\infty$: infinity minus infinity is no "
        "number, and neither is 0 over 0. How much should such a row hand out?",
    ),
    Slip(
        "a row of nothing shares equally",
        lambda scores, axis: stable(np.maximum(scores, -1e30), axis),
        "A row in which every score is $-\\infty$ hands out equal shares, as if a large negative "
        "number stood there. Nobody in it may be looked at.",
    ),
    Slip(
        "minus infinity made 0",
        lambda scores, axis: safe_softmax(np.where(np.isinf(scores), 0, scores), axis),
        "A score of $-\\infty$ was made a score of 0. But a score of 0 takes a share: $e^0$ is 1.",
    ),
    Slip(
        "always the last axis",
        lambda scores, axis: safe_softmax(scores, -1),
        "The shares are made along the last axis, whatever `axis` says.",
    ),
    Slip(
        "always the first axis",
        lambda scores, axis: safe_softmax(scores, 0),
        "The shares are made along the first axis, whatever `axis` says.",
    ),
    Slip(
        "the chapter's own",
        lambda scores, axis: stable(scores, -1),
        "That is the chapter's softmax: it always runs along the last axis, and a row of nothing "
        "makes it nan. Two more things are asked of yours.",
    ),
    Slip(
        "the whole array",
        lambda scores, axis: safe_softmax(scores, None),
        "All the shares of the array make one whole. Every row along `axis` is one of its own.",
    ),
    Slip(
        "one sum for the whole array",
        lambda scores, axis: (raised := np.exp(scores - shift_of(scores, axis))) / raised.sum(),
        "Each row has its own shift, and all rows are divided by one sum. Whose shares should "
        "make a whole?",
    ),
    Slip(
        "keepdims forgotten",
        without_keepdims,
        "It stops: what is taken from the scores, or divides them, has lost an axis, and no "
        "longer stands beside the row that it belongs to. How is that axis kept?",
    ),
    Slip(
        "the scores cut off",
        bounded,
        "The scores are cut off where `exp` would overflow, and all that lie beyond share alike. "
        "A shift keeps their differences.",
    ),
    Slip(
        "the maximum after exp",
        shifted_too_late,
        "The maximum is taken from the exponentials, where it changes the shares and comes too "
        "late: they have overflowed already.",
    ),
    Slip(
        "not shared out",
        lambda scores, axis: np.exp(scores - shift_of(scores, axis)),
        "Safe amounts, with 1 for the largest of each row; but they are not yet shares.",
    ),
    Slip(
        "the logarithm",
        lambda scores, axis: np.log(safe_softmax(scores, axis)),
        "Those are the logarithms of the weights. Wanted are the weights.",
    ),
)


def along_an_axis(scores, axis):
    def one(row):
        if np.isneginf(row).all():
            return np.zeros(len(row))
        raised = [np.exp(score - max(row)) for score in row]
        return np.array(raised) / sum(raised)

    return np.apply_along_axis(one, axis, scores)


def by_torch(scores, axis):
    import torch

    return torch.nan_to_num(torch.softmax(torch.from_numpy(scores), dim=axis))


def by_logarithms(scores, axis):
    total = np.logaddexp.reduce(scores, axis=axis, keepdims=True)
    return np.exp(scores - np.where(np.isneginf(total), 0, total))


def last_axis_first(scores, axis):
    rows = np.moveaxis(scores, axis, -1)
    return np.moveaxis(np.nan_to_num(stable(rows, -1)), -1, axis)


RIGHT = (
    Variant("a loop along the axis", along_an_axis),
    Variant("torch, nan made 0", by_torch),
    Variant("by logarithms", by_logarithms),
    Variant("the axis moved to the end and back", last_axis_first),
    Variant("float32", lambda scores, axis: safe_softmax(scores.astype(np.float32), axis)),
)


def with_nothing(scores, *places):
    scores = scores.copy()
    for place in places:
        scores[place] = -np.inf
    return scores


def wholes(args, values):
    """Along the axis, weights of any shape sum to 1, or to 0 where all scores are -inf."""
    scores, axis = args
    some = ~np.isneginf(scores).all(axis=axis)
    sums = values["weights"].sum(axis=axis)
    if sums.shape == some.shape and np.allclose(sums, some, atol=1e-2):
        return None
    return "Along `axis` the weights should sum to 1, or to 0 where every score is minus infinity."


def large(scale, *shape):
    """Scores that float32 holds exactly: what is lost then is lost in the function."""
    return np.round(64 * scale * rng.normal(size=shape)) / 64


far = 900 * np.arange(-1, 3)[:, None] + large(1, 4, 3)  # rows far above each other
# Far below any floor that one might put in; single precision holds them.
DEEP = np.array([[-3e6, -3e6 - 1, -3e6 - 2], [0, 1, 2]])

EXERCISE = Exercise(
    id="6.1",
    title="A softmax that survives",
    name="safe_softmax",
    minutes=20,
    difficulty="Within reach",
    reference=safe_softmax,
    returns=("weights",),
    cases=(
        Case((2 * rng.normal(size=(3, 5)), -1), ("T_q T_k", None)),
        Case((2 * rng.normal(size=(4, 2, 6)), 1), ("n_heads T_k B", None)),
        Case((large(800, 5, 3), 0), ("T_k B", None)),
        Case((far, -1), ("T_q T_k", None)),
        Case((with_nothing(rng.normal(size=(2, 4, 3)), (0, 1), (1, 2, 0)), 2), ("B T_q T_k", None)),
        Case((with_nothing(large(600, 6, 4), np.s_[:, 1], (2, 3)), -2), ("T_k B", None)),
        Case((DEEP, -1), ("T_q T_k", None)),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=SAFE,
    notice="nothing was approximated: the shift cancels. What a row with nobody to look at hands out is "
    "a decision: zeros, as in the library, where PyTorch's softmax says nan.",
    invariants=(never_negative("weights"), wholes),
)
