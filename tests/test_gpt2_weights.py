import json

import pytest
import torch
from model_helpers import close, loud, some_tokens
from run_helpers import tiny_model
from safetensors.torch import load_file, save_file
from transformers import DynamicCache, GPT2Config, GPT2LMHeadModel

from minigpt.cache import KVCache
from minigpt.errors import CheckpointError
from minigpt.generate import generate
from minigpt.gpt2_weights import load_gpt2, to_gpt2
from minigpt.model import GPT
from minigpt.sampling import Sampler

B, T = 3, 11
TOKENS = some_tokens(B, T, 31)


def theirs(**changes):
    """A GPT-2 of Hugging Face's with sizes that all differ and weights that matter."""
    sizes = {"vocab_size": 31, "n_positions": 17, "n_embd": 20, "n_layer": 3, "n_head": 5}
    return loud(GPT2LMHeadModel(GPT2Config(**{**sizes, "n_inner": 28, **changes}))).eval()


MODEL = theirs()
STATE = MODEL.state_dict()
with torch.no_grad():
    LOGITS = MODEL(TOKENS).logits


@pytest.fixture
def directory(tmp_path):
    MODEL.save_pretrained(tmp_path)
    return tmp_path


def rewrite(directory, **fields):
    path = directory / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


# --- the same logits ------------------------------------------------------------------------


def test_a_state_dict_gives_the_same_logits():
    model = GPT.from_hf_gpt2(STATE, n_heads=5)
    assert close(model(TOKENS), LOGITS, 1e-4)
    assert LOGITS.std() > 0.5
    assert not model.training


@pytest.mark.parametrize("as_text", [True, False])
def test_a_directory_gives_the_same_logits(directory, as_text):
    model = GPT.from_hf_gpt2(str(directory) if as_text else directory)
    assert close(model(TOKENS), LOGITS, 1e-4)
    assert model.config.n_heads == 5  # which only config.json tells


@pytest.mark.parametrize("prefix", ["", "transformer."])
def test_names_may_carry_the_prefix_or_not(directory, prefix):
    bare = {n.removeprefix("transformer."): t for n, t in STATE.items() if n != "lm_head.weight"}
    named = {prefix + name: tensor.contiguous() for name, tensor in bare.items()}
    assert close(load_gpt2(named, 5)(TOKENS), LOGITS, 1e-4)
    save_file(named, directory / "model.safetensors")
    assert close(load_gpt2(directory)(TOKENS), LOGITS, 1e-4)


def test_the_mask_buffers_of_the_published_files_are_ignored():
    buffers = {f"h.{i}.attn.bias": torch.ones(1, 1, 17, 17).tril() for i in range(3)}
    buffers |= {f"h.{i}.attn.masked_bias": torch.tensor(-1e4) for i in range(3)}
    assert close(load_gpt2({**STATE, **buffers}, 5)(TOKENS), LOGITS, 1e-4)


@torch.no_grad()
def test_our_cache_and_theirs_agree():
    model, sizes = load_gpt2(STATE, 5), (4, 1, 6)
    ours, cache = KVCache(model.config, B), DynamicCache()
    for piece, whole in zip(TOKENS.split(sizes, 1), LOGITS.split(sizes, 1), strict=True):
        assert close(model(piece, cache=ours), whole, 1e-4)
        assert close(MODEL(piece, past_key_values=cache, use_cache=True).logits, whole, 1e-4)


@pytest.mark.parametrize(("penalty", "variety"), [(1.0, 3), (5.0, 10)])
def test_both_write_the_same_text(penalty, variety):
    prompt, model = TOKENS[:, :4], load_gpt2(STATE, 5)
    expected = MODEL.generate(
        prompt,
        max_new_tokens=13,
        do_sample=False,
        repetition_penalty=penalty,
        pad_token_id=0,
        eos_token_id=None,
    )
    assert expected.shape == (B, 17)
    assert torch.equal(
        generate(model, prompt, 13, Sampler(0, repetition_penalty=penalty)), expected
    )
    assert len(expected[:, 4:].unique()) > variety


def test_heads_are_64_wide_unless_told():
    wide = theirs(n_embd=128, n_head=2, n_layer=1)
    model = load_gpt2(wide.state_dict())
    assert model.config.n_heads == 2
    with torch.no_grad():
        assert close(model(TOKENS), wide(TOKENS).logits, 1e-3)
    wrong = load_gpt2(STATE, n_heads=4)  # the tensors do not tell
    assert not close(wrong(TOKENS), LOGITS, 0.1)


def test_the_weights_are_copied_and_the_source_kept():
    source = dict(STATE)
    model = load_gpt2(source, 5)
    with torch.no_grad():
        model.token_embedding.weight.zero_()
    assert source.keys() == STATE.keys()
    assert MODEL.transformer.wte.weight.abs().sum() > 0
    assert model.head.weight is model.token_embedding.weight


def test_half_precision_files_will_do():
    model = load_gpt2({name: t.bfloat16() for name, t in STATE.items()}, 5)
    assert model.token_embedding.weight.dtype == torch.float32
    assert close(model(TOKENS), LOGITS, 1.0)


# --- what is no GPT-2 -----------------------------------------------------------------------


def refusal(source, n_heads=5):
    with pytest.raises(CheckpointError) as caught:
        GPT.from_hf_gpt2(source, n_heads)
    assert "Try:" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_directory_without_a_file_is_named(directory, missing):
    (directory / missing).unlink()
    assert f"{directory} without {missing}" in refusal(directory)


def test_no_directory_at_all_is_named(tmp_path):
    message = refusal(tmp_path / "gpt2")
    assert "without config.json and model.safetensors" in message
    assert "published files of gpt2, in safetensors" in message


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", b'{"n_head": 5'),
        ("config.json", b"[1, 2]"),
        ("config.json", b"\xff\xfe\x00"),
        ("config.json", b""),
        ("model.safetensors", b""),
        ("model.safetensors", b"PK\x03\x04 not a safetensors file"),
        ("model.safetensors", None),  # cut off
    ],
)
def test_damaged_files_are_named(directory, file, content):
    path = directory / file
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    message = refusal(directory)
    assert "intact files" in message and str(directory) in message and "fetching" in message


@pytest.mark.parametrize(
    "fields",
    [
        {"model_type": "gpt_neo"},
        {"activation_function": "relu"},
        {"layer_norm_epsilon": 1e-3},
        {"tie_word_embeddings": False},
        {"scale_attn_weights": False},
        {"scale_attn_by_inverse_layer_idx": True},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_files_that_mean_another_model_are_refused(directory, fields):
    rewrite(directory, **fields)
    assert f"but got {fields}" in refusal(directory)


@pytest.mark.parametrize("n_head", [3, 0, "five"])
def test_a_number_of_heads_that_cannot_be_is_refused(directory, n_head):
    rewrite(directory, n_head=n_head)
    assert "n_heads" in refusal(directory)


def without(*names):
    return {name: t for name, t in STATE.items() if name not in names}


def changed(name, tensor):
    return {**STATE, name: tensor}


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ({}, "wte.weight"),
        ({"model": STATE}, "wte.weight"),
        ({"embed.weight": torch.zeros(31, 20)}, "wte.weight"),
        (without("transformer.wpe.weight"), "wpe.weight"),
        (without("transformer.ln_f.bias"), "ln_f.bias"),
        (without("transformer.h.1.ln_2.weight"), "h.1.ln_2.weight"),
        (without(*(n for n in STATE if ".h.1." in n)), "h.1."),
        (changed("transformer.h.2.mlp.c_fc.weight", torch.zeros(20, 27)), "mlp.w_in.weight"),
        (changed("transformer.h.2.attn.c_attn.weight", torch.zeros(20, 61)), "attention.w_v"),
        (changed("transformer.ln_f.weight", torch.zeros(21)), "final_norm.weight"),
        (changed("transformer.wte.weight", torch.zeros(31)), "wte.weight"),
        (changed("transformer.wpe.weight", torch.tensor(0.0)), "wpe.weight"),
        (changed("transformer.h.0.mlp.c_fc.weight", torch.zeros(20)), "wte.weight"),
        (changed("transformer.wte.weight", "text"), "wte.weight"),
        (changed("h.first.weight", torch.zeros(1)), "first"),
        ({7: torch.zeros(3)}, "wte.weight"),
    ],
)
def test_state_dicts_that_do_not_fit_are_refused(source, word):
    message = refusal(source)
    assert word in message and "the tensors of a GPT-2" in message


def test_narrow_models_must_tell_their_heads():
    assert "n_heads" in refusal(STATE, n_heads=None)


def test_a_foreign_directory_is_refused(directory):
    tensors = load_file(directory / "model.safetensors")
    save_file({f"model.{n}": t for n, t in tensors.items()}, directory / "model.safetensors")
    assert "wte.weight" in refusal(directory)


# --- and back ---------------------------------------------------------------------------------


def test_written_back_they_are_the_same_to_the_bit():
    written = to_gpt2(load_gpt2(STATE, n_heads=5))
    assert written.keys() == STATE.keys()
    assert all(torch.equal(written[name], STATE[name]) for name in STATE)


@pytest.mark.parametrize("change", [{"bias": False}, {"position": "rotary"}])
def test_another_kind_of_model_is_not_written(change):
    model = tiny_model(**{"position": "learned", "norm": "layernorm", "bias": True, **change})
    with pytest.raises(CheckpointError, match="learned positions, LayerNorm and biases"):
        to_gpt2(model)
