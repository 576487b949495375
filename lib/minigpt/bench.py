"""How fast is it here? CPU time on one thread, the rivals taking turns in one process."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from minigpt.errors import ConfigError, problem
from minigpt.generate import generate
from minigpt.model import GPT
from minigpt.optim import make_optimizers
from minigpt.presets import preset

VOCAB_SIZE = 65
NEW_TOKENS = 256


def bench(rounds: int = 5) -> list[dict[str, Any]]:
    """Time a training step of each small recipe, and writing with and without the cache.

    Returns one row a measurement: what, median and spread (half the range) in
    milliseconds of CPU time, over the given number of rounds. Compare rows with each
    other; between machines, or between runs, only their ratios mean something.

    Raises: ConfigError when rounds is not positive.
    Source: this book.
    """
    if rounds < 1:
        raise ConfigError(problem("at least 1 round", str(rounds), "--rounds 5"))
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _interleave({**_training_steps(), **_generations()}, rounds)
    finally:
        torch.set_num_threads(n_threads)


def _interleave(tasks: dict[str, Callable[[], Any]], rounds: int) -> list[dict[str, Any]]:
    times: dict[str, list[float]] = {what: [] for what in tasks}
    for task in tasks.values():
        task()  # the first call pays for memory and caches
    for _ in range(rounds):
        for what, task in tasks.items():
            start = time.process_time()
            task()
            times[what].append(1000 * (time.process_time() - start))
    return [
        {"what": what, "median_ms": statistics.median(t), "spread_ms": (max(t) - min(t)) / 2}
        for what, t in times.items()
    ]


def _training_steps() -> dict[str, Callable[[], Any]]:
    return {
        f"training step, preset {name}": _training_step(name)
        for name in ("tiny", "char", "char-gpt2")
    }


def _training_step(name: str) -> Callable[[], None]:
    model_config, train_config = preset(name).configs(VOCAB_SIZE)
    model = GPT(model_config)
    optimizers = make_optimizers(model, train_config)
    shape = (train_config.batch_size, model_config.context_length)
    tokens = torch.randint(VOCAB_SIZE, shape, generator=torch.Generator().manual_seed(0))

    def step() -> None:
        model.loss(tokens, tokens).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()

    return step


def _generations() -> dict[str, Callable[[], Any]]:
    config = preset("char").configs(VOCAB_SIZE)[0].replace(context_length=NEW_TOKENS + 1)
    model, prompt = GPT(config).eval(), torch.zeros(1, 1, dtype=torch.long)
    what = f"writing {NEW_TOKENS} tokens, preset char, "
    return {
        what + "cached": lambda: generate(model, prompt, NEW_TOKENS),
        what + "uncached": lambda: generate(model, prompt, NEW_TOKENS, use_cache=False),
    }
