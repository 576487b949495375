"""Several processes that train together: this one is the first, the others are told what to do.

Each of the others runs this file. It reads a job a line, takes part in it, and answers with
its exit status and what it wrote. So PyTorch is imported once for all tests.
"""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from run_helpers import MINI

from minigpt import distributed, run
from minigpt.cli import main
from minigpt.model import GPT
from minigpt.presets import PRESETS, Preset

# Twelve rows: for two processes or three, in one part or two.
SHARED = replace(
    MINI,
    model=MINI.model | {"n_layers": 2, "dropout": 0.0},
    train=MINI.train
    | {"steps": 12, "batch_size": 12, "save_every": 5, "eval_every": 4, "lr": 0.02, "threads": 1},
)


@dataclass
class Result:
    """How one process ended, and what it said."""

    status: int
    out: str
    err: str
    ended: float


def take_part(argv: list[str], preset: dict, environment: dict, spoil: str | None) -> Result:
    """Run a command as one of several processes; who would wait for ever fails instead."""
    with (
        patch.dict(PRESETS, shared=Preset(**preset)),
        patch.dict(os.environ, environment),
        patch.object(distributed, "PATIENCE", timedelta(seconds=120)),
        SPOILS[spoil](),
        redirect_stdout(StringIO()) as out,
        redirect_stderr(StringIO()) as err,
    ):
        try:
            status = main(argv)
        except SystemExit as end:
            status = end.code
    return Result(status, out.getvalue(), err.getvalue(), time.time())


def nan_at_step_3() -> Any:
    """Spoil the loss of the third step."""
    good, steps = GPT.loss, []

    def loss(self: GPT, *batch: torch.Tensor) -> torch.Tensor:
        steps.append(1)
        return good(self, *batch) * (float("nan") if len(steps) == 3 else 1)

    return patch.object(GPT, "loss", loss)


def idle() -> Any:
    """Let this process write nothing."""
    return patch.multiple(run, plot_metrics=None, save_checkpoint=None, write_shards=None)


def large() -> Any:
    """Treat every text as one whose tokens go to disk."""
    return patch.object(run, "LARGE", 10)


SPOILS = {None: lambda: patch.dict({}), "nan": nan_at_step_3, "idle": idle, "large": large}


class Others:
    """The other processes; all may be needed, or only the first few."""

    def __init__(self, n: int):
        folder = Path(__file__).parent
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, str(folder)])}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, __file__]
        self.programs = [subprocess.Popen(command, **pipes, env=environment) for _ in range(n)]

    def train(
        self,
        world_size: int,
        *argv: Any,
        preset: Preset = SHARED,
        spoil: str | None = None,
        theirs: tuple = (),
    ) -> list[Result]:
        """Train with so many processes; `spoil` and the flags `theirs` are for the others."""
        torch.set_num_threads(1)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["train", *(str(argument) for argument in argv)]
        jobs = [
            {
                "argv": [*command, *(str(argument) for argument in theirs)] if rank else command,
                "preset": vars(preset),
                "environment": environment_of(rank, world_size, port),
                "spoil": spoil if rank or spoil == "large" else None,
            }
            for rank in range(world_size)
        ]
        busy = self.programs[: world_size - 1]
        for program, job in zip(busy, jobs[1:], strict=True):
            program.stdin.write(json.dumps(job) + "\n")
            program.stdin.flush()
        mine = take_part(**jobs[0])
        return [mine, *(Result(**json.loads(program.stdout.readline())) for program in busy)]

    def end(self) -> None:
        """Let them go."""
        for program in self.programs:
            program.stdin.close()
        for program in self.programs:
            program.wait(timeout=60)


def environment_of(rank: int, world_size: int, port: int) -> dict[str, str]:
    """What torchrun tells a process; alone, nothing."""
    if world_size == 1:
        return {}
    return {
        "TORCHELASTIC_RUN_ID": "test",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(world_size),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(vars(take_part(**json.loads(line)))), flush=True)
