"""How a training step's cost grows: time against counted FLOPs, memory against counted bytes."""

from typing import Any

import torch
from torch import Tensor

from minigpt.bench.timing import Findings, Target, Timing, take_turns
from minigpt.config import ModelConfig
from minigpt.costs import activation_bytes, step_flops
from minigpt.model import GPT

BASE = {"context_length": 128, "d_model": 128, "n_layers": 2, "batch_size": 4, "vocab_size": 512}
AXES = {
    "context_length": (64, 128, 256, 512, 1024),
    "d_model": (64, 128, 256, 512),
    "n_layers": (1, 2, 4, 8),
    "batch_size": (1, 2, 4, 8, 16),
    "vocab_size": (128, 512, 2048, 8192),
}


def measure(rounds: int) -> Findings:
    """Grow one axis at a time from `BASE`, forward and backward, fp32.

    Each row says what was counted and what was measured; `gflops` is 10⁹ operations.

    Raises: ConfigError when rounds is not positive.
    Source: this book, chapter 15.
    """
    findings = Findings()
    for axis, values in AXES.items():
        sizes = {f"{axis} {value}": {**BASE, axis: value} for value in values}
        tasks = {what: _Step(**size) for what, size in sizes.items()}
        timings = take_turns(tasks, rounds)
        findings.timings += timings.values()
        rows = [_row(axis, sizes[what][axis], tasks[what], timings[what]) for what in tasks]
        findings.rows += rows
        worst = max((row["bytes"] / row["counted_bytes"] for row in rows), key=lambda r: abs(r - 1))
        what = f"memory kept / counted, growing {axis} (farthest from 1)"
        findings.targets.append(Target(what, worst, at_least=0.9, at_most=1.1))
    return findings


def _row(axis: str, value: int, step: "_Step", timing: Timing) -> dict[str, Any]:
    return {
        "axis": axis,
        "value": value,
        "gflops": step.flops / 1e9,
        "ms": timing.median_ms,
        "counted_bytes": step.counted_bytes,
        "bytes": kept_bytes(step.model, step.tokens),
    }


class _Step:
    def __init__(self, batch_size: int, **sizes: int):
        torch.manual_seed(0)
        config = ModelConfig(n_heads=4, **sizes)
        T = config.context_length
        self.model = GPT(config)
        self.tokens = torch.randint(config.vocab_size, (batch_size, T))
        self.flops = step_flops(config, batch_size, T)
        self.counted_bytes = activation_bytes(config, batch_size, T)

    def __call__(self) -> None:
        self.model.zero_grad(set_to_none=True)
        self.model.loss(self.tokens, self.tokens).backward()


def kept_bytes(model: GPT, tokens: Tensor) -> int:
    """Measure what a way forward keeps for the way back, weights left out, in bytes.

    tokens: (B, T).

    Raises: ShapeError when the tokens do not fit the model.
    Source: `torch.autograd.graph.saved_tensors_hooks`.
    """
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        model.loss(tokens, tokens)
    return sum(kept.values())
