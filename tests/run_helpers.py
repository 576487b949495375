"""What the tests of training, checkpoints and the command line share: runs of a second."""

import json
import random
from dataclasses import replace
from pathlib import Path

import torch

from minigpt.config import ModelConfig
from minigpt.model import GPT
from minigpt.presets import PRESETS, Preset
from minigpt.run import Run

torch.set_num_threads(1)

WORDS = "the a king queen horse bank river letter slept lost found sold old blue tired wide".split()
MINI = Preset(
    "for tests",
    {"n_layers": 1, "n_heads": 2, "d_model": 8, "context_length": 12, "dropout": 0.1},
    {"steps": 6, "batch_size": 4, "eval_every": 3, "save_every": 2, "warmup_steps": 2},
    tokenizer="char",
    vocab_size=280,
)
STORIES = replace(MINI, model=MINI.model | {"context_length": 96})  # room for most stories


def mini(**train) -> Preset:
    """The preset for tests with another way to train."""
    return replace(MINI, train=MINI.train | train)


def some_text(n_words: int = 400, seed: int = 0) -> str:
    draw = random.Random(seed)
    words = [draw.choice(WORDS) for _ in range(n_words)]
    return "".join(word + (".\n" if n % 9 == 8 else " ") for n, word in enumerate(words))


def text_file(folder: Path, name: str = "text.txt", **some) -> str:
    path = folder / name
    path.write_text(some_text(**some), encoding="utf-8")
    return str(path)


def begin(folder: Path, **train) -> Run:
    """Begin a run of MINI on a text, in folder/run."""
    return Run.begin(folder / "run", text_file(folder), mini(**train))


def silent(_text: str) -> None:
    """Say nothing."""


def tiny_model(seed: int = 0, **changes) -> GPT:
    """A model with loud weights, of sizes that all differ."""
    sizes = {"vocab_size": 19, "context_length": 13, "d_model": 12, "n_layers": 2, "n_heads": 3}
    torch.manual_seed(seed)
    model = GPT(ModelConfig(**{**sizes, "zero_init": False, **changes}))
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.3 * torch.randn_like(p))
    return model


def rows(run: Path) -> list[dict]:
    """A run's metrics."""
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def weights(model: GPT) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of tensors are equal to the last bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def with_preset(monkeypatch, name: str = "mini", preset: Preset = MINI) -> None:
    """Let the command line know a preset for tests."""
    monkeypatch.setitem(PRESETS, name, preset)


def damage(path: Path, at: int = -1) -> None:
    """Flip one bit of a file; by default in its middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if at < 0 else at] ^= 1
    path.write_bytes(content)
