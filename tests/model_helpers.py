"""What the tests of the model's floors share: awkward sizes, loud weights, every configuration."""

import itertools
import random

import torch
from torch import Tensor, nn

from minigpt.config import MLPS, NORM_ORDERS, NORMS, POSITIONS, ROTARY_PAIRS, ModelConfig
from minigpt.model import GPT

SIZES = {
    "vocab_size": 19,
    "context_length": 13,
    "d_model": 24,  # d_head is 6
    "n_layers": 2,
    "n_heads": 4,
    "d_ff": 20,
}
FREE = {
    "mlp": MLPS,
    "norm": NORMS,
    "rotary_pairs": ROTARY_PAIRS,
    "qk_norm": (True, False),
    "bias": (True, False),
    "tie_head": (True, False),
    "fused": (True, False),
}


def tiny(**changes) -> ModelConfig:
    """A configuration in which no two sizes are equal."""
    return ModelConfig(**{**SIZES, **changes})


def every_config(**changes) -> list[ModelConfig]:
    """Every position, norm order, sharing of keys and window; the rest is drawn by lot."""
    lot, configs = random.Random(0), []
    for position, order, n_kv_heads, window in itertools.product(
        POSITIONS, NORM_ORDERS, (4, 2, 1), (None, 3)
    ):
        drawn = {field: lot.choice(values) for field, values in FREE.items()}
        fixed = {"position": position, "norm_order": order, "window": window}
        configs.append(tiny(n_kv_heads=n_kv_heads, **fixed, **{**drawn, **changes}))
    return configs


def name_of(config: ModelConfig) -> str:
    parts = (config.position, config.norm_order, config.n_kv_heads, config.window, config.mlp)
    return "-".join(str(part) for part in parts)


def loud(module: nn.Module, seed: int = 0, std: float = 0.3) -> nn.Module:
    """Draw every parameter anew, biases and norms too, large enough for scores to separate."""
    generator = torch.Generator().manual_seed(seed)
    for name, p in module.named_parameters():
        norm = "norm" in name or "ln_" in name  # as Hugging Face calls it
        centre = 1.0 if norm and name.endswith("weight") else 0.0
        with torch.no_grad():
            p.copy_(centre + std * torch.randn(p.shape, generator=generator))
    return module


def loud_model(config: ModelConfig, seed: int = 0, std: float = 0.3) -> GPT:
    """A model in float64, ready to be asked."""
    return loud(GPT(config), seed, std).double().eval()


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(shape, generator=generator, dtype=torch.float64)


def some_tokens(B: int, T: int, vocab_size: int = 19, seed: int = 0) -> Tensor:
    return torch.randint(vocab_size, (B, T), generator=torch.Generator().manual_seed(seed))


def close(left: Tensor, right: Tensor, atol: float = 1e-10) -> bool:
    """Same shape and, number by number, the same to atol; NaN is close to nothing."""
    return left.shape == right.shape and bool(((left - right).abs() <= atol).all())


def window_by_hand(tokens, context_length):
    """Read token by token; when the window is full, drop its first half."""
    window = []
    for token in tokens:
        if len(window) == context_length:
            del window[: max(1, context_length // 2)]
        window.append(token)
    return window


@torch.no_grad()
def logits_by_hand(model, row):
    """Next-token scores for one row of ids, given as a list: no cache, no batch."""
    window = window_by_hand(row, model.config.context_length)
    return model(torch.tensor([window]))[0, -1]
