import math

import pytest
import torch
from model_helpers import close, every_config, loud, loud_model, name_of, some_tokens, tiny
from torch import nn
from torch.nn import functional as F

from minigpt.cache import KVCache
from minigpt.config import POSITIONS, ModelConfig
from minigpt.data import IGNORE
from minigpt.errors import ShapeError
from minigpt.masks import padding_mask
from minigpt.model import GPT, make_norm
from minigpt.norms import LayerNorm, RMSNorm

B, T = 3, 11
TOKENS = some_tokens(B, T)
each_config = pytest.mark.parametrize("config", every_config(), ids=name_of)


# --- what a fresh model is ------------------------------------------------------------------


@each_config
def test_a_fresh_model_with_zero_init_reads_the_current_token_only(config):
    model = GPT(config.replace(zero_init=True)).double().eval()
    x = model.embed(TOKENS, torch.arange(T))
    if config.norm_order == "post":
        for block in model.blocks:
            x = block.norm_2(block.norm_1(x))
    assert close(model(TOKENS), model.final_norm(x) @ model.head.weight.T)


@each_config
def test_without_zero_init_the_blocks_write(config):
    torch.manual_seed(0)
    model = GPT(config.replace(zero_init=False)).double().eval()
    other = torch.cat(((TOKENS[:, :1] + 7) % 19, TOKENS[:, 1:]), dim=1)
    moved = (model(other) - model(TOKENS)).abs().amax(-1)
    assert moved[:, 1].min() > 1e-9


def test_fresh_weights_have_the_spread_they_should():
    torch.manual_seed(0)
    config = ModelConfig(500, d_model=128, n_layers=8, mlp="swiglu", bias=True, zero_init=False)
    model = GPT(config.replace(position="learned", tie_head=False))
    for name, p in model.named_parameters():
        if "norm" in name:
            assert (p == (1.0 if name.endswith("weight") else 0.0)).all()
        elif name.endswith("bias"):
            assert (p == 0).all()
        else:
            writes = name.endswith(("w_o.weight", "w_out.weight"))
            std = 0.02 / math.sqrt(16) if writes else 0.02
            assert p.std().item() == pytest.approx(std, rel=0.03)
            assert abs(p.mean()) < std / 10


def test_zero_init_is_for_what_the_blocks_write():
    model = GPT(tiny(bias=True))
    zero = {name for name, p in model.named_parameters() if p.dim() == 2 and (p == 0).all()}
    assert zero == {
        f"blocks.{i}.{part}.weight" for i in (0, 1) for part in ("attention.w_o", "mlp.w_out")
    }


def test_a_tied_head_is_the_embedding_itself():
    tied, free = GPT(tiny(tie_head=True)), GPT(tiny(tie_head=False))
    assert tied.head.weight is tied.token_embedding.weight
    assert tied.head.weight.data_ptr() == tied.token_embedding.weight.data_ptr()
    assert free.head.weight.data_ptr() != free.token_embedding.weight.data_ptr()
    assert not torch.equal(free.head.weight, free.token_embedding.weight)
    assert free.n_parameters() - tied.n_parameters() == 19 * 24
    assert tied.double().head.weight is tied.token_embedding.weight


def by_hand(vocab_size, context, d, n_layers, n_heads, n_kv_heads, d_ff, *, gates=1, bias, **also):
    """Count from the shapes that the papers give."""
    d_head = d // n_heads
    d_kv = n_kv_heads * d_head
    block = d * d + 2 * d * d_kv + d * d + (1 + gates) * d * d_ff
    norm = 2 * d if also.get("layernorm") and bias else d
    if bias:
        block += d + 2 * d_kv + d + gates * d_ff + d
    if also.get("qk_norm"):
        block += 2 * d_head
    total = vocab_size * d * (1 if also.get("tied", True) else 2) + n_layers * (block + 2 * norm)
    return total + (context * d if also.get("learned") else 0) + (norm if also.get("final") else 0)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (tiny(), by_hand(19, 13, 24, 2, 4, 4, 20, bias=False, qk_norm=True, final=True)),
        (
            tiny(n_kv_heads=2, mlp="swiglu", qk_norm=False, tie_head=False, norm_order="post"),
            by_hand(19, 13, 24, 2, 4, 2, 20, gates=2, bias=False, tied=False),
        ),
        (
            tiny(position="learned", norm="layernorm", bias=True, n_kv_heads=1, mlp="swiglu"),
            by_hand(
                *(19, 13, 24, 2, 4, 1, 20),
                gates=2,
                bias=True,
                learned=True,
                layernorm=True,
                qk_norm=True,
                final=True,
            ),
        ),
        (
            tiny(norm="layernorm", qk_norm=False, position="alibi"),
            by_hand(19, 13, 24, 2, 4, 4, 20, bias=False, layernorm=True, final=True),
        ),
    ],
)
def test_parameters_are_counted_as_by_hand(config, expected):
    assert GPT(config).n_parameters() == expected


@pytest.mark.parametrize(
    ("d_model", "n_layers", "n_heads", "expected"),
    [
        (768, 12, 12, 124_439_808),
        (1024, 24, 16, 354_823_168),
        (1280, 36, 20, 774_030_080),
        (1600, 48, 25, 1_557_611_200),
    ],
)
def test_gpt2_in_its_four_sizes(d_model, n_layers, n_heads, expected):
    config = ModelConfig(
        *(50_257, 1024, d_model, n_layers, n_heads),
        position="learned",
        norm="layernorm",
        qk_norm=False,
        mlp="gelu_tanh",
        bias=True,
    )
    with torch.device("meta"):
        assert GPT(config).n_parameters() == expected
    ff = 4 * d_model
    hand = by_hand(
        *(50_257, 1024, d_model, n_layers, n_heads, n_heads, ff),
        bias=True,
        learned=True,
        layernorm=True,
        final=True,
    )
    assert hand == expected


@pytest.mark.parametrize("bias", [True, False])
def test_the_norms_are_the_ones_named(bias):
    config = tiny(norm_eps=1e-3, bias=bias)
    rms, layer = make_norm(config), make_norm(config.replace(norm="layernorm"))
    assert isinstance(rms, RMSNorm) and isinstance(layer, LayerNorm)
    assert rms.eps == layer.eps == 1e-3
    assert (layer.bias is not None) == bias
    post = GPT(config.replace(norm_order="post"))
    assert isinstance(post.final_norm, nn.Identity)
    assert isinstance(GPT(config).final_norm, RMSNorm)
    assert GPT(config).blocks[0].attention.q_norm.eps == 1e-3


# --- learning -------------------------------------------------------------------------------


@each_config
def test_every_parameter_learns(config):
    model = loud_model(config).train()
    model.loss(TOKENS[:, :-1], TOKENS[:, 1:]).backward()
    for name, p in model.named_parameters():
        if name == "position_embedding.weight":
            assert p.grad[: T - 1].abs().amax(-1).min() > 0 and (p.grad[T - 1 :] == 0).all()
        elif "w_k.bias" not in name or config.qk_norm or config.position == "rotary":
            assert p.grad.isfinite().all() and p.grad.abs().max() > 1e-8, name
        # else: a constant added to every score of a row changes no weight


def test_the_loss_is_the_mean_surprise_of_what_counts():
    model = loud_model(tiny())
    targets = some_tokens(B, T, seed=1)
    targets[0, :5] = IGNORE
    targets[2, 10] = IGNORE
    log_p = model(TOKENS).log_softmax(-1)
    surprises = [
        -log_p[b, t, targets[b, t]] for b in range(B) for t in range(T) if targets[b, t] != IGNORE
    ]
    assert len(surprises) == B * T - 6
    expected = sum(surprises) / len(surprises)
    assert model.loss(TOKENS, targets).item() == pytest.approx(expected.item(), abs=1e-5)
    padding = padding_mask(torch.tensor([11, 4, 7]), T)
    masked = F.cross_entropy(model(TOKENS, padding).flatten(0, 1), targets.flatten())
    assert model.loss(TOKENS, targets, padding).item() == pytest.approx(masked.item(), abs=1e-5)


@pytest.mark.parametrize("norm_order", ["pre", "post"])
@pytest.mark.parametrize("place", ["embedding", "attention", "mlp"])
def test_dropout_in_training_only_and_in_all_three_places(norm_order, place):
    model = loud(GPT(tiny(n_layers=1, dropout=0.3, norm_order=norm_order)))
    block = model.blocks[0]
    block.attention.config = tiny()  # the dropout of weights has its own test
    if place == "embedding":
        block.dropout.p = 0.0
    else:
        model.dropout.p = 0.0
        silent = block.mlp.w_out if place == "attention" else block.attention.w_o
        nn.init.zeros_(silent.weight)  # dropping nothing out
    assert not close(model(TOKENS), model(TOKENS), 1e-3)
    model.eval()
    assert torch.equal(model(TOKENS), model(TOKENS))


def test_int32_tokens_will_do():
    model = loud_model(tiny())
    assert torch.equal(model(TOKENS.int()), model(TOKENS))


# --- what does not fit ----------------------------------------------------------------------


def cache_of(n, config):
    model, cache = loud_model(config), KVCache(config, B, dtype=torch.float64)
    model(TOKENS[:, :n], cache=cache)
    return cache


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"tokens": TOKENS[0]}, ["(11,) of torch.int64", "shape (B, T)", "tokens[None]"]),
        ({"tokens": TOKENS.float()}, ["torch.float32", "whole numbers"]),
        ({"tokens": TOKENS.bool()}, ["torch.bool"]),
        ({"tokens": TOKENS[:, :0]}, ["1 to 13 tokens", "(3, 0)"]),
        ({"tokens": TOKENS[:0]}, ["1 to 13 tokens", "(0, 11)"]),
        ({"tokens": some_tokens(2, 14)}, ["context_length", "(2, 14)", "the last ones only"]),
        ({"tokens": TOKENS + 9}, ["token ids from 0 to 18", "the tokenizer"]),
        ({"tokens": TOKENS - 5}, ["token ids from 0 to 18", "-5 to"]),
        ({"mask": torch.ones(10, 11).bool()}, ["(3, 4, 11, 11)", "(10, 11)"]),
        ({"mask": torch.ones(B, T).bool()}, ["(3, 4, 11, 11)", "(3, 11)"]),
        ({"mask": torch.ones(B, 1, 1, T).long()}, ["torch.int64", "mask.bool()"]),
        ({"position_ids": torch.arange(10)}, ["(11,) or (3, 11)", "(10,)"]),
        ({"position_ids": torch.tensor([3])}, ["(11,) or (3, 11)", "(1,)"]),
        ({"position_ids": torch.zeros(2, T).long()}, ["(11,) or (3, 11)", "(2, 11)"]),
    ],
)
@pytest.mark.parametrize("position", POSITIONS)
def test_what_does_not_fit_is_named(position, arguments, words):
    with pytest.raises(ShapeError) as caught:
        GPT(tiny(position=position))(**{"tokens": TOKENS, **arguments})
    assert all(word in str(caught.value) for word in [*words, "Try:"])


@pytest.mark.parametrize("first", [-1, 3])
def test_learned_positions_end_with_the_table(first):
    model, ids = GPT(tiny(position="learned")), torch.arange(first, first + T)
    with pytest.raises(ShapeError) as caught:
        model(TOKENS, position_ids=ids)
    assert f"learned positions from 0 to 12, but got {first} to {first + T - 1}" in str(
        caught.value
    )


def test_a_full_cache_is_named():
    config = tiny()
    with pytest.raises(ShapeError, match=r"\(3, 5\), with 9 in the cache"):
        loud_model(config)(TOKENS[:, :5], cache=cache_of(9, config))


@pytest.mark.parametrize("changes", [{"n_kv_heads": 1}, {"n_heads": 2}])
def test_the_cache_of_another_model_is_named(changes):
    cache = KVCache(tiny(**changes), B, dtype=torch.float64)
    with pytest.raises(ShapeError, match="a cache of this model"):
        loud_model(tiny())(TOKENS, cache=cache)
    assert cache.length == 0
