"""Configurations by name, from seconds on a laptop to GPT-2's sizes."""

from dataclasses import dataclass
from typing import Any

from minigpt.config import ModelConfig, TrainConfig
from minigpt.errors import ConfigError, problem

# GPT-2's choices, where the library's defaults are newer ones.
GPT2_MODEL: dict[str, Any] = {
    "position": "learned",
    "norm": "layernorm",
    "qk_norm": False,
    "mlp": "gelu_tanh",
    "bias": True,
    "zero_init": False,
}
GPT2_TRAIN: dict[str, Any] = {
    "optimizer": "adamw",
    "lr": 1e-3,
    "schedule": "cosine",
    "final_lr": 0.1,
    "warmup_steps": 100,
    "beta2": 0.99,
}


@dataclass(frozen=True)
class Preset:
    """A model and a way to train it, but for the vocabulary, which the data decides.

    Raises: nothing.
    Source: this book.
    """

    purpose: str
    model: dict[str, Any]
    train: dict[str, Any]
    tokenizer: str = "bpe"
    vocab_size: int = 50_257

    def configs(self, vocab_size: int, **train: Any) -> tuple[ModelConfig, TrainConfig]:
        """Build both configurations; keyword arguments change TrainConfig's fields.

        Raises: ConfigError for a field that is unknown or malformed.
        Source: this book.
        """
        return (
            ModelConfig.from_dict({"vocab_size": vocab_size, **self.model}),
            TrainConfig.from_dict({**self.train, **train}),
        )


def _shape(n_layers: int, n_heads: int, d_model: int, context_length: int) -> dict[str, Any]:
    return {
        "n_layers": n_layers,
        "n_heads": n_heads,
        "d_model": d_model,
        "context_length": context_length,
    }


def _gpt2(purpose: str, n_layers: int, n_heads: int, d_model: int) -> Preset:
    model = {**_shape(n_layers, n_heads, d_model, 1024), **GPT2_MODEL}
    train = GPT2_TRAIN | {"lr": 6e-4, "steps": 100_000, "batch_size": 32, "warmup_steps": 700}
    return Preset(purpose, model, train | {"beta2": 0.95, "eval_every": 1000, "save_every": 1000})


PRESETS: dict[str, Preset] = {
    "tiny": Preset(
        "seconds on a CPU: the first result",
        _shape(2, 4, 64, 64) | {"tie_head": False},
        # One thread: so small a model gains little from a second, and loses much where
        # another program wants it.
        {"steps": 1_000, "batch_size": 16, "lr": 0.03, "muon_lr": 0.03, "threads": 1}
        | {"eval_every": 500, "save_every": 500},
        tokenizer="char",
    ),
    "char": Preset(
        "minutes on a CPU: Shakespeare letter by letter",
        _shape(3, 6, 144, 64),
        {"steps": 2_000, "batch_size": 12, "eval_every": 500, "save_every": 500},
        tokenizer="char",
    ),
    "char-gpt2": Preset(
        "as long with GPT-2's recipe, for comparison",
        _shape(4, 4, 128, 64) | GPT2_MODEL,
        GPT2_TRAIN | {"steps": 2_000, "batch_size": 12, "eval_every": 500, "save_every": 500},
        tokenizer="char",
    ),
    "small": Preset(
        "minutes on a GPU, hours on a CPU",
        _shape(6, 6, 384, 256) | {"dropout": 0.2},
        {"steps": 5_000, "batch_size": 64},
        vocab_size=4_096,
    ),
    "gpt2-124m": _gpt2("GPT-2, smallest published size; a GPU for days", 12, 12, 768),
    "gpt2-355m": _gpt2("GPT-2, second size", 24, 16, 1024),
    "gpt2-774m": _gpt2("GPT-2, third size", 36, 20, 1280),
    "gpt2-1558m": _gpt2("GPT-2, largest size", 48, 25, 1600),
}


def preset(name: str) -> Preset:
    """Look a preset up by name.

    Raises: ConfigError for an unknown name, listing the known ones.
    Source: this book.
    """
    if name not in PRESETS:
        listed = ", ".join(PRESETS)
        raise ConfigError(problem("the name of a preset", repr(name), f"one of {listed}"))
    return PRESETS[name]
