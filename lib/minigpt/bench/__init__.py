"""How fast, how good, how large: measured here, each part a table and numbers with bounds."""

import platform
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from minigpt.bench import (
    caching,
    embedding,
    generation,
    gpu,
    growth,
    quality,
    tokenizing,
    training,
)
from minigpt.bench.timing import Findings
from minigpt.errors import ConfigError, problem

PARTS: dict[str, Callable[[int], Findings]] = {
    "steps": training.measure,
    "generation": generation.measure,
    "cache": caching.measure,
    "tokenizer": tokenizing.measure,
    "skipgram": embedding.measure,
    "growth": growth.measure,
    "gpu": gpu.measure,
}
TRAINED = "quality"  # the one part that needs a text, and half an hour
EVERY = (*PARTS, TRAINED)


def bench(
    parts: Sequence[str] = (),
    rounds: int = 5,
    data: str | None = None,
    say: Callable[[str], None] = lambda _what: None,
) -> dict[str, Any]:
    """Measure the parts named, or all, and return what was found, ready for JSON.

    `data` is the text for the part "quality", which is left out without one. Times are
    CPU time on one thread. Between machines, or between runs, compare ratios alone.

    Raises: ConfigError for an unknown part, or when rounds is not positive.
    Source: this book.
    """
    unknown = [name for name in parts if name not in EVERY]
    if unknown or rounds < 1:
        came = f"{', '.join(unknown)}" if unknown else f"--rounds {rounds}"
        needed = f"parts among {', '.join(EVERY)}, and at least 1 round"
        raise ConfigError(problem(needed, came, "bench steps --rounds 5"))
    found = {}
    for name in parts or EVERY:
        say(name)
        found[name] = _measure(name, rounds, data).to_dict()
    return {"machine": machine(), "rounds": rounds, "parts": found}


def _measure(name: str, rounds: int, data: str | None) -> Findings:
    if name != TRAINED:
        return PARTS[name](rounds)
    if data is None:
        return Findings(notes=["not run: needs a text, --data FILE, and about half an hour"])
    return quality.measure(data)


def machine() -> dict[str, Any]:
    """Name the processor, the system and the versions that a measurement depends on.

    Raises: nothing.
    Source: this book.
    """
    capabilities = torch.cpu.get_capabilities()
    wide = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16")
    return {
        "processor": _processor(),
        "cores": capabilities["num_logical_cores"],
        "instructions": [name for name in wide if capabilities.get(name)],
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in ("torch", "numpy", *PEERS)},
    }


PEERS = ("transformers", "tokenizers", "gensim")


def _processor() -> str:
    """Linux tells the model in a file; elsewhere Python knows what there is to know."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
