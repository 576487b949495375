import math

import pytest
import torch
from model_helpers import close, loud, name_of, normal, some_tokens, tiny
from torch import nn
from torch.nn import functional as F

from minigpt.attention import (
    MultiHeadAttention,
    attention,
    merge_heads,
    record_weights,
    share_heads,
    split_heads,
)
from minigpt.cache import KVCache
from minigpt.errors import ShapeError
from minigpt.masks import causal_mask, padding_mask
from minigpt.model import GPT
from minigpt.positions import rotary_angles

# --- heads ----------------------------------------------------------------------------------


def test_a_head_is_a_slice_of_the_width():
    x = normal(2, 5, 12)
    heads = split_heads(x, 3)
    assert heads.shape == (2, 3, 5, 4)
    for h in range(3):
        assert torch.equal(heads[:, h], x[:, :, 4 * h : 4 * h + 4])
    assert torch.equal(merge_heads(heads), x)


def test_merging_lays_the_heads_of_one_position_side_by_side():
    heads = normal(2, 3, 5, 4)
    merged = merge_heads(heads)
    for t in range(5):
        assert torch.equal(merged[:, t], torch.cat([heads[:, h, t] for h in range(3)], dim=-1))


def test_splitting_takes_any_layout_but_no_remainder():
    x = normal(12, 5, 2).transpose(0, 2)
    assert not x.is_contiguous()
    assert torch.equal(split_heads(x, 3), split_heads(x.contiguous(), 3))
    with pytest.raises(RuntimeError):
        split_heads(normal(2, 5, 10), 3)


def test_neighbouring_heads_share():
    q, k, v = normal(2, 6, 4, 5, seed=1), normal(2, 3, 7, 5, seed=2), normal(2, 3, 7, 5, seed=3)
    shared = share_heads(k, 2)
    assert [next(g for g in range(3) if torch.equal(shared[:, h], k[:, g])) for h in range(6)] == [
        *(0, 0, 1, 1, 2, 2)
    ]
    theirs = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    assert close(attention(q, share_heads(k, 2), share_heads(v, 2))[0], theirs)
    assert share_heads(k, 1) is k


# --- MultiHeadAttention against PyTorch's ---------------------------------------------------


def pair(fused=True, n_kv_heads=4, bias=True):
    """Our module and PyTorch's, with the same numbers."""
    config = tiny(fused=fused, n_kv_heads=n_kv_heads, bias=bias, qk_norm=False)
    ours = loud(MultiHeadAttention(config)).double().eval()
    theirs = nn.MultiheadAttention(24, 4, bias=bias, batch_first=True).double().eval()

    def whole(p):  # PyTorch's has a key head for every query head
        return p.unflatten(0, (n_kv_heads, 6)).repeat_interleave(4 // n_kv_heads, 0).flatten(0, 1)

    with torch.no_grad():
        parts = [ours.w_q.weight, whole(ours.w_k.weight), whole(ours.w_v.weight)]
        theirs.in_proj_weight.copy_(torch.cat(parts))
        theirs.out_proj.weight.copy_(ours.w_o.weight)
        if bias:
            parts = [ours.w_q.bias, whole(ours.w_k.bias), whole(ours.w_v.bias)]
            theirs.in_proj_bias.copy_(torch.cat(parts))
            theirs.out_proj.bias.copy_(ours.w_o.bias)
    return ours, theirs


either_path = pytest.mark.parametrize("fused", [True, False], ids=["fused", "plain"])


@pytest.mark.parametrize("bias", [True, False])
def test_each_of_the_four_has_a_bias_or_none_has(bias):
    config = tiny(bias=bias)
    d_kv = config.n_kv_heads * config.d_head
    widths = {"w_q": config.d_model, "w_k": d_kv, "w_v": d_kv, "w_o": config.d_model}
    module = MultiHeadAttention(config)
    linear = {name: getattr(module, name) for name in widths}
    assert {name: len(layer.weight) for name, layer in linear.items()} == widths
    assert [layer.bias is not None for layer in linear.values()] == 4 * [bias]


@either_path
@pytest.mark.parametrize("n_kv_heads", [4, 2, 1])
@pytest.mark.parametrize("bias", [True, False])
def test_self_attention_equals_torch(fused, n_kv_heads, bias):
    ours, theirs = pair(fused, n_kv_heads, bias)
    x = normal(3, 7, 24)
    assert close(ours(x), theirs(x, x, x)[0])


@either_path
@pytest.mark.parametrize("n_kv_heads", [4, 2])
def test_cross_attention_with_padding_equals_torch(fused, n_kv_heads):
    ours, theirs = pair(fused, n_kv_heads)
    x, source, lengths = normal(3, 7, 24), normal(3, 5, 24, seed=1), torch.tensor([5, 1, 3])
    hidden = torch.arange(5) >= lengths[:, None]  # True hides, in PyTorch's module
    expected = theirs(x, source, source, key_padding_mask=hidden)[0]
    assert close(ours(x, source, padding_mask(lengths, 5)), expected)
    assert not close(ours(x, source), expected, 1e-3)


@either_path
def test_causal_attention_equals_torch(fused):
    ours, theirs = pair(fused)
    x = normal(3, 7, 24)
    hidden = ~causal_mask(7)
    expected = theirs(x, x, x, attn_mask=hidden)[0]
    assert close(ours(x, causal=True), expected)
    assert close(ours(x, mask=causal_mask(7)), expected)
    padding = padding_mask(torch.tensor([7, 2, 4]), 7)
    joined = theirs(x, x, x, attn_mask=hidden, key_padding_mask=~padding[:, 0, 0])[0]
    assert close(ours(x, mask=padding, causal=True), joined)


@either_path
def test_the_causal_mask_is_made_where_the_queries_are(fused, monkeypatch):
    made = []

    def watched(T_q, T_k, device=None):
        made.append((T_q, T_k, device))
        return causal_mask(T_q, T_k, device)

    monkeypatch.setattr("minigpt.attention.causal_mask", watched)
    x, padding = normal(3, 7, 24), padding_mask(torch.tensor([7, 2, 4]), 7)
    pair(fused)[0](x, mask=padding, causal=True)
    assert made == [(7, 7, x.device)]


@either_path
def test_a_mask_that_does_not_fit_the_causal_one_is_named(fused):
    with pytest.raises(ShapeError, match=r"\(3, 4, 7, 7\)"):
        pair(fused)[0](normal(3, 7, 24), mask=torch.ones(6, 6).bool(), causal=True)


def test_a_source_of_another_batch_is_named():
    with pytest.raises(ShapeError, match="q and k must agree"):
        pair()[0](normal(3, 7, 24), normal(2, 5, 24))


def test_the_recorded_weights_equal_torch_and_sum_to_one():
    ours, theirs = pair()
    x = normal(3, 7, 24)
    with record_weights(ours) as maps:
        ours(x, causal=True)
    expected = theirs(x, x, x, attn_mask=~causal_mask(7), average_attn_weights=False)[1]
    assert len(maps) == 1
    assert close(maps[0], expected)


# --- MultiHeadAttention by hand: norms, rotation, sharing, one head at a time ---------------


def by_heads(module, x, source, mask, position_ids):
    config, d = module.config, module.config.d_head
    contexts = []
    for h in range(config.n_heads):
        g = h // (config.n_heads // config.n_kv_heads)
        q = x @ module.w_q.weight[h * d : (h + 1) * d].T + module.w_q.bias[h * d : (h + 1) * d]
        k = source @ module.w_k.weight[g * d : (g + 1) * d].T + module.w_k.bias[g * d : (g + 1) * d]
        v = source @ module.w_v.weight[g * d : (g + 1) * d].T + module.w_v.bias[g * d : (g + 1) * d]
        if config.qk_norm:
            q = F.rms_norm(q, (d,), module.q_norm.weight, config.norm_eps)
            k = F.rms_norm(k, (d,), module.k_norm.weight, config.norm_eps)
        if position_ids is not None:
            q, k = turned(q, position_ids, config), turned(k, position_ids, config)
        scores = torch.einsum("bic,bjc->bij", q, k) / d**0.5
        weights = scores.masked_fill(~mask, -math.inf).softmax(-1)
        contexts.append(torch.einsum("bij,bjc->bic", weights, v))
    return torch.cat(contexts, -1) @ module.w_o.weight.T + module.w_o.bias


def turned(x, position_ids, config):
    """Rotary as multiplication by complex numbers of length 1."""
    half = config.d_head // 2
    steps = config.rotary_base ** (-2 * torch.arange(half).double() / config.d_head)
    turn = torch.polar(torch.ones(()).double(), position_ids[:, None] * steps)
    if config.rotary_pairs == "halves":
        z = torch.complex(x[..., :half], x[..., half:]) * turn
        return torch.cat((z.real, z.imag), -1)
    z = torch.complex(x[..., 0::2], x[..., 1::2]) * turn
    return torch.stack((z.real, z.imag), -1).flatten(-2)


@either_path
@pytest.mark.parametrize("pairs", ["interleaved", "halves", None])
@pytest.mark.parametrize("qk_norm", [True, False])
@pytest.mark.parametrize("n_kv_heads", [4, 2, 1])
def test_the_module_equals_its_heads_one_by_one(fused, pairs, qk_norm, n_kv_heads):
    config = tiny(fused=fused, qk_norm=qk_norm, n_kv_heads=n_kv_heads, bias=True, norm_eps=1e-2)
    config = config.replace(rotary_pairs=pairs or "halves")
    module = loud(MultiHeadAttention(config)).double().eval()
    x, ids = normal(3, 7, 24), torch.tensor([0, 1, 2, 5, 6, 7, 9])
    rotation = rotary_angles(ids, 6) if pairs else None
    expected = by_heads(module, x, x, causal_mask(7), ids if pairs else None)
    assert close(module(x, causal=True, rotation=rotation), expected, 1e-5)  # angles are float32


@either_path
def test_the_cache_lines_up_causal_queries_with_the_last_keys(fused):
    module, _ = pair(fused, n_kv_heads=2)
    x = normal(3, 7, 24)
    cache = KVCache(module.config, batch_size=3, dtype=torch.float64).layers[0]
    pieces = [module(piece, causal=True, cache=cache) for piece in x.split((2, 4, 1), dim=1)]
    assert close(torch.cat(pieces, dim=1), module(x, causal=True))


@either_path
def test_dropout_only_in_training(fused):
    module = loud(MultiHeadAttention(tiny(fused=fused, dropout=0.5))).double()
    x = normal(3, 7, 24)
    assert not close(module(x), module(x), 1e-3)
    module.eval()
    assert torch.equal(module(x), module(x))


# --- record_weights -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [tiny(), tiny(position="alibi", n_kv_heads=2), tiny(window=3, fused=False)],
    ids=name_of,
)
def test_the_weights_of_every_layer_are_kept_in_order(config):
    model = loud(GPT(config)).eval()
    tokens = some_tokens(3, 7)
    plain = model(tokens)
    with record_weights(model) as maps:
        logits = model(tokens)
    assert close(logits, plain, 1e-5)
    assert [m.shape for m in maps] == [(3, 4, 7, 7)] * 2
    assert not close(maps[0], maps[1], 0.1)
    for weights in maps:
        assert not weights.requires_grad
        assert close(weights.sum(-1), torch.ones(3, 4, 7), 1e-5)
        assert (weights * ~causal_mask(7) == 0).all()
    with record_weights(model.blocks[1]) as second:
        model(tokens)
    assert close(second[0], maps[1], 1e-6) and len(second) == 1


def test_recording_ends_with_the_block_even_after_an_error():
    model = loud(GPT(tiny())).eval()
    with pytest.raises(ShapeError), record_weights(model) as maps:
        model(some_tokens(1, 99))
    model(some_tokens(1, 7))
    assert maps == []
    assert all(block.attention.recorded is None for block in model.blocks)
