"""What the cache saves: work counted against time measured, place by place, row by row."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from minigpt.bench.generation import SIZES
from minigpt.bench.timing import Findings, Timing, take_turns
from minigpt.cache import KVCache
from minigpt.config import ModelConfig
from minigpt.costs import forward_flops
from minigpt.model import GPT
from minigpt.presets import GPT2_MODEL

PLACES = (64, 128, 256, 512, 768, 1023)
BATCHES, AT = (1, 2, 4, 8, 16, 32), 256
PROMPT, PIECES = 512, (1, 8, 64, 512)
STEPS = 8  # cached steps in a turn: one alone is too short for the clock


def measure(rounds: int) -> Findings:
    """Score a token with the cache and without; many rows at once; a prompt in pieces.

    One thread, fp32, weights as they begin: times do not depend on them. In the rows,
    `gflops` is 10⁹ operations as counted, `ms` the milliseconds of one token's step.

    Raises: ConfigError when rounds is not positive.
    Source: Shazeer 2019, section 2.4; this book, chapter 17.
    """
    torch.manual_seed(0)
    model = GPT(ModelConfig(**SIZES, **GPT2_MODEL)).eval()
    tasks = {**_places(model), **_batches(model), **_prompts(model)}
    timings = take_turns(tasks, rounds)
    config = model.config
    rows = [_place_row(config, n, timings) for n in PLACES]
    rows += [_batch_row(config, B, timings) for B in BATCHES]
    rows += [_prompt_row(config, piece, timings) for piece in PIECES]
    return Findings(list(timings.values()), [], rows)


def _places(model: GPT) -> dict[str, Callable[[], Any]]:
    tasks: dict[str, Callable[[], Any]] = {}
    for n in PLACES:
        tokens = _tokens(model, 1, n)
        tasks[f"token {n}, no cache"] = _scored(model, tokens)
        tasks[f"token {n}, cached"] = _steps(model, tokens)
    return tasks


def _batches(model: GPT) -> dict[str, Callable[[], Any]]:
    return {f"{B} rows, token {AT}, cached": _steps(model, _tokens(model, B, AT)) for B in BATCHES}


def _prompts(model: GPT) -> dict[str, Callable[[], Any]]:
    tokens = _tokens(model, 1, PROMPT)
    return {f"prompt of {PROMPT} by {piece}": _fed(model, tokens, piece) for piece in PIECES}


def _tokens(model: GPT, B: int, T: int) -> Int[Tensor, "B T"]:
    return torch.randint(model.config.vocab_size, (B, T))


def _scored(model: GPT, tokens: Int[Tensor, "B T"]) -> Callable[[], Any]:
    return torch.inference_mode()(lambda: model(tokens))


def _steps(model: GPT, tokens: Int[Tensor, "B T"]) -> Callable[[], Any]:
    """Score the last token, all others being in the cache, STEPS times over."""
    before = tokens.shape[1] - 1
    cache = KVCache(model.config, tokens.shape[0], tokens.shape[1])
    with torch.inference_mode():
        model(tokens[:, :before], cache=cache)

    @torch.inference_mode()
    def steps() -> None:
        for _ in range(STEPS):
            for layer in cache.layers:
                layer.length = before
            model(tokens[:, before:], cache=cache)

    return steps


def _fed(model: GPT, tokens: Int[Tensor, "B T"], piece: int) -> Callable[[], Any]:
    cache = KVCache(model.config, tokens.shape[0], tokens.shape[1])

    @torch.inference_mode()
    def feed() -> None:
        cache.reset()
        for part in tokens.split(piece, dim=1):
            model(part, cache=cache)

    return feed


def _place_row(config: ModelConfig, n: int, timings: dict[str, Timing]) -> dict[str, Any]:
    whole, step = timings[f"token {n}, no cache"], timings[f"token {n}, cached"]
    work, step_work = forward_flops(config, 1, n), forward_flops(config, 1, 1, n)
    return {
        "token": n,
        "gflops": work / 1e9,
        "gflops_cached": step_work / 1e9,
        "ms": whole.median_ms,
        "ms_cached": step.median_ms / STEPS,
        "work_ratio": work / step_work,
        "time_ratio": whole.over(step) * STEPS,
    }


def _batch_row(config: ModelConfig, B: int, timings: dict[str, Timing]) -> dict[str, Any]:
    one, many = (timings[f"{rows} rows, token {AT}, cached"] for rows in (1, B))
    return {
        "rows": B,
        "gflops": forward_flops(config, B, 1, AT) / 1e9,
        "ms": many.median_ms / STEPS,
        "time_ratio": many.over(one),
    }


def _prompt_row(config: ModelConfig, piece: int, timings: dict[str, Timing]) -> dict[str, Any]:
    fed, single = (timings[f"prompt of {PROMPT} by {size}"] for size in (piece, 1))
    ends = range(piece, PROMPT + 1, piece)
    return {
        "piece": piece,
        "gflops": sum(forward_flops(config, 1, piece, end) for end in ends) / 1e9,
        "ms": fed.median_ms,
        "time_ratio": single.over(fed),
    }
