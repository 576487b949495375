import math

import pytest
import torch
from model_helpers import close, every_config, loud, loud_model, name_of, normal, some_tokens, tiny
from torch import nn
from torch.nn import functional as F
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from minigpt.config import POSITIONS
from minigpt.masks import causal_mask, mask_to_bias, padding_mask, prefix_mask, sliding_mask
from minigpt.model import GPT, Block
from minigpt.positions import alibi_bias, sinusoidal

B, T = 3, 11
TOKENS = some_tokens(B, T)
each_config = pytest.mark.parametrize("config", every_config(), ids=name_of)


# --- against models that others wrote -------------------------------------------------------


LLAMA, QWEN = (LlamaConfig, LlamaForCausalLM), (Qwen3Config, Qwen3ForCausalLM)


def llama_like(made, model, config):
    """Hugging Face's model in our sizes."""
    theirs = model(
        made(
            vocab_size=config.vocab_size,
            max_position_embeddings=config.context_length,
            hidden_size=config.d_model,
            num_hidden_layers=config.n_layers,
            num_attention_heads=config.n_heads,
            num_key_value_heads=config.n_kv_heads,
            head_dim=config.d_head,
            intermediate_size=config.d_ff,
            rms_norm_eps=config.norm_eps,
            tie_word_embeddings=config.tie_head,
            rope_parameters={"rope_type": "default", "rope_theta": config.rotary_base},
        )
    )
    return theirs.double().eval()


NAMES = {  # Hugging Face's parts of a layer by ours
    "norm_1": "input_layernorm",
    "norm_2": "post_attention_layernorm",
    "attention.w_q": "self_attn.q_proj",
    "attention.w_k": "self_attn.k_proj",
    "attention.w_v": "self_attn.v_proj",
    "attention.w_o": "self_attn.o_proj",
    "attention.q_norm": "self_attn.q_norm",
    "attention.k_norm": "self_attn.k_norm",
    "mlp.w_in": "mlp.up_proj",
    "mlp.w_gate": "mlp.gate_proj",
    "mlp.w_out": "mlp.down_proj",
}


def theirs_by_ours(name):
    if not name.startswith("blocks."):
        whole = {"token_embedding": "model.embed_tokens", "final_norm": "model.norm"}
        return whole.get(name.removesuffix(".weight"), "lm_head") + ".weight"
    _, i, part = name.removesuffix(".weight").split(".", 2)
    return f"model.layers.{i}.{NAMES[part]}.weight"


@pytest.mark.parametrize(
    ("classes", "changes"),
    [
        (LLAMA, {"qk_norm": False, "tie_head": False, "n_kv_heads": 2}),
        (LLAMA, {"qk_norm": False, "n_kv_heads": 1, "norm_eps": 1e-2, "rotary_base": 50.0}),
        (QWEN, {"qk_norm": True, "n_kv_heads": 2, "norm_eps": 1e-2}),
        (QWEN, {"qk_norm": True, "n_kv_heads": 4, "tie_head": False}),
    ],
)
@pytest.mark.parametrize("fused", [True, False])
def test_logits_equal_llama_and_qwen(classes, changes, fused):
    config = tiny(mlp="swiglu", fused=fused, **changes)
    ours, theirs = loud_model(config), llama_like(*classes, config)
    state = {theirs_by_ours(name): p for name, p in ours.state_dict().items()}
    theirs.load_state_dict(state)
    with torch.no_grad():
        assert close(ours(TOKENS), theirs(TOKENS).logits, 1e-4)
        assert ours(TOKENS).std() > 0.3


@pytest.mark.parametrize("order", ["pre", "post"])
@pytest.mark.parametrize("activation", ["gelu", "relu2"])
def test_a_block_equals_torchs_encoder_layer(order, activation):
    config = tiny(position="none", norm="layernorm", norm_order=order, mlp=activation)
    config = config.replace(bias=True, qk_norm=False, norm_eps=1e-2)
    ours = loud(Block(config)).double()
    theirs = nn.TransformerEncoderLayer(
        *(24, 4, 20),
        dropout=0.0,
        activation=F.gelu if activation == "gelu" else lambda x: F.relu(x) ** 2,
        layer_norm_eps=1e-2,
        batch_first=True,
        norm_first=order == "pre",
    ).double()
    mine, state = ours.state_dict(), {}
    for kind in ("weight", "bias"):
        parts = [mine[f"attention.w_{name}.{kind}"] for name in "qkv"]
        state[f"self_attn.in_proj_{kind}"] = torch.cat(parts)
        state[f"self_attn.out_proj.{kind}"] = mine[f"attention.w_o.{kind}"]
        for theirs_name, name in (
            ("linear1", "mlp.w_in"),
            ("linear2", "mlp.w_out"),
            ("norm1", "norm_1"),
            ("norm2", "norm_2"),
        ):
            state[f"{theirs_name}.{kind}"] = mine[f"{name}.{kind}"]
    theirs.load_state_dict(state)
    x, hidden = normal(B, T, 24), mask_to_bias(causal_mask(T), torch.float64)
    assert close(ours(x), theirs(x))
    assert close(ours(x, causal=True), theirs(x, hidden))


# --- each position by another road ----------------------------------------------------------


def test_sinusoidal_positions_are_a_table_that_is_not_learned():
    fixed = loud_model(tiny(position="sinusoidal", tie_head=False))
    learned = GPT(tiny(position="learned", tie_head=False)).double()
    table = sinusoidal(torch.arange(13), 24).double()
    louder = math.sqrt(24) * fixed.token_embedding.weight  # Vaswani et al. 2017, section 3.4
    assert close(fixed.embed(TOKENS, torch.arange(T)) - louder[TOKENS], table[:T].expand(B, T, 24))
    state = {"token_embedding.weight": louder, "position_embedding.weight": table}
    learned.load_state_dict({**fixed.state_dict(), **state})
    assert close(fixed(TOKENS), learned.eval()(TOKENS))


def test_learned_positions_are_added():
    model = loud_model(tiny(position="learned"))
    expected = model.token_embedding(TOKENS) + model.position_embedding.weight[:T]
    assert close(model.embed(TOKENS, torch.arange(T)), expected)


@pytest.mark.parametrize("causal", [True, False])
def test_alibi_is_a_mask_of_numbers(causal):
    config = tiny(position="alibi", causal=causal)
    model, plain = loud_model(config), loud_model(config.replace(position="none"))
    bias = alibi_bias(4, torch.arange(T), torch.arange(T)).double()
    assert close(model(TOKENS), plain(TOKENS, bias))
    padding = padding_mask(torch.tensor([11, 4, 7]), T)
    both = bias + mask_to_bias(padding, torch.float64)
    assert close(model(TOKENS, padding), plain(TOKENS, both))
    assert not close(model(TOKENS), plain(TOKENS), 0.01)


@pytest.mark.parametrize("position", POSITIONS)
def test_a_window_is_a_sliding_mask(position):
    narrow = loud_model(tiny(position=position, window=3))
    wide = loud_model(tiny(position=position))
    assert close(narrow(TOKENS), wide(TOKENS, sliding_mask(T, 3)))
    assert not close(narrow(TOKENS), wide(TOKENS), 0.01)


@pytest.mark.parametrize("position", POSITIONS)
def test_causal_is_a_mask_too(position):
    causal, free = (loud_model(tiny(position=position, causal=c)) for c in (True, False))
    assert close(causal(TOKENS), free(TOKENS, causal_mask(T)))


@each_config
def test_fused_and_plain_agree(config):
    fused = loud_model(config.replace(fused=True))
    plain = loud_model(config.replace(fused=False))
    logits = fused(TOKENS)
    assert close(logits, plain(TOKENS))
    padding = padding_mask(torch.tensor([11, 0, 7]), T)  # one row has nothing to see
    assert close(fused(TOKENS, padding), plain(TOKENS, padding))
    assert logits.isfinite().all() and logits.std() > 0.2


# --- leaks ----------------------------------------------------------------------------------


def changed_at(j):
    other = TOKENS.clone()
    other[:, j] = (other[:, j] + 7) % 19
    return other


@each_config
def test_no_token_changes_what_comes_before_it(config):
    model = loud_model(config)
    kept = model(TOKENS)
    for j in range(T):
        moved = (model(changed_at(j)) - kept).abs().amax(-1)
        assert moved[:, :j].max() < 1e-10 if j else True
        assert moved[:, j].min() > 1e-6


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("norm_order", ["pre", "post"])
def test_every_token_sees_every_other_when_not_causal(position, norm_order):
    model = loud_model(tiny(position=position, norm_order=norm_order, causal=False))
    kept = model(TOKENS)
    for j in range(T):
        assert (model(changed_at(j)) - kept).abs().amax(-1).min() > 1e-7


def test_a_window_reaches_exactly_as_far_as_the_layers_carry_it():
    model = loud_model(tiny(window=3))
    kept = model(TOKENS)
    for j in range(T):
        moved = (model(changed_at(j)) - kept).abs().amax(-1) > 1e-10
        reach = [j <= i <= j + 2 * 2 for i in range(T)]  # two layers, each two back
        assert moved.tolist() == [reach] * B


@pytest.mark.parametrize("position", POSITIONS)
def test_a_prefix_sees_itself_whole_and_no_further(position):
    model = loud_model(tiny(position=position, causal=False))
    mask = prefix_mask(T, 4)
    kept = model(TOKENS, mask)
    for j in range(T):
        moved = (model(changed_at(j), mask) - kept).abs().amax(-1)
        first = 0 if j < 4 else j
        assert moved[:, first:].min() > 1e-8
        assert moved[:, :first].max() < 1e-10 if first else True


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("position", POSITIONS)
def test_padded_rows_equal_the_rows_alone(position, causal):
    model = loud_model(tiny(position=position, causal=causal))
    lengths = torch.tensor([11, 4, 7])
    padded = model(TOKENS, padding_mask(lengths, T))
    for row, length in enumerate(lengths):
        alone = model(TOKENS[row : row + 1, :length])
        assert close(padded[row : row + 1, :length], alone)


@pytest.mark.parametrize("position", ["none", "rotary", "alibi"])
def test_left_padding_does_not_show_where_positions_are_relative(position):
    model = loud_model(tiny(position=position))
    seen = torch.arange(T) >= torch.tensor([0, 7, 4])[:, None]
    ids = (seen.cumsum(-1) - 1).clamp(min=0)
    padded = model(TOKENS, seen[:, None, None], ids)
    for row, start in enumerate((0, 7, 4)):
        assert close(padded[row : row + 1, start:], model(TOKENS[row : row + 1, start:]), 1e-5)


# --- positions by their ids -----------------------------------------------------------------


@pytest.mark.parametrize("position", POSITIONS)
def test_shifted_positions_show_only_where_they_are_absolute(position):
    model = loud_model(tiny(position=position))
    kept = model(TOKENS)
    assert torch.equal(model(TOKENS, position_ids=torch.arange(T)), kept)
    shifted = model(TOKENS, position_ids=torch.arange(T) + 2)
    assert close(shifted, kept, 1e-4) == (position in ("none", "rotary", "alibi"))


@pytest.mark.parametrize("position", ["learned", "sinusoidal", "rotary"])
def test_every_row_may_have_its_own_positions(position):
    model = loud_model(tiny(position=position))
    generator = torch.Generator().manual_seed(0)
    ids = torch.stack([torch.randperm(13, generator=generator)[:T] for _ in range(B)])
    together = model(TOKENS, position_ids=ids)
    for row in range(B):
        assert close(together[row], model(TOKENS[row : row + 1], position_ids=ids[row])[0])
    assert close(model(TOKENS, position_ids=ids[:1]), model(TOKENS, position_ids=ids[0]))
    assert not close(together, model(TOKENS), 0.01)


@pytest.mark.parametrize("position", POSITIONS)
def test_only_without_positions_the_order_of_what_is_seen_does_not_show(position):
    model = loud_model(tiny(position=position, n_layers=1))  # a second layer would see the mask's
    order = torch.tensor([4, 2, 0, 3, 1, 5, 6, 7, 8, 9])
    same = close(model(TOKENS[:, order])[:, 9], model(TOKENS[:, :10])[:, 9], 1e-6)
    assert same == (position == "none")
