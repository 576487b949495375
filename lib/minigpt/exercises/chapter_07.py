"""Chapter 7, queries, keys and values: what its exercises ask for, and how people go wrong.

torch is imported where it is needed, so that a check starts at once.
"""

import math

import numpy as np

from minigpt.exercises.exercise import Case, Exercise, Hint, Slip, Variant
from minigpt.exercises.invariants import never_negative, rows_sum_to_one

rng = np.random.default_rng(7)


def softmax(scores, axis=-1):
    raised = np.exp(scores - scores.max())
    return raised / raised.sum(axis=axis, keepdims=True)


# 7.1. One query by hand


def one_query(i, x, w_q, w_k, w_v):
    query = x[i] @ w_q
    scores = x @ w_k @ query / math.sqrt(len(query))
    raised = np.exp(scores - scores.max())
    return raised / raised.sum() @ (x @ w_v)


def one_by_loops(i, x, w_q, w_k, w_v):
    query = [sum(a * b for a, b in zip(x[i], column, strict=True)) for column in w_q.T]
    shares = []
    for word in x:
        key = [sum(a * b for a, b in zip(word, column, strict=True)) for column in w_k.T]
        score = sum(a * b for a, b in zip(query, key, strict=True))
        shares.append(math.exp(score / len(query) ** 0.5))
    values = [share / sum(shares) * (word @ w_v) for share, word in zip(shares, x, strict=True)]
    return sum(values)


def one_by_table(i, x, w_q, w_k, w_v):
    scores = x[i] @ (w_q @ w_k.T) @ x.T / math.sqrt(w_k.shape[1])
    return (softmax(scores) @ x) @ w_v


def one_by_torch(i, x, w_q, w_k, w_v):
    import torch

    q, k, v = (torch.tensor(x, requires_grad=True) @ torch.from_numpy(w) for w in (w_q, w_k, w_v))
    return torch.nn.functional.scaled_dot_product_attention(q, k, v)[i]


def single(
    score=lambda q, k, i: k @ q[i],
    width=lambda d_model, d_head, d_v: math.sqrt(d_head),
    share=softmax,
    give=lambda x, k, v: v,
):
    """One query, and one step of it changed."""

    def changed(i, x, w_q, w_k, w_v):
        q, k, v = x @ w_q, x @ w_k, x @ w_v
        scores = score(q, k, i) / width(*w_q.shape, w_v.shape[1])
        return share(scores) @ give(x, k, v)

    return changed


def as_in_chapter_5(i, x, w_q, w_k, w_v):
    return softmax(x @ x[i] / math.sqrt(x.shape[1])) @ (x @ w_v)


def without_itself(i, x, w_q, w_k, w_v):
    others = np.delete(x, i, axis=0)
    scores = others @ w_k @ (x[i] @ w_q) / math.sqrt(w_q.shape[1])
    return softmax(scores) @ (others @ w_v)


def one_case(i, T, d_model, d_head, d_v):
    shapes = [(d_model, d_head), (d_model, d_head), (d_model, d_v)]
    w_q, w_k, w_v = (0.7 * rng.normal(size=shape) for shape in shapes)
    axes = (None, "T d_model", "d_model d_head", "d_model d_head", "d_model d_v")
    return Case((i, rng.normal(size=(T, d_model)), w_q, w_k, w_v), axes)


ROOT_D_MODEL = (
    "The scores are divided by the root of how wide the words are. "
    "How wide are the two that are multiplied?"
)
ROOT_D_V = (
    "The scores are divided by the root of how wide the values are, and no value takes part in a "
    "score. How many products are added up in one?"
)
UNSCALED = (
    "The weights are too sharp: the scores go into the softmax as they are. "
    "What keeps wide queries and keys from scoring high?"
)
NO_ROOT = "The weights are too flat: the scores are divided by the width itself."

one = Exercise(
    id="7.1",
    title="One query by hand",
    name="one_query",
    minutes=15,
    difficulty="Within reach",
    reference=one_query,
    returns=("context",),
    cases=(one_case(4, 7, 5, 3, 2), one_case(0, 4, 6, 2, 3), one_case(5, 8, 3, 5, 7)),
    slips=(
        Slip(
            "keys handed over",
            single(give=lambda x, k, v: k),
            "The weights are right, but it is the keys that are mixed by them. "
            "By a key a word is found; what does it hand over?",
        ),
        Slip(
            "words handed over",
            single(give=lambda x, k, v: x),
            "The weights are right, but it is the words themselves that are mixed, as in "
            "chapter 5. One of the three matrices has nothing to do yet.",
        ),
        Slip("no division by the root", single(width=lambda *sizes: 1), UNSCALED),
        Slip(
            "the root of d_model",
            single(width=lambda d_model, *_: math.sqrt(d_model)),
            ROOT_D_MODEL,
        ),
        Slip("the root of d_v", single(width=lambda *sizes: math.sqrt(sizes[-1])), ROOT_D_V),
        Slip("divided by d_head", single(width=lambda d_model, d_head, d_v: d_head), NO_ROOT),
        Slip(
            "asks with its key",
            single(lambda q, k, i: q @ k[i]),
            "The roles are exchanged: word `i` is being asked by all the others. "
            "Which matrix makes the question of the word that asks?",
        ),
        Slip(
            "asks the others' queries",
            single(lambda q, k, i: q @ q[i]),
            "The question is held against the others' questions. "
            "What do they offer to be found by?",
        ),
        Slip(
            "asks with a key",
            single(lambda q, k, i: k @ k[i]),
            "Keys are held against a key, so that likeness wins again. Where is the question?",
        ),
        Slip(
            "scores as in chapter 5",
            as_in_chapter_5,
            "The scores are those of chapter 5: words against words. "
            "Two of the three matrices have nothing to do yet.",
        ),
        Slip(
            "no exp",
            single(share=lambda scores: scores / scores.sum()),
            "The scores themselves are shared out, so some of the shares are negative. "
            "What makes every score positive first?",
        ),
        Slip(
            "not shared out",
            single(share=np.exp),
            "The amounts are positive, but together they are not one whole.",
        ),
        Slip(
            "the winner takes all",
            single(share=lambda scores: scores == scores.max()),
            "Only the winner's value comes back. The others have smaller shares, but not none.",
        ),
        Slip(
            "plain mean",
            lambda i, x, w_q, w_k, w_v: (x @ w_v).mean(axis=0),
            "This is the plain mean of the values, whoever asks. What was the question for?",
        ),
        Slip(
            "counted from one",
            lambda i, *arrays: one_query(i - 1, *arrays),
            "This is the context of the word before. Python counts from 0.",
        ),
        Slip(
            "without itself",
            without_itself,
            "Word `i` is left out of its own average. Is it not one of those that are asked?",
        ),
        Slip(
            "nobody later",
            lambda i, x, *ws: one_query(i, x[: i + 1], *ws),
            "Words after word `i` get nothing. That is chapter 8's mask; here all are asked.",
        ),
        Slip(
            "every context",
            lambda i, x, *ws: np.array([one_query(j, x, *ws) for j in range(len(x))]),
            "Right for every word, but one was wanted: that of word `i` alone.",
        ),
        Slip(
            "weights alone",
            single(give=lambda x, k, v: np.eye(len(x))),
            "Those are the weights, and they are right. Now share out the values by them.",
        ),
    ),
    right=(
        Variant("loops", one_by_loops),
        Variant("one table, values last", one_by_table),
        Variant("torch, with gradients", one_by_torch),
    ),
    hints=(
        Hint(
            "who takes part",
            "Word `i` needs one query: its own. Of the others, and of itself too, it needs the "
            "keys and the values. Which shapes have these three?",
        ),
        Hint(
            "two products",
            "All keys against one query: $(T, d_{\\text{head}})$ times $(d_{\\text{head}},)$ gives "
            "one score a word. One share a word against all values: $(T,)$ times $(T, d_v)$ "
            "mixes the rows.",
        ),
        Hint(
            "a plan",
            "Make the query from `x[i]`, keys and values from all of `x`. Multiply the keys with "
            "the query, divide by the root of the query's length, raise, divide by the sum, and "
            "multiply the result with the values.",
        ),
    ),
    notice="nothing but the query belongs to word `i`: keys and values are the same whoever asks.",
)


# 7.2. All queries at once


def attend(x, w_qkv, d_head):
    qkv = x @ w_qkv
    q, k, v = qkv[..., :d_head], qkv[..., d_head : 2 * d_head], qkv[..., 2 * d_head :]
    scores = q @ k.mT / math.sqrt(d_head)
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = raised / raised.sum(axis=-1, keepdims=True)
    return weights @ v, weights


def cut(qkv, d_head):
    return np.split(qkv, [d_head, 2 * d_head], axis=-1)


def all_by_loops(x, w_qkv, d_head):
    w_q, w_k, w_v = w_qkv[:, :d_head], w_qkv[:, d_head : 2 * d_head], w_qkv[:, 2 * d_head :]
    weights = []
    for text in x:
        keys = [word @ w_k for word in text]
        rows = [[math.exp(word @ w_q @ k / d_head**0.5) for k in keys] for word in text]
        weights.append([[share / sum(row) for share in row] for row in rows])
    return [np.array(w) @ text @ w_v for w, text in zip(weights, x, strict=True)], weights


def all_by_letters(x, w_qkv, d_head):
    q, k, v = cut(np.einsum("btd,de->bte", x, w_qkv), d_head)
    weights = softmax(np.einsum("bie,bje->bij", q, k) / np.sqrt(d_head))
    return np.einsum("bij,bjv->biv", weights, v), weights


def all_by_torch(x, w_qkv, d_head):
    import torch

    q, k, v = (torch.tensor(part, requires_grad=True) for part in cut(x @ w_qkv, d_head))
    weights = torch.softmax(q @ k.transpose(1, 2) * d_head**-0.5, dim=2)
    return weights @ v, weights


def all_in_single_precision(x, w_qkv, d_head):
    return attend(x.astype(np.float32), w_qkv.astype(np.float32), d_head)


def lines(
    cut=cut,
    score=lambda q, k: q @ k.mT,
    width=lambda x, d_head, v: math.sqrt(d_head),
    share=softmax,
    mix=lambda weights, x, k, v: weights @ v,
):
    """All queries, and one step of it changed."""

    def changed(x, w_qkv, d_head):
        q, k, v = cut(x @ w_qkv, d_head)
        weights = share(score(q, k) / width(x, d_head, v))
        return mix(weights, x, k, v), weights

    return changed


def thirds(qkv, d_head):
    n = qkv.shape[-1] // 3
    return qkv[..., :n], qkv[..., n : 2 * n], qkv[..., 2 * n :]


def one_width(qkv, d_head):
    return [qkv[..., i * d_head : (i + 1) * d_head] for i in range(3)]


def values_second(qkv, d_head):
    q, v, k = np.split(qkv, [d_head, qkv.shape[-1] - d_head], axis=-1)
    return q, k, v


def keys_first(qkv, d_head):
    k, q, v = cut(qkv, d_head)
    return q, k, v


def without_keepdims(scores):
    raised = np.exp(scores)
    return raised / raised.sum(axis=-1)


def scores_for_weights(x, w_qkv, d_head):
    q, k, _ = cut(x @ w_qkv, d_head)
    return attend(x, w_qkv, d_head)[0], q @ k.mT / math.sqrt(d_head)


def other_mixture(args, values):
    """Tell a context, shape (B, T, d_v), that is not what the weights make of the values."""
    x, w_qkv, d_head = args
    v = x @ w_qkv[:, 2 * d_head :]
    if np.allclose(values["weights"] @ v, values["context"], atol=1e-2):
        return None
    return "The context is not what your weights make of the values. What do they mix, and how?"


def all_case(B, T, d_model, d_head, d_v):
    w_qkv = 0.7 * rng.normal(size=(d_model, 2 * d_head + d_v))
    axes = ("B T d_model", "d_model d_qkv", None)
    return Case((rng.normal(size=(B, T, d_model)), w_qkv, d_head), axes)


NOT_BY_ROWS = "The rows of the weights do not sum to 1{}"

everyone = Exercise(
    id="7.2",
    title="All queries at once",
    name="attend",
    minutes=20,
    difficulty="Middling",
    reference=attend,
    returns=("context", "weights"),
    cases=(all_case(2, 7, 5, 4, 3), all_case(3, 5, 8, 2, 6)),
    slips=(
        Slip(
            "thirds, by np.split",
            lines(lambda qkv, d_head: np.split(qkv, 3, axis=-1)),
            "The columns cannot be cut into thirds: queries, keys and values need not be equally "
            "wide. Which of the three widths do you know?",
        ),
        Slip(
            "thirds, by hand",
            lines(thirds),
            "The cuts are in the wrong places. A third of all columns is the width of a query only "
            "if the values are as wide.",
        ),
        Slip(
            "values as wide as keys",
            lines(one_width),
            "The values end too early or too late: they are all that is left, and need not be "
            "as wide as the keys.",
        ),
        Slip(
            "values in the middle",
            lines(values_second),
            "The three are taken in another order than that in which they stand side by side.",
        ),
        Slip(
            "queries among themselves",
            lines(score=lambda q, k: q @ q.mT),
            "The questions are held against each other. What do the words offer to be found by?",
        ),
        Slip(
            "keys first",
            lines(keys_first),
            "The tables of scores come out turned round: who asks, and who is asked? "
            "Look at the order in which the three stand side by side.",
        ),
        Slip("no division by the root", lines(width=lambda *_: 1), UNSCALED),
        Slip(
            "the root of d_model", lines(width=lambda x, *_: math.sqrt(x.shape[-1])), ROOT_D_MODEL
        ),
        Slip("the root of d_v", lines(width=lambda x, d_head, v: math.sqrt(v.shape[-1])), ROOT_D_V),
        Slip(
            "the root of T",
            lines(width=lambda x, d_head, v: math.sqrt(x.shape[1])),
            "The scores are divided by the root of how many words there are. "
            "Is it longer sentences or wider queries that score too high?",
        ),
        Slip("divided by d_head", lines(width=lambda x, d_head, v: d_head), NO_ROOT),
        Slip(
            ".T",
            lines(score=lambda q, k: q @ k.T),
            "Queries and keys do not fit together. Two axes of the keys should change places and no "
            "others: `.T` turns round *all* of them.",
        ),
        Slip(
            "softmax down the columns",
            lines(share=lambda scores: softmax(scores, axis=-2)),
            NOT_BY_ROWS.format(
                ", the columns do. Who hands out a whole: who asks, or who is asked?"
            ),
        ),
        Slip(
            "softmax over each table",
            lines(share=lambda scores: softmax(scores, axis=(-1, -2))),
            NOT_BY_ROWS.format(", all weights of a sentence together do. Who hands out a whole?"),
        ),
        Slip(
            "softmax over the batch",
            lines(share=lambda scores: softmax(scores, axis=0)),
            NOT_BY_ROWS.format(
                ": the shares are taken across the batch. What has one sentence to do with another?"
            ),
        ),
        Slip(
            "keepdims forgotten",
            lines(share=without_keepdims),
            "The sums have lost an axis, so they do not line up with the rows that they divide.",
        ),
        Slip(
            "no exp",
            lines(share=lambda scores: scores / scores.sum(axis=-1, keepdims=True)),
            "The rows sum to 1, yet some weights are negative. "
            "What makes every score positive before the shares are taken?",
        ),
        Slip(
            "keys handed over",
            lines(mix=lambda weights, x, k, v: weights @ k),
            "The weights are right, but it is the keys that are mixed by them. "
            "By a key a word is found; what does it hand over?",
        ),
        Slip(
            "words handed over",
            lines(mix=lambda weights, x, k, v: weights @ x),
            "The weights are right, but it is the words themselves that are mixed, as in "
            "chapter 5. A part of the matrix has nothing to do yet.",
        ),
        Slip(
            "scores in place of weights",
            scores_for_weights,
            "The context is right, but what comes with it are the scores. "
            "The shares into which they are turned are wanted.",
        ),
        Slip(
            "weights transposed in the mixture",
            lines(mix=lambda weights, x, k, v: weights.mT @ v),
            "The weights are right, but the mixture takes them down the columns. "
            "Whose shares should mix the context of a word?",
        ),
        Slip(
            "context alone",
            lambda *args: attend(*args)[0],
            "One array came. A context and the weights that made it are wanted.",
        ),
        Slip(
            "weights first",
            lambda *args: attend(*args)[::-1],
            "Both are right, but they come in the other order: first the context, then the weights.",
        ),
    ),
    right=(
        Variant("loops and lists", all_by_loops),
        Variant("einsum", all_by_letters),
        Variant("torch, with gradients", all_by_torch),
        Variant("float32", all_in_single_precision),
    ),
    hints=(
        Hint(
            "one product",
            "`x @ w_qkv` does all three products at once, for every sentence. Its last axis holds "
            "a word's query, key and value side by side. What is its shape, and where are the two "
            "cuts?",
        ),
        Hint(
            "the batch",
            "After the cuts it is `four_lines` again. Two of its operations have to leave the new "
            "axis in front alone: exercise 5.1 had the same two.",
        ),
        Hint(
            "a plan",
            "`np.split(qkv, [a, b], axis=-1)` cuts before columns `a` and `b` and gives three "
            "arrays. The values are whatever is left, so their width is nobody's business. Then "
            "`.mT` for the transpose, axis $-1$ with `keepdims` for the softmax, and the root of "
            "`d_head`.",
        ),
    ),
    notice="this is how GPT-2 stores its three matrices, with all of a layer's heads side by side.",
    invariants=(rows_sum_to_one("weights"), never_negative("weights"), other_mixture),
)

# 7.3a. Which printed entries are wrong


def wrong_entries(x, w, printed):
    return np.abs(x @ w - printed) > 0.005 + 1e-9


def wrong_by_rounding(x, w, printed):
    return np.round(x @ w, 2) != printed


def wrong_by_loops(x, w, printed):
    def right(i, c):
        return math.isclose(sum(x[i] * w[:, c]), printed[i, c], rel_tol=0, abs_tol=0.0051)

    rows, columns = printed.shape
    return [[not right(i, c) for c in range(columns)] for i in range(rows)]


def wrong_by_torch(x, w, printed):
    import torch

    return ~torch.isclose(torch.tensor(x @ w), torch.tensor(printed), rtol=0, atol=0.0052)


def wrong_to_the_last_digit(x, w, printed):
    return x @ w != printed


def wrong_by_isclose(x, w, printed):
    return ~np.isclose(x @ w, printed)


def wrong_by_a_whole_unit(x, w, printed):
    return np.abs(x @ w - printed) >= 0.01 + 1e-9


def wrong_if_too_large(x, w, printed):
    return printed - x @ w > 0.005 + 1e-9


def wrong_if_too_small(x, w, printed):
    return x @ w - printed > 0.005 + 1e-9


def wrong_in_proportion(x, w, printed):
    return np.abs(x @ w - printed) > 0.005 * np.abs(x @ w) + 1e-9


def right_entries(x, w, printed):
    return ~wrong_entries(x, w, printed)


def wrong_when_cut_off(x, w, printed):
    cut_off = np.trunc(100 * (x @ w) + np.sign(x @ w) * 1e-6) / 100
    return np.abs(cut_off - printed) > 1e-9


def wrong_rows(x, w, printed):
    return wrong_entries(x, w, printed).any(axis=1)


def how_many(x, w, printed):
    return wrong_entries(x, w, printed).sum()


def where_they_are(x, w, printed):
    return np.argwhere(wrong_entries(x, w, printed))


def how_far_off(x, w, printed):
    return np.abs(x @ w - printed)


def misprint(true, off):
    """Print to two decimals, and get some entries wrong by as many hundredths as `off` says."""
    return np.round(np.round(true, 2) + off / 100, 2)


def print_case(places, off, seed):
    """x and w of so many decimals, and their product misprinted; no entry near the edge."""
    T, d = off.shape
    draws = np.random.default_rng(seed)
    x, w = (np.round(draws.normal(size=s), places) for s in [(T, T - 2), (T - 2, d)])
    return Case((x, w, misprint(x @ w, off)), ("T d_model", "d_model d", "T d"))


OFF = np.array([[0, -4, 0], [1, 0, 0], [0, 12, -1], [0, 0, 0], [-1, 30, 0], [0, 0, 2], [0, 1, 0]])

LAST_DIGIT = (
    "Right entries are called wrong, for a machine holds few decimal numbers exactly, and a product "
    "may have more decimals than were printed. How far off may an entry be?"
)

entries = Exercise(
    id="7.3a",
    title="Find the author's errors",
    name="wrong_entries",
    minutes=30,
    difficulty="Middling",
    reference=wrong_entries,
    returns=("marks",),
    cases=(print_case(1, OFF, 7), print_case(2, OFF[1:, [0, 2]], 1)),
    slips=(
        Slip("compared to the last digit", wrong_to_the_last_digit, LAST_DIGIT),
        Slip(
            "np.isclose as it comes",
            wrong_by_isclose,
            "Right entries are called wrong: left to itself, `np.isclose` is far stricter than two "
            "decimals are. How far off may a rounded number be?",
        ),
        Slip(
            "a whole unit",
            wrong_by_a_whole_unit,
            "Some errors get through. A number rounded to two decimals is off by less than a "
            "hundredth: by how much at most?",
        ),
        Slip(
            "only too large",
            wrong_if_too_large,
            "Only the entries that are too large are found. An error may go either way.",
        ),
        Slip(
            "only too small",
            wrong_if_too_small,
            "Only the entries that are too small are found. An error may go either way.",
        ),
        Slip(
            "in proportion",
            wrong_in_proportion,
            "The tolerance grows and shrinks with the number. Rounding is off by the same amount "
            "for small numbers as for large ones.",
        ),
        Slip(
            "the right ones",
            right_entries,
            "Turned round: True stands where the printed entry is right.",
        ),
        Slip(
            "cut off",
            wrong_when_cut_off,
            "Your two decimals are cut off, those in print are rounded.",
        ),
        Slip(
            "by rows",
            wrong_rows,
            "One answer for each row. An answer for each entry is wanted.",
        ),
        Slip("how many", how_many, "That is how many they are. Which ones are they?"),
        Slip(
            "their places",
            where_they_are,
            "Those are the places of the wrong entries. A table as large as the printed one is "
            "wanted, of True and False.",
        ),
        Slip(
            "how far off",
            how_far_off,
            "That is how far off each entry is. Which of them are further off than rounding "
            "explains?",
        ),
    ),
    right=(
        Variant("rounded", wrong_by_rounding),
        Variant("loops and lists", wrong_by_loops),
        Variant("torch", wrong_by_torch),
    ),
    hints=(
        Hint(
            "what rounding excuses",
            "A number printed with two decimals stands for everything that rounds to it. How wide "
            "is that interval, and where in it is the printed number?",
        ),
        Hint(
            "an error and its heirs",
            "For the second function, never compute a step from the true numbers. Each step gets "
            "the numbers in print right before it, right or wrong, and is asked only whether it "
            "follows from them.",
        ),
        Hint(
            "a plan",
            "For the first, compare the distance between `x @ w` and `printed` with 0.005 and a "
            "hair. For the second, do so three times: `keys @ query` against the scores, the "
            "softmax of the printed scores against the weights, the printed weights times "
            "`values` against the context.",
        ),
    ),
    notice="a tolerance is a claim about where an error comes from: here, from rounding.",
)


# 7.3b. Which errors are fresh


def fresh_errors(query, keys, values, scores, weights, context):
    raised = np.exp(scores)
    follows = [keys @ query, raised / raised.sum(), weights @ values]
    pairs = zip(follows, [scores, weights, context], strict=True)
    return tuple(np.abs(a - b) > 0.005 + 1e-9 for a, b in pairs)


def far(a, b):
    return np.abs(a - b) > 0.0051


def fresh_by_loops(query, keys, values, scores, weights, context):
    e = [math.exp(score) for score in scores]
    mixture = sum(share * value for share, value in zip(weights, values, strict=True))
    return (
        [round(float(query @ key), 2) != s for key, s in zip(keys, scores, strict=True)],
        [round(one / sum(e), 2) != w for one, w in zip(e, weights, strict=True)],
        np.round(mixture, 2) != context,
    )


def fresh_by_torch(query, keys, values, scores, weights, context):
    import torch

    q, k, v, s, w, c = map(torch.tensor, (query, keys, values, scores, weights, context))
    return [far(torch.abs(a - b), 0) for a, b in [(k @ q, s), (s.softmax(0), w), (w @ v, c)]]


def inherited_too(query, keys, values, scores, weights, context):
    true = softmax(keys @ query)
    return far(keys @ query, scores), far(true, weights), far(true @ values, context)


def mixed_anew(query, keys, values, scores, weights, context):
    own = softmax(scores)
    return far(keys @ query, scores), far(own, weights), far(own @ values, context)


def scaled_first(query, keys, values, scores, weights, context):
    root = math.sqrt(len(query))
    return far(keys @ query / root, scores), *fresh_errors(
        query, keys, values, scores, weights, context
    )[1:]


def scaled_between(query, keys, values, scores, weights, context):
    first, _, last = fresh_errors(query, keys, values, scores, weights, context)
    return first, far(softmax(scores / math.sqrt(len(query))), weights), last


def shared_without_exp(query, keys, values, scores, weights, context):
    first, _, last = fresh_errors(query, keys, values, scores, weights, context)
    return first, far(scores / scores.sum(), weights), last


def made_whole_first(query, keys, values, scores, weights, context):
    first, second, _ = fresh_errors(query, keys, values, scores, weights, context)
    return first, second, far(weights / weights.sum() @ values, context)


def nothing_wrong(query, keys, values, scores, weights, context):
    return tuple(~wrong for wrong in fresh_errors(query, keys, values, scores, weights, context))


def to_the_last_digit(query, keys, values, scores, weights, context):
    return keys @ query != scores, softmax(scores) != weights, weights @ values != context


def any_at_all(query, keys, values, scores, weights, context):
    return tuple(
        wrong.any() for wrong in fresh_errors(query, keys, values, scores, weights, context)
    )


def print_steps(T, d_head, d_v, seed):
    """An attention printed to two decimals, with errors of its own in every step."""
    draws = np.random.default_rng(seed)
    sizes = [d_head, (T, d_head), (T, d_v)]
    query, keys, values = (np.round(draws.normal(size=size), 2) for size in sizes)
    keys[1] = 0  # its score is 0, also when it is divided
    off = np.bincount([0, 3, T - 1], weights=[4, 20, -1], minlength=T)
    scores = misprint(keys @ query, off)
    weights = misprint(softmax(scores), np.roll(off, 2))
    context = misprint(weights @ values, np.roll(off, 1)[:d_v])
    axes = ("d_head", "T d_head", "T d_v", "T", "T", "d_v")
    return Case((query, keys, values, scores, weights, context), axes)


fresh = Exercise(
    id="7.3b",
    title="Find the author's errors",
    name="fresh_errors",
    minutes=30,
    difficulty="Middling",
    reference=fresh_errors,
    returns=("wrong_scores", "wrong_weights", "wrong_context"),
    cases=(
        print_steps(14, 3, 4, 313),
        print_steps(9, 5, 3, 125),
    ),
    slips=(
        Slip(
            "from the true numbers",
            inherited_too,
            "You start from `query`, `keys` and `values` and go on with your own numbers, so a "
            "step is blamed for what it inherited. From which numbers should each step follow?",
        ),
        Slip(
            "mixed with weights of your own",
            mixed_anew,
            "The context is held against weights that you made from the scores. "
            "Which weights are in print?",
        ),
        Slip(
            "scores divided by the root",
            scaled_first,
            "You divide the scores by the root, which the text at hand does not. "
            "Judge it on its own terms.",
        ),
        Slip(
            "the root inside the softmax",
            scaled_between,
            "You divide by the root before the softmax, which the text at hand does not. "
            "Judge it on its own terms.",
        ),
        Slip(
            "no exp",
            shared_without_exp,
            "The weights are held against the scores divided by their sum. What comes before that?",
        ),
        Slip(
            "weights made whole",
            made_whole_first,
            "You mend the weights before you mix by them. That they do not sum to 1 is an error of "
            "the step before.",
        ),
        Slip(
            "turned round",
            nothing_wrong,
            "Turned round: True stands where a number does follow.",
        ),
        Slip("compared to the last digit", to_the_last_digit, LAST_DIGIT),
        Slip(
            "one answer a step",
            any_at_all,
            "One answer for each step. An answer for each number is wanted.",
        ),
    ),
    right=(Variant("loops and lists", fresh_by_loops), Variant("torch", fresh_by_torch)),
    hints=entries.hints,
    notice="an error goes on into all that is computed from it, and looks there like many.",
)


# 7.4a. Swap Q and K


def after_swap(scores):
    raised = np.exp(scores.T - scores.max())
    return raised / raised.sum(axis=1, keepdims=True)


def swap_by_loops(scores):
    T = len(scores)
    columns = [[math.exp(scores[i][j]) for i in range(T)] for j in range(T)]
    return [[share / sum(column) for share in column] for column in columns]


def swap_by_columns(scores):
    raised = np.exp(scores)
    return (raised / raised.sum(axis=0)).T


def swap_by_torch(scores):
    import torch

    return torch.softmax(torch.tensor(scores), dim=0).T


def weights_turned(scores):
    return softmax(scores).T


def nothing_changes(scores):
    return softmax(scores)


def columns_made_whole(scores):
    return softmax(scores, axis=0)


def turned_and_mended(scores):
    weights = softmax(scores).T
    return weights / weights.sum(axis=-1, keepdims=True)


def no_softmax(scores):
    return scores.T


def sign_changed(scores):
    return softmax(-scores)


def divided_again(scores):
    return softmax(scores.T / math.sqrt(len(scores)))


SWAP_HINTS = (
    Hint(
        "write it out",
        "The score of $i$ for $j$ is $q_i\\,k_j^\\top$. Exchange the letters $q$ and $k$ in it, and "
        "say in words what is left. For the second function: which pair makes a given table if "
        "$d_{\\text{head}}$ may be as large as $d_{\\text{model}}$?",
    ),
    Hint(
        "who is divided by what",
        "A softmax divides every row by its own sum. Which numbers stand in a row after the swap, "
        "and where did they stand before? For the second function: in a table of rank $r$, some "
        "$r$ columns make all the others. Or let `np.linalg.svd` find the columns.",
    ),
    Hint(
        "a plan",
        "Turn the scores round first, and share out afterwards. For the second function: "
        "`np.linalg.svd` gives `u`, `s` and `vt`, and the table is `u @ np.diag(s) @ vt`, with the "
        "entries of `s` in falling order and zeros from the rank on. Keep `d_head` columns of "
        "`u` and as many rows of `vt`, and give `s` to one of them.",
    ),
)


def square(T, seed):
    return Case((2 * np.random.default_rng(seed).normal(size=(T, T)),), ("T T",))


swap = Exercise(
    id="7.4a",
    title="Swap Q and K",
    name="after_swap",
    minutes=40,
    difficulty="An evening's thought",
    reference=after_swap,
    returns=("weights",),
    cases=(square(5, 7), square(4, 8)),
    slips=(
        Slip(
            "weights transposed",
            weights_turned,
            "You turn the weights round, and then their rows do not sum to 1. "
            "What does the swap turn round, and what comes after that?",
        ),
        Slip(
            "nothing changes",
            nothing_changes,
            "Those are the weights before the swap. Is what *cat* asks of *sat* what *sat* asks of "
            "*cat*?",
        ),
        Slip(
            "softmax down the columns",
            columns_made_whole,
            "The right numbers in the wrong places: here the columns sum to 1. "
            "Who asks now, and who is asked?",
        ),
        Slip(
            "weights transposed and mended",
            turned_and_mended,
            "The rows sum to 1, but they were mended after the weights had been turned round. "
            "Each weight has been divided by its old row's sum already.",
        ),
        Slip("no softmax", no_softmax, "Those are the scores after the swap. Now the weights."),
        Slip(
            "sign changed",
            sign_changed,
            "Exchanging who asks and who is asked does not turn liking into dislike.",
        ),
        Slip(
            "divided again",
            divided_again,
            "The scores have been divided by the root already, and have not grown since.",
        ),
    ),
    right=(
        Variant("loops and lists", swap_by_loops),
        Variant("columns, then turned", swap_by_columns),
        Variant("torch", swap_by_torch),
    ),
    hints=SWAP_HINTS,
    notice="the scores are turned round, the weights are not: each is divided by another sum.",
    invariants=(rows_sum_to_one("weights"),),
)


# 7.4b. Two matrices from one


def two_matrices(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u[:, :d_head] * s[:d_head], vt[:d_head].T


def not_the_table(args, answer):
    w_q, w_k = answer
    off = np.abs(w_q @ w_k.T - args[0])
    if off.max() <= 1e-5:
        return None
    i, j = np.unravel_index(off.argmax(), off.shape)
    came, wanted = (w_q @ w_k.T)[i, j], args[0][i, j]
    return f"(w_q @ w_k.T)[{i}, {j}] is {came:.4g}, but the table has {wanted:.4g} there."


def roots_to_both(table, d_head):
    u, s, vt = np.linalg.svd(table, full_matrices=False)
    root = np.sqrt(s[:d_head])
    return u[:, :d_head] * root, (vt[:d_head] * root[:, None]).T


def by_projection(table, d_head):
    columns = np.linalg.svd(table)[0][:, :d_head]
    return columns, table.T @ columns


def by_elimination(table, d_head):
    rest, w_q, w_k = table.copy(), [], []
    for _ in range(d_head):
        i, j = np.unravel_index(np.abs(rest).argmax(), rest.shape)
        pivot = rest[i, j] if abs(rest[i, j]) > 1e-9 else 1.0
        w_q.append(rest[:, j] / pivot)
        w_k.append(rest[i])
        rest = rest - np.outer(rest[:, j] / pivot, rest[i])
    return np.transpose(w_q), np.transpose(w_k)


def pair_by_torch(table, d_head):
    import torch

    u, s, vt = torch.linalg.svd(torch.tensor(table, dtype=torch.float32))
    return u[:, :d_head] @ torch.diag(s[:d_head]), vt[:d_head].T


def values_forgotten(table, d_head):
    u, _, vt = np.linalg.svd(table)
    return u[:, :d_head], vt[:d_head].T


def values_twice(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u[:, :d_head] * s[:d_head], vt[:d_head].T * s[:d_head]


def one_root(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u[:, :d_head] * np.sqrt(s[:d_head]), vt[:d_head].T


def rows_for_columns(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u[:, :d_head] * s[:d_head], vt[:, :d_head]


def not_turned(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u[:, :d_head] * s[:d_head], vt[:d_head]


def full_width(table, d_head):
    return table, np.eye(len(table))


def svd_uncut(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u * s, vt.T


def first_columns(table, d_head):
    return table[:, :d_head], np.eye(len(table))[:, :d_head]


def by_qr(table, d_head):
    columns, mixtures = np.linalg.qr(table)
    return columns[:, :d_head], mixtures[:d_head].T


def exchanged(table, d_head):
    w_q, w_k = two_matrices(table, d_head)
    return w_k, w_q


def of_rank(d_model, rank, d_head, seed):
    draws = np.random.default_rng(seed)
    table = draws.normal(size=(d_model, rank)) @ draws.normal(size=(rank, d_model))
    table[:, 0] = 2 * table[:, 1]  # the first columns do not make all the others
    return Case((table, d_head), ("d_model d_model", None))


pair = Exercise(
    id="7.4b",
    title="Swap Q and K",
    name="two_matrices",
    minutes=40,
    difficulty="An evening's thought",
    reference=two_matrices,
    returns=("w_q", "w_k"),
    cases=(of_rank(5, 3, 3, 7), of_rank(6, 2, 2, 8), of_rank(7, 2, 4, 9)),
    slips=(
        Slip(
            "singular values forgotten",
            values_forgotten,
            "The directions are right, their strengths are missing: `u @ vt` is not yet the table.",
        ),
        Slip(
            "singular values twice",
            values_twice,
            "The strengths have gone into both matrices, and so twice into the product.",
        ),
        Slip(
            "one root",
            one_root,
            "Only one of the two matrices has its share of the strengths. Their product needs "
            "all of them.",
        ),
        Slip(
            "columns of vt",
            rows_for_columns,
            "`np.linalg.svd` gives its last matrix already turned round. In which direction do its "
            "vectors lie?",
        ),
        Slip(
            "vt not turned",
            not_turned,
            "The second matrix lies on its side. A matrix that makes keys has as many rows as a "
            "word has numbers.",
        ),
        Slip(
            "the table and the identity",
            full_width,
            "The product is the table, but both matrices are `d_model` columns wide. "
            "A table of low rank needs fewer.",
        ),
        Slip(
            "nothing cut off",
            svd_uncut,
            "The product is the table, but all columns are kept. "
            "Which of them are multiplied by nothing?",
        ),
        Slip(
            "the first columns",
            first_columns,
            "The product has the first columns of the table, and zeros after them. The other "
            "columns are mixtures of `d_head` ones: say of which, and how.",
        ),
        Slip(
            "QR",
            by_qr,
            "Right as long as the first `d_head` columns of the table make all the others. "
            "They need not.",
        ),
        Slip(
            "exchanged",
            exchanged,
            "The product is the table turned round: who asks, and who is asked?",
        ),
    ),
    right=(
        Variant("roots to both", roots_to_both),
        Variant("projected on its columns", by_projection),
        Variant("elimination", by_elimination),
        Variant("torch, float32", pair_by_torch),
    ),
    hints=SWAP_HINTS,
    notice="there are endlessly many such pairs, so no single column of `W_Q` means anything.",
    judge_by=not_the_table,
)

EXERCISES = (one, everyone, entries, fresh, swap, pair)
