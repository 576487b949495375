"""Rivals take turns in one process; what is compared is the ratio within a turn.

Clocks on shared machines drift by tens of per cent within a minute. Two tasks that follow
one another closely drift together, so that their ratio stands still.
"""

import importlib
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import torch

from minigpt.errors import ConfigError, problem

Tasks = Mapping[str, Callable[[], Any]]


@dataclass(frozen=True)
class Timing:
    """What one task took in every round, in seconds of CPU time.

    Raises: nothing.
    Source: this book.
    """

    what: str
    seconds: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        """The middle round, in milliseconds.

        Raises: nothing.
        Source: this book.
        """
        return 1000 * statistics.median(self.seconds)

    @property
    def spread_ms(self) -> float:
        """Half the range of all rounds, in milliseconds.

        Raises: nothing.
        Source: this book.
        """
        return 500 * (max(self.seconds) - min(self.seconds))

    def over(self, other: "Timing") -> float:
        """Return how many times the other's time this took: the median of the rounds' ratios.

        Raises: nothing.
        Source: this book.
        """
        pairs = zip(self.seconds, other.seconds, strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)

    def to_dict(self) -> dict[str, Any]:
        """Return name, median and spread, for JSON.

        Raises: nothing.
        Source: this book.
        """
        return {"what": self.what, "median_ms": self.median_ms, "spread_ms": self.spread_ms}


@dataclass(frozen=True)
class Target:
    """A number with a bound: at most so much, or at least so much.

    Raises: nothing.
    Source: this book.
    """

    what: str
    measured: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the number keeps to its bounds.

        Raises: nothing.
        Source: this book.
        """
        below = self.at_most is None or self.measured <= self.at_most
        return below and (self.at_least is None or self.measured >= self.at_least)

    def to_dict(self) -> dict[str, Any]:
        """Return what was measured, the bound that was set, and whether it holds, for JSON.

        Raises: nothing.
        Source: this book.
        """
        bounds = {"at_most": self.at_most, "at_least": self.at_least}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"what": self.what, "measured": self.measured, **given, "holds": self.holds}


@dataclass
class Findings:
    """What a part of the bench has found: times, numbers with bounds, and what it could not do.

    Raises: nothing.
    Source: this book.
    """

    timings: list[Timing] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)  # tables of the part's own
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists and dictionaries, for JSON.

        Raises: nothing.
        Source: this book.
        """
        return {
            "timings": [timing.to_dict() for timing in self.timings],
            "targets": [target.to_dict() for target in self.targets],
            "rows": self.rows,
            "notes": self.notes,
        }


def has_bf16() -> bool:
    """Whether this processor multiplies in bfloat16 (AMX implies avx512_bf16).

    Raises: nothing.
    Source: `torch.cpu.get_capabilities`.
    """
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def peer(name: str, notes: list[str]) -> ModuleType | None:
    """Import a library to compare with; where it is not installed, add a note instead.

    Raises: nothing.
    Source: this book.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        notes.append(f"{name} is not installed: pip install 'minigpt[bench]'")
        return None


def take_turns(
    tasks: Tasks, rounds: int, clock: Callable[[], float] = time.process_time
) -> dict[str, Timing]:
    """Run every task once for nothing, then all of them in turn, `rounds` times.

    PyTorch has one thread meanwhile. The clock counts seconds, by default those that the
    processor spent on this process.

    Raises: ConfigError when rounds is not positive.
    Source: this book.
    """
    if rounds < 1:
        raise ConfigError(problem("at least 1 round", str(rounds), "--rounds 5"))
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _take_turns(tasks, rounds, clock)
    finally:
        torch.set_num_threads(n_threads)


def _take_turns(tasks: Tasks, rounds: int, clock: Callable[[], float]) -> dict[str, Timing]:
    seconds: dict[str, list[float]] = {what: [] for what in tasks}
    for task in tasks.values():
        task()  # the first call pays for memory and caches
    for _ in range(rounds):
        for what, task in tasks.items():
            start = clock()
            task()
            seconds[what].append(clock() - start)
    return {what: Timing(what, tuple(times)) for what, times in seconds.items()}
