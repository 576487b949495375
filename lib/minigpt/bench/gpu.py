"""GPT-2 on one GPU: how much of the card's rate it uses, how fast, in how much memory."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from minigpt.bench.timing import Findings, Target, Timing, peer, take_turns
from minigpt.bench.training import their_config
from minigpt.config import ModelConfig
from minigpt.costs import peak_bytes, step_flops
from minigpt.data import Batches
from minigpt.model import GPT
from minigpt.presets import preset
from minigpt.train import Trainer

BATCH, SIDE, REPEAT = 32, 8192, 20
OURS, PEER = "gpt2-124m step, ours, bf16, compiled", "gpt2-124m step, Hugging Face, bf16, compiled"
MATRIX = f"matrix product, {SIDE} by {SIDE}, bf16"


def measure(rounds: int) -> Findings:
    """Time whole training steps of gpt2-124m in bf16, compiled, against a bare matrix product.

    Raises: ConfigError when rounds is not positive.
    Source: Chowdhery et al. 2022, appendix B, for the share of the rate (there MFU).
    """
    if not torch.cuda.is_available():
        return Findings(notes=["not run: this machine has no CUDA device"])
    findings = Findings(notes=[torch.cuda.get_device_name()])
    model_config, _ = preset("gpt2-124m").configs(50_257)
    findings.targets.append(_memory(model_config))
    tasks = {MATRIX: _matrix_product(), OURS: _our_step(compiled=True)}
    if transformers := peer("transformers", findings.notes):
        tasks[PEER] = _their_step(transformers, model_config)
    timings = take_turns({what: _finished(task) for what, task in tasks.items()}, rounds, _clock)
    findings.timings += timings.values()
    findings.targets += _rates(model_config, timings)
    return findings


def _rates(config: ModelConfig, timings: dict[str, Timing]) -> list[Target]:
    tokens = BATCH * config.context_length
    flops = step_flops(config, BATCH, config.context_length)
    best = REPEAT * 2 * SIDE**3 / timings[MATRIX].median_ms
    rate = flops / timings[OURS].median_ms
    targets = [
        Target("share of the measured matrix rate", rate / best, at_least=0.45),
        Target("tokens a second, ours", 1000 * tokens / timings[OURS].median_ms),
    ]
    if PEER in timings:
        there = 1000 * tokens / timings[PEER].median_ms
        targets.append(Target("tokens a second, Hugging Face", there))
    return targets


def _memory(config: ModelConfig) -> Target:
    step = _our_step(compiled=False)
    torch.cuda.reset_peak_memory_stats()
    step()
    step()  # from the second on the optimiser's memory is there
    counted = peak_bytes(config, BATCH, config.context_length, bf16=True, device="cuda")
    ratio = torch.cuda.max_memory_allocated() / counted
    return Target("peak memory / counted, not compiled", ratio, at_least=0.9, at_most=1.1)


def _our_step(compiled: bool) -> Callable[[], Any]:
    model_config, config = preset("gpt2-124m").configs(
        50_257, batch_size=BATCH, precision="bf16", device="cuda", compile=compiled
    )
    tokens = np.random.default_rng(0).integers(50_257, size=1_000_000)
    batches = Batches(tokens, BATCH, model_config.context_length, seed=0)
    torch.manual_seed(0)
    return Trainer(GPT(model_config), batches, config).train_step


def _their_step(transformers: Any, config: ModelConfig) -> Callable[[], Any]:
    torch.manual_seed(0)
    model = transformers.GPT2LMHeadModel(their_config(transformers, config)).cuda().train()
    compiled = torch.compile(model)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    tokens = torch.randint(50_257, (BATCH, config.context_length), device="cuda")

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            loss = compiled(tokens, labels=tokens).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def _matrix_product() -> Callable[[], Any]:
    a, b = (torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16) for _ in "ab")
    return lambda: [a @ b for _ in range(REPEAT)]


def _finished(task: Callable[[], Any]) -> Callable[[], None]:
    def whole() -> None:
        task()
        torch.cuda.synchronize()

    return whole


_clock = time.perf_counter  # the processor's own time is not what a GPU takes
