import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from minigpt.bench.growth import kept_bytes
from minigpt.cache import KVCache
from minigpt.config import ModelConfig, TrainConfig
from minigpt.costs import (
    activation_bytes,
    cache_bytes,
    forward_flops,
    n_parameters,
    peak_bytes,
    state_bytes,
    step_flops,
)
from minigpt.generate import Decoder
from minigpt.model import GPT
from minigpt.optim import make_optimizers
from minigpt.presets import GPT2_MODEL, PRESETS, preset

SIZES = {"vocab_size": 61, "context_length": 48, "d_model": 24, "n_layers": 3, "n_heads": 4}
B, T = 5, 40
KINDS = [
    {},
    GPT2_MODEL,
    {"mlp": "swiglu"},
    {"mlp": "swiglu", "bias": True},
    {"n_kv_heads": 2},
    {"n_kv_heads": 1, "bias": True, "d_ff": 50},
    {"tie_head": False},
    {"norm_order": "post"},
    {"position": "sinusoidal"},
    {"position": "learned", "qk_norm": False},
    {"norm": "layernorm"},
    {"norm": "layernorm", "bias": True},
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def configured(kind, **changes):
    return ModelConfig(**{**SIZES, **kind, **changes})


@each_kind
def test_parameters_are_those_of_the_model(kind):
    config = configured(kind)
    assert n_parameters(config) == GPT(config).n_parameters()


@pytest.mark.parametrize(
    ("name", "published"),
    [("gpt2-124m", 124_439_808), ("gpt2-355m", 354_823_168), ("gpt2-1558m", 1_557_611_200)],
)
def test_parameters_of_the_published_sizes(name, published):
    assert n_parameters(preset(name).configs(50_257)[0]) == published


@each_kind
def test_flops_are_those_that_pytorch_counts(kind):
    config = configured(kind, fused=False)
    model, tokens = GPT(config), torch.randint(61, (B, T))
    with FlopCounterMode(display=False) as forward:
        model(tokens)
    assert forward.get_total_flops() == forward_flops(config, B, T)
    with FlopCounterMode(display=False) as step:
        model.loss(tokens, tokens).backward()
    assert step.get_total_flops() == step_flops(config, B, T)


def test_flops_of_one_more_token_with_a_cache():
    config = configured({}, fused=False)
    decoder, tokens = Decoder(GPT(config)), torch.randint(61, (B, 30))
    decoder.next_logits(tokens[:, :29])
    with FlopCounterMode(display=False) as counter:
        decoder.next_logits(tokens)
    assert counter.get_total_flops() == forward_flops(config, B, 1, T_k=30)


@pytest.mark.parametrize("kind", [{}, {"n_kv_heads": 2}])
def test_the_cache_is_as_large_as_counted(kind):
    config = configured(kind)
    for dtype, width in ((torch.float32, 4), (torch.bfloat16, 2)):
        assert KVCache(config, B, 31, dtype=dtype).n_bytes == cache_bytes(config, B, 31, width)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_weights_gradients_and_memories_are_as_large_as_counted(optimizer):
    config = configured({"bias": True})
    model, tokens = GPT(config), torch.randint(61, (B, T))
    optimizers = make_optimizers(model, TrainConfig(optimizer=optimizer))
    model.loss(tokens, tokens).backward()
    for each in optimizers:
        each.step()
    held = [t for p in model.parameters() for t in (p, p.grad)]
    for each in optimizers:
        held += [t for state in each.state.values() for t in state.values() if t.dim()]
    assert sum(t.nbytes for t in held) == state_bytes(config, muon=optimizer == "muon")


WIDE = {"vocab_size": 301, "context_length": 96, "d_model": 64, "n_layers": 3, "n_heads": 4}


@pytest.mark.parametrize("bf16", [False, True])
@each_kind
def test_what_is_kept_for_the_way_back_is_as_large_as_counted(kind, bf16):
    config = ModelConfig(**{**WIDE, **kind})
    if config.norm_order == "post":
        pytest.skip("counted for pre-norm, which all presets have")
    model, tokens = GPT(config), torch.randint(301, (7, 90))
    with torch.autocast("cpu", torch.bfloat16, bf16):
        kept = kept_bytes(model, tokens)
    assert kept == pytest.approx(activation_bytes(config, 7, 90, bf16), rel=0.02)


def test_the_peak_is_weights_memories_what_is_kept_and_two_gradients_of_the_scores():
    config, rows = configured({}), (B, T)
    for bf16 in (False, True):
        peak = peak_bytes(config, *rows, bf16)
        weights = 4 * n_parameters(config)
        assert peak - activation_bytes(config, *rows, bf16) - 3 * weights == 2 * B * T * 61 * 4


def test_attention_is_narrow_on_a_gpu_in_bf16_alone():
    config = configured({})
    there = [activation_bytes(config, B, T, bf16, "cuda") for bf16 in (False, True)]
    here = [activation_bytes(config, B, T, bf16) for bf16 in (False, True)]
    assert there[0] == here[0] and there[1] < here[1]


def test_every_preset_can_be_counted():
    for name in PRESETS:
        config, train = preset(name).configs(1_000)
        assert step_flops(config, train.batch_size, config.context_length) > 0
