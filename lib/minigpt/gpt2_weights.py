"""Read and write weights as GPT-2's are published. The only place where its own names occur."""

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from minigpt.config import ModelConfig
from minigpt.errors import CheckpointError, problem
from minigpt.model import GPT

# What config.json must say, where it says it: otherwise the same tensors mean another model.
MEANT = {
    "model_type": "gpt2",
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "tie_word_embeddings": True,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
}
# A block's tensors as published, and ours. One holds queries, keys and values side by side.
BLOCK = {
    "ln_1": ("norm_1",),
    "attn.c_attn": ("attention.w_q", "attention.w_k", "attention.w_v"),
    "attn.c_proj": ("attention.w_o",),
    "ln_2": ("norm_2",),
    "mlp.c_fc": ("mlp.w_in",),
    "mlp.c_proj": ("mlp.w_out",),
}


def load_gpt2(source: str | Path | dict[str, Tensor], n_heads: int | None = None) -> GPT:
    """Build a GPT with the weights of a Hugging Face GPT-2.

    source: a directory with config.json and model.safetensors, or a state dict, whose
    tensors do not tell the number of heads (default: heads of width 64, as in all
    published sizes). The matrices, stored there as (d_in, d_out), are transposed.

    Raises: CheckpointError when the source is missing, damaged, or not a GPT-2.
    Source: Radford et al. 2019; the tensor names are those of the published files.
    """
    if not isinstance(source, dict):
        source, n_heads = _read_directory(Path(source), n_heads)
    try:
        weights = {name.removeprefix("transformer."): t for name, t in source.items()}
        config = _config(weights, n_heads)
        state = dict(_renamed(weights, config))
        model = GPT(config)
        model.load_state_dict(state)
    except (LookupError, ValueError, RuntimeError, AttributeError, TypeError) as error:
        needed = "the tensors of a GPT-2 (wte.weight, wpe.weight, h.0.ln_1.weight, ...)"
        came = f"a state dict that does not fit: {str(error).splitlines()[-1].strip()}"
        raise CheckpointError(problem(needed, came, "the original files")) from error
    return model.eval()


def to_gpt2(model: GPT) -> dict[str, Tensor]:
    """Return a model of GPT-2's kind under the published names: `load_gpt2` backwards.

    The matrices have shape (d_in, d_out) there. Hugging Face's GPT2LMHeadModel takes them.

    Raises: CheckpointError when the model is of another kind.
    Source: Radford et al. 2019; the tensor names are those of the published files.
    """
    ours = model.state_dict()
    try:
        theirs = {
            "transformer." + name: torch.cat([_turned(name, ours[part]) for part in parts], dim=-1)
            for name, parts in _layout(model.config.n_layers)
        }
    except LookupError as error:
        needed = "learned positions, LayerNorm and biases, as in GPT-2"
        raise CheckpointError(problem(needed, f"no {error}", "another model")) from error
    return theirs | {"lm_head.weight": ours["head.weight"]}


def _read_directory(path: Path, n_heads: int | None) -> tuple[dict[str, Tensor], int | None]:
    config, tensors = path / "config.json", path / "model.safetensors"
    missing = [p.name for p in (config, tensors) if not p.is_file()]
    if missing:
        needed = "a directory with config.json and model.safetensors"
        came = f"{path} without {' and '.join(missing)}"
        raise CheckpointError(problem(needed, came, "the published files of gpt2, in safetensors"))
    try:
        fields = json.loads(config.read_text(encoding="utf-8"))
        other = {name: value for name, value in fields.items() if MEANT.get(name, value) != value}
        source = load_file(tensors)
    except (SafetensorError, UnicodeDecodeError, json.JSONDecodeError, AttributeError) as error:
        came = f"{path}, which cannot be read: {error}"
        raise CheckpointError(problem("intact files", came, "fetching them again")) from error
    if other:
        meant = {name: MEANT[name] for name in other}
        raise CheckpointError(problem(f"a GPT-2, with {meant}", f"{other}", "the published files"))
    return source, fields.get("n_head", n_heads)


def _config(weights: dict[str, Tensor], n_heads: int | None) -> ModelConfig:
    vocab_size, d_model = weights["wte.weight"].shape
    return ModelConfig(
        vocab_size=vocab_size,
        context_length=weights["wpe.weight"].shape[0],
        d_model=d_model,
        n_layers=1 + max(int(n.split(".")[1]) for n in weights if n.startswith("h.")),
        n_heads=d_model // 64 if n_heads is None else n_heads,
        d_ff=weights["h.0.mlp.c_fc.weight"].shape[1],
        position="learned",
        norm="layernorm",
        qk_norm=False,
        mlp="gelu_tanh",
        bias=True,
        zero_init=False,
    )


def _renamed(weights: dict[str, Tensor], config: ModelConfig) -> Iterator[tuple[str, Tensor]]:
    yield "head.weight", weights["wte.weight"]
    for name, parts in _layout(config.n_layers):
        shares = weights[name].chunk(len(parts), dim=-1)
        for part, share in zip(parts, shares, strict=True):
            yield part, _turned(name, share)


def _layout(n_layers: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each published name, and ours: what it holds side by side."""
    yield "wte.weight", ("token_embedding.weight",)
    yield "wpe.weight", ("position_embedding.weight",)
    for kind in ("weight", "bias"):
        yield f"ln_f.{kind}", (f"final_norm.{kind}",)
        for i in range(n_layers):
            for theirs, ours in BLOCK.items():
                yield f"h.{i}.{theirs}.{kind}", tuple(f"blocks.{i}.{n}.{kind}" for n in ours)


def _turned(name: str, tensor: Tensor) -> Tensor:
    return tensor.t() if ".c_" in name and tensor.dim() == 2 else tensor
