"""A text larger than memory: streamed, its tokens on disk, the peak measured."""

import random
import sys
import time
from functools import partial
from pathlib import Path

from .hooks import declare_large
from .program import Ended, Program, some_text
from .tally import Row, require

MOST = 150  # MB, for a text of any size


def large(folder: Path, draw: random.Random, long: bool) -> list[Row]:
    """Train on a gigabyte, in the short version on 30 MB."""
    size = 1_000_000_000 if long else 30_000_000
    row = Row(f"train on {size // 10**6:,} MB of text", f"at most {MOST} MB more than at the start")
    if sys.platform != "linux":
        row.note = "not tried: memory is measured by Linux's /proc"
        return [row]
    text, out = folder / "large.txt", folder / "large"
    write_text(text, size, draw)
    argv = ["train", "--preset", "large", "--data", str(text), "--out", str(out), "--steps", "5"]
    with row.trial("train"):
        ended, peak = measured(Program(argv, folder / "log", partial(declare_large, size // 4)))
        row.note = f"{peak} MB more at the peak"
        require(ended.status == 0 and 0 < peak <= MOST, (ended, peak))
        require((out / "tokens" / "manifest.json").exists(), "the tokens are not on disk")
    return [row]


def write_text(path: Path, size: int, draw: random.Random) -> None:
    """Write words at random: a few blocks of them, in a new order each time."""
    blocks = [some_text(10_000, seed) for seed in range(20)]
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < size:
            file.write("".join(draw.sample(blocks, len(blocks))))


def measured(program: Program) -> tuple[Ended, int]:
    """Wait for the end; return the peak of memory above the start, in MB."""
    first = last = 0
    while program.running():
        if memory := program.memory():
            first, last = first or memory["VmRSS"], memory["VmHWM"]
        time.sleep(0.02)
    return program.ended(), (last - first) // 1000
