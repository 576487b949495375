"""7.4b, swap Q and K: `two_matrices`."""

import numpy as np

from minigpt.exercises.chapter_07.hints import SWAP
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def two_matrices(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u[:, :d_head] * s[:d_head], vt[:d_head].T


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


def rows_of_u(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u[:d_head].T * s[:d_head], vt[:d_head].T


def strengths_uncut(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u[:, :d_head] * s, vt[:d_head].T


def diagonal_uncut(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u[:, :d_head] @ np.diag(s), vt[:d_head].T


def svd_uncut(table, d_head):
    u, s, vt = np.linalg.svd(table)
    return u * s, vt.T


def by_qr(table, d_head):
    columns, mixtures = np.linalg.qr(table)
    return columns[:, :d_head], mixtures[:d_head].T


def by_least_squares(table, d_head):
    columns = table[:, :d_head]
    return columns, np.linalg.lstsq(columns, table, rcond=None)[0].T


def exchanged(table, d_head):
    w_q, w_k = two_matrices(table, d_head)
    return w_k, w_q


SLIPS = (
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
        "rows of u",
        rows_of_u,
        "`u` is cut along its rows. The table is made of its columns: along which axis do "
        "they count?",
    ),
    Slip(
        "strengths not cut",
        strengths_uncut,
        "`d_head` columns are kept, and all the strengths. Which strength belongs to which column?",
    ),
    Slip(
        "diagonal not cut",
        diagonal_uncut,
        "`d_head` columns are kept, and a diagonal of all the strengths. "
        "How large must the diagonal be to fit them?",
    ),
    Slip(
        "vt not turned",
        not_turned,
        "The second matrix lies on its side. A matrix that makes keys has as many rows as a "
        "word has numbers.",
    ),
    Slip(
        "the table and the identity",
        lambda table, d_head: (table, np.eye(len(table))),
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
        lambda table, d_head: (table[:, :d_head], np.eye(len(table))[:, :d_head]),
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
        "least squares on the first columns",
        by_least_squares,
        "A good plan, but these first `d_head` columns are not enough: some are multiples of "
        "others, and the rest cannot be mixed from them. Which columns could you take instead?",
    ),
    Slip(
        "times the root",
        lambda table, d_head: two_matrices(np.sqrt(d_head) * table, d_head),
        "The product is the table times the root of `d_head`. That root divides the scores, "
        "later; has the table anything to do with it?",
    ),
    Slip(
        "exchanged",
        exchanged,
        "The product is the table turned round: who asks, and who is asked?",
    ),
)


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


RIGHT = (
    Variant("roots to both", roots_to_both),
    Variant("projected on its columns", by_projection),
    Variant("elimination", by_elimination),
    Variant("torch, float32", pair_by_torch),
)


def slip_with_product(args, product):
    """The message of the slip whose pair, perhaps another one, has this product."""
    table, d_head = args
    for slip in SLIPS:
        try:
            w_q, w_k = slip.function(table, d_head)
            same = np.allclose(w_q @ w_k.T, product, rtol=0, atol=1e-5)
        except ValueError:  # a slip that stops, or whose two do not fit
            continue
        if same:
            return slip.message
    return None


def not_the_table(args, answer):
    w_q, w_k = answer
    off = np.abs(w_q @ w_k.T - args[0])
    if off.max() <= 1e-5:
        return None
    if said := slip_with_product(args, w_q @ w_k.T):
        return said
    i, j = np.unravel_index(off.argmax(), off.shape)
    came, wanted = (w_q @ w_k.T)[i, j], args[0][i, j]
    return f"(w_q @ w_k.T)[{i}, {j}] is {came:.4g}, but the table has {wanted:.4g} there."


def of_rank(d_model, rank, d_head, seed):
    draws = np.random.default_rng(seed)
    table = draws.normal(size=(d_model, rank)) @ draws.normal(size=(rank, d_model))
    table[:, 0] = 2 * table[:, 1]  # the first columns do not make all the others
    return Case((table, d_head), ("d_model d_model", None))


EXERCISE = Exercise(
    id="7.4b",
    title="Swap Q and K",
    name="two_matrices",
    minutes=40,
    difficulty="An evening's thought",
    reference=two_matrices,
    returns=("w_q", "w_k"),
    cases=(of_rank(5, 3, 3, 7), of_rank(6, 2, 2, 8), of_rank(7, 2, 4, 9)),
    slips=SLIPS,
    right=RIGHT,
    hints=SWAP,
    notice="there are endlessly many such pairs, so no single column of `W_Q` means anything.",
    judge_by=not_the_table,
)
