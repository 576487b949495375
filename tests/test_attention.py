import math

import pytest
import torch
from model_helpers import close, normal
from torch.nn import functional as F

from minigpt.attention import (
    attention,
    check_shapes,
    fused_attention,
    masked_softmax,
)
from minigpt.errors import ShapeError
from minigpt.masks import causal_mask, mask_to_bias, padding_mask, sliding_mask
from minigpt.positions import alibi_bias

B, N_HEADS, T_Q, T_K, D_HEAD, D_V = 2, 3, 4, 5, 6, 7
BLIND = torch.tensor([[0, 1, 1, 0, 1], [0, 0, 0, 0, 0], [1, 0, 0, 0, 1], [1, 1, 1, 1, 1]]).bool()
ALIBI = alibi_bias(N_HEADS, torch.arange(1, T_K), torch.arange(T_K)).double()
MASKS = {
    "none": None,
    "causal": causal_mask(T_Q, T_K),
    "sliding": sliding_mask(T_Q, 2, T_K),
    "padding": padding_mask(torch.tensor([3, 5]), T_K),
    "one query blind": BLIND,
    "a row of the batch blind": padding_mask(torch.tensor([0, 4]), T_K),
    "one head blind": torch.tensor([1, 0, 1]).bool()[:, None, None],
    "alibi": ALIBI,
    "alibi and causal": ALIBI + mask_to_bias(causal_mask(T_Q, T_K), torch.float64),
    "blind as numbers": mask_to_bias(BLIND, torch.float64),
}
each_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())


def qkv(d_v=D_V, scale=2.0):
    q = normal(B, N_HEADS, T_Q, D_HEAD, seed=1, scale=scale)
    k = normal(B, N_HEADS, T_K, D_HEAD, seed=2, scale=scale)
    return q, k, normal(B, N_HEADS, T_K, d_v, seed=3)


def by_loops(q, k, v, mask):
    """Attention in plain Python: lists, math.exp, and a sum for every number."""
    mask = torch.ones(1).bool() if mask is None else mask
    bias = mask_to_bias(mask, torch.float64).expand(B, N_HEADS, T_Q, T_K).tolist()
    context, weights = torch.zeros(B, N_HEADS, T_Q, v.shape[-1]), torch.zeros(B, N_HEADS, T_Q, T_K)
    context, weights = context.double(), weights.double()
    Q, K, V = q.tolist(), k.tolist(), v.tolist()
    for b in range(B):
        for h in range(N_HEADS):
            for i in range(T_Q):
                e = []
                for j in range(T_K):
                    dot = sum(Q[b][h][i][c] * K[b][h][j][c] for c in range(D_HEAD))
                    e.append(math.exp(dot / math.sqrt(D_HEAD) + bias[b][h][i][j]))
                for j in range(T_K):
                    share = e[j] / sum(e) if sum(e) else 0.0
                    weights[b, h, i, j] = share
                    for c in range(v.shape[-1]):
                        context[b, h, i, c] += share * V[b][h][j][c]
    return context, weights


# --- attention ------------------------------------------------------------------------------


@each_mask
def test_attention_equals_three_loops(mask):
    q, k, v = qkv()
    for ours, theirs in zip(attention(q, k, v, mask), by_loops(q, k, v, mask), strict=True):
        assert close(ours, theirs, 1e-12)


def test_the_inputs_tell_weights_apart():
    weights = attention(*qkv())[1]
    assert weights.max() > 0.9  # else a missing scale would hardly show
    assert weights.std(dim=-1).min() > 0.02


@each_mask
def test_every_row_sums_to_one_or_looks_nowhere(mask):
    weights = attention(*qkv(), mask)[1]
    sums = weights.sum(-1)
    assert weights.min() >= 0
    assert (((sums - 1).abs() < 1e-12) | (sums == 0)).all()


def test_attention_needs_no_batch_and_leaves_its_inputs_alone():
    q, k, v = qkv()
    kept = [x.clone() for x in (q, k, v, MASKS["alibi"])]
    full = attention(q, k, v, MASKS["alibi"])[0]
    assert all(torch.equal(a, b) for a, b in zip(kept, (q, k, v, MASKS["alibi"]), strict=True))
    assert close(attention(q[1, 2], k[1, 2], v[1, 2], ALIBI[2])[0], full[1, 2], 1e-12)


def test_scores_in_the_thousands_do_not_overflow():
    q, k, v = (x.float() for x in qkv(scale=100.0))
    context, weights = attention(q, k, v, causal_mask(T_Q, T_K))
    assert context.isfinite().all()
    assert close(weights.sum(-1), torch.ones(B, N_HEADS, T_Q), 1e-6)


def test_dropout_strikes_weights_out_and_scales_up_the_rest():
    torch.manual_seed(0)
    q, k = normal(50, 8, seed=1), normal(40, 8, seed=2)
    values = torch.cat((torch.eye(40), torch.ones(40, 1)), dim=1).double()
    context, weights = attention(q, k, values, dropout=0.25)
    context, rest = context.split((40, 1), dim=1)
    factor = context / weights  # with the identity for values, the context is the weights used
    assert torch.allclose(weights.sum(-1), torch.ones(50).double())  # those handed back are whole
    assert (((factor - 4 / 3).abs() < 1e-9) | (factor == 0)).all()
    assert abs((factor == 0).double().mean() - 0.25) < 0.03
    assert close(rest, context.sum(1, keepdim=True), 1e-12)  # a weight is struck out for all of v


def test_masked_softmax_shares_what_is_not_hidden():
    scores = normal(T_Q, T_K)
    weights = masked_softmax(scores, BLIND)
    for i in range(T_Q):
        seen = scores[i][BLIND[i]]
        assert close(weights[i][BLIND[i]], seen.exp() / seen.exp().sum(), 1e-12)
    assert (weights[~BLIND] == 0).all()
    assert close(masked_softmax(scores), scores.softmax(1), 1e-12)


# --- the fused path -------------------------------------------------------------------------


@each_mask
def test_plain_fused_and_torch_agree_with_their_gradients(mask):
    found = []
    for way in ("plain", "fused", "torch"):
        q, k, v = (x.requires_grad_() for x in qkv())
        if way == "plain":
            context = attention(q, k, v, mask)[0]
        elif way == "fused":
            context = fused_attention(q, k, v, mask)
        else:
            context = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        gradients = torch.autograd.grad((context * normal(*context.shape, seed=4)).sum(), (q, k, v))
        assert all(g.isfinite().all() for g in gradients)
        found.append((context, *gradients))
    plain, *others = found
    for other in others:
        assert all(close(ours, theirs) for ours, theirs in zip(plain, other, strict=True))


@pytest.mark.parametrize("way", ["plain", "fused"])
@pytest.mark.parametrize("kind", ["boolean", "numbers"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_row_that_may_look_nowhere_gets_zeros_and_finite_gradients(way, kind, dtype):
    q, k, v = (x.to(dtype).requires_grad_() for x in qkv())
    mask = BLIND if kind == "boolean" else mask_to_bias(BLIND, dtype)
    context = attention(q, k, v, mask)[0] if way == "plain" else fused_attention(q, k, v, mask)
    assert (context[:, :, 1] == 0).all()
    assert (context[:, :, 0] != 0).all()
    context.square().sum().backward()
    assert all(x.grad.isfinite().all() and x.grad.abs().sum() > 0 for x in (q, k, v))
    assert (q.grad[:, :, 1] == 0).all()


@pytest.mark.parametrize("mask", [None, MASKS["padding"], ALIBI], ids=["none", "padding", "alibi"])
def test_causal_joins_the_mask_with_the_queries_last(mask):
    q, k, v = qkv()
    fused = fused_attention(q, k, v, mask, causal=True)
    own = mask_to_bias(causal_mask(T_Q, T_K), torch.float64)
    joined = own if mask is None else own + mask_to_bias(mask, torch.float64)
    assert close(fused, attention(q, k, v, joined)[0])


def test_causal_alone_is_the_plain_causal_mask():
    _, k, v = qkv()
    q = normal(*k.shape, seed=5)
    assert close(fused_attention(q, k, v, causal=True), attention(q, k, v, causal_mask(T_K))[0])
    assert not close(fused_attention(q, k, v), fused_attention(q, k, v, causal=True), 0.1)


def test_a_mask_of_numbers_may_be_finer_than_the_model():
    q, k, v = (x.float() for x in qkv())
    assert close(fused_attention(q, k, v, ALIBI), attention(q, k, v, ALIBI)[0], 1e-6)


def test_the_fused_path_needs_no_batch():
    q, k, v = (x[0] for x in qkv())
    mask = causal_mask(T_Q, T_K)
    assert close(fused_attention(q, k, v, causal=True), attention(q, k, v, mask)[0])
    q, k, v = k, k.flip(0), v
    assert close(fused_attention(q, k, v, causal=True), attention(q, k, v, causal_mask(T_K))[0])


@pytest.mark.parametrize("T_q", [T_Q, T_K])
def test_on_another_device_the_kernel_gets_all_as_it_is(T_q, monkeypatch):
    """No GPU is needed: "meta" has shapes and types and no numbers."""
    given = {}

    def kernel(*tensors, **how):
        given.update(how, tensors=tensors)
        return tensors[0]

    monkeypatch.setattr(F, "scaled_dot_product_attention", kernel)
    shapes = [(B, N_HEADS, T, D_HEAD) for T in (T_q, T_K, T_K)]
    sent = [torch.empty(shape, dtype=torch.bfloat16, device="meta") for shape in shapes]
    fused_attention(*sent, causal=True, dropout=0.25)
    assert all(came is went for came, went in zip(given["tensors"], sent, strict=True))
    assert given["dropout_p"] == 0.25
    if T_q == T_K:
        assert given["is_causal"] is True and given["attn_mask"] is None
    else:
        assert given["is_causal"] is False and given["attn_mask"].device.type == "meta"
    mask = torch.ones(T_q, T_K, dtype=torch.bool, device="meta")
    fused_attention(*sent, mask=mask)
    assert given["attn_mask"] is mask and given["is_causal"] is False and given["dropout_p"] == 0


@pytest.mark.parametrize("bias", [None, "alibi"])
def test_on_the_cpu_attention_stays_wide_where_autocast_is_narrow(bias):
    q, k, v = (normal(2, 3, 5, 4, seed=i).bfloat16() for i in range(3))
    ids = torch.arange(5)
    mask = None if bias is None else alibi_bias(3, ids, ids).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        narrow = fused_attention(q, k, v, mask, causal=True)
    wide = [x.float() for x in (q, k, v)]
    exact = fused_attention(*wide, mask if mask is None else mask.float(), causal=True)
    assert narrow.dtype == torch.float32 and close(narrow, exact, 1e-6)


def test_the_fused_path_drops_out_too():
    torch.manual_seed(0)
    q, k, v = qkv()
    kept = fused_attention(q, k, v)
    mean = torch.stack([fused_attention(q, k, v, dropout=0.3) for _ in range(3000)]).mean(0)
    assert not close(fused_attention(q, k, v, dropout=0.3), kept, 0.01)
    assert close(mean, kept, 0.12)


# --- what does not fit ----------------------------------------------------------------------


KEYS = "q and k must agree in all axes but the positions, but got q {} and k {}. Try: {}."
SWAPPED = "a transpose(1, 2) on k: axes 1 and 2 look swapped"
VALUES = (
    "every key needs one value, so k and v must agree in all axes but the last, "
    "but got k {} and v {}. Try: the same tokens for both."
)
WHOLE, LONGER = (2, 4, 8, 16), (2, 4, 9, 16)


@pytest.mark.parametrize("way", [attention, fused_attention, check_shapes])
@pytest.mark.parametrize(
    ("q", "k", "v", "message"),
    [
        (WHOLE, (2, 8, 4, 16), (2, 8, 4, 16), KEYS.format(WHOLE, (2, 8, 4, 16), SWAPPED)),
        (WHOLE, (2, 8, 5, 16), (2, 8, 5, 16), KEYS.format(WHOLE, (2, 8, 5, 16), "q and k alike")),
        ((4, 8, 16), (8, 4, 16), (8, 4, 16), KEYS.format((4, 8, 16), (8, 4, 16), "q and k alike")),
        (WHOLE, (4, 8, 16), (4, 8, 16), KEYS.format(WHOLE, (4, 8, 16), "q and k alike")),
        ((4, 8, 16), WHOLE, WHOLE, KEYS.format((4, 8, 16), WHOLE, "q and k alike")),
        (WHOLE, (2, 4, 8, 15), (2, 4, 8, 15), KEYS.format(WHOLE, (2, 4, 8, 15), "q and k alike")),
        (WHOLE, (3, 4, 8, 16), (3, 4, 8, 16), KEYS.format(WHOLE, (3, 4, 8, 16), "q and k alike")),
        (WHOLE, LONGER, WHOLE, VALUES.format(LONGER, WHOLE)),
        ((16,), (8, 16), (8, 16), KEYS.format((16,), (8, 16), "q and k alike")),
        ((8, 16), (16,), (16,), KEYS.format((8, 16), (16,), "q and k alike")),
        ((16,), (16,), (16,), KEYS.format((16,), (16,), "q and k alike")),
    ],
)
def test_shapes_that_do_not_fit_are_named(way, q, k, v, message):
    with pytest.raises(ShapeError) as caught:
        way(*map(torch.zeros, (q, k, v)))
    assert str(caught.value) == message


FITTING = (
    "a mask that broadcasts to the scores, (2, 3, 4, 5), but got {}. "
    "Try: rows for queries and columns for keys, with axes of size 1 for the rest."
)
NUMBERS = "a mask of True and False, or of numbers to add to the scores"


@pytest.mark.parametrize("way", [attention, fused_attention, check_shapes])
@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (torch.ones(T_K, T_Q).bool(), FITTING.format((5, 4))),
        (torch.ones(B, T_Q, T_K).bool(), FITTING.format((2, 4, 5))),  # the head axis forgotten
        (torch.ones(9, B, N_HEADS, T_Q, T_K).bool(), FITTING.format((9, 2, 3, 4, 5))),
        (torch.ones(T_Q, T_K).long(), f"{NUMBERS}, but got torch.int64. Try: mask.bool()."),
    ],
)
def test_masks_that_do_not_fit_are_named(way, mask, message):
    with pytest.raises(ShapeError) as caught:
        way(*qkv(), mask)
    assert str(caught.value) == message
