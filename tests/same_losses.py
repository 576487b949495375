"""How far the losses of two processes are from those of one with the same batch.

    python tests/same_losses.py my_text.txt [STEPS]

prints a JSON object a line: what was compared, the greatest difference in nats, the most that it
may be (null: no bound), and the command. The model is the preset `char`, on one thread a process.

Two processes add the gradients of two half batches, and so does one process that accumulates two
parts: these must agree to the bit. Added up as one, a batch's gradient is rounded otherwise, and
training lets roundings grow: slowly at first, later beyond any bound that holds for one step.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from run_helpers import rows, silent

from minigpt.presets import preset
from minigpt.run import Run

MOST = 1e-5
EARLY = 50  # steps in which roundings have not grown yet


def compare(data: str, steps: int = 200) -> list[dict[str, Any]]:
    """Train thrice; return the rows of a table: what, measured, required, command."""
    with tempfile.TemporaryDirectory() as folder:
        whole, halves = (alone(Path(folder), data, steps, parts) for parts in (1, 2))
        two, command = together(Path(folder), data, steps)
    itself = f"{distance(whole, halves):.1e} between one that takes it whole and one in parts"
    found = [
        (f"one that takes the batch in two parts, {steps} steps", distance(halves, two), MOST),
        (f"one that takes it whole, {EARLY} steps", distance(whole[:EARLY], two[:EARLY]), MOST),
        (f"one that takes it whole, {steps} steps ({itself})", distance(whole, two), None),
    ]
    return [
        {"what": f"losses of two processes and of {what}", "measured": measured}
        | {"required": required, "command": command}
        for what, measured, required in found
    ]


def alone(folder: Path, data: str, steps: int, parts: int) -> list[float]:
    torch.set_num_threads(1)
    settings = {"steps": steps, "accumulate": parts, "device": "cpu", "precision": "fp32"}
    run = Run.begin(folder / f"parts-{parts}", data, preset("char"), **settings)
    run.train(silent)
    return losses(run.out)


def together(folder: Path, data: str, steps: int) -> tuple[list[float], str]:
    launch = "-m torch.distributed.run --standalone --nproc-per-node 2 -m minigpt train"
    flags = f"--preset char --steps {steps} --threads 1 --device cpu --precision fp32"
    files = ["--data", data, "--out", str(folder / "two")]
    subprocess.run([sys.executable, *launch.split(), *flags.split(), *files], check=True, stdout=2)
    command = f"torchrun --nproc-per-node 2 -m minigpt train --data {Path(data).name} {flags}"
    return losses(folder / "two"), command


def losses(run: Path) -> list[float]:
    return [row["loss"] for row in rows(run) if "loss" in row]


def distance(a: list[float], b: list[float]) -> float:
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


if __name__ == "__main__":
    for found in compare(sys.argv[1], *map(int, sys.argv[2:])):
        print(json.dumps(found))
